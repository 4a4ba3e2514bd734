"""Documents go with releases, and while one is in a revision it cannot be deleted"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("suffix", sa.String(length=8), nullable=False),
        sa.Column("mime", sa.String(length=100), nullable=False),
        sa.Column("size", _WIDE, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("person_id", _WIDE, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_document_person_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_document_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("workspace_id", "sha256", name=op.f("uq_document_workspace_id_sha256")),
    )
    for column in ("workspace_id", "sha256", "created_at"):
        op.create_index(op.f(f"ix_document_{column}"), "document", [column])
    op.create_table(
        "document_use",
        sa.Column("revision_id", _WIDE, nullable=False),
        sa.Column("document_id", _WIDE, nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name=op.f("fk_document_use_revision_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_document_use_document_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_document_use_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("revision_id", "document_id", name=op.f("pk_document_use")),
    )
    for column in ("workspace_id", "document_id"):
        op.create_index(op.f(f"ix_document_use_{column}"), "document_use", [column])


def downgrade() -> None:
    for table in ("document_use", "document"):
        op.drop_table(table)

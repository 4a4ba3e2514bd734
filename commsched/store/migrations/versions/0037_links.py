"""What the pages that links lead to said, when they were read"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0035"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "link_page",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("status", _WIDE, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("suffix", sa.String(length=8), nullable=False),
        sa.Column("mime", sa.String(length=40), nullable=False),
        sa.Column("width", _WIDE, nullable=False),
        sa.Column("height", _WIDE, nullable=False),
        sa.Column("size", _WIDE, nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_link_page_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_page")),
    )
    op.create_index("ix_link_page_workspace_id_digest", "link_page", ["workspace_id", "digest"])
    op.create_index("ix_link_page_workspace_id_sha256", "link_page", ["workspace_id", "sha256"])
    op.create_index(op.f("ix_link_page_workspace_id"), "link_page", ["workspace_id"])


def downgrade() -> None:
    op.drop_table("link_page")

"""A secret address shows an office's plan to its group"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STANDS = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "plan_link",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("shows_drafts", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("workspace_id", _WIDE, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_plan_link_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_plan_link_token_hash")),
    )
    op.create_index(
        "uq_plan_link_standing",
        "plan_link",
        ["workspace_id"],
        unique=True,
        sqlite_where=_STANDS,
        postgresql_where=_STANDS,
    )
    op.create_index(op.f("ix_plan_link_workspace_id"), "plan_link", ["workspace_id"])


def downgrade() -> None:
    op.drop_table("plan_link")

"""A secret address shows an item while it is under embargo"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STANDS = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "preview_address",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("item_id", _WIDE, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("workspace_id", _WIDE, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_preview_address_item_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_preview_address_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preview_address")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_preview_address_token_hash")),
    )
    op.create_index(
        "uq_preview_address_standing",
        "preview_address",
        ["item_id"],
        unique=True,
        sqlite_where=_STANDS,
        postgresql_where=_STANDS,
    )
    op.create_index(op.f("ix_preview_address_workspace_id"), "preview_address", ["workspace_id"])


def downgrade() -> None:
    op.drop_table("preview_address")

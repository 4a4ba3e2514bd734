"""A channel may have a time of its own"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("item", sa.Column("own_times", _WIDE, nullable=False, server_default="0"))
    op.create_table(
        "channel_time",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("item_id", _WIDE, nullable=False),
        sa.Column("channel_id", _WIDE, nullable=False),
        sa.Column("publish_at", sa.BigInteger(), nullable=False),
        sa.Column("latest_at", sa.BigInteger(), nullable=False),
        sa.Column("wall_time", sa.String(length=32), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_channel_time_item_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_channel_time_channel_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_channel_time_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_time")),
        sa.UniqueConstraint("item_id", "channel_id", name=op.f("uq_channel_time_item_id_channel_id")),
    )
    op.create_index(op.f("ix_channel_time_workspace_id"), "channel_time", ["workspace_id"])
    op.create_index(op.f("ix_channel_time_workspace_id_publish_at"), "channel_time", ["workspace_id", "publish_at"])


def downgrade() -> None:
    op.drop_table("channel_time")
    op.drop_column("item", "own_times")

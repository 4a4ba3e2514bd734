"""How a channel got its access and what its account looks like, what networks still allow, the installation's apps"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("channel", sa.Column("account_picture", sa.String(length=1000), nullable=False, server_default=""))
    op.add_column("channel", sa.Column("way", sa.String(length=10), nullable=False, server_default=""))
    op.create_table(
        "platform_app",
        sa.Column("platform", sa.String(length=30), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("platform", name=op.f("pk_platform_app")),
    )
    op.create_table(
        "channel_budget",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("channel_id", _WIDE, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("allowed", _WIDE, nullable=False),
        sa.Column("remaining", _WIDE, nullable=False),
        sa.Column("resets_at", sa.BigInteger(), nullable=True),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_channel_budget_channel_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_channel_budget_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_budget")),
        sa.UniqueConstraint("channel_id", "name", name=op.f("uq_channel_budget_channel_id_name")),
    )
    op.create_index(op.f("ix_channel_budget_workspace_id"), "channel_budget", ["workspace_id"])


def downgrade() -> None:
    op.drop_table("channel_budget")
    op.drop_table("platform_app")
    op.drop_column("channel", "way")
    op.drop_column("channel", "account_picture")

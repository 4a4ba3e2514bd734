"""A list is rows, and a delivery's recipients are frozen with what finds them again"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
RECIPIENTS = sa.text("role = 'recipient'")


def upgrade() -> None:
    op.create_table(
        "list_recipient",
        sa.Column("id", WIDE, nullable=False),
        sa.Column("workspace_id", WIDE, nullable=False),
        sa.Column("channel_id", WIDE, nullable=False),
        sa.Column("position", WIDE, nullable=False),
        sa.Column("blind", sa.String(length=64), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
            name=op.f("fk_list_recipient_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_list_recipient_channel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_recipient")),
        sa.UniqueConstraint("channel_id", "blind", name=op.f("uq_list_recipient_channel_id_blind")),
    )
    op.create_index("ix_list_recipient_workspace_id", "list_recipient", ["workspace_id"])
    op.create_index(
        "ix_list_recipient_channel_id_state_position", "list_recipient", ["channel_id", "state", "position"]
    )
    op.create_index("ix_list_recipient_blind", "list_recipient", ["blind"])
    op.add_column("channel", sa.Column("list_digest", sa.String(length=64), server_default="", nullable=False))
    op.add_column("part", sa.Column("blind", sa.String(length=64), server_default="", nullable=False))
    op.create_index(
        "ix_part_recipient",
        "part",
        ["delivery_id", "state", "next_at", "number"],
        sqlite_where=RECIPIENTS,
        postgresql_where=RECIPIENTS,
    )
    op.create_index("ix_attempt_delivery_id_part", "attempt", ["delivery_id", "part"])
    op.drop_index("ix_attempt_delivery_id", "attempt")


def downgrade() -> None:
    op.create_index("ix_attempt_delivery_id", "attempt", ["delivery_id"])
    op.drop_index("ix_attempt_delivery_id_part", "attempt")
    op.drop_index("ix_part_recipient", "part")
    op.drop_column("part", "blind")
    op.drop_column("channel", "list_digest")
    op.drop_table("list_recipient")

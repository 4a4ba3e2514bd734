"""A channel's access may be authorized at the platform, and is renewed by itself"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENTS = ("renew_at", "renewing_until", "renewed_at")


def upgrade() -> None:
    for column in MOMENTS:
        op.add_column("channel", sa.Column(column, sa.BigInteger(), nullable=True))
    op.create_table(
        "pending_authorization",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", _WIDE, nullable=False),
        sa.Column("platform", sa.String(length=30), nullable=False),
        sa.Column("channel_id", _WIDE, nullable=True),
        sa.Column("begun", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_pending_authorization_channel_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_pending_authorization_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_pending_authorization_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_authorization")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_pending_authorization_state_hash")),
    )
    op.create_index(op.f("ix_pending_authorization_workspace_id"), "pending_authorization", ["workspace_id"])


def downgrade() -> None:
    op.drop_table("pending_authorization")
    for column in reversed(MOMENTS):
        op.drop_column("channel", column)

"""Channels are looked at again by themselves: when, and since when their access was refused"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("channel", sa.Column("looked_at", sa.BigInteger(), nullable=True))
    op.add_column("channel", sa.Column("refused_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("channel", "refused_at")
    op.drop_column("channel", "looked_at")

"""What each attempt costs, so that a month has a ceiling"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0031"
branch_labels = None
depends_on = None

CHARGED = sa.text("cost > 0")


def upgrade() -> None:
    op.add_column(
        "attempt",
        sa.Column("cost", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, server_default="0"),
    )
    op.create_index(
        "ix_attempt_cost",
        "attempt",
        ["channel_id", "started_at"],
        sqlite_where=CHARGED,
        postgresql_where=CHARGED,
    )


def downgrade() -> None:
    op.drop_index("ix_attempt_cost", "attempt")
    op.drop_column("attempt", "cost")

"""A person's stop and a restore's doubt stand on the delivery; an attempt has an id of its own"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NEW = (
    ("delivery", "stop", 10),
    ("delivery", "was", 12),
    ("delivery", "was_reason", 40),
    ("part", "was", 12),
    ("attempt", "uid", 32),
)


def upgrade() -> None:
    for table, column, size in NEW:
        op.add_column(table, sa.Column(column, sa.String(length=size), server_default="", nullable=False))
    for table in ("delivery", "item"):
        op.add_column(table, sa.Column("doubt_since", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    for table in ("item", "delivery"):
        op.drop_column(table, "doubt_since")
    for table, column, _ in reversed(NEW):
        op.drop_column(table, column)

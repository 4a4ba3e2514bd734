"""Titles, names and descriptions in Unicode NFC, as they are written from now on

What was typed on a Mac could hold letters in two parts, and was found only by who typed the same.
"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COLUMNS = {
    "item": ("title", "search"),
    "media": ("filename", "alt", "credit"),
    "video": ("filename",),
    "workspace": ("name",),
    "channel": ("name",),
    "person": ("name",),
}
AT_ONCE = 500


def upgrade() -> None:
    connection = op.get_bind()
    for name, columns in COLUMNS.items():
        table = sa.table(name, sa.column("id", sa.BigInteger), *(sa.column(column, sa.Text) for column in columns))
        last = -1
        while rows := connection.execute(
            sa.select(table).where(table.c.id > last).order_by(table.c.id).limit(AT_ONCE)
        ).all():
            for row in rows:
                changed = {
                    column: unicodedata.normalize("NFC", value)
                    for column in columns
                    if (value := getattr(row, column)) and not unicodedata.is_normalized("NFC", value)
                }
                if changed:
                    connection.execute(sa.update(table).where(table.c.id == row.id).values(changed))
            last = rows[-1].id


def downgrade() -> None:
    """The older program reads both."""

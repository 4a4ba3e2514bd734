"""What items are searched by, folded as it is from now on: one form, one case, one kind of hyphen and quotation mark"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0011t"
down_revision = "0013w"
branch_labels = None
depends_on = None

BATCH = 200
ITEM = sa.table("item", sa.column("id", sa.Integer), sa.column("search", sa.Text))
# As the rule stood when this step was made; what is saved later is folded by the rule of its own day.
ALIKE = (
    dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
    | dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u2032\u00b4\u0060"), "'")
    | dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb"), '"')
    | dict.fromkeys((0xAD, 0x34F, *range(0x200B, 0x2010), 0x2060, *range(0xFE00, 0xFE10), 0xFEFF))
)


def upgrade() -> None:
    refold(op.get_bind())


def downgrade() -> None:
    """Nothing: the older rule finds most of what this one wrote."""


def refold(connection: sa.Connection) -> None:
    """Fold what is stored, a few items at a time, so that a large office needs no large memory."""
    last = 0
    while True:
        asked = sa.select(ITEM.c.id, ITEM.c.search).where(ITEM.c.id > last).order_by(ITEM.c.id).limit(BATCH)
        rows = connection.execute(asked).all()
        if not rows:
            return
        changed = [{"number": row.id, "said": folded(row.search)} for row in rows if folded(row.search) != row.search]
        if changed:
            change = sa.update(ITEM).where(ITEM.c.id == sa.bindparam("number")).values(search=sa.bindparam("said"))
            connection.execute(change, changed)
        last = rows[-1].id


def folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text.translate(ALIKE))
    return unicodedata.normalize("NFKC", plain.casefold())

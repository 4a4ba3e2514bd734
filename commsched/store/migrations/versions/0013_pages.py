"""What an item says, as a hash: the same text is found by an index, not by reading every item"""

from __future__ import annotations

import hashlib
import json
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BATCH = 200
SHORT = 20
ITEM = sa.table(
    "item",
    sa.column("id", sa.Integer),
    sa.column("revision_id", sa.Integer),
    sa.column("text_hash", sa.String),
)
REVISION = sa.table("revision", sa.column("id", sa.Integer), sa.column("content", sa.LargeBinary))
INDEX = "ix_item_workspace_id_text_hash"
# As the rule stood when this step was made; what is saved later is folded by the rule of its own day.
ALIKE = (
    dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
    | dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u2032\u00b4\u0060"), "'")
    | dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb"), '"')
    | dict.fromkeys((0xAD, 0x34F, *range(0x200B, 0x2010), 0x2060, *range(0xFE00, 0xFE10), 0xFEFF))
)


def upgrade() -> None:
    op.add_column("item", sa.Column("text_hash", sa.String(length=64), server_default="", nullable=False))
    op.create_index(INDEX, "item", ["workspace_id", "text_hash"])
    fill(op.get_bind())


def downgrade() -> None:
    op.drop_index(INDEX, "item")
    op.drop_column("item", "text_hash")


def fill(connection: sa.Connection) -> None:
    """Hash what is stored, a few items at a time, so that a large office needs no large memory."""
    last = 0
    while True:
        newest = sa.select(ITEM.c.id, REVISION.c.content).join_from(ITEM, REVISION, REVISION.c.id == ITEM.c.revision_id)
        rows = connection.execute(newest.where(ITEM.c.id > last).order_by(ITEM.c.id).limit(BATCH)).all()
        if not rows:
            return
        hashes = [{"number": row.id, "hash": text_hash(_text(row.content))} for row in rows]
        change = sa.update(ITEM).where(ITEM.c.id == sa.bindparam("number")).values(text_hash=sa.bindparam("hash"))
        connection.execute(change, hashes)
        last = rows[-1].id


def _text(content: bytes) -> str:
    """The text of a stored revision; empty where it cannot be read, so that a damaged row stops nothing."""
    try:
        return str(json.loads(content).get("text", ""))
    except (ValueError, AttributeError, RecursionError):
        return ""


def text_hash(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text.translate(ALIKE))
    words = " ".join(unicodedata.normalize("NFKC", plain.casefold()).split())
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest() if len(words) >= SHORT else ""

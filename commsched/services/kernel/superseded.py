"""SQL: whether an item was taken down or corrected. The gate checks it before anything of the item goes out."""

from sqlalchemy import ColumnElement, case, exists, func, literal_column, or_
from sqlalchemy.orm import aliased

from commsched.store.content import Item, Takedown
from commsched.store.outbox import Delivery

_later = aliased(Item)
_out = aliased(Delivery)
_original = func.coalesce(Item.corrects_id, Item.id)
_down = (
    exists()
    .where(or_(Takedown.item_id == Item.id, Takedown.item_id == Item.corrects_id), Takedown.ended_at.is_(None))
    .correlate(Item)
)
_corrected = (
    exists()
    .where(_later.corrects_id == _original, _later.id > Item.id)
    .where(_out.item_id == _later.id, _out.state == literal_column("'published'"))
    .correlate(Item)
)
superseded: ColumnElement[str] = case(
    (_down, literal_column("'taken_down'")), (_corrected, literal_column("'corrected'")), else_=literal_column("''")
)
"""``taken_down`` or ``corrected``: codes of :data:`commsched.core.delivery.lifecycle.REASONS`; empty while it
stands."""

"""SQL: whether an item was taken down or corrected. The gate checks it before anything of the item goes out."""

from sqlalchemy import ColumnElement, and_, case, exists, func, literal_column, or_

from commsched.store.tables.content import Item, Takedown
from commsched.store.tables.outbox import Delivery

_later = Item.__table__.alias()  # an alias of the class would have all classes configured at import
_out = Delivery.__table__.alias()
_original = func.coalesce(Item.corrects_id, Item.id)
# what was begun after it was taken down calls it off, which those who were invited are told (workflow.corrections)
_down = (
    exists()
    .where(or_(Takedown.item_id == Item.id, and_(Takedown.item_id == Item.corrects_id, Takedown.at >= Item.created_at)))
    .where(Takedown.ended_at.is_(None))
    .correlate(Item)
)
_corrected = (
    exists()
    .where(_later.c.corrects_id == _original, _later.c.id > Item.id)
    .where(_out.c.item_id == _later.c.id, _out.c.state == literal_column("'published'"))
    .correlate(Item)
)
superseded: ColumnElement[str] = case(
    (_down, literal_column("'taken_down'")), (_corrected, literal_column("'corrected'")), else_=literal_column("''")
)
"""``taken_down`` or ``corrected``: codes of :data:`commsched.core.delivery.lifecycle.REASONS`; empty while it
stands."""

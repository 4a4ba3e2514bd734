"""The event of a press invitation in the newsroom: its calendar file, also once it is called off."""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from commsched.core.content.mentions import plainly
from commsched.core.content.model import Content
from commsched.core.press.calendar_file import calendar
from commsched.core.press.invitation import entry_of
from commsched.core.text.messages import N_, NotFound
from commsched.services.kernel.context import Installation
from commsched.services.public import newsroom
from commsched.services.public.newsroom import Newsroom, Publication, TakenDown
from commsched.store.models import Delivery, Item, Revision


def file(installation: Installation, place: str, address: str, url: str, front: str) -> str:
    """The calendar file of the invitation at ``address``, which stands at ``url`` in the newsroom ``front``.

    One that was taken down calls the event off: whoever fetches it again has it removed. Raises :class:`NotFound` for
    what invites to nothing.
    """
    try:
        room, entry = newsroom.entry(installation, place, address)
    except TakenDown as error:
        return _cancelled(installation, error, front)
    return of(room, entry, url, front)


def of(room: Newsroom, entry: Publication, url: str, front: str) -> str:
    """The calendar file of ``entry`` as it stands now."""
    said = entry_of(entry.content, entry.uid, office=room.name, url=url, page=front, stamp=entry.updated_at)
    if said is None:
        raise NotFound(N_("There is no such invitation."))
    return calendar(said)


def _cancelled(installation: Installation, error: TakenDown, front: str) -> str:
    room = error.room
    with installation.store.read(room.id) as session:
        item, content = _newest(session, error.item)
    said = entry_of(content, item.uid, office=room.name, url="", page=front, stamp=error.at)
    if said is None:
        raise error
    if not error.reason:  # what was withdrawn without a word is called off without one
        said = replace(said, summary=room.name, place="", about="", organizer=front)
    return calendar(said, "CANCEL")


def _newest(session: Session, number: int) -> tuple[Item, Content]:
    """The item that was taken down, and the newest wording of it that was published."""
    row = session.execute(
        select(Item, Revision)
        .join(Delivery, Delivery.item_id == Item.id)
        .join(Revision, Revision.id == Delivery.revision_id)
        .where(or_(Item.id == number, Item.corrects_id == number), Delivery.state == "published")
        .order_by(Delivery.published_at.desc(), Delivery.id.desc())
        .limit(1)
    ).one()
    return row[0], plainly(row[1].parsed())

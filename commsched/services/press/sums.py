"""How far the mailings of an item have come, in numbers that always add up: chosen = sent + refused + unknown + stopped
+ waiting. Each page asks one statement, however many recipients there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, get_args

import msgspec
from sqlalchemy import ColumnElement, Select, and_, case, exists, func, not_, or_, select
from sqlalchemy.orm import Session

from commsched.core.text.messages import N_, NotFound
from commsched.services.contacts.addressees import TWICE
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel, Delivery, Item, Part, PartBounce

Bucket = Literal["sent", "refused", "unknown", "stopped", "waiting", "left", "elsewhere", "bounced"]
BUCKETS: Final[tuple[Bucket, ...]] = get_args(Bucket)
"""The first five make the sum; who had left, and who gets it by another list, are in no sum, and of those it was sent
to some bounced."""
PAGE: Final = 200
"""People that are listed at a time."""
_LIVE: Final = and_(Delivery.state.in_(("waiting", "sending", "unknown")), Delivery.stop == "")


class Sums(msgspec.Struct, frozen=True):
    """The recipients of one mailing, or of several, by what became of them."""

    chosen: int = 0
    sent: int = 0
    refused: int = 0
    unknown: int = 0
    stopped: int = 0
    waiting: int = 0
    left: int = 0
    """Who had left the list before their turn."""
    elsewhere: int = 0
    """Who gets it by another list of the same item."""
    bounced: int = 0
    """Of ``sent``: those from whom it came back later."""

    @property
    def done(self) -> int:
        """Those of whom something is known, or a person must say."""
        return self.chosen - self.waiting

    def __add__(self, other: Sums) -> Sums:
        names = self.__struct_fields__
        return Sums(**{name: getattr(self, name) + getattr(other, name) for name in names})


class Mailing(msgspec.Struct, frozen=True):
    """One delivery to a list."""

    delivery: int
    item: int
    channel: int
    name: str
    state: str
    reason: str
    stop: str
    due_at: datetime
    sums: Sums
    under_way: int
    """Of those who wait: being sent at this moment."""
    again_at: datetime | None
    """When the next of those is tried again whom the server put off."""
    first: datetime | None
    last: datetime | None
    """When the first and the last answer came."""

    @property
    def out(self) -> bool:
        """Whether anybody has got it by this, or may have."""
        return self.sums.sent + self.sums.unknown > 0

    @property
    def going(self) -> bool:
        return self.state in ("waiting", "sending", "unknown") and not self.stop and self.sums.waiting > 0

    def ends_at(self, now: datetime) -> datetime | None:
        """When it is done, by its pace so far; ``None`` where there is none to tell by."""
        known = self.sums.sent + self.sums.refused + self.sums.unknown
        if not (self.going and self.first and self.last) or known < 2 or self.last <= self.first:
            return None
        ends = now + (self.last - self.first) / (known - 1) * self.sums.waiting
        return max(ends, self.again_at or ends)


def _in(bucket: Bucket) -> ColumnElement[bool]:
    """SQL: the part is in ``bucket``."""
    match bucket:
        case "sent":
            return Part.state == "published"
        case "refused":
            return Part.state == "failed"
        case "unknown":
            return Part.state == "unknown"
        case "stopped":
            return or_(Part.state == "held", and_(Part.state == "waiting", not_(_LIVE)))
        case "waiting":
            return or_(Part.state == "sending", and_(Part.state == "waiting", _LIVE))
        case "bounced":
            came_back = exists().where(PartBounce.part_id == Part.id, PartBounce.kind.in_(("hard", "soft")))
            return and_(Part.state == "published", came_back)
        case "elsewhere":
            return and_(Part.state == "skipped", Part.detail == TWICE)
    return and_(Part.state == "skipped", Part.detail != TWICE)


def family(item: Item) -> Select[int]:
    """The items that say the same: the first, and those that send it once more."""
    root = item.follows_id or item.id
    return select(Item.id).where(or_(Item.id == root, Item.follows_id == root))


def mailings(session: Session, item: Item) -> list[Mailing]:
    """The mailings of ``item`` and of those that send it once more, in the order that they were made."""
    return _read(session, Delivery.item_id.in_(family(item)))


def of_items(session: Session, items: Sequence[int]) -> dict[int, Sums]:
    """What became of the recipients of several items, each with those that send it once more."""
    root = func.coalesce(Item.follows_id, Item.id)
    rows = session.execute(
        select(root, *_counts())
        .join_from(Part, Delivery, Delivery.id == Part.delivery_id)
        .join(Item, Item.id == Delivery.item_id)
        .where(root.in_(items), Part.role == "recipient")
        .group_by(root)
    )
    return {row[0]: _sums(row[1:]) for row in rows} if items else {}


def _sums(counts: Sequence[int]) -> Sums:
    return Sums(**dict(zip(Sums.__struct_fields__, counts, strict=True)))


def _counts() -> list[ColumnElement[int]]:
    chosen = func.count().filter(Part.state != "skipped")
    return [chosen, *(func.count().filter(_in(bucket)) for bucket in BUCKETS)]


def _read(session: Session, wanted: ColumnElement[bool]) -> list[Mailing]:
    answered = Part.state.in_(("published", "failed", "unknown"))
    rows = session.execute(
        select(
            Delivery.id,
            Delivery.item_id,
            Channel.id,
            Channel.name,
            Delivery.state,
            Delivery.reason,
            Delivery.stop,
            Delivery.due_at,
            func.count().filter(Part.state == "sending"),
            func.min(case((and_(Part.state == "waiting", _LIVE), Part.next_at))),
            func.min(case((answered, Part.finished_at))),
            func.max(case((answered, Part.finished_at))),
            *_counts(),
        )
        .join(Part, and_(Part.delivery_id == Delivery.id, Part.role == "recipient"))
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(wanted)
        .group_by(Delivery.id, Channel.id)
        .order_by(Delivery.id)
    )
    several = (
        Mailing(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], _sums(row[12:]), *row[8:12])
        for row in rows
    )
    return [
        each for each in several if each.state != "cancelled" or each.stop or each.reason == "twice" or each.sums.sent
    ]


def together(several: Sequence[Mailing]) -> Sums:
    """All mailings in one sum. Nobody is in two of them, but for who had stopped in one and got it by another."""
    total = Sums()
    for each in several:
        total += each.sums
    return total


class Person(msgspec.Struct, frozen=True):
    """One recipient, for those who may see who they are."""

    number: int
    address: str
    state: Bucket
    answer: str
    """The server's own words, or how they left."""
    at: datetime | None


def people(
    installation: Installation, session: Session, delivery: int, bucket: Bucket, after: int = -1
) -> list[Person]:
    """The recipients of a mailing in one state, :data:`PAGE` at a time, those behind the number ``after``. The caller
    has asked whether the reader may see addresses. Raises :class:`NotFound`."""
    if bucket not in BUCKETS:
        raise NotFound(N_("There is no such delivery."))
    rows = session.execute(
        select(Part.number, Part.recipient, Part.detail, Part.finished_at)
        .join(Delivery, Delivery.id == Part.delivery_id)
        .where(Delivery.id == delivery, Part.role == "recipient", Part.number > after, _in(bucket))
        .order_by(Part.number)
        .limit(PAGE)
    )
    unseal = installation.vault.unseal
    return [Person(number, unseal(sealed) if sealed else "", bucket, said, at) for number, sealed, said, at in rows]

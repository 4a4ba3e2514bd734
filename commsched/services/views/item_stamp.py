"""Whether anything has changed on an item's page since it was made: see :mod:`commsched.services.views.stamps`."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, BindParameter, FromClause, ScalarSelect, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from commsched.core.platform.channel_state import WARN
from commsched.core.text.messages import N_, NotFound
from commsched.services.kernel.display_state import shown
from commsched.services.views.stamps import (
    DELIVERY,
    ask,
    asked_at,
    digest,
    flag,
    joined,
    newest_id,
    office_channels,
    office_people,
    piece,
    workspace,
)
from commsched.store.models import (
    Attempt,
    ChannelTime,
    Comment,
    Decision,
    Delivery,
    FactCheck,
    Item,
    Media,
    Part,
    PictureUse,
    Proposal,
    ReleaseReview,
    Removal,
    Takedown,
    Workspace,
)
from commsched.store.sight import seen

_item: Final[FromClause] = Item.__table__
_time: Final[FromClause] = ChannelTime.__table__
_delivery: Final[FromClause] = Delivery.__table__
_attempt: Final[FromClause] = Attempt.__table__
_part: Final[FromClause] = Part.__table__
_decision: Final[FromClause] = Decision.__table__
_comment: Final[FromClause] = Comment.__table__
_proposal: Final[FromClause] = Proposal.__table__
_check: Final[FromClause] = FactCheck.__table__
_release: Final[FromClause] = ReleaseReview.__table__
_takedown: Final[FromClause] = Takedown.__table__
_removal: Final[FromClause] = Removal.__table__
_media: Final[FromClause] = Media.__table__
_use: Final[FromClause] = PictureUse.__table__
_place: Final[FromClause] = Workspace.__table__


class ItemStamp(msgspec.Struct, frozen=True):
    """``mark`` changes with whatever the item's page tells; ``state``, ``publish_at`` and ``sending`` say whether
    something is about to happen."""

    mark: str
    state: str
    publish_at: datetime | None
    sending: bool


def _under_way() -> ScalarSelect[int]:
    """How many deliveries of the item are being sent, or are due this moment."""
    due = and_(
        _delivery.c.state == "waiting",
        _delivery.c.due_at <= asked_at,
        or_(_delivery.c.next_at.is_(None), _delivery.c.next_at <= asked_at),
    )
    going = or_(_delivery.c.state == "sending", and_(due, _place.c.paused_at.is_(None)))
    own = select(func.count()).where(_delivery.c.item_id == _item.c.id, going)
    return own.correlate(_item, _place).scalar_subquery()


def _beside(number: BindParameter[int]) -> tuple[ScalarSelect[str], ...]:
    """What lies beside the item: proposals, facts that are checked, emergency releases, and how each was answered."""
    proposed = select(piece(_proposal.c.id, _proposal.c.answer)).where(_proposal.c.item_id == number)
    asked = piece(_check.c.id, _check.c.verdict, _check.c.revoked_at, flag(_check.c.expires_at <= asked_at))
    checks = select(asked).where(_check.c.item_id == number)
    released = select(piece(_release.c.id, _release.c.answer)).where(_release.c.item_id == number)
    return (
        joined(proposed.order_by(_proposal.c.id)),
        joined(checks.order_by(_check.c.id)),
        joined(released.order_by(_release.c.id)),
    )


def _twins(number: BindParameter[int]) -> ScalarSelect[str]:
    """The items with the same text."""
    twin = _item.alias("twin")
    same = and_(
        twin.c.workspace_id == workspace,
        twin.c.text_hash == _item.c.text_hash,
        twin.c.id != number,
        twin.c.text_hash != "",
    )
    pieces = piece(twin.c.id, twin.c.state, twin.c.publish_at, twin.c.version)
    return select(func.aggregate_strings(pieces, ";")).where(same).correlate(_item).scalar_subquery()


def _takedowns() -> ScalarSelect[str]:
    """The take-downs of the item, and of what it corrects, and how far they have come on networks."""
    removals = func.aggregate_strings(piece(_removal.c.id, _removal.c.state, _removal.c.tries), ",")
    elsewhere = select(removals).where(_removal.c.takedown_id == _takedown.c.id).correlate(_takedown).scalar_subquery()
    pieces = func.aggregate_strings(piece(_takedown.c.id, _takedown.c.ended_at, elsewhere), ";")
    taken = _takedown.c.item_id.in_((_item.c.id, _item.c.corrects_id))
    return select(pieces).where(taken).correlate(_item).scalar_subquery()


def _shown_pictures(number: BindParameter[int]) -> ScalarSelect[str]:
    """The pictures of the newest revision, with the ends of their consents."""
    pictures = _media.join(_use, _use.c.media_id == _media.c.id)
    newest = select(_item.c.revision_id).where(_item.c.id == number).scalar_subquery()
    shows = select(piece(_media.c.id, _media.c.consent_ends)).select_from(pictures)
    return joined(shows.where(_use.c.revision_id == newest).order_by(_media.c.id))


@lru_cache(maxsize=1)
def _one_item() -> Select[Any]:
    number = bindparam("item", type_=BigInteger)
    states = [func.sum(flag(_part.c.state == state)) for state in ("published", "sending", "unknown", "failed", "held")]
    ours = select(_delivery.c.id).where(_delivery.c.item_id == number)
    later = _item.alias("later")
    return (
        select(
            _item.c.state,
            _item.c.publish_at,
            _under_way(),
            shown,
            _item.c.version,
            _item.c.updated_at,
            _item.c.reason,
            _item.c.latest_at,
            flag(_item.c.latest_at < asked_at),
            flag(_item.c.publish_at < asked_at),
            select(func.count()).where(_time.c.item_id == number, _time.c.latest_at < asked_at).scalar_subquery(),
            _place.c.paused_at,
            joined(select(piece(*DELIVERY)).where(_delivery.c.item_id == number).order_by(_delivery.c.id)),
            joined(
                select(piece(_attempt.c.id, _attempt.c.outcome))
                .where(_attempt.c.delivery_id.in_(ours))
                .order_by(_attempt.c.id)
            ),
            select(piece(*states)).where(_part.c.delivery_id.in_(ours)).scalar_subquery(),
            newest_id(_decision, _decision.c.item_id == number),
            newest_id(_comment, _comment.c.item_id == number),
            *_beside(number),
            *office_people(),
            office_channels(),
            _twins(number),
            joined(select(piece(later.c.id, later.c.state)).where(later.c.corrects_id == number).order_by(later.c.id)),
            _takedowns(),
            _shown_pictures(number),
        )
        .join_from(_item, _place, _place.c.id == _item.c.workspace_id)
        .where(_item.c.id == number, _item.c.workspace_id == workspace, seen(_item.c.id))
    )


def item_stamp(session: Session, item_id: int, now: datetime) -> ItemStamp:
    """What the page of ``item_id`` tells at ``now``, in a few signs. Raises :class:`NotFound`."""
    row = ask(session, _one_item(), item=item_id, now=now, warned=now + WARN)
    if row is None:
        raise NotFound(N_("There is no such item."))
    state, publish_at, sending, *_others = row
    return ItemStamp(digest(row)[:16], state, publish_at, bool(sending))

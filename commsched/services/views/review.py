"""What waits for whom: the approver's list, and one item as its approver should see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import desc, or_, select
from sqlalchemy.orm import Session

from commsched.core.content import changes
from commsched.core.content.changes import Change
from commsched.core.text.catalogues import translate
from commsched.core.text.messages import Conflict, Message, NotAllowed
from commsched.services.approval.approvers import Turn, turn
from commsched.services.content import items
from commsched.services.kernel.context import Actor, Installation
from commsched.services.views import item_view
from commsched.services.views.preview import Preview, previews
from commsched.services.workflow import approve
from commsched.store.models import AuditEntry, Channel, Decision, Item, Revision

MOST = 200
"""Items in the list."""


class Waiting(msgspec.Struct, frozen=True):
    """An item in review. ``names`` are those whose yes it waits for; ``mine`` if the reader is one of them."""

    item: Item
    revision: Revision
    mine: bool
    names: list[str]
    accept: bool = False
    """What it waits for is that somebody accepts what another wrote."""
    stuck: bool = False
    """Nobody could move it on."""


class Review(msgspec.Struct, frozen=True):
    """An item as its approver sees it. ``before`` is the revision they last decided on, if it was another."""

    seen: item_view.ItemView
    previews: list[Preview]
    names: list[str]
    """Those whose yes it waits for."""
    cannot: Message | None
    """Why the reader cannot decide, if so."""
    before: Revision | None = None
    changes: list[Change] = msgspec.field(default_factory=list)
    moved: bool = False
    """Its time was changed since the reader last decided."""
    turn: Turn = msgspec.field(default_factory=Turn)
    others: list[str] = msgspec.field(default_factory=list)
    """Those who are to accept the words of :attr:`own`, so that these can say yes."""
    own: list[str] = msgspec.field(default_factory=list)
    """Those who could say yes, were some of the words not their own; without the reader, where the reader is to accept
    those words."""
    wrote: list[str] = msgspec.field(default_factory=list)
    """Those who have saved it, in the order that each of them first did."""
    embargo: datetime | None = None
    """Before which nothing of it is public."""
    late: bool = False
    """Its time has passed, so that a yes would lead to nothing."""
    accepts: bool = False
    """The reader can accept what others wrote."""
    accepted: list[Change] = msgspec.field(default_factory=list)
    """What others changed in it since the reader last saved or began it."""


def waiting(installation: Installation, actor: Actor) -> list[Waiting]:
    """Everything in review, what waits for the reader first, then by time."""
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        found = session.scalars(select(Item).where(Item.state.in_(approve.DECIDABLE)).order_by(Item.id).limit(MOST))
        rows = [_waiting(installation, session, actor, item) for item in found if item.state != "held" or _late(item)]
    return sorted(rows, key=lambda row: (not row.mine, row.item.publish_at is None, row.item.publish_at, row.item.id))


def _late(item: Item) -> bool:
    return item.reason == "unapproved"


def _waiting(installation: Installation, session: Session, actor: Actor, item: Item) -> Waiting:
    revision = items.current(session, item)
    now = turn(installation, session, item, revision)
    people = now.asked or now.acceptors
    return Waiting(
        item,
        revision,
        actor.person in now.asked | now.acceptors,
        _called(session, people),
        not now.asked and bool(now.acceptors),
        now.stuck,
    )


def _called(session: Session, people: Iterable[int]) -> list[str]:
    return sorted(item_view.names(session, people).values())


def review(installation: Installation, actor: Actor, item_id: int) -> Review:
    """One item for the eyes of ``actor``. Raises :class:`commsched.core.text.messages.NotFound`."""
    seen = item_view.read_item(installation, actor, item_id)
    with installation.store.read(actor.workspace) as session:
        shown = previews(installation, session, seen.revision.parsed(), seen.item.uid)
        waits = seen.item.state in ("in_review", "held")
        now = turn(installation, session, seen.item, seen.revision) if waits else Turn()
        last = _last_decision(session, actor, item_id)
        before = session.get(Revision, last.revision_id) if last and last.hash != seen.revision.hash else None
        return Review(
            seen,
            shown,
            _called(session, now.asked),
            _cannot(installation, session, actor, seen),
            before,
            _compare(installation, session, actor, before, seen.revision),
            last is not None and _moved_since(session, item_id, last),
            now,
            _called(session, now.acceptors),
            _called(session, _freed(now, actor)),
            wrote=_wrote(session, seen),
            embargo=_embargo(seen.revision),
            late=seen.item.latest_at is not None and seen.item.latest_at < installation.now(),
            accepts=actor.person in now.may_accept and _waits(seen.item),
            accepted=_compare(installation, session, actor, _last_own(session, actor, seen), seen.revision),
        )


def _embargo(revision: Revision) -> datetime | None:
    until = revision.parsed().embargo
    return datetime.fromisoformat(until) if until else None


def _freed(now: Turn, actor: Actor) -> frozenset[int]:
    """Whom accepting lets approve: told to one who may accept, the others; told to anybody else, all but the asked."""
    if actor.person in now.may_accept:
        return now.own - {actor.person}
    return (now.own - now.acceptors) or now.own


def _wrote(session: Session, seen: item_view.ItemView) -> list[str]:
    saved = (
        select(Revision.author_id)
        .where(Revision.item_id == seen.item.id, Revision.number <= seen.revision.number)
        .order_by(Revision.number)
    )
    people = dict.fromkeys(one for one in session.scalars(saved) if one is not None)
    known = item_view.names(session, people)
    return [known[one] for one in people if one in known]


def _waits(item: Item) -> bool:
    return item.state == "in_review" or (item.state == "held" and _late(item) and item.submitted_at is not None)


def _compare(
    installation: Installation, session: Session, actor: Actor, before: Revision | None, after: Revision
) -> list[Change]:
    if before is None or before.hash == after.hash:
        return []
    tell = choice_teller(installation, session, actor.language)
    return changes.compare(before.parsed(), after.parsed(), channel_names(session), tell)


def _last_own(session: Session, actor: Actor, seen: item_view.ItemView) -> Revision | None:
    """The newest version that the reader saved or accepted themselves; what has come since is somebody else's."""
    accepted = [row.revision_id for row in seen.decisions if row.verdict == "accept" and row.person_id == actor.person]
    mine = or_(Revision.author_id == actor.person, Revision.id.in_(accepted))
    found = select(Revision).where(Revision.item_id == seen.item.id, mine).order_by(desc(Revision.number)).limit(1)
    return session.scalar(found) if actor.person else None


def channels_by_id(session: Session) -> dict[int, Channel]:
    """Every channel of the office, removed ones too."""
    return {row.id: row for row in session.scalars(select(Channel))}


def channel_names(session: Session) -> dict[int, str]:
    """What they are called."""
    return {number: row.name for number, row in channels_by_id(session).items()}


def choice_teller(installation: Installation, session: Session, language: str) -> changes.Teller:
    """Spells a channel's choices in ``language``, by the words its platform has for them; the usual ones left out."""
    channels = channels_by_id(session)

    def tell(number: int, chosen: Mapping[str, str]) -> str:
        known = installation.platform(channels[number].platform).options if number in channels else ()
        return "\n".join(
            f"{translate(option.label, language)}: {translate(dict(option.choices).get(value, value), language)}"
            for option in known
            if (value := chosen.get(option.key, option.default)) not in ("", option.default)
        )

    return tell


def _last_decision(session: Session, actor: Actor, item_id: int) -> Decision | None:
    mine = select(Decision).where(Decision.item_id == item_id, Decision.person_id == actor.person)
    return session.scalar(mine.order_by(desc(Decision.id)).limit(1)) if actor.person else None


def _moved_since(session: Session, item_id: int, last: Decision) -> bool:
    after = select(AuditEntry).where(
        AuditEntry.item_id == item_id, AuditEntry.at > last.at, AuditEntry.action.in_(("item.moved", "item.edited"))
    )
    return any(row.action == "item.moved" or row.facts.get("moved") for row in session.scalars(after))


def _cannot(installation: Installation, session: Session, actor: Actor, seen: item_view.ItemView) -> Message | None:
    try:
        actor.require("approve")
        item, revision = approve.decidable(session, seen.item.id, seen.revision.hash)
        approve.principal_for(installation, session, actor, item, revision)
    except (NotAllowed, Conflict) as error:
        return error.words
    return None

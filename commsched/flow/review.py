"""What waits for whom: the approver's list, and one item as its approver should see it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import desc, select
from sqlalchemy.orm import Session

from commsched.core import changes
from commsched.core.approval import current_step
from commsched.core.language import say
from commsched.core.words import Conflict, NotAllowed, Words
from commsched.flow import approve, items, look
from commsched.flow.asking import asked
from commsched.flow.clearance import read_policy, said_of
from commsched.flow.context import Actor, Office
from commsched.flow.preview import Look, looks
from commsched.store.models import Channel, Decision, Entry, Item, Revision

MOST = 200
"""Items in the list."""


class Waiting(msgspec.Struct, frozen=True):
    """An item in review. ``names`` are those whose yes it waits for; ``mine`` if the reader is one of them."""

    item: Item
    revision: Revision
    mine: bool
    names: list[str]


class Review(msgspec.Struct, frozen=True):
    """An item as its approver sees it. ``before`` is the revision they last decided on, if it was another."""

    seen: look.Seen
    looks: list[Look]
    names: list[str]
    """Those whose yes it waits for."""
    cannot: Words | None
    """Why the reader cannot decide, if so."""
    before: Revision | None = None
    changes: list[changes.Change] = msgspec.field(default_factory=list)
    moved: bool = False
    """Its time was changed since the reader last decided."""


def waiting(office: Office, actor: Actor) -> list[Waiting]:
    """Everything in review, what waits for the reader first, then by time."""
    actor.require("read")
    with office.store.read(actor.workspace) as session:
        found = session.scalars(select(Item).where(Item.state.in_(approve.DECIDABLE)).order_by(Item.id).limit(MOST))
        rows = [_waiting(office, session, actor, item) for item in found if item.state != "held" or _late(item)]
    return sorted(rows, key=lambda row: (not row.mine, row.item.publish_at is None, row.item.publish_at, row.item.id))


def _late(item: Item) -> bool:
    return item.reason == "unapproved"


def _waiting(office: Office, session: Session, actor: Actor, item: Item) -> Waiting:
    revision = items.current(session, item)
    people = asked(office, session, item, revision)
    return Waiting(item, revision, actor.person in people, sorted(look.names(session, people).values()))


def review(office: Office, actor: Actor, item_id: int) -> Review:
    """One item for the eyes of ``actor``. Raises :class:`commsched.core.words.NotFound`."""
    seen = look.look(office, actor, item_id)
    with office.store.read(actor.workspace) as session:
        shown = looks(office, session, seen.revision.parsed(), seen.item.uid)
        names = sorted(look.names(session, asked(office, session, seen.item, seen.revision)).values())
        last = _last_decision(session, actor, item_id)
        before = session.get(Revision, last.revision_id) if last and last.hash != seen.revision.hash else None
        tell = choice_teller(office, session, actor.language)
        names_of = channel_names(session)
        differences = changes.compare(before.parsed(), seen.revision.parsed(), names_of, tell) if before else []
        moved = last is not None and _moved_since(session, item_id, last)
        return Review(seen, shown, names, _cannot(office, session, actor, seen), before, differences, moved)


def channels_by_id(session: Session) -> dict[int, Channel]:
    """Every channel of the office, removed ones too."""
    return {row.id: row for row in session.scalars(select(Channel))}


def channel_names(session: Session) -> dict[int, str]:
    """What they are called."""
    return {number: row.name for number, row in channels_by_id(session).items()}


def choice_teller(office: Office, session: Session, language: str) -> changes.Teller:
    """Spells a channel's choices in ``language``, by the words its platform has for them; the usual ones left out."""
    channels = channels_by_id(session)

    def tell(number: int, chosen: Mapping[str, str]) -> str:
        known = office.platform(channels[number].platform).options if number in channels else ()
        return "\n".join(
            f"{say(one.label, language)}: {say(dict(one.choices).get(chosen[one.key], chosen[one.key]), language)}"
            for one in known if chosen.get(one.key, one.default) not in ("", one.default)
        )  # fmt: skip

    return tell


def _last_decision(session: Session, actor: Actor, item_id: int) -> Decision | None:
    mine = select(Decision).where(Decision.item_id == item_id, Decision.person_id == actor.person)
    return session.scalar(mine.order_by(desc(Decision.id)).limit(1)) if actor.person else None


def _moved_since(session: Session, item_id: int, last: Decision) -> bool:
    after = select(Entry).where(
        Entry.item_id == item_id, Entry.at > last.at, Entry.action.in_(("item.moved", "item.edited"))
    )
    return any(row.action == "item.moved" or row.facts.get("moved") for row in session.scalars(after))


def _cannot(office: Office, session: Session, actor: Actor, seen: look.Seen) -> Words | None:
    try:
        actor.require("approve")
        item, revision = approve.decidable(session, seen.item.id, seen.revision.hash)
        policy, said = read_policy(item.policy), said_of(session, item.id)
        step = current_step(policy, said, revision.hash)
        if step is not None:
            approve.principal_for(office, session, actor, item, revision, policy, step, said)
    except (NotAllowed, Conflict) as error:
        return error.words
    return None

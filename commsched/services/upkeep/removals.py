"""Takes down on the networks what was taken down here: each part is a row that is tried until it is gone there.

Deleting may always be repeated, so a lost answer and a kill are the same: it is tried again. What a network cannot
delete, or refuses, is told with its address, and a person does it by hand and says so. A pause does not stop it, since
nothing becomes public by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, Literal

import msgspec
from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from commsched.core.delivery.outcome import Outcome, Published, Rejected
from commsched.core.delivery.retry import back_off
from commsched.core.platform.contract import ChannelContext, Platform
from commsched.core.text.messages import N_, Conflict, NotFound
from commsched.platforms import own_page_keys
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation, scheduler
from commsched.services.kernel.members import people_with
from commsched.services.notices import outbox
from commsched.services.upkeep.calling import change, reaches
from commsched.store import locks
from commsched.store.models import Channel, Delivery, Item, Part, Removal, Takedown, Workspace
from commsched.store.session import EVERY_WORKSPACE

State = Literal["waiting", "gone", "by_hand", "confirmed", "kept"]
CLAIM: Final = timedelta(seconds=90)
"""Longer than any call, so that only a dead process loses it."""
AT_ONCE: Final = 20
GIVE_UP: Final = timedelta(days=1)
"""How long it is tried by itself before a person is asked to do it by hand."""
OPEN: Final = ("waiting", "by_hand")
"""States in which it may still be read there."""


class Claimed(msgspec.Struct, frozen=True):
    """A removal whose call this process makes, with what it needs."""

    row: Removal
    channel: Channel
    place: Workspace


def on_networks(session: Session, item_id: int) -> Sequence[tuple[Delivery, Part, Channel]]:
    """The parts of an item and its corrections that are out on networks; mail cannot be called back, and is none."""
    return [(row[0], row[1], row[2]) for row in session.execute(_out_there().where(_belongs(item_id)))]


def _belongs(item_id: int) -> ColumnElement[bool]:
    return or_(Item.id == item_id, Item.corrects_id == item_id)


def _out_there() -> Select[Delivery, Part, Channel]:
    return (
        select(Delivery, Part, Channel)
        .join(Part, Part.delivery_id == Delivery.id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .join(Item, Item.id == Delivery.item_id)
        .where(Part.state == "published", Part.role != "recipient", Channel.platform.not_in(own_page_keys()))
        .order_by(Delivery.id, Part.number)
    )


def queue(installation: Installation, session: Session, takedown: Takedown) -> int:
    """Write down what is to be taken down elsewhere, as far as it is not; how many parts that were. Called in the
    transaction that takes it down, and again for what came out after it."""
    named = select(Removal.channel_id, Removal.remote_id).where(Removal.takedown_id == takedown.id)
    known = {(row[0], row[1]) for row in session.execute(named)}
    count = 0
    for delivery, part, channel in on_networks(session, takedown.item_id):
        name = (channel.id, (part.remote_id or part.url)[:300])
        if name in known:
            continue  # a correction that was put in its place there has the same name
        known.add(name)
        count += 1
        row = _row(installation, session, takedown, delivery, part, channel, name[1])
        session.add(row)
        session.flush()
        if row.state == "by_hand":
            tell(installation, session, row, channel)
    return count


def _row(
    installation: Installation,
    session: Session,
    takedown: Takedown,
    delivery: Delivery,
    part: Part,
    channel: Channel,
    name: str,
) -> Removal:
    now = installation.now()
    place = session.get_one(Workspace, delivery.workspace_id)
    row = Removal(
        workspace_id=delivery.workspace_id,
        takedown_id=takedown.id,
        delivery_id=delivery.id,
        channel_id=channel.id,
        part=part.number,
        remote_id=name,
        url=part.url,
        created_at=now,
        state="waiting",
        next_at=now,
        tries=0,
    )
    why = _cannot(installation, channel, place, part.remote_id)
    if why:
        row.state, row.next_at, row.detail = "by_hand", None, why
    return row


def _cannot(installation: Installation, channel: Channel, place: Workspace, remote_id: str) -> str:
    """Why it cannot be taken down from here; empty where it can."""
    if "delete" not in installation.platform(channel.platform).can or not remote_id:
        return N_("what is published there cannot be taken down from here")
    if not reaches(installation, channel, place):
        return N_("the channel is not connected any more")
    return ""


def take_down_due(installation: Installation) -> int:
    """Make the calls that are due, one after the other; returns how many there were."""
    _queue_late(installation)
    count = 0
    while count < AT_ONCE and (claimed := _claim(installation)) is not None:
        outcome = change(installation, claimed.channel, claimed.place, _deletion(claimed.row.remote_id))
        _settle(installation, claimed, outcome)
        count += 1
    return count


def _deletion(name: str) -> Callable[[Platform, ChannelContext], Outcome]:
    return lambda platform, context: platform.delete(name, context)


def _queue_late(installation: Installation) -> None:
    """What came out after its item was taken down, such as a part whose answer was lost, is taken down as well."""
    late = (
        select(Takedown.id)
        .join(Item, or_(Item.id == Takedown.item_id, Item.corrects_id == Takedown.item_id))
        .join(Delivery, Delivery.item_id == Item.id)
        .join(Part, Part.delivery_id == Delivery.id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(Takedown.ended_at.is_(None), Takedown.elsewhere.is_(True))
        .where(Part.state == "published", Part.role != "recipient", Channel.platform.not_in(own_page_keys()))
        .where(~_known())
        .distinct()
    )
    with installation.store.read(EVERY_WORKSPACE) as session:
        wanted = list(session.scalars(late))
    for number in wanted:
        with installation.store.write(EVERY_WORKSPACE) as session:
            takedown = locks.row(session, Takedown, number)
            if takedown.ended_at is None:
                queue(installation, session, takedown)


def _known() -> ColumnElement[bool]:
    """SQL: whether a part has its row already, perhaps under another delivery that it was put in the place of."""
    same = Removal.remote_id == func.substr(func.coalesce(func.nullif(Part.remote_id, ""), Part.url), 1, 300)
    return exists().where(Removal.takedown_id == Takedown.id, Removal.channel_id == Channel.id, same)


def _claim(installation: Installation) -> Claimed | None:
    now = installation.now()
    due = select(Removal).where(Removal.next_at <= now).order_by(Removal.next_at, Removal.id).limit(1)
    with installation.store.read(EVERY_WORKSPACE) as session:
        if session.scalar(due) is None:
            return None
    with installation.store.write(EVERY_WORKSPACE) as session:
        row = session.scalar(locks.rows(due, passing_over=True))
        if row is None:
            return None
        row.next_at, row.tries = now + CLAIM, row.tries + 1
        channel = session.get_one(Channel, row.channel_id)
        return Claimed(row, channel, session.get_one(Workspace, row.workspace_id))


def _settle(installation: Installation, claimed: Claimed, outcome: Outcome) -> None:
    """Write down what came of it. What a person has said meanwhile stands, unless it is gone."""
    with installation.store.write(claimed.place.id) as session:
        row = session.get(Removal, claimed.row.id, with_for_update={"key_share": True})
        if row is None or row.state in ("gone", "confirmed"):
            return
        now = installation.now()
        row.detail = outcome.detail[:2000]
        if isinstance(outcome, Published):
            row.state, row.next_at, row.finished_at = "gone", None, now
            _note(installation, session, row, claimed.channel, "removal.gone")
        elif row.state != "waiting":
            row.next_at = None
        elif isinstance(outcome, Rejected) or now - row.created_at >= GIVE_UP:
            row.state, row.next_at = "by_hand", None
            _note(installation, session, row, claimed.channel, "removal.refused")
            tell(installation, session, row, claimed.channel)
        else:
            at = getattr(outcome, "after", None) or now
            row.next_at = max(at, now + back_off(row.tries))


def _item(session: Session, row: Removal) -> Item:
    return session.get_one(Item, session.get_one(Takedown, row.takedown_id).item_id)


def _note(installation: Installation, session: Session, row: Removal, channel: Channel, action: str) -> None:
    item, actor = _item(session, row), scheduler(row.workspace_id)
    note(session, installation, actor, action, item.id, channel=channel.name, part=row.part)


def tell(installation: Installation, session: Session, row: Removal, channel: Channel) -> None:
    """Tell whoever took it down, and those who approve, that it must be done by hand; once for each channel."""
    earlier = select(Removal.id).where(
        Removal.takedown_id == row.takedown_id,
        Removal.channel_id == row.channel_id,
        Removal.id != row.id,
        Removal.state == "by_hand",
    )
    if session.scalar(earlier.limit(1)) is not None:
        return
    taker = session.get_one(Takedown, row.takedown_id).person_id
    people = people_with(session, "approve") | ({taker} if taker else set())
    item = _item(session, row)
    outbox.queue(session, installation, sorted(people), "remove_by_hand", item=item, channel=channel.name, url=row.url)


def of_item(session: Session, item_id: int) -> list[Removal]:
    """The newest take-down's removals, in order; ``item_id`` is the original's."""
    newest = select(func.max(Takedown.id)).where(Takedown.item_id == item_id).scalar_subquery()
    rows = select(Removal).where(Removal.takedown_id == newest).order_by(Removal.channel_id, Removal.part, Removal.id)
    return list(session.scalars(rows))


def keep(session: Session, takedown: Takedown) -> None:
    """It was put back: what has not been taken down elsewhere stays there."""
    for row in session.scalars(
        locks.rows(select(Removal).where(Removal.takedown_id == takedown.id, Removal.state.in_(OPEN)))
    ):
        row.state, row.next_at = "kept", None


def confirm(installation: Installation, actor: Actor, item_id: int, removal_id: int) -> None:
    """A person has taken it down there. Raises :class:`Conflict` where it is settled already."""
    actor.require("resolve")
    with installation.store.write(actor.workspace) as session:
        row = _open(session, item_id, removal_id)
        row.state, row.next_at = "confirmed", None
        row.person_id, row.finished_at = actor.person, installation.now()
        channel = session.get_one(Channel, row.channel_id)
        note(session, installation, actor, "removal.confirmed", _item(session, row).id, channel=channel.name)


def again(installation: Installation, actor: Actor, item_id: int, removal_id: int) -> None:
    """Try once more, such as after the channel was connected anew. Raises :class:`Conflict` where nobody can."""
    actor.require("resolve")
    with installation.store.write(actor.workspace) as session:
        row = _open(session, item_id, removal_id)
        channel = session.get_one(Channel, row.channel_id)
        why = _cannot(installation, channel, session.get_one(Workspace, row.workspace_id), row.remote_id)
        if why:
            raise Conflict(N_("It cannot be taken down from here. Take it down there, and say so."))
        row.state, row.next_at, row.created_at, row.tries = "waiting", installation.now(), installation.now(), 0
        note(session, installation, actor, "removal.again", _item(session, row).id, channel=channel.name)
    installation.wake()


def _open(session: Session, item_id: int, removal_id: int) -> Removal:
    """A removal of the item, or of what it corrects, that is not settled."""
    original = select(func.coalesce(Item.corrects_id, Item.id)).where(Item.id == item_id).scalar_subquery()
    mine = select(Takedown.id).where(Takedown.item_id == original)
    row = session.scalar(locks.rows(select(Removal).where(Removal.id == removal_id, Removal.takedown_id.in_(mine))))
    if row is None:
        raise NotFound(N_("There is no such item."))
    if row.state not in OPEN:
        raise Conflict(N_("It is gone there already."))
    return row

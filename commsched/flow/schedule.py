"""Set a time, move it, cancel it: the rows in the outbox."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from commsched.core.approval import LETS_OUT, Verdict, inside
from commsched.core.lifecycle import item_state
from commsched.core.timing import Moment, approval_window, read_time, refuse_past
from commsched.core.words import N_, Conflict, Invalid
from commsched.flow import items, notify, rounds
from commsched.flow.asking import ask
from commsched.flow.clearance import clearance, read_policy
from commsched.flow.context import Actor, Office
from commsched.flow.record import note
from commsched.store.models import Decision, Delivery, Item, Part, Revision
from commsched.store.outbox import left_off

FROM = frozenset({"approved", "held", "failed", "partly_published", "scheduled"})


class NeedsApproval(Conflict):
    """The new time lies outside what was approved; the person must say that they want to ask again."""

    code = "needs-approval"


def schedule(
    office: Office, actor: Actor, item_id: int, when: str | None = None, fold: int | None = None,
    latest: str | None = None,
) -> None:  # fmt: skip
    """Put an approved item in the outbox, one delivery a channel. ``when`` and ``latest`` set the times first."""
    actor.require("schedule")
    with office.store.write(actor.workspace) as session:
        item, workspace = items.load(session, item_id), items.workspace_of(session, actor)
        if when:
            _set(item, read_time(when, workspace.zone, fold), workspace.latest_minutes)
        if item.publish_at is None:
            raise Invalid(N_("Choose when it should go out."), "publish_at")
        if latest:
            item.latest_at = read_time(latest, workspace.zone, field="latest_at").at
            if item.latest_at < item.publish_at:
                raise Invalid(N_("The latest time is before the time itself."), "latest_at")
        if item.state == "scheduled" and when is None and latest is None:
            return
        place(office, session, actor, item)
        refuse_past(item.publish_at, office.now())  # after what says more: that it must be approved again
    office.wake()


def place(office: Office, session: Session, actor: Actor, item: Item, *, moved: bool = False) -> None:
    """Make the deliveries of ``item``, which must be approved for its time. What is already out stays as it is.
    ``moved``: the record says so already, and one deed is one line."""
    now, revision = office.now(), items.current(session, item)
    assert item.publish_at is not None
    bounds = clearance(session, item, revision.hash)
    if item.state not in FROM or bounds is None:
        raise Conflict(N_("It must be approved before it can be scheduled."))
    if not inside(item.publish_at, bounds):
        raise NeedsApproval(N_("The approval does not cover that time. It must be approved again."), "publish_at")
    latest = item.latest_at or item.publish_at
    refuse_past(latest, now)
    content = revision.parsed()
    if content.embargo and item.publish_at < datetime.fromisoformat(content.embargo):
        raise Invalid(N_("It would go out before its embargo."), "publish_at")
    going_on = _go_on(session, item, revision.id, latest)
    keep = going_on | _clear_waiting(session, item, but=going_on)
    for one in content.channels:
        if one.channel not in keep:
            session.add(_row(item, revision.id, one.channel, item.publish_at, latest, now))
    item.state, item.reason = "scheduled", ""
    session.flush()
    refresh(session, item)
    if not moved:
        note(session, office, actor, "item.scheduled", item.id, at=item.publish_at.isoformat(), wall=item.wall_time)


def _row(item: Item, revision: int, channel: int, due: datetime, latest: datetime, now: datetime) -> Delivery:
    return Delivery(
        uid=uuid.uuid4().hex, workspace_id=item.workspace_id, item_id=item.id, revision_id=revision,
        channel_id=channel, due_at=due, latest_at=latest, next_at=due, created_at=now,
    )  # fmt: skip


def partly_out(session: Session, item: Item) -> list[Delivery]:
    """Deliveries that stopped with something out already: half a thread, some of a list's recipients."""
    parts = select(Part.delivery_id).where(Part.state.in_(("published", "sending", "unknown")))
    stopped = Delivery.state.in_(("waiting", "held", "failed", "cancelled"))
    return list(session.scalars(select(Delivery).where(Delivery.item_id == item.id, stopped, Delivery.id.in_(parts))))


def _go_on(session: Session, item: Item, revision: int, latest: datetime) -> set[int]:
    """What is partly out is never begun again: the same delivery goes on at the new time, with what is left of it."""
    keep = set()
    for row in partly_out(session, item):
        keep.add(row.channel_id)
        if row.revision_id != revision:
            continue
        assert item.publish_at is not None
        row.due_at = row.next_at = item.publish_at
        row.latest_at, row.state, row.reason = latest, "waiting", ""
        session.execute(
            update(Part).where(Part.delivery_id == row.id, Part.state.in_(("waiting", "failed", "held")))
            .values(state="waiting", next_at=None, tries=0)
        )  # fmt: skip
    session.flush()
    return keep


def _clear_waiting(session: Session, item: Item, but: Collection[int] = ()) -> set[int]:
    """Cancel what waits or stopped; returns the channels where something is out or under way, left alone."""
    keep = set()
    for row in session.scalars(select(Delivery).where(Delivery.item_id == item.id)):
        if row.channel_id in but:
            continue
        if row.state in ("waiting", "held", "failed"):
            row.state, row.next_at, row.reason = "cancelled", None, "cancelled"
        elif row.state != "cancelled":
            keep.add(row.channel_id)
    return keep


def on_approval(office: Office, session: Session, actor: Actor, item: Item) -> None:
    """Schedule what was submitted to be scheduled. A time that has passed meanwhile is left to its writer."""
    if item.latest_at is not None and item.latest_at < office.now():
        item.state, item.reason = "held", "late"
        notify.queue(session, office, [item.author_id] if item.author_id else [], "held", item=item, reason="late")
        return
    place(office, session, actor, item)


def _set(item: Item, moment: Moment, latest_minutes: int) -> None:
    span = item.latest_at - item.publish_at if item.latest_at and item.publish_at else timedelta(minutes=latest_minutes)
    item.publish_at, item.wall_time, item.zone = moment.at, moment.wall, moment.zone
    item.latest_at = moment.at + span


def move(
    office: Office, actor: Actor, item_id: int, when: str, fold: int | None = None, ask_again: bool = False
) -> str:
    """Move an item to another time; returns its state then.

    Inside the approved window the approval stands. Outside it :class:`NeedsApproval` is raised, unless
    ``ask_again`` says that it shall be sent for approval anew.
    """
    actor.require("schedule")
    with office.store.write(actor.workspace) as session:
        item, workspace = items.load(session, item_id), items.workspace_of(session, actor)
        if item.state in ("published", "publishing", "partly_published", "cancelled"):
            raise Conflict(N_("It is already out or cancelled, and cannot be moved."))
        moment = read_time(when, workspace.zone, fold)
        refuse_past(moment.at, office.now())
        _set(item, moment, workspace.latest_minutes)
        content = items.current(session, item).parsed()
        if content.embargo and moment.at < datetime.fromisoformat(content.embargo):
            raise Invalid(N_("It would go out before its embargo."), "publish_at")
        item.updated_at = office.now()
        note(session, office, actor, "item.moved", item.id, at=moment.at.isoformat(), wall=moment.wall)
        follow_move(office, session, actor, item, ask_again)
        state = item.state
    office.wake()
    return state


def follow_move(office: Office, session: Session, actor: Actor, item: Item, ask_again: bool = True) -> None:
    """After its time changed: the outbox follows if the approval covers it, else those are asked again whose yes does
    not."""
    if item.state not in ("scheduled", "approved", "held", "failed", "in_review") or item.publish_at is None:
        return
    revision = items.current(session, item)
    bounds = clearance(session, item, revision.hash)
    outside = bounds is not None and not inside(item.publish_at, bounds)
    if (outside or bounds is None) and not read_policy(item.policy).steps:
        rounds.lapse(office, session, actor, item, revision)
        decide(office, session, actor, item, revision, "release")  # nobody else is asked: whoever moves it decides
    elif outside and not ask_again:
        raise NeedsApproval(N_("The approval does not cover that time. It must be approved again."), "publish_at")
    elif outside or bounds is None:
        _ask_anew(office, session, actor, item, revision)
        return
    if item.state in ("scheduled", "held", "failed"):
        place(office, session, actor, item, moved=True)


def _ask_anew(office: Office, session: Session, actor: Actor, item: Item, revision: Revision) -> None:
    """Whose yes covers the new time is not asked again; whoever has not answered yet has the mail already."""
    was = item.state
    outgrown = rounds.lapse(office, session, actor, item, revision)
    if was == "in_review" and not outgrown:
        return
    item.schedule_on_approval = item.schedule_on_approval or was in ("scheduled", "failed")
    items.void(session, item)
    item.state, item.submitted_at = "in_review", office.now()
    session.flush()
    rounds.go_on(session, item, revision)
    rounds.refuse_nobody(office, session, item, revision)
    ask(office, session, item, revision)


def decide(
    office: Office, session: Session, actor: Actor, item: Item, revision: Revision, verdict: Verdict, *,
    comment: str = "", step: int = 0, in_place_of: int | None = None, until: datetime | None = None,
) -> Decision:  # fmt: skip
    """Write down what ``actor`` said of ``revision``, and for which time."""
    workspace, now = items.workspace_of(session, actor), office.now()
    start, end = approval_window(item.publish_at, now, workspace.window_before_hours, workspace.window_after_hours)
    if until is not None and until <= now:
        raise Invalid(N_("“Approved until” lies in the past."), "until")
    yes = verdict in LETS_OUT
    row = Decision(
        workspace_id=item.workspace_id, item_id=item.id, revision_id=revision.id, hash=revision.hash, verdict=verdict,
        step=step, person_id=actor.person, in_place_of=in_place_of, comment=comment.strip(),
        window_start=min(start, now) if yes and item.publish_at is None else start if yes else None,
        window_end=(until or end) if yes else None, at=now, via=actor.via,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def cancel(office: Office, actor: Actor, item_id: int) -> None:
    """Stop everything of an item that is not out yet. What is half out makes it partly published, not cancelled."""
    actor.require("schedule")
    with office.store.write(actor.workspace) as session:
        item = items.load(session, item_id)
        if item.state in ("published", "cancelled"):
            raise Conflict(N_("It is already out or cancelled."))
        if not _clear_waiting(session, item):
            item.state, item.reason = "cancelled", ""
        session.flush()
        refresh(session, item)
        note(session, office, actor, "item.cancelled", item.id)


def refresh(session: Session, item: Item) -> None:
    """Let the item's state follow from its deliveries' states."""
    states = session.scalars(select(left_off).where(Delivery.item_id == item.id)).all()
    item.state = item_state(states, item.state)

"""Set a time, move it, cancel it: the rows in the outbox."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from commsched.core.approval.rules import LETS_OUT, Verdict, inside
from commsched.core.delivery.lifecycle import REASONS, STOPS, item_state
from commsched.core.text.clean import passage
from commsched.core.text.messages import N_, Conflict, Invalid
from commsched.core.timing.plan import Plan, Slot
from commsched.core.timing.wall_time import approval_window, read_time, refuse_past
from commsched.services.approval import rounds
from commsched.services.approval.approvers import ask
from commsched.services.approval.clearance import clearance, read_policy
from commsched.services.content import before, embargo_times, items, moving, preview_addresses, times
from commsched.services.kernel import members
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.superseded import superseded
from commsched.services.notices import outbox
from commsched.services.workflow import stops
from commsched.services.workflow._deliveries import place
from commsched.store.models import Channel, Decision, Delivery, Item, Revision
from commsched.store.tables.outbox import left_off

SCHEDULABLE = frozenset({"approved", "held", "failed", "partly_published", "scheduled"})


class NeedsApproval(Conflict):
    """The new time lies outside the approved window; the person must confirm that they want to ask for approval
    again."""

    code = "needs-approval"


class NothingLeft(Conflict):
    """A person has stopped it in every channel where it is not out."""


under_way: ColumnElement[bool] = Delivery.state.in_(("waiting", "sending", "unknown"))
"""SQL: deliveries that are not finished: they wait, are being sent, or have an unknown outcome."""


def schedule(
    installation: Installation,
    actor: Actor,
    item_id: int,
    when: str | None = None,
    fold: int | None = None,
    latest: str | None = None,
) -> None:
    """Put an approved item in the outbox, one delivery a channel. ``when`` and ``latest`` set the item's times first;
    channels with a time of their own are moved along."""
    actor.require("schedule")
    with installation.store.write(actor.workspace) as session:
        item, workspace = items.load(session, item_id, lock=True), members.workspace_of(session, actor)
        if when:
            moving.move_all(
                installation, session, item, read_time(when, workspace.zone, fold), workspace.latest_minutes
            )
        if item.publish_at is None:
            raise Invalid(N_("Choose when it should go out."), "publish_at")
        if latest:
            item.latest_at = read_time(latest, workspace.zone, field="latest_at").at
            if item.latest_at < item.publish_at:
                raise Invalid(N_("The latest time is before the time itself."), "latest_at")
        if item.state == "scheduled" and when is None and latest is None:
            return
        plan = times.left(session, item, installation.now())
        enqueue(installation, session, actor, item)
        refuse_passed(plan, installation.now())  # after what says more: that it must be approved again
    installation.wake()


def enqueue(
    installation: Installation,
    session: Session,
    actor: Actor,
    item: Item,
    *,
    moved: bool = False,
    only: Collection[int] | None = None,
) -> None:
    """Put ``item``, which must be approved for its times, in the outbox: one delivery a channel, at the channel's time.
    ``only``: these channels alone; what waits or stopped in the others stays as it is. ``moved``: the move is
    recorded already, so no second line is written. Deliveries that are out or under way stay unchanged, and a channel
    that a person dropped or cancelled stays so (:mod:`commsched.services.workflow.stops`). A delivery of the same
    revision keeps its row and its keys, whatever its time: a platform that knows a key still knows it, and what is
    partly out goes on with what is left of it.
    """
    now, revision = installation.now(), items.current(session, item)
    assert item.publish_at is not None
    refuse_superseded(session, item.id)
    bounds = clearance(session, item, revision.hash)
    if not _may_be_placed(session, item, now, only) or bounds is None:
        raise Conflict(N_("It must be approved before it can be scheduled."))
    plan = times.left(session, item, now, only)
    if not _covered(plan, bounds):
        raise NeedsApproval(N_("The approval does not cover that time. It must be approved again."), "publish_at")
    for slot in times.chosen(plan):
        refuse_past(slot.latest, now)
    content = revision.parsed()
    embargo_times.refuse_before_embargo(installation, session, content, plan)
    if embargo_times.is_before(installation, session, content, plan):
        preview_addresses.make_first(installation, session, item)
    place(installation, session, item, revision, content, _touched(times.plan(session, item), plan, only, now))
    if not session.scalar(select(Delivery.id).where(Delivery.item_id == item.id, under_way).limit(1)):
        raise NothingLeft(N_("It was dropped in every channel that is left. Take the channel away and choose it anew."))
    item.state, item.reason = "scheduled", ""
    session.flush()
    refresh(session, item)
    if not moved:
        note(
            session, installation, actor, "item.scheduled", item.id, at=item.publish_at.isoformat(), wall=item.wall_time
        )


def _touched(whole: Plan, left: Plan, only: Collection[int] | None, now: datetime) -> Plan:
    """Of the item's channels those whose deliveries may be begun again: those that a person named, or all but those
    that have been missed while the rest went on (:func:`commsched.services.content.times.left`)."""
    if only is not None:
        return whole.narrowed(only)
    late = {number for number, slot in whole.slots.items() if slot.latest < now} - set(left.channels)
    return whole.narrowed(set(whole.channels) - late)


def _covered(plan: Plan, bounds: tuple[datetime | None, datetime | None]) -> bool:
    """Whether every time that is left lies in the approved window."""
    return all(inside(slot.at, bounds) for slot in times.chosen(plan))


def refuse_passed(plan: Plan, now: datetime) -> None:
    """Raise :class:`Invalid` where a time of ``plan`` has passed."""
    for slot in times.chosen(plan):
        refuse_past(slot.at, now)


def refuse_superseded(session: Session, item_id: int) -> None:
    """Raise :class:`Conflict` for an item that was taken down or corrected since, because nothing more of it may go
    out."""
    why = session.scalar(select(superseded).select_from(Item).where(Item.id == item_id))
    if why:
        raise Conflict(REASONS[why])


def on_approval(installation: Installation, session: Session, actor: Actor, item: Item) -> None:
    """Schedule an item that was submitted for scheduling. Where its time has passed in the meantime, its writer chooses
    another."""
    now = installation.now()
    if any(slot.latest < now for slot in times.chosen(times.left(session, item, now))):
        _hold_late(installation, session, item)
        return
    with suppress(NothingLeft):  # it stays approved, and nothing of it goes out
        enqueue(installation, session, actor, item)


def at_once(installation: Installation, session: Session, actor: Actor, item: Item) -> None:
    """Give an approved item that goes out as soon as it is approved its time, which is now, and put it in the outbox.
    What is public waits for the embargo. Where it has become too late, it is held for its writer; an earlier step's
    yes that does not reach until today is asked for again."""
    now, revision = installation.now(), items.current(session, item)
    plan = _soonest(installation, session, actor, item, revision)
    if any(slot.latest < now for slot in times.chosen(plan)):
        _hold_late(installation, session, item)
        return
    assert plan.item is not None
    item.publish_at, item.latest_at = plan.item.at, plan.item.latest
    item.wall_time, item.zone = plan.item.wall, plan.item.zone
    times.keep(session, item, plan.own)
    bounds = clearance(session, item, revision.hash)
    if bounds is not None and not _covered(plan, bounds):
        _ask_anew(installation, session, actor, item, revision)
        return
    with suppress(NothingLeft):  # it stays approved, and nothing of it goes out
        enqueue(installation, session, actor, item)


def _soonest(installation: Installation, session: Session, actor: Actor, item: Item, revision: Revision) -> Plan:
    usual = timedelta(minutes=members.workspace_of(session, actor).latest_minutes)
    return embargo_times.soonest(installation, session, item, revision.parsed(), usual)


def _planned(installation: Installation, session: Session, actor: Actor, item: Item, revision: Revision) -> list[Slot]:
    """The times that a decision of this moment is about."""
    if item.when_approved and item.publish_at is None:
        return times.chosen(_soonest(installation, session, actor, item, revision))
    return times.chosen(times.left(session, item, installation.now()))


def _hold_late(installation: Installation, session: Session, item: Item) -> None:
    item.state, item.reason = "held", "late"
    writer = [item.author_id] if item.author_id else []
    outbox.queue(session, installation, writer, "held", item=item, reason="late")


def move(
    installation: Installation,
    actor: Actor,
    item_id: int,
    when: str,
    fold: int | None = None,
    ask_again: bool = False,
    channels: Collection[int] | None = None,
) -> str:
    """Move an item to another time; returns its state then. ``channels``: these alone, and the others stay
    (:mod:`commsched.core.timing.plan` says what follows what).

    Inside the approved window the approval stands. Outside it :class:`NeedsApproval` is raised, unless ``ask_again``
    asks to submit it for approval again.
    """
    actor.require("schedule")
    with installation.store.write(actor.workspace) as session:
        item, workspace = items.load(session, item_id, lock=True), members.workspace_of(session, actor)
        now = installation.now()
        _refuse_immovable(session, item, now, channels)
        earlier = before.standing(session, item)
        moment = read_time(when, workspace.zone, fold)
        refuse_past(moment.at, now)
        if channels is None:
            moving.move_all(installation, session, item, moment, workspace.latest_minutes)
        else:
            moving.move_alone(session, item, moment, channels)
        plan = times.left(session, item, now, channels)
        refuse_passed(plan, now)
        content = items.current(session, item).parsed()
        embargo_times.refuse_before_embargo(installation, session, content, plan)
        item.updated_at = now
        facts = before.facts(session, item, earlier)
        if channels is not None:
            facts["channels"] = _names(session, channels)
        note(session, installation, actor, "item.moved", item.id, at=moment.at.isoformat(), wall=moment.wall, **facts)
        follow_move(installation, session, actor, item, ask_again, channels)
        state = item.state
    installation.wake()
    return state


def _names(session: Session, channels: Collection[int]) -> str:
    rows = session.scalars(select(Channel.name).where(Channel.id.in_(list(channels))).order_by(Channel.id))
    return ", ".join(rows)


def _refuse_immovable(session: Session, item: Item, now: datetime, channels: Collection[int] | None) -> None:
    if channels is not None and (not channels or not set(channels) <= times.goes_to(item)):
        raise Invalid(N_("It does not go to that channel."), "channels")
    if not times.movable(session, item, now, channels):
        raise Conflict(N_("It is already out or cancelled, and cannot be moved."))
    if channels is not None and item.publish_at is None:
        raise Invalid(N_("Choose a time for the whole first."), "publish_at")


def _may_be_placed(session: Session, item: Item, now: datetime, only: Collection[int] | None = None) -> bool:
    return item.state in SCHEDULABLE or (item.state == "publishing" and times.movable(session, item, now, only))


def follow_move(
    installation: Installation,
    session: Session,
    actor: Actor,
    item: Item,
    ask_again: bool = True,
    only: Collection[int] | None = None,
) -> None:
    """Follow a changed time (of ``only`` these channels): update the outbox if the approval covers the time, else ask
    those people again whose approval does not."""
    now = installation.now()
    if item.when_approved and item.publish_at is None and item.state in ("approved", "scheduled"):
        at_once(installation, session, actor, item)
        return
    if item.publish_at is None and item.state == "scheduled":
        _take_out(session, item)
    if item.publish_at is None or not (item.state == "in_review" or _may_be_placed(session, item, now, only)):
        return
    revision = items.current(session, item)
    bounds = clearance(session, item, revision.hash)
    outside = bounds is not None and not _covered(times.left(session, item, now, only), bounds)
    if (outside or bounds is None) and not read_policy(item.policy).steps:
        rounds.lapse(installation, session, actor, item, revision)
        decide(
            installation, session, actor, item, revision, "release"
        )  # no one else has to approve: the person who moves it decides
    elif outside and not ask_again:
        raise NeedsApproval(N_("The approval does not cover that time. It must be approved again."), "publish_at")
    elif outside or bounds is None:
        _ask_anew(installation, session, actor, item, revision)
        return
    if item.state != "approved" and _may_be_placed(session, item, now, only):
        enqueue(installation, session, actor, item, moved=True, only=only)


def _take_out(session: Session, item: Item) -> None:
    """Nothing of an item without a time waits in the outbox: it would go out at one that nobody sees any more."""
    waits = update(Delivery).where(Delivery.item_id == item.id, Delivery.state.in_(times.STOPPABLE))
    session.execute(waits.values(state="cancelled", next_at=None, reason="changed"))
    item.state = "approved"


def _ask_anew(installation: Installation, session: Session, actor: Actor, item: Item, revision: Revision) -> None:
    """People whose approval covers the new time are not asked again, and people who have not answered already have the
    mail."""
    was = item.state
    outgrown = rounds.lapse(installation, session, actor, item, revision)
    if was == "in_review" and not outgrown:
        return
    begun = was in ("scheduled", "failed", "publishing", "partly_published")
    item.schedule_on_approval = item.schedule_on_approval or begun
    items.return_to_draft(session, item)
    item.state, item.submitted_at = "in_review", installation.now()
    session.flush()
    rounds.go_on(session, item, revision)
    rounds.refuse_nobody(installation, session, item, revision)
    ask(installation, session, item, revision)


def decide(
    installation: Installation,
    session: Session,
    actor: Actor,
    item: Item,
    revision: Revision,
    verdict: Verdict,
    *,
    comment: str = "",
    step: int = 0,
    in_place_of: int | None = None,
    until: datetime | None = None,
) -> Decision:
    """Record the decision of ``actor`` on ``revision``, and the window that it covers."""
    workspace, now = members.workspace_of(session, actor), installation.now()
    slots = _planned(installation, session, actor, item, revision)
    start, end = approval_window(
        slots[0].at if slots else None,
        now,
        workspace.window_before_hours,
        workspace.window_after_hours,
        slots[-1].at if slots else None,
    )
    if until is not None and until <= now:
        raise Invalid(N_("“Approved until” lies in the past."), "until")
    yes = verdict in LETS_OUT
    row = Decision(
        workspace_id=item.workspace_id,
        item_id=item.id,
        revision_id=revision.id,
        hash=revision.hash,
        verdict=verdict,
        step=step,
        person_id=actor.person,
        in_place_of=in_place_of,
        comment=passage(comment, "comment"),
        window_start=min(start, now) if yes and item.publish_at is None else start if yes else None,
        window_end=(until or end) if yes else None,
        at=now,
        via=actor.via,
    )
    session.add(row)
    session.flush()
    return row


def cancel(installation: Installation, actor: Actor, item_id: int) -> list[stops.Left]:
    """Stop everything of an item that is not out yet, also what is under way: a mailing between two recipients, a
    thread between two parts. Returns what had gone out; with anything out it is partly published, not cancelled."""
    actor.require("schedule")
    with installation.store.write(actor.workspace) as session:
        item = items.load(session, item_id, lock=True)
        out = select(Delivery).where(Delivery.item_id == item.id, Delivery.state != "published").with_for_update()
        rows = list(session.scalars(out))
        live = [row for row in rows if row.state in stops.LIVE and row.stop not in STOPS]
        if item.state in ("published", "cancelled") or (item.state in ("publishing", "partly_published") and not live):
            raise Conflict(N_("It is already out or cancelled."))
        earlier = before.standing(session, item)
        left = stops.stop(session, rows, "cancelled")
        item.state, item.reason = "cancelled", ""
        refresh(session, item)
        facts = before.facts(session, item, earlier)
        note(session, installation, actor, "item.cancelled", item.id, **stops.facts(left), **facts)
    return left


def refresh(session: Session, item: Item) -> None:
    """Derive the item's state from its deliveries' states."""
    states = session.scalars(select(left_off).where(Delivery.item_id == item.id)).all()
    item.state = item_state(states, item.state)

"""One mailing to one list: paused between two recipients, let go on, sent again to those who have not got it, and sent
once more to those who have come since. Never to anybody who has it, or may have."""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.draft import ChannelIn, DraftIn
from commsched.core.delivery.lifecycle import HALTED
from commsched.core.text.messages import N_, Conflict
from commsched.core.timing.wall_time import latest_for
from commsched.services.contacts import addressees
from commsched.services.content import drafts, items
from commsched.services.deliver import part_decisions
from commsched.services.kernel import members
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.workflow import editing, resolve, schedule, stops
from commsched.store.models import Channel, Delivery, Item, Part

_NOBODY = N_("There is nobody to send it to: everybody has got it, or may have.")


def halt(installation: Installation, actor: Actor, delivery_id: int) -> None:
    """Pause a mailing: it stops before its next recipient, and goes on when somebody lets it (:func:`send_missing`)."""
    actor.require("resolve")
    with installation.store.write(actor.workspace) as session:
        row = resolve.load(session, delivery_id, lock=True)
        if row.state not in ("waiting", "sending") or row.stop or not resolve.independent(installation, session, row):
            raise Conflict(N_("This is no mailing that is under way."))
        left = stops.stop(session, [row], HALTED)
        _finish(session, row)
        note(session, installation, actor, "delivery.halted", row.item_id, delivery=row.id, **stops.facts(left))


def send_missing(installation: Installation, actor: Actor, delivery_id: int, refused: bool = False) -> int:
    """Let a mailing that was paused, stopped or held go on: to those who have not got it, and nobody else. ``refused``:
    also to those whose address was refused for good. Returns how many wait for it now.

    Who may have it (*unknown*) is not written to before somebody has said that they did not get it
    (:func:`commsched.services.workflow.resolve.resolve`).
    """
    actor.require("resolve")
    with installation.store.write(actor.workspace) as session:
        row, now = resolve.load(session, delivery_id, lock=True), installation.now()
        if not _may_go_on(session, row) or not resolve.independent(installation, session, row):
            raise Conflict(N_("Only a mailing that was paused or has stopped can go on."))
        schedule.refuse_superseded(session, row.item_id)
        row.stop = ""
        session.flush()
        count = part_decisions.let_missing_wait(session, row.id, row.item_id, refused=refused)
        if not count:
            raise Conflict(_NOBODY)
        usual = members.workspace_of(session, actor).latest_minutes
        row.latest_at = max(row.latest_at, latest_for(now, usual))
        row.state, row.next_at, row.reason, row.detail, row.tries = "waiting", now, "", "", 0
        _finish(session, row)
        facts = {"delivery": row.id, "count": count}
        note(session, installation, actor, "delivery.missing_sent", row.item_id, **facts)
    installation.wake()
    return count


def _may_go_on(session: Session, row: Delivery) -> bool:
    """A mailing that a person stopped goes on only where some of it is out: else the item is scheduled anew."""
    if row.state in ("held", "failed"):
        return True
    out = select(Part.id).where(Part.delivery_id == row.id, Part.state.in_(addressees.OUT)).limit(1)
    return row.state == "cancelled" and bool(row.stop) and session.scalar(out) is not None


def _finish(session: Session, row: Delivery) -> None:
    session.flush()
    schedule.refresh(session, session.get_one(Item, row.item_id))


def follow_up(installation: Installation, actor: Actor, item_id: int) -> int:
    """Begin a draft that sends a release once more, to those on its lists who have not got it: who has come since, too.
    It is approved like any other, since nobody has approved these people. Returns its id; one that is begun already is
    gone on with."""
    actor.require("write")
    with installation.store.read(actor.workspace) as session:
        item = items.load(session, item_id)
        root = items.load(session, item.follows_id or item.id)
        draft = _again(installation, session, root)
    ready = editing.ready(installation, actor, draft)
    with installation.store.write(actor.workspace) as session:
        root = items.load(session, root.id, lock=True)
        schedule.refuse_superseded(session, root.id)
        begun = select(Item).where(Item.follows_id == root.id, Item.state.in_(("draft", "changes_requested")))
        if (open_ := session.scalar(begun.limit(1))) is not None:
            return open_.id
        later = editing.create_in(installation, session, actor, draft, ready)
        later.follows_id = root.id
        note(session, installation, actor, "item.follow_up_begun", root.id, later=later.id)
        return later.id


def _again(installation: Installation, session: Session, root: Item) -> DraftIn:
    """The release as it went out, to those of its lists alone where somebody is left."""
    revision = items.current(session, root)
    known = {row.id: row for row in session.scalars(select(Channel).where(Channel.state != "archived"))}
    draft = drafts.as_draft(installation, session, root, revision)
    chosen = [each.id if isinstance(each, ChannelIn) else each for each in draft.channels]
    to = [number for number in chosen if number in known and installation.platform(known[number].platform).needs_mail]
    sent = select(Part.id).join(Delivery, Delivery.id == Part.delivery_id)
    sent = sent.where(Delivery.item_id == root.id, Part.role == "recipient", Part.state.in_(addressees.OUT))
    if session.scalar(sent.limit(1)) is None:
        raise Conflict(N_("Nobody has got it yet: schedule it instead."))
    left = addressees.count(session, addressees.Mailing(0, follows=root.id), to)
    to = [each.channel for each in left.lists if each.people]
    if not to:
        raise Conflict(_NOBODY)
    kept = {number: variant for number, variant in draft.variants.items() if int(number) in to}
    return replace(
        draft, channels=list(to), variants=kept, publish_at=None, latest_at=None, when_approved=False, correction=""
    )

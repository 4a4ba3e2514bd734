"""What people do about an embargo: give newsrooms a secret address, end it, and change the embargo when a list has got
the item already.

Before anybody has it an embargo is changed as any other words are. Afterwards what was sent still names the old time,
so whoever changes it must say that they will tell those who got it; the change is approved like any other, and those
who have it are not written to again.
"""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.model import Content
from commsched.core.text.messages import N_, Conflict, Invalid
from commsched.core.timing import embargo
from commsched.core.timing.plan import moved_to
from commsched.core.timing.wall_time import Moment, read_time, refuse_past
from commsched.services.content import embargo_times, items, preview_addresses, times
from commsched.services.kernel import members
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.workflow import approve, editing
from commsched.store.models import Delivery, Item

UNDER_WAY = ("sending", "unknown")


class AlreadySent(Conflict):
    """Somebody has it with the embargo of before; the person must confirm that they tell them."""

    code = "already-sent"


def renew_preview(installation: Installation, actor: Actor, item_id: int) -> None:
    """Give an item under embargo a secret address; the one before leads nowhere from then on."""
    actor.require("schedule")
    with installation.store.write(actor.workspace) as session:
        item = items.load(session, item_id, lock=True)
        content = items.current(session, item).parsed()
        if embargo.is_over(content.embargo, installation.now()):
            raise Conflict(N_("It is under no embargo."))
        preview_addresses.revoke(session, item, installation.now())
        preview_addresses.make(installation, session, item)
        note(session, installation, actor, "item.preview_made", item.id)


def revoke_preview(installation: Installation, actor: Actor, item_id: int) -> None:
    """End the item's secret address: it leads nowhere, for ever."""
    actor.require("schedule")
    with installation.store.write(actor.workspace) as session:
        item = items.load(session, item_id, lock=True)
        if not preview_addresses.revoke(session, item, installation.now()):
            raise Conflict(N_("It has no secret address."))
        note(session, installation, actor, "item.preview_ended", item.id)


def is_changeable(installation: Installation, session: Session, item: Item, content: Content) -> bool:
    """Whether only the embargo of an item can still be changed: somebody has it under that, nobody in public."""
    if embargo.is_over(content.embargo, installation.now()) or item.state == "cancelled":
        return False
    early = embargo_times.carriers_of(installation, session, content)
    rows = session.execute(
        select(Delivery.channel_id, Delivery.state, Delivery.stop).where(Delivery.item_id == item.id)
    ).all()
    if any(row.state in UNDER_WAY for row in rows):
        return False
    out = {row.channel_id for row in rows if row.state == "published"}
    public = {part.channel for part in content.channels} - early
    left = public - {row.channel_id for row in rows if row.stop}
    return bool(out & early) and not out & public and bool(left)


def change(
    installation: Installation, actor: Actor, item_id: int, when: str | None, *, confirmed: bool = False
) -> None:
    """Change the embargo of an item that a list has got, or lift it (``when`` empty: all goes out when it is approved).

    What waits goes out at the new time, once that is approved. ``confirmed``: the person answers for that those who
    have it hear of the new time. Without it :class:`AlreadySent` is raised where that is later than the time they know.
    """
    actor.require("write")
    actor.require("schedule")
    with installation.store.write(actor.workspace) as session:
        item, workspace = items.load(session, item_id, lock=True), members.workspace_of(session, actor)
        revision = items.current(session, item)
        content, now = revision.parsed(), installation.now()
        if not is_changeable(installation, session, item, content):
            raise Conflict(N_("Its embargo cannot be changed here: nobody has got it yet, or it is public already."))
        moment = (
            read_time(when, workspace.zone, field="embargo") if when else read_time(now.isoformat(), workspace.zone)
        )
        refuse_past(moment.at, now, "embargo")
        before = embargo.end_of(content.embargo)
        if moment.at == before:
            raise Invalid(N_("That is the embargo that it has."), "embargo")
        if before is not None and moment.at > before and not confirmed:
            raise AlreadySent(
                N_("They have got it with the old time. Tell them of the new one yourself, and say here that you do."),
                "embargo",
            )
        written = moment.at.isoformat().replace("+00:00", "Z") if when else ""
        editing.replace_content(installation, session, actor, item, replace(content, embargo=written))
        _set_rest(installation, session, item, content, moment)
        note(session, installation, actor, "item.embargo_changed", item.id, wall=moment.wall, lifted=not when)
        approve.ask_again(installation, session, actor, item)
    installation.wake()


def _set_rest(installation: Installation, session: Session, item: Item, before: Content, moment: Moment) -> None:
    """Give what was at the embargo of ``before``, or would now lie before it, the new ``moment``; what a person has
    given a later time keeps that."""
    plan, end = times.plan(session, item), embargo.end_of(before.embargo)
    public = set(plan.channels) - embargo_times.carriers_of(installation, session, before)
    own = dict(plan.own)
    for channel, slot in plan.slots.items():
        if channel in public and (slot.at == end or slot.at < moment.at):
            own[channel] = moved_to(slot, moment)
    times.keep(session, item, own)

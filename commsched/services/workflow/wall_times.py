"""What is planned for a wall time that now means another moment: a zone's rules were changed, or the office's zone was.

The store keeps both what a person said (``wall_time``) and the moment it meant then (``publish_at``), which is when it
goes out. Where the two differ, the program does not guess: it notifies people at start and daily, and they choose.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from commsched.core.text.messages import Message, OfficeError
from commsched.core.timing.plan import Slot
from commsched.services.content import items, times
from commsched.services.kernel import members
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.notices.shifted_times import Shifted, report_shifted, shifted, wall
from commsched.services.workflow import schedule

Choice = Literal["wall", "moment"]
MOST: Final = 500


def listing(installation: Installation, actor: Actor) -> list[Shifted]:
    """As :func:`waiting`, for the page."""
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        return shifted(session, members.workspace_of(session, actor).zone, installation.now())[:MOST]


def choose(
    installation: Installation, actor: Actor, wanted: Iterable[Shifted], choice: Choice
) -> tuple[int, list[Message]]:
    """For each: keep the wall time, and move the moment; or keep the moment. Returns how many it was done for, and
    why it was not for the others: a time outside what was approved is moved on its own page."""
    done, why = 0, []
    for item in wanted:
        try:
            if choice == "wall":
                alone = [item.channel] if item.channel else None
                schedule.move(installation, actor, item.item, item.meant, channels=alone)
            else:
                _keep_moment(installation, actor, item)
            done += 1
        except OfficeError as error:
            why.append(error.words)
    with installation.store.write(actor.workspace) as session:
        report_shifted(installation, session, members.workspace_of(session, actor))
    return done, why


def _keep_moment(installation: Installation, actor: Actor, shift: Shifted) -> None:
    actor.require("schedule")
    with installation.store.write(actor.workspace) as session:
        item, zone = items.load(session, shift.item, lock=True), members.workspace_of(session, actor).zone
        if item.publish_at is None:
            return
        if not shift.channel:
            item.wall_time, item.zone = wall(item.publish_at, zone), zone
        own = dict(times.plan(session, item).own)
        for number in {shift.channel} & own.keys() if shift.channel else own.keys():
            own[number] = Slot(own[number].at, own[number].latest, wall(own[number].at, zone), zone)
        times.keep(session, item, own)
        note(session, installation, actor, "item.moved", item.id, at=item.publish_at.isoformat(), wall=item.wall_time)

"""A person's decisions about deliveries that stopped or whose outcome is unknown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.delivery.lifecycle import HALTED, STOPS, stopped_state
from commsched.core.delivery.parts import DeliveryStatus, PartState, delivery_status
from commsched.core.text.clean import one_line
from commsched.core.text.messages import N_, Conflict, Invalid, NotFound
from commsched.core.timing.wall_time import latest_for
from commsched.services.deliver import part_decisions
from commsched.services.kernel import members
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.workflow import schedule, stops
from commsched.store.models import Channel, Delivery, Item, Part

Answer = Literal["published", "not_published"]


def load(session: Session, delivery_id: int, lock: bool = False) -> Delivery:
    """The delivery with that id. ``lock``: the caller changes it in this transaction. Raises :class:`NotFound`."""
    wanted = select(Delivery).where(Delivery.id == delivery_id)
    row = session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise NotFound(N_("There is no such delivery."))
    return row


def resolve(
    installation: Installation,
    actor: Actor,
    delivery_id: int,
    answer: Answer,
    url: str = "",
    parts: Collection[int] | None = None,
) -> None:
    """Say what became of an unknown delivery: it is out (and where), or it is not.

    ``parts`` are the numbers of the parts that the answer is about; without it, it is about every unknown part. "Not
    published" holds, so that sending again is a second, separate decision (:func:`send`).
    """
    actor.require("resolve")
    url = one_line(url)
    if url and not url.startswith(("https://", "http://")):
        raise Invalid(N_("The address must begin with https://."), "url")
    with installation.store.write(actor.workspace) as session:
        row = load(session, delivery_id, lock=True)
        if row.state != "unknown":
            raise Conflict(N_("This is not a delivery that waits for an answer."))
        about = _about(session, row, parts)
        if answer == "published":
            part_decisions.are_out(session, row.id, about, installation.now(), url)
            row.url = row.url or url
        else:
            part_decisions.are_not_out(session, row.id, about)
        _stand(installation, session, row, answer)
        if row.stop and row.state in stops.LIVE and row.state != "unknown":
            row.state, row.next_at, row.reason = stopped_state(row.stop), None, row.stop
        _finish(session, row)
        whom = {"recipients": said_numbers(about)} if independent(installation, session, row) else {}
        note(
            session,
            installation,
            actor,
            "delivery.resolved",
            row.item_id,
            delivery=row.id,
            answer=answer,
            url=url[:300],
            **whom,
        )
    installation.wake()


def _about(session: Session, row: Delivery, wanted: Collection[int] | None) -> list[int]:
    """The parts an answer is about. Raises :class:`Invalid` for one whose fate is known."""
    numbers = session.scalars(select(Part.number).where(Part.delivery_id == row.id, Part.state == "unknown"))
    unknown = sorted(numbers)
    if wanted is None:
        return unknown
    if not wanted:
        raise Invalid(N_("Choose whom you answer for."), "parts")
    for number in wanted:
        if number not in unknown:
            raise Invalid(N_("Recipient %(number)s does not wait for an answer."), "parts", number=number + 1)
    return sorted(set(wanted))


def said_numbers(parts: Sequence[int]) -> str:
    """Numbers of recipients as people count them, from 1: ``1–3, 7``."""
    runs: list[list[int]] = []
    for number in parts:
        if runs and runs[-1][-1] == number:
            runs[-1][-1] = number + 1
        else:
            runs.append([number + 1, number + 1])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in runs)


def _stand(installation: Installation, session: Session, row: Delivery, answer: Answer) -> None:
    """The delivery's next state after an answer. A part that is out lets the rest of its thread go on, and the other
    recipients."""
    now = installation.now()
    result = _together(installation, session, row)
    if result.state != "unknown" and row.was:
        was, row.was = row.was, ""
        if answer == "not_published" and _as_before(session, row, was, now):
            return
    if answer == "not_published" and result.state != "unknown":
        row.state, row.next_at, row.reason = "held", None, "absent"
        return
    if result.state in ("waiting", "sending"):
        row.state, row.next_at, row.reason = "waiting", result.next_at or now, ""
        return
    asked = row.reason == "ask"
    row.state, row.next_at, row.reason, row.detail = result.state, result.next_at, result.reason, result.detail
    if result.state == "published":
        row.published_at = now
    elif result.state == "unknown":  # recipients who are not answered for yet
        row.reason = "ask" if asked or result.next_at is None else "verify"
    elif result.state == "held":
        row.reason = "absent"
    elif not row.reason:  # recipients who were refused: each of them says why
        row.reason = "rejected"


def _as_before(session: Session, row: Delivery, was: str, now: datetime) -> bool:
    """After a restore: nothing of it had gone out since the backup, so it waits for its time again if that is still to
    come, and a delivery that was held is held for the same reason. Returns whether this was possible."""
    out = select(Part.id).where(Part.delivery_id == row.id, Part.state == "published")
    if session.scalar(out.limit(1)) is not None:
        return False
    if was == "waiting" and row.due_at > now:
        part_decisions.release(session, row.id)
        row.state, row.next_at, row.reason = "waiting", row.due_at, ""
        return True
    if was == "held":
        row.state, row.next_at, row.reason = "held", None, row.was_reason
        return True
    return False


def independent(installation: Installation, session: Session, row: Delivery) -> bool:
    """Whether the delivery's parts are recipients, each with an outcome of their own."""
    platform = session.scalar(select(Channel.platform).where(Channel.id == row.channel_id))
    return platform is not None and installation.platform(platform).independent_parts


def _together(installation: Installation, session: Session, row: Delivery) -> DeliveryStatus:
    """The delivery's state, made of its parts': an answer about one recipient says nothing of the others."""
    session.flush()
    parts = session.scalars(select(Part).where(Part.delivery_id == row.id).order_by(Part.number))
    states = [PartState(part.number, part.state, part.next_at, part.detail) for part in parts]
    return delivery_status(states, independent(installation, session, row), installation.now())


def _finish(session: Session, row: Delivery) -> None:
    session.flush()
    item = session.scalar(select(Item).where(Item.id == row.item_id))
    assert item is not None
    schedule.refresh(session, item)


def send(installation: Installation, actor: Actor, delivery_id: int, latest_minutes: int | None = None) -> None:
    """Send a held or failed delivery now: only its parts that did not go out.

    A person's decision gives it a new latest time; the approval must still stand and cover the moment, which the
    publisher checks again.
    """
    actor.require("resolve")
    with installation.store.write(actor.workspace) as session:
        row, now = load(session, delivery_id, lock=True), installation.now()
        if row.state not in ("held", "failed"):
            raise Conflict(N_("Only what was held or has failed can be sent again."))
        schedule.refuse_superseded(session, row.item_id)
        workspace = members.workspace_of(session, actor)
        row.latest_at = max(row.latest_at, latest_for(now, latest_minutes or workspace.latest_minutes))
        part_decisions.send_again(session, row.id, keep_handles=row.reason == "absent")
        row.stop = "" if row.stop == HALTED else row.stop
        row.state, row.next_at, row.reason, row.detail, row.tries = "waiting", now, "", "", 0
        _finish(session, row)
        note(session, installation, actor, "delivery.sent_again", row.item_id, delivery=row.id)
    installation.wake()


def drop(installation: Installation, actor: Actor, delivery_id: int) -> list[stops.Left]:
    """Drop a delivery: nothing more of it goes out on that channel, whatever is moved or approved afterwards. Returns
    what had gone out, if anything. A delivery that is being read back stays unknown until that is answered."""
    actor.require("resolve")
    with installation.store.write(actor.workspace) as session:
        row = load(session, delivery_id, lock=True)
        if row.state not in stops.LIVE or row.stop in STOPS:
            raise Conflict(N_("This delivery can no longer be dropped."))
        left = stops.stop(session, [row], "dropped")
        _finish(session, row)
        note(session, installation, actor, "delivery.dropped", row.item_id, delivery=row.id, **stops.facts(left))
    return left

"""What a person's decision does to a delivery's parts and attempts: the only way in for whoever does not publish.

Parts and attempts are written by this room alone, so that the rule that keeps a post from going out twice has one
home. Each function works within the caller's transaction, which holds the delivery's row.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from commsched.core.delivery.outcome import Handles
from commsched.services.contacts import lists
from commsched.services.deliver import _once
from commsched.services.deliver.recipients import freeze
from commsched.services.kernel.context import Installation
from commsched.store.models import Attempt, Delivery, Part
from commsched.store.vault import KeyMismatch


def freeze_recipients(installation: Installation, session: Session, row: Delivery, approved: str) -> None:
    """Write down whom an approved delivery goes to, as its list is now. A list that is another than ``approved`` (its
    digest) is left alone: the gate holds the delivery. So is one that no key opens: the dispatcher says what is
    wrong."""
    with suppress(KeyMismatch):
        lists.take_over(installation, session, row.channel_id)
    freeze(session, row.id, row.uid, row.channel_id, approved)
    if row.was:
        doubt(session, row.id, installation.now())


def give_back(session: Session, item: int) -> None:
    """Let who was left out of a list because another of the item's lists reaches them wait there again, where that one
    does not reach them any more."""
    _once.give_back(session, item)


def begin_again(session: Session, delivery: int, *, keep_handles: bool) -> None:
    """Let what is not out yet wait for the delivery's new time, with its tries counted anew.

    ``keep_handles``: what was uploaded stays known, since a platform that found nothing must be sent exactly the same
    call; otherwise it may be gone there by then, and is uploaded anew. What a person has said that they posted is
    never handed out to anybody again.
    """
    left = (Part.delivery_id == delivery, Part.state.in_(("waiting", "failed", "held")))
    session.execute(update(Part).where(*left).values(state="waiting", next_at=None, tries=0))
    if not (keep_handles or posted_by(session, delivery)):
        session.execute(update(Part).where(*left).values(handles={}))


def send_again(session: Session, delivery: int, *, keep_handles: bool) -> None:
    """Let what failed or was held go out now. ``keep_handles`` as for :func:`begin_again`."""
    if not (keep_handles or posted_by(session, delivery)):
        unpublished = (Part.delivery_id == delivery, Part.state != "published")
        session.execute(update(Part).where(*unpublished).values(handles={}))
    stopped = (Part.delivery_id == delivery, Part.state.in_(("failed", "held")))
    session.execute(update(Part).where(*stopped).values(state="waiting", next_at=None, tries=0))


def let_missing_wait(session: Session, delivery: int, item: int, *, refused: bool) -> int:
    """Let the recipients of a mailing who have not got it wait again, those whose address was refused only with
    ``refused``; returns how many wait. Who has it by another list of the item, or may have, does not."""
    left = ("held", "failed") if refused else ("held",)
    stopped = (Part.delivery_id == delivery, Part.role == "recipient", Part.state.in_(left))
    session.execute(update(Part).where(*stopped).values(state="waiting", next_at=None, tries=0))
    held_back = (Part.delivery_id == delivery, Part.role == "recipient", Part.state == "waiting")
    session.execute(update(Part).where(*held_back).values(next_at=None))
    _once.give_back(session, item, delivery)
    return session.scalar(select(func.count()).select_from(Part).where(*held_back)) or 0


def doubt(session: Session, delivery: int, now: datetime) -> None:
    """After a restore, what waits may have gone out: it is read back from ``now`` on."""
    waiting = (Part.delivery_id == delivery, Part.state == "waiting")
    session.execute(update(Part).where(*waiting).values(state="unknown", was="waiting", next_at=now))


def release(session: Session, delivery: int) -> None:
    """What was held waits again."""
    session.execute(update(Part).where(Part.delivery_id == delivery, Part.state == "held").values(state="waiting"))


def are_out(session: Session, delivery: int, parts: Collection[int], now: datetime, url: str) -> None:
    """Somebody has seen that ``parts`` went out, at ``url`` if they know it."""
    mine = (Part.delivery_id == delivery, Part.number.in_(parts))
    was = case((Part.was != "", "out"), else_="")
    out = {"state": "published", "url": url, "finished_at": now, "next_at": None, "was": was}
    session.execute(update(Part).where(*mine).values(**out))


def are_not_out(session: Session, delivery: int, parts: Collection[int]) -> None:
    """Nothing of ``parts`` went out: they are held, and their lost attempts count as absent."""
    mine = (Part.delivery_id == delivery, Part.number.in_(parts))
    session.execute(update(Part).where(*mine).values(state="held", next_at=None, tries=0, was=""))
    lost = (Attempt.delivery_id == delivery, Attempt.part.in_(parts), Attempt.outcome == "unknown")
    session.execute(update(Attempt).where(*lost).values(outcome="absent"))


def was_posted_by_hand(session: Session, delivery: int, by: str, link: str) -> None:
    """Somebody says that they have posted what was handed out to them: it is written down as published at the
    publisher's next turn, if the gate still lets it."""
    handed = (Part.delivery_id == delivery, Part.state == "waiting")
    handles = Handles({"by": by, "link": link}).stored()
    session.execute(update(Part).where(*handed).values(handles=handles, next_at=None))


def was_not_posted(session: Session, delivery: int) -> None:
    """Whoever was to post it has not, and it stops."""
    handed = (Part.delivery_id == delivery, Part.state == "waiting")
    session.execute(update(Part).where(*handed).values(state="held", next_at=None, tries=0, handles={}))


def was_handed_out(session: Session, delivery: int) -> bool:
    """Whether it is somebody's task now, not yet confirmed."""
    rows = session.scalars(select(Part.handles).where(Part.delivery_id == delivery, Part.state == "waiting"))
    return any("handed" in Handles.read(handles).values for handles in rows)


def posted_by(session: Session, delivery: int) -> str:
    """Who has said that they posted it; empty where nobody has."""
    rows = session.scalars(select(Part.handles).where(Part.delivery_id == delivery))
    return next((by for handles in rows if (by := Handles.read(handles).values.get("by"))), "")


def forget_recipient(session: Session, workspace: int, blind: str) -> int:
    """Keep no address of the person ``blind`` in what was sent or was to be sent to them; returns in how many parts.
    What became of each stays true. Of who has got it nothing is left that knows them; who waits, or may be tried again,
    keeps the index by which they are passed over."""
    ours = select(Delivery.id).where(Delivery.workspace_id == workspace)
    mine = (Part.role == "recipient", Part.blind == blind, Part.delivery_id.in_(ours))
    rows = session.execute(select(Part.delivery_id, Part.number).where(*mine)).all()
    for delivery, number in rows:
        tried = (Attempt.delivery_id == delivery, Attempt.part == number, Attempt.detail.contains("@"))
        session.execute(update(Attempt).where(*tried).values(detail=""))
    at_rest = Part.state != "sending"
    session.execute(update(Part).where(*mine, Part.detail.contains("@")).values(detail=""))
    touched = (Delivery.id.in_({delivery for delivery, _number in rows}), Delivery.detail.contains("@"))
    session.execute(update(Delivery).where(*touched).values(detail=""))
    session.execute(update(Part).where(*mine, at_rest).values(recipient=""))
    session.execute(update(Part).where(*mine, Part.state == "published").values(blind=""))
    return len(rows)

"""What is believed of a bounce, and what follows.

Anybody can write a mail that looks like a bounce. It counts where it proves that it is about a mail of ours: by the
address it came back to (VERP, an HMAC), or by the Message-ID of the very mail that it returns. One that only names an
address counts little, and only where we wrote to that address of late: it never stops anybody's mail at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec
from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session

from commsched.mail import verp
from commsched.mail.bounces import Bounce, Verdict
from commsched.mail.incoming import Incoming
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Installation, scheduler
from commsched.store import locks
from commsched.store.models import Contact, ContactEvent, Delivery, InboxMessage, ListRecipient, Part, PartBounce

Proof = Literal["verp", "message", "address"]
WORLD: Final = "press"
RECENT: Final = timedelta(days=7)
"""How long after a mailing an address alone says that a bounce is about it."""
SOFT: Final = 10
"""Tenths that one soft bounce adds to a contact's score."""
ENOUGH: Final = 50
"""At so many tenths nothing more is sent to a contact."""
FADES: Final = timedelta(days=7)
"""In that time a score loses what one soft bounce gave it."""
MAILED: Final = Part.message_id != literal_column("''")
"""SQL: the condition of the index that leads from a Message-ID to its part."""
_RANK: Final = {"delayed": 0, "soft": 1, "hard": 2}


class Counted(msgspec.Struct, frozen=True):
    """A verdict, and what came of it: ``hard``, ``soft``, ``delayed``, or empty where it is not believed."""

    address: str
    status: str
    words: str
    counted: str


def apply(
    installation: Installation, session: Session, row: InboxMessage, says: Incoming, bounce: Bounce
) -> tuple[Counted, ...]:
    """Let what the bounce ``row`` proves follow, in the caller's transaction; returns what came of each verdict."""
    counted = []
    for verdict in bounce.verdicts:
        match = _whose(installation, session, says, bounce, verdict)
        came = ""
        if match is not None:
            part, delivery, proof = match
            came = _count(installation, session, row, part, delivery, verdict, proof)
            row.part_id, row.item_id = part.id, delivery.item_id
            row.thread = f"part:{part.id}"
        counted.append(Counted(verdict.address, verdict.status, verdict.words, came))
    return tuple(counted)


def _whose(
    installation: Installation, session: Session, says: Incoming, bounce: Bounce, verdict: Verdict
) -> tuple[Part, Delivery, Proof] | None:
    """The recipient that a verdict is about, and what proves it."""
    for address in says.to:
        number = verp.read(address, installation.vault.derive("verp"))
        match = _ours(session, session.get(Part, number)) if number else None
        if match is not None:
            return *match, "verp"
    if bounce.ids:
        wanted = select(Part).where(Part.message_id.in_(bounce.ids), MAILED, Part.role == "recipient").limit(5)
        for part in session.scalars(wanted):
            match = _ours(session, part)
            if match is not None:
                return *match, "message"
        return None  # what came back is not ours
    match = _lately(installation, session, verdict) if bounce.standard else None
    return (*match, "address") if match is not None else None


def _ours(session: Session, part: Part | None) -> tuple[Part, Delivery] | None:
    """The part with its delivery, if both are this office's and it was sent."""
    if part is None or part.state not in ("published", "unknown"):
        return None
    delivery = session.scalar(select(Delivery).where(Delivery.id == part.delivery_id))
    return (part, delivery) if delivery is not None else None


def _lately(installation: Installation, session: Session, verdict: Verdict) -> tuple[Part, Delivery] | None:
    blind, since = installation.vault.blind(verdict.address), installation.now() - RECENT
    listed = select(ListRecipient.id).where(ListRecipient.blind == blind).limit(1)
    if _contact(session, blind) is None and session.scalar(listed) is None:
        return None  # the usual end of what is forged: it costs no look through the mailings
    row = session.execute(
        select(Part, Delivery)
        .join(Delivery, Delivery.id == Part.delivery_id)
        .where(Delivery.due_at >= since, Part.role == "recipient", Part.blind == blind, Part.state == "published")
        .order_by(Part.id.desc())
        .limit(1)
    ).first()
    return (row[0], row[1]) if row is not None else None


def _count(
    installation: Installation,
    session: Session,
    row: InboxMessage,
    part: Part,
    delivery: Delivery,
    verdict: Verdict,
    proof: Proof,
) -> str:
    """Write it down beside the part, once; returns what it counts as."""
    kind = "soft" if verdict.kind == "hard" and proof == "address" else verdict.kind
    kept = session.scalar(locks.rows(select(PartBounce).where(PartBounce.part_id == part.id)))
    if kept is not None and _RANK[kept.kind] >= _RANK[kind]:
        return kept.kind  # the same is said again
    if kept is None:
        kept = PartBounce(part_id=part.id, delivery_id=delivery.id)
        session.add(kept)
    before, kept.kind, kept.proof, kept.status = kept.kind, kind, proof, verdict.status
    kept.words = installation.vault.seal(verdict.words) if verdict.words else ""
    kept.message_id, kept.at = row.id, installation.now()
    if kind == "hard":
        suspend(installation, session, part.blind, row.workspace_id)
    elif kind == "soft" and before != "soft":
        _score(installation, session, part.blind, row.workspace_id)
    return kind


def _score(installation: Installation, session: Session, blind: str, workspace: int) -> None:
    contact = _contact(session, blind)
    if contact is None:
        return
    now = installation.now()
    contact.score = faded(contact.score, contact.scored_at, now) + SOFT
    contact.scored_at = now
    if contact.score >= ENOUGH:
        suspend(installation, session, blind, workspace)


def faded(score: int, since: datetime | None, now: datetime) -> int:
    """What is left of a score, in tenths, that was counted ``since``."""
    return 0 if since is None else max(0, score - int((now - since) / FADES * SOFT))


def suspend(installation: Installation, session: Session, blind: str, workspace: int) -> None:
    """Send nothing more to that address, on any list, until a person says otherwise. Who has left by their own word
    stays so."""
    if not blind:
        return
    contact, now = _contact(session, blind), installation.now()
    if contact is not None and contact.state == "active":
        contact.state, contact.since, contact.changed_at = "bounced", now, now
        session.add(ContactEvent(contact_id=contact.id, workspace_id=workspace, act="bounced", source="bounce", at=now))
        note(session, installation, scheduler(workspace), "inbox.bounced", contact=contact.id)
    if contact is None:
        _off_lists(session, blind, now)


def _off_lists(session: Session, blind: str, now: datetime) -> None:
    """An address that no contact has is passed over on each list; it is kept, so that a person can undo it."""
    wanted = select(ListRecipient).where(ListRecipient.blind == blind, ListRecipient.state == "active")
    for recipient in session.scalars(locks.rows(wanted)):
        recipient.state, recipient.since, recipient.source = "bounced", now, "bounce"


def restore(installation: Installation, session: Session, blind: str) -> bool:
    """A person says that the address is good after all: it is written to again. Returns whether that changed
    anything."""
    now, changed = installation.now(), False
    contact = _contact(session, blind)
    if contact is not None and contact.state == "bounced":
        contact.state, contact.since, contact.changed_at = "active", now, now
        contact.score, contact.scored_at, changed = 0, None, True
    mine = (ListRecipient.blind == blind, ListRecipient.state == "bounced", ListRecipient.source == "bounce")
    for recipient in session.scalars(locks.rows(select(ListRecipient).where(*mine, ListRecipient.address != ""))):
        recipient.state, recipient.since, recipient.source, changed = "active", now, "person", True
    return changed


def _contact(session: Session, blind: str) -> Contact | None:
    wanted = select(Contact).where(Contact.world == WORLD, Contact.blind == blind)
    return session.scalar(locks.rows(wanted)) if blind else None


def standing(session: Session, blind: str) -> str:
    """``bounced`` where nothing is sent to an address because of its bounces; else empty."""
    contact = select(Contact.id).where(Contact.world == WORLD, Contact.blind == blind, Contact.state == "bounced")
    listed = (ListRecipient.blind == blind, ListRecipient.state == "bounced")
    off = select(ListRecipient.id).where(*listed).limit(1)
    return "bounced" if blind and (session.scalar(contact) or session.scalar(off)) else ""


def of_item(session: Session, item_id: int) -> list[PartBounce]:
    """What came back of an item's mailings, by recipient."""
    wanted = select(PartBounce).join(Delivery, Delivery.id == PartBounce.delivery_id)
    return list(session.scalars(wanted.where(Delivery.item_id == item_id).order_by(PartBounce.id)))

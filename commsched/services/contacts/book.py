"""What people do with a contact: add one, change it, put it on lists, take it away."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from typing import Final

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from commsched.core.contacts.facts import MOST_NAME, MOST_NOTES, ContactIn, terms_of
from commsched.core.text.clean import clean, one_line
from commsched.core.text.messages import N_, Conflict, Invalid
from commsched.core.text.recipients import is_address, why_none
from commsched.services.contacts import consent, contacts, lists, segments, suppression
from commsched.services.contacts.membership import Member, join, part, recount
from commsched.services.contacts.search import find
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.store import locks
from commsched.store.models import Channel, Contact, ContactEvent, ListRecipient

LANGUAGES: Final = ("sv", "en", "fi", "nb", "da", "ar", "so", "se")
"""Languages that a contact may read releases in."""
WHY_REFUSED: Final = {
    "unsubscribed": N_("They have said that they want no mail from you."),
    "bounced": N_("Mail to this address has come back."),
    "erased": N_("They have asked to be erased, and are never written to again."),
    "unconfirmed": N_("They have yet to answer the mail that asks whether they want this."),
}
"""Why an address is never written to, however it is pasted."""

_OTHERS: Final = N_("Somebody else has changed this contact since you opened it. Nothing that you wrote is lost.")
TAKEN_OFF: Final = N_("Somebody has taken them off this list.")


def checked(person: ContactIn) -> ContactIn:
    """``person`` as it can be kept. Raises :class:`Invalid` by its field."""
    address = one_line(person.address).strip(" <>;,")
    if not address:
        raise Invalid(N_("This is needed."), "address")
    if not is_address(address):
        raise Invalid(why_none(address), "address", address=address[:100])
    if person.language and person.language not in LANGUAGES:
        raise Invalid(N_("Choose one of the languages."), "language")
    for field, most in (("name", MOST_NAME), ("outlet", MOST_NAME), ("notes", MOST_NOTES)):
        if len(getattr(person, field)) > most:
            raise Invalid(N_("At most %(most)s characters."), field, most=most)
    return msgspec.structs.replace(
        person,
        address=address,
        name=one_line(person.name),
        outlet=one_line(person.outlet),
        beats=terms_of(person.beats),
        areas=terms_of(person.areas),
        notes=clean(person.notes).strip(),
    )


def add(
    installation: Installation,
    actor: Actor,
    world: str,
    person: ContactIn,
    channels: Collection[int] = (),
    grounds: consent.Grounds = consent.Grounds(),
) -> int:
    """A contact who is typed in; returns its id. ``grounds`` are why they may be written to. Raises :class:`Invalid`
    for an address that is never written to, and :class:`Conflict` for one that is there already."""
    actor.require("write")
    sealed = contacts.seal(installation, checked(person))
    why = consent.asked(installation, actor, world, grounds)
    workspace = int(actor.workspace)
    with installation.store.write(actor.workspace) as session:
        _require_free(session, workspace, world, sealed.blind)
        contacts.create(installation, session, workspace, world, [sealed], "entered", actor.name, why)
        number: int = contacts.known(session, workspace, world, [sealed.blind])[sealed.blind].id
        _put_on(installation, session, number, sealed, channels)
        segments.follow(installation, session, workspace, world, [number])
        note(session, installation, actor, "contact.added", contact=number)
    return number


def _require_free(session: Session, workspace: int, world: str, blind: str) -> None:
    if (reason := contacts.refused(session, workspace, world, [blind]).get(blind)) is not None:
        raise Invalid(WHY_REFUSED[reason], "address")
    if contacts.known(session, workspace, world, [blind]):
        raise Conflict(N_("That address is among your contacts already."), "address")


def _put_on(
    installation: Installation,
    session: Session,
    number: int,
    sealed: contacts.SealedContact,
    channels: Iterable[int],
) -> None:
    for channel in sorted(_by_hand(session) & set(channels)):
        lists.locked_digest(session, channel)
        join(installation, session, channel, [Member(number, sealed.blind, sealed.address)], "entered")


def _by_hand(session: Session) -> set[int]:
    """The lists that people fill."""
    mine = (Channel.platform == "presslist", Channel.state != "archived", Channel.segment == {})
    return set(session.scalars(select(Channel.id).where(*mine)))


def change(
    installation: Installation,
    actor: Actor,
    world: str,
    number: int,
    person: ContactIn,
    channels: Collection[int] | None = None,
    stamp: str = "",
) -> None:
    """Other facts of a contact, and the lists that people fill on which it is to be (``None``: as it is). Lists that
    fill themselves follow. Raises :class:`Changed` where the contact is not the one any more that whoever asks has
    seen, by its :attr:`Entry.stamp`."""
    actor.require("write")
    sealed = contacts.seal(installation, checked(person))
    workspace = int(actor.workspace)
    with installation.store.write(actor.workspace) as session:
        row = locks.row(session, Contact, find(session, actor, world, number).id)
        if stamp and stamp != _stamp(_facts(installation, row), _on(session, number) & _by_hand(session)):
            raise Changed(_OTHERS)
        if row.blind != sealed.blind:
            _require_free(session, workspace, world, sealed.blind)
            _move(session, row, sealed)
        for name, value in msgspec.structs.asdict(sealed).items():
            setattr(row, name, list(value) if isinstance(value, tuple) else value)
        row.changed_at = installation.now()
        session.flush()
        if channels is not None:
            on = _on(session, number)
            for channel in sorted((on & _by_hand(session)) - set(channels)):
                lists.locked_digest(session, channel)
                part(session, channel, [number])
            _put_on(installation, session, number, sealed, set(channels) - on)
        segments.follow(installation, session, workspace, world, [number])
        note(session, installation, actor, "contact.changed", contact=number)
    installation.wake()


class Changed(Conflict):
    """Somebody else was there first: both versions are to be shown."""


def _stamp(facts: ContactIn, on: Collection[int]) -> str:
    """What is another whenever anything is that the contact's form shows."""
    return hashlib.sha256(msgspec.json.encode([facts, sorted(on)])).hexdigest()[:32]


def _facts(installation: Installation, row: Contact) -> ContactIn:
    unseal = installation.vault.unseal
    return ContactIn(
        unseal(row.address),
        unseal(row.name),
        row.outlet,
        tuple(row.beats),
        tuple(row.areas),
        row.language,
        unseal(row.notes),
    )


def _on(session: Session, number: int) -> set[int]:
    mine = (ListRecipient.contact_id == number, ListRecipient.state == "active")
    return set(session.scalars(select(ListRecipient.channel_id).where(*mine)))


def _move(session: Session, row: Contact, sealed: contacts.SealedContact) -> None:
    """Another address on every list: each is another list from now on, since somebody who was not approved is on it."""
    for channel in sorted(_on(session, row.id)):
        stood = lists.locked_digest(session, channel)
        known = (ListRecipient.channel_id == channel, ListRecipient.blind == sealed.blind)
        mine = (ListRecipient.channel_id == channel, ListRecipient.contact_id == row.id)
        if session.scalar(select(ListRecipient.id).where(*known)) is not None:
            session.execute(delete(ListRecipient).where(*mine))
            recount(session, channel)
            continue
        moved = {"blind": sealed.blind, "address": sealed.address, "entry": ""}
        session.execute(update(ListRecipient).where(*mine).values(**moved))
        digest = lists.joined(stood, [sealed.blind])
        session.execute(update(Channel).where(Channel.id == channel).values(list_digest=digest))


def remove(installation: Installation, actor: Actor, world: str, number: int) -> None:
    """Take a contact away, from every list too, and keep nothing of it. What is approved goes on without them."""
    actor.require("write")
    with installation.store.write(actor.workspace) as session:
        row = find(session, actor, world, number)
        for channel in sorted(_on(session, number)):
            lists.locked_digest(session, channel)
            part(session, channel, [number])
        session.execute(
            delete(ListRecipient).where(ListRecipient.contact_id == number, ListRecipient.state == "active")
        )
        session.delete(row)
        note(session, installation, actor, "contact.removed", contact=number)
    installation.wake()


class Entry(msgspec.Struct, frozen=True):
    """A contact as its own page shows it: ``events`` newest first, ``refused`` why nothing is sent to it, if so."""

    row: Contact
    facts: ContactIn
    on: set[int]
    left: dict[int, str]
    events: list[ContactEvent]
    refused: str
    stamp: str
    """What this is, for whoever changes it to name."""


def entry(installation: Installation, actor: Actor, world: str, number: int) -> Entry:
    """All that is known of one contact. Raises ``NotFound``."""
    actor.require("write")
    with installation.store.read(actor.workspace) as session:
        row = find(session, actor, world, number)
        states = session.execute(
            select(ListRecipient.channel_id, ListRecipient.state).where(ListRecipient.blind == row.blind)
        ).all()
        events = select(ContactEvent).where(ContactEvent.contact_id == number).order_by(ContactEvent.id.desc())
        silent = row.state if row.state in suppression.SILENT else ""
        why = suppression.suppressed(session, int(actor.workspace), world, [row.blind]).get(row.blind, silent)
        known = list(session.scalars(events.limit(100)))
        by_hand = _by_hand(session)
    facts = _facts(installation, row)
    on = {channel for channel, state in states if state == "active"}
    left = {channel: state for channel, state in states if state in lists.GONE}
    return Entry(row, facts, on, left, known, why, _stamp(facts, on & by_hand))

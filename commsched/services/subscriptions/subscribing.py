"""Subscribing by oneself: asked for on a page, begun by the answer to a mail (double opt-in).

Whoever asks learns nothing of whom an office knows: the answer is the same, and so is what it costs. Until somebody has
answered they get one mail and no other, one an hour to an address; who never answers is forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from commsched.core.text.clean import line
from commsched.core.text.languages import known
from commsched.core.text.messages import N_, Invalid, NotFound, OfficeError
from commsched.core.text.recipients import is_address, why_none
from commsched.services.accounts.login_throttle import Limit, network
from commsched.services.contacts import consent, lists, suppression
from commsched.services.contacts.consent import Said
from commsched.services.contacts.suppression import PRESS
from commsched.services.kernel.context import Installation
from commsched.services.subscriptions import leaving, offers, questions
from commsched.services.subscriptions.questions import Question
from commsched.store import locks
from commsched.store.models import Channel, Contact, ContactEvent, ListRecipient, SignInTry, Workspace
from commsched.store.session import again

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
PER_VISITOR: Final = 10
"""Subscriptions in an hour from one address of the network; for IPv6 from one household's."""
PER_OFFICE: Final = 60
"""Mails of this kind in an hour from one office: a stranger who writes ten thousand addresses reaches no more."""
FORGOTTEN_AFTER: Final = timedelta(days=30)
MOST_NAME: Final = 100
ON_PAGE: Final = N_("the page where one subscribes")


class TooMany(OfficeError):
    """Too many subscriptions just now, from here or to this office (429)."""

    status, code = 429, "too-many"
    retry_after = int(HOUR.total_seconds())


class Wish(msgspec.Struct, frozen=True):
    """What a stranger typed. ``lists`` are ids of open lists; ``visitor`` is the address of their network."""

    address: str
    name: str = ""
    outlet: str = ""
    lists: tuple[int, ...] = ()
    language: str = ""
    visitor: str = ""


class Waiting(msgspec.Struct, frozen=True):
    """What a mail's link would begin: which lists, under which words."""

    name: str
    outlet: str
    lists: tuple[str, ...]
    words: str
    done: bool = False
    """Whether it has begun already, by this very link."""


def ask(installation: Installation, workspace: int, wish: Wish) -> None:
    """Send the mail that asks. Raises :class:`Invalid` by field, and :class:`TooMany`; of whether the address is known,
    or was asked for before, nothing is said."""
    checked = _checked(installation, workspace, wish)
    again(lambda: _ask(installation, workspace, checked))
    installation.wake()


def _checked(installation: Installation, workspace: int, wish: Wish) -> Wish:
    address = line(wish.address, "address")
    if not is_address(address):
        raise Invalid(why_none(address), "address", address=address[:100])
    name, outlet = line(wish.name, "name"), line(wish.outlet, "outlet")
    for field, value in (("name", name), ("outlet", outlet)):
        if len(value) > MOST_NAME:
            raise Invalid(N_("At most %(most)s characters."), field, most=MOST_NAME)
    with installation.store.read(workspace) as session:
        opened = offers.open_now(session, session.get_one(Workspace, workspace))
    if not opened.lists:
        raise NotFound(N_("No list is open to subscribe to."))
    wanted = tuple(offer.channel for offer in opened.lists if offer.channel in wish.lists)
    if not wanted:
        raise Invalid(N_("Choose at least one list."), "list")
    return msgspec.structs.replace(wish, address=address, name=name, outlet=outlet, lists=wanted)


def _ask(installation: Installation, workspace: int, wish: Wish) -> None:
    now, blind = installation.now(), installation.vault.blind(wish.address)
    with installation.store.write(workspace) as session:
        if not may_ask(session, workspace, f"confirm {blind}", wish.visitor, now):
            return
        office = session.get_one(Workspace, workspace)
        contact = leaving.known(session, workspace, blind) or _stranger(installation, session, workspace, blind, wish)
        if contact.state == "unconfirmed":
            contact.name, contact.outlet = installation.vault.seal(wish.name), wish.outlet
            contact.language, contact.since, contact.changed_at = known(wish.language), now, now
        words = offers.open_now(session, office, wish.language).words
        said = Said("asked", now, "consent", words, source=ON_PAGE)
        for channel in wish.lists:
            consent.note(session, workspace, [contact.id], said, channel)
        question = Question("confirm", workspace, blind, now)
        questions.ask(installation, session, question, PRESS, contact.address, wish.language)


def _stranger(installation: Installation, session: Session, workspace: int, blind: str, wish: Wish) -> Contact:
    row = Contact(workspace_id=workspace, world=PRESS, blind=blind, address=installation.vault.seal(wish.address))
    mine = (ListRecipient.workspace_id == workspace, ListRecipient.blind == blind, ListRecipient.state == "active")
    is_on_list = session.scalar(select(ListRecipient.id).where(*mine).limit(1)) is not None
    # whoever gets mail already goes on getting it, whatever a stranger types
    row.state, row.source = ("active", "migrated") if is_on_list else ("unconfirmed", "subscribed")
    row.since = row.created_at = row.changed_at = installation.now()
    session.add(row)
    session.flush()
    return row


def may_ask(session: Session, workspace: int, about: str, visitor: str, now: datetime) -> bool:
    """Count a mail that asks; returns whether it is sent: one of a kind to an address in an hour (``about`` names
    both). Raises :class:`TooMany` where nobody may ask just now."""
    whole = [Limit(f"sv:{network(visitor)}", PER_VISITOR, HOUR), Limit(f"so:{workspace}", PER_OFFICE, HOUR)]
    if ":" in network(visitor):
        whole.append(Limit(f"sv:{network(visitor, 48)}/48", 2 * PER_VISITOR, HOUR))
    whom = consent.version_of(f"{workspace} {about}")[:40]
    mine = [Limit(f"sa:{whom}", 1, HOUR), Limit(f"sd:{whom}", 3, DAY)]
    locks.alone(session, *(f"subscribe {limit.key}" for limit in (*whole, *mine)))
    if any(_is_reached(session, limit, now) for limit in whole):
        raise TooMany(N_("Many have subscribed just now. Try again in an hour."))
    may = not any(_is_reached(session, limit, now) for limit in mine)
    counted = (*whole, *mine) if may else whole[:1] + whole[2:]
    session.add_all(SignInTry(key=limit.key, at=now) for limit in counted)
    return may


def _is_reached(session: Session, limit: Limit, now: datetime) -> bool:
    lately = (SignInTry.key == limit.key, SignInTry.at > now - limit.during)
    return (session.scalar(select(func.count(SignInTry.id)).where(*lately)) or 0) >= limit.most


# -- the answer ----------------------------------------------------------------------------------------


def waiting(installation: Installation, question: Question) -> Waiting | None:
    """What answering would begin; ``None`` where there is nothing any more."""
    with installation.store.read(question.workspace) as session:
        contact = session.scalar(_whom(question))
        asked = _asked(session, contact, question) if contact is not None else []
        if contact is None or not asked:
            return None
        left = _unanswered(session, contact, asked)
        return Waiting(
            installation.vault.unseal(contact.name) if contact.name else "",
            contact.outlet,
            _names(session, question.workspace, [event.channel_id for event in left or asked]),
            asked[0].words,
            not left,
        )


def _whom(question: Question) -> Select[Contact]:
    mine = (Contact.workspace_id == question.workspace, Contact.world == PRESS, Contact.blind == question.blind)
    return select(Contact).where(*mine)


def _asked(session: Session, contact: Contact, question: Question) -> Sequence[ContactEvent]:
    then = (ContactEvent.at >= question.at, ContactEvent.at < question.at + timedelta(seconds=1))
    asked = select(ContactEvent).where(ContactEvent.contact_id == contact.id, ContactEvent.act == "asked", *then)
    return session.scalars(asked.where(ContactEvent.channel_id.is_not(None)).order_by(ContactEvent.id)).all()


def _unanswered(session: Session, contact: Contact, asked: Sequence[ContactEvent]) -> list[ContactEvent]:
    """A link begins each list once: who has left it since does not come back by an old mail."""
    answers = ContactEvent.act.in_(("confirmed", "left", "unsubscribed"))
    since = (ContactEvent.contact_id == contact.id, ContactEvent.id > asked[-1].id)
    over = session.scalars(select(ContactEvent).where(*since, answers)).all()
    answered = {event.channel_id for event in over if event.act != "unsubscribed"}
    said_no = any(event.act == "unsubscribed" for event in over)
    return [] if said_no else [event for event in asked if event.channel_id not in answered]


def _names(session: Session, workspace: int, channels: Sequence[int | None]) -> tuple[str, ...]:
    offered = {offer.channel: offer.name for offer in offers.of(session.get_one(Workspace, workspace).settings).lists}
    return tuple(dict.fromkeys(offered[channel] for channel in channels if channel in offered))


def confirm(installation: Installation, question: Question) -> Waiting | None:
    """Begin what was asked for; returns what that is, ``None`` where there is nothing any more. Doing it twice changes
    nothing, and who has left since stays away."""
    before = waiting(installation, question)
    if before is None or before.done:
        return before
    with installation.store.write(question.workspace) as session:
        contact = leaving.known(session, question.workspace, question.blind)
        asked = _asked(session, contact, question) if contact is not None else []
        if contact is None:
            return None
        left = _unanswered(session, contact, asked) if asked else []
        if left:
            _welcome(installation, session, contact, left)
    return before


def _welcome(installation: Installation, session: Session, contact: Contact, asked: Sequence[ContactEvent]) -> None:
    now, workspace = installation.now(), contact.workspace_id
    suppression.lift(session, workspace, PRESS, contact.blind)
    if contact.state != "active":
        contact.state, contact.since, contact.changed_at = "active", now, now
        contact.score, contact.scored_at = 0, None
    for event in asked:
        channel = session.get(Channel, event.channel_id, with_for_update={"key_share": True})
        if channel is None or channel.state == "archived":
            continue
        said = Said("confirmed", now, event.basis, event.words, source=leaving.BY_LINK)
        consent.note(session, workspace, [contact.id], said, channel.id)
        channel.secrets, channel.list_digest = lists.take_over(installation, session, channel.id)
        known_by: dict[str, int | str] = {
            "contact_id": contact.id,
            "address": contact.address,
            "entry": _entry(installation, contact),
        }
        if lists.welcome(installation, session, channel.id, workspace, contact.blind, **known_by):
            consent.note(session, workspace, [contact.id], Said("joined", now, source=leaving.BY_LINK), channel.id)
            session.flush()
            channel.facts = channel.facts | {"recipients": lists.count(installation, session, channel)}


def _entry(installation: Installation, contact: Contact) -> str:
    """As a person would have written the line: ``Anna Åberg (Tidningen) <anna@tidningen.example>``."""
    vault = installation.vault
    who = " ".join(word for word in (vault.unseal(contact.name), contact.outlet) if word)
    plain = "".join(sign for sign in who if sign not in '<>"@,;\\')
    return vault.seal(f'"{plain}" <{vault.unseal(contact.address)}>') if plain.strip() else ""


def forget_unconfirmed(installation: Installation, session: Session, workspace: Workspace) -> None:
    """A chore: whoever asked and never answered is forgotten after thirty days."""
    old = (Contact.world == PRESS, Contact.state == "unconfirmed", Contact.since < installation.now() - FORGOTTEN_AFTER)
    rows = session.scalars(select(Contact.id).where(Contact.workspace_id == workspace.id, *old)).all()
    if rows:
        session.execute(delete(ContactEvent).where(ContactEvent.contact_id.in_(rows)))
        session.execute(delete(Contact).where(Contact.id.in_(rows)))

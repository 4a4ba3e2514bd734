"""Having a passage checked by somebody without an account, who answers by a link of their own.

The link lives for seven days, shows the passage and the question and nothing else of the item, and is answered once, by
a press. The answer lies beside the item's sources, with the name and the day. It is no part of what is approved: the
sources are not hashed, so no answer voids an approval, and nobody who writes on is disturbed by it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from commsched.core.delivery.outcome import Published, Unknown
from commsched.core.platform.contract import Email
from commsched.core.text.catalogues import gettext
from commsched.core.text.clean import line, passage
from commsched.core.text.messages import N_, Conflict, Invalid, NotFound
from commsched.core.text.recipients import is_address
from commsched.services.content import items
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.server_slots import waiting_for_a_server
from commsched.services.notices import outbox
from commsched.services.notices.letters import Letter, host_of, render
from commsched.store.models import FactCheck, Person, Workspace
from commsched.store.session import EVERY_WORKSPACE
from commsched.store.vault import new_token, token_hash

LIFETIME: Final = timedelta(days=7)
PATH: Final = "/f/{token}"
MOST_OPEN: Final = 20
"""Open questions about one item."""
MOST_A_DAY: Final = 40
"""Questions of one office in a day, so that nobody sends mail to strangers through it by the hundred."""
MOST_PASSAGE: Final = 2_000
VERDICTS: Final = ("right", "wrong")


class Question(msgspec.Struct, frozen=True):
    """What whoever has the link sees."""

    id: int
    name: str
    passage: str
    question: str
    office: str
    asked_by: str
    language: str
    verdict: str
    answered_at: datetime | None
    zone: str


def ask(
    installation: Installation,
    actor: Actor,
    item_id: int,
    name: str,
    passage_: str,
    question: str = "",
    email: str = "",
) -> int:
    """Make a question about a passage of an item, with a link of its own; returns its id.

    Raises :class:`Invalid` by the field, :class:`Conflict` where too many have been asked already.
    """
    actor.require("write")
    name, email = line(name[:200], "name"), line(email[:320], "email")
    words, asked = passage(passage_, "passage"), passage(question[:1000], "question")
    if not name:
        raise Invalid(N_("Write whom you ask."), "name")
    if not words:
        raise Invalid(N_("Write the words that should be checked."), "passage")
    if len(words) > MOST_PASSAGE:
        raise Invalid(N_("At most %(most)s characters."), "passage", most=MOST_PASSAGE)
    if email and not is_address(email):
        raise Invalid(N_("That is no e-mail address."), "email")
    token, now = new_token(), installation.now()
    with installation.store.write(actor.workspace) as session:
        item = items.load(session, item_id, lock=True)
        _refuse_too_many(session, item.id, now)
        row = FactCheck(
            workspace_id=item.workspace_id,
            item_id=item.id,
            token_hash=token_hash(token),
            token=installation.vault.seal(token),
            name=name,
            email=email,
            passage=words,
            question=asked,
            asked_by=actor.person,
            asked_at=now,
            expires_at=now + LIFETIME,
        )
        session.add(row)
        session.flush()
        note(session, installation, actor, "fact.asked", item.id, name=name)
        return row.id


def _refuse_too_many(session: Session, item_id: int, now: datetime) -> None:
    alive = (FactCheck.verdict == "", FactCheck.revoked_at.is_(None), FactCheck.expires_at > now)
    here = session.scalar(select(func.count(FactCheck.id)).where(FactCheck.item_id == item_id, *alive)) or 0
    lately = session.scalar(select(func.count(FactCheck.id)).where(FactCheck.asked_at > now - timedelta(days=1))) or 0
    if here >= MOST_OPEN or lately >= MOST_A_DAY:
        raise Conflict(N_("So many have been asked already that no more can be asked today. Take some of it back."))


def mail(installation: Installation, actor: Actor, item_id: int, check_id: int) -> bool:
    """Mail the question to whom it is for; whether that was taken by the mail server. Costs a call outside every
    transaction."""
    actor.require("write")
    with installation.store.read(actor.workspace) as session:
        row = _load(session, item_id, check_id)
        office = session.get_one(Workspace, actor.workspace)
        address, name = _address(installation, row), row.email
    if not name or not address or not installation.mailer.reaches():
        return False
    with waiting_for_a_server(actor):
        outcome = installation.mailer.send(_email(installation, actor, office, row, address))
    return isinstance(outcome, Published | Unknown)


def _email(installation: Installation, actor: Actor, office: Workspace, row: FactCheck, address: str) -> Email:
    def say(message: str, **values: object) -> str:
        return gettext(office.language, message) % values

    letter = Letter(
        subject=say(N_("Is this right? A question from %(office)s"), office=office.name),
        what=say(N_("%(who)s at %(office)s asks whether this is right."), who=actor.name, office=office.name),
        means=row.question,
        press=say(N_("Answer")),
        url=address,
        workspace=office.name,
        language=office.language,
        excerpt=[row.passage],
        note=say(N_("The link is yours alone and is answered once, within seven days. You need no account.")),
    )
    text, html = render(letter)
    return Email(
        message_id=f"fact-{row.id}-{int(row.asked_at.timestamp())}@{host_of(installation)}",
        sender="",
        sender_name=office.name,
        to=row.email,
        subject=letter.subject,
        text=text,
        html=html,
        date=installation.now(),
    )


def address_of(installation: Installation, row: FactCheck) -> str:
    """The link to copy; empty once the question is over."""
    alive = not row.verdict and row.revoked_at is None and row.expires_at > installation.now()
    return _address(installation, row) if alive else ""


def _address(installation: Installation, row: FactCheck) -> str:
    return installation.base_url + PATH.format(token=installation.vault.unseal(row.token)) if row.token else ""


def revoke(installation: Installation, actor: Actor, item_id: int, check_id: int) -> None:
    """End a question that nobody has answered; its link leads nowhere from then on."""
    actor.require("write")
    with installation.store.write(actor.workspace) as session:
        row = _load(session, item_id, check_id)
        open_ = (FactCheck.id == row.id, FactCheck.verdict == "", FactCheck.revoked_at.is_(None))
        ended = update(FactCheck).where(*open_).values(revoked_at=installation.now(), token="")
        if session.connection().execute(ended).rowcount != 1:
            raise Conflict(N_("It is answered already, or was taken back."))
        note(session, installation, actor, "fact.revoked", item_id, name=row.name)


def _load(session: Session, item_id: int, check_id: int) -> FactCheck:
    row = session.scalar(select(FactCheck).where(FactCheck.id == check_id, FactCheck.item_id == item_id))
    if row is None:
        raise NotFound(N_("There is no such question."))
    return row


def of_item(session: Session, item_id: int) -> list[FactCheck]:
    """The questions about an item that were not taken back, the oldest first."""
    kept = (FactCheck.item_id == item_id, FactCheck.revoked_at.is_(None))
    return list(session.scalars(select(FactCheck).where(*kept).order_by(FactCheck.id)))


def open_link(installation: Installation, token: str) -> Question:
    """What the link asks, without answering anything. Raises :class:`NotFound` where it leads nowhere (any more)."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        row = session.scalar(select(FactCheck).where(FactCheck.token_hash == token_hash(token)))
        over = row is None or row.revoked_at is not None or (not row.verdict and row.expires_at <= installation.now())
        if row is None or over:
            raise NotFound(N_("This link leads nowhere any more."))
        office = session.get_one(Workspace, row.workspace_id)
        person = session.get(Person, row.asked_by) if row.asked_by else None
        return Question(
            row.id,
            row.name,
            row.passage,
            row.question,
            office.name,
            person.name if person else "",
            office.language,
            row.verdict,
            row.answered_at,
            office.zone,
        )


def answer(installation: Installation, token: str, verdict: str, words: str = "") -> None:
    """Answer once: ``right`` or ``wrong``, with words, which a ``wrong`` needs. Whoever asked is told."""
    if verdict not in VERDICTS:
        raise Invalid(N_("Choose one of the answers."), "verdict")
    said = passage(words[:2_000], "words")
    if verdict == "wrong" and not said:
        raise Invalid(N_("Say what is not right."), "words")
    question = open_link(installation, token)
    with installation.store.read(EVERY_WORKSPACE) as session:
        workspace, item_id = session.execute(
            select(FactCheck.workspace_id, FactCheck.item_id).where(FactCheck.id == question.id)
        ).one()
    with installation.store.write(workspace) as session:
        now = installation.now()
        open_ = (
            FactCheck.id == question.id,
            FactCheck.verdict == "",
            FactCheck.revoked_at.is_(None),
            FactCheck.expires_at > now,
        )
        answered = {"verdict": verdict, "words": said, "answered_at": now, "token": ""}
        if session.connection().execute(update(FactCheck).where(*open_).values(answered)).rowcount != 1:
            raise Conflict(N_("It is answered already, or was taken back."))
        row = session.get_one(FactCheck, question.id)
        outsider = Actor(None, row.name, workspace, "", "link")
        note(session, installation, outsider, f"fact.{verdict}", item_id)
        if row.asked_by is not None:
            item = items.load(session, item_id)
            outbox.queue(session, installation, [row.asked_by], f"fact_{verdict}", item=item, by=row.name, comment=said)
    installation.wake()

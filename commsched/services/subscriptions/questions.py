"""A question that a contact answers by the link in a mail: whether it was they who asked. So nobody subscribes somebody
else, and nobody reads or erases what is kept of somebody else.

The mail holds nothing that a stranger typed. Its link names what is asked, of whom and when; a keyed hash proves that
it is ours, and it ends by itself. A mail is a row that is written with what was asked for, so none is lost; the row
goes when the mail has gone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, get_args

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from commsched.core.delivery.outcome import Outcome, Published, Rejected, Retry, Unknown
from commsched.core.platform.email import Email
from commsched.core.text.catalogues import gettext
from commsched.core.text.languages import known
from commsched.core.text.messages import N_
from commsched.services.kernel.context import Installation
from commsched.services.notices.letters import Letter, host_of, render
from commsched.services.notices.outbox import BACK_OFF, CLAIM, MOST_TRIES
from commsched.store import locks
from commsched.store.models import ContactMail, Workspace
from commsched.store.session import EVERY_WORKSPACE

log = logging.getLogger(__name__)

Kind = Literal["confirm", "data", "erase"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
VALID: Final = timedelta(days=7)
"""How long a link may be answered."""
PATH: Final = "yes"
"""What stands before the token in an address (:mod:`commsched.core.installation.redaction`)."""
AT_ONCE: Final = 20
_PURPOSE: Final = "answering a mail"
_MAC_BYTES: Final = 16
_SIZES: Final = (1, 6, 32, 5)
"""Bytes of the kind, the office, the blind index, and the moment in seconds."""
LONGEST: Final = 4 * (sum(_SIZES) + _MAC_BYTES) // 3
_FINAL: Final = ("content", "address")
_HEADERS: Final = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


class Question(msgspec.Struct, frozen=True):
    """What is asked, of whom, and when (UTC, whole seconds)."""

    kind: Kind
    workspace: int
    blind: str
    at: datetime

    def is_old(self, now: datetime) -> bool:
        return not self.at - timedelta(minutes=5) <= now <= self.at + VALID


class _Words(msgspec.Struct, frozen=True):
    subject: str
    what: str
    press: str
    means: str


_WORDS: Final[dict[Kind, _Words]] = {
    "confirm": _Words(
        N_("Do you want press releases from %(office)s?"),
        N_("Somebody, most likely you, asked for press releases from %(office)s to this address."),
        N_("Yes, I want them"),
        N_("Nothing is sent to you before you have said yes. The link can be used for seven days."),
    ),
    "data": _Words(
        N_("What %(office)s keeps of you"),
        N_("Somebody, most likely you, asked to see what %(office)s keeps of this address."),
        N_("Show what is kept"),
        N_("Only whoever reads this mail can open it. The link can be used for seven days."),
    ),
    "erase": _Words(
        N_("Shall %(office)s erase what it keeps of you?"),
        N_("Somebody, most likely you, asked to have erased what %(office)s keeps of this address."),
        N_("Go on to erase it"),
        N_("Nothing is erased before you have said yes. The link can be used for seven days."),
    ),
}
_NOT_YOU: Final = N_("If it was not you, do nothing.")


# -- the link ------------------------------------------------------------------------------------------


def token(installation: Installation, question: Question) -> str:
    """What names ``question`` in an address: URL-safe, and made by nobody else."""
    numbers = (KINDS.index(question.kind), question.workspace, int(question.blind, 16), int(question.at.timestamp()))
    named = b"".join(number.to_bytes(size, "big") for number, size in zip(numbers, _SIZES, strict=True))
    return base64.urlsafe_b64encode(named + _mac(installation, named)).decode()


def read(installation: Installation, token: str) -> Question | None:
    """The question that ``token`` names, however old; ``None`` for a token that this installation has not made."""
    if len(token) != LONGEST or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    named = raw[:-_MAC_BYTES]
    if not hmac.compare_digest(raw[-_MAC_BYTES:], _mac(installation, named)):
        return None
    kind, workspace, blind, at = _split(named)
    when = datetime.fromtimestamp(int.from_bytes(at, "big"), UTC)
    return Question(KINDS[kind[0]], int.from_bytes(workspace, "big"), blind.hex(), when)


def _split(named: bytes) -> list[bytes]:
    parts, start = [], 0
    for size in _SIZES:
        parts.append(named[start : start + size])
        start += size
    return parts


def _mac(installation: Installation, named: bytes) -> bytes:
    return hmac.digest(installation.vault.derive(_PURPOSE), named, hashlib.sha256)[:_MAC_BYTES]


# -- the mail ------------------------------------------------------------------------------------------


def ask(
    installation: Installation, session: Session, question: Question, world: str, address: str, language: str
) -> None:
    """Have the mail with ``question`` sent to ``address`` (sealed), once the caller's transaction is committed."""
    row = ContactMail(workspace_id=question.workspace, world=world, blind=question.blind, address=address)
    row.kind, row.language, row.tries = question.kind, language, 0
    row.next_at = row.created_at = question.at
    session.add(row)


def send_due(installation: Installation, most: int = AT_ONCE) -> int:
    """Send the mails that wait, at most ``most``; returns how many went. Raises nothing a network can do."""
    now, sent = installation.now(), 0
    for row_id, tries, message in _claim(installation, now, most):
        outcome = installation.mailer.send(message)
        sent += isinstance(outcome, Published | Unknown)
        _record(installation, row_id, tries, outcome, now)
    return sent


def _claim(installation: Installation, now: datetime, most: int) -> Sequence[tuple[int, int, Email]]:
    due = select(ContactMail).where(ContactMail.next_at <= now)
    with installation.store.read(EVERY_WORKSPACE) as session:
        if session.scalar(due.with_only_columns(ContactMail.id).limit(1)) is None:
            return ()  # the common case costs no write
    claimed = []
    with installation.store.write(EVERY_WORKSPACE) as session:
        for row in session.scalars(locks.rows(due.order_by(ContactMail.id).limit(most), passing_over=True)).all():
            row.next_at, row.tries = now + CLAIM, row.tries + 1
            office = session.get_one(Workspace, row.workspace_id)
            claimed.append((row.id, row.tries, _written(installation, office, row)))
    return claimed


def _written(installation: Installation, office: Workspace, row: ContactMail) -> Email:
    kind = next(kind for kind in KINDS if kind == row.kind)
    question, language = Question(kind, office.id, row.blind, row.created_at), known(row.language) or office.language
    words, named = _WORDS[kind], {"office": office.name}
    letter = Letter(
        subject=gettext(language, words.subject) % named,
        what=gettext(language, words.what) % named,
        means=gettext(language, words.means),
        press=gettext(language, words.press),
        url=f"{installation.base_url}/n/{office.slug}/{PATH}/{token(installation, question)}",
        workspace=office.name,
        language=language,
        note=gettext(language, _NOT_YOU),
    )
    text, html = render(letter)
    return Email(
        message_id=f"question-{row.id}-{int(row.created_at.timestamp())}@{host_of(installation)}",
        sender="",
        sender_name=office.name,
        to=installation.vault.unseal(row.address),
        subject=letter.subject,
        text=text,
        html=html,
        date=row.created_at,
        headers=_HEADERS,
    )


def _record(installation: Installation, row: int, tries: int, outcome: Outcome, now: datetime) -> None:
    """What has gone, or may have, is not sent again: whoever misses it asks again. Nor is what an address refuses."""
    with installation.store.write(EVERY_WORKSPACE) as session:
        waits = isinstance(outcome, Retry) or (isinstance(outcome, Rejected) and outcome.why not in _FINAL)
        if waits and tries < MOST_TRIES:
            later = now + BACK_OFF[min(tries, len(BACK_OFF)) - 1]
            session.execute(update(ContactMail).where(ContactMail.id == row).values(next_at=later))
        else:
            session.execute(delete(ContactMail).where(ContactMail.id == row))

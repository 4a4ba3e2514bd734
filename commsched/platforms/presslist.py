"""A list of newsrooms and journalists: one message and one transaction per recipient, through the office's relay.

E-mail cannot be read back. What the relay took is published; what it refused is told per recipient; what was lost
on the way is unknown, and is for a person to decide.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parseaddr
from typing import Any, ClassVar, Final
from urllib.parse import quote

from commsched.core.outcome import CannotTell, Finding, Handles, Outcome, Published, Rejected, Retry
from commsched.core.platform import Account, ConnectError, Draft, Limits, Message, Part, Platform, Setting, Wire
from commsched.core.slug import address_of
from commsched.core.words import N_, Problem, block, warn
from commsched.platforms._pressmail import html_body, text_body

GOOD_HEADLINE: Final = 40
"""Characters of a subject that a phone's list shows whole."""
LONG_HEADLINE: Final = 80


def addresses_in(lines: str | tuple[str, ...]) -> list[str]:
    """The bare addresses in a list with one on each line, or with commas or semicolons; ``Name <a@b>`` too.

    Doubles are left out, whatever their case. What is no address is kept as it is, for ``check`` to point at.
    """
    whole = lines if isinstance(lines, str) else "\n".join(lines)
    found: dict[str, str] = {}
    for entry in re.split(r"[\n\r,;]+", whole):
        bare = _bare(entry.strip())
        if bare:
            found.setdefault(bare.casefold(), bare)
    return list(found.values())


def _bare(entry: str) -> str:
    return parseaddr(entry)[1] if entry.endswith(">") and "<" in entry else entry


def is_address(value: str) -> bool:
    """Whether ``value`` can be written to. Looks at the form only; asks no server."""
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(value, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False,
                       test_environment=True)  # fmt: skip
    except EmailNotValidError:
        return False
    return True


class PressList(Platform):
    key: ClassVar[str] = "presslist"
    name: ClassVar[str] = N_("Press list")
    about: ClassVar[str] = N_("Newsrooms that get the press releases by e-mail, each a message of its own.")
    icon: ClassVar[str] = "lucide:mails"
    kinds = ("release", "post")
    independent_parts: ClassVar[bool] = True
    needs_mail: ClassVar[bool] = True
    by_itself = ()
    own: ClassVar[bool] = True
    resend_if_absent: ClassVar[bool] = True
    settle: ClassVar[float] = 0.0
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting("addresses", N_("Addresses"), secret=True, kind="lines", aliases=("recipients", "emails"),
                help=N_("One on each line. They are stored encrypted; each gets a message of its own.")),
        Setting("sender", N_("Sender's address"), required=False,
                help=N_("The mail server must allow it. Left empty, the installation's own is used.")),
        Setting("sender_name", N_("Sender's name"), required=False, help=N_("What newsrooms see in their list.")),
        Setting("reply_to", N_("Replies go to"), required=False),
        Setting("newsroom_link", N_("Link to the release in the newsroom"), required=False, kind="bool",
                help=N_("Choose this if your releases are also published in your newsroom.")),
    )  # fmt: skip

    def connect(self, wire: Wire) -> Account:
        people = addresses_in(wire.secrets.get("addresses", ""))
        if not people:
            raise ConnectError(N_("Write at least one address."), "addresses")
        for address in people:
            if not is_address(address):
                raise ConnectError(N_("“%(address)s” is not an e-mail address."), "addresses", address=address[:100])
        for key in ("sender", "reply_to"):
            value = wire.settings.get(key, "").strip()
            if value and not is_address(value):
                raise ConnectError(N_("“%(address)s” is not an e-mail address."), key, address=value[:100])
        self._knock(wire)
        sender = wire.settings.get("sender", "").strip()
        name = wire.settings.get("sender_name", "").strip() or sender or wire.workspace
        return Account(id=sender or "presslist", name=name, facts={"recipients": len(people)})

    def _knock(self, wire: Wire) -> None:
        """The relay must answer and let us in; nothing is sent."""
        if wire.mailer is None:
            raise ConnectError(N_("No way of sending e-mail is set up."))
        match wire.mailer.verify():
            case Rejected(detail=detail, why="token"):
                raise ConnectError(N_("The mail server refused the sign-in: %(answer)s"), answer=detail)
            case Rejected(detail=detail) | Retry(detail=detail):
                raise ConnectError(N_("The mail server does not answer as it should: %(answer)s"), answer=detail)

    def seen_as(self, settings: Mapping[str, Any], account_name: str, office_name: str) -> str:
        return str(settings.get("sender_name", "")).strip() or office_name

    def limits(self, facts: dict[str, Any]) -> Limits:
        return Limits(pictures=20)

    def check(self, draft: Draft, facts: dict[str, Any]) -> list[Problem]:
        people = addresses_in(draft.recipients)
        found = []
        if not people:
            found.append(block("recipients", N_("The press list has no addresses.")))
        for address in people:
            if not is_address(address):
                found.append(block("recipients", N_("“%(address)s” is not an e-mail address."), address=address[:100]))
        if not draft.title.strip():
            found.append(block("title", N_("A mail to the press needs a headline: it becomes the subject.")))
        elif len(draft.title) > LONG_HEADLINE:
            message = N_(
                "The headline becomes the subject: %(length)s characters, of which a list shows about %(good)s."
            )
            found.append(warn("title", message, length=len(draft.title), good=GOOD_HEADLINE))
        if not draft.text.strip():
            found.append(block("text", N_("There is no text to publish.")))
        if not draft.contact.strip():
            found.append(warn("contact", N_("There is no press contact: whom should a journalist call?")))
        if draft.pictures:
            found.append(
                warn("pictures", N_("Pictures are not sent by e-mail. Editors fetch them from your newsroom."))
            )
        return found

    def parts(self, draft: Draft) -> list[Part]:
        return [self._part(number, address, draft) for number, address in enumerate(addresses_in(draft.recipients))]

    def _part(self, number: int, address: str, draft: Draft) -> Part:
        key = hashlib.sha256(f"{draft.uid}\n{address.casefold()}".encode()).hexdigest()[:40]
        return Part(number=number, role="recipient", text=draft.text, draft=draft, key=key, recipient=address,
                    message_id=key)  # fmt: skip

    def needs_prepare(self, part: Part) -> bool:
        return False

    def publish(self, part: Part, handles: Handles, wire: Wire) -> Outcome:
        if wire.mailer is None:
            return Rejected("no way of sending e-mail is set up", "config")
        outcome = wire.mailer.send(self.message(part, wire))
        if isinstance(outcome, Published):
            # The relay's id is the message's; there is no address where it can be seen.
            return Published(id=part.message_id, detail=outcome.detail)
        if isinstance(outcome, Rejected) and outcome.why == "token":
            # The password is the installation's, not the list's: nothing was sent, and when it is set right the list
            # goes on by itself. The list has no access of its own that could die and be connected again.
            return Retry(outcome.detail, whole_channel=True)
        return outcome

    def message(self, part: Part, wire: Wire) -> Message:
        """The mail that ``part`` is, to its one recipient."""
        draft, sender = part.draft, wire.settings.get("sender", "").strip()
        url = ""
        if wire.settings.get("newsroom_link", "").lower() in ("1", "true", "yes", "on"):
            url = f"{wire.public_url}/n/{wire.workspace}/{address_of(draft.title, draft.text, draft.uid)}"
        reply_to = wire.settings.get("reply_to", "").strip()
        leave = reply_to or sender
        return Message(
            message_id=part.message_id, sender=sender,
            sender_name=self.seen_as(wire.settings, wire.account_name, wire.office_name),
            to=part.recipient, subject=draft.title, reply_to=reply_to, date=wire.now(),
            text=text_body(draft, url, leave), html=html_body(draft, url, leave),
            headers={"List-Unsubscribe": f"<mailto:{quote(leave, safe='@')}?subject=unsubscribe>"} if leave else {},
        )  # fmt: skip

    def find(self, part: Part, handles: Handles, since: datetime, wire: Wire) -> Finding:
        if wire.mailer is None:
            return CannotTell("no way of sending e-mail is set up", final=True)
        return wire.mailer.find(part.message_id)

    def delete(self, remote_id: str, wire: Wire) -> Outcome:
        return Rejected("mail that has left cannot be taken back", "permission")


PLATFORM = PressList()

"""A list of newsrooms and journalists: one message and one transaction per recipient, through the office's relay.

E-mail cannot be read back. What the relay took is published; what it refused is told per recipient; what was lost
on the way is unknown, and is for a person to decide.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final, TypeAlias
from urllib.parse import urlsplit

import msgspec

from commsched.core.delivery.outcome import CannotTell, Finding, Handles, Outcome, Published, Rejected, Retry
from commsched.core.media.documents import DOCUMENT_BYTES, MOST, TYPES
from commsched.core.platform.contract import (
    WAITS_FOR_EMBARGO,
    Account,
    ChannelContext,
    ChannelView,
    ConnectError,
    Email,
    Facts,
    Limits,
    Part,
    Platform,
    Setting,
)
from commsched.core.platform.email import Letterhead, mark
from commsched.core.platform.settings import YES
from commsched.core.press.lengths import headline_length, too_long
from commsched.core.text.catalogues import own_words
from commsched.core.text.messages import N_, Problem, block, warn
from commsched.core.text.recipients import Recipients, has_foreign_name, is_address, read, why_none
from commsched.core.timing.embargo import is_over
from commsched.platforms._presslist import own
from commsched.platforms._presslist.html import html_body
from commsched.platforms._presslist.messages import below, embargo_notice, subject, text_body
from commsched.platforms._presslist.own import DOCUMENTS, FILES


def people_in(lines: tuple[str, ...]) -> Recipients:
    """The recipients in the lines of a list."""
    return read("\n".join(lines))


_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*@[A-Za-z0-9.-]+")
MOST_TOLD: Final = 20
"""Entries that are pointed at by their lines; how many more there are is said."""


def _unread_lines(people: Recipients) -> str:
    """Every entry that is no address, at once, by its line."""
    shown = "; ".join(f"{entry.line}: {entry.text[:60]}" for entry in people.unread[:MOST_TOLD])
    more = len(people.unread) - MOST_TOLD
    return f"{shown} (+{more})" if more > 0 else shown


_UNREAD: Final = N_("This is no e-mail address (the line’s number comes first): %(lines)s")
_FOREIGN: Final = N_(
    "Mail servers take no letters such as å, ä or ö before the @ (the line’s number comes first): %(lines)s. Ask for "
    "the address in plain letters."
)


def _unread(people: Recipients) -> str:
    return _FOREIGN if all(has_foreign_name(entry.text) for entry in people.unread) else _UNREAD


FRESH: Final = timedelta(seconds=5)
"""For how long what a mailing's mails have in common holds: the letterhead may be changed on a page."""


_Kind: TypeAlias = tuple[bool, bool, bool, str, str, str]
"""Whether it is a correction, has a way to leave the list, its embargo is over; the languages of its words and of its
foot; and why its readers get it."""


class _Common(msgspec.Struct, frozen=True):
    """What the mails of a mailing have in common, and of what it was made."""

    context: ChannelContext
    view: ChannelView
    kind: _Kind
    at: datetime
    email: Email


class PressList(Platform):
    key: ClassVar[str] = "presslist"
    name: ClassVar[str] = N_("Press list")
    about: ClassVar[str] = N_("Newsrooms that get the press releases by e-mail, each a message of its own.")
    icon: ClassVar[str] = "lucide:mails"
    kinds = ("release", "post")
    independent_parts: ClassVar[bool] = True
    needs_mail: ClassVar[bool] = True
    by_itself = ()
    called: ClassVar[str] = N_("Press list")
    own: ClassVar[bool] = True
    resend_if_absent: ClassVar[bool] = True
    lanes: ClassVar[int] = 4
    group: ClassVar[int] = 100
    settle: ClassVar[float] = 0.0
    under_embargo: ClassVar[bool] = True
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting(
            "addresses",
            N_("Addresses"),
            secret=True,
            kind="lines",
            aliases=("recipients", "emails"),
            help=N_("One on each line. They are stored encrypted; each gets a message of its own."),
        ),
        Setting(
            "sender",
            N_("Sender's address"),
            required=False,
            help=N_("The mail server must allow it. Left empty, the installation's own is used."),
        ),
        Setting("sender_name", N_("Sender's name"), required=False, help=N_("What newsrooms see in their list.")),
        Setting("reply_to", N_("Replies go to"), required=False),
        Setting(
            "newsroom_link",
            N_("Link to the release in the newsroom"),
            required=False,
            kind="bool",
            help=N_("Choose this if your releases are also published in your newsroom."),
        ),
        Setting(
            DOCUMENTS,
            N_("Documents"),
            required=False,
            kind="choice",
            choices=(("links", N_("Links to them")), (FILES, N_("Files with the mail"))),
            default="links",
            help=N_("Files make a mail heavy, and some servers refuse it. A list without links always gets files."),
        ),
        WAITS_FOR_EMBARGO,
        Setting(
            "verp",
            N_("Bounces come to an address for each recipient"),
            required=False,
            kind="bool",
            help=N_("Choose this if your mail server takes addresses with a plus, such as press+b1@…."),
        ),
        Setting(
            "relay",
            N_("Mail server"),
            required=False,
            kind="relay",
            help=N_("Which of the office's mail servers it leaves through."),
        ),
        Setting(
            "connections",
            N_("Mails on their way at once"),
            required=False,
            kind="choice",
            choices=tuple((str(count), str(count)) for count in range(4, 0, -1)),
            default="4",
            help=N_("Choose fewer if your mail server refuses several connections at a time."),
        ),
    )

    def lanes_on(self, settings: Mapping[str, object]) -> int:
        chosen = str(settings.get("connections", ""))
        return min(int(chosen), self.lanes) if chosen.isdecimal() and int(chosen) else self.lanes

    def connect(self, context: ChannelContext) -> Account:
        people = read(context.secrets.get("addresses", ""))
        if people.unread:
            raise ConnectError(_unread(people), "addresses", lines=_unread_lines(people))
        if not people.addresses:
            raise ConnectError(N_("Write at least one address."), "addresses")
        for key in ("sender", "reply_to"):
            value = context.settings.get(key, "").strip()
            if value and not is_address(value):
                raise ConnectError(why_none(value), key, address=value[:100])
        self._require_relay(context)
        sender = context.settings.get("sender", "").strip()
        name = context.settings.get("sender_name", "").strip() or sender or context.office_name or context.workspace
        return Account(id=sender or "presslist", name=name, facts={"recipients": len(people.addresses)})

    def _require_relay(self, context: ChannelContext) -> None:
        """The relay must answer and let us in; nothing is sent."""
        if context.mailer is None:
            raise ConnectError(N_("No way of sending e-mail is set up."))
        match context.mailer.verify():
            case Rejected(detail=detail, why="token"):
                raise ConnectError(N_("The mail server refused the sign-in: %(answer)s"), answer=own_words(detail))
            case Rejected(detail=detail) | Retry(detail=detail):
                words = N_("The mail server does not answer as it should: %(answer)s")
                raise ConnectError(words, answer=own_words(detail))

    def seen_as(self, settings: Mapping[str, object], account_name: str, office_name: str) -> str:
        return str(settings.get("sender_name", "")).strip() or office_name

    def limits(self, facts: Facts) -> Limits:
        return Limits(pictures=20, documents=MOST, document_types=TYPES, document_bytes=DOCUMENT_BYTES)

    def as_set(self, facts: Facts, settings: Mapping[str, object]) -> Facts:
        return {**facts, "carries": own.carries(settings)}

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        people = people_in(view.recipients)
        problems = []
        if people.unread:
            problems.append(block("recipients", _unread(people), lines=_unread_lines(people)))
        elif not people.addresses:
            problems.append(block("recipients", N_("The press list has no addresses.")))
        if not view.content.title.strip():
            problems.append(block("title", N_("A mail to the press needs a headline: it becomes the subject.")))
        elif not view.content.embargo and (long := too_long(headline_length(view.content))) is not None:
            problems.append(warn("title", long.message, **long.params))  # under embargo the release's own check says it
        if not view.text.strip():
            problems.append(block("text", N_("There is no text to publish.")))
        if not (view.content.contact.strip() or view.content.contacts):
            problems.append(warn("contact", N_("There is no press contact: whom should a journalist call?")))
        if facts.get("carries"):
            problems += own.too_heavy(view)
        if view.pictures:
            problems.append(
                warn(
                    "pictures",
                    N_("The first picture comes small with the mail. Editors fetch print quality from your newsroom."),
                )
            )
        return problems

    def parts(self, view: ChannelView) -> list[Part]:
        return [
            self._part(number, address, view) for number, address in enumerate(people_in(view.recipients).addresses)
        ]

    def addressed(self, view: ChannelView, address: str) -> Part:
        """As a list of one. An address that is plainly one is not looked for in a line again."""
        if not (_PLAIN.fullmatch(address) and is_address(address)):
            return super().addressed(view, address)
        return self._part(0, address, msgspec.structs.replace(view, recipients=(address,)))

    def _part(self, number: int, address: str, view: ChannelView) -> Part:
        key = hashlib.sha256(f"{view.uid}\n{address.casefold()}".encode()).hexdigest()[:40]
        return Part(
            number=number, role="recipient", text=view.text, view=view, key=key, recipient=address, message_id=key
        )

    def needs_prepare(self, part: Part) -> bool:
        return False

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        if context.mailer is None:
            return Rejected(N_("no way of sending e-mail is set up"), "config")
        return self._outcome(part, context.mailer.send(self.message(part, context)))

    def publish_all(
        self, parts: Sequence[Part], context: ChannelContext, halt: Callable[[], bool]
    ) -> Iterator[Outcome | None]:
        if context.mailer is None:
            yield from super().publish_all(parts, context, halt)
            return
        outcomes = context.mailer.send_all(self._messages(parts, context), halt)
        for part, outcome in zip(parts, outcomes, strict=False):
            yield None if outcome is None else self._outcome(part, outcome)

    def _messages(self, parts: Sequence[Part], context: ChannelContext) -> list[Email]:
        """The mails of several recipients. What those have in common who get the same words is made once."""
        common: dict[tuple[int, bool, bool, str, str], Email] = {}
        mails: list[Email] = []
        for part in parts:
            key = (id(part.view.content), bool(part.corrects), bool(part.leave), part.language, part.basis)
            if key not in common:
                common[key] = self._kept_common(part, context)
            mails.append(_addressed(common[key], part, context))
        return mails

    def _kind(self, part: Part, context: ChannelContext) -> _Kind:
        content = part.view.content
        language = content.in_language(part.language).language if part.language and content.versions else ""
        over = is_over(content.embargo, context.now())
        return bool(part.corrects), bool(part.leave), over, language, part.language, part.basis

    def _kept_common(self, part: Part, context: ChannelContext) -> Email:
        """What the group before had in common, where it was made just now of the same. To write the HTML takes as long
        as to send fifty mails."""
        now, view = context.now(), msgspec.structs.replace(part.view, recipients=())
        kind = self._kind(part, context)
        for kept in tuple(self._kept):
            same = kept.context is context and kept.kind == kind
            if same and abs(now - kept.at) < FRESH and kept.view == view:
                return msgspec.structs.replace(kept.email, date=now)
        email = self._common(part, context)
        self._kept.append(_Common(context, view, kind, now, email))
        return email

    def __init__(self) -> None:
        self._kept: deque[_Common] = deque(maxlen=8)

    def _outcome(self, part: Part, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Published):
            # The relay's id is the message's; there is no address where it can be seen.
            return Published(id=part.message_id, detail=outcome.detail)
        if isinstance(outcome, Rejected) and outcome.why == "token":
            # The password is the installation's, not the list's: nothing was sent, and when it is set right the list
            # goes on by itself. The list has no access of its own that could die and be connected again.
            return Retry(outcome.detail, whole_channel=True, by_relay=True)
        return outcome

    def subject(self, view: ChannelView, context: ChannelContext) -> str:
        return subject(view, embargo_notice(view, context))

    def message(self, part: Part, context: ChannelContext) -> Email:
        """The mail that ``part`` is, to its one recipient."""
        return _addressed(self._common(part, context), part, context)

    def _common(self, part: Part, context: ChannelContext) -> Email:
        """What is the same for all who get the words that ``part``'s recipient gets."""
        view, head = own.as_had(part), context.letterhead()
        embargo, marks = embargo_notice(view, context), own.marks(part, context)
        ways = msgspec.structs.replace(
            own.ways(part.view, context),
            language="" if view.content.language == part.view.content.language else view.content.language,
            answer=mark("answer") if "answer" in marks else "",
        )
        name = self.seen_as(context.settings, context.account_name, context.office_name)
        foot = own.foot(part, context, name, head, mark("leave") if "leave" in marks else "")
        picture = context.mail_picture(view.pictures[0]) if view.pictures else None
        about = own.about(view, head)
        return Email(
            message_id="",
            sender=context.settings.get("sender", "").strip(),
            sender_name=name,
            to="",
            subject=subject(view, embargo),
            reply_to=context.settings.get("reply_to", "").strip(),
            date=context.now(),
            text=text_body(view, ways, foot, embargo, about, head.name),
            html=html_body(view, ways, head, foot, picture, embargo, about),
            headers=_QUIETLY | {"List-Id": list_id(context)} | _subscribing(head),
            images=tuple(image for image in (head.logo, picture) if image is not None),
            calendar=own.calendar(view, ways, context, invited=bool(part.corrects)),
            files=own.files(view, ways),
            signer=context.signer(_sender(context).rpartition("@")[2]),
        )

    def foot(self, view: ChannelView, context: ChannelContext) -> list[str]:
        head = context.letterhead()
        page = f"{context.public_url}/n/{context.workspace}/u/…"
        name = self.seen_as(context.settings, context.account_name, context.office_name)
        part = Part(number=0, role="recipient", text=view.text, view=view, basis="interest")
        foot = own.foot(part, context, name, head, page)
        return below(view, own.ways(view, context), foot, embargo_notice(view, context), own.about(view, head))

    def find(self, part: Part, handles: Handles, since: datetime, context: ChannelContext) -> Finding:
        if context.mailer is None:
            return CannotTell(N_("no way of sending e-mail is set up"), final=True)
        return context.mailer.find(part.message_id)

    def delete(self, remote_id: str, context: ChannelContext) -> Outcome:
        return Rejected(N_("mail that has left cannot be taken back"), "permission")


_QUIETLY: Final = {"Precedence": "bulk", "X-Auto-Response-Suppress": "OOF, AutoReply"}
"""So that a newsroom's out-of-office answers stay away. It is not marked as written by a machine: people wrote it."""


def _subscribing(head: Letterhead) -> dict[str, str]:
    """How whoever is passed the mail on subscribes (RFC 2369), where the office has opened a list."""
    return {"List-Subscribe": f"<{head.subscribe}>"} if head.subscribe.startswith(("https://", "http://")) else {}


def _addressed(common: Email, part: Part, context: ChannelContext) -> Email:
    """``common`` to the recipient of ``part``: what is theirs alone."""
    headers = common.headers | own.leaving(part.leave, own.leave(context)) | own.answering(part.corrects)
    return msgspec.structs.replace(
        common,
        message_id=part.message_id,
        to=part.recipient,
        headers=headers,
        marks=own.marks(part, context),
        envelope_from=_return_address(part, context),
    )


def _return_address(part: Part, context: ChannelContext) -> str:
    """Where this recipient's bounces go: an address of their own, where the mail server is said to take such."""
    if context.settings.get("verp", "").lower() not in YES or not part.id:
        return ""
    return context.return_address(_sender(context), part.id)


def _sender(context: ChannelContext) -> str:
    return context.settings.get("sender", "").strip() or (context.mailer.sender if context.mailer else "")


def list_id(context: ChannelContext) -> str:
    """What a reader's program knows the list by, however it is called (RFC 2919)."""
    return f"<press-{context.channel}.{context.workspace}.{urlsplit(context.public_url).hostname or 'localhost'}>"


PLATFORM = PressList()

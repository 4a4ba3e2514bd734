"""A list of newsrooms and journalists: one message and one transaction per recipient, through the office's relay.

E-mail cannot be read back. What the relay took is published; what it refused is told per recipient; what was lost
on the way is unknown, and is for a person to decide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final
from urllib.parse import quote

import msgspec

from commsched.core.delivery.outcome import CannotTell, Finding, Handles, Outcome, Published, Rejected, Retry
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
from commsched.core.press import answer_links
from commsched.core.press.calendar_file import calendar
from commsched.core.press.invitation import entry_of
from commsched.core.press.words import event_of
from commsched.core.text.messages import N_, Problem, block, warn
from commsched.core.text.recipients import Recipients, is_address, read
from commsched.core.text.slug import address_of
from commsched.core.timing.embargo import is_over
from commsched.platforms._presslist.html import html_body
from commsched.platforms._presslist.messages import Ways, embargo_notice, foot, subject, text_body

GOOD_HEADLINE: Final = 40
"""Characters of a subject that a phone's list shows whole."""
LONG_HEADLINE: Final = 80


def people_in(lines: tuple[str, ...]) -> Recipients:
    """The recipients in the lines of a list."""
    return read("\n".join(lines))


MOST_TOLD: Final = 20
"""Entries that are pointed at by their lines; how many more there are is said."""


def _unread_lines(people: Recipients) -> str:
    """Every entry that is no address, at once, by its line."""
    shown = "; ".join(f"{entry.line}: {entry.text[:60]}" for entry in people.unread[:MOST_TOLD])
    more = len(people.unread) - MOST_TOLD
    return f"{shown} (+{more})" if more > 0 else shown


_UNREAD: Final = N_("This is no e-mail address (the line’s number comes first): %(lines)s")


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
    group: ClassVar[int] = 50
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
        WAITS_FOR_EMBARGO,
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
            raise ConnectError(_UNREAD, "addresses", lines=_unread_lines(people))
        if not people.addresses:
            raise ConnectError(N_("Write at least one address."), "addresses")
        for key in ("sender", "reply_to"):
            value = context.settings.get(key, "").strip()
            if value and not is_address(value):
                raise ConnectError(N_("“%(address)s” is not an e-mail address."), key, address=value[:100])
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
                raise ConnectError(N_("The mail server refused the sign-in: %(answer)s"), answer=detail)
            case Rejected(detail=detail) | Retry(detail=detail):
                raise ConnectError(N_("The mail server does not answer as it should: %(answer)s"), answer=detail)

    def seen_as(self, settings: Mapping[str, object], account_name: str, office_name: str) -> str:
        return str(settings.get("sender_name", "")).strip() or office_name

    def limits(self, facts: Facts) -> Limits:
        return Limits(pictures=20)

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        people = people_in(view.recipients)
        problems = []
        if people.unread:
            problems.append(block("recipients", _UNREAD, lines=_unread_lines(people)))
        elif not people.addresses:
            problems.append(block("recipients", N_("The press list has no addresses.")))
        if not view.content.title.strip():
            problems.append(block("title", N_("A mail to the press needs a headline: it becomes the subject.")))
        elif len(view.content.title) > LONG_HEADLINE:
            message = N_(
                "The headline becomes the subject: %(length)s characters, of which a list shows about %(good)s."
            )
            problems.append(warn("title", message, length=len(view.content.title), good=GOOD_HEADLINE))
        if not view.text.strip():
            problems.append(block("text", N_("There is no text to publish.")))
        if not (view.content.contact.strip() or view.content.contacts):
            problems.append(warn("contact", N_("There is no press contact: whom should a journalist call?")))
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
        outcomes = context.mailer.send_all([self.message(part, context) for part in parts], halt)
        for part, outcome in zip(parts, outcomes, strict=False):
            yield None if outcome is None else self._outcome(part, outcome)

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
        view, head = _as_had(part), context.letterhead()
        embargo, marks = embargo_notice(view, context), _marks(part, context)
        ways = msgspec.structs.replace(_ways(view, context), answer=mark("answer") if "answer" in marks else "")
        picture = context.mail_picture(view.pictures[0]) if view.pictures else None
        about = _about(view, head)
        return Email(
            message_id=part.message_id,
            sender=context.settings.get("sender", "").strip(),
            sender_name=self.seen_as(context.settings, context.account_name, context.office_name),
            to=part.recipient,
            subject=subject(view, embargo),
            reply_to=context.settings.get("reply_to", "").strip(),
            date=context.now(),
            text=text_body(view, ways, embargo, about, head.name),
            html=html_body(view, ways, head, picture, embargo, about),
            headers=_QUIETLY | _leaving(ways.leave) | _answering(part.corrects),
            images=tuple(image for image in (head.logo, picture) if image is not None),
            calendar=_calendar(view, ways, context),
            marks=marks,
        )

    def foot(self, view: ChannelView, context: ChannelContext) -> list[str]:
        about = _about(view, context.letterhead())
        return foot(view, _ways(view, context), embargo_notice(view, context), about)

    def find(self, part: Part, handles: Handles, since: datetime, context: ChannelContext) -> Finding:
        if context.mailer is None:
            return CannotTell(N_("no way of sending e-mail is set up"), final=True)
        return context.mailer.find(part.message_id)

    def delete(self, remote_id: str, context: ChannelContext) -> Outcome:
        return Rejected(N_("mail that has left cannot be taken back"), "permission")


_QUIETLY: Final = {"Precedence": "bulk", "X-Auto-Response-Suppress": "OOF, AutoReply"}
"""So that a newsroom's out-of-office answers stay away. It is not marked as written by a machine: people wrote it."""


def _leaving(leave: str) -> dict[str, str]:
    return {"List-Unsubscribe": f"<mailto:{quote(leave, safe='@')}?subject=unsubscribe>"} if leave else {}


def _as_had(part: Part) -> ChannelView:
    """What the mail says: a correction, to whoever has what it corrects; to anybody else the text alone, which is the
    first that they get of it."""
    view = part.view
    if part.corrects or not (part.message_id and view.content.corrects):
        return view
    return msgspec.structs.replace(view, content=msgspec.structs.replace(view.content, correction=""))


def _answering(message_id: str) -> dict[str, str]:
    """So that a correction stands beside what it corrects in its reader's mail."""
    name = f"<{message_id}>"
    return {"In-Reply-To": name, "References": name} if message_id else {}


def _marks(part: Part, context: ChannelContext) -> dict[str, str]:
    """What differs from one recipient to the next: their own address for saying that they come."""
    if event_of(part.view.content) is None:
        return {}
    token = answer_links.token(context.client_key(), part.view.uid, part.key)
    return {"answer": f"{context.public_url}/{answer_links.PATH}/{token}"}


def _calendar(view: ChannelView, ways: Ways, context: ChannelContext) -> str:
    """An invitation's event for the reader's own calendar. Its stamp is the list's day, so that everybody on it gets
    the same bytes."""
    stamp = context.now().replace(hour=0, minute=0, second=0, microsecond=0)
    page = f"{context.public_url}/n/{context.workspace}/"
    office = context.office_name or context.workspace
    entry = entry_of(view.content, view.uid, office=office, url=ways.page, page=page, stamp=stamp)
    return calendar(entry) if entry is not None else ""


def _about(view: ChannelView, head: Letterhead) -> str:
    """What the office says of itself below a release, where the release does not say it in words of its own."""
    return head.about if view.content.kind == "release" and not view.content.about.strip() else ""


def _ways(view: ChannelView, context: ChannelContext) -> Ways:
    """Where the mail leads. A list says whether its releases stand in the newsroom too; under embargo there is only the
    secret address."""
    leave = _leave(context)
    if not is_over(view.content.embargo, context.now()):
        return Ways(view.preview_url, view.preview_url, leave)
    if context.settings.get("newsroom_link", "").lower() not in ("1", "true", "yes", "on"):
        return Ways(leave=leave)
    address = address_of(view.content.title, view.text, view.uid)
    page = f"{context.public_url}/n/{context.workspace}/{address}"
    return Ways(page, f"{context.public_url}/media/{context.workspace}", leave)


def _leave(context: ChannelContext) -> str:
    """Whom to write to, to get no more of it."""
    own = context.settings.get("reply_to", "").strip() or context.settings.get("sender", "").strip()
    return own or (context.mailer.sender if context.mailer else "")


PLATFORM = PressList()

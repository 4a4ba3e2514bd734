"""What the mails say: for each kind of notice what happened, what it means, and what to press."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.markup import shown_words
from commsched.core.delivery.lifecycle import REASONS
from commsched.core.platform.contract import Email
from commsched.core.text.catalogues import all_of, gettext, stored
from commsched.core.text.languages import known
from commsched.core.text.messages import N_
from commsched.core.timing import dates, embargo
from commsched.services.kernel.context import Installation, name_of
from commsched.services.kernel.heartbeats import TROUBLES
from commsched.store.models import Channel, ChannelTime, Item, Notice, Person, Revision, Workspace

if TYPE_CHECKING:
    from jinja2 import Environment

    from commsched.services.notices.digest import DayList

ITEM, DECIDE, HOME, CHANNELS, CONSENTS, PASSWORD = "item", "decide", "home", "channels", "consents", "password"
TALK, TIMES = "talk", "times"
PATHS: Final = {
    ITEM: "/w/{slug}/items/{item}",
    TALK: "/w/{slug}/items/{item}#talk",
    DECIDE: "/a/{token}",
    HOME: "/w/{slug}/",
    CHANNELS: "/w/{slug}/channels/",
    CONSENTS: "/w/{slug}/pictures/consents",
    PASSWORD: "/password/{token}",
    TIMES: "/w/{slug}/times/",
}
"""Where the button leads."""
_AUTOMATIC: Final = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
_HOST: Final = re.compile("[a-z0-9-]+([.][a-z0-9-]+)*")
_SOON: Final = {0: N_("today"), 1: N_("tomorrow")}
_DAYS: Final = N_("in %(days)s days")


class Kind(msgspec.Struct, frozen=True):
    """One kind of letter, in msgids. ``to`` names the button's place in :data:`PATHS`."""

    subject: str
    what: str
    means: str
    press: str
    to: str = ITEM
    shows_item: bool = True
    """Whether the letter shows how the item begins."""


KINDS: Final[Mapping[str, Kind]] = {
    "asked_to_approve": Kind(
        N_("Approve: %(title)s"),
        N_("“%(title)s” waits for your approval."),
        N_("Nothing goes out until you have said yes. What the page shows is exactly what will be published."),
        N_("Read and decide"),
        DECIDE,
    ),
    "reminder": Kind(
        N_("Still waiting for you: %(title)s"),
        N_("“%(title)s” still waits for your approval."),
        N_("If nobody has said yes when its time comes, it is held and does not go out."),
        N_("Read and decide"),
        DECIDE,
    ),
    "asked_to_accept": Kind(
        N_("%(by)s has changed: %(title)s"),
        N_("%(by)s has written in “%(title)s”. Do you accept it?"),
        N_(
            "Nobody approves their own words. When you have read and accepted what %(by)s wrote, %(by)s can "
            "approve it. "
            "Nothing goes out before that."
        ),
        N_("See what has changed"),
    ),
    "commented": Kind(
        N_("Said about %(title)s"),
        N_("%(by)s has said something about “%(title)s”."),
        N_("Answer on its page, so that the others see it too."),
        N_("Read and answer"),
        TALK,
        shows_item=False,
    ),
    "held": Kind(
        N_("Did not go out: %(title)s"),
        N_("“%(title)s” is held and has not gone out%(where)s."),
        N_("Nothing more happens by itself. Choose whether to send it, give it another time or drop it."),
        N_("Choose what to do"),
    ),
    "failed": Kind(
        N_("Failed: %(title)s"),
        N_("“%(title)s” could not be published%(where)s."),
        N_("It is not tried again by itself. Look at the answer, correct what is wrong and try again."),
        N_("See what went wrong"),
    ),
    "unknown_ask": Kind(
        N_("Did it go out? %(title)s"),
        N_("We do not know whether “%(title)s” went out%(where)s."),
        N_(
            "The connection broke before the answer came. So that nothing is published twice, it is not sent again "
            "before that is known. Look at the channel, then say whether it is there."
        ),
        N_("Answer yes or no"),
    ),
    "changes_requested": Kind(
        N_("Sent back: %(title)s"),
        N_("%(by)s wants something changed in “%(title)s”."),
        N_("It does not go out until it has been approved. When you have changed it, send it for approval again."),
        N_("Open and change"),
    ),
    "approved": Kind(
        N_("Approved: %(title)s"), N_("%(by)s has approved “%(title)s”."), "", N_("Open"), shows_item=False
    ),
    "bypass_used": Kind(
        N_("Released without approval: %(title)s"),
        N_("%(by)s has released “%(title)s” without approval."),
        N_(
            "An emergency release is possible so that the office can answer in a hurry. It is on the record, and "
            "you are told because you would have approved it. What has not gone out yet can still be stopped."
        ),
        N_("See it"),
    ),
    "taken_down": Kind(
        N_("Taken down: %(title)s"),
        N_("%(by)s has taken “%(title)s” off your own pages."),
        N_(
            "It is gone from the newsroom, the feeds and what search engines are given, and its address says why. In "
            "other channels it stands until somebody takes it down there."
        ),
        N_("See it"),
    ),
    "token_expiring": Kind(
        N_("Access to %(channel)s runs out"),
        N_("The access to %(channel)s runs out %(expires)s."),
        N_(
            "After that nothing can be published there. Connecting again takes a few minutes, and what is scheduled "
            "stays as it is."
        ),
        N_("Connect again"),
        CHANNELS,
        shows_item=False,
    ),
    "access_died": Kind(
        N_("Access to %(channel)s has died"),
        N_("%(channel)s no longer lets the office in."),
        N_(
            "Nothing can be published there until it is connected again, which takes a few minutes. What falls due "
            "meanwhile is held."
        ),
        N_("Connect again"),
        CHANNELS,
        shows_item=False,
    ),
    "consent_ending": Kind(
        N_("A consent runs out within %(days)s days"),
        N_("A consent to be shown in pictures runs out within %(days)s days."),
        N_(
            "After that day nothing goes out with the picture, and it is no longer shown on your own pages. "
            "What is out "
            "in other channels must be taken down by hand. Ask whether they still agree, or choose another picture."
        ),
        N_("See the consents"),
        CONSENTS,
        shows_item=False,
    ),
    "paused": Kind(
        N_("Everything is paused"),
        N_("%(by)s has paused everything."),
        N_("Nothing goes out until somebody resumes. What falls due meanwhile is kept and asked about."),
        N_("Open the office"),
        HOME,
        shows_item=False,
    ),
    "resumed": Kind(
        N_("The pause is over"),
        N_("%(by)s has ended the pause."),
        N_("Things go out at their times again. What fell due meanwhile waits for a choice, item by item."),
        N_("Open the office"),
        HOME,
        shows_item=False,
    ),
    "scheduler_stopped": Kind(
        N_("Nothing is being published right now"),
        N_("The scheduler has stopped: nothing goes out."),
        N_(
            "What is scheduled waits until this is mended, and what has become too late by then is held and asked "
            "about. Tell whoever runs this installation. You get one more mail when all is well again."
        ),
        N_("Open the office"),
        HOME,
        shows_item=False,
    ),
    "overdue": Kind(
        N_("Something has not gone out in time"),
        N_("Something that should have gone out still waits."),
        N_(
            "The scheduler has not sent it, and has not said why. Tell whoever runs this installation. If it must be "
            "said now, cancel it here first and say it yourselves, so that it is not said twice."
        ),
        N_("See what waits"),
        HOME,
        shows_item=False,
    ),
    "pages_stopped": Kind(
        N_("The pages do not answer"),
        N_("The pages have stopped, but the scheduler goes: what is scheduled goes out."),
        N_("Nobody can write, approve or pause until they are started again. Tell whoever runs this installation."),
        N_("Open the office"),
        HOME,
        shows_item=False,
    ),
    "well_again": Kind(
        N_("All is well again"),
        N_("The scheduler goes again."),
        N_(
            "Things go out at their times. Look at the first page: what became too late meanwhile waits there for an "
            "answer."
        ),
        N_("Open the office"),
        HOME,
        shows_item=False,
    ),
    "times_shifted": Kind(
        N_("Planned times have shifted"),
        N_("Some of what is planned now means another moment than when it was set."),
        N_(
            "The rules of the time zone, or the office's time zone, were changed. Until somebody chooses, everything "
            "goes out at the same moment as before, but the clock will show another time then."
        ),
        N_("See and choose"),
        TIMES,
        shows_item=False,
    ),
    "morning": Kind(
        N_("Today, %(day)s"),
        N_("Good morning. This is how the day looks."),
        "",
        N_("Open the office"),
        HOME,
        shows_item=False,
    ),
}


class Letter(msgspec.Struct):
    """Finished sentences, ready for a template."""

    subject: str
    what: str
    means: str
    press: str
    url: str
    workspace: str
    language: str
    lines: list[tuple[str, str]] = msgspec.field(default_factory=list)
    """Label and value: when, where, why, what the platform answered."""
    comment: str = ""
    excerpt: str = ""
    note: str = ""
    lists: list[DayList] = msgspec.field(default_factory=list)


def write(
    installation: Installation,
    session: Session,
    row: Notice,
    person: Person,
    workspace: Workspace,
    item: Item | None,
    now: datetime,
) -> Email:
    """The mail of one notice, in its reader's language and the office's time."""
    letter = compose(installation, session, row, person, workspace, item, now)
    text, html = render(letter)
    return Email(
        message_id=f"notice-{row.id}-{int(row.created_at.timestamp())}@{host_of(installation)}",
        sender="",
        sender_name=workspace.name,
        to=person.email,
        subject=letter.subject,
        text=text,
        html=html,
        date=row.created_at,
        headers=_AUTOMATIC | ({"References": f"<item-{item.uid}@{host_of(installation)}>"} if item is not None else {}),
    )


def host_of(installation: Installation) -> str:
    """The right half of the notices' Message-IDs: where this installation is, if that is set and can be one."""
    host = urlsplit(installation.settings.get("base_url", "")).hostname or ""
    return host if _HOST.fullmatch(host) else "commsched.invalid"


def compose(
    installation: Installation,
    session: Session,
    row: Notice,
    person: Person,
    workspace: Workspace,
    item: Item | None,
    now: datetime,
) -> Letter:
    """Find the words."""
    kind, language = KINDS[row.kind], known(person.language)

    def say(message: str, **more: object) -> str:
        return gettext(language, message) % (values | more) if message else ""

    values = _values(row, person, workspace, item, language, now)
    values["where"] = say(N_(" on %(channel)s")) if values["channel"] else ""
    letter = Letter(
        subject=say(kind.subject),
        what=say(kind.what),
        means=say(kind.means),
        press=say(kind.press),
        url=_url(installation, kind.to, row, workspace),
        workspace=workspace.name,
        language=language,
        comment=str(row.facts.get("comment") or ""),
    )
    letter.lines = _lines(installation, session, row, workspace, item, language, now)
    if kind.to == DECIDE:
        letter.note = say(N_("The link is for you alone and works once, for seven days. You need not sign in."))
    if kind.shows_item and item is not None:
        letter.excerpt = _excerpt(session, item)
    if row.kind == "commented" and item is not None:
        letter.lists = [_talk(session, row, item, workspace, language, now)]
    if row.kind == "consent_ending":
        letter.lists = [_consents(row, language)]
    if row.kind == "morning":
        from commsched.services.notices.digest import day_lists

        letter.lists = day_lists(installation, session, workspace, language, now)
    return letter


def _talk(session: Session, row: Notice, item: Item, workspace: Workspace, language: str, now: datetime) -> DayList:
    """Every comment since the notice was made, except its reader's own."""
    from commsched.services.notices.digest import DayList
    from commsched.services.notices.talk import said_since, speakers

    words = said_since(session, item.id, datetime.fromisoformat(row.facts["since"]), row.person_id)
    called = speakers(session, words)
    somebody = gettext(language, N_("Somebody"))
    lines = [
        (dates.when(word.at, workspace.zone, language, now), called.get(word.person or 0, somebody), word.body[:1000])
        for word in words
    ]
    return DayList(gettext(language, N_("What was said")), lines)


def _consents(row: Notice, language: str) -> DayList:
    from commsched.services.notices.digest import DayList

    lines = [
        (
            dates.short_day(date.fromisoformat(picture["until"]), language, year=True) if picture["until"] else "",
            picture["name"] or gettext(language, N_("Picture")),
            picture["who"],
        )
        for picture in row.facts.get("pictures", ())
    ]
    return DayList(gettext(language, N_("Pictures in use, and the last day of the consent")), lines)


def _values(
    row: Notice, person: Person, workspace: Workspace, item: Item | None, language: str, now: datetime
) -> dict[str, object]:
    facts = row.facts
    return {
        "title": (item.title if item is not None else "") or gettext(language, N_("Untitled")),
        "by": _by(facts.get("by"), language) or gettext(language, N_("Somebody")),
        "channel": facts.get("channel") or "",
        "email": person.email,
        "expires": gettext(language, _SOON.get(int(facts.get("days", 2)), _DAYS)) % {"days": facts.get("days", "")},
        "days": facts.get("days", ""),
        "day": dates.long_day(dates.local(now, workspace.zone).date(), language),
    }


def _by(names: str | list[str] | None, language: str) -> str:
    """Who did it; several as people say them. An older notice has them in one line."""
    return all_of(names, language) if isinstance(names, list) else name_of(names or "", language)


def _own_times(session: Session, item: Item) -> Sequence[tuple[str, datetime]]:
    """The channels that go out at a time of their own."""
    if not item.own_times:
        return []
    wanted = select(Channel.name, ChannelTime.publish_at).join(Channel, Channel.id == ChannelTime.channel_id)
    rows = session.execute(wanted.where(ChannelTime.item_id == item.id).order_by(ChannelTime.publish_at, Channel.id))
    return [(name, at) for name, at in rows]


def _lines(
    installation: Installation,
    session: Session,
    row: Notice,
    workspace: Workspace,
    item: Item | None,
    language: str,
    now: datetime,
) -> list[tuple[str, str]]:
    """The details, each as a label and a value."""
    lines: list[tuple[str, str]] = []

    def add(label: str, value: str) -> None:
        if value:
            lines.append((gettext(language, label), value))

    facts = row.facts
    if item is not None and item.publish_at is not None:
        add(N_("Planned for"), dates.when(item.publish_at, workspace.zone, language, now))
        for name, at in _own_times(session, item):
            add(N_("Planned for"), f"{dates.when(at, workspace.zone, language, now)} · {name}")
    asks = row.kind in ("asked_to_approve", "asked_to_accept", "reminder", "approved", "bypass_used")
    if asks and item is not None:
        add(N_("Embargo"), _embargo(installation, session, item, workspace, language, now))
        add(N_("Channels"), ", ".join(row.name for row in _channels(session, item)))
    reason = str(facts.get("reason") or "")
    add(N_("Why"), gettext(language, REASONS[reason]) if reason in REASONS else reason)
    if row.kind == "scheduler_stopped":
        why, help_ = TROUBLES.get(str(facts.get("trouble")), ("", ""))
        add(N_("Why"), gettext(language, why) if why else "")
        add(N_("What to do"), gettext(language, help_) if help_ else "")
    add(N_("The answer was"), stored(str(facts.get("detail") or ""), language))
    if int(facts.get("of") or 0) > 1:
        add(N_("Out so far"), gettext(language, N_("%(out)s of %(of)s")) % {"out": facts.get("out"), "of": facts["of"]})
    return lines


def _channels(session: Session, item: Item) -> list[Channel]:
    revision = session.scalar(select(Revision).where(Revision.id == item.revision_id))
    wanted = [part.channel for part in revision.parsed().channels] if revision is not None else []
    same = (Channel.id.in_(wanted), Channel.workspace_id == item.workspace_id)
    return list(session.scalars(select(Channel).where(*same).order_by(Channel.name)))


def _embargo(
    installation: Installation, session: Session, item: Item, workspace: Workspace, language: str, now: datetime
) -> str:
    """Until when, and who gets it before."""
    revision = session.scalar(select(Revision).where(Revision.id == item.revision_id))
    until = embargo.end_of(revision.parsed().embargo) if revision is not None else None
    if until is None:
        return ""
    when = dates.when(until, workspace.zone, language, now)
    own = select(ChannelTime.channel_id, ChannelTime.publish_at).where(ChannelTime.item_id == item.id)
    times = {row.channel_id: row.publish_at for row in session.execute(own)} if item.own_times else {}
    early = [
        row.name
        for row in _channels(session, item)
        if (at := times.get(row.id, item.publish_at)) is not None
        and at < until
        and installation.platform(row.platform).carries_embargo(row.settings)
    ]
    words = gettext(language, N_("%(when)s (%(names)s get it before)"))
    return words % {"when": when, "names": all_of(early, language)} if early else when


def _excerpt(session: Session, item: Item) -> str:
    revision = session.scalar(select(Revision).where(Revision.id == item.revision_id))
    if revision is None:
        return ""
    content = revision.parsed()
    return shown_words(content, content.text, 280)


def _url(installation: Installation, to: str, row: Notice, workspace: Workspace) -> str:
    token = installation.vault.unseal(row.link_token) if row.link_token else ""
    if token.startswith(installation.base_url):
        return token
    if to == DECIDE and not token:
        to = ITEM
    return installation.base_url + PATHS[to].format(slug=workspace.slug, item=row.item_id, token=token)


class Addressee(Protocol):
    """Who gets the mail of a scheduler that has stopped."""

    @property
    def email(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def workspace(self) -> str:
        """Its name."""

    @property
    def slug(self) -> str: ...


def bare(installation: Installation, to: Addressee, trouble: str) -> Email:
    """The mail of a scheduler that has stopped, where nothing can be looked up."""
    kind, language = KINDS["scheduler_stopped"], known(to.language)
    why, help_ = TROUBLES.get(trouble) or TROUBLES["database"]
    letter = Letter(
        subject=gettext(language, kind.subject),
        what=gettext(language, kind.what),
        means=gettext(language, N_("Tell whoever runs this installation.")),
        press=gettext(language, kind.press),
        url=installation.base_url + PATHS[HOME].format(slug=to.slug),
        workspace=to.workspace,
        language=language,
        lines=[
            (gettext(language, N_("Why")), gettext(language, why)),
            (gettext(language, N_("What to do")), gettext(language, help_)),
        ],
    )
    text, html = render(letter)
    now, reader = installation.now(), hashlib.sha256(to.email.encode()).hexdigest()[:16]
    return Email(
        message_id=f"trouble-{int(now.timestamp())}-{reader}@{host_of(installation)}",
        sender="",
        sender_name=to.workspace,
        to=to.email,
        subject=letter.subject,
        text=text,
        html=html,
        date=now,
        headers=_AUTOMATIC,
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    package = Path(__file__).resolve().parents[2]
    # Inside the package in a wheel, beside it in a checkout.
    folders = [str(package / "templates" / "mail"), str(package.parent / "templates" / "mail")]
    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=select_autoescape(["html"], default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def render(letter: Letter) -> tuple[str, str]:
    """The letter as plain text and as HTML."""

    def _(message: str, **params: object) -> str:
        return gettext(letter.language, message) % params if params else gettext(letter.language, message)

    parts = [_environment().get_template(f"notice.{kind}").render(letter=letter, _=_) for kind in ("txt", "html")]
    return re.sub(r"\n{3,}", "\n\n", parts[0].strip()) + "\n", parts[1]

"""Finding the words of a mail, in its reader's language and the office's time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.markup import first_words, shown_words
from commsched.core.content.mentions import plainly
from commsched.core.platform.email import Email, InlineImage
from commsched.core.text.catalogues import all_of, gettext
from commsched.core.text.languages import known
from commsched.core.text.length import split_thread
from commsched.core.text.messages import N_
from commsched.core.timing import dates
from commsched.services.kernel.context import Installation, name_of
from commsched.services.kernel.heartbeats import TROUBLES
from commsched.services.notices import mail_pictures
from commsched.services.notices.details import brief, details
from commsched.services.notices.gathering import ASKS
from commsched.services.notices.kinds import DECIDE, HOME, ITEM, KINDS, PATHS, kind_of
from commsched.services.notices.letters import Letter, Picture, Request, host_of, render
from commsched.store.models import AuditEntry, Item, Notice, Person, Revision, Workspace

if TYPE_CHECKING:
    from commsched.services.notices.digest import DayList

_AUTOMATIC: Final = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
MOST_PARTS: Final = 6
"""Parts of a thread that a letter shows."""
_ASKED_BY: Final = N_("%(who)s asks you to approve %(n)s items")
_WAIT: Final = N_("%(n)s items wait for your approval")
_DAILY: Final = N_("What was said until %(day)s")
_ASKED_MEANS: Final = N_("Each is approved by itself. What its page shows is exactly what will be published.")
_LINKS_NOTE: Final = N_("The links are for you alone and work once each, for seven days. You need not sign in.")
_DAILY_NOTE: Final = N_("You get this once a day. Choose something else under My account.")
_SOON: Final = {0: N_("today"), 1: N_("tomorrow")}
_DAYS: Final = N_("in %(days)s days")


def write(
    installation: Installation,
    session: Session,
    rows: Sequence[Notice],
    person: Person,
    workspace: Workspace,
    now: datetime,
) -> Email:
    """The mail of one notice, or of several to one person, in its reader's language and the office's time."""
    row = rows[0]
    item = session.get(Item, row.item_id) if row.item_id else None
    if len(rows) > 1:
        letter, pictures = together(installation, session, rows, person, workspace, now)
    else:
        letter = compose(installation, session, row, person, workspace, item, now)
        picture = _picture(installation, session, row, item)
        letter.picture, pictures = (picture[0], [picture[1]]) if picture is not None else (None, [])
    text, html = render(letter)
    thread = {"References": f"<item-{item.uid}@{host_of(installation)}>"} if item is not None and len(rows) == 1 else {}
    return Email(
        message_id=f"notice-{row.id}-{int(row.created_at.timestamp())}@{host_of(installation)}",
        sender="",
        sender_name=workspace.name,
        to=person.email,
        subject=letter.subject,
        text=text,
        html=html,
        date=row.created_at,
        headers=_AUTOMATIC | thread,
        images=tuple(pictures),
    )


def together(
    installation: Installation,
    session: Session,
    rows: Sequence[Notice],
    person: Person,
    workspace: Workspace,
    now: datetime,
) -> tuple[Letter, list[InlineImage]]:
    """One letter of several notices, each with its link, and the pictures it shows."""
    language = known(person.language)
    requests, pictures = [], []
    for row in rows:
        item = session.get(Item, row.item_id) if row.item_id else None
        letter = compose(installation, session, row, person, workspace, item, now)
        picture = _picture(installation, session, row, item)
        if picture is not None:
            pictures.append(picture[1])
        requests.append(_request(letter, picture[0] if picture else None))
    asks = rows[0].kind in ASKS
    askers = {_asker(session, row, language) for row in rows}
    by = askers.pop() if asks and len(askers) == 1 else ""
    day = dates.long_day(dates.local(now, workspace.zone).date(), language)
    words = {"n": len(rows), "who": _given_name(by), "day": day}
    subject = (_ASKED_BY if by else _WAIT) if asks else _DAILY
    return Letter(
        subject=gettext(language, subject) % words,
        what=gettext(language, subject) % words,
        means=gettext(language, _ASKED_MEANS) if asks else "",
        press="",
        url="",
        workspace=workspace.name,
        language=language,
        requests=requests,
        note=gettext(language, _LINKS_NOTE) if asks else gettext(language, _DAILY_NOTE),
    ), pictures


def _request(letter: Letter, picture: Picture | None) -> Request:
    said = [(who, words) for listed in letter.lists for _when, who, words in listed.lines]
    if letter.comment:
        said.append(("", letter.comment))
    return Request(letter.what, letter.lines + said, letter.excerpt, letter.press, letter.url, picture)


def _picture(
    installation: Installation, session: Session, row: Notice, item: Item | None
) -> tuple[Picture, InlineImage] | None:
    return mail_pictures.shown(installation, session, item, row) if item is not None and row.kind in ASKS else None


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
    kind, language = kind_of(row), known(person.language)

    def say(message: str, **more: object) -> str:
        return gettext(language, message) % (values | more) if message else ""

    values = _values(session, row, person, workspace, item, language, now)
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
    letter.lines = details(installation, session, row, workspace, item, language, now)
    if kind.to == DECIDE and row.link_token:
        letter.note = say(N_("The link is for you alone and works once, for seven days. You need not sign in."))
    if kind.shows_item and item is not None:
        letter.excerpt = _excerpt(session, item)
    letter.lists = _lists(installation, session, row, workspace, item, language, now)
    return letter


def _lists(
    installation: Installation,
    session: Session,
    row: Notice,
    workspace: Workspace,
    item: Item | None,
    language: str,
    now: datetime,
) -> list[DayList]:
    """What a letter of this kind lists."""
    if row.kind == "commented" and item is not None:
        return [_talk(session, row, item, workspace, language, now)]
    if row.kind == "consent_ending":
        return [_consents(row, language)]
    if row.kind == "week":
        from commsched.services.notices import week

        return week.lists(session, workspace, language, now)
    if row.kind == "morning":
        from commsched.services.notices.digest import day_lists

        return day_lists(installation, session, workspace, language, now)
    return []


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
    session: Session, row: Notice, person: Person, workspace: Workspace, item: Item | None, language: str, now: datetime
) -> dict[str, object]:
    facts, by = row.facts, _asker(session, row, language)
    return {
        "title": (item.title if item is not None else "") or gettext(language, N_("Untitled")),
        "by": by,
        "who": _given_name(by),
        "brief": brief(session, item, workspace, language, now) if row.kind in ASKS and item is not None else "",
        "relay": facts.get("relay") or "",
        "channel": facts.get("channel") or "",
        "email": person.email,
        "place": workspace.name,
        "expires": gettext(language, _SOON.get(int(facts.get("days", 2)), _DAYS)) % {"days": facts.get("days", "")},
        "days": facts.get("days", ""),
        "count": facts.get("count", ""),
        "hours": facts.get("hours", ""),
        "day": dates.long_day(dates.local(now, workspace.zone).date(), language),
        "week": gettext(language, N_("w. %(week)s")) % {"week": dates.week(dates.local(now, workspace.zone).date())},
    }


def _by(names: str | list[str] | None, language: str) -> str:
    """Who did it; several as people say them. An older notice has them in one line."""
    return all_of(names, language) if isinstance(names, list) else name_of(names or "", language)


def _asker(session: Session, row: Notice, language: str) -> str:
    """Who did it: in a letter that asks for an approval, whoever sent the item in."""
    by = row.facts.get("by")
    if by is None and row.kind in ASKS:
        by = session.scalar(
            select(AuditEntry.actor)
            .where(AuditEntry.item_id == row.item_id, AuditEntry.workspace_id == row.workspace_id)
            .where(AuditEntry.action == "item.submitted")
            .order_by(AuditEntry.id.desc())
            .limit(1)
        )
    return _by(by, language) or gettext(language, N_("Somebody"))


def _given_name(name: str) -> str:
    """What a subject calls somebody, since it is short."""
    return name.split()[0] if name.split() else name


def _excerpt(session: Session, item: Item) -> list[str]:
    """How the item begins; of a thread, how each of its first parts does."""
    revision = session.scalar(select(Revision).where(Revision.id == item.revision_id))
    if revision is None:
        return []
    content = plainly(revision.parsed())
    parts = split_thread(content.text) if content.kind == "post" else []
    if len(parts) < 2:
        words = shown_words(content, content.text, 280)
        return [words] if words else []
    more = [f"… (+{len(parts) - MOST_PARTS})"] if len(parts) > MOST_PARTS else []
    return [first_words(part, 280) for part in parts[:MOST_PARTS]] + more


def _url(installation: Installation, to: str, row: Notice, workspace: Workspace) -> str:
    token = installation.vault.unseal(row.link_token) if row.link_token else ""
    if token.startswith(installation.base_url):
        return token
    if to == DECIDE and not token:
        to = ITEM
    delivery, message = row.facts.get("delivery", ""), row.facts.get("message", "")
    return installation.base_url + PATHS[to].format(
        slug=workspace.slug, item=row.item_id, token=token, delivery=delivery, message=message
    )


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

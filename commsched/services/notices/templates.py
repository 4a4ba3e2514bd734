"""Finding the words of a mail, in its reader's language and the office's time."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.markup import shown_words
from commsched.core.platform.contract import Email
from commsched.core.text.catalogues import all_of, gettext
from commsched.core.text.languages import known
from commsched.core.text.messages import N_
from commsched.core.timing import dates
from commsched.services.kernel.context import Installation, name_of
from commsched.services.kernel.heartbeats import TROUBLES
from commsched.services.notices.details import details
from commsched.services.notices.kinds import DECIDE, HOME, ITEM, KINDS, PATHS
from commsched.services.notices.letters import Letter, host_of, render
from commsched.store.models import Item, Notice, Person, Revision, Workspace

if TYPE_CHECKING:
    from commsched.services.notices.digest import DayList

_AUTOMATIC: Final = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
_SOON: Final = {0: N_("today"), 1: N_("tomorrow")}
_DAYS: Final = N_("in %(days)s days")


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
    letter.lines = details(installation, session, row, workspace, item, language, now)
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
        "place": workspace.name,
        "expires": gettext(language, _SOON.get(int(facts.get("days", 2)), _DAYS)) % {"days": facts.get("days", "")},
        "days": facts.get("days", ""),
        "day": dates.long_day(dates.local(now, workspace.zone).date(), language),
    }


def _by(names: str | list[str] | None, language: str) -> str:
    """Who did it; several as people say them. An older notice has them in one line."""
    return all_of(names, language) if isinstance(names, list) else name_of(names or "", language)


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

"""What stands in a release beside its running text, in words for its readers: the event of an invitation, whom to call.
The mail, the PDF and the press kit say it from here, in the release's own language."""

from __future__ import annotations

from datetime import datetime

import msgspec

from commsched.core.content.fields import boxes
from commsched.core.content.model import Content
from commsched.core.content.release import GENRES, Event
from commsched.core.text.catalogues import gettext
from commsched.core.text.languages import SOURCE, known
from commsched.core.text.messages import N_
from commsched.core.timing import dates


class Box(msgspec.Struct, frozen=True):
    """A text that stands apart from the running one: ``body`` says what it is written in, as
    :attr:`commsched.core.content.fields.TextField.body`."""

    heading: str
    text: str
    body: str
    note: str = ""
    repeats: bool = False


def language_of(content: Content) -> str:
    return known(content.language, SOURCE)


def genre(content: Content) -> str:
    """What it is, above the headline; empty for a post."""
    return gettext(language_of(content), GENRES.get(content.genre, "")) if content.kind == "release" else ""


def press_boxes(content: Content) -> list[Box]:
    """Every box of a release, in reading order. Contact persons stand in the one of the press contact."""
    language = language_of(content)
    whole = msgspec.structs.replace(content, contact=contact_of(content))
    return [
        Box(
            gettext(language, field.heading),
            text.strip(),
            field.body,
            gettext(language, field.note) if field.note else "",
            field.repeats,
        )
        for field, text in boxes(whole)
    ]


def contact_of(content: Content) -> str:
    """Whom the press may call: each person's lines, then what was written as running text."""
    people = ["\n".join(person.lines) for person in content.contacts]
    return "\n\n".join(block for block in (*people, content.contact.strip()) if block)


def event_of(content: Content) -> Event | None:
    """What the release invites to, where it does and the time is known."""
    event = content.event
    return event if event is not None and event.starts_at is not None else None


def is_called_off(content: Content) -> bool:
    """Whether what it invites to does not take place."""
    event = event_of(content)
    return event is not None and event.called_off


def event_rows(content: Content) -> list[tuple[str, str]]:
    """What an invitation is to, as rows of a label and what is said; empty for what invites to nothing."""
    event, language = event_of(content), language_of(content)
    if event is None or event.starts_at is None:
        return []
    place = ", ".join(part for part in (event.place, event.address) if part)
    answer = _moment(event.reply_by_at, event.zone, language) if event.reply_by_at else ""
    if event.called_off:
        answer = ""
    rows = [
        (N_("Please note"), gettext(language, N_("The event is called off")) if event.called_off else ""),
        (N_("When"), span(event.starts_at, event.ends_at, event.zone, language)),
        (N_("Where"), place),
        (N_("Can be interviewed"), event.people.strip()),
        (N_("Please answer by"), answer),
        (N_("Answer to"), "" if event.called_off else event.reply_to),
    ]
    return [(gettext(language, label), said) for label, said in rows if said]


def span(starts: datetime, ends: datetime | None, zone: str, language: str) -> str:
    """``torsdag 10 december 2026 kl. 10.00–11.30``, on the clock of ``zone``; two whole moments where it ends on
    another day."""
    first = _moment(starts, zone, language)
    if ends is None or ends <= starts:
        return first
    if dates.local(starts, zone).date() != dates.local(ends, zone).date():
        return f"{first} – {_moment(ends, zone, language)}"
    wall = dates.local(ends, zone)
    hour = gettext(language, N_("%(hour)s:%(minute)s")) % {"hour": f"{wall:%H}", "minute": f"{wall:%M}"}
    return f"{first}–{hour}"


def _moment(moment: datetime, zone: str, language: str) -> str:
    wall = dates.local(moment, zone)
    day = dates.long_day(wall.date(), language, year=True)
    words = gettext(language, N_("%(day)s at %(hour)s:%(minute)s"))
    return words % {"day": day, "hour": f"{wall:%H}", "minute": f"{wall:%M}"}

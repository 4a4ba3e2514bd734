"""Between what was handed in of a release's rows and what is kept of them: contact persons, event, other languages.

Each line is kept as one line, whatever door it came in by, since it may stand in the head of a mail or of a calendar
file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from commsched.core.content.draft import ContactIn, DraftIn, EventIn, QuoteIn, VersionIn
from commsched.core.content.fields import TEXT_FIELDS
from commsched.core.content.model import Content
from commsched.core.content.release import INVITATION, TRANSLATED, ContactPerson, Event, LanguageVersion, Quote, utc
from commsched.core.text.clean import one_line, settled
from commsched.core.text.messages import N_, Invalid
from commsched.core.timing.wall_time import read_time, zone_of

EVENT_TIMES: Final = ("starts", "ends", "reply_by")
"""The times of an event, by the names that they have in what is handed in."""

_SHAPES: Final = {field.name: field for field in TEXT_FIELDS}


def event_field(name: str) -> str:
    """What a field of the event is called in an error."""
    return f"event.{name}"


def quotes_from(quotes: Iterable[QuoteIn]) -> list[Quote]:
    """The quotations as they are kept."""
    return [Quote(text=quote.text, person=quote.person, role=one_line(quote.role)) for quote in quotes]


def contacts_from(draft: DraftIn) -> list[ContactPerson]:
    """The contact persons, without rows that say nothing."""
    rows = [_person(row) for row in draft.contacts]
    return [row for row in rows if row.lines]


def _person(row: ContactIn) -> ContactPerson:
    return ContactPerson(
        name=one_line(row.name),
        role=one_line(row.role),
        phone=one_line(row.phone),
        email=one_line(row.email),
        hours=one_line(row.hours),
    )


def event_from(draft: DraftIn, zone: str) -> Event | None:
    """The event of an invitation, in an office whose clocks go by ``zone``. Raises :class:`Invalid`, ``Gap`` and
    ``Fold`` as :func:`commsched.core.timing.wall_time.read_time`, by the field, and for an event that is no
    invitation's."""
    if not _invites(draft):
        if draft.event is not None:
            words = N_("Only a press invitation has an event. Choose that genre, or leave the event out.")
            raise Invalid(words, "event")
        return None
    return _kept_event(draft.event or draft.event_aside, zone)


def aside_from(draft: DraftIn, zone: str) -> Event | None:
    """What was written of an event that nobody is invited to while the genre is another. Raises as
    :func:`event_from`."""
    return None if _invites(draft) and draft.event is None else _kept_event(draft.event_aside, zone)


def _invites(draft: DraftIn) -> bool:
    return draft.kind == "release" and draft.genre == INVITATION


def _kept_event(event: EventIn | None, zone: str) -> Event | None:
    if event is None:
        return None
    zone = event.zone or zone
    zone_of(zone)

    def moment(name: str) -> str:
        typed: str = getattr(event, name)
        return utc(read_time(typed, zone, field=event_field(name)).at) if typed else ""

    kept = Event(
        zone=zone,
        place=one_line(event.place),
        address=one_line(event.address),
        people=settled(event.people, event_field("people")).strip(),
        reply_to=one_line(event.reply_to),
        called_off=event.called_off,
        starts=moment("starts"),
        ends=moment("ends"),
        reply_by=moment("reply_by"),
    )
    return None if kept == Event(zone=zone) else kept


def versions_from(draft: DraftIn) -> list[LanguageVersion]:
    """The release in other languages. Raises :class:`Invalid` where two are in one language."""
    tags = [draft.language.lower(), *(version.language.lower() for version in draft.versions)]
    if len(set(tags)) < len(tags):
        raise Invalid(N_("There are two texts in the same language. Keep one of them."), "versions")
    return [_version(version) for version in draft.versions]


def _version(version: VersionIn) -> LanguageVersion:
    texts = {name: _SHAPES[name].kept(settled(getattr(version, name), "versions")) for name in TRANSLATED}
    return LanguageVersion(language=version.language, quotes=quotes_from(version.quotes), **texts)


def quotes_in(quotes: Iterable[Quote]) -> list[QuoteIn]:
    """Kept quotations as they could be handed in again."""
    return [QuoteIn(text=quote.text, person=quote.person, role=quote.role) for quote in quotes]


def contacts_in(content: Content) -> list[ContactIn]:
    """The contact persons as they could be handed in again."""
    return [
        ContactIn(name=row.name, role=row.role, phone=row.phone, email=row.email, hours=row.hours)
        for row in content.contacts
    ]


def event_in(content: Content) -> EventIn | None:
    """The event as it could be handed in again."""
    return _handed_in(content.event)


def aside_in(content: Content) -> EventIn | None:
    """The event that is put by, as it could be handed in again."""
    return _handed_in(content.event_aside)


def _handed_in(kept: Event | None) -> EventIn | None:
    if kept is None:
        return None
    return EventIn(**{name: getattr(kept, name) for name in EventIn.__struct_fields__})


def versions_in(content: Content) -> list[VersionIn]:
    """The other languages as they could be handed in again."""
    return [
        VersionIn(
            language=version.language,
            quotes=quotes_in(version.quotes),
            **{name: getattr(version, name) for name in TRANSLATED},
        )
        for version in content.versions
    ]


_ADDRESS: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_NUMBER: Final = re.compile(r"\+?[\d(][\d \-\u2010-\u2013()]{4,20}\d")
_BETWEEN: Final = re.compile(r"[,;|\n\t]|\s[–—]\s")
_LABEL: Final = re.compile(
    r"^(?:tel(?:efon)?|mob(?:il)?|phone|e-?post|e-?mail|mejl|kontakt|presskontakt)\b[.: ]*", re.IGNORECASE
)
_MOST_READ: Final = 2_000


def contacts_in_text(text: str) -> list[ContactPerson]:
    """The contact persons in running text, as offices wrote them before they were rows: “Elin Berg, pressekreterare,
    070-123 45 67, elin@…”, a person a line or a paragraph. Empty where nobody can be reached by it."""
    blocks = [block for block in re.split(r"\n\s*\n", settled(text[:_MOST_READ]).strip()) if block.strip()]
    people = [person for block in blocks for person in _people_in(block)]
    return people if all(person.phone or person.email for person in people) else []


def _people_in(block: str) -> list[ContactPerson]:
    """One person a line where each line can be followed to somebody; else the block is one person."""
    lines = [line for line in block.split("\n") if line.strip()]
    apart = [_read_person(line) for line in lines]
    if len(lines) > 1 and all(person.name and (person.phone or person.email) for person in apart):
        return apart
    return [_read_person(block)]


def _read_person(said: str) -> ContactPerson:
    email, phone = _ADDRESS.search(said), _NUMBER.search(said)
    for match in (email, phone):
        said = said.replace(match[0], "\n") if match else said
    words = [_LABEL.sub("", part.strip(" .:")).strip(" .:") for part in _BETWEEN.split(said)]
    words = [word for word in words if word]
    return ContactPerson(
        name=words[0] if words else "",
        role=", ".join(words[1:]),
        phone=phone[0].strip() if phone else "",
        email=email[0] if email else "",
    )

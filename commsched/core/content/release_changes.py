"""The parts of a release that differ between two versions, each as text under a label of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from commsched.core.content.fields import TEXT_FIELDS
from commsched.core.content.model import Content
from commsched.core.content.release import TRANSLATED, ContactPerson, Event, LanguageVersion, Quote
from commsched.core.text.messages import N_, Message
from commsched.core.timing.dates import local

_TEXT_LABELS: Final = {field.name: field.label for field in TEXT_FIELDS}
EVENT_LABELS: Final = {
    "called_off": N_("Called off"),
    "starts": N_("Begins"),
    "ends": N_("Ends"),
    "place": N_("Place"),
    "address": N_("Address"),
    "people": N_("Who takes part and can be interviewed"),
    "reply_by": N_("Answers asked for until"),
    "reply_to": N_("Answers go to"),
    "zone": N_("Time zone"),
}
"""What the office calls each part of an event, in the order in which they are read."""


class PartChange(msgspec.Struct, frozen=True):
    """One part of a release that differs, as it was and as it is; empty where it is not there."""

    field: str
    label: Message
    was: str
    now: str


def part_changes(old: Content, new: Content) -> list[PartChange]:
    """Every contact person, part of the event and text of another language that differs, in reading order."""
    pairs = [*_contacts(old, new), *_event(old.event, new.event), _aside(old, new), *_versions(old, new)]
    return [part for part in pairs if part.was != part.now]


def quoted(quotes: Iterable[Quote]) -> str:
    """Quotations as they read in a comparison."""
    return "\n".join(f"– {quote.text} ({quote.speaker})" if quote.speaker else f"– {quote.text}" for quote in quotes)


def _contacts(old: Content, new: Content) -> Iterator[PartChange]:
    was, now = (_people(content.contacts) for content in (old, new))
    yield PartChange("contacts", Message(N_("Contact persons")), was, now)


def _people(people: Iterable[ContactPerson]) -> str:
    return "\n".join(" · ".join(person.lines) for person in people)


def _event(old: Event | None, new: Event | None) -> Iterator[PartChange]:
    for name, label in EVENT_LABELS.items():
        was, now = (_of_event(event, name) for event in (old, new))
        yield PartChange(f"event.{name}", Message(label), was, now)


def _aside(old: Content, new: Content) -> PartChange:
    was, now = (_spelled(content.event_aside) for content in (old, new))
    return PartChange("event_aside", Message(N_("Event that is put by, sent to nobody")), was, now)


def _spelled(event: Event | None) -> str:
    said = [(label, _of_event(event, name)) for name, label in EVENT_LABELS.items() if name != "zone"]
    return "\n".join(text for _label, text in said if text)


def _of_event(event: Event | None, name: str) -> str:
    if event is None:
        return ""
    moment = {"starts": event.starts_at, "ends": event.ends_at, "reply_by": event.reply_by_at}.get(name)
    if moment is not None:
        return f"{local(moment, event.zone):%Y-%m-%d %H:%M}"
    said = getattr(event, name)
    return said if isinstance(said, str) else "✓" if said else ""


def _versions(old: Content, new: Content) -> Iterator[PartChange]:
    before, after = ({version.language: version for version in content.versions} for content in (old, new))
    for language in dict.fromkeys([*before, *after]):
        yield from _version(language, before.get(language), after.get(language))


def _version(language: str, old: LanguageVersion | None, new: LanguageVersion | None) -> Iterator[PartChange]:
    for name in TRANSLATED:
        was, now = (str(getattr(version, name)) if version else "" for version in (old, new))
        yield PartChange(f"versions.{language}.{name}", _in(language, _TEXT_LABELS[name]), was, now)
    said = [quoted(version.quotes) if version else "" for version in (old, new)]
    yield PartChange(f"versions.{language}.quotes", _in(language, N_("Quotes")), *said)


def _in(language: str, label: str) -> Message:
    return Message(N_("%(what)s, in another language (%(language)s)"), {"what": Message(label), "language": language})

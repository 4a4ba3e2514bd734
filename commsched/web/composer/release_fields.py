"""What stands in the composer's fields of a release: contact persons, the event of an invitation, other languages.

As in :mod:`commsched.web.composer.fields`, nothing is judged or cleaned here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec
from werkzeug.datastructures import MultiDict

from commsched.core.content.draft import DraftIn, EventIn
from commsched.core.content.release import INVITATION, TRANSLATED, ContactPerson
from commsched.core.content.release_draft import EVENT_TIMES, contacts_in_text
from commsched.core.timing.wall_time import zone_of
from commsched.web.components.clock_input import WallFields, read_wall, typed

if TYPE_CHECKING:
    from commsched.web.composer.fields import Fields

CONTACT: Final = ("name", "role", "phone", "email", "hours")
"""The fields of a contact person, in the order of the form."""
EVENT_TEXTS: Final = ("place", "address", "people", "reply_to")
QUOTE: Final = ("text", "person", "role")
MOST_ROWS: Final = 60
"""Rows of one kind that are read from a form; more are refused by the draft itself."""
MOST_VERSIONS: Final = 20
_TAG: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")

Row = tuple[str, ...]


class EventFields(msgspec.Struct):
    """The event of an invitation: its times as the form has them, and its texts by their names."""

    times: dict[str, WallFields] = msgspec.field(default_factory=lambda: {name: WallFields() for name in EVENT_TIMES})
    texts: dict[str, str] = msgspec.field(default_factory=lambda: dict.fromkeys(EVENT_TEXTS, ""))
    zone: str = ""
    """The clock its times are on, where that is not the office's."""
    called_off: bool = False

    @property
    def empty(self) -> bool:
        """Nobody has written anything of it."""
        return not any(wall.value for wall in self.times.values()) and not any(self.texts.values())


class VersionFields(msgspec.Struct):
    """The release in another language: its texts by their names, and its quotations."""

    language: str
    texts: dict[str, str] = msgspec.field(default_factory=lambda: dict.fromkeys(TRANSLATED, ""))
    quotes: list[Row] = msgspec.field(default_factory=list)


def contact_row(person: ContactPerson) -> Row:
    """A contact person as a row of the form."""
    return tuple(getattr(person, name) for name in CONTACT)


def rows(form: MultiDict[str, str], head: str, names: tuple[str, ...]) -> list[Row]:
    """The rows of one kind, without those that are empty. A form that lacks a column has it empty in every row."""
    columns = [form.getlist(f"{head}-{name}")[:MOST_ROWS] for name in names]
    many = max(map(len, columns))
    filled = [[*column, *[""] * (many - len(column))] for column in columns]
    return [tuple(map(typed, row)) for row in zip(*filled, strict=True) if any(cell.strip() for cell in row)]


def event_of(form: MultiDict[str, str]) -> EventFields:
    """The posted event."""
    return EventFields(
        {name: read_wall(form, f"event-{name}") for name in EVENT_TIMES},
        {name: typed(form.get(f"event-{name}", "")) for name in EVENT_TEXTS},
        form.get("event-zone", "")[:100],
        form.get("event-called_off", "") == "1",
    )


def versions_of(form: MultiDict[str, str]) -> list[VersionFields]:
    """The posted versions in other languages."""
    tags = [tag for tag in form.getlist("version")[:MOST_VERSIONS] if len(tag) <= 35 and _TAG.fullmatch(tag)]
    return [_version(form, tag) for tag in dict.fromkeys(tags)]


def _version(form: MultiDict[str, str], tag: str) -> VersionFields:
    texts = {name: typed(form.get(f"v-{tag}-{name}", "")) for name in TRANSLATED}
    return VersionFields(tag, texts, rows(form, f"v-{tag}-quote", QUOTE))


def read_draft(fields: Fields, draft: DraftIn, zone: str) -> None:
    """Put the parts of a stored release in ``fields``."""
    fields.contacts = [tuple(getattr(person, name) for name in CONTACT) for person in draft.contacts]
    fields.versions = [
        VersionFields(
            version.language,
            {name: getattr(version, name) for name in TRANSLATED},
            [(quote.text, quote.person, quote.role) for quote in version.quotes],
        )
        for version in draft.versions
    ]
    if (event := draft.event or draft.event_aside) is not None:
        fields.event = _stored_event(event, zone)


def _stored_event(event: EventIn, zone: str) -> EventFields:
    own = event.zone or zone
    times = {name: WallFields.of(_moment(getattr(event, name)), own) for name in EVENT_TIMES}
    texts = {name: str(getattr(event, name)) for name in EVENT_TEXTS}
    return EventFields(times, texts, own if own != zone else "", event.called_off)


def _moment(kept: str) -> datetime | None:
    return datetime.fromisoformat(kept) if kept else None


def raw(fields: Fields) -> dict[str, object]:
    """The parts of a release as the draft is converted from; without the event, whose times must be read first."""
    return {
        "contacts": [dict(zip(CONTACT, row, strict=True)) for row in fields.contacts],
        "versions": [
            {
                "language": each.language,
                **each.texts,
                "quotes": [dict(zip(QUOTE, row, strict=True)) for row in each.quotes],
            }
            for each in fields.versions
        ],
        ("event" if is_invitation(fields) else "event_aside"): (
            None
            if fields.event.empty
            else {**fields.event.texts, "zone": fields.event.zone, "called_off": fields.event.called_off}
        ),
    }


def quote_rows(quotes: list[Row]) -> list[dict[str, str]]:
    """Quotations as the draft is converted from."""
    return [dict(zip(QUOTE, row, strict=True)) for row in quotes]


def is_invitation(fields: Fields) -> bool:
    """Whether what is typed of an event is what the item invites to. In another genre it is put by, and not lost."""
    return fields.kind == "release" and fields.texts["genre"] == INVITATION


def event_zone(fields: Fields, zone: str) -> str:
    """The clock that the event's times are read on."""
    try:
        return str(zone_of(fields.event.zone)) if fields.event.zone else zone
    except ValueError:
        return zone


def spelled_rows(rows: list[Row]) -> str:
    """Rows as they read in a comparison."""
    return "\n".join(" · ".join(cell for cell in row if cell) for row in rows)


def spelled_event(event: EventFields) -> str:
    """The event as it reads in a comparison."""
    times = [wall.value.replace("T", " ") for wall in event.times.values()]
    return "\n".join(part for part in ("✓" if event.called_off else "", *times, *event.texts.values()) if part)


def spelled_versions(versions: list[VersionFields]) -> str:
    """The versions in other languages as they read in a comparison."""
    return "\n\n".join(
        "\n".join([f"[{each.language}]", *filter(None, each.texts.values()), spelled_rows(each.quotes)]).strip()
        for each in versions
    )


def pressed(fields: Fields, press: str, form: Mapping[str, str]) -> bool:
    """Do what ``press`` says, where it is about a part of a release: take a contact person from the office's book
    (``contact:3``, whose cells the form has), make rows of contacts that were written as text (``contact:text``), begin
    a version in another language (``version:add``), drop one (``version:drop:en``)."""
    verb, _, what = press.partition(":")
    if verb == "contact":
        people = contacts_in_text(fields.texts["contact"]) if what == "text" else []
        known = [*map(contact_row, people), tuple(form.get(f"book-{what}-{name}", "") for name in CONTACT)]
        fields.contacts += [row for row in known if any(row) and row not in fields.contacts]
        fields.texts["contact"] = "" if people else fields.texts["contact"]
        return True
    if verb != "version":
        return False
    deed, _, tag = what.partition(":")
    wanted = form.get("new_version", "")
    tags = [version.language for version in fields.versions]
    if deed == "drop":
        fields.versions = [version for version in fields.versions if version.language != tag]
    elif _TAG.fullmatch(wanted[:35]) and wanted not in (*tags, fields.texts["language"]):
        fields.versions.append(VersionFields(wanted))
    return True

"""The texts of an item, described once: whoever shows, searches, compares or prints them reads this table.

A field is an attribute of :class:`~commsched.core.content.model.Content` and, with its limit, of
:class:`~commsched.core.content.draft.DraftIn`; everything else about it stands here.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from commsched.core.content.links import whole_address
from commsched.core.content.model import Content
from commsched.core.content.release import lines_of_event
from commsched.core.text.clean import one_line
from commsched.core.text.messages import N_


class TextField(msgspec.Struct, frozen=True):
    """One text of an item. Labels and headings are msgids."""

    name: str
    label: str
    """What the office calls it: where two versions are compared."""
    shape: Literal["text", "line", "address", "trimmed", "choice"] = "text"
    """How it is kept: as written, in one line, as an address on the web, or without space at its ends. A choice is one
    word of a few."""
    searchable: bool = False
    heading: str = ""
    """What readers see above it, for a text that stands in a box of its own below the others."""
    body: Literal["markup", "lines", "people"] = "lines"
    """What is in the box: Markdown, plain lines, or people with telephone numbers and addresses to follow."""
    note: str = ""
    """What readers are told of the box."""
    repeats: bool = False
    """It says again what the other texts say, so that what is read from end to end leaves it out."""

    def kept(self, value: str) -> str:
        """``value`` as it is kept. Space is all that it loses; an address is made whole."""
        match self.shape:
            case "line":
                return one_line(value)
            case "address":
                return whole_address(one_line(value))
            case "trimmed":
                return value.strip()
        return value


TEXT_FIELDS: Final = (
    TextField("title", N_("Headline"), shape="line", searchable=True),
    TextField("lead", N_("Lead"), searchable=True),
    TextField("text", N_("Text"), searchable=True),
    TextField("facts", N_("Facts box"), searchable=True, heading=N_("Facts"), body="markup"),
    TextField(
        "short",
        N_("Short version"),
        searchable=True,
        heading=N_("Short version"),
        note=N_("May be printed as it is."),
        repeats=True,
    ),
    TextField("contact", N_("Press contact"), heading=N_("Press contact"), body="people"),
    TextField("about", N_("About the sender"), heading=N_("About us"), body="markup"),
    TextField("link", N_("Link"), shape="address"),
    TextField("genre", N_("Genre"), shape="choice"),
    TextField("language", N_("Language"), shape="choice"),
    TextField("correction", N_("What is corrected"), shape="trimmed"),
)
"""In the order in which they are read."""

TEXTS: Final = tuple(field.name for field in TEXT_FIELDS)


def texts_of(source: msgspec.Struct) -> dict[str, str]:
    """Every text of ``source``, a draft or a content, by the field's name."""
    return {name: getattr(source, name) for name in TEXTS}


def kept_texts(source: msgspec.Struct) -> dict[str, str]:
    """Every text of ``source`` as it is kept."""
    return {field.name: field.kept(getattr(source, field.name)) for field in TEXT_FIELDS}


def searchable_texts(content: Content) -> list[str]:
    """What a person may look for among the texts, in reading order."""
    return [getattr(content, field.name) for field in TEXT_FIELDS if field.searchable]


def boxes(content: Content) -> list[tuple[TextField, str]]:
    """The texts that stand in boxes of their own, those that say something."""
    filled = ((field, str(getattr(content, field.name))) for field in TEXT_FIELDS if field.heading)
    return [(field, text) for field, text in filled if text.strip()]


def rows_of(content: Content) -> list[str]:
    """What stands in the rows of ``content`` that are no text of the table: contact persons and the event."""
    people = [line for person in content.contacts for line in person.lines]
    return [*people, *(lines_of_event(content.event) if content.event else ())]

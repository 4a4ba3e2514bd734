"""The parts of a press release beside its running text: quotations, contact persons, the event that an invitation is
to, and the same release in other languages. Pure structs; all are within the canonical bytes of a content.

Every field that says nothing is left out of those bytes, so that a release without them keeps its hash.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec

from commsched.core.text.messages import N_

INVITATION: Final = "pressinbjudan"
"""The genre that has an event."""

GENRES: Final = {
    "pressmeddelande": N_("Press release"),
    "debattartikel": N_("Opinion article"),
    "insändare": N_("Letter to the editor"),
    INVITATION: N_("Press invitation"),
}
"""What readers see above a release, by its genre."""


LANGUAGES: Final = {
    "sv": "svenska",
    "en": "English",
    "fi": "suomi",
    "fit": "meänkieli",
    "se": "davvisámegiella",
    "smj": "julevsámegiella",
    "sma": "åarjelsaemien gïele",
    "rom": "romani čhib",
    "yi": "ייִדיש",
    "ar": "العربية",
    "bs": "bosanski",
    "da": "dansk",
    "de": "Deutsch",
    "es": "español",
    "et": "eesti",
    "fa": "فارسی",
    "fr": "français",
    "ku": "kurdî",
    "nb": "norsk bokmål",
    "pl": "polski",
    "so": "Soomaali",
    "ti": "ትግርኛ",
    "tr": "Türkçe",
    "uk": "українська",
}
"""Languages that a Swedish office is read in, by their tags, each as it calls itself. Others are taken too, by their
tags."""
RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur", "yi"})


def language_name(tag: str) -> str:
    """What the language ``tag`` calls itself; the tag where we do not know it."""
    return LANGUAGES.get(tag, tag)


def direction(tag: str) -> str:
    """Which way the language ``tag`` is written, as HTML says it."""
    return "rtl" if tag.partition("-")[0] in RIGHT_TO_LEFT else "ltr"


class Quote(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody's words in a release, and who said them."""

    text: str
    person: str = ""
    role: str = ""
    """What they are: “gruppledare i regionfullmäktige”."""

    @property
    def speaker(self) -> str:
        """The name with the role, in one line."""
        return ", ".join(part for part in (self.person, self.role) if part)


class ContactPerson(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody whom the press may call about a release."""

    name: str = ""
    role: str = ""
    phone: str = ""
    email: str = ""
    hours: str = ""
    """When they are reached: “vardagar 8–17”."""

    @property
    def lines(self) -> list[str]:
        """The person as text: name and role, telephone, address, hours; without what is not known."""
        head = ", ".join(part for part in (self.name, self.role) if part)
        return [line for line in (head, self.phone, self.email, self.hours) if line]


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a press invitation is to. Times are RFC 3339 in UTC; ``zone`` says on which clock people read them."""

    starts: str = ""
    ends: str = ""
    """Empty where nobody said when it ends."""
    zone: str = "Europe/Stockholm"
    place: str = ""
    address: str = ""
    people: str = ""
    """Who takes part and can be interviewed, one person a line."""
    reply_by: str = ""
    """Until when newsrooms are asked to say that they come."""
    reply_to: str = ""
    """The e-mail address that they answer to."""
    called_off: bool = False
    """It does not take place: what a correction tells those who were invited."""
    sequence: int = 0
    """Which wording of the event this is, so that calendars put a correction in the place of what it corrects."""

    @property
    def starts_at(self) -> datetime | None:
        """When it begins, in UTC; ``None`` while that is not known."""
        return _moment(self.starts)

    @property
    def ends_at(self) -> datetime | None:
        """When it ends, in UTC."""
        return _moment(self.ends)

    @property
    def reply_by_at(self) -> datetime | None:
        """The last moment for an answer, in UTC."""
        return _moment(self.reply_by)


class LanguageVersion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The same release in another language. What it leaves empty is not shown in that language."""

    language: str
    title: str = ""
    lead: str = ""
    text: str = ""
    short: str = ""
    facts: str = ""
    about: str = ""
    quotes: list[Quote] = []


TRANSLATED: Final = ("title", "lead", "text", "facts", "short", "about")
"""The texts that a language version has of its own, in reading order."""


def utc(moment: datetime | None) -> str:
    """``moment`` as a content keeps it: RFC 3339 in UTC, or nothing."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else ""


def _moment(kept: str) -> datetime | None:
    return datetime.fromisoformat(kept) if kept else None


def texts_of_version(version: LanguageVersion) -> Iterable[str]:
    """Everything that a reader of ``version`` reads."""
    yield from (getattr(version, name) for name in TRANSLATED)
    yield from (text for quote in version.quotes for text in (quote.text, quote.speaker))


def lines_of_event(event: Event) -> list[str]:
    """What a reader of ``event`` reads beside its times."""
    return [text for text in (event.place, event.address, event.people, event.reply_to) if text]

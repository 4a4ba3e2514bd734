"""What a calendar page is narrowed to, read from its address, and the addresses of its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from flask import url_for

from commsched.core.text.json_values import JsonObject
from commsched.core.text.messages import N_
from commsched.services.views.calendar import GROUPS, Around, CalendarFilter
from commsched.web.calendar.span import WEEKS, Span
from commsched.web.http.i18n import _, translated

WORDS: Final = {
    "writing": N_("Draft, sent back"),
    "review": N_("In review"),
    "approved": N_("Approved"),
    "scheduled": N_("Scheduled"),
    "published": N_("Published"),
    "stopped": N_("Held, failed, needs an answer"),
}
LOOKS: Final = {
    "writing": "draft",
    "review": "in_review",
    "approved": "approved",
    "scheduled": "scheduled",
    "published": "published",
    "stopped": "held",
}
"""Whose colour and icon a filter wears."""


class Address(msgspec.Struct, frozen=True):
    """The page's address, and how it changes when one thing in it does."""

    span: Span
    wanted: CalendarFilter

    def to(self, **changes: object) -> str:
        """The calendar's address with ``changes``; ``None`` takes something away."""
        values = self._values() | changes
        return url_for("calendar.index", **{key: value for key, value in values.items() if value})

    def kept(self) -> list[tuple[str, object]]:
        """What a form that asks for other words carries along."""
        return [(name, value) for name, value in self._values().items() if value and name != "q"]

    def _values(self) -> JsonObject:
        wanted = self.wanted
        return {
            "view": self.span.view if self.span.view != "month" else None,
            "day": self.span.anchor.isoformat(),
            "weeks": self.span.weeks if self.span.weeks != WEEKS else None,
            "state": wanted.group,
            "channel": wanted.channel,
            "person": wanted.person,
            "q": wanted.words,
        }

    @property
    def narrowed(self) -> bool:
        return self.wanted != CalendarFilter()


def chosen(address: Address, around: Around) -> list[tuple[str, str]]:
    """What the page is narrowed to, in words, each with the address where it no longer is."""
    wanted = address.wanted
    words = [
        ("state", translated(WORDS[wanted.group]) if wanted.group else ""),
        ("channel", around.channels.get(wanted.channel or 0, ("",))[0]),
        ("person", around.people.get(wanted.person or 0, "")),
        ("q", f"”{wanted.words}”" if wanted.words else ""),
    ]
    return [(word, address.to(**{name: None})) for name, word in words if word]


def distances() -> list[tuple[int, str]]:
    """How far several items are moved at once: days, and the words for them."""
    return [
        (-7, _("a week earlier")),
        (-1, _("a day earlier")),
        (1, _("a day later")),
        (2, _("two days later")),
        (7, _("a week later")),
        (14, _("two weeks later")),
        (28, _("four weeks later")),
    ]


def read(args: Mapping[str, str]) -> CalendarFilter:
    """What the address asks for; what it cannot mean is left out."""
    group = args.get("state", "")
    return CalendarFilter(
        group=group if group in GROUPS else "",
        channel=_number(args.get("channel", "")),
        person=_number(args.get("person", "")),
        words=" ".join(args.get("q", "").split())[:100],
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None

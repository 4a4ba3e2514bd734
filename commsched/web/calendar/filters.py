"""What a calendar page is narrowed to, read from its address, and the addresses of its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from flask import url_for

from commsched.core.text.json_values import JsonObject
from commsched.core.text.messages import N_
from commsched.services.views.calendar import GROUPS, CalendarFilter
from commsched.web.calendar.span import Span

WORDS: Final = {
    "writing": N_("Being written"),
    "review": N_("In review"),
    "approved": N_("Approved"),
    "scheduled": N_("Scheduled"),
    "published": N_("Published"),
    "stopped": N_("Stopped"),
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
        wanted = self.wanted
        values: JsonObject = {
            "view": self.span.view if self.span.view != "month" else None,
            "day": self.span.anchor.isoformat(),
            "state": wanted.group,
            "channel": wanted.channel,
            "person": wanted.person,
            "q": wanted.words,
        } | changes
        return url_for("calendar.index", **{key: value for key, value in values.items() if value})

    @property
    def narrowed(self) -> bool:
        return self.wanted != CalendarFilter()


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

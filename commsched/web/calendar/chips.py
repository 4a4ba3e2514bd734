"""The chips: a thousand of them on a page, so they are written out with plain string formatting.

What a chip says, in two lines: the state's icon, the time, the channels' icons and as much of the title as fits, with
a small picture at the right where there is one. The state's word is read aloud, shown on hover, and written out where
there is room.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from markupsafe import Markup

from commsched.services.content.neighbours import CLOSE
from commsched.services.views.calendar import FIXED, Around
from commsched.services.views.calendar_rows import Row
from commsched.web.http.badges import STATES
from commsched.web.http.i18n import _, translated
from commsched.web.http.icons import brand_icon, icon
from commsched.web.http.request_context import installation

CLASH: Final = CLOSE
"""Two posts in the same channel closer than this are pointed out."""
_HOUR: Final = int(CLASH.total_seconds()) * 1_000_000


OUTSIDE: Final = "outside"
"""The state of a row that stands for no item of ours: it was posted by another way. Its number is below 0."""
QUIET: Final = frozenset({"published", "filed", "cancelled", OUTSIDE})
"""States in which nobody need look at an item whose day has passed."""


class Placed(msgspec.Struct):
    """An item where it stands: its wall time and its finished chip, with what a dot tells of it."""

    wall: datetime
    html: str
    tone: str
    quiet: bool


class Chips(msgspec.Struct):
    """Writes the chips of one page. What they have in common is computed once."""

    around: Around
    zone: ZoneInfo
    base: str
    """The address of the office's pages, ``/w/slug``."""
    may_move: bool
    near: frozenset[tuple[int, int]] = frozenset()
    """Items and times that stand too close to another in the same channel."""
    paused: bool = False
    """The office is paused, so scheduled items do not go out at their time."""
    filed: frozenset[int] = frozenset()
    """Channels where what "went out" became files: in a demo without a mail server."""
    authors: bool = False
    """Tell who wrote it, and offer a box to tick: in the list."""
    addresses: dict[int, str] = {}
    """Where what was posted by another way is seen, by its number."""
    looks: dict[str, tuple[str, str, str]] = msgspec.field(default_factory=dict)
    nets: dict[str, str] = msgspec.field(default_factory=dict)
    words: dict[str, str] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        self.looks = {key: (look.tone, key, escape(translated(look.word))) for key, look in STATES.items()}
        if self.paused:
            for state in ("scheduled", "begun"):
                tone, _icon, word = self.looks[state]
                self.looks[state] = f"{tone} rests", "paused", f"{word} · {escape(_('paused'))}"
        self.words = {
            "move": escape(_("Move …")),
            "clash": escape(_("Too close")),
            "why": escape(_("Within an hour of another post in the same channel")),
            "untitled": escape(_("Untitled")),
            "tick": escape(_("Choose it")),
            "soon": escape(_("As soon as it is approved")),
        }

    def channels(self, spelled: str) -> str:
        """The icons of ``,3,17,``, each with its channel's name."""
        icons = self.nets.get(spelled)
        if icons is None:
            known = [
                (int(number), self.around.channels[int(number)][0])
                for number in spelled.split(",")
                if number and int(number) in self.around.channels
            ]
            icons = self.nets[spelled] = "".join(
                f'<svg role=img><title>{escape(name)}</title><use href="#n-{number}"/></svg>' for number, name in known
            )
        return icons

    def loose(self, row: Row) -> str:
        """One item without a time (``services.views.calendar.undated``)."""
        number, at, state, title, channels, kind, author, soon, picture = row
        said = self.words["soon"] if soon else ""
        return self.chip((number, at, state, title, channels, kind, author, "", picture), None, said=said)

    def chip(self, row: Row, wall: datetime | None, style: str = "", said: str = "") -> str:
        """One item. ``style`` is one more class of the chip's; ``said`` stands, as markup, where its time would."""
        number, at, _state, title, channels, _kind, _author, alone, picture = row
        if number < 0:
            return self._outside(row, wall, style)
        ident = chip_id(row)
        state = self.state(row)
        tone, drawn, word = self.looks[state]
        return (
            f'<li class="ev is-{tone}{" quiet" if state in QUIET else ""}{style}">'
            f'<a class=ev-a href="{self.base}/items/{number}" id=i{ident}>'
            + (f'<img class=ev-p src="{self.base}/pictures/{picture}?small=1" alt loading=lazy>' if picture else "")
            + f'<span class=ev-l title="{word}"><svg class=ev-i aria-hidden=true><use href="#s-{drawn}"/></svg>'
            f"{f'<time>{wall:%H:%M}</time> ' if wall else ''}{f'<span class=ev-w>{said}</span> ' if said else ''}"
            f"<span class=nets>{self.channels(channels)}</span> "
            f"<span class=ev-t id=t{ident}>{escape(title) or self.words['untitled']}</span></span>"
            f"<span class=ev-s>{word}{self._by(row)}</span>"
            + (self._clash if (number, at) in self.near else "")
            + "</a>"
            + self._tools(ident, number, alone, self.may_move and state not in FIXED)
            + "</li>"
        )

    def _outside(self, row: Row, wall: datetime | None, style: str) -> str:
        """What was posted by another way: grey, it leads out, and nothing can be done with it here."""
        tone, _drawn, word = self.looks[OUTSIDE]
        address = escape(self.addresses.get(row[0], ""))
        link = f'a href="{address}" rel="noopener noreferrer" target=_blank' if address else "span"
        return (
            f'<li class="ev is-{tone} quiet outside{style}"><{link} class=ev-o>'
            f'<span class=ev-l title="{word}"><svg class=ev-i aria-hidden=true><use href="#s-outside"/></svg>'
            f"{f'<time>{wall:%H:%M}</time> ' if wall else ''}<span class=nets>{self.channels(row[4])}</span> "
            f"<span class=ev-t>{escape(row[3]) or self.words['untitled']}</span></span>"
            f"<span class=ev-s>{word}</span></{'a' if address else 'span'}></li>"
        )

    def state(self, row: Row) -> str:
        """The state that a row's chip tells."""
        return "filed" if row[2] == "published" and self.filed and self._only_files(row[4]) else row[2]

    @property
    def _clash(self) -> str:
        return f'<span class=ev-c title="{self.words["why"]}">{_ALERT}{self.words["clash"]}</span>'

    def _by(self, row: Row) -> str:
        name = self.around.people.get(row[6] or 0, "") if self.authors else ""
        return f" · {escape(name)}" if name else ""

    def _tools(self, ident: str, number: int, alone: str, moves: bool) -> str:
        """What stands on a chip beside its link: the move, and in the list the box that chooses it."""
        box = move = ""
        if self.authors and self.may_move and not alone:
            label = f'aria-label="{self.words["tick"]}" aria-describedby=t{ident}'
            box = f"<input class=ev-x type=checkbox form=several name=item value={number} {label}>"
        if moves:
            move = (
                f'<a class=ev-m href="{self.base}/calendar/{number}/move{_query(alone)}" '
                f'aria-label="{self.words["move"]}" aria-describedby=t{ident}></a>'
            )
        return move + box

    def _only_files(self, channels: str) -> bool:
        """Whether what "went out" on all of ``,3,17,`` became files."""
        wanted = {int(number) for number in channels.split(",") if number}
        return bool(wanted) and wanted <= self.filed

    def place(self, rows: Iterable[Row], style: str = "") -> list[Placed]:
        """Every row with its wall time."""
        zone, placed = self.zone, []
        for row in rows:
            wall = datetime.fromtimestamp(row[1] // 1_000_000, zone)
            state = self.state(row)
            placed.append(Placed(wall, self.chip(row, wall, style), self.looks[state][0], state in QUIET))
        return placed


def chip_id(row: Row) -> str:
    """What a chip is called on its page: ``12``, or ``12-3-17`` where channels 3 and 17 have that time alone."""
    return f"{row[0]}-{row[7]}" if row[7] else f"{row[0]}"


def _query(alone: str) -> str:
    """What a chip's address ends in where it is one of ``3-17`` channels' own: they are moved, and no others."""
    return "?" + "&amp;".join(f"channel={number}" for number in alone.split("-")) if alone else ""


_ALERT: Final = '<svg aria-hidden=true><use href="#s-alert"/></svg>'
_SIZE: Final = 16
"""Pixels of an icon on a chip."""


def by_day(placed: Sequence[Placed]) -> dict[date, list[Placed]]:
    """The chips of each day, in order."""
    days: dict[date, list[Placed]] = {}
    for chip in placed:
        days.setdefault(chip.wall.date(), []).append(chip)
    return days


def clashes(rows: Sequence[Row], now: int) -> list[tuple[Row, Row, int]]:
    """Pairs in the same channel within an hour of each other, where at least one can still be moved.

    ``rows`` are in the order of their times; ``now`` in microseconds. The third is the channel.
    """
    last: dict[str, Row] = {}
    clashes = []
    for row in rows:
        at = row[1] or 0
        for channel in row[4].split(","):
            if not channel:
                continue
            before = last.get(channel)
            if before is not None and at - (before[1] or 0) < _HOUR and at > now and row[2] not in FIXED:
                clashes.append((before, row, int(channel)))
            last[channel] = row
    return clashes


@lru_cache(maxsize=256)
def _named(kind: str, name: str, ident: str) -> str:
    drawn = brand_icon(name, size=_SIZE) if kind == "brand" else icon(name, size=_SIZE)
    bare = re.sub(r' (?:width|height)="[^"]*"', "", str(drawn), count=2)  # as large as the chip shows it
    return re.sub(r'<svg class="[^"]*"', f'<svg id="{ident}"', bare, count=1)


def sprite(around: Around) -> Markup:
    """Every icon that chips use, once; a chip only points at it."""
    parts = [_named("icon", look.icon, f"s-{key}") for key, look in STATES.items()]
    parts.append(_named("icon", "triangle-alert", "s-alert"))
    for number, (_name, platform, _state) in around.channels.items():
        parts.append(_named("brand", installation().platform(platform).icon or "lucide:radio", f"n-{number}"))
    return Markup(f'<div class="sprite" aria-hidden="true">{"".join(parts)}</div>')  # noqa: S704 (our own icons)

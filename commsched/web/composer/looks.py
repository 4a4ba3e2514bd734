"""How the item will look, one tab a channel, those that look the same as one; and how much room each text has left."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

import msgspec
from markupsafe import Markup

from commsched.services.views.preview import Preview

_OWN_WORDS: Final = re.compile(r'<span class="look-note">.*?</span>|<(?!img)[^>]+>|\s+', re.DOTALL)
"""What a plain drawing says of the channel and not of the item, and its marks."""


class Look(msgspec.Struct, frozen=True):
    """What readers of one or several channels will see."""

    first: Preview
    all: list[Preview]
    body: Markup

    @property
    def names(self) -> list[str]:
        return [preview.channel.name for preview in self.all]

    @property
    def numbers(self) -> str:
        """The channels' numbers, for the script that shows the one that is asked for."""
        return " ".join(str(preview.channel.id) for preview in self.all)


def looks(previews: Iterable[Preview], draw: Callable[[Preview], str]) -> list[Look]:
    """The previews in their order, each drawn by ``draw``. Channels without a look of their own, on which readers see
    the same words and pictures, are one."""
    merged: dict[tuple[str, str], Look] = {}
    for preview in previews:
        body = draw(preview)
        plain = "look-plain" in body
        key = _OWN_WORDS.sub("", body) if plain else body, repr(preview.checked.notes)
        if key in merged:
            merged[key].all.append(preview)
        else:
            merged[key] = Look(preview, [preview], Markup(body))  # noqa: S704 (a template drew it)
    return list(merged.values())


class Room(msgspec.Struct, frozen=True):
    """How much of a channel's room a text takes: ``share`` in per cent, at most 100."""

    count: int
    limit: int
    share: int
    over: bool
    """More than there is room for."""

    @property
    def words(self) -> str:
        """What stands beside the ring."""
        return str(self.limit - self.count) if self.limit else ""


def rooms(previews: Iterable[Preview]) -> dict[str, Room]:
    """By the channel's number; ``all`` is the one that is nearest to full."""
    rows = {str(preview.channel.id): _room(preview.checked.count, preview.checked.limit) for preview in previews}
    if rows:
        rows["all"] = max(rows.values(), key=lambda room: room.count / room.limit if room.limit else 0)
    return rows


def _room(count: int, limit: int | None) -> Room:
    share = min(100, round(100 * count / limit)) if limit else 0
    return Room(count, limit or 0, share, bool(limit) and count > (limit or 0))

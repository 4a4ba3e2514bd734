"""The press pictures of an office: every picture of the releases that stand in its newsroom, once each.

A picture is here because a release that was approved and published shows it. It goes when that does: taken down,
corrected away, or of somebody whose consent has ended.
"""

from __future__ import annotations

import msgspec

from commsched.services.content.versions import Shot
from commsched.services.kernel.context import Installation
from commsched.services.public import front_page
from commsched.services.public.front_page import Wish
from commsched.services.public.newsroom import Newsroom, Publication

PAGE = 30
"""Releases a page."""


class PressPicture(msgspec.Struct, frozen=True):
    """A picture, and the newest release that it was published with."""

    shot: Shot
    entry: Publication


class PressPictures(msgspec.Struct, frozen=True):
    """A page of them. ``older`` is the cursor of the next, empty on the last."""

    room: Newsroom
    pictures: list[PressPicture]
    entries: list[Publication]
    """The releases that they were looked for in."""
    older: str = ""


def pictures(installation: Installation, place: str, cursor: str = "") -> PressPictures:
    """The newest first. Raises :class:`NotFound` for an office without a newsroom."""
    shown = front_page.front(installation, place, Wish(kind="release", cursor=cursor), PAGE, menu=False)
    seen: dict[str, PressPicture] = {}
    for entry in shown.entries:
        for shot in entry.pictures:
            seen.setdefault(shot.name, PressPicture(shot, entry))
    return PressPictures(shown.room, list(seen.values()), shown.entries, shown.older)

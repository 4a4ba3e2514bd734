"""What Threads takes of an item, and how it counts. Source: Meta's documentation of the Threads API."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from commsched.core.platform.contract import ChannelView, Limits
from commsched.core.text.length import link_in, tidy
from commsched.core.text.messages import N_, Message, Problem, block
from commsched.platforms._shared.checks import check_pictures, check_text, posts

if TYPE_CHECKING:
    from regex import Pattern

MOST_LINKS: Final = 5
MOST_FILES: Final = 20
LIMITS = Limits(
    characters=500,
    pictures=MOST_FILES,
    picture_bytes=8_000_000,
    picture_types=("image/jpeg", "image/png"),
    picture_ratio=(0.1, 10.0),
    alt_characters=1_000,
    videos=MOST_FILES,
    video_bytes=1_000_000_000,
    video_types=("video/mp4", "video/quicktime"),
    video_codecs=("h264", "hevc"),
    video_side=1920,
    video_seconds=(0, 300),
    video_ratio=(0.01, 10),
    mixes=True,
)
_LINK = re.compile(r"https?://\S+", re.IGNORECASE)


@cache
def _emoji() -> Pattern[str]:
    """Compiled on first use: importing ``regex`` is not free, and most processes never count."""
    import regex

    return regex.compile("[\\p{Extended_Pictographic}\\p{RI}\\p{Emoji_Modifier}\u200d\ufe0f\u20e3]+")


def threads_length(text: str) -> int:
    """The length as Threads counts it: a character is one, an emoji as many as it has bytes in UTF-8."""
    text = tidy(text)
    if text.isascii():
        return len(text)
    emoji = _emoji().findall(text)
    return len(text) + sum(len(run.encode()) - len(run) for run in emoji)


def links_in(text: str) -> set[str]:
    return {link_in(run) for run in _LINK.findall(text)}


def check_item(view: ChannelView, name: str) -> list[Problem]:
    """All that stands in the way of saying ``view`` on Threads, which is called ``name``."""
    problems = check_text(view, LIMITS.characters, threads_length, name)
    for text in posts(view):
        if len(links_in(text)) > MOST_LINKS:
            words = N_("%(platform)s takes at most %(limit)d links in a post; there are %(count)d.")
            problems.append(block("text", words, platform=Message(name), limit=MOST_LINKS, count=len(links_in(text))))
    count = len(view.pictures) + sum(file.kind == "video" for file in view.other_files)
    if view.other_files and count > MOST_FILES:
        words = N_("%(platform)s takes at most %(limit)d pictures and videos together; there are %(count)d.")
        problems.append(block("pictures", words, platform=Message(name), limit=MOST_FILES, count=count))
    return problems + check_pictures(view, LIMITS, name)

"""What Bluesky takes of an item, and how the item is said there."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from commsched.core.content.model import Card
from commsched.core.platform.contract import ChannelView, Limits, Part
from commsched.core.text.length import tidy
from commsched.core.text.messages import N_, Message, Problem, block
from commsched.platforms._bluesky.richtext import MOST_BYTES, MOST_GRAPHEMES, length, rich, short
from commsched.platforms._shared.checks import card_of, check_pictures, check_text, thread
from commsched.platforms._shared.comments import check_comment, with_comment

MOST_IMAGES: Final = 4
"""Pictures that stand side by side; more are a gallery."""
MOST_CAPTIONS: Final = 20_000
"""Bytes of one file of captions."""
LIMITS: Final = Limits(
    characters=MOST_GRAPHEMES,
    pictures=10,
    picture_bytes=2_000_000,
    picture_types=("image/jpeg", "image/png", "image/webp"),
    videos=1,
    video_bytes=100_000_000,
    video_types=("video/mp4",),
    video_codecs=("h264",),
    video_side=1920,
    video_seconds=(0.0, 180.0),
    captions=True,
)
"""300 MB are taken by the schema; servers have been slower to follow than it."""
NAME: Final = "Bluesky"


def card_on(view: ChannelView) -> Card | None:
    """The card below the words, where no pictures and no video stand there: of the page that a link leads to, as it was
    read and approved; else, of the item's own link, what the item says itself."""
    if view.pictures or view.other_files:
        return None
    link = view.content.link
    return card_of(view) or (Card(url=link, title=_title(view), description=view.content.lead) if link else None)


def _title(view: ChannelView) -> str:
    """A release's headline. A post has a title for the office only."""
    return (view.content.title if view.content.kind == "release" else "") or short(view.content.link)


def said(view: ChannelView) -> ChannelView:
    """``view`` without the link that its card carries, so that it does not stand in the words too."""
    card = card_on(view)
    shown = card is not None and card.url == view.content.link
    return replace(view, content=replace(view.content, link="")) if shown else view


def parts_of(view: ChannelView) -> list[Part]:
    """The posts of a thread, and at its end what is said as the first comment."""
    posts = [replace(part, view=view) for part in thread(said(view))]
    return with_comment(posts, view)


def check_item(view: ChannelView) -> list[Problem]:
    """All that stands in the way of saying ``view`` on Bluesky."""
    spoken = said(view)
    words = [] if card_on(view) and not tidy(view.text).strip() else check_text(spoken, MOST_GRAPHEMES, length, NAME)
    return [
        *words,
        *_bytes(view),
        *check_comment(view, MOST_GRAPHEMES, length),
        *check_pictures(view, LIMITS, NAME),
        *_captions(view),
    ]


def _bytes(view: ChannelView) -> list[Problem]:
    sizes = [len(rich(part.text).text.encode()) for part in thread(said(view))]
    if max(sizes) <= MOST_BYTES or any(length(part.text) > MOST_GRAPHEMES for part in thread(said(view))):
        return []
    words = N_("The text takes too much room for %(platform)s, for all its signs: %(count)d bytes, at most %(limit)d.")
    return [block("text", words, platform=NAME, count=max(sizes), limit=MOST_BYTES)]


def _captions(view: ChannelView) -> list[Problem]:
    largest = max((len(each.text.encode()) for file in view.other_files for each in file.captions), default=0)
    if largest <= MOST_CAPTIONS:
        return []
    words = N_("The captions are too long for %(platform)s: %(size)d kB, at most %(limit)d kB.")
    sizes = {"size": -(-largest // 1000), "limit": MOST_CAPTIONS // 1000}
    return [block("attachments", words, platform=Message(NAME), **sizes)]

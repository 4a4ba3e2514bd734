"""What a Telegram channel takes of an item, and into which messages it is divided."""

from __future__ import annotations

from typing import Final

from commsched.core.platform.contract import AttachmentFile, ChannelView, Limits, Part
from commsched.core.text.length import split_thread, tidy
from commsched.core.text.messages import N_, Message, Problem, block, warn
from commsched.platforms._shared.checks import check_pictures

CAPTION: Final = 1024
"""Characters that may stand below pictures; what is longer follows as a message of its own."""
_ALBUM: Final = 10
_SLIMMEST: Final = 20
LIMITS = Limits(
    characters=4096,
    pictures=_ALBUM,
    picture_bytes=10_000_000,
    picture_side=5000,  # width and height together at most 10,000
    picture_types=("image/jpeg", "image/png", "image/webp"),
    videos=_ALBUM,
    video_bytes=50_000_000,
    mixes=True,
)


def count(text: str) -> int:
    """The length of ``text`` in UTF-16 units, as Telegram measures places in it: an emoji is two."""
    return len(tidy(text).encode("utf-16-le")) // 2


def text_of(view: ChannelView) -> str:
    """The text and the item's link. What is a thread elsewhere is one message of several paragraphs here."""
    text = "\n\n".join(split_thread(view.text))
    link = view.content.link
    return text if not link or link in text else f"{text}\n\n{link}".strip()


def media_of(holder: ChannelView | Part) -> tuple[AttachmentFile, ...]:
    """The pictures and videos, in the order in which they are shown."""
    return holder.pictures + tuple(file for file in holder.other_files if file.kind == "video")


def divide(view: ChannelView) -> list[Part]:
    """One message; or, where the words do not fit below the pictures, the pictures and then the words."""
    text, media = text_of(view), media_of(view)
    apart = bool(media) and count(text) > CAPTION
    first = Part(
        number=0,
        role="post",
        text="" if apart else text,
        view=view,
        pictures=view.pictures,
        other_files=view.other_files,
    )
    return [first, Part(number=1, role="reply", text=text, view=view)] if apart else [first]


def check_item(view: ChannelView, name: str) -> list[Problem]:
    """All that stands in the way of saying ``view`` in a channel, and what its writer should know."""
    problems = []
    text, media = text_of(view), media_of(view)
    length, limit = count(text), LIMITS.characters or 0
    if not text and not media:
        problems.append(block("text", N_("There is no text to publish.")))
    if length > limit:
        words = N_("The text is too long for %(platform)s: %(count)d characters, at most %(limit)d.")
        problems.append(block("text", words, platform=Message(name), count=length, limit=limit))
    elif media and length > CAPTION:
        words = N_("The text is longer than %(limit)d characters: on Telegram it is a message below the pictures.")
        problems.append(warn("text", words, limit=CAPTION))
    if len(view.pictures) <= _ALBUM < len(media):
        words = N_("Telegram takes at most %(limit)d pictures and videos together; there are %(count)d.")
        problems.append(block("pictures", words, limit=_ALBUM, count=len(media)))
    for number, picture in enumerate(view.pictures, 1):
        sides = sorted((picture.width, picture.height))
        if sides[1] > _SLIMMEST * max(1, sides[0]):
            words = N_("Picture %(number)d is too narrow for Telegram: one side may be 20 times the other at most.")
            problems.append(block("pictures", words, number=number))
    return problems + check_pictures(view, LIMITS, name)

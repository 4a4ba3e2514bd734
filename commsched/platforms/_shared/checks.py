"""Checks that every network makes of an item, and how a text becomes a thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from commsched.core.content.model import Card
from commsched.core.content.threading import numbered
from commsched.core.media.crops import NAMES
from commsched.core.platform.attached import missing_alt
from commsched.core.platform.contract import AttachmentFile, ChannelView, Limits, Part
from commsched.core.platform.parts import AltRule
from commsched.core.platform.threads import NUMBERED as NUMBERED
from commsched.core.platform.threads import PART_TOO_LONG, TEXT_TOO_LONG, is_numbered
from commsched.core.text.length import split_thread, tidy
from commsched.core.text.messages import N_, Message, Problem, block, warn

_ROUNDING: Final = 0.01
"""A crop in whole pixels is a little beside its ratio."""


def full_text(view: ChannelView) -> str:
    """The text with the item's link below it, unless the writer has put it in the text already."""
    text = tidy(view.text).strip()
    if not view.content.link or view.content.link in text:
        return text
    first, *rest = split_thread(text)
    with_link = f"{first}\n\n{view.content.link}" if first else view.content.link
    return "\n---\n".join([with_link, *rest])


def posts(view: ChannelView) -> list[str]:
    """The texts of the thread as they go out: with the link in the first, and numbered where the writer wants it."""
    parts = split_thread(full_text(view))
    return numbered(parts) if is_numbered(view) else parts


def thread(view: ChannelView) -> list[Part]:
    """One part per post of the thread; the pictures go with the first."""
    return [
        Part(
            number=number,
            role="reply" if number else "post",
            text=text,
            view=view,
            pictures=() if number else view.pictures,
            other_files=() if number else view.other_files,
        )
        for number, text in enumerate(posts(view))
    ]


def card_of(view: ChannelView) -> Card | None:
    """The card to be sent with the first post: of a link that stands there, where nothing else goes with it. Its
    picture is ``view.card_picture``."""
    card = view.content.card
    if card is None or view.pictures or view.other_files or card.url not in split_thread(full_text(view))[0]:
        return None
    return card


def longest(text: str, count: Callable[[str], int]) -> int:
    """The length of the longest part of what may be a thread."""
    return max(count(part) for part in split_thread(text))


def check_text(view: ChannelView, limit: int | None, count: Callable[[str], int], name: str) -> list[Problem]:
    """There is something to say, and every part of it fits."""
    parts = posts(view)
    if parts == [""]:
        return [] if view.pictures or view.other_files else [block("text", N_("There is no text to publish."))]
    problems = []
    for number, part in enumerate(parts, 1):
        length = count(part)
        if limit is None or length <= limit:
            continue
        if len(parts) == 1:
            problems.append(block("text", TEXT_TOO_LONG, platform=Message(name), count=length, limit=limit))
        else:
            which = {"number": number, "platform": Message(name)}
            problems.append(block("text", PART_TOO_LONG, **which, count=length, limit=limit))
    return problems


def check_pictures(view: ChannelView, limits: Limits, name: str) -> list[Problem]:
    """Number, type and size of the pictures, and that each has words for those who do not see it."""
    problems = []
    if len(view.pictures) > limits.pictures:
        words = N_("%(platform)s takes at most %(limit)d pictures; there are %(count)d.")
        problems.append(
            block("pictures", words, platform=Message(name), limit=limits.pictures, count=len(view.pictures))
        )
    if limits.needs_picture and not view.pictures:
        problems.append(block("pictures", N_("%(platform)s needs a picture."), platform=Message(name)))
    for number, picture in enumerate(view.pictures, 1):
        if picture.mime not in limits.picture_types:
            words = N_("Picture %(number)d is of a type that %(platform)s does not take (%(type)s).")
            problems.append(block("pictures", words, number=number, platform=Message(name), type=picture.mime))
        if limits.picture_bytes is not None and picture.size > limits.picture_bytes:
            words = N_("Picture %(number)d is too large for %(platform)s: %(size)d kB, at most %(limit)d kB.")
            sizes = {"size": -(-picture.size // 1000), "limit": limits.picture_bytes // 1000}
            problems.append(block("pictures", words, number=number, platform=Message(name), **sizes))
        problems += _check_pixels(number, picture, limits, name)
        problems += _check_ratio(number, picture, limits, name)
        problems += _check_motion(number, picture, limits, name)
        problems += _check_alt(number, picture.alt, limits.alt_characters, name, view.alt_rule)
    return problems


def _check_pixels(number: int, picture: AttachmentFile, limits: Limits, name: str) -> list[Problem]:
    """A picture may be small as a file and still too large to be unpacked. The sentence says how large it may be."""
    width, height = picture.width, picture.height
    most = limits.gif_pixels if picture.mime == "image/gif" and limits.gif_pixels else limits.picture_pixels
    scales = [1.0]
    if most is not None and width * height > most:
        scales.append((most / (width * height)) ** 0.5)
    if limits.picture_side is not None and max(width, height) > limits.picture_side:
        scales.append(limits.picture_side / max(width, height))
    if min(scales) == 1.0:
        return []
    words = N_("Picture %(number)d has too many pixels for %(platform)s: %(size)s. At most %(most)s of that shape.")
    fits = f"{int(width * min(scales))} × {int(height * min(scales))}"
    return [block("pictures", words, number=number, platform=Message(name), size=f"{width} × {height}", most=fits)]


def _check_ratio(number: int, picture: AttachmentFile, limits: Limits, name: str) -> list[Problem]:
    """A picture that is too narrow or too wide goes out in a crop: the sentence says which."""
    if limits.picture_ratio is None or picture.height < 1:
        return []
    least, most = limits.picture_ratio
    ratio = picture.width / picture.height
    if least * (1 - _ROUNDING) <= ratio <= most * (1 + _ROUNDING):
        return []
    words = N_(
        "Picture %(number)d has a shape that %(platform)s does not take (%(size)s). "
        "Choose a crop for it there: %(crop)s, or the square."
    )
    crop = Message(NAMES["4:5" if ratio < least else "1.91:1"])
    size = f"{picture.width} × {picture.height}"
    return [block("pictures", words, number=number, platform=Message(name), size=size, crop=crop)]


def _check_motion(number: int, picture: AttachmentFile, limits: Limits, name: str) -> list[Problem]:
    """An animation has no more frames than are taken of its size, and is of a kind that goes on moving."""
    if picture.frames < 2:
        return []
    if limits.moving_types is not None and picture.mime not in limits.moving_types:
        words = N_("Picture %(number)d is animated, but %(platform)s shows only its first picture. A GIF moves there.")
        return [warn("pictures", words, number=number, platform=Message(name))]
    most = [] if limits.frames is None else [limits.frames]
    most += [] if limits.moving_pixels is None else [limits.moving_pixels // max(1, picture.width * picture.height)]
    if not most or picture.frames <= min(most):
        return []
    words = N_("Picture %(number)d has too many frames for %(platform)s: %(count)d. At most %(most)d of that size.")
    return [block("pictures", words, number=number, platform=Message(name), count=picture.frames, most=min(most))]


def _check_alt(number: int, alt: str, limit: int | None, name: str, rule: AltRule) -> list[Problem]:
    if not alt.strip():
        return [missing_alt("pictures", number, rule)]
    if limit is not None and len(alt) > limit:
        words = N_(
            "The alt text of picture %(number)d is too long for %(platform)s: %(count)d characters, at most %(limit)d."
        )
        return [block("pictures", words, number=number, platform=Message(name), count=len(alt), limit=limit)]
    return []

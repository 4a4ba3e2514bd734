"""What X takes of an item, and what it charges. The prices are those of its documentation in 2026, for each call."""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from commsched.core.platform.contract import AttachmentFile, ChannelView, ConnectError, Facts, Limits, Part
from commsched.core.text.length import split_thread
from commsched.core.text.messages import N_, Problem, block, warn
from commsched.core.text.x_length import x_length, x_links
from commsched.platforms._shared.checks import check_pictures, check_text, full_text

PRICE_POST, PRICE_POST_WITH_LINK, PRICE_ALT_TEXT = 0.015, 0.20, 0.005
"""US dollars per call."""
_LONG: Final = 25_000
"""Weighted characters that an account with Premium may write."""
_PREMIUM: Final = ("Premium", "PremiumPlus")
LIMITS = Limits(
    characters=280,
    pictures=4,
    picture_bytes=5_000_000,
    picture_side=8192,
    gif_pixels=1280 * 1080,
    frames=350,
    moving_pixels=300_000_000,
    moving_types=("image/gif",),
    alt_characters=1000,
    videos=1,
    video_bytes=512_000_000,
    video_types=("video/mp4", "video/quicktime"),
    video_seconds=(0.5, 140),
    video_ratio=(1 / 3, 3),
    video_side=1920,
    captions=True,
)
_GIF_BYTES = 15_000_000
_AMOUNT = re.compile(r"\d{1,6}(\.\d{1,2})?")
_CASHTAG = re.compile(r"(?<![\w$])\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?\b")


def limits(facts: Facts) -> Limits:
    """What the account may post: longer, where it pays X for that."""
    return replace(LIMITS, characters=_LONG) if facts.get("subscription") in _PREMIUM else LIMITS


def check_item(view: ChannelView, facts: Facts, name: str) -> list[Problem]:
    """All that stands in the way of saying ``view`` on X, which is called ``name``, or should make the writer think."""
    problems = check_text(view, limits(facts).characters, x_length, name)
    problems += check_pictures(_without_gifs(view), LIMITS, name) + _check_gifs(view.pictures)
    return problems + _check_thread(view) + _check_cost(view)


def cost(view: ChannelView) -> float:
    """What the calls for it cost, in US dollars."""
    posts = split_thread(full_text(view))
    text = sum(PRICE_POST_WITH_LINK if x_links(post) else PRICE_POST for post in posts)
    return round(text + PRICE_ALT_TEXT * sum(1 for picture in view.pictures if picture.alt), 3)


def amount(text: str, field: str) -> int | None:
    """A sum that a person wrote in US dollars ("20", "$ 12,50"), in thousandths of one; ``None`` for none. Raises
    :class:`ConnectError` by ``field`` for what is no sum of up to a million."""
    plain = text.strip().removeprefix("$").strip().replace(",", ".")
    if not plain:
        return None
    if not _AMOUNT.fullmatch(plain):
        raise ConnectError(N_("“%(amount)s” is no sum in dollars: write it as 20 or 12.50."), field, amount=text[:20])
    return round(1000 * float(plain))


def price(part: Part) -> int:
    """What X charges for one post and the alt texts that go with it, in thousandths of a dollar."""
    post = PRICE_POST_WITH_LINK if x_links(part.text) else PRICE_POST
    return round(1000 * (post + PRICE_ALT_TEXT * sum(1 for picture in part.pictures if picture.alt)))


def _check_cost(view: ChannelView) -> list[Problem]:
    links = sum(1 for part in split_thread(full_text(view)) if x_links(part))
    if not links:
        return []
    words = N_(
        "A link makes it expensive: X charges $0.20 for a post with one, and $0.015 without. Here: %(cents)d cents."
    )
    return [warn("text", words, cents=round(cost(view) * 100))]


def _without_gifs(view: ChannelView) -> ChannelView:
    """The view with GIFs counted as small: they have a size limit of their own."""
    pictures = tuple(replace(p, size=0) if p.mime == "image/gif" else p for p in view.pictures)
    return replace(view, pictures=pictures)


def _check_gifs(pictures: tuple[AttachmentFile, ...]) -> list[Problem]:
    gifs = [picture for picture in pictures if picture.mime == "image/gif"]
    problems = []
    if gifs and len(pictures) > 1:
        problems.append(block("pictures", N_("X takes one GIF alone, or up to four other pictures.")))
    if any(gif.size > _GIF_BYTES for gif in gifs):
        problems.append(block("pictures", N_("The GIF is larger than the 15 MB that X takes.")))
    return problems


def _check_thread(view: ChannelView) -> list[Problem]:
    text = full_text(view)
    problems = []
    if len(split_thread(text)) > 1:
        words = N_(
            "X may refuse the second part of a thread: since 2026 it lets some accounts reply only to those "
            "who have mentioned them. What is refused is shown here, and the first part stays up."
        )
        problems.append(warn("text", words))
    if any(len(_CASHTAG.findall(part)) > 1 for part in split_thread(text)):
        problems.append(block("text", N_("X takes at most one word with a dollar sign ($ABC) in a post.")))
    return problems

"""What must be done to a picture before one channel can have it: the rule, without the doing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from commsched.core.content.model import SUFFIXES, Attachment, Rendition
from commsched.core.media.crops import RATIOS, Centre, centre_of, cuts, shape_of
from commsched.core.platform.contract import Limits
from commsched.core.text.json_values import JsonObject
from commsched.core.text.messages import N_, Message


class Sized(Protocol):
    """What kind a picture is of, and how large in pixels."""

    @property
    def mime(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...


class Original(Sized, Protocol):
    """A picture of the library, as much of it as the rule asks for."""

    @property
    def size(self) -> int: ...
    @property
    def facts(self) -> JsonObject: ...


class Recipe(msgspec.Struct, frozen=True):
    """How a file is made from a picture. Equal recipes make equal files, so that each is made once."""

    crop: str
    centre: Centre
    types: tuple[str, ...]
    max_bytes: int | None
    max_pixels: int | None = None
    """Width × height, where the picture has more; as ``max_side``."""
    max_side: int | None = None

    @property
    def key(self) -> str:
        """Its one spelling, at most 200 characters."""
        place = f"{self.crop}@{self.centre[0]:.3f},{self.centre[1]:.3f}" if self.crop else ""
        pixels = f"{self.max_pixels}px" if self.max_pixels else ""
        side = f"{self.max_side}wide" if self.max_side else ""
        parts = (place, ",".join(self.types), str(self.max_bytes or ""), pixels, side)
        return " ".join(part for part in parts if part)

    @property
    def ratio(self) -> tuple[int, int] | None:
        return RATIOS.get(self.crop)


def moves(picture: Original) -> bool:
    """Whether it is an animation: one is left as it is, since every frame of it would have to be made anew."""
    return bool(picture.facts.get("animated"))


def shape_for(picture: Original, crop: str, natural: str) -> str:
    """The shape that a channel gets a picture in: the one that a person has chosen, else, of a card that is kept in
    several, the channel's ``natural`` one."""
    own = natural in picture.facts.get("shapes", ()) and shape_of(_size(picture)) != natural
    return crop or (natural if own else "")


def recipe_for(picture: Original, crop: str, limits: Limits) -> Recipe | None:
    """What a channel with ``limits`` that shows its pictures in ``crop`` needs; ``None`` where the picture goes as
    it is."""
    if moves(picture):
        return None
    cut = cuts((picture.width, picture.height), crop)
    if not cut and fits(picture, limits):
        return None
    centre = centre_of(picture.facts, crop)
    pixels, side = limits.picture_pixels, limits.picture_side
    return Recipe(
        crop if cut else "",
        centre if cut else (0.5, 0.5),
        _types(picture, limits),
        limits.picture_bytes,
        pixels if pixels and picture.width * picture.height > pixels else None,
        side if side and max(picture.width, picture.height) > side else None,
    )


def _types(picture: Original, limits: Limits) -> tuple[str, ...]:
    """What may be made of it: no GIF where it is too large for one, since as a PNG it need not be made smaller."""
    kinds = {kind for kind in limits.picture_types if kind in SUFFIXES}
    if picture.mime == "image/gif" and not _few_pixels(picture, limits):
        kinds = kinds - {"image/gif"} or kinds
    return tuple(sorted(kinds))


def fits(picture: Original, limits: Limits) -> bool:
    """Whether a channel takes the picture as it is."""
    light = limits.picture_bytes is None or picture.size <= limits.picture_bytes
    return picture.mime in limits.picture_types and light and _few_pixels(picture, limits)


def _few_pixels(picture: Sized, limits: Limits) -> bool:
    most = limits.gif_pixels if picture.mime == "image/gif" and limits.gif_pixels else limits.picture_pixels
    narrow = limits.picture_side is None or max(picture.width, picture.height) <= limits.picture_side
    return narrow and (most is None or picture.width * picture.height <= most)


def describe_fitting(
    number: int,
    picture: Attachment,
    rendition: Rendition | None,
    crop: str,
    sizes: Mapping[str, int],
    limits: Limits,
    name: str,
) -> list[Message]:
    """What is done to an item's picture before it goes to the channel called ``name``: nothing says nothing."""
    cut = cuts((picture.width, picture.height), crop)
    if rendition is None:
        return (
            [Message(N_("Picture %(number)d cannot be cropped, and is shown whole."), {"number": number})]
            if cut
            else []
        )
    notes = [_cropped(number, crop)] if cut else []
    was, now = sizes.get(picture.sha256, 0), sizes.get(rendition.sha256, 0)
    if limits.picture_bytes is not None and was > limits.picture_bytes:
        words = N_("Picture %(number)d is made smaller for %(name)s: %(size)d kB instead of %(was)d.")
        notes.append(Message(words, {"number": number, "name": name, "size": -(-now // 1000), "was": -(-was // 1000)}))
    elif not cut and not crop and shape_of((rendition.width, rendition.height)) != shape_of(_size(picture)):
        words = N_("Picture %(number)d goes to %(name)s in the card's own size for it, %(size)s.")
        size = f"{rendition.width} × {rendition.height}"
        notes.append(Message(words, {"number": number, "name": name, "size": size}))
    elif not cut and rendition.width * rendition.height < picture.width * picture.height:
        words = N_("Picture %(number)d is made smaller for %(name)s: %(size)s pixels instead of %(was)s.")
        notes.append(
            Message(
                words,
                {
                    "number": number,
                    "name": name,
                    "size": f"{rendition.width} × {rendition.height}",
                    "was": f"{picture.width} × {picture.height}",
                },
            )
        )
    elif rendition.mime != picture.mime:
        words = N_("Picture %(number)d goes to %(name)s as %(type)s.")
        kind = rendition.mime.removeprefix("image/").upper()
        notes.append(Message(words, {"number": number, "name": name, "type": kind}))
    return notes


def _size(picture: Sized) -> tuple[int, int]:
    return picture.width, picture.height


def _cropped(number: int, crop: str) -> Message:
    return Message(N_("Picture %(number)d is cropped to %(crop)s."), {"number": number, "crop": crop})

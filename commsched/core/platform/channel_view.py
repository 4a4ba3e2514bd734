"""From an item's content to what one channel would say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import BinaryIO

import msgspec

from commsched.core.content.model import Content, Picture
from commsched.core.platform.contract import ChannelView, PictureFile


class Stored(msgspec.Struct, frozen=True):
    """A picture's file: how to open it, its size in bytes, and how many frames it has."""

    open: Callable[[], BinaryIO]
    size: int
    frames: int = 1


def for_channel(
    content: Content, channel: int, uid: str, files: Mapping[str, Stored], people: Iterable[str] = ()
) -> ChannelView:
    """What ``channel`` would say. ``files`` are those of its pictures, by SHA-256; a picture that has none is left
    out. Raises ``KeyError`` where the item does not go there."""
    there = [picture for picture in content.pictures_on(channel) if picture.sha256 in files]
    return ChannelView(
        content=content,
        text=content.text_on(channel),
        options=content.on(channel).options,
        pictures=tuple(_file(picture, files[picture.sha256]) for picture in there),
        recipients=tuple(people),
        uid=uid,
    )


def _file(picture: Picture, stored: Stored) -> PictureFile:
    return PictureFile(
        sha256=picture.sha256,
        mime=picture.mime,
        alt=picture.alt,
        width=picture.width,
        height=picture.height,
        credit=picture.credit,
        open=stored.open,
        size=stored.size,
        frames=stored.frames,
    )

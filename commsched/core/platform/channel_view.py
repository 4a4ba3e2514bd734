"""From an item's content to what one channel would say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import BinaryIO, Literal

import msgspec

from commsched.core.content.mentions import spoken
from commsched.core.content.model import Attachment, Content
from commsched.core.platform.contract import AttachmentFile, ChannelView
from commsched.core.platform.parts import AltRule


class Form(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is being made of a video for a network. ``ready``: it is the video ``video`` of the library."""

    state: Literal["wanted", "ready", "failed"]
    video: int = 0
    captions: str = ""
    """WebVTT that is written into its pictures."""
    words: str = ""
    """Why it failed: a msgid, with ``params``."""
    params: dict[str, str | int] = {}
    until: str = ""
    """While somebody is at it: until when nobody else begins (RFC 3339)."""


class Stored(msgspec.Struct, frozen=True):
    """An attachment's file: how to open it, its size in bytes, how many frames it has; of a video, what is being made
    of it, by the recipe's key."""

    open: Callable[[], BinaryIO]
    size: int
    frames: int = 1
    forms: Mapping[str, Form] = {}


def for_channel(
    content: Content,
    channel: int,
    uid: str,
    files: Mapping[str, Stored],
    people: Iterable[str] = (),
    alt_rule: AltRule = "stop",
) -> ChannelView:
    """What ``channel`` would say. ``files`` are those of its attachments, by SHA-256; what has none is left out.
    ``alt_rule`` is the office's. Raises ``KeyError`` where the item does not go there."""
    attached = [_file(each, files[each.sha256]) for each in content.attachments_on(channel) if each.sha256 in files]
    words = spoken(content, channel)
    card = content.card
    return ChannelView(
        content=words,
        text=words.text_on(channel),
        options=content.on(channel).options,
        pictures=tuple(file for file in attached if file.kind == "picture"),
        other_files=tuple(file for file in attached if file.kind != "picture"),
        card_picture=_file(card.as_attachment(), files[card.picture]) if card and card.picture in files else None,
        alt_rule=alt_rule,
        recipients=tuple(people),
        uid=uid,
    )


def _file(attachment: Attachment, stored: Stored) -> AttachmentFile:
    return AttachmentFile(
        sha256=attachment.sha256,
        mime=attachment.mime,
        alt=attachment.alt,
        width=attachment.width,
        height=attachment.height,
        credit=attachment.credit,
        open=stored.open,
        size=stored.size,
        frames=stored.frames,
        kind=attachment.kind,
        title=attachment.title,
        duration=attachment.duration,
        captions=tuple(attachment.captions),
        codec=attachment.codec,
        burnt=attachment.kind == "video" and attachment.burn and not attachment.captions,
    )

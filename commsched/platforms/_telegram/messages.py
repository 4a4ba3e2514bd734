"""Messages of a channel: how a part is described to Telegram, and what is out by its answer."""

from __future__ import annotations

import re

import msgspec

from commsched.core.delivery.outcome import Published
from commsched.core.platform.contract import AttachmentFile, ConnectError, Part
from commsched.core.text.messages import N_
from commsched.platforms._shared.answers import read
from commsched.platforms._telegram.channel import CHAT, Chat, address_of


class _Message(msgspec.Struct):
    """A message that is out."""

    message_id: int
    chat: object = None


def card_of(part: Part) -> dict[str, str] | None:
    """Which link is shown as a card: the item's own, whatever other links stand in the text."""
    link = part.view.content.link
    return {"url": link} if link and link in part.text else None


def described(file: AttachmentFile, number: int, caption: str) -> dict[str, object]:
    """One picture or video of a message; the words stand by the first."""
    media: dict[str, object] = {"type": "photo", "media": f"attach://file{number}"}
    if file.kind == "video":
        media |= {"type": "video", "width": file.width, "height": file.height, "supports_streaming": True}
        media |= {"duration": round(file.duration / 1000)}
    return media | ({"caption": caption} if caption and not number else {})


def messages(remote_id: str) -> list[int]:
    """The numbers of the messages that one part is; raises :class:`ConnectError` for an id of another kind."""
    numbers = remote_id.split(",")
    if not all(re.fullmatch(r"\d{1,18}", number) for number in numbers):
        raise ConnectError(N_("“%(id)s” is not the number of a message."), CHAT.key, id=remote_id[:80])
    return [int(number) for number in numbers]


def sent(result: object) -> Published:
    """What is out: a message, or every message of an album, named by all their numbers."""
    out = read(result if isinstance(result, list) else [result], list[_Message])
    if not out:
        raise ValueError("the answer names no message")
    try:
        place = address_of(read(out[0].chat, Chat))
    except msgspec.ValidationError:
        place = ""  # a message is out however oddly its channel is told of
    address = f"{place}/{out[0].message_id}" if place else ""
    return Published(",".join(str(message.message_id) for message in out), address)

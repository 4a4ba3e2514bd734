"""What a receiver is told of: a try, and an item that is published, changed or withdrawn."""

from __future__ import annotations

import base64
import hashlib
from typing import Final, Literal

import msgspec

from commsched.core.platform.contract import AttachmentFile, ChannelContext, Part
from commsched.core.text.length import tidy

EventType = Literal["ping", "item.published", "item.changed", "item.withdrawn"]
_RELEASE: Final = ("lead", "facts", "contact", "genre", "quotes", "correction", "corrects")


class NoPublicAddress(Exception):
    """A video cannot be handed over: it is too large to stand in the message, and has no address."""


class _File(msgspec.Struct, omit_defaults=True):
    """A picture with its bytes in Base64, or a video and where it is fetched."""

    kind: str
    type: str
    sha256: str
    size: int
    width: int
    height: int
    alt: str
    credit: str = ""
    duration: float = 0.0
    """In seconds."""
    url: str = ""
    data: str = ""


def event(kind: EventType, context: ChannelContext, data: dict[str, object]) -> bytes:
    """The body of a message: its type, when it was sent, from which office, and what it is about."""
    sender = {"office": context.office_name, "workspace": context.workspace}
    return msgspec.json.encode({"type": kind, "timestamp": context.now().isoformat(), "data": sender | data})


def item(part: Part, context: ChannelContext, kind: EventType) -> dict[str, object]:
    """An item as a receiver gets it. Raises :class:`NoPublicAddress`, and :class:`OSError` where a file cannot be
    read. Of one that is changed videos are only named: their addresses end when the item is out."""
    content = part.view.content
    release = msgspec.to_builtins(content) if content.kind != "post" else {}
    return {
        "item": part.view.uid,
        "kind": content.kind,
        "title": content.title,
        "text": tidy(part.text),
        "link": content.link,
        "language": content.language,
        **{name: release[name] for name in _RELEASE if release.get(name)},
        "attachments": [_file(file, context, kind) for file in (*part.pictures, *part.other_files)],
    }


def _file(file: AttachmentFile, context: ChannelContext, event_type: EventType) -> _File:
    address, data = "", ""
    if file.kind == "picture":
        with file.open() as stream:
            data = base64.b64encode(stream.read()).decode()
    elif event_type == "item.published":
        address = context.media_address(file)
        if not address:
            raise NoPublicAddress
    return _File(
        kind=file.kind,
        type=file.mime,
        sha256=file.sha256,
        size=file.size,
        width=file.width,
        height=file.height,
        alt=file.alt,
        credit=file.credit,
        duration=file.duration / 1000,
        url=address,
        data=data,
    )


def message_id(*words: str) -> str:
    """The id of a message that is not a publication: equal words, equal id."""
    return "msg_" + hashlib.sha256("\n".join(words).encode()).hexdigest()[:32]

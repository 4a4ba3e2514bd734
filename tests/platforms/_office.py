"""What the tests of the networks share: a wire to a simulator, a channel's view, a picture."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from commsched.core.delivery.outcome import Handles, Outcome
from commsched.core.platform.contract import AttachmentFile, ChannelContext, ChannelView, Part, Platform
from commsched.platforms._http.network import Session
from tests.channel_views import channel_view

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
NOW = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)


HASTY = 1.0
"""Seconds to wait for an answer that will not come. Where one will, a test waits as long as a busy machine takes."""


def context(settings: dict[str, str], secrets: dict[str, str], **changes: Any) -> ChannelContext:
    """A wire into the house, patient unless told otherwise."""
    http = Session(guard=None, deadline=changes.pop("deadline", 30.0))
    return ChannelContext(
        channel=1,
        settings={"allow_private": "1", **settings},
        secrets=secrets,
        now=changes.pop("now", lambda: datetime.now(UTC)),
        http=http,
        timeout=changes.pop("timeout", 15.0),
        **changes,
    )


def picture(
    alt: str = "Busshållplatsen vid torget",
    mime: str = "image/png",
    size: int = 0,
    shape: tuple[int, int] = (1, 1),
    frames: int = 1,
) -> AttachmentFile:
    return AttachmentFile(
        sha256=hashlib.sha256(PNG).hexdigest(),
        mime=mime,
        alt=alt,
        width=shape[0],
        height=shape[1],
        size=size or len(PNG),
        frames=frames,
        open=lambda: BytesIO(PNG),
    )


def view(text: str, *pictures: AttachmentFile, **more: Any) -> ChannelView:
    return channel_view(text, pictures=pictures, **more)


def part(platform: Platform, text: str, *pictures: AttachmentFile, key: str = "", **more: Any) -> Part:
    """The first part of ``text`` on ``platform``, with a key."""
    from msgspec.structs import replace

    first = platform.parts(view(text, *pictures, **more))[0]
    return replace(first, key=key or hashlib.sha256(text.encode()).hexdigest()[:32])


def send(platform: Platform, one: Part, on: ChannelContext) -> Outcome:
    """Prepare where it takes that, then publish; what the publisher does, without its records."""
    handles: Handles | Outcome = Handles()
    if platform.needs_prepare(one):
        handles = platform.prepare(one, on)
    return platform.publish(one, handles, on) if isinstance(handles, Handles) else handles


@contextmanager
def hurried(on: ChannelContext, fault: str = "timeout") -> Iterator[None]:
    """Waits no longer than :data:`HASTY` for answers, where ``fault`` is that none comes."""
    patience = on.timeout
    on.timeout = HASTY if "timeout" in fault else patience
    try:
        yield
    finally:
        on.timeout = patience


def lose(platform: Platform, one: Part, on: ChannelContext) -> Outcome:
    """As :func:`send`, where the publishing call gets no answer."""
    handles = platform.prepare(one, on) if platform.needs_prepare(one) else Handles()
    assert isinstance(handles, Handles)
    with hurried(on):
        return platform.publish(one, handles, on)


def just_now() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)

"""What the tests of the networks share: a wire to a simulator, a draft, a picture."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from commsched.core.outcome import Handles, Outcome
from commsched.core.platform import Draft, Part, PictureFile, Platform, Wire
from commsched.platforms._network import Session

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
NOW = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)


def wire(settings: dict[str, str], secrets: dict[str, str], **changes: Any) -> Wire:
    """A wire into the house, with a deadline short enough for a test."""
    http = Session(guard=None, deadline=changes.pop("deadline", 5.0))
    return Wire(
        channel=1,
        settings={"allow_private": "1", **settings},
        secrets=secrets,
        now=changes.pop("now", lambda: datetime.now(UTC)),
        http=http,
        timeout=changes.pop("timeout", 0.5),
        **changes,
    )


def picture(alt: str = "Busshållplatsen vid torget", mime: str = "image/png", size: int = 0) -> PictureFile:
    return PictureFile(
        sha256=hashlib.sha256(PNG).hexdigest(),
        mime=mime,
        alt=alt,
        width=1,
        height=1,
        size=size or len(PNG),
        read=lambda: PNG,
    )


def draft(text: str, *pictures: PictureFile, **more: Any) -> Draft:
    return Draft(kind="post", title="", text=text, pictures=pictures, **more)


def part(platform: Platform, text: str, *pictures: PictureFile, key: str = "", **more: Any) -> Part:
    """The first part of ``text`` on ``platform``, with a key."""
    from msgspec.structs import replace

    first = platform.parts(draft(text, *pictures, **more))[0]
    return replace(first, key=key or hashlib.sha256(text.encode()).hexdigest()[:32])


def send(platform: Platform, one: Part, on: Wire) -> Outcome:
    """Prepare where it takes that, then publish; what the publisher does, without its records."""
    handles: Handles | Outcome = Handles()
    if platform.needs_prepare(one):
        handles = platform.prepare(one, on)
    return platform.publish(one, handles, on) if isinstance(handles, Handles) else handles


def just_now() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)

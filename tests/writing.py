"""An office that writes: its channels, something to say, and pictures to say it with."""

from __future__ import annotations

import io
from typing import Any

from commsched.core.content.draft import DraftIn, SourceIn
from commsched.services.kernel.context import Actor, Installation
from commsched.services.media import library
from commsched.services.workflow import approve, editing
from tests.conftest import Cast
from tests.publications import channel

TEXT = (
    "Fler turer på linje 14 från årsskiftet. Det innebär en buss var femtonde minut mellan Älvby och sjukhuset, "
    "även kvällar och helger. Läs mer: https://gruppen.example.org/linje14 #kollektivtrafik"
)


def channels(installation: Installation, cast: Cast) -> dict[str, int]:
    """The networks and the newsroom of the cast's office, by platform."""
    named = {
        "mastodon": {"name": "Mastodon", "account_name": "@regiongruppen@social.example"},
        "x": {"name": "X", "account_name": "@regiongruppen"},
        "facebook": {"name": "Facebooksidan", "account_name": "Regiongruppen Västra"},
        "newsroom": {"name": "Pressrummet", "account_name": "gruppen"},
    }
    return {platform: channel(installation, cast.place.id, platform, **values) for platform, values in named.items()}


def press_list(installation: Installation, cast: Cast, *addresses: str) -> int:
    """A list of newsrooms, encrypted as in life."""
    sealed = installation.vault.seal_map(
        {"addresses": "\n".join(addresses or ("red@tidning.example", "p4@radio.example"))}
    )
    return channel(
        installation, cast.place.id, "presslist", name="Lokala medier", account_name="Regiongruppen", secrets=sealed
    )


def draft(to: list[int], **values: Any) -> DraftIn:
    """A post with a time, a day ahead, and a source."""
    given: dict[str, Any] = {
        "text": TEXT,
        "channels": to,
        "publish_at": "2026-11-27T07:30",
        "sources": [SourceIn(text="Trafiknämndens beslut § 112", url="https://gruppen.example.org/112.pdf")],
    }
    return DraftIn(**(given | values))


def submitted(installation: Installation, cast: Cast, to: list[int], writer: Actor | None = None, **values: Any) -> int:
    """An item that the approver has been asked about, to be scheduled when they say yes."""
    who = writer or cast.actor("writer")
    number = editing.create(installation, who, draft(to, **values))
    approve.submit(installation, who, number, then_schedule=True)
    return number


def photo(width: int = 800, height: int = 600, tone: int = 40) -> bytes:
    """A JPEG with a sky and a field."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (width, height), (150, 190 + tone % 50, 225))
    ImageDraw.Draw(image).rectangle((0, height * 2 // 3, width, height), fill=(90, 140 - tone % 40, 80))
    ImageDraw.Draw(image).ellipse((width * 3 // 5, height // 8, width * 4 // 5, height * 2 // 5), fill=(250, 230, 150))
    held = io.BytesIO()
    image.save(held, "JPEG", quality=85)
    return held.getvalue()


def picture(
    installation: Installation, cast: Cast, alt: str = "En buss vid hållplatsen Storgatan.", **size: int
) -> int:
    """A picture in the library; returns its id."""
    return library.add(installation, cast.actor("writer"), photo(**size), "linje 14.jpg", alt).media.id

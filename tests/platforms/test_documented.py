"""The table of what each platform can, in the documents, says what the code says."""

from __future__ import annotations

from pathlib import Path

import commsched.platforms as registry
from commsched.core.platform.contract import Platform

PAGE = Path(__file__).parents[2] / "docs" / "platforms.md"
WAYS = {"keys": "keys", "oauth": "signing in"}
NOTHING = "–"


def row(platform: Platform) -> str:
    """A platform's line of the table."""
    ways = sorted(WAYS[way] for way in platform.connects) if platform.settings else []
    can = sorted(platform.can)
    return f"| `{platform.key}` | {', '.join(ways) or NOTHING} | {', '.join(can) or NOTHING} | {platform.lanes} |"


def test_what_each_platform_can_is_in_the_documents() -> None:
    text = PAGE.read_text("utf-8")
    table = text[text.index("## What each can") : text.index("## Adding a platform")]
    missing = [row(platform) for platform in registry.all() if row(platform) not in table]
    assert not missing, "lines that the table lacks:\n" + "\n".join(missing)
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert len(rows) == len(registry.all()), "a line of a platform that is gone, or two of one"

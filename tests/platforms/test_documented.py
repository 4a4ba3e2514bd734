"""The table of what each platform can, in the documents, says what the code says.

``python -m tests.platforms.test_documented`` writes it anew.
"""

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


def table(text: str) -> tuple[int, int]:
    """Where in ``text`` the table's lines begin and end."""
    begin = text.index("\n| `", text.index("## What each can")) + 1
    return begin, text.index("\n\n", begin)


def test_what_each_platform_can_is_in_the_documents() -> None:
    text = PAGE.read_text("utf-8")
    begin, end = table(text)
    assert text[begin:end].splitlines() == [row(platform) for platform in registry.all()]


if __name__ == "__main__":
    page = PAGE.read_text("utf-8")
    begin, end = table(page)
    PAGE.write_text(page[:begin] + "\n".join(map(row, registry.all())) + page[end:], "utf-8")

"""The tables of what each platform can, in the documents, say what the code says.

``python -m tests.platforms.test_documented`` writes them anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

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


def watched(platform: Platform) -> str:
    """A platform's line of the table of what one may do with what others write."""
    reads = "replies" in platform.can
    said = (reads, "hide" in platform.can, reads, "report" in platform.can)
    return f"| `{platform.key}` | {' | '.join('yes' if each else 'at the network' for each in said)} |"


def networks() -> list[Platform]:
    """Those on which others may write under ours."""
    return [each for each in registry.all() if each.settings and not each.own and not each.by_person]


def table(text: str, heading: str) -> tuple[int, int]:
    """Where in ``text`` the lines of the table below ``heading`` begin and end."""
    begin = text.index("\n| `", text.index(heading)) + 1
    return begin, text.index("\n\n", begin)


TABLES = {
    "## What each can": lambda: list(map(row, registry.all())),
    "### What others write under ours": lambda: list(map(watched, networks())),
}


@pytest.mark.parametrize("heading", TABLES)
def test_what_each_platform_can_is_in_the_documents(heading: str) -> None:
    text = PAGE.read_text("utf-8")
    begin, end = table(text, heading)
    assert text[begin:end].splitlines() == TABLES[heading]()


if __name__ == "__main__":
    page = PAGE.read_text("utf-8")
    for heading, lines in TABLES.items():
        begin, end = table(page, heading)
        page = page[:begin] + "\n".join(lines()) + page[end:]
    PAGE.write_text(page, "utf-8")

"""Documents as a rich editor holds them, by chance, and what a reader would see of them."""

from __future__ import annotations

import re
from random import Random
from typing import Any, Final

from commsched.core.content.rich_text import Node

PIECES: Final = [
    *(
        "ord",
        "Åsa",
        "ål",
        "1. ",
        "- ",
        "# ",
        "*",
        "_",
        "`",
        "[",
        "]",
        "(",
        ")",
        "<b>",
        "&amp;",
        "&",
        "!",
        ".",
        ",",
        " ",
    ),
    *(
        "2*3*4",
        "a_b_c",
        "https://x.se/a_b(c) ",
        "@[Anna Berg]",
        "”",
        "–",
        "> ",
        "+ ",
        "~~~",
        "x@y.se",
        "😊",
        "10) ",
        "#",
    ),
]
LINKS: Final = ["https://x.se", "www.a.se/b", "mailto:a@b.se", "https://x.se/(a)"]


def _marks(chance: Random) -> list[dict[str, Any]]:
    marks: list[dict[str, Any]] = [{"type": kind} for kind in ("bold", "italic") if chance.random() < 0.25]
    if chance.random() < 0.15:
        marks.append({"type": "link", "attrs": {"href": chance.choice(LINKS), "title": "", "auto": ""}})
    return marks


def _text(chance: Random) -> Any:
    return {
        "type": "text",
        "text": "".join(chance.choices(PIECES, k=chance.randint(1, 4))),
        "marks": _marks(chance),
    }


def _words(chance: Random, breaks: bool = True) -> list[Any]:
    count = chance.randint(1, 4)
    return [{"type": "hardBreak"} if breaks and chance.random() < 0.15 else _text(chance) for _ in range(count)]


def _paragraph(chance: Random) -> Any:
    return {"type": "paragraph", "content": [{"type": "text", "text": "Ord"}, *_words(chance)]}


def block(chance: Random, depth: int = 0) -> Any:
    """One block, at most three levels deep."""
    kind = chance.random()
    if kind < 0.5 or depth > 2:
        return _paragraph(chance)
    if kind < 0.6:
        return {"type": "heading", "attrs": {"level": chance.randint(1, 6)}, "content": _words(chance, breaks=False)}
    if kind < 0.7:
        return {"type": "blockquote", "content": [_paragraph(chance), block(chance, depth + 1)]}
    if kind < 0.75:
        return {"type": "codeBlock", "content": [{"type": "text", "text": chance.choice(["x", "```\ny", "a\n\nb"])}]}
    if kind < 0.78:
        return {"type": "horizontalRule"}
    items = []
    for _ in range(chance.randint(1, 3)):
        more = [block(chance, depth + 1)] if chance.random() < 0.3 else []
        items.append({"type": "listItem", "content": [_paragraph(chance), *more]})
    if chance.random() < 0.5:
        return {"type": "bulletList", "content": items}
    return {"type": "orderedList", "attrs": {"start": chance.choice([1, 1, 3])}, "content": items}


def seen(nodes: list[Node]) -> list[Any]:
    """What a reader sees: the words of every block, without the space that no reader sees."""
    shown: list[Any] = []
    for node in nodes:
        content = node.get("content", [])
        if node["type"] in ("paragraph", "heading"):
            text = "".join("\n" if part["type"] == "hardBreak" else part["text"] for part in content)
            lines = [re.sub(" +", " ", line).strip(" ") for line in text.split("\n")]
            if said := "\n".join(lines).strip():
                shown.append((node["type"], node.get("attrs"), said))
        elif node["type"] == "codeBlock":
            shown.append(("code", content[0]["text"]))
        else:
            shown.append((node["type"], node.get("attrs"), seen(content)))
    return shown

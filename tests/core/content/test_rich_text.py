"""Markdown as a rich editor's document: no line of the source is lost, and the words are the reader's."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from commsched.core.content.rich_text import Node, read_blocks
from commsched.core.text.clean import clean

PIECES = st.sampled_from(
    [
        *("ord", "Åsa ", "# ", "## ", "- ", "1. ", "> ", "**", "*", "_", "`", "```\n", "[", "](https://x.se)", "\n"),
        *("\n\n", "https://x.se/å ", "<b>", "&amp;", "\\", "---\n", "    ", "@[Anna Berg]", "\x0b", "\t"),
    ]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join)


@settings(deadline=None)
@given(TEXTS)
def test_the_sources_are_the_text(text: str) -> None:
    blocks = read_blocks(text)
    assert "".join(block["source"] for block in blocks) in (clean(text), "")
    assert blocks or not clean(text).strip()


def words(nodes: list[Node]) -> str:
    return "".join(node.get("text", "") + words(node.get("content", [])) for node in nodes)


def test_every_mark_of_the_grammar_has_its_node() -> None:
    text = (
        "Ja **fet *båda*** `kod` [ord](www.x.se 'T') https://x.se/å\nrad\n\n## Rubrik\n- ett\n  1. två\n\n"
        "> citat\n\n```\nx\n```\n\n---\n\n3. tre\n"
    )
    nodes = [block["node"] for block in read_blocks(text)]
    kinds = ["paragraph", "heading", "bulletList", "blockquote", "codeBlock", "horizontalRule", "orderedList"]
    assert [node["type"] for node in nodes] == kinds
    first = nodes[0]["content"]
    assert [[mark["type"] for mark in node.get("marks", [])] for node in first] == [
        [],
        ["bold"],
        ["bold", "italic"],
        [],
        ["code"],
        [],
        ["link"],
        [],
        ["link"],
        [],
        [],
    ]
    assert first[6]["marks"][0]["attrs"] == {"href": "www.x.se", "title": "T", "auto": ""}
    assert first[8]["marks"][0]["attrs"]["auto"] == "https://x.se/å"
    assert nodes[1]["attrs"] == {"level": 2}
    assert nodes[6]["attrs"] == {"start": 3}
    assert words(nodes).startswith("Ja fet båda kod ord https://x.se/årad")


def test_what_an_editor_needs_a_paragraph_in_has_one() -> None:
    for text in ("- ", "> ", "- # h", "> - a"):
        (block,) = read_blocks(text)
        inner = block["node"]["content"][0]
        inner = inner["content"][0] if inner["type"] == "listItem" else inner
        assert inner["type"] == "paragraph"

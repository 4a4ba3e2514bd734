"""Markdown as the document that a rich text editor holds, each block with the very lines it was read from.

The editor writes back what nobody touched as it stood, so that opening and saving a text never changes its hash. The
grammar is the one that readers get (:mod:`commsched.core.content.markup`); the nodes are named as ProseMirror's
editors name them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypedDict

from commsched.core.content.markup import parse_blocks
from commsched.core.text.clean import clean

if TYPE_CHECKING:
    from markdown_it.token import Token


class Mark(TypedDict, total=False):
    """How some words are set: bold, italic, code, or a link with its address."""

    type: str
    attrs: dict[str, str]


class Node(TypedDict, total=False):
    """A node of the document: a block with its content, a text with its marks, or a line break."""

    type: str
    attrs: dict[str, int]
    content: list[Node]
    text: str
    marks: list[Mark]


class Block(TypedDict):
    """A block at the top of the document, and the lines it was read from, with the empty ones that follow it."""

    node: Node
    source: str


_BLOCKS: Final = {
    "paragraph": "paragraph",
    "heading": "heading",
    "bullet_list": "bulletList",
    "ordered_list": "orderedList",
    "list_item": "listItem",
    "blockquote": "blockquote",
    "table": "table",
    "tr": "tableRow",
    "th": "tableHeader",
    "td": "tableCell",
}
_NEEDS_PARAGRAPH: Final = ("listItem", "blockquote")
_CELLS: Final = ("tableHeader", "tableCell")
_MARKS: Final = {"strong": "bold", "em": "italic"}


def read_blocks(text: str) -> list[Block]:
    """The blocks of ``text``, in order; none for a blank one. Their sources, one after the other, are ``text`` as it is
    kept."""
    kept = clean(text)
    lines = kept.split("\n")
    tokens = parse_blocks(kept)
    starts = [token.map[0] for token in tokens if not token.level and token.map and token.nesting >= 0]
    nodes = list(_nodes(iter(tokens)))
    if not nodes:
        return []
    edges = [0, *starts[1:], len(lines)]
    sources = ["\n".join(lines[first:last]) for first, last in pairwise(edges)]
    sources = [source + "\n" for source in sources[:-1]] + sources[-1:]
    return [{"node": node, "source": source} for node, source in zip(nodes, sources, strict=True)]


def _nodes(tokens: Iterator[Token]) -> Iterator[Node]:
    """The nodes of a stretch of tokens, until the block around it is closed."""
    for token in tokens:
        if token.nesting < 0:
            return
        kind = _BLOCKS.get(token.type.removesuffix("_open"))
        if kind:
            yield _block(kind, token, list(_nodes(tokens)))
        elif token.type in ("fence", "code_block"):
            text = token.content.removesuffix("\n")
            yield {"type": "codeBlock", "content": [{"type": "text", "text": text}] if text else []}
        elif token.type in ("thead_open", "tbody_open"):
            yield from _nodes(tokens)
        elif token.type == "hr":
            yield {"type": "horizontalRule"}
        elif token.type == "inline":
            yield from _words(token.children or [])


def _block(kind: str, opened: Token, content: list[Node]) -> Node:
    if kind in _NEEDS_PARAGRAPH and (not content or content[0]["type"] != "paragraph"):
        content = [{"type": "paragraph", "content": []}, *content]
    if kind in _CELLS:
        content = [{"type": "paragraph", "content": content}]
    node: Node = {"type": kind, "content": content}
    if kind == "heading":
        node["attrs"] = {"level": int(opened.tag[1])}
    if kind == "orderedList":
        node["attrs"] = {"start": int(opened.attrs.get("start", 1))}
    return node


def _words(children: list[Token]) -> Iterator[Node]:
    marks: list[Mark] = []
    for place, child in enumerate(children):
        name, _underscore, side = child.type.rpartition("_")
        if name == "link" and side == "open":
            marks = [*marks, _link(child, children[place + 1].content)]
        elif name in _MARKS and side == "open":
            marks = [*marks, {"type": _MARKS[name]}]
        elif side == "close":
            marks = marks[:-1]
        elif child.type in ("softbreak", "hardbreak"):
            yield {"type": "hardBreak"}
        elif child.content:
            own: list[Mark] = [{"type": "code"}] if child.type == "code_inline" else []
            yield {"type": "text", "text": child.content, "marks": _unique([*marks, *own])}


def _unique(marks: list[Mark]) -> list[Mark]:
    """Bold within bold is bold."""
    return list({mark["type"]: mark for mark in marks}.values())


def _link(opened: Token, words: str) -> Mark:
    """A link. One that stood as its bare address remembers how it was shown."""
    attrs = {"href": str(opened.attrs.get("href", "")), "title": str(opened.attrs.get("title", ""))}
    return {"type": "link", "attrs": attrs | {"auto": words if opened.info == "auto" else ""}}

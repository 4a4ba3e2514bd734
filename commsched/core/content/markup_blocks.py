"""What our Markdown has beyond CommonMark: tables, and footnotes at the end of the text.

A footnote is one only where it is complete: a text with a note that nothing refers to, or with a sign that merely looks
like one, is read as it stands, so that no words are lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

_NOTE: Final = re.compile(r"\[\^[^\s\[\]]{1,40}\]")
_BEGINS: Final = re.compile(r"^ {0,3}\[\^[^\s\[\]]{1,40}\]:", re.MULTILINE)
_MOST_NOTES: Final = 200
PLAIN_WIDTH: Final = 76
"""Characters of a line of plain text: a table that is wider is told row by row."""


def may_have_notes(text: str) -> bool:
    """Whether ``text`` is worth reading for footnotes. Linear, and false for what would take long."""
    marks = text.count("[^")
    return 0 < marks <= _MOST_NOTES and len(_NOTE.findall(text)) == marks and bool(_BEGINS.search(text))


def add_notes(parser: MarkdownIt) -> None:
    """Let ``parser`` read footnotes; their anchors begin with ``env["notes"]``, so that two texts may share a page."""
    from mdit_py_plugins.footnote import footnote_plugin

    parser.use(footnote_plugin, inline=False, move_to_end=True)
    for rule in (_footnote_ref, _footnote_block_open, _footnote_block_close, _footnote_open, _footnote_anchor):
        parser.add_render_rule(rule.__name__[1:], rule)
    parser.add_render_rule("footnote_close", _footnote_close)


def all_referred(env: EnvType) -> bool:
    """Whether every footnote that ``env`` was filled with is referred to somewhere."""
    return all(number >= 0 for number in env.get("footnotes", {}).get("refs", {}).values())


def note_number(token: Token) -> int:
    """Which footnote a reference or a note is, counted from one."""
    return int(token.meta["id"]) + 1


def _anchor(env: EnvType, token: Token, side: str) -> str:
    again = int(token.meta.get("subId", 0))
    return f"{env.get('notes', 'n')}-{side}{note_number(token)}" + (f"-{again}" if again and side == "r" else "")


def _footnote_ref(_self: RendererHTML, tokens: Sequence[Token], idx: int, _options: OptionsDict, env: EnvType) -> str:
    token = tokens[idx]
    anchors = f'href="#{_anchor(env, token, "n")}" id="{_anchor(env, token, "r")}"'
    return f"<sup><a {anchors}>{note_number(token)}</a></sup>"


def _footnote_block_open(*_given: object) -> str:
    return "<hr>\n<section>\n<ol>\n"


def _footnote_block_close(*_given: object) -> str:
    return "</ol>\n</section>\n"


def _footnote_open(_self: RendererHTML, tokens: Sequence[Token], idx: int, _options: OptionsDict, env: EnvType) -> str:
    return f'<li id="{_anchor(env, tokens[idx], "n")}">'


def _footnote_close(*_given: object) -> str:
    return "</li>\n"


def _footnote_anchor(
    _self: RendererHTML, tokens: Sequence[Token], idx: int, _options: OptionsDict, env: EnvType
) -> str:
    return f' <a href="#{_anchor(env, tokens[idx], "r")}">↩</a>'


def align_cells(tokens: Sequence[Token]) -> None:
    """Say how the cells of a table are set by an attribute, which mail programs and our policy for pages allow, where
    the parser says it by a style."""
    for token in tokens:
        style = str(token.attrs.pop("style", "")) if token.type in ("th_open", "td_open") else ""
        if style:
            token.attrs["align"] = style.removeprefix("text-align:")


def plain_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table as text: columns side by side, or row by row where they are too wide. The first row is the
    heading."""
    if not rows:
        return []
    cells = [[" ".join(cell.split()) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    if sum(widths) + 3 * (len(widths) - 1) > PLAIN_WIDTH:
        return list(_row_by_row(cells[0], cells[1:]))
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return [lines[0], "-+-".join("-" * width for width in widths), *lines[1:]]


def _row_by_row(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        yield " | ".join(heading)
    for number, row in enumerate(rows):
        if number:
            yield ""
        yield from (f"{name}: {cell}".strip(": ") for name, cell in zip(heading, row, strict=True) if cell)

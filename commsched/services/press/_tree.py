"""Sanitised HTML as a tree of lists, for what is no browser: ``["p", {}, ["text", ["em", {}, ["more"]]]]``.

It reads what :func:`commsched.core.content.markup.to_html` writes, so whatever that learns is here at once.
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final, TypeAlias

Node: TypeAlias = "str | list[object]"
_EMPTY: Final = frozenset({"br", "hr"})
_KEPT: Final = frozenset({"href", "start", "id", "scope", "align"})


def tree(html: str) -> list[Node]:
    """The nodes of ``html``, in order. What is not closed is closed at its end."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.root


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root: list[Node] = []
        self._open: list[tuple[str, list[Node]]] = [("", self.root)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        children: list[Node] = []
        kept = {name: value or "" for name, value in attrs if name in _KEPT}
        self._open[-1][1].append([tag, kept, children])
        if tag not in _EMPTY:
            self._open.append((tag, children))

    def handle_endtag(self, tag: str) -> None:
        if any(name == tag for name, _children in self._open):
            while self._open[-1][0] != tag:
                self._open.pop()
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip("\n"):
            self._open[-1][1].append(data)

"""XML of a stranger's, read as a stream: no entities, no types of document, nothing fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NoReturn
from xml.parsers import expat

import msgspec

from commsched.services.documents import errors

Began = Callable[[str, Mapping[str, str]], None]
"""What is told of an element: its name, and its attributes, both without their namespaces."""


class Text(msgspec.Struct):
    """What is written in elements of one name, up to a bound."""

    wanted: frozenset[str]
    words: list[tuple[str, str]] = []
    most: int = 500
    """Characters of one element."""


def read(pieces: Iterable[bytes], began: Began, text: Text | None = None) -> None:
    """Tell ``began`` of every element, and keep what stands in those that ``text`` wants. All of ``pieces`` is read.
    Raises :class:`errors.Damaged` for what is no XML, and for any that declares something of its own."""
    parser, inside = expat.ParserCreate(namespace_separator=" "), list[list[str]]()

    def refuse(*_anything: object) -> NoReturn:
        raise errors.Damaged()

    def start(name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if text is not None and local in text.wanted:
            inside.append([])
        began(local, {_local(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        local = _local(name)
        if text is not None and local in text.wanted and inside:
            text.words.append((local, "".join(inside.pop())[: text.most]))

    def said(words: str) -> None:
        if inside and sum(map(len, inside[-1])) < (text.most if text else 0):
            inside[-1].append(words)

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, said
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.ExternalEntityRefHandler = refuse
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError:
        raise errors.Damaged() from None


def _local(name: str) -> str:
    return name.rpartition(" ")[2]

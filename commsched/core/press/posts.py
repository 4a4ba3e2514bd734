"""A post made of a release: as much of what it says as a channel takes, and where to read the rest. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from commsched.core.content.markup import to_plain
from commsched.core.content.model import Content


def proposed(content: Content, link: str, most: int | None, count: Callable[[str], int] = len) -> str:
    """The richest of what can be said within ``most`` by ``count``, with ``link`` last. The headline is always in it,
    cut where not even that fits. ``None``: as much as there is."""
    tail = f"\n\n{link}" if link else ""
    for words in _richest_first(content):
        if most is None or count(words + tail) <= most:
            return words + tail
    return _cut(content.title.strip() or content.lead.strip(), tail, most or 0, count)


def _richest_first(content: Content) -> Iterator[str]:
    title, lead, short = content.title.strip(), " ".join(content.lead.split()), " ".join(content.short.split())
    quote = next((f"– {said.text.strip()}\n{said.speaker}".strip() for said in content.quotes if said.text.strip()), "")
    body = lead or short or _first_paragraph(content)
    for parts in (
        (title, body, short if body != short else "", quote),
        (title, body, quote),
        (title, body),
        (title, _first_sentence(body)),
        (title,),
    ):
        words = "\n\n".join(part for part in parts if part)
        if words:
            yield words


def _first_paragraph(content: Content) -> str:
    return to_plain(content.text[:5000], addresses=False).partition("\n\n")[0]


def _first_sentence(text: str) -> str:
    head, stop, _rest = text.partition(". ")
    return head + "." if stop else head


def _cut(words: str, tail: str, most: int, count: Callable[[str], int]) -> str:
    """``words`` shortened between words until it fits; nothing but the link where not even one word does."""
    kept = words.split(" ")
    while kept and count(" ".join(kept) + "…" + tail) > most:
        kept.pop()
    return f"{' '.join(kept)}…{tail}" if kept else tail.strip()

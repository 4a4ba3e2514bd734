"""A text as Bluesky shows it: links shortened to what a reader needs, and what is a link, a mention or a hashtag told
in facets, by offsets in bytes of UTF-8.

What is counted is what is shown. The rules for what is found are those of Bluesky's own app, written so that a hostile
text costs time in proportion to its length; of addresses without a scheme only those in small letters are taken.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Final, Literal

import msgspec

from commsched.core.text.length import graphemes, link_in, tidy

MOST_GRAPHEMES: Final = 300
MOST_BYTES: Final = 3000
MOST_TAG: Final = 64
_PATH_SHOWN: Final = 15
"""Characters of a path that are shown whole; of a longer one, two fewer and a sign that there is more."""
_UNSEEN: Final = "\u00ad\u2060\u200a\u200b\u200c\u200d\u20e2"
_LABELS: Final = r"[a-z0-9][a-z0-9-]*+(?:\.[a-z0-9][a-z0-9-]*+)++"
_PATTERN: Final = re.compile(
    # Runs are taken whole and possessively, so that nothing is tried twice.
    r"(?P<link>https?://[^\s<>\"]++)"
    rf"|(?<![\w@/.#:-])(?P<bare>{_LABELS})(?![\w@])(?P<path>(?::\d{{1,5}})?(?:[/?#][^\s<>\"]*+)?)"
    rf"|(?<![\w@/.])@(?P<mention>(?i:{_LABELS}))(?!@)"
    rf"|(?:(?<=\s)|(?<![\s\S]))[#＃](?!\ufe0f)(?P<tag>[^\s{_UNSEEN}]++)"
)
Feature = Literal["link", "mention", "tag"]


class Span(msgspec.Struct, frozen=True):
    """A piece of the shown text, ``[start, end)`` in characters, and what it leads to: an address, a handle, a tag."""

    start: int
    end: int
    kind: Feature
    value: str


class Rich(msgspec.Struct, frozen=True):
    """A text as it is shown, and what in it is more than words."""

    text: str
    spans: tuple[Span, ...]

    @property
    def handles(self) -> list[str]:
        """The handles that are mentioned, each once."""
        return list(dict.fromkeys(span.value for span in self.spans if span.kind == "mention"))


@lru_cache(maxsize=8)  # a text is counted, checked and shown by turns
def rich(text: str) -> Rich:
    """``text`` as it is shown."""
    plain, pieces, spans, at, length = tidy(text), [], [], 0, 0
    for start, end, shown, kind, value in _matches(plain):
        pieces.append(plain[at:start])
        length += start - at
        spans.append(Span(length, length + len(shown), kind, value))
        pieces.append(shown)
        length, at = length + len(shown), end
    return Rich("".join([*pieces, plain[at:]]), tuple(spans))


def length(text: str) -> int:
    """Graphemes of ``text`` as it is shown."""
    return graphemes(rich(text).text)


def facets(shown: Rich, dids: Mapping[str, str]) -> list[dict[str, object]]:
    """The facets of a text. ``dids``: who each mentioned handle is; one that nobody is known by stays words."""
    marks: list[dict[str, object]] = []
    at = offset = 0
    for span in shown.spans:
        begins = offset + len(shown.text[at : span.start].encode())
        ends = begins + len(shown.text[span.start : span.end].encode())
        at, offset = span.end, ends
        feature = _feature(span, dids)
        if feature is not None:
            marks.append({"index": {"byteStart": begins, "byteEnd": ends}, "features": [feature]})
    return marks


def _feature(span: Span, dids: Mapping[str, str]) -> dict[str, str] | None:
    value = dids.get(span.value, "") if span.kind == "mention" else span.value
    field = {"link": "uri", "mention": "did", "tag": "tag"}[span.kind]
    return {"$type": f"app.bsky.richtext.facet#{span.kind}", field: value} if value else None


def _matches(text: str) -> Iterator[tuple[int, int, str, Feature, str]]:
    """Each piece that is more than words: where it stands, how it is shown, what it is, and what it leads to."""
    for match in _PATTERN.finditer(text):
        start = match.start()
        if match["link"] and "." in _host(link := link_in(match["link"])).strip("."):
            yield start, start + len(link), short(link), "link", link
        elif match["bare"] and match["bare"].rpartition(".")[2] in _top_levels():
            link = link_in(match["bare"] + match["path"])
            yield start, start + len(link), short(f"https://{link}"), "link", f"https://{link}"
        elif match["mention"]:
            yield start, match.end(), match[0], "mention", match["mention"].lower()
        elif match["tag"] and (tag := _tag(match["tag"])):
            yield start, start + 1 + len(tag), match[0][: 1 + len(tag)], "tag", tag


def _host(link: str) -> str:
    return re.split(r"[/?#]", link.partition("://")[2], maxsplit=1)[0]


def short(link: str) -> str:
    """An address as a reader sees it: the host, and the beginning of what follows."""
    host = _host(link)
    path = link.partition("://")[2][len(host) :]
    path = "" if path == "/" else path
    return host + (path if len(path) <= _PATH_SHOWN else f"{path[: _PATH_SHOWN - 2]}…")


def _tag(run: str) -> str:
    """The hashtag that a run of characters begins with, without what closes the sentence; empty for none."""
    end = len(run)
    while end and unicodedata.category(run[end - 1]).startswith("P"):
        end -= 1
    tag = run[:end]
    words = any(not letter.isdigit() and not unicodedata.category(letter).startswith("P") for letter in tag[:1000])
    return tag if words and graphemes(tag) <= MOST_TAG else ""


@cache
def _top_levels() -> frozenset[str]:
    from linkify_it.tlds import TLDS

    return frozenset(domain.lower() for domain in TLDS)

"""What became of what is out, on Meta's networks: figures, what others wrote, and what the account has published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from commsched.core.platform.figures import Figures, Publication, Reply
from commsched.platforms._meta.client import Asks, walk
from commsched.platforms._meta.errors import MetaError
from commsched.platforms._meta.moments import moment
from commsched.platforms._shared.answers import ident, read

_PAGES: Final = 10
"""Pages read of one edge at most."""
Entry = Mapping[str, object]


class TooMany(Exception):
    """There is more than is read of one edge: what would be told is not all."""


def since(client: Asks, path: str, start: datetime, at: str, **params: str) -> list[Entry]:
    """The entries of an edge, which gives the newest first, whose moment ``at`` is at or after ``start``: oldest first.
    Raises :class:`TooMany` rather than leave some out."""
    fresh: list[Entry] = []
    for number, listed in enumerate(walk(client, path, **params), 1):
        new = [entry for entry in listed.entries if moment(entry[at]) >= start]
        fresh += new
        if listed.entries and not new:
            break
        if listed.more and number >= _PAGES:
            raise TooMany(path)
    return fresh[::-1]


def missing(error: MetaError) -> bool:
    """Whether ``error`` says that what was asked about is not there."""
    return (error.code, error.subcode) in ((100, 33), (24, 2207006)) or error.code == 803


def under_each(remote_ids: Sequence[str], ask: Callable[[str], Iterable[Reply]]) -> list[Reply]:
    """What ``ask`` returns for each publication, oldest first and each once; one that is gone is left out."""
    written: dict[str, Reply] = {}
    for remote_id in remote_ids:
        try:
            for reply in ask(remote_id):
                written.setdefault(reply.id, reply)
        except MetaError as error:
            if not missing(error):
                raise
    return sorted(written.values(), key=lambda each: each.at)


class _Value(msgspec.Struct):
    value: object = None


class _Metric(msgspec.Struct):
    name: str
    values: list[_Value] = []
    total_value: _Value | None = None


class _Metrics(msgspec.Struct):
    data: list[_Metric]


def figures(
    client: Asks, remote_ids: Sequence[str], metrics: Sequence[str], sense: Callable[[Mapping[str, int]], Figures]
) -> dict[str, Figures]:
    """Figures by id. ``sense`` makes them of what is told of one."""
    known: dict[str, Figures] = {}
    for remote_id in remote_ids:
        try:
            answer = client.get(f"{remote_id}/insights", metric=",".join(metrics))
        except MetaError as error:
            if missing(error):
                continue
            raise
        known[remote_id] = sense(counts(answer))
    return known


def counts(answer: object) -> dict[str, int]:
    """What each metric counts, where it is told as a number."""
    known: dict[str, int] = {}
    for metric in read(answer, _Metrics).data:
        value = metric.total_value or (metric.values[-1] if metric.values else _Value())
        if isinstance(value.value, int) and not isinstance(value.value, bool) and value.value >= 0:
            known[metric.name] = value.value
    return known


class Named(msgspec.Struct, frozen=True):
    """What one network calls a publication's words, the moment of it, and where it is seen."""

    words: str
    at: str
    link: str = "permalink"


def published(client: Asks, path: str, start: datetime, named: Named) -> list[Publication]:
    """What an account has published at or after ``start``, oldest first."""
    fields, after = f"id,{named.words},{named.at},{named.link}", str(int(start.timestamp()))
    entries = since(client, path, start, named.at, fields=fields, limit="50", since=after)
    return [
        Publication(ident(each), text(each, named.link), text(each, named.words), moment(each[named.at]))
        for each in entries
    ]


def total(counts: Mapping[str, int], *names: str) -> int | None:
    """The sum of those that are told; ``None`` where none is."""
    known = [counts[name] for name in names if name in counts]
    return sum(known) if known else None


def permalink(client: Asks, post: str) -> str:
    """Where a post is seen; empty where that cannot be asked, which is no harm to a post that is out."""
    try:
        return text(client.get(post, fields="permalink"), "permalink")
    except Exception:
        return ""


def text(entry: Entry, name: str) -> str:
    """A field as text; empty for one that is missing, or is none."""
    said = entry.get(name)
    return said if isinstance(said, str) else ""

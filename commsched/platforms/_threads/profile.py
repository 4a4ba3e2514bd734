"""What a Threads profile tells of itself: what it has published, what others wrote under it, and how it was met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from commsched.core.delivery.outcome import Finding
from commsched.core.platform.contract import Part
from commsched.core.platform.figures import Figures, Reply
from commsched.platforms._meta import aftermath
from commsched.platforms._meta.client import Client, walk
from commsched.platforms._meta.moments import moment, squeeze
from commsched.platforms._shared.answers import ident
from commsched.platforms._shared.readback import Entry, Page, look_through

_FIELDS: Final = "id,text,timestamp,permalink"
_REPLY_FIELDS: Final = "id,text,timestamp,permalink,username,hide_status,replied_to,is_reply_owned_by_me"
_METRICS: Final = ("views", "likes", "replies", "reposts", "quotes", "shares")


def find_post(client: Client, account: str, part: Part, start: datetime) -> Finding:
    """Look for the post by its words, and an answer also by what it answers, among what the profile has published."""
    edge, fields = ("replies", f"{_FIELDS},replied_to") if part.parent else ("threads", _FIELDS)

    def entry(each: Mapping[str, object]) -> Entry:
        same = squeeze(aftermath.text(each, "text")) == squeeze(part.text)
        if part.parent:
            same = same and _answers(each) == part.parent
        return Entry(ident(each), aftermath.text(each, "permalink"), same, moment(each["timestamp"]))

    def pages() -> Iterator[Page]:
        since = str(int(start.timestamp()))
        for listed in walk(client, f"{account}/{edge}", fields=fields, limit="50", since=since):
            yield Page([entry(each) for each in listed.entries], listed.more)

    return look_through(pages(), part, start)


def _answers(entry: Mapping[str, object]) -> str:
    parent = entry.get("replied_to")
    return str(parent.get("id") or "") if isinstance(parent, Mapping) else ""


def metrics(client: Client, remote_ids: Sequence[str]) -> dict[str, Figures]:
    def sense(counts: Mapping[str, int]) -> Figures:
        return Figures(
            views=counts.get("views"),
            likes=counts.get("likes"),
            shares=aftermath.total(counts, "reposts", "quotes", "shares"),
            comments=counts.get("replies"),
        )

    return aftermath.figures(client, remote_ids, _METRICS, sense)


def replies(client: Client, remote_ids: Sequence[str], start: datetime) -> list[Reply]:
    """What others wrote under ours, also under each other's answers, oldest first."""

    def ask(remote_id: str) -> Iterator[Reply]:
        path = f"{remote_id}/conversation"
        for entry in aftermath.since(client, path, start, "timestamp", fields=_REPLY_FIELDS, limit="50"):
            if entry.get("is_reply_owned_by_me") is not True:
                yield _reply(entry, remote_id)

    return aftermath.under_each(remote_ids, ask)


def _reply(entry: aftermath.Entry, ours: str) -> Reply:
    return Reply(
        id=ident(entry),
        answers=ours,
        author=f"@{aftermath.text(entry, 'username')}",
        text=aftermath.text(entry, "text"),
        at=moment(entry["timestamp"]),
        url=aftermath.text(entry, "permalink"),
        hidden=entry.get("hide_status") == "HIDDEN",
    )

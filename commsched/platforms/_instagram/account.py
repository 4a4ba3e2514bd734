"""What an Instagram account tells of itself: who it is, what it has published, what others wrote, how it was met."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from commsched.core.delivery.outcome import CannotTell, Finding, Found
from commsched.core.platform.contract import Account, Part
from commsched.core.platform.figures import Figures, Reply
from commsched.core.text.messages import N_
from commsched.platforms._instagram.rules import caption_of
from commsched.platforms._meta import aftermath
from commsched.platforms._meta.aftermath import text
from commsched.platforms._meta.client import Client, walk
from commsched.platforms._meta.moments import moment, squeeze
from commsched.platforms._shared.answers import ident
from commsched.platforms._shared.readback import Entry, Page, look_through

_FIELDS: Final = "id,caption,timestamp,permalink"
_COMMENT_FIELDS: Final = "id,text,timestamp,username,hidden"
_METRICS: Final = ("views", "likes", "comments", "shares")
_PAGES: Final = 20
"""Pages of comments read at most, of fifty each: all of them, since an old one may have a new answer."""


def linked(client: Client, number: str) -> Account:
    """The account with that number, as the Page in front of it sees it."""
    return _named(client.get(number, fields="id,username,profile_picture_url"), "id")


def own(client: Client) -> Account:
    """The account that a token of its own belongs to."""
    return _named(client.get("me", fields="user_id,username,profile_picture_url"), "user_id")


def _named(me: Mapping[str, object], number: str) -> Account:
    """Raises :class:`ValueError` for an account without a name: none is made up."""
    username = text(me, "username").strip()
    if not username:
        raise ValueError("the answer does not name the account")
    url = f"https://www.instagram.com/{username}/"
    return Account(ident({"id": me.get(number)}), f"@{username}", url, picture=text(me, "profile_picture_url"))


def find_media(client: Client, account: str, part: Part, start: datetime) -> Finding:
    """Look for the post by its caption among what the account has published since ``start``. Never the newest one
    merely because it is the newest."""
    wanted = squeeze(caption_of(part.view))

    def entry(each: Mapping[str, object]) -> Entry:
        same = squeeze(text(each, "caption")) == wanted
        return Entry(ident(each), text(each, "permalink"), same, moment(each["timestamp"]))

    def pages() -> Iterator[Page]:
        since = str(int(start.timestamp()))
        for listed in walk(client, f"{account}/media", fields=_FIELDS, limit="50", since=since):
            yield Page([entry(each) for each in listed.entries], listed.more)

    return look_through(pages(), part, start)


def comment_edge(part: Part) -> str:
    """Where a comment is written: under a post of ours, or under what somebody else wrote there."""
    return f"{part.parent}/{'replies' if part.role == 'reply' else 'comments'}"


def find_comment(client: Client, part: Part, start: datetime) -> Finding:
    """A comment has no name of its own beforehand: not to see it is not enough to write it again."""

    def entry(each: Mapping[str, object]) -> Entry:
        same = squeeze(text(each, "text")) == squeeze(part.text)
        return Entry(ident(each), "", same, None)

    def pages() -> Iterator[Page]:
        for listed in walk(client, comment_edge(part), fields=_COMMENT_FIELDS, limit="50"):
            fresh = [each for each in listed.entries if moment(each["timestamp"]) >= start]
            yield Page([entry(each) for each in fresh], listed.more)

    finding = look_through(pages(), part, start)
    never = CannotTell(N_("the comment is not to be seen, and Instagram would take it twice"), final=True)
    return finding if isinstance(finding, Found) else never


def metrics(client: Client, remote_ids: Sequence[str]) -> dict[str, Figures]:
    def sense(counts: Mapping[str, int]) -> Figures:
        return Figures(counts.get("views"), counts.get("likes"), counts.get("shares"), counts.get("comments"))

    return aftermath.figures(client, remote_ids, _METRICS, sense)


def replies(client: Client, remote_ids: Sequence[str], start: datetime, own: str) -> list[Reply]:
    """What others than ``own`` wrote under ours, also under each other's comments, oldest first."""

    def ask(remote_id: str) -> Iterator[Reply]:
        path, fields = f"{remote_id}/comments", f"{_COMMENT_FIELDS},replies{{{_COMMENT_FIELDS}}}"
        for listed in itertools.islice(walk(client, path, fields=fields, limit="50"), _PAGES):
            for entry in listed.entries:
                for each in (entry, *_below(entry)):
                    if moment(each["timestamp"]) >= start and text(each, "username") != own:
                        yield _reply(each, remote_id)

    return aftermath.under_each(remote_ids, ask)


def _below(entry: aftermath.Entry) -> list[aftermath.Entry]:
    """What is written under a comment: an old comment may have a new answer."""
    under = entry.get("replies")
    entries = under.get("data") if isinstance(under, Mapping) else None
    return [each for each in entries if isinstance(each, Mapping)] if isinstance(entries, list) else []


def _reply(entry: aftermath.Entry, ours: str) -> Reply:
    return Reply(
        id=ident(entry),
        answers=ours,
        author=f"@{text(entry, 'username')}",
        text=text(entry, "text"),
        at=moment(entry["timestamp"]),
        hidden=entry.get("hidden") is True,
    )

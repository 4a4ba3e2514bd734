"""What a Facebook Page tells of itself: whose a token is, until when, and what was published, for reading back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from commsched.core.delivery.outcome import Absent, CannotTell, Finding, Found
from commsched.core.platform.contract import DeadToken, Part
from commsched.core.text.length import tidy
from commsched.core.text.messages import N_
from commsched.platforms._facebook.graph import Graph, GraphError
from commsched.platforms._shared.answers import ident, read
from commsched.platforms._shared.readback import Entry, Page, look_through

TOKEN: Final = "access_token"  # noqa: S105
"""The setting that is to blame for a token."""
_PAGE: Final = 100
"""Entries to a page, as many as the Graph gives."""
_RIGHTS: Final = {"pages_manage_posts", "pages_read_engagement"}


class _Token(msgspec.Struct):
    """What an app is told of a token."""

    scopes: list[str] | None = None
    expires_at: object = None
    """Seconds since 1970; 0 where it does not end. What is no number says nothing."""
    data_access_expires_at: object = None


class _Cursors(msgspec.Struct):
    after: object = None


class _Paging(msgspec.Struct):
    cursors: object = None
    """:class:`_Cursors`; left out, or empty in any way, where there is one page."""
    next: object = None


class _Entries(msgspec.Struct):
    """A page of what was published."""

    data: list[dict[str, object]]
    paging: object = None
    """:class:`_Paging`, as ``cursors``."""


def require_own(graph: Graph, page: str) -> None:
    """Refuse a token that is not the Page's own: any token may read a Page, and only its own may write there. Who a
    token belongs to is what ``/me`` answers, also where an app may not inspect its own token."""
    if ident(graph.get_object("me", fields="id")) != page:
        words = N_("This is a person's token. Facebook wants the Page's own token here.")
        raise DeadToken(words, TOKEN)


def inspect(graph: Graph) -> datetime | None:
    """When the token dies, where Facebook says; None where it does not, or does not die.

    Raises :class:`ConnectError` for a token that lacks a right. An app that may not inspect its own token is no
    reason to refuse the channel.
    """
    try:
        data = graph.request(f"{graph.version}/debug_token", {"input_token": graph.access_token})["data"]
    except (GraphError, KeyError):
        return None
    token = read(data, _Token)
    missing = _RIGHTS - set(token.scopes or _RIGHTS)
    if missing:
        words = N_("The token lacks the right %(right)s.")
        raise DeadToken(words, TOKEN, right=", ".join(sorted(missing)))
    known = [end for end in (token.expires_at, token.data_access_expires_at) if isinstance(end, int) and end > 0]
    return datetime.fromtimestamp(min(known), UTC) if known else None


def find_post(graph: Graph, post: str, part: Part, start: datetime, page: str) -> Finding:
    """Ask the post itself; where it cannot say, look for its text among what the Page has published."""
    if post:
        try:
            answer = graph.get_object(post, fields="id,is_published,permalink_url")
        except GraphError as error:
            if error.code != 100:
                raise
            answer = {}
        if answer.get("is_published") is True:
            return Found(post, str(answer.get("permalink_url") or post_url(post)))
        if answer.get("is_published") is False:
            return Absent(N_("the post is still unpublished"))
    pages = _pages(graph, page, "published_posts", start, "id,message,created_time,permalink_url", part.text, post)
    finding = look_through(pages, part, start)
    never = CannotTell(N_("the post cannot be asked, and is not among the Page's latest"), final=True)
    return finding if isinstance(finding, Found) else never


def find_comment(graph: Graph, part: Part, start: datetime) -> Finding:
    """A comment has no name of its own beforehand: not to see it is not enough to write it again."""
    pages = _pages(graph, part.parent, "comments", start, "id,message,created_time", part.text, filter="stream")
    finding = look_through(pages, part, start)
    never = CannotTell(N_("the comment is not to be seen, and Facebook would take it twice"), final=True)
    return finding if isinstance(finding, Found) else never


def _pages(
    graph: Graph, parent: str, edge: str, start: datetime, fields: str, text: str, post: str = "", **more: str
) -> Iterator[Page]:
    """The entries of ``edge`` created at or after ``start``."""
    args = {"fields": fields, "limit": str(_PAGE), "since": str(int(start.timestamp())), **more}
    while True:
        page = read(graph.get_connections(parent, edge, **args), _Entries)
        entries = [_entry(each, text, post) for each in page.data if _created(each) >= start]
        paging = read(page.paging or {}, _Paging)
        after = read(paging.cursors or {}, _Cursors).after
        yield Page(entries, more=bool(after and paging.next))
        args["after"] = str(after)


def _entry(entry: Mapping[str, object], text: str, post: str) -> Entry:
    same = ident(entry) == post or _squeeze(str(entry.get("message", ""))) == _squeeze(text)
    return Entry(ident(entry), str(entry.get("permalink_url") or post_url(ident(entry))), same)


def _created(entry: Mapping[str, object]) -> datetime:
    return datetime.fromisoformat(str(entry["created_time"]).replace("+0000", "+00:00"))


def _squeeze(text: str) -> str:
    return "".join(tidy(text).split())


def post_url(remote: str) -> str:
    return f"https://www.facebook.com/{remote}"

"""What a Facebook Page tells of itself: whose a token is, until when, and what was published, for reading back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from commsched.core.delivery.outcome import Absent, CannotTell, Finding, Found
from commsched.core.platform.contract import DeadToken, Part
from commsched.core.text.messages import N_
from commsched.platforms._facebook.graph import Graph, GraphError
from commsched.platforms._meta import tokens
from commsched.platforms._meta.client import walk
from commsched.platforms._meta.moments import moment, squeeze
from commsched.platforms._shared.answers import ident
from commsched.platforms._shared.readback import Entry, Page, look_through

TOKEN: Final = "access_token"  # noqa: S105
"""The setting that is to blame for a token."""
_PAGE: Final = 100
"""Entries to a page, as many as the Graph gives."""
RIGHTS: Final = frozenset({"pages_manage_posts", "pages_read_engagement"})


def require_own(graph: Graph, page: str) -> None:
    """Refuse a token that is not the Page's own: any token may read a Page, and only its own may write there. Who a
    token belongs to is what ``/me`` answers, also where an app may not inspect its own token."""
    if ident(graph.get_object("me", fields="id")) != page:
        words = N_("This is a person's token. Facebook wants the Page's own token here.")
        raise DeadToken(words, TOKEN)


def inspect(graph: Graph) -> datetime | None:
    """When the token dies, as :func:`tokens.inspect`."""
    return tokens.inspect(graph, graph.access_token, RIGHTS, TOKEN)


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


def find_video(graph: Graph, video: str) -> Finding:
    """A video says itself whether it is out; one that cannot be asked is left to a person."""
    try:
        answer = graph.get(video, fields="id,published")
    except GraphError as error:
        if error.code != 100:
            raise
        answer = {}
    if answer.get("published") is True:
        return Found(video, post_url(video))
    if answer.get("published") is False:
        return Absent(N_("the video is still unpublished"))
    return CannotTell(N_("the video does not say whether it is out"), final=True)


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
    since = str(int(start.timestamp()))
    for listed in walk(graph, f"{parent}/{edge}", fields=fields, limit=str(_PAGE), since=since, **more):
        fresh = [each for each in listed.entries if moment(each["created_time"]) >= start]
        yield Page([_entry(each, text, post) for each in fresh], listed.more)


def _entry(entry: Mapping[str, object], text: str, post: str) -> Entry:
    same = ident(entry) == post or squeeze(str(entry.get("message", ""))) == squeeze(text)
    return Entry(ident(entry), str(entry.get("permalink_url") or post_url(ident(entry))), same)


def post_url(remote: str) -> str:
    return f"https://www.facebook.com/{remote}"

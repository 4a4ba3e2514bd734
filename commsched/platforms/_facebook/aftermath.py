"""What became of a Page's posts: how they were met, what others wrote under them, and what else was published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from commsched.core.delivery.outcome import Outcome, Published, Rejected
from commsched.core.platform.contract import ChannelContext, Part
from commsched.core.platform.figures import Figures, Publication, Reply
from commsched.core.text.messages import N_
from commsched.platforms._facebook.graph import Graph
from commsched.platforms._facebook.page import post_url
from commsched.platforms._meta import aftermath
from commsched.platforms._meta.aftermath import text
from commsched.platforms._meta.errors import MetaError, unclear
from commsched.platforms._meta.moments import moment
from commsched.platforms._shared.answers import ident

_COUNTED: Final = "comments.limit(0).summary(total_count),reactions.limit(0).summary(total_count)"
_VIEWS: Final = ("post_media_view", "post_clicks")
"""Impressions were removed in November 2025; this is what took their place."""
_COMMENT: Final = "id,message,created_time,from{id,name},is_hidden,permalink_url"
_ATTACHED: Final = "attachments{media_type,subattachments.limit(20){media_type}}"
_NAMED: Final = aftermath.Named("message", "created_time", "permalink_url")


def is_video(remote_id: str) -> bool:
    """A post is called after its Page, ``PAGE_POST``; a video only has a number."""
    return "_" not in remote_id


def metrics(graph: Graph, remote_ids: Sequence[str]) -> dict[str, Figures]:
    """Figures by id. One that is gone is left out; views are told only to who may read insights."""
    figures: dict[str, Figures] = {}
    for remote_id in remote_ids:
        try:
            counted = graph.get(remote_id, fields=f"{_COUNTED},{'views' if is_video(remote_id) else 'shares'}")
        except MetaError as error:
            if aftermath.missing(error):
                continue
            raise
        seen = {} if is_video(remote_id) else _insights(graph, remote_id)
        figures[remote_id] = Figures(
            views=seen.get("post_media_view", _number(counted.get("views"))),
            likes=_summed(counted.get("reactions")),
            shares=_within(counted.get("shares"), "count"),
            comments=_summed(counted.get("comments")),
            clicks=seen.get("post_clicks"),
        )
    return figures


def _insights(graph: Graph, remote_id: str) -> dict[str, int]:
    """What is told of views, nothing where it may not be read: the other figures stand without it."""
    try:
        return aftermath.counts(graph.get(f"{remote_id}/insights", metric=",".join(_VIEWS)))
    except MetaError:
        return {}


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _within(value: object, name: str) -> int | None:
    return _number(value.get(name)) if isinstance(value, Mapping) else None


def _summed(value: object) -> int | None:
    return _within(value.get("summary"), "total_count") if isinstance(value, Mapping) else None


def replies(graph: Graph, remote_ids: Sequence[str], start: datetime, page: str) -> list[Reply]:
    """What others than the Page wrote under its posts, also under each other's comments, oldest first."""

    def ask(remote_id: str) -> Iterator[Reply]:
        more = {"filter": "stream", "order": "reverse_chronological", "limit": "100"}
        for entry in aftermath.since(graph, f"{remote_id}/comments", start, "created_time", fields=_COMMENT, **more):
            author = entry.get("from")
            who = author if isinstance(author, Mapping) else {}
            if str(who.get("id") or "") != page:
                yield _reply(entry, who, remote_id)

    return aftermath.under_each(remote_ids, ask)


def _reply(entry: aftermath.Entry, who: Mapping[str, object], ours: str) -> Reply:
    return Reply(
        id=ident(entry),
        answers=ours,
        author=text(who, "name"),
        text=text(entry, "message"),
        at=moment(entry["created_time"]),
        url=text(entry, "permalink_url"),
        hidden=entry.get("is_hidden") is True,
    )


def hide(graph: Graph, reply: Reply, hidden: bool, context: ChannelContext) -> Outcome:
    answer = graph.post(reply.id, is_hidden="true" if hidden else "false")
    return Published(reply.id) if answer.get("success") is True else unclear(answer, context)


def recent(graph: Graph, page: str, start: datetime) -> list[Publication]:
    """What the Page has published, oldest first."""
    return aftermath.published(graph, f"{page}/published_posts", start, _NAMED)


def _shown(graph: Graph, remote_id: str) -> int:
    """How many pictures and videos a post shows; a link's card is none."""
    if is_video(remote_id):
        return 1
    attached = _data(graph.get(remote_id, fields=_ATTACHED).get("attachments"))
    shown = [each for entry in attached for each in (_data(entry.get("subattachments")) or [entry])]
    return sum(each.get("media_type") in ("photo", "video") for each in shown)


def _data(edge: object) -> list[Mapping[str, object]]:
    """The entries of an edge within an answer; none where there is none."""
    entries = edge.get("data") if isinstance(edge, Mapping) else None
    return [each for each in entries if isinstance(each, Mapping)] if isinstance(entries, list) else []


def edit(graph: Graph, part: Part, remote_id: str, context: ChannelContext) -> Outcome:
    """Put the part's words in the place of those of a post, a comment or a video. Its pictures stay as they are: a part
    with more or fewer is refused."""
    if part.role == "post" and _shown(graph, remote_id) != len(part.pictures) + len(part.other_files):
        words = N_("Facebook changes the words of a post, never its pictures. Take it down and send a new one.")
        return Rejected(words, "content")
    name = "description" if is_video(remote_id) else "message"
    answer = graph.post(remote_id, **{name: part.text})
    return Published(remote_id, post_url(remote_id)) if answer.get("success") is True else unclear(answer, context)

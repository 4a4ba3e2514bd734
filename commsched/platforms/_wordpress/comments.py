"""What readers write under a site's posts: read, answered, hidden and shown again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from commsched.core.delivery.outcome import CannotTell, Finding, Found, Outcome, Published, Rejected
from commsched.core.platform.contract import Part
from commsched.core.platform.figures import Reply
from commsched.core.text.messages import N_
from commsched.platforms._shared.answers import ident, read
from commsched.platforms._wordpress.body import plain, words_of
from commsched.platforms._wordpress.rest import Rest

_PAGE: Final = 100
_PAGES: Final = 5
_FIELDS: Final = "id,post,parent,author,author_name,content,date_gmt,link,status"


class _Words(msgspec.Struct):
    rendered: str = ""


class _Comment(msgspec.Struct):
    post: int
    content: _Words
    date_gmt: str
    status: str = "approved"
    parent: int = 0
    author: int = 0
    author_name: str = ""
    link: str = ""


def moment(text: str) -> datetime:
    """A time as the API writes it: UTC, without saying so."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def replies(rest: Rest, posts: dict[str, str], since: datetime, moderates: bool, own: str) -> list[Reply]:
    """Comments on ``posts``, our names by the site's numbers, at or after ``since``; those of user ``own`` left out."""
    entries = [
        (each, read(each, _Comment)) for each in _listed(rest, sorted(posts), since - timedelta(seconds=1), moderates)
    ]
    return [
        _reply(each, comment, posts[str(comment.post)])
        for each, comment in entries
        if str(comment.post) in posts and str(comment.author) != own and moment(comment.date_gmt) >= since
    ]


def _listed(rest: Rest, posts: Sequence[str], after: datetime, moderates: bool) -> list[dict[str, object]]:
    entries: list[dict[str, object]] = []
    more = {"status": "all"} if moderates else {}
    for page in range(1, _PAGES + 1):
        answer = rest.get(
            "wp/v2/comments",
            post=",".join(posts),
            after=after.strftime("%Y-%m-%dT%H:%M:%SZ"),
            order="asc",
            per_page=_PAGE,
            page=page,
            _fields=_FIELDS,
            **more,
        )
        entries += (batch := read(answer, list[dict[str, object]]))
        if len(batch) < _PAGE:
            break
    return entries


def _reply(answer: object, comment: _Comment, ours: str) -> Reply:
    return Reply(
        ident(answer),
        ours,
        comment.author_name,
        text_of(comment.content.rendered),
        moment(comment.date_gmt),
        comment.link,
        hidden=comment.status != "approved",
        handle=str(comment.post),
    )


def text_of(html: str) -> str:
    """A comment's words, with its line breaks."""
    from html import unescape
    from re import sub

    return unescape(sub(r"<[^<>]*>", "", sub(r"<br\s*/?>\n?|</p>\s*", "\n", html))).strip()


def hide(rest: Rest, comment: str, hidden: bool) -> Outcome:
    """Keep it for the site's own people, or show it again."""
    answer = read(rest.send(f"wp/v2/comments/{int(comment)}", {"status": "hold" if hidden else "approved"}), _Comment)
    return Published(comment, answer.link)


def place_of(rest: Rest, comment: str) -> str:
    """The number of the post that ``comment`` stands under."""
    return str(read(rest.get(f"wp/v2/comments/{int(comment)}", _fields=_FIELDS), _Comment).post)


def answer_to(rest: Rest, part: Part, post: str) -> Outcome:
    """Answer the comment that the part stands under. It has no name beforehand, so this is never repeated by itself."""
    body = {"post": int(post), "parent": int(part.parent), "content": plain(part.text)}
    answer = rest.send("wp/v2/comments", body)
    said = read(answer, _Comment)
    if said.status != "approved":
        return Rejected(N_("the site keeps it until somebody there has reviewed it"), "permission")
    return Published(ident(answer), said.link)


def find_answer(rest: Rest, part: Part, start: datetime) -> Finding:
    """Look for our answer among those to the same comment."""
    answer = rest.get("wp/v2/comments", parent=part.parent, per_page=_PAGE, _fields=_FIELDS)
    for each in read(answer, list[dict[str, object]]):
        comment = read(each, _Comment)
        if ident(each) in part.others or moment(comment.date_gmt) < start:
            continue
        if words_of(comment.content.rendered) == "".join(part.text.split()):
            return Found(ident(each), comment.link)
    return CannotTell(N_("the answer is not to be seen, and the site would take it twice"), final=True)

"""What a page has published and what is written below it: to read it back, for figures and for whoever watches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from commsched.core.delivery.outcome import Finding
from commsched.core.platform.contract import Part
from commsched.core.platform.figures import Figures, Publication, Reply
from commsched.platforms._linkedin.client import LinkedIn, encoded, several
from commsched.platforms._linkedin.little_text import plain
from commsched.platforms._shared.answers import read
from commsched.platforms._shared.readback import PAGES, Entry, Page, look_through

_PAGE: Final = 100
COMMENT: Final = re.compile(r"urn:li:comment:\((urn:li:\w+:\d+),(\d+)\)")
"""A comment: what it stands under, and its number there."""
POST: Final = re.compile(r"urn:li:(share|ugcPost|activity):\d+")


class _Post(msgspec.Struct):
    id: str
    commentary: str = ""
    publishedAt: object = None
    createdAt: object = None
    content: object = None


class _Posts(msgspec.Struct):
    elements: list[_Post]


class _Comment(msgspec.Struct):
    id: object
    actor: str = ""
    urn: object = msgspec.field(default=None, name="$URN")
    thing: str = msgspec.field(default="", name="object")
    message: object = None
    created: object = None
    parentComment: object = None


class _Comments(msgspec.Struct):
    elements: list[_Comment]


def address_of(urn: str) -> str:
    """Where a post is read, also one that a comment stands under."""
    comment = COMMENT.fullmatch(urn)
    return f"https://www.linkedin.com/feed/update/{comment[1] if comment else urn}"


def get(client: LinkedIn, urn: str) -> _Post:
    """One post of the page's own."""
    return read(client.read(f"posts/{encoded(urn)}?viewContext=AUTHOR"), _Post)


def moment(post: _Post) -> datetime:
    """When it was published; raises :class:`ValueError` where nobody says."""
    return _moment(post.publishedAt if post.publishedAt is not None else post.createdAt)


def find_post(client: LinkedIn, author: str, part: Part, start: datetime) -> Finding:
    """Look for ``part`` among what the page has published since ``start``."""
    words, many = plain(part.text), len(part.pictures)

    def pages() -> Iterator[Page]:
        for posts in _published(client, author):
            entries = [
                Entry(
                    post.id, address_of(post.id), plain(post.commentary) == words and _many(post) == many, moment(post)
                )
                for post in posts
            ]
            yield Page(entries, more=len(posts) == _PAGE)

    return look_through(pages(), part, start)


def recent(client: LinkedIn, author: str, since: datetime) -> list[Publication]:
    """What the page has published since, oldest first."""
    publications = []
    for posts in _published(client, author):
        fresh = [post for post in posts if moment(post) >= since]
        publications += [
            Publication(post.id, address_of(post.id), seen(post.commentary), moment(post)) for post in fresh
        ]
        if len(fresh) < len(posts) or len(posts) < _PAGE or len(publications) >= PAGES * _PAGE:
            break
    return publications[::-1]


def seen(commentary: str) -> str:
    """A text as readers see it."""
    words = re.sub(r"\{hashtag\|\\?#\|([^{}|]*)\}", r"#\1", commentary)
    return re.sub(r"\\([\\|{}@\[\]()<>#*_~])", r"\1", words)


def _published(client: LinkedIn, author: str) -> Iterator[list[_Post]]:
    start = 0
    while True:
        query = f"posts?author={encoded(author)}&q=author&count={_PAGE}&start={start}&sortBy=CREATED"
        posts = read(client.read(query, restli="FINDER"), _Posts).elements
        yield posts
        start += len(posts)


def _many(post: _Post) -> int:
    """How many pictures a post shows."""
    content = post.content if isinstance(post.content, Mapping) else {}
    several_images, media = content.get("multiImage"), content.get("media")
    if isinstance(several_images, Mapping):
        images = several_images.get("images")
        return len(images) if isinstance(images, list) else 0
    return int(isinstance(media, Mapping) and str(media.get("id", "")).startswith("urn:li:image:"))


def find_comment(client: LinkedIn, author: str, part: Part, start: datetime) -> Finding:
    """Look for the page's own comment."""
    words = plain(part.text)

    def pages() -> Iterator[Page]:
        for comments in _comments(client, part.parent):
            own = [each for each in comments if each.actor == author and _moment(_created(each)) >= start]
            entries = [Entry(_name(each), address_of(part.parent), plain(_words(each)) == words) for each in own]
            yield Page(entries, more=len(comments) == _PAGE)

    return look_through(pages(), part, start)


def replies(client: LinkedIn, author: str, remote_ids: Sequence[str], since: datetime) -> list[Reply]:
    """What others wrote under ``remote_ids``, oldest first. LinkedIn names nobody: a writer is a number."""
    written = []
    for remote in remote_ids:
        for number, comments in enumerate(_comments(client, remote), 1):
            written += [
                Reply(
                    _name(each),
                    remote,
                    each.actor.removeprefix("urn:li:"),
                    _words(each),
                    _moment(_created(each)),
                    address_of(remote),
                )
                for each in comments
                if each.actor != author and _moment(_created(each)) >= since
            ]
            if len(comments) < _PAGE or number == PAGES:
                break
    return sorted(written, key=lambda reply: reply.at)


def _comments(client: LinkedIn, urn: str) -> Iterator[list[_Comment]]:
    start = 0
    while True:
        query = f"socialActions/{encoded(urn)}/comments?start={start}&count={_PAGE}"
        comments = read(client.read(query), _Comments).elements
        yield comments
        start += len(comments)


def _name(comment: _Comment) -> str:
    """A comment's whole name; raises :class:`ValueError` where it has none."""
    name = comment.urn if isinstance(comment.urn, str) else f"urn:li:comment:({comment.thing},{comment.id})"
    if not COMMENT.fullmatch(name):
        raise ValueError("a comment without a name")
    return name


def _words(comment: _Comment) -> str:
    text = comment.message.get("text") if isinstance(comment.message, Mapping) else ""
    return text if isinstance(text, str) else ""


def _created(comment: _Comment) -> object:
    return comment.created.get("time") if isinstance(comment.created, Mapping) else None


def _moment(milliseconds: object) -> datetime:
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool) or not 0 < milliseconds < 10**14:
        raise ValueError("a post without a time")
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def figures(client: LinkedIn, author: str, remote_ids: Sequence[str]) -> dict[str, Figures]:
    """What the page is told of each post; shares and other posts are asked for apart."""
    figures: dict[str, Figures] = {}
    for kind, name in (("share", "shares"), ("ugcPost", "ugcPosts")):
        urns = [urn for urn in remote_ids if urn.startswith(f"urn:li:{kind}:")]
        if urns:
            query = f"q=organizationalEntity&organizationalEntity={encoded(author)}&{name}={several(urns)}"
            answer = client.read(f"organizationalEntityShareStatistics?{query}", restli="FINDER")
            elements = answer.get("elements")
            for each in elements if isinstance(elements, list) else ():
                urn = each.get(kind) if isinstance(each, Mapping) else None
                if urn in urns:
                    figures[str(urn)] = _counts(each.get("totalShareStatistics"))
    return figures


def _counts(counted: object) -> Figures:
    numbers = counted if isinstance(counted, Mapping) else {}

    def number(name: str) -> int | None:
        value = numbers.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

    return Figures(
        views=number("impressionCount"),
        likes=number("likeCount"),
        shares=number("shareCount"),
        comments=number("commentCount"),
        clicks=number("clickCount"),
    )


def already_out(client: LinkedIn, urn: str, part: Part, now: datetime, within: float) -> bool:
    """Whether the post that LinkedIn calls this one's double is this very one: the same words, of just now, and no
    other publication's. One that is not there any more (LinkedIn names such for two days) is not."""
    try:
        post = get(client, urn)
        fresh = abs((now - moment(post)).total_seconds()) <= within
    except Exception:  # whatever went wrong with looking, the refusal stands: it may be out
        return False
    known = bool({urn, post.id, address_of(post.id)} & part.others)
    return fresh and not known and plain(post.commentary) == plain(part.text)

"""What became of what is out: figures, answers, what the account has published, hiding and reporting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from commsched.core.delivery.outcome import CannotTell, Outcome, Published, Rejected, Retry
from commsched.core.platform.contract import ChannelContext
from commsched.core.platform.figures import Figures, Publication, Reply, Seen
from commsched.core.text.messages import N_
from commsched.platforms._bluesky.addresses import Place, place_of
from commsched.platforms._bluesky.client import POST, Client, XrpcError
from commsched.platforms._bluesky.record import stamp
from commsched.platforms._shared.answers import read

GATE: Final = "app.bsky.feed.threadgate"
_AT_ONCE: Final = 25
"""Posts that are asked about in one call."""
_DEPTH: Final = 10
_PAGE, _PAGES = 100, 5
_MOST_HIDDEN: Final = 300
_MOST_REASON: Final = 2000


class _Counted(msgspec.Struct):
    uri: str
    likeCount: int | None = None
    repostCount: int | None = None
    quoteCount: int | None = None
    replyCount: int | None = None


class _CountedPosts(msgspec.Struct):
    posts: list[_Counted]


def metrics(client: Client, remote_ids: Sequence[str]) -> dict[str, Figures]:
    """Figures by id; Bluesky does not tell how often something was seen."""
    by_uri = {place_of(each).uri: each for each in remote_ids}
    uris, figures = list(by_uri), {}
    for start in range(0, len(uris), _AT_ONCE):
        answer = client.get("app.bsky.feed.getPosts", {"uris": uris[start : start + _AT_ONCE]})
        for post in read(answer, _CountedPosts).posts:
            if post.uri in by_uri:
                shared = (post.repostCount or 0) + (post.quoteCount or 0)
                figures[by_uri[post.uri]] = Figures(likes=post.likeCount, shares=shared, comments=post.replyCount)
    return figures


class _Author(msgspec.Struct):
    did: str
    handle: str = ""
    displayName: object = ""


class _Ref(msgspec.Struct):
    uri: str
    cid: str = ""


class _Answering(msgspec.Struct):
    root: _Ref
    parent: _Ref


class _Said(msgspec.Struct):
    text: str = ""
    reply: _Answering | None = None


class _Post(msgspec.Struct):
    uri: str
    cid: str
    author: _Author
    record: _Said
    indexedAt: str


class _Thread(msgspec.Struct):
    post: _Post | None = None
    replies: list[_Thread] | None = None


class _Gate(msgspec.Struct):
    record: object = None


class _ThreadAnswer(msgspec.Struct):
    thread: _Thread
    threadgate: object = None


def replies(client: Client, remote_ids: Sequence[str], since: datetime) -> list[Reply]:
    """What others wrote under ours, oldest first, each once."""
    ours = {place_of(each).uri: each for each in remote_ids}
    answers: dict[str, Reply] = {}
    for uri, remote_id in ours.items():
        try:
            params: dict[str, str | int] = {"uri": uri, "depth": _DEPTH, "parentHeight": 0}
            answer = read(client.get("app.bsky.feed.getPostThread", params), _ThreadAnswer)
        except XrpcError as error:
            if error.is_missing:
                continue
            raise
        hidden = _hidden_in(answer.threadgate)
        for post in _below(answer.thread):
            if post.author.did != client.did and _moment(post.indexedAt) >= since:
                parent = post.record.reply.parent.uri if post.record.reply else ""
                answers.setdefault(post.uri, _reply(post, ours.get(parent, remote_id), post.uri in hidden))
    return sorted(answers.values(), key=lambda each: each.at)


def _below(thread: _Thread) -> Iterator[_Post]:
    waiting = list(thread.replies or ())
    while waiting:
        below = waiting.pop()
        waiting += below.replies or ()
        if below.post is not None:  # one that is gone, or whose writer blocks us, has none
            yield below.post


def _hidden_in(gate: object) -> set[str]:
    try:
        return set(read(read(gate, _Gate).record, _GateRecord).hiddenReplies)
    except msgspec.ValidationError:
        return set()


class _GateRecord(msgspec.Struct):
    hiddenReplies: list[str] = []


def _reply(post: _Post, answers: str, hidden: bool) -> Reply:
    place = place_of(post.uri, post.cid)
    shown = post.author.displayName if isinstance(post.author.displayName, str) else ""
    author = shown.strip() or f"@{post.author.handle or post.author.did}"
    at = _moment(post.indexedAt)
    return Reply(place.id, answers, author, post.record.text, at, place.url, hidden, post.author.handle)


def _moment(said: str) -> datetime:
    at = datetime.fromisoformat(said)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class _Dated(msgspec.Struct):
    text: str = ""
    createdAt: str = ""


class _Record(msgspec.Struct):
    uri: str
    cid: str
    value: _Dated


class _Records(msgspec.Struct):
    records: list[_Record]
    cursor: str | None = None


def recent(client: Client, since: datetime) -> list[Publication] | CannotTell:
    """What the account has published, by whatever way, oldest first. Its records are kept newest first, by the time in
    their keys."""
    out: list[Publication] = []
    params: dict[str, str | int] = {"repo": client.did, "collection": POST, "limit": _PAGE}
    for _page in range(_PAGES):
        answer = read(client.get("com.atproto.repo.listRecords", params), _Records)
        for each in answer.records:
            at = _moment(each.value.createdAt)
            if at < since:
                return out[::-1]
            place = place_of(each.uri, each.cid)
            out.append(Publication(place.id, place.url, each.value.text, at))
        if not answer.cursor or not answer.records:
            return out[::-1]
        params["cursor"] = answer.cursor
    return CannotTell(N_("too many posts since then to read them all"))


class _Stored(msgspec.Struct):
    cid: str
    value: dict[str, object]


def hide(client: Client, reply: Reply, hidden: bool, context: ChannelContext) -> Outcome:
    """Put a reply among those that the thread's first post hides, or take it out again. Only the account that began a
    thread can."""
    root, uri = _root(client, place_of(reply.answers)), place_of(reply.id).uri
    if root.did != client.did:
        return Rejected(N_("only the account that began the thread can hide what is answered in it"), "permission")
    gate, swap = _gate(client, root, context)
    listed = gate.get("hiddenReplies")
    others = [each for each in (listed if isinstance(listed, list) else []) if each != uri]
    gate["hiddenReplies"] = [*others, uri] if hidden else others
    if len(others) >= _MOST_HIDDEN and hidden:
        return Rejected(N_("a thread hides at most 300 replies"), "content")
    try:
        client.put(GATE, root.rkey, gate, swap)
    except XrpcError as error:
        if error.is_swap:
            return Retry(N_("somebody else has just changed what is hidden"), context.now())
        raise
    return Published(reply.id, reply.url)


def _root(client: Client, ours: Place) -> Place:
    """The first post of the thread that a post of ours is in."""
    value = read(client.record(POST, ours.rkey, ours.did), _Stored).value
    said = read(value, _Said)
    return place_of(said.reply.root.uri, said.reply.root.cid) if said.reply else ours


def _gate(client: Client, root: Place, context: ChannelContext) -> tuple[dict[str, object], str | None]:
    """What the thread hides now, and the cid of that."""
    try:
        stored = read(client.record(GATE, root.rkey), _Stored)
    except XrpcError as error:
        if not error.is_absent:
            raise
        return {"$type": GATE, "post": root.uri, "createdAt": stamp(context.now())}, None
    return dict(stored.value), stored.cid


def report(client: Client, reply: Reply, reason: str) -> Outcome:
    """Report a reply to whoever moderates for the account's server."""
    body = {
        "reasonType": "com.atproto.moderation.defs#reasonOther",
        "reason": reason[:_MOST_REASON],
        "subject": {"$type": "com.atproto.repo.strongRef", **place_of(reply.id).ref},
    }
    client.post("com.atproto.moderation.createReport", body)
    return Published(reply.id, reply.url)


class _Image(msgspec.Struct):
    alt: str = ""


class _Images(msgspec.Struct):
    images: list[_Image] = []
    items: list[_Image] = []
    """Of a gallery."""


class _Shown(msgspec.Struct):
    text: str = ""
    embed: object = None


class _Kept(msgspec.Struct):
    value: _Shown


def seen(client: Client, remote_id: str) -> Seen:
    """What the record says, and its pictures' alt texts."""
    place = place_of(remote_id)
    shown = read(client.record(place.collection, place.rkey), _Kept).value
    embed = read(shown.embed, _Images) if isinstance(shown.embed, dict) else _Images()
    alts = tuple(image.alt for image in (embed.images or embed.items))
    return Seen(shown.text, len(alts), alts)

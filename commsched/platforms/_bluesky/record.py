"""A part as the record that Bluesky keeps of it. It is made whole before anything is published, and kept: the same
record at the same key may be written any number of times, and is one post.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from commsched.core.content.model import Card
from commsched.core.delivery.outcome import Handles, Outcome, Pending
from commsched.core.platform.contract import AttachmentFile, ChannelContext, Part
from commsched.platforms._bluesky.addresses import Place, place_of
from commsched.platforms._bluesky.client import POST, Client, XrpcError
from commsched.platforms._bluesky.richtext import Rich, facets, rich
from commsched.platforms._bluesky.rules import MOST_IMAGES, card_on
from commsched.platforms._bluesky.video import video_embed
from commsched.platforms._shared.answers import read

CREATED: Final = "created"
"""The handle that fixes when the post was made: every later try says the same, and has the same key."""
RKEY: Final = "rkey"
RECORD: Final = "record"
MOST_THUMB: Final = 1_000_000
"""Bytes of the picture on a card; a larger one is left out."""
_LETTERS: Final = "234567abcdefghijklmnopqrstuvwxyz"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def tid(at: datetime, key: str) -> str:
    """A record key for a post made ``at``, of the one form that the network shows. ``key`` makes it this part's own:
    the ten bits that tell clocks apart, and the microseconds, come from it."""
    digest = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    number = (milliseconds * 1000 + digest % 1000) << 10 | (digest // 1000) % 1024
    return "".join(_LETTERS[number >> (5 * place) & 31] for place in reversed(range(13)))


def stamp(at: datetime) -> str:
    """A moment as records spell it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def prepare(client: Client, part: Part, video_service: str, context: ChannelContext) -> Handles | Pending | Outcome:
    """Upload what goes with ``part`` and look up whom it names and answers: its whole record and its key."""
    kept = Kept(part)
    created = kept.once(CREATED, lambda: stamp(context.now()))
    embed = _embed(client, part, kept, video_service, context)
    if embed is not None and not isinstance(embed, dict):
        return embed
    record = _record(client, part, created, embed)
    rkey = tid(datetime.fromisoformat(created), part.key)
    return Handles({RKEY: rkey, RECORD: json.dumps(record, ensure_ascii=False, sort_keys=True)})


class Kept:
    """What earlier tries at a part have left, and this one adds."""

    def __init__(self, part: Part) -> None:
        self.values = dict(part.progress.handles.values)
        self._save = part.progress.save

    def once(self, name: str, make: Callable[[], str]) -> str:
        """The value kept as ``name``; made and kept where there is none."""
        if name not in self.values:
            self.keep(name, make())
        return self.values[name]

    def keep(self, name: str, value: str) -> None:
        self.values[name] = value
        self._save(**self.values)


def _record(client: Client, part: Part, created: str, embed: dict[str, object] | None) -> dict[str, object]:
    shown = rich(part.text)
    record: dict[str, object] = {"$type": POST, "text": shown.text, "createdAt": created}
    if part.view.content.language:
        record["langs"] = [part.view.content.language]
    if marks := facets(shown, _who(client, shown)):
        record["facets"] = marks
    if embed:
        record["embed"] = embed
    if part.role in ("reply", "comment"):
        record["reply"] = _reply(client, part)
    return record


class _Did(msgspec.Struct):
    did: str


def _who(client: Client, shown: Rich) -> dict[str, str]:
    """Who the mentioned handles are. One that belongs to nobody stays words, as in Bluesky's own app."""
    dids = {}
    for handle in shown.handles:
        try:
            answer = client.get("com.atproto.identity.resolveHandle", {"handle": handle})
        except XrpcError as error:
            if error.response.status_code == 400 and error.name in ("InvalidRequest", "HandleNotFound"):
                continue
            raise
        dids[handle] = read(answer, _Did).did
    return dids


def _embed(
    client: Client, part: Part, kept: Kept, video_service: str, context: ChannelContext
) -> dict[str, object] | Pending | Outcome | None:
    """What is shown below the words: a video, pictures, or a link's card."""
    if part.other_files:
        return video_embed(client, part.other_files[0], kept, video_service, context)
    if part.pictures:
        return _pictures(client, part.pictures, kept)
    card = card_on(part.view) if part.role == "post" else None
    return _card(client, card, part.view.card_picture, kept) if card else None


def _card(client: Client, card: Card, picture: AttachmentFile | None, kept: Kept) -> dict[str, object]:
    external: dict[str, object] = {"uri": card.url, "title": card.title, "description": card.description}
    if picture is not None and card.picture == picture.sha256 and picture.size <= MOST_THUMB:
        external["thumb"] = json.loads(kept.once("thumb", partial(_uploaded, client, picture)))
    return {"$type": "app.bsky.embed.external", "external": external}


def _pictures(client: Client, pictures: Sequence[AttachmentFile], kept: Kept) -> dict[str, object]:
    images: list[dict[str, object]] = []
    for number, picture in enumerate(pictures):
        blob = json.loads(kept.once(f"blob{number}", partial(_uploaded, client, picture)))
        shape = {"width": max(1, picture.width), "height": max(1, picture.height)}
        images.append({"image": blob, "alt": picture.alt, "aspectRatio": shape})
    if len(images) <= MOST_IMAGES:
        return {"$type": "app.bsky.embed.images", "images": images}
    items = [{"$type": "app.bsky.embed.gallery#image", **image} for image in images]
    return {"$type": "app.bsky.embed.gallery", "items": items}


def _uploaded(client: Client, picture: AttachmentFile) -> str:
    with picture.open() as stream:
        return json.dumps(client.upload(stream, picture.mime))


class _Ref(msgspec.Struct):
    uri: str
    cid: str


class _Reply(msgspec.Struct):
    root: _Ref


class _Answered(msgspec.Struct):
    reply: _Reply | None = None


class _Post(msgspec.Struct):
    uri: str
    cid: str
    record: _Answered


class _Posts(msgspec.Struct):
    posts: list[_Post]


class _Stored(msgspec.Struct):
    cid: str
    value: _Answered


def _reply(client: Client, part: Part) -> dict[str, object]:
    """What the part answers, and the first post of that thread."""
    parent = _known(client, place_of(part.parent))
    if parent.did == client.did and part.root:
        return {"root": _first(client, place_of(part.root)).ref, "parent": parent.ref}
    answer = client.get("app.bsky.feed.getPosts", {"uris": parent.uri})
    post = next((each for each in read(answer, _Posts).posts if each.uri == parent.uri), None)
    if post is None:
        raise ValueError("what it answers is not to be found")
    reply = post.record.reply
    root = place_of(reply.root.uri, reply.root.cid) if reply else parent
    return {"root": root.ref, "parent": parent.ref}


def _first(client: Client, ours: Place) -> Place:
    """The first post of the thread that a post of ours is in: its own, or somebody else's where it is an answer."""
    stored = read(client.record(ours.collection, ours.rkey, ours.did), _Stored)
    reply = stored.value.reply
    return place_of(reply.root.uri, reply.root.cid) if reply else place_of(ours.uri, stored.cid)


def _known(client: Client, place: Place) -> Place:
    """``place`` with the cid of what it says, asked of the server where nobody noted it."""
    if place.cid:
        return place
    return place_of(place.uri, read(client.record(place.collection, place.rkey, place.did), _Stored).cid)

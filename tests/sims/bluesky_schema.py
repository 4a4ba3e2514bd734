"""What the lexicons ``app.bsky.feed.post`` and ``app.bsky.feed.threadgate`` take, word by word: :func:`fault` says what
is wrong with a record, as a server that validates would. It knows every field there is, and refuses all others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import regex

TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
CID = re.compile(r"ba[a-z2-7]{50,}")
_DID = re.compile(r"did:[a-z]+:[a-zA-Z0-9._:%-]+[a-zA-Z0-9._-]")
_AT = re.compile(rf"at://{_DID.pattern}/[a-zA-Z.]+/[\w.~:-]+")
_URI = re.compile(r"\w+:(?://)?[^\s/]\S*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,20})?(Z|[+-]\d\d:\d\d)")
Check = Callable[[Any, "Blobs"], str]
Blobs = Mapping[str, tuple[str, int]]
"""The type and size of every blob that was uploaded, by its cid."""


def text(pattern: re.Pattern[str] | None = None, most: int = 10**9, graphemes: int = 10**9) -> Check:
    def check(value: Any, blobs: Blobs) -> str:
        if not isinstance(value, str):
            return "must be a string"
        if len(value.encode()) > most:
            return f"too big (maximum {most} bytes, got {len(value.encode())})"
        if (count := len(regex.findall(r"\X", value))) > graphemes:
            return f"grapheme too big (maximum {graphemes}, got {count})"
        return "" if pattern is None or pattern.fullmatch(value) else f"is no {pattern.pattern[:20]}: {value[:60]}"

    return check


def whole(least: int) -> Check:
    return lambda value, blobs: "" if isinstance(value, int) and value >= least else f"must be at least {least}"


def many(check: Check, most: int) -> Check:
    def each(value: Any, blobs: Blobs) -> str:
        if not isinstance(value, list):
            return "must be an array"
        if len(value) > most:
            return f"array too big (maximum {most}, got {len(value)})"
        return next((f"[{at}] {wrong}" for at, one in enumerate(value) if (wrong := check(one, blobs))), "")

    return each


def blob(kinds: str, most: int) -> Check:
    def check(value: Any, blobs: Blobs) -> str:
        if not isinstance(value, dict) or value.keys() != {"$type", "ref", "mimeType", "size"}:
            return "must be a blob"
        known = blobs.get(value["ref"].get("$link", ""))
        if known is None:
            return "BlobNotFound: Could not find blob"
        if known != (value["mimeType"], value["size"]):
            return "is another blob than it says"
        if not known[0].startswith(kinds):
            return f"is not of type {kinds}"
        return "" if known[1] <= most else f"is larger than {most} bytes"

    return check


def struct(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None, name: str = "") -> Check:
    fields = {**required, **(optional or {})}

    def check(value: Any, blobs: Blobs) -> str:
        if not isinstance(value, dict):
            return "must be an object"
        if name and value.get("$type") != name:
            return f"must be a {name}"
        for key in required:
            if key not in value:
                return f'must have the property "{key}"'
        for key in value.keys() - {"$type"}:
            if key not in fields:
                return f'has the unknown property "{key}"'
            if wrong := fields[key](value[key], blobs):
                return f"{key} {wrong}"
        return ""

    return check


def union(**kinds: Check) -> Check:
    def check(value: Any, blobs: Blobs) -> str:
        kind = value.get("$type", "") if isinstance(value, dict) else ""
        known = kinds.get(re.sub(r"[.#]", "_", kind))
        return known(value, blobs) if known else f"is of the unknown type {kind}"

    return check


_MANY_BYTES = 10**9
_REF = struct({"uri": text(_AT), "cid": text(CID)})
_RATIO = struct({"width": whole(1), "height": whole(1)})
_IMAGE = {"image": blob("image/", 2_000_000), "alt": text()}
_CAPTIONS = struct({"lang": text(_LANGUAGE), "file": blob("text/vtt", 20_000)})
_CARD = {"uri": text(_URI), "title": text(), "description": text()}
_EMBED = union(
    app_bsky_embed_images=struct({"images": many(struct(_IMAGE, {"aspectRatio": _RATIO}), 4)}),
    app_bsky_embed_gallery=struct(
        {"items": many(struct({**_IMAGE, "aspectRatio": _RATIO}, name="app.bsky.embed.gallery#image"), 20)}
    ),
    app_bsky_embed_external=struct({"external": struct(_CARD, {"thumb": blob("image/", 1_000_000)})}),
    app_bsky_embed_video=struct(
        {"video": blob("video/mp4", 300_000_000)},
        {"captions": many(_CAPTIONS, 20), "alt": text(), "aspectRatio": _RATIO},
    ),
)
_FEATURE = union(
    app_bsky_richtext_facet_link=struct({"uri": text(_URI)}),
    app_bsky_richtext_facet_mention=struct({"did": text(_DID)}),
    app_bsky_richtext_facet_tag=struct({"tag": text(most=640, graphemes=64)}),
)
_FACET = struct(
    {"index": struct({"byteStart": whole(0), "byteEnd": whole(0)}), "features": many(_FEATURE, _MANY_BYTES)}
)
_POST = struct(
    {"text": text(most=3000, graphemes=300), "createdAt": text(_TIME)},
    {
        "facets": many(_FACET, _MANY_BYTES),
        "reply": struct({"root": _REF, "parent": _REF}),
        "embed": _EMBED,
        "langs": many(text(_LANGUAGE), 3),
        "tags": many(text(most=640, graphemes=64), 8),
    },
    "app.bsky.feed.post",
)
_GATE = struct(
    {"post": text(_AT), "createdAt": text(_TIME)},
    {"hiddenReplies": many(text(_AT), 300)},
    "app.bsky.feed.threadgate",
)
RECORDS = {"app.bsky.feed.post": _POST, "app.bsky.feed.threadgate": _GATE}


def fault(collection: str, rkey: str, record: Any, blobs: Blobs) -> str:
    """What is wrong with a record; nothing where nothing is."""
    if collection not in RECORDS:
        return f"unknown collection {collection}"
    if not TID.fullmatch(rkey):
        return "the record key is no TID"
    wrong = RECORDS[collection](record, blobs)
    if wrong:
        return f"Invalid {collection} record: {wrong}"
    datetime.fromisoformat(record["createdAt"])
    return next((said for facet in record.get("facets", []) if (said := _misplaced(facet, record["text"]))), "")


def _misplaced(facet: Any, said: str) -> str:
    """A server lets a facet lie anywhere. One that is not about whole letters of the text shows nothing to readers."""
    whole_text, start, end = said.encode(), facet["index"]["byteStart"], facet["index"]["byteEnd"]
    if not 0 <= start < end <= len(whole_text):
        return f"a facet is about nothing: {start} to {end}"
    try:
        whole_text[start:end].decode()
    except UnicodeDecodeError:
        return f"a facet cuts a letter: {start} to {end}"
    return ""

"""The forms of Instagram's containers: a picture or a reel alone, or a carousel of several."""

from __future__ import annotations

import json

import msgspec

from commsched.core.platform.contract import AttachmentFile, ChannelContext, ChannelView, Part
from commsched.platforms._instagram.rules import caption_of, handles_of
from commsched.platforms._meta.containers import address_of


class Forms(msgspec.Struct, frozen=True):
    """What containers are made with: first those of single ``files``, then the ``whole``."""

    files: list[dict[str, str]]
    whole: dict[str, str]
    slow: bool
    """There are videos, which take minutes."""


def forms_of(part: Part, context: ChannelContext, name: str) -> Forms:
    """Raises :class:`ConnectError` where the network could not fetch a file."""
    view = part.view
    videos = [file for file in part.other_files if file.kind == "video"]
    files = [*part.pictures, *videos]
    if len(files) == 1:
        return Forms([], _file(files[0], context, name) | _tagged(view, files[0]) | _about(view), bool(videos))
    children = [_child(file, context, name) | _tagged(view, file, first=file is files[0]) for file in files]
    return Forms(children, {"media_type": "CAROUSEL"} | _about(view), bool(videos))


def _file(file: AttachmentFile, context: ChannelContext, name: str) -> dict[str, str]:
    address = address_of(file, context, name)
    if file.kind == "video":
        return {"media_type": "REELS", "video_url": address, "share_to_feed": "true"}
    return {"image_url": address, "alt_text": file.alt}


def _child(file: AttachmentFile, context: ChannelContext, name: str) -> dict[str, str]:
    form = _file(file, context, name)
    if file.kind == "video":
        form = {"media_type": "VIDEO", "video_url": form["video_url"]}
    return form | {"is_carousel_item": "true"}


def _tagged(view: ChannelView, file: AttachmentFile, *, first: bool = True) -> dict[str, str]:
    """Who is tagged: on the first file, in the middle of a picture; a video knows no place within it."""
    handles = handles_of(view.options.get("tagged", "")) if first else []
    place = {} if file.kind == "video" else {"x": 0.5, "y": 0.5}
    return {"user_tags": json.dumps([{"username": each, **place} for each in handles])} if handles else {}


def _about(view: ChannelView) -> dict[str, str]:
    """What is said of the post as a whole. What is empty is left out."""
    collaborators = handles_of(view.options.get("collaborators", ""))
    said = {
        "caption": caption_of(view),
        "location_id": view.options.get("place", "").strip(),
        "collaborators": json.dumps(collaborators) if collaborators else "",
    }
    return {key: value for key, value in said.items() if value}

"""The forms of Threads' containers: words alone, with a picture or a video, or a carousel of several."""

from __future__ import annotations

import msgspec

from commsched.core.platform.contract import AttachmentFile, ChannelContext, Part
from commsched.core.text.length import tidy
from commsched.platforms._meta.containers import address_of


class Forms(msgspec.Struct, frozen=True):
    """What containers are made with: first those of single ``files``, then the ``whole``."""

    files: list[dict[str, str]]
    whole: dict[str, str]
    slow: bool
    """There are videos, which take minutes."""


def forms_of(part: Part, context: ChannelContext, name: str) -> Forms:
    """Raises :class:`ConnectError` where the network could not fetch a file."""
    videos = [file for file in part.other_files if file.kind == "video"]
    files = [*part.pictures, *videos]
    about = {"text": tidy(part.text).strip(), "reply_to_id": part.parent}
    about = {key: value for key, value in about.items() if value}
    if not files:
        return Forms([], {"media_type": "TEXT"} | about, False)
    if len(files) == 1:
        return Forms([], _file(files[0], context, name) | about, bool(videos))
    children = [_file(file, context, name) | {"is_carousel_item": "true"} for file in files]
    return Forms(children, {"media_type": "CAROUSEL"} | about, bool(videos))


def _file(file: AttachmentFile, context: ChannelContext, name: str) -> dict[str, str]:
    address = address_of(file, context, name)
    alt = {"alt_text": file.alt} if file.alt.strip() else {}
    if file.kind == "video":
        return {"media_type": "VIDEO", "video_url": address, **alt}
    return {"media_type": "IMAGE", "image_url": address, **alt}

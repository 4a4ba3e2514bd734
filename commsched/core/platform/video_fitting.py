"""What must be done to a video before one channel can have it: the rule, without the doing."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec
from msgspec.structs import replace

from commsched.core.content.model import Attachment
from commsched.core.platform.contract import AttachmentFile, Limits

_MADE: Final = ("video/mp4", "h264")
"""The type and the coding of what is made: what every phone plays."""


class VideoRecipe(msgspec.Struct, frozen=True):
    """How a file is made from a video. Equal recipes make equal files, so that each is made once."""

    codec: str
    """What its pictures are coded in afterwards; where that is what they are in already, they stay as they are."""
    side: int | None = None
    most_bytes: int | None = None
    captions: str = ""
    """WebVTT that is written into its pictures."""

    @property
    def key(self) -> str:
        """Its one spelling, at most 200 characters."""
        said = hashlib.sha256(self.captions.encode()).hexdigest()[:16] if self.captions else ""
        return f"{self.codec} {self.side or ''} {self.most_bytes or ''} {said}"


def video_recipe_for(video: Attachment, size: int, limits: Limits) -> VideoRecipe | None:
    """What a channel with ``limits`` needs of ``video``, a file of ``size`` bytes; ``None`` where it goes as it is, or
    where the channel takes nothing that can be made. One of which nobody noted the codec is looked into by being made
    anew."""
    makes = _MADE[0] in limits.video_types and _MADE[1] in limits.video_codecs
    if not limits.videos or not makes:
        return None
    said = "" if limits.captions else _said(video)
    known = video.codec in limits.video_codecs
    small = limits.video_side is None or max(video.width, video.height) <= limits.video_side
    light = limits.video_bytes is None or size <= limits.video_bytes
    if video.mime in limits.video_types and known and small and light and not said:
        return None
    stays = known and small and light and not said
    return VideoRecipe(
        video.codec if stays else _MADE[1], None if small else limits.video_side, limits.video_bytes, said
    )


def once_made(video: AttachmentFile, limits: Limits) -> AttachmentFile:
    """``video`` as it will be when it has been made for a channel with ``limits``, as far as that is known: so what
    else is wrong with it is told at once."""
    side = max(video.width, video.height)
    scale = min(1.0, limits.video_side / side) if limits.video_side and side else 1.0
    size = {"width": int(video.width * scale), "height": int(video.height * scale), "size": 0}
    return replace(video, mime=_MADE[0], codec=_MADE[1], **size)


def _said(video: Attachment) -> str:
    """What is to be written into its pictures: the first of its captions, where the writer asks for it."""
    return video.captions[0].text if video.burn and video.captions else ""

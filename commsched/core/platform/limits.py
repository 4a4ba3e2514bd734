"""What a channel takes."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """What a channel takes. ``None`` means no limit that we know of. Sizes in bytes, ratios width/height."""

    characters: int | None = None
    pictures: int = 4
    picture_bytes: int | None = None
    picture_pixels: int | None = None
    """Width × height."""
    picture_side: int | None = None
    """The longer side, in pixels."""
    picture_ratio: tuple[float, float] | None = None
    """The narrowest and the widest that is taken, both taken: width/height."""
    gif_pixels: int | None = None
    """Width × height of a GIF, where those have a limit of their own."""
    frames: int | None = None
    """Of an animation."""
    moving_pixels: int | None = None
    """Width × height × frames of an animation."""
    moving_types: tuple[str, ...] | None = None
    """Kinds that go on moving there; of others the first frame is shown. ``None``: all."""
    picture_types: tuple[str, ...] = ("image/jpeg", "image/png", "image/webp", "image/gif")
    alt_characters: int | None = None
    needs_picture: bool = False
    videos: int = 0
    video_bytes: int | None = None
    video_types: tuple[str, ...] = ("video/mp4",)
    video_codecs: tuple[str, ...] = ("h264",)
    """By FFmpeg's names."""
    video_side: int | None = None
    """The longer side, in pixels."""
    captions: bool = False
    """Whether a video's captions go with it as a file; else they may be burnt into the picture."""
    video_seconds: tuple[float, float] | None = None
    """The shortest and the longest, both taken."""
    video_ratio: tuple[float, float] | None = None
    """The narrowest and the widest, both taken."""
    mixes: bool = False
    """Whether pictures and videos may go out together."""
    documents: int = 0
    document_bytes: int | None = None
    document_types: tuple[str, ...] = ("application/pdf",)

"""Makes other files of a picture that has been taken: smaller, cropped, or within what a channel takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commsched.images import clean, errors

if TYPE_CHECKING:
    from PIL import Image


def small(data: bytes, max_side: int) -> tuple[dict[str, Any], bytes]:
    """A still of at most ``max_side`` pixels a side: WebP where there is transparency, else JPEG."""
    with clean.opened(data) as image:
        image.draft("RGB", (max_side * 2, max_side * 2))
        image.load()
        picture = clean.srgb(clean.upright(image), image.info.get("icc_profile"))
        picture.thumbnail((max_side, max_side))
        mime = "image/webp" if picture.mode == "RGBA" else "image/jpeg"
        return _facts(picture, mime), clean.encode(picture, mime, quality=82)


def _facts(picture: Image.Image, mime: str) -> dict[str, Any]:
    return {"mime": mime, "width": picture.width, "height": picture.height}


def fit(data: bytes, types: list[str], max_bytes: int, max_side: int) -> tuple[dict[str, Any], bytes]:
    """The best file of ``types`` within ``max_bytes`` and ``max_side`` (0: any). The same file, if it is."""
    from PIL import Image

    with clean.opened(data) as image:
        mime = clean.MIMES[image.format or ""]
        side = max_side or max(image.size)
        if mime in types and len(data) <= max_bytes and max(image.size) <= side:
            return _facts(image, mime), data
        image.load()
        picture = clean.srgb(clean.upright(image), image.info.get("icc_profile"))
        for _ in range(12):
            picture.thumbnail((side, side), Image.Resampling.LANCZOS)
            for kind, quality in _attempts(picture, mime, types):
                new = clean.encode(picture, kind, quality=quality)
                if len(new) <= max_bytes:
                    return _facts(picture, kind), new
            side = max(16, max(picture.size) * 4 // 5)
    raise errors.CannotFit(limit=max_bytes // 1024)


def _attempts(picture: Image.Image, mime: str, types: list[str]) -> list[tuple[str, int]]:
    """Types and qualities to try, best first: lossless stays lossless if it may, then JPEG, then WebP."""
    lossless = mime in ("image/png", "image/gif") and "image/png" in types
    tries = [("image/png", 0)] if lossless else []
    lossy = [kind for kind in ("image/jpeg", "image/webp") if kind in types]
    if picture.mode == "RGBA":
        lossy.reverse()
    tries += [(lossy[0], quality) for quality in (90, 84, 76)] if lossy else []
    if not lossy and not lossless:
        tries = [(kind, 0) for kind in ("image/png", "image/gif") if kind in types]
    return tries


def crop(
    data: bytes, ratio: tuple[int, int], focus: tuple[float, float], max_side: int
) -> tuple[dict[str, Any], bytes]:
    """The largest part of ``ratio`` (width to height) around ``focus``, in the picture's own format."""
    with clean.opened(data) as image:
        mime = clean.MIMES[image.format or ""]
        image.load()
        picture = clean.srgb(clean.upright(image), image.info.get("icc_profile"))
    picture = picture.crop(frame(picture.size, ratio, focus))
    picture.thumbnail((max_side, max_side))
    kind = "image/png" if mime == "image/gif" else mime
    return _facts(picture, kind), clean.encode(picture, kind)


def frame(size: tuple[int, int], ratio: tuple[int, int], focus: tuple[float, float]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the largest ``ratio`` within ``size``, its middle as near ``focus`` as may be."""
    scale = min(size[0] / ratio[0], size[1] / ratio[1])
    width, height = max(1, round(ratio[0] * scale)), max(1, round(ratio[1] * scale))
    left = min(max(round(focus[0] * size[0] - width / 2), 0), size[0] - width)
    top = min(max(round(focus[1] * size[1] - height / 2), 0), size[1] - height)
    return left, top, left + width, top + height

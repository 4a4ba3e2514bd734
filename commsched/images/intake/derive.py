"""Makes other files of a picture that has been taken: smaller, cropped, or within what a channel takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commsched.core.media.crops import Centre, frame
from commsched.core.text.json_values import JsonObject
from commsched.images.intake import errors, sanitize

if TYPE_CHECKING:
    from PIL import Image


def small(data: bytes, max_side: int) -> tuple[JsonObject, bytes]:
    """A still of at most ``max_side`` pixels a side: WebP where there is transparency, else JPEG."""
    with sanitize.opened(data) as image:
        image.draft("RGB", (max_side * 2, max_side * 2))
        image.load()
        picture = sanitize.srgb(sanitize.upright(image))
        picture.thumbnail((max_side, max_side))
        mime = "image/webp" if picture.mode == "RGBA" else "image/jpeg"
        return _facts(picture, mime), sanitize.encode(picture, mime, quality=82)


def _facts(picture: Image.Image, mime: str) -> JsonObject:
    return {"mime": mime, "width": picture.width, "height": picture.height}


def fit(
    data: bytes,
    types: list[str],
    max_bytes: int,
    max_side: int,
    ratio: tuple[int, int] | None = None,
    centre: Centre = (0.5, 0.5),
    max_pixels: int = 0,
    opaque: bool = False,
) -> tuple[JsonObject, bytes]:
    """The best file of ``types`` within ``max_bytes``, ``max_side`` and ``max_pixels`` (0: any), cropped to ``ratio``
    around ``centre``. The same file, if it is one already. Whose picture it is stands in the new file too.
    ``opaque``: raise for a picture that is clear in places."""
    from PIL import Image

    with sanitize.opened(data) as image:
        mime = sanitize.MIMES[image.format or ""]
        side = max_side or max(image.size)
        small = max(image.size) <= side and image.width * image.height <= (max_pixels or sanitize.MAX_PIXELS)
        if mime in types and len(data) <= max_bytes and small and ratio is None:
            return _facts(image, mime), data
        exif = sanitize.credit_of(image)
        image.load()
        picture = sanitize.srgb(sanitize.upright(image))
    if opaque and picture.mode == "RGBA" and any(picture.getchannel("A").histogram()[:250]):
        raise errors.CannotFit(limit=max_bytes // 1024)
    if ratio is not None:
        picture = picture.crop(frame(picture.size, ratio, centre))
    side = min(side, _side_within(picture.size, max_pixels))
    for _ in range(12):
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        for kind, quality in _attempts(picture, mime, types):
            new = sanitize.encode(picture, kind, quality=quality, exif=exif)
            if len(new) <= max_bytes:
                return _facts(picture, kind), new
        side = max(16, max(picture.size) * 4 // 5)
    raise errors.CannotFit(limit=max_bytes // 1024)


def _side_within(size: tuple[int, int], pixels: int) -> int:
    """How long the longer side of a picture of the shape of ``size`` may be, so that it has at most ``pixels``."""
    if not pixels or size[0] * size[1] <= pixels:
        return max(size)
    longer, shorter = max(size), min(size)
    side = int((pixels * longer / shorter) ** 0.5)
    while side > 16 and side * max(1, -(-side * shorter // longer)) > pixels:
        side -= 1
    return side


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

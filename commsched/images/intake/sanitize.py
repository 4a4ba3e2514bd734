"""Reads an untrusted picture and writes a new file of it. Runs in the worker process, never in the server.

Every picture is decoded and encoded again: whatever else the file was (a script, an archive, a film behind a phone's
"motion photo") is not in the new one. That is why data behind the picture is cut off, not refused.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from commsched.core.media.sizes import PICTURE_BYTES
from commsched.core.text.json_values import JsonObject
from commsched.images.intake import errors, jpeg, metadata, phone_formats, profiles

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = PICTURE_BYTES
MAX_PIXELS = 65_000_000
"""Just above what the world's cameras and phones make: 8192 × 6144 is called 50 megapixels, and a phone's panorama is
16382 × 3852."""
MAX_MOVING_PIXELS = 200_000_000
"""Pixels over all frames of an animation."""
MAX_FRAMES = 600
LARGE = 12_000_000
"""Pixels from which on a file is written with less pains: six times as fast, and hardly larger."""
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MIMES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "WEBP": "image/webp",
    "GIF": "image/gif",
}
MOVING = ("image/gif", "image/webp")
"""The kinds that are kept as animations; of others only the first picture is."""
SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "image/gif": ".gif"}

_OTHERS = {b"BM": "BMP", b"II*\0": "TIFF", b"MM\0*": "TIFF", b"8BPS": "Photoshop", b"\0\0\1\0": "ICO"}
_FILMS = {b"\0\0\1\xba": "MPEG", b"\0\0\1\xb3": "MPEG", b"FLV\1": "FLV", b"0&\xb2u\x8ef\xcf\x11": "WMV"}
HEAD = 192
"""How many leading bytes are enough to recognise a kind of file."""
_OURS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"RIFF")
_STILL = {b"avif": "AVIF", b"avis": "AVIF", b"crx ": "Canon CR3", b"jp2 ": "JPEG 2000", b"jpx ": "JPEG 2000"}
BRANDS = frozenset((*phone_formats.BRANDS, *_STILL))
"""What the boxes of an MP4 say they are where they hold pictures (ISO/IEC 14496-12, 4.3)."""


def refusal(data: bytes) -> errors.BadPicture:
    """The error for bytes in none of our formats, as precise as their beginning allows."""
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if data[4:8] == b"ftyp":
        return _container(data[8:12])
    if b"<svg" in head.lower():
        return errors.Vector()
    if head.startswith((b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return errors.Document()
    if data.startswith((b"\x1aE\xdf\xa3", b"OggS")) or other_film(data):
        return errors.Film()
    if data.startswith(_OURS):
        return errors.Damaged()
    for magic, name in _OTHERS.items():
        if data.startswith(magic):
            return errors.OtherPicture(format=name)
    return errors.NotAPicture()


def _container(brand: bytes) -> errors.BadPicture:
    if brand in phone_formats.BRANDS:
        return errors.PhonePhoto()
    return errors.OtherPicture(format=_STILL[brand]) if brand in _STILL else errors.Film()


def other_film(head: bytes) -> str:
    """The name of a kind of video that is not taken, for a file that begins with ``head`` (of :data:`HEAD` bytes at
    least); empty for others."""
    if head[:1] == head[188:189] == b"G" and not head.startswith(b"GIF8"):
        return "MPEG-TS"
    if head[:4] == b"RIFF":
        return "AVI" if head[8:12] == b"AVI " else ""
    return next((name for magic, name in _FILMS.items() if head.startswith(magic)), "")


@contextlib.contextmanager
def opened(data: bytes, formats: tuple[str, ...] = FORMATS) -> Iterator[Image.Image]:
    """The picture in ``data``, of a size and in one of the ``formats`` we take; what goes wrong inside becomes a
    :class:`BadPicture`."""
    from PIL import Image, UnidentifiedImageError

    if not data:
        raise errors.EmptyFile()
    if len(data) > MAX_BYTES:
        raise errors.FileTooLarge(size=round(len(data) / 2**20, 1), limit=MAX_BYTES // 2**20)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=formats) as image:
                _within(image)
            with Image.open(io.BytesIO(_checked(data)), formats=formats) as image:
                yield image
    except errors.BadPicture:
        raise
    except UnidentifiedImageError:
        raise refusal(data) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise errors.TooManyPixels(limit=MAX_PIXELS // 1_000_000) from None
    except MemoryError:
        raise errors.TooHeavy() from None
    except Exception as error:  # decoders of hostile files raise anything: SyntaxError, KeyError …
        raise (refusal(data) if data[4:8] == b"ftyp" else errors.Damaged()) from error


def _checked(data: bytes) -> bytes:
    """``data`` as it may be decoded. Raises for a JPEG with scans without number."""
    if not jpeg.is_jpeg(data):
        return data
    number, whole = jpeg.scans(data)
    if number > jpeg.MAX_SCANS:
        raise errors.Damaged()
    return data if whole else jpeg.ended(data)


def _within(image: Image.Image) -> None:
    only_first = image.format in phone_formats.NAMES
    frames = 1 if only_first else getattr(image, "n_frames", 1)
    pixels = image.width * image.height
    if pixels > MAX_PIXELS or frames > MAX_FRAMES or (frames > 1 and pixels * frames > MAX_MOVING_PIXELS):
        raise errors.TooManyPixels(limit=MAX_PIXELS // 1_000_000)


def srgb(image: Image.Image, colours: profiles.Colours | None = None) -> Image.Image:
    """``image`` as sRGB in mode RGB, RGBA, or L, whatever colours its file was in."""
    return (colours or profiles.Colours(image.info.get("icc_profile"))).srgb(_plain(image))


def _plain(image: Image.Image) -> Image.Image:
    """``image`` in mode L, LA, RGB, RGBA or CMYK, with its numbers as they are."""
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK"):
        return image.convert("RGBA") if image.mode in ("L", "RGB") and image.has_transparency_data else image
    if image.mode.startswith("I;16"):
        return image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
    if image.mode in ("1", "I", "F"):
        return image.convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
_ORIENTATION = 0x0112


def upright(image: Image.Image) -> Image.Image:
    """``image`` turned as its EXIF says. An orientation in XMP is ignored, as browsers ignore it too."""
    from PIL import Image

    exif = Image.Exif()
    with contextlib.suppress(Exception):  # a broken EXIF block says nothing about which way is up
        exif.load(image.info.get("exif") or b"")
    turn = _TURNS.get(exif.get(_ORIENTATION, 1))
    return image.transpose(getattr(Image.Transpose, turn)) if turn else image


def clean(data: bytes, decoded: Callable[[], None] = lambda: None) -> tuple[JsonObject, bytes]:
    """Facts about the picture, and its new file. Raises :class:`commsched.images.intake.errors.BadPicture`.
    ``decoded`` is called when the stranger's file has been read and only ours is left to write."""
    from commsched.images.intake import fingerprint

    with opened(data, (*FORMATS, *phone_formats.readable())) as image:
        mime = _kept_as(image)
        moves = getattr(image, "n_frames", 1) > 1 and image.format not in _SERIES
        moving = moves and mime in MOVING
        who, owner, located = _read_metadata(image)
        facts: JsonObject = {"mime": mime, "had_motion": moves and not moving, "had_location": located}
        facts["credit"] = metadata.one_line(who, owner)
        if moving:
            first, new = _moving(image, decoded)
        else:
            first, new = _still(image, data, decoded, _credit_exif(who, owner))
        facts |= {"width": first.width, "height": first.height, "frames": _frames(new) if moving else 1}
        facts |= {"dhash": fingerprint.dhash(first), "focus": fingerprint.focus(first)}
        return facts, new


_SERIES = ("MPO", "HEIF")
"""Behind the first picture of a phone's photo lies its depth, or another of the same series: that is no motion."""


def _kept_as(image: Image.Image) -> str:
    return phone_formats.kept_as(image) if image.format in phone_formats.NAMES else MIMES[image.format or ""]


def _frames(data: bytes) -> int:
    """How many frames an animation of ours has: fewer than its source where some of those were the same."""
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        return getattr(image, "n_frames", 1)


def _still(
    image: Image.Image, data: bytes, decoded: Callable[[], None], exif: bytes | None
) -> tuple[Image.Image, bytes]:
    """The picture, and its new file: of the same kind, and coded as the old one was, so that it grows no larger."""
    mime, tables = _kept_as(image), _tables(image)
    image.load()
    decoded()
    colours = profiles.Colours(image.info.get("icc_profile"))
    image = upright(image)
    if image.mode in ("P", "1") and mime in ("image/png", "image/gif"):
        kept = colours.palette(image) if image.mode == "P" else image
        new = encode(kept, mime, exif=exif)  # first: Pillow changes the palette of what it converts
        return srgb(kept, profiles.Colours(None)), new
    first = srgb(image, colours)
    return first, encode(first, mime, tables=tables, exif=exif, lossless=is_lossless(data))


def is_lossless(data: bytes) -> bool:
    """Whether a WebP keeps every pixel as it was (RFC 9649, 2.6)."""
    at = 12
    while data.startswith(b"RIFF") and at + 8 <= len(data):
        if data[at : at + 4] in (b"VP8L", b"VP8 "):
            return data[at : at + 4] == b"VP8L"
        at += 8 + int.from_bytes(data[at + 4 : at + 8], "little") + data[at + 4] % 2
    return False


def credit_of(image: Image.Image) -> bytes | None:
    """An EXIF block with the picture's credit, for a file made from it; ``None`` where there is no credit."""
    who, owner, _located = _read_metadata(image)
    return _credit_exif(who, owner)


def _read_metadata(image: Image.Image) -> tuple[str, str, bool]:
    try:
        return *metadata.credit(image), metadata.has_location(image)
    except Exception:  # metadata that cannot be read is dropped with the rest of it
        return "", "", False


Tables = Mapping[int, Sequence[int]]
"""Quantization tables of a JPEG, by number."""


def _tables(image: Image.Image) -> tuple[Tables, int] | None:
    """Quantization tables and chroma sampling of a JPEG; ``None`` for other formats."""
    from PIL import JpegImagePlugin

    if not isinstance(image, JpegImagePlugin.JpegImageFile):
        return None
    return image.quantization, JpegImagePlugin.get_sampling(image)


def _credit_exif(who: str, owner: str) -> bytes | None:
    """The only metadata that the new file keeps: the credit."""
    from PIL import Image

    if not who and not owner:
        return None
    exif = Image.Exif()
    for tag, value in ((metadata.ARTIST, who), (metadata.COPYRIGHT, owner)):
        if value:
            exif[tag] = value.encode()
    return exif.tobytes()


def _moving(image: Image.Image, decoded: Callable[[], None]) -> tuple[Image.Image, bytes]:
    """An animation, frame by frame, with its pace and its loop."""
    from PIL import ImageSequence

    frames, pace = [], []
    colours = profiles.Colours(image.info.get("icc_profile"))
    for frame in ImageSequence.Iterator(image):
        pace.append(max(20, int(frame.info.get("duration", 100) or 100)))
        frames.append(colours.srgb(frame.convert("RGBA")))
    decoded()
    out = io.BytesIO()
    loop = image.info.get("loop", 0 if image.format == "WEBP" else None)
    options: JsonObject = {"quality": 85, "method": 2}
    if image.format == "GIF":
        options = {"disposal": 2}
        if all(frame.getchannel("A").getextrema() == (255, 255) for frame in frames):  # only what changes is repeated
            frames, options = [frame.convert("RGB") for frame in frames], {"disposal": 1, "optimize": True}
    if loop is not None:
        options["loop"] = loop
    frames[0].save(out, image.format, save_all=True, append_images=frames[1:], duration=pace, **options)
    return frames[0], out.getvalue()


def encode(
    image: Image.Image,
    mime: str,
    quality: int = 90,
    tables: tuple[Tables, int] | None = None,
    exif: bytes | None = None,
    lossless: bool = False,
) -> bytes:
    """``image`` as a file of type ``mime``, with no metadata but ``exif``. ``lossless`` is for WebP; PNG always is.

    ``tables`` are the quantization tables and chroma sampling of the JPEG it came from: with them the new
    file is as good and as large as the old one.
    """
    out = io.BytesIO()
    extra: JsonObject = {"exif": exif} if exif else {}
    large = image.width * image.height > LARGE
    clear = {"transparency": image.info["transparency"]} if image.mode == "P" and "transparency" in image.info else {}
    if mime == "image/jpeg":
        if tables and tables[1] >= 0:
            extra |= {"qtables": tables[0], "subsampling": tables[1]}
        else:
            extra["quality"] = quality
        _bare(flat(image)).save(out, "JPEG", optimize=False, progressive=True, **extra)
    elif mime == "image/webp":
        _bare(image).save(
            out, "WEBP", method=2 if large else 4, lossless=lossless, quality=80 if lossless else quality, **extra
        )
    elif mime == "image/gif":
        _bare(image).save(out, "GIF", **clear)
    else:
        _bare(image).save(out, "PNG", compress_level=3 if large else 6, **clear, **extra)
    return out.getvalue()


def _bare(image: Image.Image) -> Image.Image:
    """A copy that remembers nothing of its file (Pillow writes ``info`` back: comments, profiles, text)."""
    bare = image.copy()
    bare.info = {}
    with contextlib.suppress(AttributeError):
        del bare._exif
    return bare


def flat(image: Image.Image, ground: tuple[int, int, int] = (255, 255, 255)) -> Image.Image:
    """``image`` without transparency, on ``ground`` (sRGB)."""
    from PIL import Image

    if image.mode in ("RGB", "L"):
        return image
    layer = image.convert("RGBA")
    base = Image.new("RGB", image.size, ground)
    base.paste(layer, mask=layer.getchannel("A"))
    return base

"""What a file says of itself beside its pixels: who took it, and where. Only the former is kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

ARTIST, COPYRIGHT, GPS = 0x013B, 0x8298, 0x8825
"""EXIF tags (Exif 3.0, table 4 and 5)."""
IPTC_BYLINE, IPTC_CREDIT, IPTC_COPYRIGHT = (2, 80), (2, 110), (2, 116)
"""IPTC-IIM 4.2, record 2."""
MAX_CREDIT = 200

_XMP_CREATOR = re.compile(rb"<dc:creator>.{0,200}?<rdf:li[^>]{0,80}>([^<]{1,400})<", re.DOTALL)
_XMP_RIGHTS = re.compile(rb"<dc:rights>.{0,200}?<rdf:li[^>]{0,80}>([^<]{1,400})<", re.DOTALL)
_SIGNS = re.compile(r"(?:copyright\s*(?:\(c\)|©|:)|\(c\)|©|(?:foto|photo)\s*:|\s)+", re.IGNORECASE)
"""Marks before a name in a file, such as ©. The page adds its own mark where it shows the name."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


def tidy(value: object) -> str:
    """One line of printable text from whatever a metadata field held."""
    if isinstance(value, list | tuple):
        value = next(iter(value), "")
    if isinstance(value, bytes):
        text = _decode(value)
    elif isinstance(value, str):
        text = _mend(value)
    else:
        return ""
    return " ".join(_CONTROL.sub(" ", text).split())[:MAX_CREDIT]


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _mend(text: str) -> str:
    """EXIF strings are read as Latin-1, though most cameras and programs write UTF-8."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _xmp(image: Image.Image) -> bytes:
    raw = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    return raw.encode("utf-8", "replace") if isinstance(raw, str) else bytes(raw)


def _found(pattern: re.Pattern[bytes], xmp: bytes) -> str:
    from html import unescape  # a table of two thousand signs, for pictures that say who took them

    match = pattern.search(xmp[:1_000_000])
    return unescape(_decode(match.group(1))) if match else ""


def _iptc(image: Image.Image) -> dict[tuple[int, int], bytes | list[bytes]]:
    from PIL import ImageFile, IptcImagePlugin

    if not isinstance(image, ImageFile.ImageFile):
        return {}

    try:
        return IptcImagePlugin.getiptcinfo(image) or {}
    except Exception:  # a broken caption block is no reason to refuse the picture
        return {}


def credit(image: Image.Image) -> tuple[str, str]:
    """``(photographer, copyright)`` from EXIF, IPTC, XMP or PNG text, in that order; empty where unsaid."""
    exif, iptc, xmp = image.getexif(), _iptc(image), _xmp(image)
    who = (
        tidy(exif.get(ARTIST))
        or tidy(iptc.get(IPTC_BYLINE))
        or tidy(_found(_XMP_CREATOR, xmp))
        or tidy(image.info.get("Author"))
        or tidy(iptc.get(IPTC_CREDIT))
    )
    owner = (
        tidy(exif.get(COPYRIGHT))
        or tidy(iptc.get(IPTC_COPYRIGHT))
        or tidy(_found(_XMP_RIGHTS, xmp))
        or tidy(image.info.get("Copyright"))
    )
    return who, owner


def one_line(who: str, owner: str) -> str:
    """The credit as it stands beside a picture: the photographer, and the owner where that is another."""
    who, owner = (text[match.end() :] if (match := _SIGNS.match(text)) else text for text in (who, owner))
    if not who or not owner or who.casefold() in owner.casefold():
        return owner if who and owner else who or owner
    return f"{who} / {owner}"[:MAX_CREDIT]


def has_location(image: Image.Image) -> bool:
    """Whether the file says where the picture was taken."""
    if dict(image.getexif().get_ifd(GPS)):
        return True
    return b"GPSLatitude" in _xmp(image)

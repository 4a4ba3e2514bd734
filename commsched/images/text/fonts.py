"""Finds and opens fonts: from packages, uploaded by the office, and Noto for every script that those lack."""

from __future__ import annotations

import importlib.util
import io
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from commsched.core.media.cards import MAX_FONT_BYTES
from commsched.core.text.messages import N_, Invalid
from commsched.images.intake import emoji

if TYPE_CHECKING:
    import regex
    from PIL.ImageFont import FreeTypeFont

PACKAGED = {
    "Inter": ("fontpkg_inter", "files/Inter[opsz,wght].ttf"),
    "Source Sans 3": ("fontpkg_source_sans_3", "files/SourceSans3[wght].ttf"),
    "Source Serif 4": ("fontpkg_source_serif_4", "files/SourceSerif4[opsz,wght].ttf"),
    "Noto Sans": ("manimgx_fonts", "NotoSans[wght].ttf"),
    "Noto Emoji": ("manimgx_fonts", "NotoEmoji[wght].ttf"),
}
FAMILIES = tuple(name for name in PACKAGED if name != "Noto Emoji")
"""Packaged families that a text may be set in."""
_NOTO = "manimgx_fonts"
SCRIPTS = (
    "Arabic|Armenian|Bengali|Devanagari|Ethiopic|Georgian|Gujarati|Gurmukhi|Hebrew|Kannada|Khmer|Lao|"
    "Malayalam|Myanmar|Oriya|Sinhala|Tamil|Telugu|Thai"
)
"""Unicode scripts that Noto Sans has a font of its own for."""
SYSTEM = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-{cut}.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-{cut}.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-{cut}.ttc",
)
"""Where systems keep Chinese, Japanese and Korean, which are too large (20 MB) to bring along for everybody."""
COLOUR_EMOJI = (
    "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/google-noto-emoji/NotoColorEmoji.ttf",
    "/usr/local/share/fonts/NotoColorEmoji.ttf",
)
FALLBACK = "Inter"
GIVEN = "given:"
"""What the name of a font begins with that was handed over as bytes."""
_SFNT = (b"\0\1\0\0", b"OTTO", b"true")


class BadFont(Invalid):
    """An uploaded file that cannot be used as a font."""

    code = "font"


class Face(NamedTuple):
    """One cut of one family. ``path`` is empty for the packaged families. (A tuple: it is hashed all the time.)"""

    family: str
    weight: int = 400
    path: str = ""


_shelf: dict[str, int | bytes] | None = None
"""In a process that cannot open files: every font there is, as an open file, or as the bytes that it was handed."""


def held() -> bool:
    """Whether this process reads fonts from what it holds, and opens none."""
    return _shelf is not None


def hold() -> None:
    """Open every font of the packages and the system, to be read from then on without opening anything."""
    global _shelf
    faces = [Face(family) for family in PACKAGED] + [Face(f"script:{script}") for script in SCRIPTS.split("|")]
    places = [path_of(face) for face in faces] + [_system(cut) for cut in ("Bold", "Regular")] + list(COLOUR_EMOJI)
    _shelf = {place: os.open(place, os.O_RDONLY) for place in places if place and there(place)}


def give(files: dict[str, bytes]) -> None:
    """Take the fonts of a job, under their names that begin with :data:`GIVEN`, in place of those of the one before."""
    assert _shelf is not None
    for name in [name for name in _shelf if name.startswith(GIVEN) and name not in files]:
        del _shelf[name]
    _shelf.update(files)


def there(path: str) -> bool:
    """Whether there is a font at ``path``."""
    return path in _shelf if _shelf is not None else Path(path).is_file()


def source(path: str) -> str | io.BytesIO:
    """What the font at ``path`` is opened from. Raises ``OSError`` where there is none."""
    if _shelf is None:
        return path
    kept = _shelf.get(path)
    if kept is None:
        raise FileNotFoundError(path)
    if isinstance(kept, int):
        kept = os.pread(kept, os.lseek(kept, 0, os.SEEK_END), 0)
    return io.BytesIO(kept)


@lru_cache(64)
def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(name)
    return Path(spec.origin).parent


@lru_cache(64)
def path_of(face: Face) -> str:
    """The file of ``face``; an unknown or vanished family is set in :data:`FALLBACK`."""
    if face.path and there(face.path):
        return face.path
    if face.family.startswith("script:"):
        return str(_package(_NOTO) / f"NotoSans{face.family[7:]}[wght].ttf")
    package, inner = PACKAGED.get(face.family, PACKAGED[FALLBACK])
    return str(_package(package) / inner)


@lru_cache(48)
def opened(face: Face, size: int) -> FreeTypeFont:
    """``face`` at ``size`` pixels per em, with its weight and the optical size for display."""
    from PIL import ImageFont

    font = ImageFont.truetype(source(path_of(face)), size)
    try:
        axes = font.get_variation_axes()
    except OSError:  # not a variable font: it has the one weight it has
        return font
    font.set_variation_by_axes([_axis_value(axis, face.weight) for axis in axes])
    return font


def _axis_value(axis: object, weight: int) -> float:
    assert isinstance(axis, dict)
    name = axis["name"].decode() if isinstance(axis["name"], bytes) else str(axis["name"])
    low, high = float(axis["minimum"]), float(axis["maximum"])
    if name.lower() == "weight":
        return min(max(float(weight), low), high)
    if name.lower() == "optical size":
        return min(high, 32.0)
    return float(axis["default"])


@lru_cache(4096)
def covers(face: Face, char: str) -> bool:
    """Whether ``face`` has a glyph for ``char``: its picture is not that of the missing glyph."""
    if char.isspace() or char in "\u200d\ufe0f\ufe0e\u00ad\u200b":
        return True
    if not face.path and face.family in FAMILIES and char <= "ÿ":  # all of them have Latin-1; a test sees to it
        return char.isprintable()
    return _drawable(face, char)


def _drawable(face: Face, char: str) -> bool:
    font = opened(face, 24)
    mask = font.getmask(char)
    return (mask.size, bytes(mask)) != _missing(face)


@lru_cache(64)
def _missing(face: Face) -> tuple[tuple[int, int], bytes]:
    mask = opened(face, 24).getmask("\U000fffff")
    return mask.size, bytes(mask)


@lru_cache(1)
def _script_pattern() -> regex.Pattern[str]:
    import regex

    groups = "|".join(f"(?P<{script}>\\p{{Script={script}}})" for script in SCRIPTS.split("|"))
    return regex.compile(groups)


@lru_cache(4096)
def face_for(face: Face, cluster: str) -> Face | None:
    """The face to set ``cluster`` in: ``face`` itself if it can, else Noto's; ``None`` if nobody can."""
    lacking = next((char for char in cluster if not covers(face, char)), "")
    if not lacking:
        return face
    match = _script_pattern().match(cluster) or _script_pattern().match(lacking)
    names = [f"script:{match.lastgroup}"] if match else []
    for name in (*names, "Inter", "Noto Sans", "Noto Emoji"):
        other = Face(name, face.weight)
        if all(covers(other, char) for char in cluster):
            return other
    other = Face("system", face.weight, _system("Bold" if face.weight >= 600 else "Regular"))
    return other if other.path and all(covers(other, char) for char in cluster) else None


@lru_cache(2)
def _system(cut: str) -> str:
    """Path of the system's large font, empty where it has none."""
    return next((place for pattern in SYSTEM if there(place := pattern.format(cut=cut))), "")


@lru_cache(4)
def colour_emoji(uploaded: str = "") -> str:
    """Path of a colour emoji font: the uploaded one, else one the system has, else empty."""
    for place in (uploaded, *COLOUR_EMOJI):
        if place and there(place):
            return place
    return ""


@lru_cache(128)
def extent(face: Face) -> tuple[float, float]:
    """How far ``Å`` rises above the baseline and ``g`` falls below it, in em."""
    font = opened(face, 400)
    top = font.getbbox("ÅÄÖ", anchor="ls")[1]
    bottom = font.getbbox("gjpqy", anchor="ls")[3]
    return -top / 400, bottom / 400


class TakenFont(NamedTuple):
    """An uploaded font that can be used: for text, or, where it has them in colour, for emoji."""

    family: str
    emoji: bool


def take_font(data: bytes, filename: str = "", owner: int = 0) -> TakenFont:
    """Check an uploaded font. Raises :class:`BadFont`.

    Only TrueType and OpenType files; opened and drawn with in the confined process first.
    """
    from commsched.images.intake import errors, pool

    if len(data) > MAX_FONT_BYTES:
        raise BadFont(N_("A font may be at most %(limit)s MB."), "file", limit=MAX_FONT_BYTES // 2**20)
    if not data.startswith(_SFNT):
        raise BadFont(N_("This is not a font that we can use. Choose a file ending in .ttf or .otf."), "file")
    try:
        facts, _ = pool.shared.run({"job": "font"}, data, owner)
    except errors.PictureBusy:
        raise
    except errors.BadPicture:
        sentence = N_("The font is damaged, or has neither letters such as å, ä and ö nor emoji in colour.")
        raise BadFont(sentence, "file") from None
    return TakenFont(str(facts["family"]) or filename, bool(facts["emoji"]))


@lru_cache(2)
def coloured(path: str) -> FreeTypeFont:
    """A colour font at the size that it has its pictures in. Raises ``OSError`` where it opens in none."""
    kept = source(path)
    return emoji.sized(kept if isinstance(kept, str) else kept.getvalue())

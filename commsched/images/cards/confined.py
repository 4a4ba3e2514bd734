"""Cards set in fonts that somebody uploaded: drawn in a confined process, since a font is a program for its reader.

The process has the packaged fonts open from the start, is handed the office's own with every job, and can open nothing.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec.structs import replace

from commsched.core.text.messages import Problem
from commsched.images.cards.brand import Brand
from commsched.images.cards.values import Photo, Value
from commsched.images.intake import errors, pool, worker
from commsched.images.text import fonts

if TYPE_CHECKING:
    from collections.abc import Mapping

_START = pool.START.replace("images.intake.worker", "images.cards.confined")


class DrawJob(msgspec.Struct, frozen=True):
    """Everything that a card is drawn from. ``fonts``: the bytes of those that its brand names, by their hash."""

    design: str
    size: tuple[int, int]
    texts: dict[str, str]
    pictures: dict[str, bytes]
    photos: dict[str, Photo]
    brand: Brand
    form: Literal["jpeg", "png"]
    language: str
    page: int
    fonts: dict[str, bytes]


class DrawReport(msgspec.Struct, frozen=True):
    """The facts of a drawn card that are returned beside its file."""

    width: int
    height: int
    alt: str
    warnings: tuple[Problem, ...]


def needed(brand: Brand) -> bool:
    """Whether text or emoji of this brand are set in a font that was uploaded."""
    return bool(brand.emoji_font) or not {brand.heading, brand.body, brand.serif}.isdisjoint(brand.fonts)


def draw(
    design: str,
    size: tuple[int, int],
    values: Mapping[str, Value],
    brand: Brand,
    form: Literal["jpeg", "png"],
    language: str,
    page: int,
) -> tuple[bytes, DrawReport]:
    """As :func:`commsched.images.cards.card.draw`, in the confined process. The packaged font replaces one whose file
    is gone."""
    brand, files = _held(brand)
    wish = DrawJob(
        design,
        size,
        {name: value for name, value in values.items() if isinstance(value, str)},
        {name: value for name, value in values.items() if isinstance(value, bytes)},
        {name: value for name, value in values.items() if isinstance(value, Photo)},
        brand,
        form,
        language,
        page,
        files,
    )
    facts, data = drawing.run({"job": "card"}, msgspec.msgpack.encode(wish))
    return data, msgspec.convert(facts, DrawReport, strict=False)


def _held(brand: Brand) -> tuple[Brand, dict[str, bytes]]:
    """The brand with its fonts called by their hash, and their bytes by that name."""
    files: dict[str, bytes] = {}

    def named(path: str) -> str:
        try:
            data = Path(path).read_bytes()
        except OSError:
            return ""
        name = fonts.GIVEN + hashlib.sha256(data).hexdigest()
        files[name] = data
        return name

    used = {brand.heading, brand.body, brand.serif}
    own = {family: name for family, path in brand.fonts.items() if family in used and (name := named(path))}
    return replace(brand, fonts=own, emoji_font=named(brand.emoji_font) if brand.emoji_font else ""), files


def prepare() -> None:
    """Load all that drawing takes, and open every font there is."""
    from commsched.images.cards import card, designs
    from commsched.images.text import hyphenation

    worker.prepare()
    fonts.hold()
    for language in ("sv", "en"):
        hyphenation.ruled("sammanträdesprotokoll", language)
    for name in designs.load():
        designs.get(name)
    forms: tuple[Literal["jpeg", "png"], ...] = ("jpeg", "png", "jpeg")
    for form in forms:
        card.draw("headline", (1200, 630), {"headline": "Räksmörgås 🙂 سلام"}, Brand(), form)


def answer(_header: dict[str, object], body: bytes) -> tuple[dict[str, object], bytes]:
    """Draw one card. What goes wrong has the name of a designed error."""
    from commsched.images.cards import card

    try:
        wish = msgspec.msgpack.decode(body, type=DrawJob)
        fonts.give(wish.fonts)
        values: dict[str, Value] = {**wish.texts, **wish.pictures, **wish.photos}
        drawn = card.draw(wish.design, wish.size, values, wish.brand, wish.form, wish.language, wish.page)
    except errors.BadPicture as error:
        return {"error": type(error).__name__, "params": error.params}, b""
    except MemoryError:
        return {"error": "TooHeavy", "params": {}}, b""
    except Exception:  # FreeType says "OSError" and worse of a font that it cannot read after all
        return {"error": "BadCardFont", "params": {}}, b""
    return msgspec.to_builtins(DrawReport(drawn.width, drawn.height, drawn.alt, drawn.warnings)), drawn.data


def main() -> None:
    """Serve jobs as :func:`commsched.images.intake.worker.main` does."""
    worker.serve(prepare, answer)


drawing = pool.Pool(size=1, start=_START)
"""One at a time: such offices are few, and a card takes milliseconds."""

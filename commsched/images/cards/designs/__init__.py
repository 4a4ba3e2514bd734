"""Designs as files: areas, roles of text, layers and rules. A designer adds one by adding a TOML file here."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec

from commsched.core.media.cards import SIZES
from commsched.images.cards.brand import Brand
from commsched.images.cards.draw_ops import Area
from commsched.images.intake.errors import NoSuchDesign

__all__ = ["SIZES", "Block", "Design", "Field", "Layer", "areas", "frame", "get", "load", "shape_of", "unit"]

_HERE = Path(__file__).parent
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
SMALLEST, LARGEST = 240, 4096

Shape = Literal["wide", "square", "portrait", "tall"]
_LIKE: dict[str, tuple[Shape, ...]] = {
    "wide": ("wide", "square"),
    "square": ("square", "wide"),
    "portrait": ("portrait", "square", "wide"),
    "tall": ("tall", "portrait", "square", "wide"),
}
Texts = dict[str, str]
"""The same words by language: ``{"sv": …, "en": …}``."""


class Field(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing a person fills in. ``limit`` counts characters as a reader sees them."""

    label: Texts
    kind: Literal["line", "text", "rows", "number", "share", "picture", "pages"] = "line"
    limit: int = 80
    rows: int = 0
    required: bool = False
    default: Texts = {}
    counts: str = ""
    """The field that says how many: where that is 1, ``single`` stands in for the default."""
    single: Texts = {}
    help: Texts = {}


class Block(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of a stack. Sizes and gaps are in units, some hundredth of the picture's middle side."""

    kind: Literal["text", "rule", "items"] = "text"
    fields: tuple[str, ...] = ()
    literal: str = ""
    join: str = " · "
    before: str = ""
    after: str = ""
    font: Literal["heading", "body", "serif"] = "body"
    weight: int = 400
    size: tuple[float, float] = (2.6, 3.4)
    leading: float = 1.3
    tracking: float = 0.0
    lines: int = 0
    colour: str = "ink"
    align: Literal["left", "center", "right"] = "left"
    upper: bool = False
    gap: float = 2.5
    chip: str = ""
    width: float = 9.0
    thickness: float = 0.9
    trim: bool = False
    """Counts the ink only: for a quotation mark set large, whose letters would leave a hole below."""


class Layer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something in an area. ``on`` names the surface it stands on, from which its colours follow."""

    kind: Literal["fill", "photo", "stack", "sign", "bars", "ring", "votes", "pager", "motif"]
    area: str = "canvas"
    on: str = "ground"
    colour: str = "primary"
    field: str = ""
    blocks: tuple[Block, ...] = ()
    valign: Literal["top", "center", "bottom"] = "top"
    align: Literal["left", "center", "right"] = "left"
    shape: Literal["rect", "round", "circle"] = "rect"
    scrim: str = ""
    focus_at: float = 0.42
    """Where the photo's focus should be, as a share of the height of the part that no text covers (``scrim``)."""
    when: str = ""
    unless: str = ""
    only: tuple[Shape, ...] = ()


class Design(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole design. ``areas`` are shares of the frame inside the margins, ``bleed`` of the canvas."""

    name: str = ""
    order: int = 50
    title: Texts
    about: Texts
    ground: str = "ground"
    fields: dict[str, Field]
    areas: dict[str, dict[str, tuple[float, float, float, float]]]
    bleed: dict[str, dict[str, tuple[float, float, float, float]]] = {}
    layers: tuple[Layer, ...]
    alt: dict[str, tuple[str, ...]]
    examples: dict[str, dict[str, str]]

    def pictures(self) -> list[str]:
        """The names of the fields that take a picture."""
        return [name for name, field in self.fields.items() if field.kind == "picture"]


@lru_cache(64)
def _read(name: str) -> Design:
    file = _HERE / f"{name}.toml"
    return msgspec.structs.replace(msgspec.toml.decode(file.read_bytes(), type=Design), name=name)


@lru_cache(1)
def load() -> dict[str, Design]:
    """Every design, in the order they are offered."""
    designs = [_read(file.stem) for file in _HERE.glob("*.toml")]
    return {design.name: design for design in sorted(designs, key=lambda design: (design.order, design.name))}


def get(name: str) -> Design:
    """The design called ``name``, read alone. Raises :class:`NoSuchDesign`."""
    try:
        if _NAME.fullmatch(name):
            return _read(name)
    except FileNotFoundError:
        pass
    raise NoSuchDesign(name=name[:60])


def shape_of(size: tuple[int, int]) -> Shape:
    """What a size is laid out like."""
    share = size[0] / size[1]
    return "wide" if share > 1.25 else "square" if share > 0.9 else "portrait" if share > 0.68 else "tall"


def unit(size: tuple[int, int]) -> float:
    """Pixels in one unit: grows with the picture, and more with its short side."""
    return math.sqrt(min(size) * math.sqrt(size[0] * size[1])) / 100


def frame(size: tuple[int, int], brand: Brand) -> Area:
    """The canvas without what apps cover and without the brand's margin."""
    width, height = size
    kept = brand.safe.get(f"{width}x{height}") or brand.safe.get(shape_of(size)) or (0.0, 0.0, 0.0, 0.0)
    margin = brand.margin * math.sqrt(width * height)
    top, right, bottom, left = kept
    return Area(
        round(max(margin, left * width + margin * 0.3)),
        round(max(margin, top * height)),
        round(width - max(margin, right * width + margin * 0.3)),
        round(height - max(margin, bottom * height)),
    )


def areas(design: Design, size: tuple[int, int], brand: Brand, bare: bool) -> dict[str, Area]:
    """Every named area in pixels. ``bare``: no picture was given, so ``wide-bare`` goes before ``wide``."""
    inside, whole = frame(size, brand), Area(0, 0, *size)
    named = {"canvas": whole, "frame": inside}
    for tables, around in ((design.areas, inside), (design.bleed, whole)):
        named |= {name: _within(around, shares) for name, shares in _table(tables, size, bare).items()}
    return named


def _table(
    tables: dict[str, dict[str, tuple[float, float, float, float]]], size: tuple[int, int], bare: bool
) -> dict[str, tuple[float, float, float, float]]:
    order: list[str] = list(_LIKE[shape_of(size)])
    if bare:  # a table without a picture for a neighbouring shape goes before one with a picture for this
        wide = shape_of(size) == "wide"
        order = [f"{shape}-bare" for shape in order if (shape == "wide") == wide] + order
    return next((tables[name] for name in order if name in tables), {})


def _within(around: Area, shares: tuple[float, float, float, float]) -> Area:
    x, y, width, height = shares
    return Area(
        round(around.left + x * around.width),
        round(around.top + y * around.height),
        round(around.left + (x + width) * around.width),
        round(around.top + (y + height) * around.height),
    )

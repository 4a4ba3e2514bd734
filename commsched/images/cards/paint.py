"""Puts pixels down: the base of a card (grounds, photo, logo), kept and copied, and everything set on it."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import msgspec

from commsched.images.cards.brand import Brand
from commsched.images.cards.designs import Design, Layer
from commsched.images.cards.draw_ops import Area, Box, Op, Ring, TextLine
from commsched.images.cards.jpeg_splice import Coded
from commsched.images.cards.values import Filled, Photo
from commsched.images.intake import sanitize
from commsched.images.text import fonts, glyphs, runs
from commsched.images.text.cache import Bounded
from commsched.images.text.contrast import WHITE, Colour, luminance, ratio

if TYPE_CHECKING:
    from PIL import Image

BASES = 40 * 2**20
"""Bytes of finished bases kept: all five sizes of one design."""
_FINER = 4
_WANTED = 4.8
"""Contrast aimed at where text stands on a photo: a little above the promise, for rounding."""


class Base(msgspec.Struct):
    """What does not change with the text: its pixels, and coded as JPEG (by whether colours are kept in full).

    A coding is ``None`` until the base has come a second time.
    """

    image: Image.Image
    coded: dict[bool, Coded | None] = {}


_bases: Bounded[Base] = Bounded(BASES, lambda base: base.image.width * base.image.height * 9 // 2)
_shapes: Bounded[Image.Image] = Bounded(4 * 2**20, lambda image: image.width * image.height + 200)


def base(
    design: Design, layers: list[Layer], size: tuple[int, int], brand: Brand, filled: Filled, areas: dict[str, Area]
) -> Base:
    """The part of the card that does not change with the text. It is shared, so it must not be drawn on."""
    kept = [layer for layer in layers if layer.kind in ("fill", "motif", "photo", "sign")]
    photos = tuple((name, photo.key) for name, photo in sorted(filled.photos.items()))
    key = (design.name, tuple(design.layers.index(layer) for layer in kept), size, brand.key, photos)
    return _bases.get(key, lambda: Base(_base(design, kept, size, brand, filled, areas)))


def _base(
    design: Design, layers: list[Layer], size: tuple[int, int], brand: Brand, filled: Filled, areas: dict[str, Area]
) -> Image.Image:
    from PIL import Image

    image = Image.new("RGB", size, brand.grounds[design.ground])
    for layer in layers:
        area = areas.get(layer.area)
        if area is None:
            continue
        if layer.kind == "fill":
            _box(image, Box(area, brand.grounds[layer.colour]))
        elif layer.kind == "motif":
            _motif(image, brand, layer.on)
        elif layer.kind == "photo":
            frame = framed(layer, area)
            _photo(image, layer, frame, filled.photos[layer.field], aim(layer, frame, areas))
            if layer.scrim in areas:
                _scrim(image, areas[layer.scrim], area, brand)
        else:
            _sign(image, layer, area, brand)
    return image


def cropped(photo: Photo, size: tuple[int, int], focus_at: float = 0.42) -> Image.Image:
    """``photo`` filled into ``size``, as close to its focus as its edges allow."""
    from PIL import Image

    with sanitize.opened(photo.data) as opened:
        opened.draft("RGB", (size[0], size[1]))
        opened.load()
        image = sanitize.flat(sanitize.srgb(sanitize.upright(opened)))
    image = image if image.mode == "RGB" else image.convert("RGB")
    box = window(image.size, photo.focus, size, focus_at)
    return image.resize(size, Image.Resampling.BICUBIC, box=box, reducing_gap=2.0)  # nearer the photo than Lanczos


def window(
    whole: tuple[int, int], focus: tuple[float, float], size: tuple[int, int], focus_at: float
) -> tuple[float, float, float, float]:
    """What of a ``whole`` picture is shown in ``size``: left, top, right and bottom in the picture's own pixels."""
    scale = max(size[0] / whole[0], size[1] / whole[1])
    width, height = size[0] / scale, size[1] / scale
    left = min(max(focus[0] * whole[0] - width / 2, 0.0), whole[0] - width)
    top = min(max(focus[1] * whole[1] - height * focus_at, 0.0), whole[1] - height)
    left, top = max(0.0, left), max(0.0, top)  # rounding may put either a hair below nothing
    return left, top, min(whole[0], left + width), min(whole[1], top + height)


def framed(layer: Layer, area: Area) -> Area:
    """Where in its area a photo lies: all of it, or the square around a circle."""
    if layer.shape != "circle":
        return area
    side = min(area.width, area.height)
    left = {"left": area.left, "center": area.left + (area.width - side) // 2, "right": area.right - side}
    top = area.top + (area.height - side) // 2
    return Area(left[layer.align], top, left[layer.align] + side, top + side)


def aim(layer: Layer, frame: Area, areas: dict[str, Area]) -> float:
    """Where the focus should be, as a share of the photo's height: in the part that no text covers."""
    clear = areas[layer.scrim].top - frame.top if layer.scrim in areas else frame.height
    return layer.focus_at * clear / max(1, frame.height)


def _photo(image: Image.Image, layer: Layer, area: Area, photo: Photo, focus_at: float) -> None:
    picture = cropped(photo, (area.width, area.height), focus_at)
    if layer.shape == "rect":
        image.paste(picture, (area.left, area.top))
        return
    radius = min(area.width, area.height) // (2 if layer.shape == "circle" else 14)
    image.paste(picture, (area.left, area.top), _rounded(area.width, area.height, radius))


def _motif(image: Image.Image, brand: Brand, ground: str) -> None:
    """Arcs from a corner, or a slope: so faint that every text is as readable on it as beside it."""
    from PIL import Image, ImageDraw

    tone = brand.tone(ground)
    if brand.motif == "none" or tone is None:
        return
    width, height = image.width * _FINER // 2, image.height * _FINER // 2
    mask = Image.new("L", (width, height))
    draw = ImageDraw.Draw(mask)
    if brand.motif == "slope":
        draw.polygon([(width * 0.56, height), (width, height * 0.1), (width, height)], fill=255)
    else:
        step = math.sqrt(width * height) * 0.17
        for number in (5, 4, 3, 2, 1):
            far, shade = step * number, 255 if number % 2 else 0
            draw.ellipse((width - far, -far, width + far, far), fill=shade)
    image.paste(tone, (0, 0, image.width, image.height), mask.reduce(_FINER // 2))


def _scrim(image: Image.Image, text: Area, photo: Area, brand: Brand) -> None:
    """Darken the photo behind ``text`` just so far that every pixel of it carries the text; fade out above.

    Below, a photo that ends before the picture does is darkened more and more, so that its end is not seen.
    """
    from PIL import Image

    dark, ink = brand.grounds["photo"], brand.on("photo", "ink")
    brightest: list[int] = [high for _, high in image.crop((text.left, text.top, text.right, text.bottom)).getextrema()]  # type: ignore[misc]
    target = (luminance(ink) + 0.05) / _WANTED - 0.05
    alpha = next((step / 50 for step in range(12, 51) if _dimmed(brightest, dark, step / 50) <= target), 1.0)
    fade = max(1, round(photo.height * 0.22))
    ends = photo.bottom < image.height
    column = bytearray()
    for row in range(photo.top, photo.bottom):
        near = 1.0 if row >= text.top - 4 else max(0.0, 1 - (text.top - 4 - row) / fade)
        smooth = near * near * (3 - 2 * near)
        deep = max(0.0, (row + 1 - text.top) / (photo.bottom - text.top)) if ends else 0.0
        shade = alpha * max(smooth, 0.12)
        column.append(min(255, math.ceil(255 * (shade + (1 - shade) * min(1.0, deep)))))
    mask = Image.frombytes("L", (1, len(column)), bytes(column)).resize((photo.width, photo.height), 0)
    image.paste(dark, (photo.left, photo.top, photo.right, photo.bottom), mask)


def _dimmed(brightest: list[int], dark: Colour, alpha: float) -> float:
    red, green, blue = (math.ceil(high + (low - high) * alpha) for high, low in zip(brightest, dark, strict=True))
    return luminance((red, green, blue))


def _sign(image: Image.Image, layer: Layer, area: Area, brand: Brand) -> None:
    """The sender: the logo, or the office's name where there is none."""
    surface = brand.grounds[layer.on]
    data = brand.logo_on_dark if brand.logo_on_dark and luminance(surface) < 0.18 else brand.logo
    if data:
        _logo(image, layer, area, data, surface)
    elif brand.name:
        _name(image, layer, area, brand)


def _logo(image: Image.Image, layer: Layer, area: Area, data: bytes, surface: Colour) -> None:
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=sanitize.FORMATS) as opened:
        logo = opened.convert("RGBA")
    scale = min(area.width / logo.width, area.height / logo.height)
    logo = logo.resize((max(1, int(logo.width * scale)), max(1, int(logo.height * scale))), 1)
    left = {"left": area.left, "right": area.right - logo.width}.get(
        layer.align, area.left + (area.width - logo.width) // 2
    )
    top = area.top + (area.height - logo.height) // 2
    if not _shows(logo, surface):
        pad = max(2, logo.height // 5)
        plate = Area(left - pad, top - pad, left + logo.width + pad, top + logo.height + pad)
        _box(image, Box(plate, WHITE, radius=pad))
    image.paste(logo, (left, top), logo)


def _shows(logo: Image.Image, surface: Colour) -> bool:
    """Whether most of the logo stands out from what it would stand on."""
    tiny = logo.resize((16, 16), 4).tobytes()
    seen = [tuple(tiny[at : at + 3]) for at in range(0, len(tiny), 4) if tiny[at + 3] > 128]
    clear = sum(ratio((red, green, blue), surface) >= 1.8 for red, green, blue in seen)
    return clear * 2 >= len(seen)


def _name(image: Image.Image, layer: Layer, area: Area, brand: Brand) -> None:
    from PIL import ImageDraw

    face = fonts.Face(brand.heading, 700, brand.fonts.get(brand.heading, ""))
    text = runs.settable(brand.name).replace("\n", " ")
    size = max(8, int(area.height * 0.62))
    mark, space = 0.62, 0.42
    while size > 8 and (runs.extent(text, face).width + mark + space) * size > area.width:
        size -= 1
    width = (runs.extent(text, face).width + mark + space) * size
    left = {"left": float(area.left), "right": area.right - width}.get(
        layer.align, area.left + (area.width - width) / 2
    )
    baseline = area.top + (area.height + round(0.72 * size)) // 2
    square = Area(round(left), baseline - round(mark * size) - 1, round(left) + round(mark * size), baseline - 1)
    _box(image, Box(square, brand.on(layer.on, "accent")))
    draw = ImageDraw.Draw(image)
    glyphs.line(draw, (left + (mark + space) * size, baseline), text, face, size, brand.on(layer.on, "ink"))


def apply(image: Image.Image, ops: list[Op], emoji_font: str = "", origin: tuple[int, int] = (0, 0)) -> None:
    """Draw ``ops`` in order on a picture, or on a part of it that starts at ``origin``."""
    from PIL import ImageDraw

    draw, (left, top) = ImageDraw.Draw(image), origin
    for op in ops:
        if isinstance(op, TextLine):
            glyphs.line(draw, (op.x - left, op.y - top), op.text, op.face, op.size, op.ink, op.tracking, emoji_font)
        elif isinstance(op, Box):
            _box(image, Box(op.area.moved(left, top), op.colour, op.radius))
        else:
            area = op.area.moved(left, top)
            _ring(image, Ring(area, op.colour, op.thickness, op.start, op.end))


def _box(image: Image.Image, box: Box) -> None:
    area = box.area
    if area.width < 1 or area.height < 1:
        return
    radius = min(box.radius, area.width // 2, area.height // 2)
    corners = (area.left, area.top, area.right, area.bottom)
    image.paste(box.colour, corners, _rounded(area.width, area.height, radius) if radius else None)


def _rounded(width: int, height: int, radius: int) -> Image.Image:
    """A mask with smooth round corners."""
    from PIL import Image, ImageDraw

    def make() -> Image.Image:
        mask = Image.new("L", (width * _FINER, height * _FINER))
        ImageDraw.Draw(mask).rounded_rectangle(
            (0, 0, width * _FINER - 1, height * _FINER - 1), radius * _FINER, fill=255
        )
        return mask.reduce(_FINER)

    return _shapes.get(("round", width, height, radius), make)


def _ring(image: Image.Image, ring: Ring) -> None:
    from PIL import Image, ImageDraw

    side = ring.area.width

    def make() -> Image.Image:
        mask = Image.new("L", (side * _FINER, side * _FINER))
        draw, last = ImageDraw.Draw(mask), side * _FINER - 1
        if ring.end - ring.start >= 1:
            draw.ellipse((0, 0, last, last), fill=255)
        elif ring.end > ring.start:
            draw.pieslice((0, 0, last, last), ring.start * 360 - 90, ring.end * 360 - 90, fill=255)
        inner = ring.thickness * _FINER
        draw.ellipse((inner, inner, last - inner, last - inner), fill=0)
        return mask.reduce(_FINER)

    key = ("ring", side, ring.thickness, round(ring.start, 4), round(ring.end, 4))
    mask = _shapes.get(key, make)
    image.paste(ring.colour, (ring.area.left, ring.area.top, ring.area.right, ring.area.bottom), mask)


def forget() -> None:
    """Drop every base and shape."""
    _bases.clear()
    _shapes.clear()

"""Draws a card: a design, in a size, with what a person filled in, in the office's own look.

>>> drawn = draw("headline", (1200, 630), {"headline": "Ja till fler turer"}, Brand(name="Norra regionen"))
>>> drawn.mime, drawn.alt, drawn.warnings
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Literal

import msgspec

from commsched.core.text.languages import pick
from commsched.core.text.messages import N_, Invalid, Problem, block
from commsched.images.cards import charts, confined, designs, encode, measure, memory, paint, stack, values
from commsched.images.cards.brand import Brand
from commsched.images.cards.designs import SIZES, Block, Design, Layer
from commsched.images.cards.draw_ops import Area, Drawing
from commsched.images.cards.values import Filled, Photo, Value
from commsched.images.text import fonts, line_breaking, runs
from commsched.images.text.fonts import Face

__all__ = ["SIZES", "Brand", "Drawn", "Photo", "draw", "layout", "pages"]


class BadSize(Invalid):
    """A size that no card is drawn in."""

    code = "card-size"


class Drawn(msgspec.Struct, frozen=True):
    """A finished card. ``alt`` is proposed from what it says; ``warnings`` is what a person should mend."""

    data: bytes
    mime: str
    width: int
    height: int
    alt: str
    warnings: tuple[Problem, ...]


class Layout(msgspec.Struct, frozen=True):
    """A card measured but not drawn."""

    design: Design
    layers: list[Layer]
    areas: dict[str, Area]
    filled: Filled
    drawing: Drawing


def draw(
    design: str,
    size: tuple[int, int],
    values: Mapping[str, Value],
    brand: Brand,
    format: Literal["jpeg", "png"] = "jpeg",
    language: str = "sv",
    page: int = 0,
) -> Drawn:
    """Draw one card, or one ``page`` of a carousel.

    Raises ``NoSuchDesign`` and :class:`BadSize`, and ``BadPicture`` for a photo that is none. Whatever is
    wrong with the texts is in ``warnings`` (those that block should stop a person from using the picture),
    and the card is drawn as well as it can be.
    """
    _check(design, size)
    if confined.needed(brand) and not fonts.held():
        data, said = confined.draw(design, size, values, brand, format, language, page)
        return Drawn(data, f"image/{format}", said.width, said.height, said.alt, said.warnings)
    with nullcontext() if fonts.held() else memory.taken():
        plan = layout(design, size, values, brand, language, page)
        base = paint.base(plan.design, plan.layers, size, brand, plan.filled, plan.areas)
        data = encode.file(base, plan.drawing.ops, format, brand.emoji_font)
    problems = _distinct([*plan.filled.problems, *plan.drawing.problems])
    alt = alt_text(plan.design, plan.filled, language)
    return Drawn(data, f"image/{format}", *size, alt, tuple(problems))


def layout(
    name: str, size: tuple[int, int], values_in: Mapping[str, Value], brand: Brand, language: str = "sv", page: int = 0
) -> Layout:
    """Everything of :func:`draw` but the pixels, in this process: for fonts that are ours."""
    design = _check(name, size)
    filled = values.fill(design, values_in, language)
    count = _turn(design, filled, page)
    bare = not filled.photos
    areas = designs.areas(design, size, brand, bare)
    layers = [layer for layer in design.layers if _shown(layer, filled, size)]
    drawing = Drawing()
    for layer in layers:
        area = areas.get(layer.area)
        if area is not None:
            _lay(drawing, layer, area, filled, _Way(brand, designs.unit(size), language, page, count))
    return Layout(design, layers, areas, filled, drawing)


def _check(name: str, size: tuple[int, int]) -> Design:
    if not all(designs.SMALLEST <= side <= designs.LARGEST for side in size):
        sentence = N_("A picture's sides may be %(least)s to %(most)s pixels.")
        raise BadSize(sentence, "size", least=designs.SMALLEST, most=designs.LARGEST)
    return designs.get(name)


def pages(design: str, values_in: Mapping[str, Value], language: str = "sv") -> int:
    """How many pictures it takes: 1, or for a carousel its cover and every page."""
    template = designs.get(design)
    return _turn(template, values.fill(template, values_in, language), 0)


def _turn(design: Design, filled: Filled, page: int) -> int:
    """Set what the current page of a carousel says; returns how many pages there are."""
    name = next((name for name, spec in design.fields.items() if spec.kind == "pages"), None)
    if name is None:
        return 1
    parts = [part.strip() for part in filled.texts[name].replace("\n---\n", "\n\n").split("\n\n")]
    parts = [part for part in parts if part]
    _cover(filled, page == 0 or not parts)
    if page > 0 and parts:
        head, _, rest = parts[min(page, len(parts)) - 1].partition("\n")
        filled.texts |= {"page_head": head, "page_text": rest, "page_number": str(min(page, len(parts)))}
    return len(parts) + 1


def _cover(filled: Filled, front: bool) -> None:
    """The values that layers of a carousel ask for: which kind of page this is."""
    photo = any(filled.photos)
    filled.texts |= {
        "cover": "1" if front else "",
        "plain_cover": "1" if front and not photo else "",
        "photo_cover": "1" if front and photo else "",
        "cover_headline": filled.texts.get("headline", "") if front else "",
    }


def _shown(layer: Layer, filled: Filled, size: tuple[int, int]) -> bool:
    if layer.only and designs.shape_of(size) not in layer.only:
        return False
    if layer.kind == "photo" and layer.field not in filled.photos:
        return False
    return (not layer.when or filled.has(layer.when)) and (not layer.unless or not filled.has(layer.unless))


class _Way(msgspec.Struct, frozen=True):
    brand: Brand
    unit: float
    language: str
    page: int
    pages: int


def _lay(drawing: Drawing, layer: Layer, area: Area, filled: Filled, way: _Way) -> None:
    chart = charts.Chart(area, way.unit, way.brand, layer.on, way.language)
    if layer.kind == "stack":
        column = measure.Column(area, way.unit, way.brand, layer.on, layer.valign)
        ops, problems = stack.solve(column, _texts(drawing, layer, filled, way))
        drawing.ops += ops
        drawing.problems += problems
    elif layer.kind == "bars":
        drawing.ops += charts.bars(chart, values.rows(filled, layer.field))
    elif layer.kind == "votes":
        drawing.ops += charts.votes(chart, values.rows(filled, layer.field))
    elif layer.kind == "ring":
        _ring(drawing, chart, layer.field, filled)
    elif layer.kind == "pager" and way.pages > 1:
        drawing.ops += charts.pager(chart, way.page, way.pages)


def _ring(drawing: Drawing, chart: charts.Chart, name: str, filled: Filled) -> None:
    shown = filled.texts.get(name, "")
    amount = values.share(shown)
    if amount is None and shown:
        drawing.problems.append(block(name, N_("Write a share, such as 62 per cent, or 5 of 8.")))
    drawing.ops += charts.ring(chart, amount or 0.0, line_breaking.glued(shown))


def _texts(drawing: Drawing, layer: Layer, filled: Filled, way: _Way) -> list[measure.Text]:
    """The blocks of a stack that have something to say, as texts to set."""
    texts: list[measure.Text] = []
    for spec in layer.blocks:
        setting = _setting(spec, way)
        if spec.kind == "rule":
            texts.append(measure.Text(spec, "", setting, "", gap=spec.gap))
            continue
        said = [filled.texts[name] for name in spec.fields if filled.texts.get(name)]
        if spec.fields and not said:
            continue
        text = spec.before + (spec.join.join(said) or spec.literal) + spec.after
        text = line_breaking.glued(text.upper() if spec.upper else text)
        field = spec.fields[0] if spec.fields else ""
        text = _drawable(drawing, text, field, setting.face, way.brand.emoji_font)
        if not text:
            continue
        if spec.kind == "items":
            rows = [row for row in text.split("\n") if row]
            for number, row in enumerate(rows, 1):
                gap = spec.gap if number == 1 else spec.gap * 0.8
                texts.append(measure.Text(spec, row, setting, field, marker=str(number), gap=gap))
        else:
            texts.append(measure.Text(spec, text, setting, field, gap=spec.gap))
    return _without_lonely_rules(texts)


def _drawable(drawing: Drawing, text: str, field: str, face: Face, emoji_font: str) -> str:
    """``text`` without the characters that no font can draw. The writer gets a warning that asks for other words."""
    odd = runs.unknown(text, face, emoji_font)
    if not odd:
        return text
    sentence = N_("No font here has the signs %(signs)s. Write it another way, or add a font that has them.")
    drawing.problems.append(block(field, sentence, signs=" ".join(odd[:12])))
    kept = "".join("" if sign in odd else sign for sign in runs.clusters(text))
    return re.sub(" *\n *", "\n", re.sub(" {2,}", " ", kept)).strip(" \n")


def _without_lonely_rules(texts: list[measure.Text]) -> list[measure.Text]:
    """A rule stands between or above texts; alone it says nothing."""
    return texts if any(text.block.kind != "rule" for text in texts) else []


def _setting(spec: Block, way: _Way) -> line_breaking.TextSetting:
    brand = way.brand
    family = {"heading": brand.heading, "body": brand.body, "serif": brand.serif}[spec.font]
    return line_breaking.TextSetting(
        Face(family, spec.weight, brand.fonts.get(family, "")), spec.tracking, way.language
    )


def _distinct(problems: list[Problem]) -> list[Problem]:
    warnings: list[Problem] = []
    for problem in problems:
        if problem not in warnings:
            warnings.append(problem)
    return warnings


_FIELD = re.compile(r"\{(\w+)\}")


def alt_text(design: Design, filled: Filled, language: str) -> str:
    """The proposed alt text: the design's own sentences, leaving out those whose fields are empty."""
    said = {name: _spoken(text) for name, text in filled.texts.items()}
    said |= {name: photo.alt for name, photo in filled.photos.items()}
    sentences = []
    for template in pick(design.alt, language, []):
        sentence = _told(template, said)
        if sentence:
            sentences.append(sentence if sentence[-1] in ".!?…”“;:" else f"{sentence}.")
    return re.sub(r"([.!?…])\.+", r"\1", " ".join(sentences))


def _spoken(text: str) -> str:
    """A card's words as they are read out: the lines that say something, without what only divides words."""
    lines = (line.strip() for line in text.replace("\u00ad", "").replace("\u200b", "").split("\n"))
    return "; ".join(filter(None, lines))


def _told(template: str, said: dict[str, str]) -> str:
    """A sentence of an alt text with its words. Its first field must have some; the later ones, each after a comma,
    are left out where they have none."""
    first, *later = re.split(r"(?<=\}), (?=\{)", template)
    if not all(said.get(name) for name in _FIELD.findall(first)):
        return ""
    end = "." if later and template.endswith(".") else ""
    kept = [
        part
        for part in (sentence.removesuffix(".") for sentence in later)
        if all(said.get(n) for n in _FIELD.findall(part))
    ]
    return ", ".join([first, *kept]).format_map(said) + end

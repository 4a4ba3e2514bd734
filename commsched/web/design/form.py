"""The studio's form: what was typed for a design, and what the page shows of it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

import msgspec
from flask import request
from werkzeug.datastructures import MultiDict

from commsched.core.content.model import Content
from commsched.core.content.prefill import fitted, proposals
from commsched.core.media.cards import SIZES as DRAWN
from commsched.core.media.cards import Size
from commsched.core.text.languages import pick
from commsched.core.text.messages import N_, Problem
from commsched.services.design import studio
from commsched.services.design.studio import CardRequest, DrawnRequest
from commsched.store.models import Item
from commsched.web.http.i18n import translated
from commsched.web.http.request_context import actor, installation, language, place

if TYPE_CHECKING:
    from commsched.images.cards.card import Drawn
    from commsched.images.cards.designs import Design

SIZES: Final[dict[Size, str]] = {
    (1200, 630): N_("Link, Facebook"),
    (1600, 900): N_("X, slides"),
    (1080, 1080): N_("Square"),
    (1080, 1350): N_("Portrait"),
    (1080, 1920): N_("Story"),
}
"""In the order they stand on the page, and what each is for."""
MOST_ALT: Final = 2000


def spelled(size: Size) -> str:
    """``size`` as a form has it, ``1200x630``."""
    return f"{size[0]}x{size[1]}"


class Typed(msgspec.Struct):
    """What stands in the form of one design."""

    design: Design
    texts: dict[str, str] = {}
    pictures: dict[str, int] = {}
    sizes: list[Size] = msgspec.field(default_factory=lambda: [DRAWN[0]])
    alt: str = ""
    """Empty while the proposed one is good enough."""
    page: int = 0
    item: int = 0

    def wish(self) -> CardRequest:
        """What is to be drawn."""
        return CardRequest(self.design.name, self.texts, self.pictures)


def blank(design: Design, item: int = 0) -> Typed:
    """An empty form: the design's own proposals, and nothing else."""
    typed = Typed(design, item=item)
    for name, spec in design.fields.items():
        if spec.kind != "picture" and spec.default:
            typed.texts[name] = pick(spec.default, _own(), "")
    return typed


def prefilled(design: Design, item: Item | None, content: Content | None) -> Typed:
    """The form for ``item``: what the item says already stands where the design asks for it."""
    typed = blank(design, item.id if item else 0)
    if item is not None and content is not None:
        said_there = proposals(content, item.publish_at, place().zone)
        limits = {name: spec.limit for name, spec in design.fields.items() if spec.kind != "picture"}
        typed.texts |= fitted(said_there, limits, lambda name: design.fields[name].rows)
    return typed


def _own() -> str:
    return place().language


def read(design: Design, form: MultiDict[str, str]) -> Typed:
    """The posted form; what another design had under the same names is kept, the rest is left out."""
    typed = blank(design)
    for name, spec in design.fields.items():
        if spec.kind == "picture":
            number = form.get(f"picture-{name}", "")
            if number.isascii() and number.isdigit() and len(number) < 18 and int(number):
                typed.pictures[name] = int(number)
        elif f"text-{name}" in form:
            typed.texts[name] = form.get(f"text-{name}", "")[: 20 * spec.limit + 1000].replace("\r\n", "\n")
    wanted = form.getlist("sizes")
    typed.sizes = [size for size in DRAWN if spelled(size) in wanted]
    alt = form.get("alt", "").replace("\r\n", "\n").strip()[:MOST_ALT]
    typed.alt = "" if alt == form.get("proposed", "").replace("\r\n", "\n").strip() else alt
    typed.page = _number(form.get("page", ""), studio.MOST_PAGES)
    typed.item = _number(form.get("item", ""), 2**53)
    return typed


def _number(text: str, most: int) -> int:
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 17 else 0


def see(typed: Typed) -> DrawnRequest:
    return studio.see(installation(), actor(), typed.wish(), tuple(SIZES), page=typed.page)


def address(drawing: Drawn) -> str:
    """A drawing as a ``data:`` address, which carries its bytes."""
    return f"data:{drawing.mime};base64,{base64.b64encode(drawing.data).decode()}"


def untouched(typed: Typed) -> bool:
    """Whether the form is still empty. An empty form shows no warnings about missing texts."""
    usual = blank(typed.design).texts
    return not typed.pictures and all(text == usual.get(name, "") for name, text in typed.texts.items() if text)


def describe_problems(typed: Typed, seen: DrawnRequest) -> tuple[dict[str, str], list[str]]:
    """What is wrong, by field and otherwise; what is only missing is left out until something is typed."""
    by_field: dict[str, str] = {}
    others: list[str] = []
    for problem in [] if untouched(typed) else seen.problems:
        if problem.field in typed.design.fields:
            by_field.setdefault(problem.field, translated(problem.words))
        else:
            others.append(translated(problem.words))
    return by_field, others


def in_words(problems: list[Problem]) -> dict[str, str]:
    """The first sentence for each field."""
    words: dict[str, str] = {}
    for problem in problems:
        words.setdefault(problem.field, translated(problem.words))
    return words


def worded(texts: dict[str, str]) -> str:
    """A design's own words in the reader's language."""
    return pick(texts, language(), "")


def answer(typed: Typed) -> dict[str, object]:
    """What the page's script needs after every change."""
    seen = see(typed)
    faults, others = describe_problems(typed, seen)
    sizes = [spelled(size) for size in SIZES]
    return {
        "cards": [{"size": size, "src": address(card)} for size, card in zip(sizes, seen.cards, strict=True)],
        "faults": faults,
        "others": others,
        "alt": seen.alt,
        "pages": seen.pages,
        "stops": seen.stops,
    }


def asked_item() -> int:
    """The item that the picture is for, from the address."""
    return _number(request.args.get("item", ""), 2**53)

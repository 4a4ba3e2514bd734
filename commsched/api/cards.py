"""Cards: pictures in the office's own look, drawn from a few words and put in the library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commsched import images
from commsched.api import bodies, schemas, serializers
from commsched.api.routing import actor, installation, route, section
from commsched.core.media.cards import SIZES
from commsched.core.text.messages import N_, Invalid
from commsched.services.design import studio
from commsched.services.design.studio import CardRequest
from commsched.services.media import provenance, search

if TYPE_CHECKING:
    from commsched.images.cards.designs import Design

bp = section("cards")


@route(bp, "GET", "/designs", "read", "Designs of pictures, and what each takes", answer=list[schemas.DesignOut])
def list_designs() -> list[schemas.DesignOut]:
    return [_design(design) for design in images.designs.load().values()]


def _design(design: Design) -> schemas.DesignOut:
    fields = [
        schemas.DesignFieldOut(name, spec.kind, spec.label, spec.limit, spec.rows, spec.required)
        for name, spec in design.fields.items()
    ]
    return schemas.DesignOut(design.name, design.title, design.about, fields, [f"{w}x{h}" for w, h in SIZES])


@route(
    bp,
    "POST",
    "/cards",
    "write",
    "Draw pictures and put them in the library",
    body=bodies.CardIn,
    answer=list[schemas.MediaOut],
    status=201,
)
def draw_cards(body: bodies.CardIn) -> list[schemas.MediaOut]:
    numbers = studio.save(installation(), actor(), _wish(body), _sizes(body), body.alt)
    with installation().store.read(actor().workspace) as session:
        rows = search.rows(session, numbers)
        credit = provenance.credits_of(session, rows.values())
    return [serializers.media(installation(), rows[number], credit[number]) for number in dict.fromkeys(numbers)]


def _wish(body: bodies.CardIn) -> CardRequest:
    try:
        images.designs.get(body.design)
    except images.errors.NoSuchDesign as error:
        raise Invalid(error.words.message, "design", **error.words.params) from None
    return CardRequest(body.design, body.values, body.pictures, body.language)


def _sizes(body: bodies.CardIn) -> list[tuple[int, int]]:
    return [_size(size) for size in body.sizes] or [SIZES[0]]


def _size(text: str) -> tuple[int, int]:
    width, _x, height = text.lower().partition("x")
    if not (width.isascii() and width.isdigit() and height.isascii() and height.isdigit() and len(text) <= 11):
        raise Invalid(N_("Write a size as width and height, such as 1200x630."), "sizes")
    return int(width), int(height)

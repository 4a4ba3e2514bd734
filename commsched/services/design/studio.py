"""The studio: a design, a few words and perhaps a portrait become pictures in the office's own look."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched import images
from commsched.core.content.draft import PictureIn
from commsched.core.media.cards import SIZES, Size
from commsched.core.media.crops import shape_of
from commsched.core.text.clean import settled
from commsched.core.text.json_values import JsonObject
from commsched.core.text.languages import pick
from commsched.core.text.messages import N_, Conflict, Invalid, Problem
from commsched.services.content import drafts, items
from commsched.services.design.brand import brand_of
from commsched.services.kernel import members
from commsched.services.kernel.blobs import File, blob_of, form_key, keep_form
from commsched.services.kernel.context import Actor, Installation
from commsched.services.media import library, search
from commsched.services.workflow import editing
from commsched.store import locks
from commsched.store.models import Media

if TYPE_CHECKING:
    from commsched.images.cards.brand import Brand
    from commsched.images.cards.card import Drawn
    from commsched.images.cards.values import Photo, Value

MOST_SIDE: Final = 2400
"""Pixels of a photo's longer side on its way into a card: the largest card is 1,920 high."""
MOST_PAGES: Final = 20
OPEN: Final = ("draft", "changes_requested")
"""States of an item in which adding a picture voids no decision."""


class CardRequest(msgspec.Struct, frozen=True):
    """A card that a person wants drawn. ``pictures`` are picture ids of the library, by field."""

    design: str
    texts: dict[str, str]
    pictures: dict[str, int] = {}
    language: str = ""
    """Language of the design's own words and of the alt text. Empty means the office's language."""


class DrawnRequest(msgspec.Struct, frozen=True):
    """A wish as it would look. ``pages`` is how many pictures it makes in each size."""

    cards: list[Drawn]
    pages: int
    problems: list[Problem]

    @property
    def alt(self) -> str:
        """The proposed alt text."""
        return self.cards[0].alt if self.cards else ""

    @property
    def stops(self) -> bool:
        return any(problem.blocks for problem in self.problems)


class Unfit(Invalid):
    """The words do not make a picture. ``problems`` says why, field by field."""

    code = "card"

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = next(problem for problem in problems if problem.blocks)
        super().__init__(first.words.message, first.field, **first.words.params)
        self.problems = list(problems)


class _Ready(msgspec.Struct, frozen=True):
    values: dict[str, Value]
    brand: Brand
    language: str


def _ready(installation: Installation, session: Session, actor: Actor, wish: CardRequest) -> _Ready:
    """Everything a card needs, read in one go. Raises :class:`Invalid` for a picture that is not there."""
    workspace = members.workspace_of(session, actor)
    values: dict[str, Value] = dict(wish.texts)
    for name, number in wish.pictures.items():
        row = session.scalar(select(Media).where(Media.id == number))
        if row is None:
            raise Invalid(N_("There is no picture %(picture)s in this office."), name, picture=number)
        values[name] = photo(installation, row)
    return _Ready(values, brand_of(installation, session, workspace), wish.language or workspace.language)


def photo(installation: Installation, row: Media) -> Photo:
    """A picture of the library, small enough to be drawn with again and again."""
    file = blob_of(installation, row)
    if not file.exists():
        raise Invalid(N_("The picture's file is missing. Restore it from a backup, or upload it again."), "picture")
    if max(row.width, row.height) > MOST_SIDE:
        whole, file = file, File(installation.cache, form_key("card", row.sha256, ".jpg"), "image/jpeg")
        if not file.exists():
            small = images.pictures.fit(whole.read(), ["image/jpeg"], max_side=MOST_SIDE)
            keep_form(installation, file.key, small.data, small.mime)
    x, y = row.facts.get("focus") or (0.5, 0.4)
    return _photo(file, (float(x), float(y)), row.alt)


@lru_cache(12)
def _photo(file: File, focus: tuple[float, float], alt: str) -> Photo:
    return images.values.Photo(file.read(), focus, alt)


def see(
    installation: Installation,
    actor: Actor,
    wish: CardRequest,
    sizes: Sequence[Size] = SIZES,
    *,
    page: int = 0,
    scale: float = 0.5,
) -> DrawnRequest:
    """Draw the wish in every size, smaller by ``scale``. Keeps nothing.

    What is wrong with the texts is in ``problems``; raises as :func:`commsched.images.cards.card.draw`.
    """
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        ready = _ready(installation, session, actor, wish)
    pages = images.card.pages(wish.design, ready.values, ready.language)
    cards = [
        images.card.draw(
            wish.design,
            (round(width * scale), round(height * scale)),
            ready.values,
            ready.brand,
            language=ready.language,
            page=min(page, pages - 1),
        )
        for width, height in sizes
    ]
    return DrawnRequest(cards, pages, _distinct(cards))


def _distinct(cards: Sequence[Drawn]) -> list[Problem]:
    problems: list[Problem] = []
    for card in cards:
        problems += [problem for problem in card.warnings if problem not in problems]
    return sorted(problems, key=lambda problem: not problem.blocks)


def drawn(
    installation: Installation, actor: Actor, wish: CardRequest, size: Size, *, png: bool = False, page: int = 0
) -> Drawn:
    """One finished card. Raises :class:`Unfit` where its words stop it."""
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        ready = _ready(installation, session, actor, wish)
    form: Literal["jpeg", "png"] = "png" if png else "jpeg"
    card = images.card.draw(wish.design, size, ready.values, ready.brand, form, ready.language, page)
    if any(problem.blocks for problem in card.warnings):
        raise Unfit(card.warnings)
    return card


def save(
    installation: Installation, actor: Actor, wish: CardRequest, sizes: Sequence[Size], alt: str = ""
) -> list[int]:
    """Draw in every size and put the pictures in the library; returns their ids, page by page.

    ``alt`` goes before the proposed alt text, on the first page. Raises :class:`Unfit`; then nothing is kept.
    """
    actor.require("write")
    wish = msgspec.structs.replace(wish, texts=settled(wish.texts))
    if not sizes:
        raise Invalid(N_("Choose at least one size."), "sizes")
    with installation.store.read(actor.workspace) as session:
        ready = _ready(installation, session, actor, wish)
    pages = images.card.pages(wish.design, ready.values, ready.language)
    if pages > MOST_PAGES:
        raise Invalid(N_("At most %(most)s pages."), "pages", most=MOST_PAGES)
    cards = [(drawn(installation, actor, wish, size, page=page), page) for size in sizes for page in range(pages)]
    title = _title(wish, ready.language)
    numbers = [_keep(installation, actor, wish, card, alt if page == 0 else "", page, title) for card, page in cards]
    for page in range(pages):
        _stack(installation, actor, numbers[page::pages])
    return numbers


def fronts(installation: Installation, actor: Actor, pictures: Sequence[int]) -> list[int]:
    """Of what :func:`save` has kept, what goes into a post: one picture a page, which stands for all its sizes."""
    with installation.store.read(actor.workspace) as session:
        rows = search.rows(session, pictures)
    return list(dict.fromkeys(rows[number].front_id or number for number in pictures if number in rows))


def _stack(installation: Installation, actor: Actor, numbers: Sequence[int]) -> None:
    """Make the sizes of one drawing one entry of the library: the first stands for the others, and knows their shapes.
    A size that was kept before brings its entry along."""
    with installation.store.write(actor.workspace) as session:
        rows = list(session.scalars(locks.rows(select(Media).where(Media.id.in_(numbers)).order_by(Media.id))))
        first = next((row for row in rows if row.id == numbers[0]), None)
        front = session.get(Media, first.front_id) if first is not None and first.front_id else first
        if front is None:
            return
        for row in rows:
            if row.id != front.id:
                row.front_id = front.id
        session.flush()
        together = [front, *session.scalars(select(Media).where(Media.front_id == front.id))]
        shapes = sorted({shape for row in together if (shape := shape_of((row.width, row.height)))})
        front.facts = front.facts | {"shapes": shapes}


def _title(wish: CardRequest, language: str) -> str:
    design = images.designs.get(wish.design)
    name = pick(design.title, language, wish.design)
    said = next((wish.texts[key] for key, spec in design.fields.items() if spec.required and wish.texts.get(key)), "")
    return " ".join(f"{name}: {said}".split())[:100]


def _keep(
    installation: Installation, actor: Actor, wish: CardRequest, drawing: Drawn, alt: str, page: int, title: str
) -> int:
    source = {"design": wish.design, "texts": wish.texts, "pictures": wish.pictures, "page": page}
    added = library.add(
        installation,
        actor,
        drawing.data,
        f"{title} {drawing.width}×{drawing.height}",
        alt.strip() or drawing.alt,
        facts={"card": source},
        sources=wish.pictures.values(),
        ours=True,
    )
    return added.media.id


def again(row: Media) -> CardRequest | None:
    """What a picture of the library was drawn from, or ``None`` where it is no card."""
    card: JsonObject | None = row.facts.get("card")
    if not card or card.get("design") not in images.designs.load():
        return None
    return CardRequest(
        card["design"], dict(card["texts"]), {name: int(picture) for name, picture in card["pictures"].items()}
    )


def attach(installation: Installation, actor: Actor, item_id: int, pictures: Sequence[int]) -> None:
    """Add pictures at the end of a draft. Raises :class:`Conflict` where it is already in review or approved."""
    actor.require("write")
    with installation.store.read(actor.workspace) as session:
        item = items.load(session, item_id)
        if item.state not in OPEN:
            raise Conflict(N_("It has been sent for approval. Open it and add the picture there."))
        draft, stamp = drafts.as_draft(installation, session, item, items.current(session, item)), items.stamp(item)
    chosen = {picture.id for picture in draft.media if isinstance(picture, PictureIn)}
    draft.media = [*draft.media, *(number for number in pictures if number not in chosen)]
    editing.save(installation, actor, item_id, draft, expected_stamp=stamp)

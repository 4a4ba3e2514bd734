"""A card of the studio is one thing: one entry of the library with all its sizes, and each channel takes its own."""

from __future__ import annotations

import io

from PIL import Image

from commsched.core.content.draft import PictureIn, VariantIn
from commsched.services.content import check, items
from commsched.services.design import studio
from commsched.services.design.studio import CardRequest
from commsched.services.kernel.blobs import blob_of
from commsched.services.kernel.context import Installation
from commsched.services.media import search
from commsched.services.workflow import editing
from commsched.store.models import Media
from tests import writing
from tests.conftest import Cast

WIDE, SQUARE, X = (1200, 630), (1080, 1080), (1600, 900)


def card(installation: Installation, cast: Cast, *sizes: tuple[int, int], quote: str = "Fler turer.") -> list[int]:
    wish = CardRequest("quote", {"quote": quote, "person": "Karin Lund"})
    return studio.save(installation, cast.actor("writer"), wish, list(sizes))


def test_all_sizes_are_one_entry_and_one_attachment(installation: Installation, cast: Cast) -> None:
    made = card(installation, cast, WIDE, SQUARE, X)
    assert studio.fronts(installation, cast.actor("writer"), made) == [made[0]]
    with installation.store.read(cast.place.id) as session:
        assert [row.id for row in search.newest(session)] == [made[0]]
        assert [row.id for row in search.newest(session, "turer")] == [made[0]]
        assert session.get_one(Media, made[0]).facts["shapes"] == ["1.91:1", "16:9", "1:1"]


def test_a_size_that_is_kept_later_joins_the_others(installation: Installation, cast: Cast) -> None:
    (wide,) = card(installation, cast, WIDE)
    again = card(installation, cast, WIDE, SQUARE)
    assert again[0] == wide
    only_square = card(installation, cast, SQUARE)
    assert studio.fronts(installation, cast.actor("writer"), only_square) == [wide]
    with installation.store.read(cast.place.id) as session:
        assert session.get_one(Media, wide).facts["shapes"] == ["1.91:1", "1:1"]


def test_another_card_is_another_entry(installation: Installation, cast: Cast) -> None:
    card(installation, cast, WIDE, SQUARE)
    card(installation, cast, WIDE, SQUARE, quote="Kortare köer.")
    with installation.store.read(cast.place.id) as session:
        assert len(search.newest(session)) == 2


def test_each_channel_takes_its_own_size_and_that_is_what_is_approved(installation: Installation, cast: Cast) -> None:
    to = writing.channels(installation, cast)
    front, _square, wide = card(installation, cast, WIDE, SQUARE, X)
    draft = writing.draft(
        [to["mastodon"], to["x"], to["facebook"], to["newsroom"]],
        media=[PictureIn(id=front, alt="Citat.")],
        variants={str(to["mastodon"]): VariantIn(crop="1:1")},
    )
    number = editing.create(installation, cast.actor("writer"), draft)
    with installation.store.read(cast.place.id) as session:
        content = items.current(session, items.load(session, number)).parsed()
        sent = {name: content.pictures_on(channel)[0] for name, channel in to.items()}
        drawn = blob_of(installation, session.get_one(Media, wide)).read()
        file = blob_of(installation, search.files(session, [sent["x"].sha256])[sent["x"].sha256]).read()
        said = [str(words) for one in check.check(installation, session, content) for words in one.notes]
    assert {name: (picture.width, picture.height) for name, picture in sent.items()} == {
        "mastodon": (1080, 1080),
        "x": (1600, 900),
        "facebook": WIDE,
        "newsroom": WIDE,
    }
    assert sent["facebook"].sha256 == content.pictures[0].sha256
    assert any("own size" in words for words in said), said
    with Image.open(io.BytesIO(drawn)) as ours, Image.open(io.BytesIO(file)) as theirs:
        difference = sum(
            abs(a - b)
            for a, b in zip(
                ours.convert("L").resize((80, 45)).tobytes(),
                theirs.convert("L").resize((80, 45)).tobytes(),
                strict=True,
            )
        )
    assert difference / (80 * 45) < 3, "the drawing in that size, and no cut of another"


def test_a_photo_goes_as_it_is(installation: Installation, cast: Cast) -> None:
    to = writing.channels(installation, cast)
    photo = writing.picture(installation, cast)
    number = editing.create(installation, cast.actor("writer"), writing.draft([to["x"]], media=[PictureIn(id=photo)]))
    with installation.store.read(cast.place.id) as session:
        content = items.current(session, items.load(session, number)).parsed()
    assert content.pictures_on(to["x"])[0].sha256 == content.pictures[0].sha256

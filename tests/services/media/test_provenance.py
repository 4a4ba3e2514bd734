"""A card shows whoever is in the photo it was drawn from: their consents, and its photographer, follow it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from commsched.core.content.draft import PictureIn
from commsched.core.content.model import Content
from commsched.core.media.consent import person
from commsched.core.text.messages import Problem
from commsched.services.content import items
from commsched.services.design import studio
from commsched.services.design.studio import CardRequest
from commsched.services.kernel.context import Installation
from commsched.services.media import details, provenance
from commsched.services.media.details import PictureDetails
from commsched.services.workflow import editing
from commsched.store.models import Delivery, Media, PictureSource
from commsched.store.session import EVERY_WORKSPACE
from tests import writing
from tests.conftest import Cast
from tests.sims.world import FIRST, SECOND, START, World

ANNA = "Anna Ek"
SMALL = (600, 315)


pytestmark = pytest.mark.usefixtures("worlds")


@pytest.fixture
def photo(installation: Installation, cast: Cast) -> int:
    return writing.picture(installation, cast)


def card(installation: Installation, cast: Cast, portrait: int, quote: str = "Vi satsar på bussarna.") -> int:
    wish = CardRequest("quote", {"quote": quote, "person": ANNA}, {"portrait": portrait})
    (made,) = studio.save(installation, cast.actor("writer"), wish, [SMALL])
    return made


def know(installation: Installation, cast: Cast, number: int, until: date | None, **more: object) -> None:
    details.write_down(installation, cast.actor("writer"), number, PictureDetails(persons=((ANNA, until),), **more))  # type: ignore[arg-type]


def problems(installation: Installation, cast: Cast, to: int, *pictures: int) -> list[Problem]:
    """What stops a post on 27 November with those pictures, as the check says it."""
    draft = writing.draft([to], media=[PictureIn(id=one) for one in pictures])
    number = editing.create(installation, cast.actor("writer"), draft)
    with installation.store.read(cast.place.id) as session:
        _general, (checked,) = items.problems(installation, session, items.load(session, number))
    return [one for one in checked.problems if one.field == "media" and one.blocks and ANNA in str(one.words)]


def test_a_card_is_stopped_at_check_when_its_photo_is(installation: Installation, cast: Cast, photo: int) -> None:
    """Also a card of the card, and each person is named once, however many ways they are shown."""
    to = writing.channels(installation, cast)["x"]
    first = card(installation, cast, photo)
    second = card(installation, cast, first, "Och på tågen.")
    assert problems(installation, cast, to, first, second, photo) == []
    know(installation, cast, photo, date(2026, 11, 26))
    assert [len(problems(installation, cast, to, one)) for one in (photo, first, second)] == [1, 1, 1]
    assert len(problems(installation, cast, to, photo, first, second)) == 1
    know(installation, cast, photo, date(2026, 11, 27))
    assert problems(installation, cast, to, photo, first, second) == []


def test_a_card_drawn_again_from_another_photo_shows_both(installation: Installation, cast: Cast, photo: int) -> None:
    """The same file drawn from two photos, and a card of it that was drawn in between."""
    other = writing.picture(installation, cast, tone=20)
    made = card(installation, cast, photo)
    second = card(installation, cast, made, "Och på tågen.")
    with installation.store.write(cast.place.id) as session:
        provenance.derive(session, session.get_one(Media, made), [other])
        provenance.derive(session, session.get_one(Media, made), [other, made])
        assert provenance.behind(session, [second]) == {photo, other, made}
        assert provenance.behind(session, [made]) == {photo, other}
        assert provenance.cards_of(session, [other]) == {made, second}


def test_another_office_sees_nothing_of_it(installation: Installation, cast: Cast, photo: int) -> None:
    know(installation, cast, photo, date(2026, 11, 26))
    made = card(installation, cast, photo)
    with installation.store.read(cast.place.id) as session:
        files = [session.get_one(Media, one).sha256 for one in (made, photo)]
        assert len(provenance.persons(session, files)) == 1
    with installation.store.read(cast.elsewhere.id) as session:
        assert provenance.persons(session, files) == []
        assert provenance.sources(session, made) == []


def test_the_page_of_consents_lists_what_a_card_is_in(installation: Installation, cast: Cast, photo: int) -> None:
    made = card(installation, cast, photo)
    item = editing.create(installation, cast.actor("writer"), writing.draft([], media=[PictureIn(id=made)]))
    know(installation, cast, photo, date(2026, 11, 25))
    with installation.store.read(cast.place.id) as session:
        (ended,) = details.ended(session, installation.now())
    assert ended.media.id == photo
    assert [use.item.id for use in ended.waiting] == [item]


def written(installation: Installation, cast: Cast, picture: int) -> Content:
    number = editing.create(installation, cast.actor("writer"), writing.draft([], media=[PictureIn(id=picture)]))
    with installation.store.read(cast.place.id) as session:
        return items.current(session, items.load(session, number)).parsed()


def test_the_photographer_is_named_with_the_card(installation: Installation, cast: Cast, photo: int) -> None:
    made = card(installation, cast, photo)
    know(installation, cast, photo, None, credit="Karin Ek")
    assert written(installation, cast, made).pictures[0].credit == "Karin Ek"
    know(installation, cast, made, None, credit="Montage: kansliet")
    assert written(installation, cast, made).pictures[0].credit == "Montage: kansliet"


def test_one_who_need_not_be_named_is_not(installation: Installation, cast: Cast, photo: int) -> None:
    made = card(installation, cast, photo)
    know(installation, cast, photo, None, credit="Karin Ek", named=False)
    assert written(installation, cast, made).pictures[0].credit == ""
    assert written(installation, cast, photo).pictures[0].credit == "Karin Ek"


def _with_a_photo_behind(world: World, until: date | None, steps: int) -> None:
    """The world's picture is a card of a card (``steps``) of a photo of somebody who agrees until then."""
    with world.installation.store.write(EVERY_WORKSPACE) as session:
        values: dict[str, Any] = {
            "workspace_id": 1,
            "suffix": ".jpg",
            "mime": "image/jpeg",
            "width": 1,
            "height": 1,
            "size": 1,
            "created_at": START,
        }
        photo = session.get(Media, 50) or Media(id=50, sha256="f" * 64, **values)
        photo.facts = {"persons": [person(ANNA, until, "Europe/Stockholm")]}
        session.add(photo)
        session.flush()
        session.merge(Media(id=51, sha256="e" * 64, **values))
        session.flush()
        provenance.derive(session, session.get_one(Media, 51), [50])
        provenance.derive(session, session.get_one(Media, 1), [50 + steps])


@pytest.mark.parametrize("steps", [0, 1])
@pytest.mark.parametrize(("days", "state"), [(1, "published"), (-1, "held")])
def test_the_gate_holds_a_card_as_it_holds_the_photo(days: int, state: str, steps: int) -> None:
    """The consent is shortened, or renewed, after everybody has said yes: it counts at once."""
    world = World()
    today = world.clock.now().date()
    _with_a_photo_behind(world, date.fromordinal(today.toordinal() - days * 9), steps)
    with world.installation.store.write(EVERY_WORKSPACE) as session:
        session.get_one(Media, 50).facts = {}
    world.create(channels=(1,), minutes=0.1, picture=True)
    for one in (FIRST, SECOND):
        world.say_yes(world.items[-1], one)
    _with_a_photo_behind(world, date.fromordinal(today.toordinal() + days), steps)
    world.clock.forward(10)
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        (row,) = session.scalars(select(Delivery).where(Delivery.state != "cancelled"))
        assert session.scalars(select(PictureSource.source_id).where(PictureSource.media_id == 1)).all()
    assert (row.state, row.reason) == (state, "consent" if state == "held" else "")
    assert len(world.wall.seen) == (state == "published")
    world.check()

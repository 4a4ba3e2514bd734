"""The room for pictures: how full it is, what may leave it after asking, and what the office has already."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from commsched.core.content.draft import PictureIn
from commsched.services.kernel.context import Installation
from commsched.services.media import library, provenance, quota
from commsched.services.workflow import editing
from commsched.store.models import Media
from tests import writing
from tests.conftest import Browser, Cast, SetClock

Browse = Callable[..., Browser]


def upload(browser: Browser, *files: bytes, script: bool = False) -> Any:
    data = {"files": [(io.BytesIO(one), f"bild {number}.jpg") for number, one in enumerate(files, 1)]}
    headers = {"Accept": "application/json"} if script else {}
    return browser.post("~/pictures/", data, headers=headers, content_type="multipart/form-data")


def library_of(installation: Installation, cast: Cast) -> list[int]:
    with installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(Media.id).order_by(Media.id)))


def test_the_same_picture_again_is_said_so_and_the_old_one_used(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    browser = browse(cast.writer)
    upload(browser, writing.photo())
    given = upload(browser, writing.photo())
    assert given.status_code == 303
    page = browser.get(given.headers["Location"]).text
    assert "Den bilden fanns redan här. Den gamla används." in page
    assert upload(browser, writing.photo(), script=True).get_json()["pictures"][0]["again"] is True
    assert library_of(installation, cast) == [1]


def test_one_that_is_like_another_is_asked_about(browse: Browse, installation: Installation, cast: Cast) -> None:
    """Use the old one, and the new is gone; or keep both."""
    browser = browse(cast.writer)
    upload(browser, writing.photo())
    given = upload(browser, writing.photo(width=640, height=480))
    assert given.headers["Location"].endswith("/pictures/alike?new=2")
    page = browser.get("~/pictures/alike?new=2").text
    assert "Har vi den redan?" in page
    assert "Tillagd tors 26 nov" in page
    assert "Behåll båda" in page
    told = upload(browser, writing.photo(width=400, height=300), script=True).get_json()
    assert told["pictures"][0]["like"] == [2, 1]
    assert browser.post("~/pictures/2/instead", {"new": "3"}).headers["Location"].endswith("/pictures/alike?new=3")
    assert library_of(installation, cast) == [1, 3]
    assert browser.get("~/pictures/alike?new=1,99,x").status_code == 200


def test_one_that_is_used_already_is_kept(browse: Browse, installation: Installation, cast: Cast) -> None:
    upload(browse(cast.writer), writing.photo(), writing.photo(width=640, height=480))
    editing.create(installation, cast.actor("writer"), writing.draft([], media=[PictureIn(id=2)]))
    browser = browse(cast.writer)
    assert "Den används redan" in browser.get(browser.post("~/pictures/2/instead").headers["Location"]).text
    assert library_of(installation, cast) == [1, 2]


def test_the_unused_leave_after_one_question(
    browse: Browse, installation: Installation, cast: Cast, clock: SetClock
) -> None:
    browser = browse(cast.writer)
    upload(browser, writing.photo(), writing.photo(height=300), writing.photo(height=200))
    assert "Ingenting att städa bort" in browser.get("~/pictures/unused").text
    clock.forward(days=91)
    browser = browse(cast.writer)
    page = browser.get("~/pictures/unused").text
    assert re.findall(r'name="picture" value="(\d+)"', page) == ["1", "2", "3"]
    assert "Ingenting att städa bort" in browser.get("~/pictures/unused?days=180").text
    asked = browser.post("~/pictures/unused", {"picture": ["1", "3"]})
    assert "Radera 2 bilder?" in asked.text
    assert library_of(installation, cast) == [1, 2, 3]
    editing.create(installation, cast.actor("writer"), writing.draft([], media=[PictureIn(id=3)]))
    done = browser.post("~/pictures/unused/remove", {"picture": ["1", "3"]})
    assert "1 bild är raderad" in browser.get(done.headers["Location"]).text
    assert library_of(installation, cast) == [2, 3]
    assert "raderade bilder som ingenting använde: 1" in browser.get("~/record/").text


@pytest.mark.parametrize("chosen", [[], ["3" * 15], ["x", "-1", "1e5", "9" * 30]])
def test_what_cannot_be_deleted_is_said(browse: Browse, cast: Cast, chosen: list[str]) -> None:
    given = browse(cast.writer).post("~/pictures/unused", {"picture": chosen})
    assert given.status_code == 422
    assert "Välj minst en bild" in given.text
    browser = browse(cast.writer)
    gone = browser.post("~/pictures/unused/remove", {"picture": chosen})
    assert "Ingenting raderades" in browser.get(gone.headers["Location"]).text


def test_an_administrator_sets_how_much_there_may_be(browse: Browse, installation: Installation, cast: Cast) -> None:
    browser = browse(cast.administrator)
    assert "0 MB av 5 GB används" in browser.get("~/pictures/").text
    assert browser.post("~/pictures/room", {"room_mb": "2048"}).status_code == 303
    assert "0 MB av 2 GB används" in browser.get("~/pictures/unused").text
    wrong = browser.post("~/pictures/room", {"room_mb": "9"})
    assert wrong.status_code == 422
    assert 'value="9"' in wrong.text
    assert browse(cast.writer).post("~/pictures/room", {"room_mb": "100"}).status_code == 403


def full(installation: Installation, cast: Cast) -> None:
    upload_id = library.add(installation, cast.actor("writer"), writing.photo(height=200)).media.id
    quota.set_room(installation, cast.actor(), quota.LEAST_MB)
    with installation.store.write(cast.place.id) as session:
        session.get_one(Media, upload_id).size = quota.LEAST_MB * 2**20


def test_a_full_library_says_so_and_what_to_do(browse: Browse, installation: Installation, cast: Cast) -> None:
    full(installation, cast)
    browser = browse(cast.writer)
    assert "Snart fullt: 0 MB är kvar" in browser.get("~/pictures/").text
    given = upload(browser, writing.photo())
    assert given.status_code == 422
    assert "Den får inte plats" in given.text
    assert "Städa bland bilder" in upload(browser, writing.photo(), script=True).get_json()["refused"][0]
    made = {"text-headline": "Vi satsar på bussarna", "sizes": "1200x630", "do": "save"}
    card = browser.post("~/studio/headline", made)
    assert card.status_code == 413
    assert "Den får inte plats" in card.text
    assert "Vi satsar på bussarna" in card.text
    assert library_of(installation, cast) == [1]


def test_a_pictures_page_tells_where_it_comes_from_and_what_came_of_it(
    browse: Browse, installation: Installation, cast: Cast, clock: SetClock
) -> None:
    upload(browse(cast.writer), writing.photo(), writing.photo(height=300, tone=10))
    known = {
        "x": "50",
        "y": "50",
        "credit": "Karin Ek",
        "named": "1",
        "person": ["Anna Ek", ""],
        "until": ["2026-12-20", ""],
    }
    assert browse(cast.writer).post("~/pictures/1/details", known).status_code == 303
    with installation.store.write(cast.place.id) as session:
        provenance.derive(session, session.get_one(Media, 2), [1])
    card, photo = (browse(cast.reader).get(f"~/pictures/{number}/details").text for number in (2, 1))
    assert "Visar Anna Ek. Samtyckena följer med." in card
    assert "Foto: Karin Ek" in card
    assert "/pictures/2/details" in photo
    assert "Radera bilden" in browse(cast.writer).get("~/pictures/2/details").text
    assert "Radera bilden" not in browse(cast.writer).get("~/pictures/1/details").text
    for number in (1, 2):
        assert "går ut sön 20 dec 2026" in browse(cast.reader).get(f"~/pictures/{number}/details").text
    assert browse(cast.reader).get("~/pictures/").text.count("Samtycket går snart ut") == 2
    clock.forward(days=30)
    assert browse(cast.reader).get("~/pictures/").text.count("Samtycket har gått ut") == 2
    assert "Samtycket har gått ut för Anna Ek" in browse(cast.reader).get("~/pictures/2/details").text


def test_the_first_page_and_the_page_of_consents_warn(
    browse: Browse, installation: Installation, cast: Cast, clock: SetClock
) -> None:
    upload(browse(cast.writer), writing.photo())
    known = {"x": "50", "y": "50", "person": ["Anna Ek", ""], "until": ["2026-12-20", ""]}
    browse(cast.writer).post("~/pictures/1/details", known)
    editing.create(installation, cast.actor("writer"), writing.draft([], media=[PictureIn(id=1)]))
    assert "Samtycket från Anna Ek går ut sön 20 dec" in browse(cast.reader).get("~/").text
    assert "Anna Ek samtycker till och med sön 20 dec 2026" in browse(cast.reader).get("~/pictures/consents").text
    clock.forward(days=30)
    assert "Samtycket från Anna Ek gick ut sön 20 dec" in browse(cast.reader).get("~/").text

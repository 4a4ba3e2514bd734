"""The office's pictures, and looking for items."""

from __future__ import annotations

import html
import io
from collections.abc import Callable

import pytest
from sqlalchemy import select

from commsched.services.design import studio
from commsched.services.design.studio import CardRequest
from commsched.services.kernel.blobs import blob_of
from commsched.services.kernel.context import Installation
from commsched.services.media import details, library
from commsched.services.media.details import PictureDetails
from commsched.services.workflow import editing
from commsched.store.models import Media
from tests import writing
from tests.conftest import Browser, Cast
from tests.images import files

Browse = Callable[..., Browser]


def row(installation: Installation, cast: Cast, number: int) -> Media:
    with installation.store.read(cast.place.id) as session:
        return session.get_one(Media, number)


def test_pictures_are_added_and_then_described(browse: Browse, installation: Installation, cast: Cast) -> None:
    browser = browse(cast.writer)
    files = [(io.BytesIO(writing.photo(tone=n)), f"bild {n}.jpg") for n in (1, 2)]
    assert browser.post("~/pictures/", {"files": files}, content_type="multipart/form-data").status_code == 303
    with installation.store.read(cast.place.id) as session:
        rows = session.scalars(select(Media).order_by(Media.id)).all()
    assert [one.filename for one in rows] == ["bild 1", "bild 2"]
    browser.post(f"~/pictures/{rows[0].id}", {"alt": "Torget i regn.", "credit": "Karin Ek"})
    assert row(installation, cast, rows[0].id).alt == "Torget i regn."
    assert "Torget i regn." in browser.get("~/pictures/?q=torget").text
    assert "Torget i regn." not in browser.get("~/pictures/?q=sjukhus").text


def test_a_script_is_told_file_by_file(browse: Browse, installation: Installation, cast: Cast) -> None:
    files = [
        (io.BytesIO(writing.photo()), "buss.jpg"),
        (io.BytesIO(b"<svg/>"), "karta.svg"),
        (io.BytesIO(b""), "tom.png"),
    ]
    told = (
        browse(cast.writer)
        .post(
            "~/pictures/", {"files": files}, content_type="multipart/form-data", headers={"Accept": "application/json"}
        )
        .get_json()
    )
    assert [one["name"] for one in told["pictures"]] == ["buss"]
    assert [sentence.split(":")[0] for sentence in told["refused"]] == ["karta.svg", "tom.png"]


STILL = "”dans” är rörlig, men bara dess första bild sparas. Spara den som GIF eller video om den ska röra sig."


def test_who_adds_an_animation_that_becomes_a_still_is_told(browse: Browse, cast: Cast) -> None:
    browser = browse(cast.writer)
    moves = {"files": (io.BytesIO(files.moving("PNG")), "dans.png")}
    sent = browser.post("~/pictures/", moves, content_type="multipart/form-data")
    assert STILL in html.unescape(browser.get(sent.headers["Location"]).text)


def test_a_script_is_told_that_an_animation_became_a_still_also_the_second_time(browse: Browse, cast: Cast) -> None:
    for _time in range(2):
        given = [(io.BytesIO(files.moving(form)), f"dans.{form.lower()}") for form in ("PNG", "GIF", "WEBP")]
        told = (
            browse(cast.writer)
            .post(
                "~/pictures/",
                {"files": given},
                content_type="multipart/form-data",
                headers={"Accept": "application/json"},
            )
            .get_json()
        )
        assert [one["note"] for one in told["pictures"]] == [STILL, "", ""]


def test_each_refused_file_is_told_on_a_line_of_its_own_as_an_error(browse: Browse, cast: Cast) -> None:
    files = [(io.BytesIO(b"<svg/>"), "karta.svg"), (io.BytesIO(b""), "tom.png")]
    page = browse(cast.writer).post("~/pictures/", {"files": files}, content_type="multipart/form-data").text
    lines = [part.split("</p>")[0] for part in page.split('<p class="wrong">')[1:]]
    assert ["karta.svg" in line or "tom.png" in line for line in lines if "<span></span>" not in line] == [True, True]
    assert all('class="icon' in line for line in lines)


def test_a_card_is_shown_whole_among_the_pictures_and_a_photo_is_not(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    writing.picture(installation, cast)
    assert 'class="whole"' not in browse(cast.reader).get("~/pictures/").text
    studio.save(
        installation, cast.actor("writer"), CardRequest("headline", {"headline": "Fler turer"}, {}), [(600, 315)]
    )
    assert browse(cast.reader).get("~/pictures/").text.count('class="whole"') == 1


def test_nothing_chosen_is_asked_about(browse: Browse, cast: Cast) -> None:
    given = browse(cast.writer).post("~/pictures/", {}, content_type="multipart/form-data")
    assert given.status_code == 422
    assert "Välj minst en bild." in given.text


def test_a_picture_is_served_as_a_picture_and_small_ones_are_small(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    one = row(installation, cast, writing.picture(installation, cast, width=1600, height=1200))
    browser = browse(cast.reader)
    whole, small = browser.get(f"~/pictures/{one.sha256}"), browser.get(f"~/pictures/{one.sha256}?small=1")
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert whole.mimetype == small.mimetype == "image/jpeg"
    assert len(small.data) < len(whole.data) == one.size
    assert browser.get(f"~/pictures/{one.sha256}", headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    for given in (whole, small):
        given.close()


def test_another_offices_picture_is_not_there(browse: Browse, installation: Installation, cast: Cast) -> None:
    one = row(installation, cast, writing.picture(installation, cast))
    assert browse(cast.stranger, "distriktet").get(f"~/pictures/{one.sha256}").status_code == 404
    assert browse(cast.stranger, "distriktet").post(f"~/pictures/{one.id}", {"alt": "x"}).status_code == 404


def test_a_picture_whose_file_is_gone_is_said_to_be(browse: Browse, installation: Installation, cast: Cast) -> None:
    one = row(installation, cast, writing.picture(installation, cast))
    installation.blobs.delete(blob_of(installation, one).key)
    assert browse(cast.reader).get(f"~/pictures/{one.sha256}").status_code == 404


def test_an_alt_text_without_end_is_refused(browse: Browse, installation: Installation, cast: Cast) -> None:
    number = writing.picture(installation, cast)
    assert browse(cast.writer).post(f"~/pictures/{number}", {"alt": "x" * 2001}).status_code == 422


@pytest.fixture
def written(installation: Installation, cast: Cast) -> dict[str, int]:
    to, who = writing.channels(installation, cast), cast.actor("writer")
    return {
        "buss": editing.create(installation, who, writing.draft([to["x"]], text="Ångbåten och BUSSEN till Älvby.")),
        "procent": editing.create(
            installation, who, writing.draft([to["x"]], text="Nu sänker vi taxan med 100% för alla.")
        ),
        "release": editing.create(
            installation, who, writing.draft([to["newsroom"]], kind="release", title="Fler vårdplatser", text="Text.")
        ),
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=bussen", ["buss"]),
        ("q=ÅNGBÅTEN+älvby", ["buss"]),
        ("q=100%25", ["procent"]),
        ("q=%25", ["procent"]),
        ("q=_", []),
        ("q=kossa", []),
        ("kind=release", ["release"]),
        ("q=vårdplatser&state=draft", ["release"]),
        ("state=published", []),
        ("state=nonsense&kind=nonsense&before=x", ["buss", "procent", "release"]),
    ],
)
def test_items_are_found_by_all_their_words_whatever_the_case(
    browse: Browse, cast: Cast, written: dict[str, int], query: str, found: list[str]
) -> None:
    page = browse(cast.reader).get(f"~/search?{query}")
    assert page.status_code == 200
    assert [name for name, number in written.items() if f'/items/{number}"' in page.text] == found


def test_a_search_is_within_one_office(browse: Browse, cast: Cast, written: dict[str, int]) -> None:
    assert "Inget hittades" in browse(cast.stranger, "distriktet").get("~/search?q=bussen").text


def test_they_are_narrowed_to_a_tag_exactly(browse: Browse, installation: Installation, cast: Cast) -> None:
    browser = browse(cast.writer)
    assert "Etikett" not in browser.get("~/pictures/").text, "nothing has a tag"
    for tone, name, tags in ((10, "torget", ("torg",)), (120, "bussen", ("buss", "torg")), (230, "torgfesten", ())):
        added = library.add(installation, cast.actor("writer"), writing.photo(tone=tone), f"{name}.jpg").media.id
        details.write_down(installation, cast.actor("writer"), added, PictureDetails(tags=tags))
    page = browser.get("~/pictures/").text
    assert "Etikett" in page
    assert 'href="/w/gruppen/pictures/?tag=torg"' in page
    narrowed = browser.get("~/pictures/?tag=torg").text
    assert ["torget" in narrowed, "bussen" in narrowed, "torgfesten" in narrowed] == [True, True, False]
    assert "Ta bort etiketten torg" in narrowed
    assert "torget" not in browser.get("~/pictures/?tag=torg&q=bussen").text.replace('title="torget', "")
    assert "Ingen bild passar" in browser.get("~/pictures/?tag=finns-inte").text

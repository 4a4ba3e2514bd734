"""The picture of a link: drawn for what is published and has no picture of its own, and for nothing else."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from commsched.flow import newsroom
from commsched.flow.context import Office
from tests import publications
from tests.conftest import NOW, Cast


def page_of(office: Office, cast: Cast, room: int, **content: Any) -> str:
    said = {"kind": "release", "title": "Ja till fler turer på landet", "text": "Regionen säger ja."} | content
    publications.published(office, cast.place.id, room, at=NOW - timedelta(hours=1), **said)
    (entry,) = newsroom.front(office, "gruppen").entries
    return f"/n/gruppen/{entry.address}"


def test_a_release_without_a_picture_gets_one_drawn_once(
    press: FlaskClient, office: Office, cast: Cast, room: int
) -> None:
    address = page_of(office, cast, room, lead="Tolv turer till från december.")
    assert f'property="og:image" content="http://localhost{address}/link.jpg"' in press.get(address).text
    given = press.get(f"{address}/link.jpg")
    with Image.open(io.BytesIO(given.data)) as image:
        assert (image.size, image.format) == ((1200, 630), "JPEG")
    again = press.get(f"{address}/link.jpg", headers={"If-None-Match": given.headers["ETag"]})
    assert again.status_code == 304
    assert len(list((office.home / "cache" / "og").rglob("*.jpg"))) == 1


@pytest.mark.parametrize(
    "title", ["x" * 400, "ord " * 100, "مرحبا 🎉", "<b>&"], ids=["long", "words", "scripts", "marks"]
)
def test_whatever_the_headline_there_is_a_picture(
    press: FlaskClient, office: Office, cast: Cast, room: int, title: str
) -> None:
    address = page_of(office, cast, room, title=title)
    assert press.get(f"{address}/link.jpg").data.startswith(b"\xff\xd8")


def test_the_newsroom_itself_has_a_picture(press: FlaskClient, room: int) -> None:
    assert 'property="og:image" content="http://localhost/n/gruppen/link.jpg"' in press.get("/n/gruppen/").text
    with Image.open(io.BytesIO(press.get("/n/gruppen/link.jpg").data)) as image:
        assert (image.size, image.format) == ((1200, 630), "JPEG")


def test_an_office_without_a_newsroom_has_none(press: FlaskClient) -> None:
    assert press.get("/n/gruppen/link.jpg").status_code == 404


def test_its_own_picture_goes_before_a_drawn_one(press: FlaskClient, office: Office, cast: Cast, room: int) -> None:
    picture = publications.picture(office, cast.place.id, b"jpeg", width=1600, height=900)
    address = page_of(office, cast, room, pictures=[picture])
    assert "link.jpg" not in press.get(address).text


def test_what_is_not_published_has_no_picture(press: FlaskClient, cast: Cast, room: int) -> None:
    assert press.get("/n/gruppen/hemligt-00000000/link.jpg").status_code == 404

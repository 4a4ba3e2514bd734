"""The picture of a link: drawn for what is published and has no picture of its own, and for nothing else."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from commsched import images
from commsched.images.intake import errors
from commsched.services.kernel.context import Installation
from commsched.services.public import front_page
from commsched.store.models import Media
from tests import publications
from tests.conftest import NOW, Cast
from tests.images import files


def page_of(installation: Installation, cast: Cast, room: int, **content: Any) -> str:
    said = {"kind": "release", "title": "Ja till fler turer på landet", "text": "Regionen säger ja."} | content
    publications.published(installation, cast.place.id, room, at=NOW - timedelta(hours=1), **said)
    (entry,) = front_page.front(installation, "gruppen").entries
    return f"/n/gruppen/{entry.address}"


def test_a_release_without_a_picture_gets_one_drawn_once(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    address = page_of(installation, cast, room, lead="Tolv turer till från december.")
    assert f'property="og:image" content="http://localhost{address}/link.jpg"' in press.get(address).text
    given = press.get(f"{address}/link.jpg")
    with Image.open(io.BytesIO(given.data)) as image:
        assert (image.size, image.format) == ((1200, 630), "JPEG")
    again = press.get(f"{address}/link.jpg", headers={"If-None-Match": given.headers["ETag"]})
    assert again.status_code == 304
    assert len(list((installation.home / "cache" / "og").rglob("*.jpg"))) == 1


@pytest.mark.parametrize(
    "title", ["x" * 400, "ord " * 100, "مرحبا 🎉", "<b>&"], ids=["long", "words", "scripts", "marks"]
)
def test_whatever_the_headline_there_is_a_picture(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, title: str
) -> None:
    address = page_of(installation, cast, room, title=title)
    assert press.get(f"{address}/link.jpg").data.startswith(b"\xff\xd8")


def test_the_newsroom_itself_has_a_picture(press: FlaskClient, room: int) -> None:
    assert 'property="og:image" content="http://localhost/n/gruppen/link.jpg"' in press.get("/n/gruppen/").text
    with Image.open(io.BytesIO(press.get("/n/gruppen/link.jpg").data)) as image:
        assert (image.size, image.format) == ((1200, 630), "JPEG")


def test_an_office_without_a_newsroom_has_none(press: FlaskClient) -> None:
    assert press.get("/n/gruppen/link.jpg").status_code == 404


def own(installation: Installation, cast: Cast, data: bytes, width: int, height: int) -> Any:
    return publications.picture(installation, cast.place.id, data, width=width, height=height)


def test_its_own_picture_goes_before_a_drawn_one(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    """In the shape and the weight that chats and networks show; the file of the archive is for who downloads it."""
    photo = Image.effect_noise((4032, 3024), 60).convert("RGB")
    data = files.save(photo, "JPEG", quality=92)
    assert len(data) > 4_000_000
    address = page_of(installation, cast, room, attachments=[own(installation, cast, data, 4032, 3024)])
    page = press.get(address).text
    assert f'property="og:image" content="http://localhost{address}/link.jpg"' in page
    assert 'property="og:image:width" content="1200"' in page
    given = press.get(f"{address}/link.jpg")
    assert len(given.data) <= 300_000
    with Image.open(io.BytesIO(given.data)) as image:
        assert image.format == "JPEG"
        assert image.width <= 1200
        assert image.width / image.height == pytest.approx(1200 / 630, abs=0.01)
        assert image.convert("L").getextrema() != (255, 255)
    assert not list((installation.home / "cache" / "og").rglob("*.jpg")), "no card was drawn"


@pytest.mark.parametrize(
    ("data", "width", "height"),
    [
        (files.jpeg((90, 60)), 90, 60),
        (files.webp((300, 3000)), 300, 3000),
        (files.save(Image.new("RGBA", (1600, 900), (255, 255, 255, 0)), "PNG"), 1600, 900),
    ],
    ids=["a stamp", "a column", "a logo, white on nothing"],
)
def test_a_picture_that_does_not_do_for_a_link_gives_way_to_the_card(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, data: bytes, width: int, height: int
) -> None:
    address = page_of(installation, cast, room, attachments=[own(installation, cast, data, width, height)])
    with Image.open(io.BytesIO(press.get(f"{address}/link.jpg").data)) as image:
        assert image.size == (1200, 630)
        assert len(image.convert("RGB").getcolors(100_000) or [()] * 9) > 4, "it says something"
    assert len(list((installation.home / "cache" / "og").rglob("*.jpg"))) == 1


@pytest.mark.parametrize("trouble", [errors.TooHeavy, errors.PictureBusy, errors.Damaged, OSError])
def test_what_went_wrong_in_passing_is_tried_again(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, monkeypatch: pytest.MonkeyPatch, trouble: Any
) -> None:
    picture = own(installation, cast, files.jpeg((1600, 900)), 1600, 900)
    address = page_of(installation, cast, room, attachments=[picture])

    def failed(*_args: Any, **_more: Any) -> Any:
        raise trouble()

    with monkeypatch.context() as now:
        now.setattr(images.pictures, "fit", failed)
        card = press.get(f"{address}/link.jpg")
    assert list((installation.home / "cache" / "og").rglob("*.jpg")), "the card stood in"
    assert press.get(f"{address}/link.jpg").data != card.data


def test_that_a_picture_does_not_do_is_remembered(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    logo = files.save(Image.new("RGBA", (1600, 900), (255, 255, 255, 0)), "PNG")
    address = page_of(installation, cast, room, attachments=[own(installation, cast, logo, 1600, 900)])
    press.get(f"{address}/link.jpg")
    monkeypatch.delattr(images.pictures, "fit")
    assert press.get(f"{address}/link.jpg").status_code == 200


def test_another_part_of_the_picture_is_another_preview(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    tall = Image.new("RGB", (1200, 2400), (200, 0, 0))
    tall.paste((0, 0, 200), (0, 1200, 1200, 2400))
    picture = own(installation, cast, files.save(tall, "JPEG", quality=92), 1200, 2400)
    address = page_of(installation, cast, room, attachments=[picture])
    tags, colours = [], []
    for centre in ((0.5, 0.2), (0.5, 0.8)):
        with installation.store.write(cast.place.id) as session:
            row = session.scalars(select(Media).where(Media.sha256 == picture.sha256)).one()
            row.facts = row.facts | {"crops": {"1.91:1": centre}}
        given = press.get(f"{address}/link.jpg")
        tags.append(given.headers["ETag"])
        with Image.open(io.BytesIO(given.data)) as image:
            pixel = image.getpixel((600, 315))
            assert isinstance(pixel, tuple)
            colours.append(pixel[0] > pixel[2])
    assert colours == [True, False]
    assert tags[0] != tags[1]


def test_a_list_shows_small_forms_and_the_archive_file_is_for_who_downloads_it(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    data = files.save(Image.effect_noise((2400, 1600), 60).convert("RGB"), "JPEG", quality=92)
    picture = own(installation, cast, data, 2400, 1600)
    page_of(installation, cast, room, attachments=[picture])
    page = press.get("/n/gruppen/").text
    small = f"/media/gruppen/480/{picture.sha256}.jpg"
    assert f'srcset="{small} 480w, /media/gruppen/960/' in page
    assert f'src="/media/gruppen/{picture.sha256}.jpg"' not in page
    given = press.get(small)
    with Image.open(io.BytesIO(given.data)) as image:
        assert image.size == (480, 320)
    assert len(given.data) < 60_000
    assert given.headers["ETag"] == f'"{picture.sha256}-480"'
    given.close()
    assert press.get(f"/media/gruppen/481/{picture.sha256}.jpg").status_code == 404
    assert press.get(f"/media/gruppen/480/{'0' * 64}.jpg").status_code == 404
    for feed in ("feed.atom", "feed.json"):
        assert f"http://localhost/media/gruppen/1600/{picture.sha256}.jpg" in press.get(f"/n/gruppen/{feed}").text


def test_a_small_form_is_nobodys_before_the_picture_is(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    picture = own(installation, cast, files.jpeg((2400, 1600)), 2400, 1600)
    assert press.get(f"/media/gruppen/480/{picture.sha256}.jpg").status_code == 404


def test_what_is_not_published_has_no_picture(press: FlaskClient, cast: Cast, room: int) -> None:
    assert press.get("/n/gruppen/hemligt-00000000/link.jpg").status_code == 404

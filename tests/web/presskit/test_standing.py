"""The office's standing press kit: kept on a page, shown in the newsroom, had as one file."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from commsched.services.kernel.context import Installation
from commsched.services.press import standing
from commsched.services.press.standing import Wish
from commsched.store.models import Media, PressPerson
from tests import publications, writing
from tests.conftest import NOW, Cast


@pytest.fixture
def portrait(installation: Installation, cast: Cast, ticking: Installation) -> int:
    publications.channel(installation, cast.place.id)
    number = writing.picture(installation, cast, width=400, height=500)
    with installation.store.write(cast.place.id) as session:
        session.get_one(Media, number).credit = "Anna Ek"
    return number


def test_a_person_is_kept_shown_and_had_in_print_quality(
    browse: Any, cast: Cast, installation: Installation, portrait: int
) -> None:
    browser = browse(cast.writer)
    assert "Ingen finns i presspaketet än" in browser.get("~/press-kit/").text
    wish = {"name": "Karin Lund", "role": "regionråd", "biography": "Född 1970.", "media": str(portrait)}
    assert browser.post("~/press-kit/new", wish | {"name": " "}).status_code == 422
    assert browser.post("~/press-kit/new", wish).status_code == 303
    assert "Karin Lund" in browser.get("~/press-kit/").text
    anybody = browse().client
    page = anybody.get("/n/gruppen/pictures").text
    assert "Född 1970." in page
    assert "Foto: Anna Ek" in page
    with zipfile.ZipFile(io.BytesIO(anybody.get("/n/gruppen/press-kit.zip", buffered=True).data)) as kit:
        assert set(kit.namelist()) == {"biografier.txt", "karin-lund_foto-anna-ek.jpg"}
        assert "Karin Lund\r\nregionråd\r\nFödd 1970." in kit.read("biografier.txt").decode("utf-8-sig")
        with Image.open(io.BytesIO(kit.read("karin-lund_foto-anna-ek.jpg"))) as image:
            assert image.size == (400, 500)
            assert b"Karin Lund, regionr" in image.info["xmp"]


def test_a_portrait_goes_with_the_consent_and_the_person_by_hand(
    browse: Any, cast: Cast, installation: Installation, portrait: int
) -> None:
    first = standing.save(installation, cast.actor(), Wish("Karin Lund", media=portrait))
    second = standing.save(installation, cast.actor(), Wish("Bo Ek"))
    standing.move_up(installation, cast.actor(), second)
    with installation.store.write(cast.place.id) as session:
        assert [row.name for row in standing.people(session)] == ["Bo Ek", "Karin Lund"]
        row = session.get_one(Media, portrait)
        name = f"{row.sha256}{row.suffix}"
    anybody = browse().client
    assert anybody.get(f"/media/gruppen/{name}", buffered=True).status_code == 200
    with installation.store.write(cast.place.id) as session:
        session.get_one(Media, portrait).consent_ends = NOW - timedelta(days=1)
    assert anybody.get(f"/media/gruppen/{name}").status_code == 404
    assert "Karin Lund" in anybody.get("/n/gruppen/pictures").text
    assert name not in anybody.get("/n/gruppen/pictures").text
    assert browse(cast.writer).post(f"~/press-kit/{first}/remove", {}).status_code == 303
    with installation.store.read(cast.place.id) as session:
        assert session.get(PressPerson, first) is None
        assert session.get(Media, portrait) is not None

"""The office's look: what is saved is what cards are drawn in."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from commsched.images.text.fonts import PACKAGED, Face, path_of
from commsched.services.design import brand
from commsched.services.kernel import brand_kit
from commsched.services.kernel.context import Installation
from tests import writing
from tests.conftest import Browser, Cast
from tests.images.text.test_fonts import colour_font

Browse = Callable[..., Browser]
LOOK = {
    "primary": "#7A1F5C",
    "accent": "#ffcc00",
    "light": "#ffffff",
    "dark": "#101010",
    "heading": "Source Sans 3",
    "body": "Inter",
    "serif": "Source Serif 4",
    "motif": "slope",
    "margin": "7",
    "safe_top": "13",
    "safe_bottom": "15",
    "logo": "0",
    "logo_on_dark": "0",
    "name": "Västra gruppen",
}


def font() -> bytes:
    """A font that is not among those offered: a packaged one that says another family name of the same length."""
    data = Path(path_of(Face("Noto Sans"))).read_bytes()
    return data.replace("Noto Sans".encode("utf-16-be"), "Egen Sans".encode("utf-16-be"))


def corner(data: bytes) -> tuple[int, ...]:
    with Image.open(io.BytesIO(data)) as image:
        found = image.convert("RGB").getpixel((2, 2))
    assert isinstance(found, tuple)
    return tuple(int(one) for one in found)


def test_the_look_that_is_saved_is_what_cards_are_drawn_in(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    browser = browse(cast.administrator)
    before = browser.get("~/studio/examples/headline.jpg").data
    assert browser.post("~/settings/look/", LOOK).status_code == 303
    kit = brand.get(installation, cast.place.id)
    assert (kit.primary, kit.heading, kit.margin, kit.name) == ("#7a1f5c", "Source Sans 3", 0.07, "Västra gruppen")
    after = browser.get("~/studio/examples/headline.jpg").data
    assert after != before
    assert all(abs(a - b) < 12 for a, b in zip(corner(after), (0x7A, 0x1F, 0x5C), strict=True))


def test_it_is_looked_at_before_it_is_kept(browse: Browse, installation: Installation, cast: Cast) -> None:
    told = browse(cast.administrator).post("~/settings/look/look", LOOK).get_json()
    assert told["html"].count("data:image/jpeg") == 3
    assert "Kontrast" in told["html"]
    assert brand.get(installation, cast.place.id) == brand_kit.Kit()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("primary", "green"),
        ("heading", "Comic Sans"),
        ("motif", "stars"),
        ("margin", "40"),
        ("safe_top", "x"),
        ("logo", "77"),
        ("name", "x" * 61),
    ],
)
def test_what_is_wrong_is_said_by_its_field(
    browse: Browse, installation: Installation, cast: Cast, field: str, value: str
) -> None:
    given = browse(cast.administrator).post("~/settings/look/", LOOK | {field: value})
    assert given.status_code == 422
    assert brand.get(installation, cast.place.id) == brand_kit.Kit()


def test_a_logo_comes_from_a_file_or_the_library(browse: Browse, installation: Installation, cast: Cast) -> None:
    browser = browse(cast.administrator)
    file = (io.BytesIO(writing.photo(300, 100)), "logo.png")
    browser.post("~/settings/look/", LOOK | {"file-logo": file}, content_type="multipart/form-data")
    first = brand.get(installation, cast.place.id).logo
    assert first
    other = writing.picture(installation, cast)
    browser.post("~/settings/look/", LOOK | {"logo": str(other)})
    assert brand.get(installation, cast.place.id).logo == other
    bad = (io.BytesIO(b"<svg/>"), "logo.svg")
    refused = browser.post("~/settings/look/", LOOK | {"file-logo": bad}, content_type="multipart/form-data")
    assert refused.status_code == 422
    assert brand.get(installation, cast.place.id).logo == other


def test_an_uploaded_font_is_checked_kept_used_and_taken_away(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    browser = browse(cast.administrator)
    assert brand.add_font(installation, cast.actor(), font(), "Egen.ttf") == "Egen Sans"
    kit = brand.get(installation, cast.place.id)
    assert list(kit.fonts) == ["Egen Sans"]
    assert installation.blobs.exists(f"fonts/{kit.fonts['Egen Sans']}")
    assert browser.post("~/settings/look/", LOOK | {"heading": "Egen Sans"}).status_code == 303
    assert "Egen Sans" in browser.get("~/settings/look/").text
    browser.post("~/settings/look/fonts/remove", {"family": "Egen Sans"})
    assert brand.get(installation, cast.place.id).heading == brand_kit.Kit().heading


def on_disk(installation: Installation) -> set[str]:
    return {key.removeprefix("fonts/") for key in installation.blobs.keys("fonts/")}


def test_a_font_file_leaves_the_disk_with_the_last_office_that_uses_it(installation: Installation, cast: Cast) -> None:
    brand.add_font(installation, cast.actor(), font())
    brand.add_font(installation, cast.elsewhere_actor, font())
    assert len(on_disk(installation)) == 1
    brand.remove_font(installation, cast.actor(), "Egen Sans")
    assert len(on_disk(installation)) == 1
    brand.remove_font(installation, cast.elsewhere_actor, "Egen Sans")
    assert on_disk(installation) == set()


def test_a_font_of_the_same_name_replaces_the_one_that_was(installation: Installation, cast: Cast) -> None:
    brand.add_font(installation, cast.actor(), font())
    first = on_disk(installation)
    brand.add_font(installation, cast.actor(), font() + b"\0\0\0\0")
    assert len(on_disk(installation)) == 1
    assert on_disk(installation) != first
    assert on_disk(installation) == set(brand.get(installation, cast.place.id).fonts.values())


def test_a_font_with_emoji_in_colour_draws_the_emoji(browse: Browse, installation: Installation, cast: Cast) -> None:
    browser = browse(cast.administrator)
    before = browser.post("~/studio/headline/look", {"text-headline": "Klart 🚀"}).get_json()["cards"]
    file = (io.BytesIO(colour_font()), "emoji.ttf")
    browser.post("~/settings/look/fonts", {"font": file}, content_type="multipart/form-data")
    page = browser.get("~/settings/look/").text
    assert "Emojier ritas med Egna Emojier" in page
    assert "för emojier" in page
    assert "Egna Emojier" not in brand.families(brand.get(installation, cast.place.id))
    assert browser.post("~/studio/headline/look", {"text-headline": "Klart 🚀"}).get_json()["cards"] != before
    assert browser.post("~/settings/look/", LOOK).status_code == 303
    assert brand.get(installation, cast.place.id).emoji
    browser.post("~/settings/look/fonts/remove", {"family": "Egna Emojier"})
    assert brand.get(installation, cast.place.id).emoji == {}
    assert on_disk(installation) == set()


@pytest.mark.parametrize(
    "data",
    [b"", b"no font", b"\0\1\0\0" + b"x" * 400],
    ids=["empty", "text", "damaged"],
)
def test_a_file_that_is_no_font_for_swedish_is_refused(
    browse: Browse, installation: Installation, cast: Cast, data: bytes
) -> None:
    given = browse(cast.administrator).post(
        "~/settings/look/fonts", {"font": (io.BytesIO(data), "x.ttf")}, content_type="multipart/form-data"
    )
    assert given.status_code == 422
    assert brand.get(installation, cast.place.id).fonts == {}
    assert not list(installation.blobs.keys("fonts/"))


def test_a_font_does_not_take_the_name_of_one_that_is_here(installation: Installation, cast: Cast) -> None:
    data = Path(path_of(Face("Noto Sans"))).read_bytes()
    assert "Noto Sans" in PACKAGED
    with pytest.raises(Exception, match="no name of its own"):
        brand.add_font(installation, cast.actor(), data)


def test_only_an_administrator_changes_the_look(browse: Browse, cast: Cast) -> None:
    browser = browse(cast.writer)
    assert browser.get("~/settings/look/").status_code == 200
    assert browser.post("~/settings/look/", LOOK).status_code == 403
    assert browser.post("~/settings/look/fonts", {}).status_code == 403

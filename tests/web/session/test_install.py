"""What makes the pages an app: manifest, icons, the worker, the page without a network, what other apps share."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable

import pytest
from PIL import Image

from tests import writing
from tests.conftest import Browser, Cast

Browse = Callable[..., Browser]


@pytest.mark.parametrize(("language", "says"), [("sv", "Skriv, godkänn"), ("en", "Write, approve")])
def test_the_manifest_speaks_the_visitors_language(browse: Browse, language: str, says: str) -> None:
    given = browse().get("/manifest.webmanifest", headers={"Accept-Language": language})
    assert given.content_type == "application/manifest+json"
    told = json.loads(given.data)
    assert told["lang"] == language
    assert told["description"].startswith(says)
    assert {icon["purpose"] for icon in told["icons"]} == {"any", "maskable"}
    assert told["share_target"]["action"] == "/share"


def test_every_icon_of_the_manifest_is_as_large_as_it_says(browse: Browse) -> None:
    browser = browse()
    for icon in json.loads(browser.get("/manifest.webmanifest").data)["icons"]:
        given = browser.get(icon["src"])
        assert given.content_type == "image/png"
        with Image.open(io.BytesIO(given.data)) as image:
            assert f"{image.width}x{image.height}" == icon["sizes"]
            corner = image.convert("RGBA").getpixel((0, 0))
        assert isinstance(corner, tuple)
        assert (corner[3] == 255) == (icon["purpose"] == "maskable"), "a maskable icon reaches the edges"


def test_an_icon_of_any_other_size_is_not_drawn(browse: Browse) -> None:
    assert browse().get("/app-icon-plain-9999.png").status_code == 404


def test_the_worker_stands_at_the_root_and_keeps_only_what_is_nobodys(browse: Browse, cast: Cast) -> None:
    given = browse(cast.writer).get("/worker.js")
    assert given.content_type.startswith("text/javascript")
    assert given.headers["Cache-Control"] == "no-cache"
    shell = json.loads(re.search(r"const SHELL = (.*);", given.text)[1])  # type: ignore[index]
    anybody = browse()
    for path in shell:
        assert not path.startswith("/w/")
        with anybody.get(path) as piece:
            assert piece.status_code == 200
    kept = browse(cast.writer).get(shell[0]).text
    for secret in (cast.writer.name, cast.writer.email, "Gruppen", "form_token"):
        assert secret not in kept


def test_every_page_leads_to_the_manifest(browse: Browse, cast: Cast) -> None:
    assert 'rel="manifest" href="/manifest.webmanifest"' in browse(cast.writer).get("~/").text


def test_what_is_shared_opens_in_write_and_is_not_saved_yet(browse: Browse, cast: Cast) -> None:
    browser = browse(cast.writer)
    page = browser.get("/share").text
    assert 'action="/w/gruppen/write/shared"' in page
    files = {"files": (io.BytesIO(writing.photo()), "torget.jpg")}
    given = browser.post("~/write/shared", {"text": "Hört på torget", "link": "https://a.example/x", **files})
    assert given.status_code == 200
    assert "Hört på torget" in given.text
    assert "https://a.example/x" in given.text
    assert 'name="media"' in given.text
    assert browser.get("~/search", query_string={"q": "torget"}).text.count('class="whole"') == 0


def test_a_reader_is_offered_no_office_to_write_in(browse: Browse, cast: Cast) -> None:
    reader = browse(cast.reader)
    assert "Du får inte skriva i något kontor." in reader.get("/share").text
    assert reader.post("~/write/shared", {"text": "Hej"}).status_code == 403


def test_whoever_is_not_signed_in_signs_in_first(browse: Browse) -> None:
    assert browse().get("/share").headers["Location"].startswith("/sign-in")

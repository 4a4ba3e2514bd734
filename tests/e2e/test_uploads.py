"""Uploads that break off: the network goes, the server is started again, the page is opened anew."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import expect
from werkzeug.serving import make_server

from commsched.services.kernel.context import Installation
from commsched.store.models import Media
from tests import writing
from tests.conftest import Cast
from tests.images import files


class Server:
    """The app on a port of its own, that can be stopped and started again."""

    def __init__(self, app: Flask) -> None:
        self.app, self.port = app, 0
        self.start()

    def start(self) -> None:
        self.server = make_server("127.0.0.1", self.port, self.app, threaded=True)
        self.port = self.server.port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join(10)
        self.server.server_close()


@pytest.fixture
def server(app: Flask) -> Iterator[Server]:
    made = Server(app)
    yield made
    made.stop()


@pytest.fixture
def live(server: Server, installation: Installation) -> str:
    installation.settings["base_url"] = f"http://127.0.0.1:{server.port}"
    return installation.settings["base_url"]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture of about three and a half pieces."""
    made = io.BytesIO()
    Image.effect_noise((2300, 1700), 90).convert("RGB").save(made, "JPEG", quality=97)
    assert 3.1 * 2**20 < len(made.getvalue()) < 6 * 2**20
    path = tmp_path / "torget.jpg"
    path.write_bytes(made.getvalue())
    return path


def sent(page: Any) -> list[str]:
    """Where every piece that leaves the browser begins."""
    offsets: list[str] = []
    page.on("request", lambda one: offsets.append(one.headers["upload-offset"]) if one.method == "PATCH" else None)
    return offsets


def names(installation: Installation, cast: Cast) -> list[str]:
    with installation.store.read(cast.place.id) as session:
        return [row.filename for row in session.query(Media)]


class Wire:
    """What lies between the page and the office's uploads. At the third piece it breaks, once, and ``deed`` happens;
    it stays broken until it is mended. The browser's own offline mode will not do: an upload was seen to end in it."""

    def __init__(self, page: Any, deed: Any = None) -> None:
        self._page, self._deed = page, deed or self._break
        self._pieces, self._broken = 0, False
        page.route("**/pictures/uploads*", self._meet)
        page.route("**/pictures/uploads/*", self._meet)

    def _break(self) -> None:
        self._broken = True

    def mend(self) -> None:
        self._broken = False
        self._page.evaluate("() => window.dispatchEvent(new Event('online'))")

    def _meet(self, route: Any) -> None:
        self._pieces += route.request.method == "PATCH"
        third = route.request.method == "PATCH" and self._pieces == 3
        if third:
            self._deed()
        if third or self._broken:
            route.abort("connectionreset")
        else:
            route.continue_()


def test_a_lost_network_costs_one_piece(
    visit: Any, installation: Installation, cast: Cast, ticking: Installation, photo: Path
) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/pictures/")
    offsets = sent(page)
    wire = Wire(page)
    page.set_input_files("#f-files", photo)
    expect(page.get_by_text("Anslutningen är bruten.")).to_be_visible()
    assert names(installation, cast) == []
    page.wait_for_timeout(700)
    wire.mend()
    expect(page.locator(".gallery li")).to_have_count(1)
    assert names(installation, cast) == ["torget"]
    assert offsets.count("0") == 1, "nothing that was there was sent again"
    assert offsets.count(str(2 * 2**20)) >= 2


def test_a_restart_of_the_server_costs_one_piece(
    visit: Any, installation: Installation, cast: Cast, ticking: Installation, photo: Path, server: Server
) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/pictures/")
    offsets = sent(page)
    Wire(page, server.stop)
    page.set_input_files("#f-files", photo)
    expect(page.get_by_text("Anslutningen är bruten.")).to_be_visible()
    server.start()
    expect(page.locator(".gallery li")).to_have_count(1)
    assert names(installation, cast) == ["torget"]
    assert offsets.count("0") == 1


def test_a_page_that_was_closed_goes_on_when_the_file_is_chosen_again(
    visit: Any, installation: Installation, cast: Cast, ticking: Installation, photo: Path
) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/pictures/")
    wire = Wire(page)
    page.set_input_files("#f-files", photo)
    expect(page.get_by_text("Anslutningen är bruten.")).to_be_visible()
    wire.mend()
    page.goto("/w/gruppen/pictures/")
    offsets = sent(page)
    page.set_input_files("#f-files", photo)
    expect(page.locator(".gallery li")).to_have_count(1)
    assert "0" not in offsets


def test_when_some_are_refused_it_says_why_and_that_the_others_are_in(
    visit: Any, cast: Cast, ticking: Installation, photo: Path
) -> None:
    drawing = photo.with_name("karta.svg")
    drawing.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    page = visit(cast.writer)
    page.goto("/w/gruppen/pictures/")
    page.set_input_files("[data-many] [type=file]", [drawing, photo])
    told = page.locator("[data-told]")
    expect(told).to_contain_text("1 av 2 lades till.")
    expect(told).to_contain_text("karta.svg: SVG-bilder kan bära på program")
    expect(told.locator(".wrong .icon")).to_have_count(1)
    told.get_by_role("link", name="Visa dem").click()
    expect(page.locator("main")).to_contain_text("torget")


def test_a_picture_that_is_here_already_is_told_where_pictures_come_in_and_shown_small_in_the_library(
    visit: Any, installation: Installation, cast: Cast, ticking: Installation, photo: Path
) -> None:
    old = writing.picture(installation, cast, alt="Torget i regn.")
    photo.write_bytes(writing.photo())
    page = visit(cast.writer)
    page.goto("/w/gruppen/write")
    page.set_input_files("#f-files", photo)
    expect(page.locator('[data-fault="pictures"]')).to_contain_text("fanns redan i bildbanken: den används")
    expect(page.locator("[data-shots] li")).to_have_attribute("data-picture", str(old))
    expect(page.locator("[data-shots] li textarea")).to_have_value("Torget i regn.")
    page.goto("/w/gruppen/pictures/")
    expect(page.locator("[data-many] button:visible")).to_have_count(0)
    page.set_input_files("[data-many] [type=file]", photo)
    shown = page.locator("[role=status] .photo img")
    expect(shown).to_have_count(1)
    expect(page.get_by_text("Den bilden fanns redan här.")).to_be_visible()
    assert shown.bounding_box()["width"] <= 224
    assert len(names(installation, cast)) == 1


STILL = "”dans” är rörlig, men bara dess första bild sparas."


def test_an_animation_that_becomes_a_still_is_told_of(
    visit: Any, cast: Cast, ticking: Installation, photo: Path
) -> None:
    dance = photo.with_name("dans.png")
    dance.write_bytes(files.moving("PNG"))
    page = visit(cast.writer)
    page.goto("/w/gruppen/pictures/")
    page.set_input_files("[data-many] [type=file]", dance)
    expect(page.locator("[data-told]")).to_contain_text(STILL)
    page.get_by_role("link", name="Visa dem").click()
    expect(page.locator(".gallery li")).to_have_count(1)
    page.goto("/w/gruppen/write")
    page.set_input_files("#f-files", dance)
    expect(page.locator('[data-fault="pictures"]')).to_contain_text(STILL)


def test_the_composer_takes_pictures_in_the_same_way(
    visit: Any, installation: Installation, cast: Cast, ticking: Installation, photo: Path
) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/write")
    wire = Wire(page)
    page.set_input_files("#f-files", photo)
    expect(page.get_by_text("Anslutningen är bruten.")).to_be_visible()
    wire.mend()
    expect(page.locator("[data-shots] li")).to_have_count(1)
    assert names(installation, cast) == ["torget"]

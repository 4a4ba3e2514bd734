"""A picture that is on its way holds the post back: nothing is sent, saved or closed without it in silence."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from commsched.services.kernel.context import Installation
from commsched.store.models import Item
from tests import writing
from tests.conftest import Cast
from tests.e2e.conftest import wait_for

SEND = re.compile("Skicka till Gunnar Lind")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "hållplats.jpg"
    path.write_bytes(writing.photo(2000, 1500))
    return path


class Held:
    """Holds every piece back until it is let go."""

    def __init__(self, page: Any) -> None:
        self.routes: list[Any] = []
        self.open = False
        page.route("**/pictures/uploads/*", self._meet)

    def _meet(self, route: Any) -> None:
        if route.request.method != "PATCH" or self.open:
            route.continue_()
        else:
            self.routes.append(route)

    def let_go(self) -> None:
        self.open = True
        for route in self.routes:
            route.continue_()


@pytest.fixture
def page(visit: Callable[..., Any], installation: Installation, cast: Cast, ticking: Installation) -> Any:
    number = writing.channel(installation, cast.place.id, name="Pressrummet")
    made = visit(cast.writer)
    made.goto("/w/gruppen/write")
    made.locator(f'[name="channels"][value="{number}"]').check()
    made.get_by_label("Text", exact=True).fill("Fler turer på linje 14 från årsskiftet.")
    return made


def count(installation: Installation, cast: Cast, state: str) -> int:
    with installation.store.read(cast.place.id) as session:
        return session.query(Item).filter(Item.state == state).count()


def test_nothing_is_sent_while_a_picture_is_on_its_way(
    page: Any, installation: Installation, cast: Cast, photo: Path
) -> None:
    held = Held(page)
    page.locator("#f-files").set_input_files(photo)
    expect(page.locator("[data-way]")).to_contain_text("hållplats.jpg")
    expect(page.locator("[data-way] progress")).to_have_count(1)
    expect(page.locator("[data-problems-way]")).to_contain_text(re.compile(r"En fil är på väg: \d+ %"))
    expect(page.locator("[data-problems] .verdict")).to_be_hidden()
    page.get_by_role("button", name=SEND).click(force=True)
    expect(page.locator("[data-bar-way]")).to_contain_text("En fil är på väg")
    page.get_by_label("Text", exact=True).press("Control+End")
    page.wait_for_timeout(300)
    assert count(installation, cast, "in_review") == 0
    assert "/write" in page.url or "/edit" in page.url
    held.let_go()
    page.get_by_label(re.compile("Alt-text")).fill("En buss vid hållplatsen.")
    expect(page.locator("[data-problems-way]")).to_be_hidden()
    expect(page.locator("[data-problems]")).to_contain_text("Inget stoppar")
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_text("Väntar på Gunnar Lind.")).to_be_visible()
    expect(page.locator(".look-shots img")).to_have_count(1)


def test_saving_waits_too_and_a_closed_tab_is_asked_about(page: Any, photo: Path) -> None:
    Held(page)
    expect(page.locator("[data-keep-words]")).to_contain_text("Sparat")
    page.locator("#f-files").set_input_files(photo)
    expect(page.locator("[data-way]")).to_contain_text("hållplats.jpg")
    page.get_by_role("button", name="Spara utkast").last.click(force=True)
    page.wait_for_timeout(300)
    expect(page.locator("[data-way]")).to_contain_text("hållplats.jpg")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.close(run_before_unload=True)
    wait_for(page, lambda: asked)
    assert asked == ["beforeunload"]
    expect(page.locator("[data-way]")).to_contain_text("hållplats.jpg")


def test_a_picture_on_its_way_can_be_left_out(page: Any, photo: Path) -> None:
    Held(page)
    page.locator("#f-files").set_input_files(photo)
    page.get_by_role("button", name="Avbryt hållplats.jpg").click()
    expect(page.locator("[data-way] li")).to_have_count(0)
    expect(page.locator("[data-problems-way]")).to_be_hidden()
    expect(page.locator("[data-shots] li")).to_have_count(0)
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_text("Väntar på Gunnar Lind.")).to_be_visible()


def test_each_file_has_a_bar_that_moves(page: Any, photo: Path) -> None:
    throttle = page.context.new_cdp_session(page)
    throttle.send("Network.enable")
    throttle.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 20,
            "downloadThroughput": -1,
            "uploadThroughput": photo.stat().st_size // 3,
        },
    )
    page.locator("#f-files").set_input_files(photo)
    expect(page.locator("[data-problems-way]")).to_contain_text(re.compile(r"En fil är på väg: [1-9]\d? %"))
    expect(page.locator("[data-shots] li")).to_have_count(1)


def test_at_two_hundred_per_cent_the_bar_is_not_over_the_page(page: Any) -> None:
    page.set_viewport_size({"width": 640, "height": 450})
    assert page.locator(".action-bar").bounding_box()["height"] <= 72, "one row, so that most of the page is the page's"
    button = page.get_by_role("button", name=SEND)
    button.focus()
    box, bar = button.bounding_box(), page.locator("nav.bar").bounding_box()
    assert box["y"] + box["height"] <= bar["y"] + 1, "what has the focus is not under the menu"

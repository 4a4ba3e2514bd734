"""A video in a real browser: dropped among the pictures, played, and another moment of it chosen for its poster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from commsched.services.kernel.context import Installation
from tests.conftest import Cast
from tests.images import films

Axe = Callable[[Any], None]


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_a_video_is_added_played_and_given_another_poster(
    visit: Any, installation: Installation, cast: Cast, ticking: Installation, axe: Axe, tmp_path: Path, phone: bool
) -> None:
    film = tmp_path / "torget.webm"
    film.write_bytes(films.video("webm", "libvpx-vp9", (640, 360), sound="libopus"))
    page = visit(cast.writer, phone=phone)
    page.goto("/w/gruppen/pictures/")
    page.set_input_files("#f-files", film)
    expect(page.get_by_role("heading", name="torget")).to_be_visible()
    player = page.locator("video")
    player.evaluate("""film => new Promise((done) => {
        film.addEventListener("timeupdate", () => film.currentTime > 0.3 && done());
        film.play();
    })""")
    page.get_by_role("button", name="Det videon visar nu").click()
    assert page.locator("#f-moment").input_value() not in ("", "0,0")
    axe(page)
    page.get_by_role("button", name="Använd som omslagsbild").click()
    expect(page.get_by_text("Omslagsbilden är bytt.")).to_be_visible()
    page.locator(".still").nth(6).click()
    expect(page.locator(".still").nth(6)).to_have_attribute("aria-current", "true")
    page.goto("/w/gruppen/pictures/videos/")
    axe(page)
    expect(page.locator(".gallery li")).to_have_count(1)

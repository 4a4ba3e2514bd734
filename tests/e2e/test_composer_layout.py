"""The composer: the text first, the buttons in view, one text and one look at a time."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from commsched.services.kernel.context import Installation
from tests import writing
from tests.conftest import Cast


@pytest.fixture
def to(installation: Installation, cast: Cast, ticking: Installation) -> dict[str, int]:
    return writing.channels(installation, cast)


@pytest.mark.parametrize("kind", ["post", "release"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_the_text_is_first_with_the_caret_in_it_and_the_buttons_are_in_view(
    visit: Any, cast: Cast, to: dict[str, int], kind: str, width: int, height: int
) -> None:
    page = visit(cast.writer, phone=width < 600)
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"/w/gruppen/write?kind={kind}")
    field = page.locator("[name=text]" if kind == "post" else "[name=title]")
    expect(field).to_be_focused()
    assert field.bounding_box()["y"] < 260
    assert float(field.evaluate("field => parseFloat(getComputedStyle(field).fontSize)")) >= 18
    button = page.locator(".action-bar [value=submit]").bounding_box()
    assert button["y"] + button["height"] <= height - (64 if width < 600 else 0)
    for mark in page.locator(".mark").all():
        assert mark.bounding_box()["width"] >= (44 if width < 600 else 32)


def test_a_channel_says_what_all_say_until_it_is_changed_in_its_own_tab(
    visit: Any, cast: Cast, to: dict[str, int]
) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/write")
    page.keyboard.type("Fler turer på linje 14.")
    page.get_by_role("tablist", name="Texter").get_by_role("tab", name="Mastodon").click()
    own = page.locator(f"#own-{to['mastodon']}")
    expect(own).to_have_value("Fler turer på linje 14.")
    expect(page.locator(f"#own-on-{to['mastodon']}")).not_to_be_checked()
    own.press("Control+End")
    page.keyboard.type(" Läs mer!")
    expect(page.locator(f"#own-on-{to['mastodon']}")).to_be_checked()
    expect(page.locator(".look-mastodon")).to_contain_text("Läs mer!")
    expect(page.locator(".look-mastodon")).to_be_visible()
    page.get_by_role("tab", name="Alla").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("Fler turer på linje 14.")
    page.get_by_role("tablist", name="Texter").get_by_role("tab", name="X", exact=False).last.press("ArrowLeft")
    page.get_by_role("button", name="Spara utkast").last.click()
    expect(page.get_by_text("Utkastet är sparat.")).to_be_visible()
    expect(page.locator(f"#own-{to['mastodon']}")).to_have_value("Fler turer på linje 14. Läs mer!")
    expect(page.locator(f"#own-{to['x']}")).to_have_value("")


def test_control_and_enter_sends(visit: Any, cast: Cast, to: dict[str, int]) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/write")
    page.keyboard.type("Öppet möte på torsdag.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Väntar på Gunnar Lind.")).to_be_visible()

"""A text that is too long becomes a thread where one stands, and comes back, without a new page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from commsched.services.kernel.context import Installation
from tests import writing
from tests.conftest import Cast

TEXT = ("Bussen går var tionde minut från torget i Ljungby. " * 9).strip()
OFFER = "Dela upp i en tråd"


@pytest.fixture
def to(installation: Installation, cast: Cast) -> dict[str, int]:
    return writing.channels(installation, cast)


@pytest.fixture
def page(visit: Callable[..., Any], to: dict[str, int], cast: Cast, ticking: Installation) -> Any:
    made = visit(cast.writer)
    made.goto("/w/gruppen/write")
    return made


def write(page: Any, to: dict[str, int], *chosen: str) -> None:
    for name, number in to.items():
        page.locator(f'[name="channels"][value="{number}"]').set_checked(name in chosen, force=True)
    page.get_by_label("Text", exact=True).fill(TEXT)


def test_the_text_is_divided_and_brought_back(page: Any, to: dict[str, int]) -> None:
    write(page, to, "x")
    page.get_by_role("button", name=OFFER).click()
    text = page.get_by_label("Text", exact=True)
    expect(page.get_by_text("Del 2 av 2")).to_be_visible()
    assert "\n---\n" in text.input_value()
    expect(page.get_by_role("button", name=OFFER)).to_have_count(0)
    page.get_by_role("button", name="Ångra").last.click()
    expect(text).to_have_value(TEXT)
    expect(page.get_by_role("button", name=OFFER)).to_be_visible()


def test_where_others_say_it_too_only_the_channel_is_divided(page: Any, to: dict[str, int]) -> None:
    write(page, to, "x", "facebook")
    page.get_by_role("button", name=OFFER).click()
    own = page.locator(f'[name="own-{to["x"]}"]')
    expect(page.locator(f"#own-on-{to['x']}")).to_be_checked()
    assert "\n---\n" in own.input_value()
    expect(page.get_by_label("Text", exact=True)).to_have_value(TEXT)
    page.get_by_role("button", name="Ångra").last.click()
    expect(page.locator(f"#own-on-{to['x']}")).not_to_be_checked()

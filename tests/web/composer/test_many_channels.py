"""With many channels the row above the text stays short: those used most are in it, the others in a menu beside."""

from __future__ import annotations

import re
from html import unescape

import pytest

from commsched.services.kernel.context import Installation
from commsched.services.workflow import editing
from commsched.web.composer.view_model import MOST_MARKS
from tests import publications, writing
from tests.conftest import Browser, Cast
from tests.web.composer.test_writing import Browse, post


@pytest.fixture
def writer(browse: Browse, cast: Cast) -> Browser:
    return browse(cast.writer)


def channels(installation: Installation, cast: Cast, many: int) -> list[int]:
    return [
        publications.channel(installation, cast.place.id, "sandbox", name=f"Väggen {number}") for number in range(many)
    ]


def divided(page: str) -> tuple[list[int], list[int]]:
    """The channels in the row, and those in the menu."""
    row, _, rest = page[page.index('id="to-channels"') :].partition("more-body")
    menu = rest.partition("</details>")[0]
    row, menu = (re.findall(r'name="channels" value="(\d+)"', piece) for piece in (row, menu))
    return list(map(int, row)), list(map(int, menu))


@pytest.mark.parametrize("many", [1, MOST_MARKS, MOST_MARKS + 1])
def test_few_channels_all_stand_in_the_row(writer: Browser, installation: Installation, cast: Cast, many: int) -> None:
    numbers = channels(installation, cast, many)
    page = writer.get("~/write").text.partition('class="channel-sets"')[0].partition("data-fault")[0]
    assert divided(page) == (numbers, [])


def test_of_many_those_used_most_stand_in_the_row_and_the_others_with_their_names(
    writer: Browser, installation: Installation, cast: Cast
) -> None:
    numbers = channels(installation, cast, 12)
    editing.create(installation, cast.actor("writer"), writing.draft(numbers[-2:]))
    page = writer.get("~/write").text
    row, menu = divided(page)
    assert len(row) == MOST_MARKS
    assert set(numbers[-2:]) <= set(row)
    assert sorted(row + menu) == numbers
    assert "4 till" in unescape(page)


def test_what_is_chosen_in_the_menu_is_sent_with_the_form(
    writer: Browser, installation: Installation, cast: Cast
) -> None:
    numbers = channels(installation, cast, 12)
    page = writer.post("~/write", post(channels=[numbers[-1]]) | {"do": "again:"}).text
    _row, menu = divided(page)
    assert numbers[-1] in menu
    assert re.search(rf'value="{numbers[-1]}" checked', page)

"""The frame around every page: the rail's order, the count of what waits, the pause in two presses."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from commsched.services.views import approval_count
from commsched.services.workflow import approve
from tests.conftest import Browser, Cast
from tests.services.desk import hash_of, submitted
from tests.web.conftest import Statements

PAGES = ("~/", "~/calendar/", "~/pictures/", "~/people/", "~/record/", "~/settings/", "~/search", "~/write")
Browse = Callable[..., Browser]


def rail(page: str) -> str:
    return page[page.index('<nav class="rail"') : page.index("</nav>")]


def test_what_is_used_every_day_stands_above_the_line(browse: Browse, cast: Cast) -> None:
    daily, rest = rail(browse(cast.administrator).get("~/").text).split("<hr>")
    words = r'class="entry-word">([^<]+)'
    assert re.findall(words, daily) == ["Idag", "Kalender", "Skriv", "Godkänn", "Bilder", "Bildstudio", "Inkorg"]
    assert re.findall(words, rest) == ["Kanaler", "Personer", "Logg", "Inställningar"]


@pytest.mark.parametrize("path", PAGES)
def test_the_pause_is_two_presses_away_from_everywhere(browse: Browse, cast: Cast, path: str) -> None:
    page = browse(cast.writer).get(path).text
    head = page[page.index('<header class="frame-side"') : page.index('<nav class="rail"')]
    assert 'href="/w/gruppen/pause/"' in head


def test_a_reader_cannot_pause_and_sees_no_switch(browse: Browse, cast: Cast) -> None:
    assert "/pause/" not in browse(cast.reader).get("~/").text


def test_what_waits_for_my_yes_is_counted_in_the_rail_and_in_the_tab(browse: Browse, cast: Cast) -> None:
    leader = browse(cast.approver)
    assert "<title>Idag" in leader.get("~/").text
    item = submitted(cast)
    page = leader.get("~/calendar/").text
    assert "<title>(1) " in page
    assert re.search(r"data-to-approve>1<", rail(page))
    assert "<title>Idag" in browse(cast.writer).get("~/").text, "it is not the writer's to approve"
    approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    assert "<title>Idag" in leader.get("~/").text


def test_a_page_that_is_kept_is_made_anew_when_the_count_changes(browse: Browse, cast: Cast) -> None:
    leader = browse(cast.approver)
    first = leader.get("~/calendar/")
    submitted(cast)
    again = leader.get("~/calendar/", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200
    assert "<title>(1) " in again.text


def test_the_count_costs_nothing_while_nobody_commits(
    cast: Cast, counted: Callable[[], AbstractContextManager[Statements]], submitted_one: int
) -> None:
    actor = cast.actor("approver")
    assert approval_count.waiting_for(cast.installation, actor) == 1
    with counted() as statements:
        assert approval_count.waiting_for(cast.installation, actor) == 1
    assert not statements.texts or not cast.installation.store.is_sqlite


@pytest.fixture
def submitted_one(cast: Cast) -> int:
    return submitted(cast)


def test_a_narrow_menu_is_remembered(browse: Browse, cast: Cast) -> None:
    browser = browse(cast.writer)
    assert 'class="frame with-rail"' in browser.get("~/").text
    browser.client.set_cookie("rail", "narrow")
    assert 'class="frame with-rail narrow-rail"' in browser.get("~/").text

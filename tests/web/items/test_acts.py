"""Acts on whole items from any page: a copy, and undo from the sentence that says what was done."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from commsched.services.content import items
from commsched.services.kernel.context import Installation
from tests.conftest import Browser, Cast
from tests.services import desk
from tests.services.desk import look

Browse = Callable[..., Browser]


def test_last_weeks_post_is_copied_in_three_presses(browse: Browse, cast: Cast) -> None:
    number = desk.written(cast)
    browser = browse(cast.writer)
    page = browser.get(f"~/items/{number}").text
    assert "Nästa vecka" in page
    answer = browser.post(f"~/items/{number}/duplicate", {"days": "7"})
    assert answer.status_code == 303
    copy = int(re.search(r"items/(\d+)/edit", answer.headers["Location"] or "")[1])  # type: ignore[index]
    assert look(cast, copy).wall_time == "2026-12-03T12:00"
    assert "Det här är en kopia" in browser.get(answer.headers["Location"]).text


def test_a_bad_day_is_said_on_the_item_and_nothing_is_made(
    browse: Browse, cast: Cast, installation: Installation
) -> None:
    number = desk.written(cast)
    browser = browse(cast.writer)
    for typed in (
        {"days": "x"},
        {"days": "-1"},
        {"publish_day": "2026-12-24"},
        {"publish_day": "i", "publish_time": "9"},
    ):
        answer = browser.post(f"~/items/{number}/duplicate", typed)
        assert answer.headers["Location"].endswith(f"/items/{number}"), typed
    with installation.store.read(cast.place.id) as session:
        assert session.query(items.Item).count() == 1


def test_a_draft_is_thrown_away_in_one_press_and_comes_back_in_another(browse: Browse, cast: Cast) -> None:
    number = desk.written(cast)
    browser = browse(cast.writer)
    answer = browser.post(f"~/items/{number}/cancel", {"discard": "1"})
    page = browser.get(answer.headers["Location"]).text
    assert "Det är slängt." in page
    assert f'name="item" value="{number}"' in page
    answer = browser.post("~/undo", {"item": str(number), "back": f"/w/gruppen/items/{number}"})
    assert answer.headers["Location"].endswith(f"/w/gruppen/items/{number}")
    assert look(cast, number).state == "draft"
    assert "Det är som det var förut." in browser.get(f"~/items/{number}").text


def test_undo_leads_to_no_other_site_and_names_what_it_cannot(browse: Browse, cast: Cast) -> None:
    number = desk.written(cast)
    browser = browse(cast.writer)
    answer = browser.post("~/undo", {"item": [str(number), "9999999", "x"], "back": "https://evil.example/"})
    assert answer.headers["Location"] == "/"
    assert "Det går inte längre att ångra" in browser.get(f"~/items/{number}").text


def test_who_only_reads_copies_and_undoes_nothing(browse: Browse, cast: Cast) -> None:
    number = desk.written(cast)
    browser = browse(cast.reader)
    assert "Duplicera" not in browser.get(f"~/items/{number}").text
    assert browser.post(f"~/items/{number}/duplicate", {"days": "7"}).status_code == 403
    assert browser.post("~/undo", {"item": str(number)}).status_code == 403


@pytest.mark.parametrize("typed", ["3/12", "tors 3 dec", "2026-12-03"])
def test_a_day_is_typed_as_in_the_composer_wherever_one_is_moved_or_copied(
    browse: Browse, cast: Cast, typed: str
) -> None:
    item = desk.written(cast)
    browser = browse(cast.writer)
    copy = browser.post(f"~/items/{item}/duplicate", {"publish_day": typed, "publish_time": "kl 8"}).location
    assert look(cast, int(copy.split("/")[-2])).wall_time == "2026-12-03T08:00"
    browser.post(f"~/items/{item}/move", {"publish_day": typed, "publish_time": "kl 8"})
    assert look(cast, item).wall_time == "2026-12-03T08:00"
    browser.post(f"~/calendar/{item}/move", {"day": typed, "clock": "9"})
    assert look(cast, item).wall_time == "2026-12-03T09:00"
    wrong = browser.post(f"~/items/{item}/move", {"publish_day": "snart", "publish_time": "8"})
    assert (wrong.status_code, "är ingen dag" in wrong.text) == (422, True)

"""Several at once as pages: what happens is told first, one press does it, and Undo takes it back; the panel beside."""

from __future__ import annotations

import re
from typing import Any

import pytest

from commsched.services.content import items
from tests.conftest import Cast, SetClock
from tests.services.desk import hash_of, look, scheduled, submitted, written


def test_the_page_says_what_happens_to_each_approval_and_does_nothing_yet(browse: Any, cast: Cast) -> None:
    draft, planned = written(cast), scheduled(cast)
    html = browse(cast.writer).get(f"~/calendar/several?deed=move&days=7&item={draft}&item={planned}").text
    assert "Det här händer med 2 inlägg" in html
    assert "måste godkännas på nytt" in html
    assert "tors 3 dec 12:00" in html
    assert f'name="told" value="{planned}:again"' in html
    assert look(cast, planned).wall_time == "2026-11-26T12:00"


def test_one_press_moves_them_all_and_one_more_undoes_it(browse: Any, cast: Cast) -> None:
    items = [written(cast), written(cast)]
    browser = browse(cast.writer)
    form = {"deed": "move", "days": "1", "told": [f"{item}:free" for item in items], "back": "/w/gruppen/calendar/"}
    done = browser.post("~/calendar/several", form)
    assert (done.status_code, done.headers["Location"]) == (303, "/w/gruppen/calendar/")
    told = browser.get("~/calendar/").text
    assert "2 inlägg är flyttade." in told
    assert sorted(re.findall(r'name="item" value="(\d+)"><?', told)) == sorted(map(str, items))
    browser.post("~/undo", {"item": [str(item) for item in items], "back": "/w/gruppen/calendar/"})
    assert {look(cast, item).wall_time for item in items} == {"2026-11-26T12:00"}


def test_what_could_not_be_done_is_said_by_its_name(browse: Any, cast: Cast) -> None:
    item = written(cast, text="Om bussarna till Kvarnsele.")
    browser = browse(cast.writer)
    browser.post("~/calendar/several", {"deed": "cancel", "told": f"{item}:stopped"})
    told = browser.get("~/calendar/").text
    assert "Om bussarna till Kvarnsele" in told
    assert "Det har ändrats sedan du blev tillfrågad" in told
    assert look(cast, item).state == "draft"


@pytest.mark.parametrize("asked", ["deed=move&days=7", "deed=nonsense&item=1", "deed=move&days=x&item=1"])
def test_what_cannot_be_asked_leads_back_with_a_word(browse: Any, cast: Cast, asked: str) -> None:
    written(cast)
    browser = browse(cast.writer)
    away = browser.get(f"~/calendar/several?{asked}&back=https://evil.example/")
    assert (away.status_code, away.headers["Location"]) == (303, "/w/gruppen/calendar/")
    assert "toast is-red" in browser.get("~/calendar/").text


def test_a_reader_is_offered_nothing_and_may_nothing(browse: Any, cast: Cast) -> None:
    item = written(cast)
    browser = browse(cast.reader)
    assert 'id="several"' not in browser.get("~/calendar/?view=list").text
    assert browser.post("~/calendar/several", {"deed": "cancel", "told": f"{item}:draft"}).status_code == 403
    panel = browser.get(f"~/calendar/{item}/panel").text
    assert "<form" not in panel


def test_a_move_can_be_undone_from_the_page_that_follows(browse: Any, cast: Cast) -> None:
    item = scheduled(cast)
    browser = browse(cast.writer)
    browser.post(f"~/calendar/{item}/move", {"at": "2026-11-26T14:00"})
    assert f'name="item" value="{item}"' in browser.get("~/calendar/").text
    browser.post("~/undo", {"item": str(item), "back": "/w/gruppen/calendar/"})
    assert look(cast, item).wall_time == "2026-11-26T12:00"


def test_undo_says_what_a_move_has_cost(browse: Any, cast: Cast) -> None:
    item = scheduled(cast)
    browser = browse(cast.writer)
    browser.post(f"~/calendar/{item}/move", {"at": "2026-12-20T14:00", "ask_again": "1"})
    assert look(cast, item).state == "in_review"
    browser.post("~/undo", {"item": str(item), "back": "/w/gruppen/calendar/"})
    told = browser.get("~/calendar/").text
    assert "Det har sin tid igen och väntar på godkännande." in told
    assert "Det är som det var förut." not in told


def test_what_is_out_is_never_too_late(browse: Any, cast: Cast, clock: SetClock) -> None:
    item = scheduled(cast)
    with cast.installation.store.write(cast.place.id) as session:
        items.load(session, item).state = "published"
    clock.forward(days=3)
    assert "Den tiden har passerat" not in browse(cast.writer).get(f"~/calendar/{item}/panel").text


def test_the_panel_shows_the_preview_and_what_can_be_done(browse: Any, cast: Cast) -> None:
    item = scheduled(cast)
    panel = browse(cast.writer).get(f"~/calendar/{item}/panel").text
    assert "I dag lägger vi fram vårt förslag" in panel
    for action in (f"/calendar/{item}/move", f"/items/{item}/duplicate", f"/items/{item}/cancel"):
        assert f'action="/w/gruppen{action}"' in panel
    assert "Godkänn<" not in panel


def test_who_may_approve_does_so_in_the_panel_on_the_hash_that_it_showed(browse: Any, cast: Cast) -> None:
    item = submitted(cast)
    browser = browse(cast.approver)
    panel = browser.get(f"~/calendar/{item}/panel").text
    assert f'name="hash" value="{hash_of(cast, item)}"' in panel
    assert 'name="verdict" value="approve"' in panel
    assert 'value="approve"' not in browse(cast.writer).get(f"~/calendar/{item}/panel").text


def test_there_is_no_panel_of_what_is_not_there(browse: Any, cast: Cast) -> None:
    assert browse(cast.writer).get("~/calendar/4711/panel").status_code == 404

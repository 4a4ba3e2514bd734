"""What Today asks of somebody: one line each, kind by kind, answered where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from commsched.services.kernel.context import Installation
from commsched.services.workflow import approve, pause
from tests.conftest import Browser, Cast, SetClock
from tests.publications import channel
from tests.services.desk import approved, deliveries, hash_of, look, publish_what_is_due, scheduled, submitted

Browse = Callable[..., Browser]


def asked(cast: Cast, clock: SetClock, behaviour: str = "needs a person") -> int:
    """An item of which nobody knows whether it went out; or one that was refused."""
    wall = channel(cast.installation, cast.place.id, "sandbox", settings={"behaviour": behaviour})
    item = scheduled(cast, channels=[wall])
    for step in ({"hours": 5}, {"minutes": 1}):
        clock.forward(**step)
        publish_what_is_due(cast.installation)
    return item


def kinds(page: str) -> list[str]:
    return re.findall(r'<h3 class="need-kind">([^<]+)', page)


def test_the_day_stands_before_what_needs_somebody(browse: Browse, cast: Cast) -> None:
    scheduled(cast)
    page = browse(cast.writer).get("~/").text
    assert page.index('id="line-h"') < page.index('id="needs-h"') < page.index('id="ahead-h"')


def test_the_lines_are_grouped_by_what_they_ask(browse: Browse, cast: Cast, clock: SetClock) -> None:
    back = submitted(cast)
    approve.request_changes(cast.installation, cast.actor("approver"), back, hash_of(cast, back), "Kortare")
    approved(cast, then_schedule=False)
    asked(cast, clock, "rejects")
    submitted(cast, publish_at="2026-11-28T12:00")
    assert kinds(browse(cast.approver).get("~/").text) == ["Stoppat", "Svara", "Godkänn", "Schemalägg"]


def test_what_a_platform_said_stands_in_the_line(browse: Browse, cast: Cast, clock: SetClock) -> None:
    asked(cast, clock, "rejects")
    page = browse(cast.writer).get("~/").text
    assert "den här väggen avvisar allt" in page
    assert "Plattformen sade nej" not in page


@pytest.mark.parametrize(("answer", "state"), [("published", "published"), ("not_published", "held")])
def test_an_unknown_is_answered_where_it_stands(
    browse: Browse, cast: Cast, clock: SetClock, answer: str, state: str
) -> None:
    item = asked(cast, clock)
    browser = browse(cast.writer)
    page = browser.get("~/").text
    assert "Gick det ut på" in page
    (row,) = deliveries(cast, item)
    form = f'action="/w/gruppen/items/{item}/deliveries/{row.id}/resolve"'
    assert page.count(form) == 2
    given = browser.post(f"~/items/{item}/deliveries/{row.id}/resolve", {"answer": answer, "back": "/w/gruppen/"})
    assert given.headers["Location"] == "/w/gruppen/"
    assert deliveries(cast, item)[0].state == state


def test_a_reader_is_told_but_not_asked(browse: Browse, cast: Cast, clock: SetClock) -> None:
    item = asked(cast, clock)
    page = browse(cast.reader).get("~/").text
    assert "Gick det ut på" in page
    assert f"/items/{item}/deliveries/" not in page


def test_an_answer_leads_to_no_other_site(browse: Browse, cast: Cast, clock: SetClock) -> None:
    item = asked(cast, clock)
    (row,) = deliveries(cast, item)
    typed = {"answer": "published", "back": "//other.example/"}
    given = browse(cast.writer).post(f"~/items/{item}/deliveries/{row.id}/resolve", typed)
    assert given.headers["Location"] == "/"


def test_what_was_sent_back_is_thrown_away_in_one_press_and_can_be_had_again(browse: Browse, cast: Cast) -> None:
    item = submitted(cast)
    approve.request_changes(cast.installation, cast.actor("approver"), item, hash_of(cast, item), "Kortare")
    browser = browse(cast.writer)
    assert f'action="/w/gruppen/items/{item}/cancel"' in browser.get("~/").text
    given = browser.post(f"~/items/{item}/cancel", {"discard": "1", "back": "/w/gruppen/"})
    assert given.headers["Location"] == "/w/gruppen/"
    assert look(cast, item).state == "cancelled"
    assert "Ångra" in browser.get("~/").text


def test_what_waits_for_others_is_folded_under_their_names(browse: Browse, cast: Cast) -> None:
    submitted(cast)
    submitted(cast, text="Ett annat inlägg som också väntar på samma person.")
    page = browse(cast.writer).get("~/").text
    assert "Väntar på Gunnar Lind (2)" in page
    assert "Inget väntar på dig" in page
    assert '<details class="fold elsewhere"><summary>' in page, "folded"


def test_who_is_waited_for_can_be_reminded_there(browse: Browse, cast: Cast) -> None:
    submitted(cast)
    page = browse(cast.writer).get("~/").text
    assert 'action="/w/gruppen/remind"' in page
    assert f'name="person" value="{cast.approver.id}"' in page
    assert 'action="/w/gruppen/remind"' not in browse(cast.reader).get("~/").text


def test_it_says_what_goes_out_next_and_how_much_tomorrow(browse: Browse, cast: Cast) -> None:
    scheduled(cast)
    scheduled(cast, text="Något annat, i morgon.", publish_at="2026-11-27T09:30")
    page = browse(cast.reader).get("~/").text
    assert re.search(r'Nästa:\s*<strong class="number">12:00</strong>', page)
    assert "I morgon: 1" in page


def test_a_pause_promises_nothing(browse: Browse, cast: Cast, installation: Installation) -> None:
    scheduled(cast)
    pause.pause(installation, cast.actor("writer"), "Olycka")
    page = browse(cast.reader).get("~/").text
    assert "Nästa:" not in page
    assert "Pausat: inget går ut." in page


def test_only_the_last_of_what_went_out_stands_open(browse: Browse, cast: Cast, clock: SetClock) -> None:
    for hour in range(4):
        scheduled(cast, text=f"Inlägg nummer {hour} i dag.", publish_at=f"2026-11-26T1{hour}:00")
    clock.forward(hours=9)
    publish_what_is_due(cast.installation)
    page = browse(cast.reader).get("~/").text
    assert "2 tidigare i dag" in page
    assert page.count('<li class="entry') == 4

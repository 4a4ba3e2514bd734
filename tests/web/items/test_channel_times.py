"""Times per channel on the pages: written in the composer, seen by the approver, moved on the item's page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from commsched.core.content.draft import ChannelIn
from commsched.services.content import items, times
from tests.conftest import Browser, Cast
from tests.publications import channel
from tests.services.desk import LATER, approved, deliveries, look, publish_what_is_due, scheduled, submitted, written

Browse = Callable[..., Browser]
OWN = "2026-11-26T18:00"


@pytest.fixture
def room(cast: Cast) -> int:
    return channel(cast.installation, cast.place.id, name="Pressrummet")


@pytest.fixture
def wall(cast: Cast) -> int:
    return channel(cast.installation, cast.place.id, "sandbox", name="Väggen")


def own(cast: Cast, item: int) -> dict[int, str]:
    with cast.installation.store.read(cast.place.id) as session:
        plan = times.plan(session, items.load(session, item))
        return {number: slot.wall for number, slot in plan.own.items()}


def typed(room: int, wall: int, **more: Any) -> dict[str, Any]:
    fields = {"kind": "post", "text": "Fler turer på linje 14.", "language": "sv", "channels": [room, wall]}
    return fields | {"publish_day": "2026-11-26", "publish_time": "12:00", "do": "save"} | more


def test_one_time_as_before_and_another_where_it_is_opened(browse: Browse, cast: Cast, room: int, wall: int) -> None:
    browser = browse(cast.writer)
    page = browser.get("~/write").text
    assert "Egen tid för någon kanal" in page
    assert '<details class="part" id="p-times">' in page, "closed for whoever does not need it"
    browser.post("~/write", typed(room, wall, **{f"at-{wall}_day": "2026-11-26", f"at-{wall}_time": "18"}))
    assert own(cast, 1) == {wall: OWN}
    page = browser.get("~/items/1/edit").text
    assert "Publiceras i 2 kanaler, den första" in page, "the bar says nothing that is not so"
    assert re.search(rf'name="at-{wall}_time" value="18:00"', page)
    assert '<details class="part" id="p-times" open>' in page
    browser.post("~/items/1/edit", typed(room, wall, stamp=re.search(r'name="stamp" value="([^"]+)"', page)[1]))  # type: ignore[index]
    assert own(cast, 1) == {}


def test_half_a_channels_time_is_asked_about_in_its_field(browse: Browse, cast: Cast, room: int, wall: int) -> None:
    given = browse(cast.writer).post("~/write", typed(room, wall, **{f"at-{wall}_time": "18:00"}))
    assert given.status_code == 422
    assert f'data-fault="channels.{wall}.publish_at"' in given.text
    assert "Välj också en dag." in given.text


def test_a_latest_time_set_elsewhere_is_kept_when_it_is_written_on(
    browse: Browse, cast: Cast, room: int, wall: int
) -> None:
    late = ChannelIn(id=wall, publish_at=OWN, latest_at="2026-11-26T18:07")
    item = written(cast, channels=[room, late])
    browser = browse(cast.writer)
    assert f'name="span-{wall}" value="7"' in browser.get(f"~/items/{item}/edit").text


def test_the_approver_sees_each_time(browse: Browse, cast: Cast, room: int, wall: int) -> None:
    item = submitted(cast, channels=[room, ChannelIn(id=wall, publish_at=OWN)])
    page = browse(cast.approver).get(f"~/items/{item}/review").text
    listed = re.search(r'<ul class="plain small times".*?</ul>', page, re.DOTALL)
    assert listed
    assert re.findall(r"<strong>[^<]*([\d:]{5})</strong> (\w+)", listed[0]) == [
        ("12:00", "Pressrummet"),
        ("18:00", "Väggen"),
    ]


def test_the_item_page_moves_one_or_all(browse: Browse, cast: Cast, room: int, wall: int) -> None:
    item = scheduled(cast, channels=[room, wall])
    browser = browse(cast.writer)
    page = browser.get(f"~/items/{item}").text
    assert "Bara Väggen" in page
    assert "times" not in re.findall(r'<ul class="plain small (\w+)"', page), "one time needs no list"
    to = {"publish_day": "2026-11-26", "publish_time": "18:00"}
    browser.post(f"~/items/{item}/move", to | {"channel": str(wall)})
    assert (look(cast, item).wall_time, own(cast, item)) == (LATER, {wall: OWN})
    assert "Går ut av sig själv i 2 kanaler, den första" in browser.get(f"~/items/{item}").text
    browser.post(f"~/items/{item}/move", {"publish_day": "2026-11-26", "publish_time": "13:00", "channel": ""})
    assert (look(cast, item).wall_time, own(cast, item)) == ("2026-11-26T13:00", {wall: "2026-11-26T19:00"})


def test_the_rest_is_moved_when_some_is_out(browse: Browse, cast: Cast, room: int, wall: int) -> None:
    item = scheduled(cast, channels=[room, ChannelIn(id=wall, publish_at=OWN)])
    cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    browser = browse(cast.writer)
    page = browser.get(f"~/items/{item}").text
    assert "Resten går ut av sig själv" in page
    assert "Bara Pressrummet" not in page
    assert 'name="publish_time" value="18:00"' in page, "the form begins with the time of what is left"
    browser.post(f"~/items/{item}/move", {"publish_day": "2026-11-26", "publish_time": "20:00", "channel": ""})
    assert (look(cast, item).wall_time, own(cast, item)) == (LATER, {wall: "2026-11-26T20:00"})
    assert {f"{row.due_at:%H:%M}" for row in deliveries(cast, item)} == {"11:00", "19:00"}


@pytest.mark.parametrize(
    ("day", "answers"), [("2027-03-28", ["01:30", "03:30"]), ("2027-10-31", ["sommartid", "vintertid"])]
)
@pytest.mark.parametrize("state", ["scheduled", "approved"])
@pytest.mark.parametrize("alone", [False, True])
def test_a_clock_change_is_asked_about_on_the_items_page(
    browse: Browse, cast: Cast, room: int, wall: int, day: str, answers: list[str], state: str, alone: bool
) -> None:
    item = {"scheduled": scheduled, "approved": approved}[state](
        cast, channels=[room, wall], **({"then_schedule": False} if state == "approved" else {})
    )
    path = "schedule" if state == "approved" else "move"
    fields = {"publish_day": day, "publish_time": "02.30"} | (
        {"channel": str(wall)} if alone and path == "move" else {}
    )
    asked = browse(cast.writer).post(f"~/items/{item}/{path}", fields)
    assert asked.status_code == 422
    buttons = re.findall(r'name="exact" value="([^"]+)">(.*?)</button>', asked.text, re.DOTALL)
    assert [word in button for word, (_value, button) in zip(answers, buttons, strict=True)] == [True, True], buttons
    chosen = browse(cast.writer).post(f"~/items/{item}/{path}", fields | {"exact": buttons[0][0], "ask_again": "1"})
    assert chosen.status_code == (303 if state == "scheduled" else 409), "an approval covers what is near"


def test_a_channel_that_nobody_knows_moves_nothing(browse: Browse, cast: Cast, room: int, wall: int) -> None:
    item = scheduled(cast, channels=[room, wall])
    moved = {"publish_day": "2026-11-26", "publish_time": "13:00", "channel": "x"}
    assert browse(cast.writer).post(f"~/items/{item}/move", moved).status_code == 422
    assert look(cast, item).wall_time == LATER


def test_a_yes_after_the_time_is_said_to_send_it_at_once(browse: Browse, cast: Cast, room: int) -> None:
    item = submitted(cast, channels=[room])
    sentence = "Om du godkänner går det ut genast"
    assert sentence not in browse(cast.approver).get(f"~/items/{item}/review").text
    cast.installation.clock.at = look(cast, item).publish_at + timedelta(minutes=5)  # type: ignore[attr-defined, operator]
    assert sentence in browse(cast.approver).get(f"~/items/{item}/review").text
    cast.installation.clock.at = look(cast, item).latest_at + timedelta(minutes=5)  # type: ignore[attr-defined, operator]
    page = browse(cast.approver).get(f"~/items/{item}/review").text
    assert sentence not in page
    assert "går inte att godkänna" in page

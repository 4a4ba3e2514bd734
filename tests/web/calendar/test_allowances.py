"""The calendar says where more is planned than a network takes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from commsched.core.platform.budget import Budget, Heard
from commsched.platforms import get as platform_called
from commsched.services.kernel import budgets
from commsched.services.kernel.context import Installation
from commsched.store.models import ChannelBudget
from commsched.store.types import to_micros
from commsched.web.calendar.allowances import DAY, beyond_left, too_many
from tests.conftest import Cast, SetClock
from tests.publications import channel
from tests.services.desk import scheduled


def row(at: int, channels: str = ",1,") -> Any:
    return (at, at, "scheduled", "", channels, "post", None, "", "")


def test_a_day_is_any_24_hours_and_is_told_once_for_each_date() -> None:
    hour = DAY // 24
    rows = [row(hour * number) for number in (0, 20, 23, 24, 30, 60)]
    days = too_many(rows, {1: 2}, lambda at: at // DAY)
    assert [(full.row[0] // hour, full.count) for full in days] == [(23, 3), (24, 4)]
    assert too_many(rows, {1: 4}, lambda at: at // DAY) == []
    assert too_many(rows, {2: 1}, lambda at: at // DAY) == []


def test_the_calendar_warns_of_a_day_that_is_too_full(browse: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    wall = channel(cast.installation, cast.place.id, platform="sandbox")
    monkeypatch.setattr(type(platform_called("sandbox")), "daily", 2)
    items = [scheduled(cast, channels=[wall], publish_at=f"2026-11-26T1{hour}:00") for hour in (2, 4, 6)]
    html = browse(cast.writer).get("~/calendar/").text
    told = html[html.index("Mer är planerat än ett nätverk tar emot") :]
    assert "3 är planerade, och det tar emot 2" in told
    assert re.search(rf'href="#i{items[2]}"', told)
    monkeypatch.setattr(type(platform_called("sandbox")), "daily", 3)
    assert "Mer är planerat" not in browse(cast.writer).get("~/calendar/?weeks=5").text


def test_the_calendar_warns_of_what_the_network_says_is_left(
    browse: Any, cast: Cast, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = channel(installation, cast.place.id, platform="sandbox")
    monkeypatch.setattr(type(platform_called("sandbox")), "budgets", lambda self, headers, now: [])
    items = [scheduled(cast, channels=[wall], publish_at=f"2026-11-26T1{hour}:00") for hour in (2, 4, 6)]
    now = installation.now()
    heard = Heard(Budget("posts", 100, 1, now + timedelta(hours=8)), now)
    with installation.store.write(cast.place.id) as session:
        budgets.write(session.connection(), [budgets.row_of(cast.place.id, wall, heard)])
    told = browse(cast.writer).get("~/calendar/").text
    assert "2 är planerade, och det tar emot 1" in told, "the third comes after it counts anew"
    assert re.search(rf'href="#i{items[1]}"', told)


def test_what_a_network_says_since_makes_the_page_another(
    browse: Any, cast: Cast, installation: Installation, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = channel(installation, cast.place.id, platform="sandbox")
    monkeypatch.setattr(type(platform_called("sandbox")), "budgets", lambda self, headers, now: [])
    scheduled(cast, channels=[wall], publish_at="2026-11-26T12:00")
    reader, seen = browse(cast.writer), []

    def hear(remaining: int) -> None:
        heard = Heard(Budget("posts", 100, remaining, clock.now() + timedelta(minutes=10)), clock.now())
        with installation.store.write(cast.place.id) as session:
            budgets.write(session.connection(), [budgets.row_of(cast.place.id, wall, heard)])

    def looks_again() -> int:
        answer = reader.get("~/calendar/", headers={"If-None-Match": seen[-1]} if seen else {})
        seen.append(answer.headers["ETag"])
        return int(answer.status_code)

    assert (looks_again(), looks_again()) == (200, 304)
    for remaining in (5, 0):
        hear(remaining)
        assert (looks_again(), looks_again()) == (200, 304)
    clock.forward(minutes=11)
    assert looks_again() == 200, "it counts anew by now"


def test_what_was_said_of_next_year_warns_for_a_day(cast: Cast, installation: Installation) -> None:
    now = installation.now()
    said = ChannelBudget(channel_id=1, name="posts", allowed=9, remaining=0, resets_at=now + timedelta(days=400))
    said.heard_at = now
    soon, late = (row(to_micros(now + timedelta(hours=hours))) for hours in (2, 30))
    assert [full.row for full in beyond_left([soon, late], [said], to_micros(now))] == [soon]
    assert beyond_left([late], [said], to_micros(now)) == []

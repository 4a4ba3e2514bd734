"""Posting by hand: what fits where, and that nothing is out before a person says so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from commsched.core.delivery.outcome import CannotTell, Found, Handles, Pending, Published, Rejected
from commsched.core.platform.contract import ConnectError, Progress
from commsched.platforms import get
from commsched.platforms.by_hand import PLACES
from tests.platforms._office import NOW, context, part, picture, view

by_hand = get("by_hand")
DONE = {"by": "Elin", "link": "https://example.org/1"}


def test_a_place_is_connected_by_its_name() -> None:
    account = by_hand.connect(context({"network": "paper", "name": "Insändare, Dagbladet"}, {}))
    assert (account.id, account.name, account.facts) == (
        "paper:insandare-dagbladet",
        "Insändare, Dagbladet",
        {"place": "paper"},
    )


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"network": "myspace", "name": "x"}, "network"),
        ({"network": "other", "name": " "}, "name"),
        ({"network": "other", "name": "x", "address": "javascript:1"}, "address"),
        ({"network": "other", "name": "x", "responsible": "Elin"}, "responsible"),
    ],
)
def test_what_is_wrong_is_told_by_its_field(settings: dict[str, str], field: str) -> None:
    with pytest.raises(ConnectError) as refused:
        by_hand.connect(context(settings, {}))
    assert refused.value.field == field


def test_each_place_has_its_limits_and_steps() -> None:
    for key, place in PLACES.items():
        assert place.steps
        assert by_hand.limits({"place": key}) == place.limits
    too_long = view("å" * 3001)
    assert [problem.blocks for problem in by_hand.check(too_long, {"place": "linkedin"})] == [True]
    assert by_hand.check(too_long, {"place": "paper"}) == []


def test_it_waits_until_somebody_has_said_so() -> None:
    which, on = part(by_hand, "Hej", picture()), context({"network": "other", "name": "x"}, {}, now=lambda: NOW)
    waiting = by_hand.prepare(which, on)
    assert isinstance(waiting, Pending)
    assert waiting.until > NOW
    assert isinstance(by_hand.publish(which, Handles(), on), Rejected)
    assert isinstance(by_hand.publish(which, Handles({"handed": "x"}), on), Rejected)
    confirmed = by_hand.prepare(replace(which, progress=Progress(Handles(DONE))), on)
    assert confirmed == Handles(DONE)
    outcome = by_hand.publish(which, confirmed, on)
    assert outcome == Published(which.key, DONE["link"], "Elin")


def test_only_a_person_knows_whether_it_is_out() -> None:
    which, on, since = part(by_hand, "Hej"), context({}, {}), datetime(2026, 11, 26, tzinfo=UTC)
    assert by_hand.find(which, Handles(DONE), since, on) == Found(which.key, DONE["link"])
    unknown = by_hand.find(which, Handles(), since, on)
    assert isinstance(unknown, CannotTell)
    assert unknown.final


def test_a_thread_is_one_task() -> None:
    assert [part.text for part in by_hand.parts(view("Ett\n---\nTvå"))] == ["Ett\n---\nTvå"]

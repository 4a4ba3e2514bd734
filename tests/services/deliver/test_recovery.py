"""What may have gone out is read back, after a lost answer as after a crash, and never sent again on hope."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from commsched.services.deliver.recovery import recover
from commsched.services.workflow import resolve
from commsched.store.models import Channel, Item, Notice
from commsched.store.session import EVERY_WORKSPACE
from tests.sims.scenes import asked, change, due, fail, only_delivery, outcome
from tests.sims.world import FIRST, LIST, World


@pytest.mark.parametrize("channel", [1, 2, 3, 4])
@pytest.mark.parametrize("fault", ["timeout after", "500 after", "reset", "malformed", "raises after", "late"])
def test_a_lost_answer_never_makes_a_second_post(world: World, channel: int, fault: str) -> None:
    due(world, channel=channel)
    fail(world, fault)
    world.settle()
    for seconds in (6, 30, 150, 700):
        world.clock.forward(seconds)
        world.settle()
        world.wall.arrive()
    assert len(world.wall.seen) == (len(LIST) if channel == 4 else 1)
    assert (only_delivery(world).state, only_delivery(world).reason) == (
        ("unknown", "ask") if channel == 4 else ("published", "")
    )


def test_an_unknown_part_is_never_sent_before_it_was_read_back(world: World) -> None:
    due(world, channel=3)
    fail(world, "timeout before")
    world.settle()
    assert (only_delivery(world).state, only_delivery(world).reason, world.attempts) == ("unknown", "verify", 1)
    world.clock.forward(4)  # the settle time has not passed
    world.settle()
    assert world.attempts == 1
    world.clock.forward(2)
    world.settle()
    assert (only_delivery(world).state, only_delivery(world).reason, world.attempts) == ("waiting", "absent", 1)
    world.clock.forward(5)
    world.settle()
    assert outcome(world) == ("published", "", 1)
    assert world.attempts == 2


@pytest.mark.parametrize("fault", ["timeout after", "timeout before"])
def test_a_server_that_was_down_longer_than_the_patience_is_still_read_back(world: World, fault: str) -> None:
    due(world, channel=3)
    fail(world, fault)
    world.settle()
    fail(world, *["cannot tell"] * 5, kind="look")
    for seconds in (6, 20, 120, 600, 600):
        world.clock.forward(seconds)
        world.settle()
    row = only_delivery(world)
    assert (row.state, row.reason) == ("unknown", "ask")
    assert row.next_at is not None, "nothing is asked of the server any more"
    people = asked(world)
    assert people
    for _ in range(3):
        world.clock.forward(600)
        world.settle()
    assert outcome(world) == ("published", "", 1)
    assert asked(world) == people, "whoever is asked needs no word of every further look"


def test_reading_back_is_told_what_else_the_account_has_published(world: World) -> None:
    told: list[frozenset[str]] = []

    def note(kind: str, platform: Any, part: Any) -> str:
        if kind == "look":
            told.append(part.others)
        return "timeout before" if kind == "send" and len(world.wall.seen) == 1 and not told else ""

    due(world, channel=3)
    world.settle()
    due(world, channel=3)
    world.wall.fault = note
    world.settle()
    world.clock.forward(6)
    world.settle()
    [first] = [one.id for one in world.wall.seen if one.key.endswith("-0")][:1]
    assert told == [frozenset({first, f"https://wall.example/{first}"})]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"keeps_key": True}, ("published", "", 1)),
        ({"keeps_key": False}, ("held", "absent", 0)),
        ({}, ("held", "absent", 0)),
    ],
)
def test_what_is_absent_is_resent_only_on_a_server_known_to_keep_the_key(
    world: World, monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any], expected: tuple[str, str, int]
) -> None:
    monkeypatch.setattr(world.platforms["sim-read"], "resends", lambda facts: facts.get("keeps_key") is True)
    change(world, Channel, facts=facts)
    due(world, channel=3)
    fail(world, "timeout before")
    for seconds in (0, 6, 6):
        world.clock.forward(seconds)
        world.settle()
    assert outcome(world) == expected


@pytest.mark.parametrize(("minutes", "expected"), [(44, "published"), (46, "held")])
def test_what_is_absent_is_resent_only_while_the_server_keeps_the_key(
    world: World, monkeypatch: pytest.MonkeyPatch, minutes: int, expected: str
) -> None:
    monkeypatch.setattr(world.platforms["sim-read"], "resend_within", timedelta(minutes=45), raising=False)
    due(world, channel=3)
    fail(world, "timeout before")
    world.settle()
    fail(world, *["cannot tell"] * 3, kind="look")
    for seconds in (6, 20, 120, minutes * 60 - 146, 6, 6):
        world.clock.forward(seconds)
        world.settle()
    assert outcome(world)[0] == expected


def test_while_a_person_is_asked_what_is_too_late_is_not_sent_by_itself(world: World) -> None:
    due(world, channel=3)
    fail(world, "timeout before")
    world.settle()
    fail(world, *["cannot tell"] * 8, kind="look")
    for _ in range(12):
        world.clock.forward(600)
        world.settle()
    assert outcome(world) == ("held", "absent", 0)


def test_a_server_that_loses_every_answer_is_not_hammered(world: World) -> None:
    due(world, channel=3)
    fail(world, *["timeout before"] * 100)
    for _ in range(600):
        world.clock.forward(1)
        world.settle()
    assert world.attempts <= 6, "ten minutes of 503 are no reason for an attempt every five seconds"


def test_absent_is_a_question_where_absence_is_hard_to_prove(world: World) -> None:
    due(world, channel=2)
    fail(world, "timeout before")
    world.settle()
    world.clock.forward(6)
    world.settle()
    assert outcome(world) == ("held", "absent", 0)
    resolve.send(world.installation, world.actor(FIRST), only_delivery(world).id)
    world.settle()
    assert outcome(world) == ("published", "", 1)


def test_when_reading_back_never_answers_a_person_is_asked_and_nothing_is_sent(world: World) -> None:
    due(world, channel=3)
    fail(world, "timeout after")
    world.settle()
    fail(world, *["cannot tell"] * 20, kind="look")
    for _ in range(8):
        world.clock.forward(600)
        world.settle()
    assert outcome(world) == ("unknown", "ask", 1)


@pytest.mark.parametrize("fault", ["crash before", "crash after"])
@pytest.mark.parametrize("channel", [1, 2, 3, 4])
def test_a_kill_in_the_middle_of_a_call_neither_loses_nor_doubles(world: World, channel: int, fault: str) -> None:
    due(world, channel=channel)
    fail(world, fault)
    world.settle()
    assert only_delivery(world).state in ("unknown", "sending", "published")
    world.finish()
    seen = {seen.recipient or "reader" for seen in world.wall.seen}
    state, reason = only_delivery(world).state, only_delivery(world).reason
    assert (state, reason) in {("published", ""), ("held", "absent"), ("unknown", "ask")}
    assert len(seen) == len(world.wall.seen)


def test_without_recovering_a_killed_attempt_would_stay_open_for_ever(world: World) -> None:
    due(world, channel=3)
    world.step()
    world.hands.calls.clear()
    world.crash()
    assert (only_delivery(world).state, only_delivery(world).reason) == ("unknown", "verify")
    world.finish()
    assert outcome(world) == ("published", "", 1)


def test_what_nobody_sends_any_more_is_asked_about(world: World) -> None:
    due(world)
    world.step()
    world.hands.calls.clear()
    with world.installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(text("UPDATE attempt SET outcome = 'rejected'"))
    world.crash()
    assert outcome(world) == ("unknown", "ask", 0)
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert session.scalars(select(Notice.kind).where(Notice.kind == "unknown_ask")).all()
        assert session.scalars(select(Item.state)).one() == "publishing"


def test_recovering_leaves_alone_what_this_process_has_under_way(world: World) -> None:
    due(world)
    world.step()
    assert recover(world.installation, owner=world.dispatcher.owner, besides=world.dispatcher.attempts, alone=True) == 0
    world.call()
    world.settle()
    assert outcome(world) == ("published", "", 1)


def test_an_attempt_open_on_the_channel_that_nobody_knows_of_is_read_back_first(world: World) -> None:
    due(world, channel=3)
    world.step()
    world.hands.calls.clear()
    world.nodes[0] = world._new_node()  # a commit that was reported failed, yet was made; nobody recovered
    second = due(world, channel=3)
    world.settle()
    world.finish()
    assert len(world.wall.seen) == 2
    assert world.items[-1] == second

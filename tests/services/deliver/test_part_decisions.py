"""What a person decides about parts: what became of them, and that the rest is moved, changed or left out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from commsched.core.text.messages import Invalid
from commsched.services.workflow import resolve, schedule
from commsched.store.models import AuditEntry, Delivery
from commsched.store.session import EVERY_WORKSPACE
from tests.sims.scenes import ask_about, due, fail, fates, only_delivery, outcome
from tests.sims.world import FIRST, World


def test_an_answer_by_a_person_is_not_undone_by_reading_back(world: World) -> None:
    due(world, channel=3)
    fail(world, "timeout before")
    world.settle()
    world.clock.forward(6)
    world.step()  # it is being read back
    resolve.resolve(
        world.installation, world.actor(FIRST), only_delivery(world).id, "published", "https://example.org/1"
    )
    world.settle()
    assert outcome(world) == ("published", "", 0)


def test_what_is_found_stands_whatever_a_person_thought(world: World) -> None:
    due(world, channel=3)
    fail(world, "timeout after")
    world.settle()
    world.clock.forward(6)
    world.step()
    resolve.resolve(world.installation, world.actor(FIRST), only_delivery(world).id, "not_published")
    world.settle()
    assert outcome(world) == ("published", "", 1)


@pytest.mark.parametrize("channel", [1, 4])
@pytest.mark.parametrize("deed", ["move", "schedule", "ask again"])
def test_what_is_partly_out_is_never_begun_again(world: World, channel: int, deed: str) -> None:
    item = due(world, channel=channel, parts=1 if channel == 4 else 3)
    world.step()
    world.call()
    world.pause()
    world.settle()
    world.resume("hold")
    if deed == "move":
        world.move(item, 5)
    elif deed == "schedule":
        world.schedule(item, 5)
    else:
        world.move(item, 60 * 40, ask_again=True)
        world.say_yes(item)
        world.clock.forward(40 * 3600)
    world.clock.forward(600)
    world.settle()
    assert len(world.wall.seen) == 3
    assert only_delivery(world).state == "published"


def test_what_is_partly_out_cannot_be_edited_into_something_else(world: World) -> None:
    item = due(world, parts=2)
    fail(world, "", "reject")
    world.settle()
    before = world._facts(item)[0]
    world.edit(item)
    assert world._facts(item)[0] == before


def test_what_is_partly_out_cannot_be_edited_while_another_time_is_asked_about(world: World) -> None:
    """Moved beyond its approval it is in review, and what waits there can otherwise be edited."""
    item = due(world, parts=2)
    fail(world, "", "reject")
    world.settle()
    far = (world.clock.at + timedelta(days=30)).isoformat()
    schedule.move(world.installation, world.actor(FIRST), item, far, ask_again=True)
    before, _place, row = world._facts(item)
    assert row.state == "in_review"
    world.edit(item)
    assert world._facts(item)[0] == before


@pytest.mark.parametrize("deed", ["cancel", "drop"])
def test_cancelling_the_rest_of_what_is_partly_out_does_not_say_that_nothing_went_out(world: World, deed: str) -> None:
    item = due(world, parts=2)
    fail(world, "", "reject")
    world.settle()
    if deed == "cancel":
        schedule.cancel(world.installation, world.actor(FIRST), item)
    else:
        resolve.drop(world.installation, world.actor(FIRST), only_delivery(world).id)
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert session.scalars(select(Delivery.state)).all() == ["cancelled"]
    assert world._facts(item)[2].state == "partly_published"


def test_answering_for_one_recipient_says_nothing_of_those_who_were_refused(world: World) -> None:
    ask_about(world, "reject", "timeout after")
    assert only_delivery(world).reason == "ask"
    resolve.resolve(world.installation, world.actor(FIRST), only_delivery(world).id, "published")
    assert only_delivery(world).state == "failed"


def test_each_recipient_nobody_knows_about_is_answered_for_alone(world: World) -> None:
    ask_about(world, "timeout after", "timeout before")
    assert (only_delivery(world).reason, fates(world)[:2]) == ("ask", ["unknown", "unknown"])
    resolve.resolve(world.installation, world.actor(FIRST), only_delivery(world).id, "published", parts=[0])
    assert (only_delivery(world).state, only_delivery(world).reason, fates(world)[:2]) == (
        "unknown",
        "ask",
        ["published", "unknown"],
    )
    resolve.resolve(world.installation, world.actor(FIRST), only_delivery(world).id, "not_published", parts=[1])
    assert outcome(world)[:2] == ("held", "absent")
    resolve.send(world.installation, world.actor(FIRST), only_delivery(world).id)
    world.settle()
    assert (only_delivery(world).state, set(fates(world))) == ("published", {"published"})
    assert len({seen.recipient for seen in world.wall.seen}) == len(world.wall.seen) == len(fates(world))
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        lines = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "delivery.resolved").order_by(AuditEntry.id)
        ).all()
    assert [(line.facts["answer"], line.facts["recipients"]) for line in lines] == [
        ("published", "1"),
        ("not_published", "2"),
    ]


def test_one_answer_for_them_all_is_still_possible_and_says_whom(world: World) -> None:
    ask_about(world, "timeout before", "timeout before")
    resolve.resolve(world.installation, world.actor(FIRST), only_delivery(world).id, "not_published")
    assert outcome(world)[:2] == ("held", "absent")
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        line = session.scalars(select(AuditEntry).where(AuditEntry.action == "delivery.resolved")).one()
    assert line.facts["recipients"] == "1–2"


@pytest.mark.parametrize("parts", [[], [2], [0, 99], [-1]])
def test_nobody_answers_for_somebody_whose_fate_is_known(world: World, parts: list[int]) -> None:
    ask_about(world, "timeout before", "timeout before")
    with pytest.raises(Invalid) as caught:
        resolve.resolve(world.installation, world.actor(FIRST), only_delivery(world).id, "published", parts=parts)
    assert caught.value.field == "parts"
    assert fates(world)[:2] == ["unknown", "unknown"]

"""After a restore nothing goes out twice, whatever was done after the backup, and nothing is held for ever."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from commsched.services.deliver.after_restore import doubt
from commsched.services.ops import after_restore
from commsched.services.workflow import pause, resolve, schedule
from commsched.store.models import AuditEntry, Channel, Delivery, Item, Part, Workspace
from commsched.store.session import EVERY_WORKSPACE
from tests.sims.scenes import due, fail, only_delivery, outcome
from tests.sims.world import FIRST, LIST, SECOND, WRITER, World

DAY = 24 * 3600.0


def scheduled(world: World, channel: int, minutes: float = 60 * 5, parts: int = 1) -> int:
    world.create(channels=(channel,), minutes=minutes, parts=parts)
    for person in (FIRST, SECOND):
        world.say_yes(world.items[-1], person)
    return world.items[-1]


def held(world: World, channel: int) -> int:
    item = scheduled(world, channel, minutes=5)
    world.clock.forward(2 * 3600)
    world.settle()
    assert only_delivery(world).reason == "late"
    return item


def thread(world: World, channel: int) -> int:
    return scheduled(world, channel, parts=1 if channel == 4 else 3)


def refused(world: World, channel: int) -> int:
    item = due(world, channel=channel)
    fail(world, *["reject"] * 3)
    world.settle()
    fail(world)
    assert only_delivery(world).state == "failed"
    return item


def in_review(world: World, channel: int) -> int:
    world.create(channels=(channel,), minutes=60 * 5)
    return world.items[-1]


BEFORE = {"waiting": scheduled, "held": held, "a thread": thread, "refused": refused, "in review": in_review}


def sent_now(world: World, item: int) -> None:
    """Whatever it takes to have it out at once."""
    for person in (FIRST, SECOND):
        world.say_yes(item, person)
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        row = session.scalars(select(Delivery).where(Delivery.item_id == item)).one()
    if row.state in ("held", "failed"):
        resolve.send(world.installation, world.actor(FIRST), row.id)
    else:
        schedule.move(world.installation, world.actor(WRITER), item, world.clock.at.isoformat())
    world.settle()


def half_sent_and_cancelled(world: World, item: int) -> None:
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        held = session.scalars(select(Delivery.state).where(Delivery.item_id == item)).all()
    if not held or held[0] in ("held", "failed"):
        return sent_now(world, item)
    schedule.move(world.installation, world.actor(WRITER), item, world.clock.at.isoformat())
    while not world.wall.seen:
        world.step()
        world.call()
    schedule.cancel(world.installation, world.actor(WRITER), item)
    world.settle()


def told_so_by_people(world: World) -> None:
    """People answer truthfully what they are asked, resume, and send whatever is held."""
    world.settle()
    world.clock.forward(10)
    world.settle()
    for which in (2, 4, 8, 10, 14, 16) * 4:  # see World.decide: these neither drop nor leave out what was seen
        world.decide(which)
    world.finish()
    for which in (2, 4, 8, 10) * 2:
        world.decide(which)
        world.settle()


@pytest.mark.parametrize("after", [sent_now, half_sent_and_cancelled])
@pytest.mark.parametrize("channel", [1, 2, 3, 4])
@pytest.mark.parametrize("before", BEFORE)
def test_what_went_out_after_the_backup_does_not_go_out_again(
    world: World, before: str, channel: int, after: Callable[[World, int], None]
) -> None:
    item = BEFORE[before](world, channel)
    world.backup()
    world.clock.forward(60)
    after(world, item)
    out = len(world.wall.seen)
    assert out
    world.clock.forward(600)
    world.restore(0)
    if before == "in review":  # it lies with its approver again, who has forgotten that it was said yes to
        for person in (FIRST, SECOND):
            world.say_yes(item, person)
    told_so_by_people(world)
    world.clock.forward(DAY)
    world.settle()
    told_so_by_people(world)
    texts = [(seen.channel, seen.text, seen.recipient) for seen in world.wall.seen]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("channel", [1, 2, 3])
@pytest.mark.parametrize("parts", [1, 2])
def test_what_proves_absent_waits_for_its_time_again_and_goes_out_then(world: World, channel: int, parts: int) -> None:
    scheduled(world, channel, parts=parts)
    world.backup()
    world.clock.forward(600)
    world.restore(0)
    assert (only_delivery(world).state, only_delivery(world).reason, only_delivery(world).was) == (
        "unknown",
        "verify",
        "waiting",
    )
    world.clock.forward(6)
    world.settle()
    row = only_delivery(world)
    assert (row.state, row.reason, row.was, row.next_at) == ("waiting", "", "", row.due_at)
    assert world._facts(1)[2].state == "scheduled"
    pause.resume(world.installation, world.actor(FIRST))
    world.clock.forward(4 * 3600)
    world.settle()
    assert not world.wall.seen
    world.clock.forward(3600)
    world.settle()
    assert outcome(world) == ("published", "", parts)


@pytest.mark.parametrize("before", [held, refused])
@pytest.mark.parametrize("channel", [1, 3])
def test_what_was_held_or_failed_is_so_again_for_its_own_reason(
    world: World, before: Callable[[World, int], int], channel: int
) -> None:
    before(world, channel)
    stood = only_delivery(world)
    world.backup()
    world.clock.forward(600)
    world.restore(0)
    world.clock.forward(6)
    world.settle()
    assert (only_delivery(world).state, only_delivery(world).reason) == (stood.state, stood.reason)
    world.resume("hold")
    resolve.send(world.installation, world.actor(FIRST), only_delivery(world).id)
    world.settle()
    assert outcome(world) == ("published", "", 1)


def test_a_list_is_asked_about_and_waits_again_when_it_reached_nobody(world: World) -> None:
    scheduled(world, 4)
    world.backup()
    world.restore(0)
    world.clock.forward(6)
    world.settle()
    assert (only_delivery(world).state, only_delivery(world).reason) == ("unknown", "ask")
    resolve.resolve(world.installation, world.actor(FIRST), only_delivery(world).id, "not_published")
    assert (only_delivery(world).state, only_delivery(world).next_at) == ("waiting", only_delivery(world).due_at)
    world.resume("hold")
    world.clock.forward(5 * 3600)
    world.settle()
    assert outcome(world) == ("published", "", len(LIST))


def test_a_list_that_had_reached_some_is_held_for_the_others(world: World) -> None:
    scheduled(world, 4)
    world.backup()
    world.restore(0)
    world.clock.forward(6)
    world.settle()
    who = world.actor(FIRST)
    resolve.resolve(world.installation, who, only_delivery(world).id, "published", parts=[0])
    resolve.resolve(world.installation, who, only_delivery(world).id, "not_published", parts=[1, 2])
    assert (only_delivery(world).state, world._facts(1)[2].state) == ("held", "partly_published")


def test_a_thread_found_half_out_is_held_for_a_person(world: World) -> None:
    item = scheduled(world, 3, parts=2)
    world.backup()
    half_sent_and_cancelled(world, item)
    world.clock.forward(60)
    world.restore(0)
    world.clock.forward(6)
    world.settle()
    assert (only_delivery(world).state, only_delivery(world).reason, world._facts(item)[2].state) == (
        "held",
        "part_found",
        "partly_published",
    )


def test_a_mailing_under_way_in_the_backup_is_asked_about_reader_by_reader(world: World) -> None:
    due(world, channel=4)
    world.step()
    world.call()
    world.step()
    world.backup()
    world.settle()
    world.clock.forward(60)
    world.restore(0)
    world.clock.forward(6)
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert session.scalars(select(Part.state).order_by(Part.number)).all() == ["published", "unknown", "unknown"]
    told_so_by_people(world)
    assert len(world.wall.seen) == len(LIST)


def test_a_second_restore_from_an_older_backup_looks_back_to_the_earlier_one(world: World) -> None:
    item = scheduled(world, 3)
    world.backup()
    world.clock.forward(DAY / 12)
    sent_now(world, item)  # the first future, forgotten
    world.clock.forward(60)
    world.restore(0)
    world.backup()  # of an office that has not read back yet
    world.clock.forward(DAY / 24)
    world.restore(1)
    assert only_delivery(world).doubt_since == world.backups[0][1]
    world.clock.forward(6)
    world.settle()
    assert outcome(world) == ("published", "", 1)


def test_what_was_being_read_back_in_the_backup_is_looked_for_from_its_own_call_on(world: World) -> None:
    due(world, channel=3)
    fail(world, "timeout before")
    world.settle()
    assert only_delivery(world).reason == "verify"
    world.backup()
    for _ in range(2):  # read back, absent, sent again after a while
        world.clock.forward(6)
        world.settle()
    assert len(world.wall.seen) == 1
    world.clock.forward(60)
    world.restore(0)
    world.clock.forward(6)
    world.settle()
    assert outcome(world) == ("published", "", 1)


def test_a_draft_of_the_backup_is_read_back_when_it_is_put_in_the_outbox(world: World) -> None:
    item = in_review(world, 1)
    world.backup()
    world.restore(0)
    world.resume("hold")
    world.say_yes(item)
    assert (only_delivery(world).state, only_delivery(world).was) == ("unknown", "waiting")
    world.settle()
    assert (only_delivery(world).state, world._facts(item)[2].state) == ("waiting", "scheduled")


def test_what_is_dropped_while_it_is_read_back_ends_with_the_answer(world: World) -> None:
    scheduled(world, 3)
    world.backup()
    world.restore(0)
    world.drop(0)
    world.clock.forward(6)
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert session.scalars(select(Delivery.state)).all() == ["cancelled"]
        assert session.scalars(select(Item.state)).all() == ["cancelled"]


def test_without_the_key_of_its_secrets_a_person_is_asked(world: World) -> None:
    scheduled(world, 1)
    world.backup()
    world.restore(0)
    with world.installation.store.write(EVERY_WORKSPACE) as session:
        for row in session.scalars(select(Channel)):
            row.secrets = "what no key opens"
    world.clock.forward(6)
    world.settle()
    assert (only_delivery(world).state, only_delivery(world).reason) == ("unknown", "ask")


def test_the_pause_says_why_in_a_sentence_and_the_record_what_was_found(world: World) -> None:
    scheduled(world, 3)
    world.backup()
    world.restore(0)
    world.clock.forward(6)
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert set(session.scalars(select(Workspace.pause_reason))) == {after_restore.REASON}
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("delivery.%"))).all()
    assert actions == ["delivery.doubted", "delivery.absent"]
    assert pause.REASONS[after_restore.REASON].endswith(".")


def test_every_delivery_that_is_not_finished_is_doubted_whatever_its_time(world: World) -> None:
    for channel in (1, 3):
        scheduled(world, channel, minutes=60 * 24 * 20)
    assert doubt(world.installation, world.clock.at) == 2

"""Each guard of the gate, one by one: what must not go out does not, and what may goes out once."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from commsched.core.text.messages import Conflict
from commsched.services.workflow import pause, schedule
from commsched.store.models import Attempt, Channel, Decision, Delivery
from commsched.store.session import EVERY_WORKSPACE
from tests.sims.scenes import change, due, fail, only_delivery, outcome
from tests.sims.world import FIRST, LIST, WRITER, World


def test_what_is_approved_and_due_goes_out_once(world: World) -> None:
    due(world)
    world.settle()
    world.settle()
    assert outcome(world) == ("published", "", 1)


def test_nothing_goes_out_without_an_approval_that_stands(world: World) -> None:
    due(world)
    with world.installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(text("DELETE FROM decision"))
    world.settle()
    assert outcome(world) == ("held", "unapproved", 0)


def test_an_approval_of_other_words_says_nothing_of_these(world: World) -> None:
    due(world)
    change(world, Decision, hash="0" * 64)
    world.settle()
    assert outcome(world) == ("held", "unapproved", 0)


def test_words_changed_behind_everybodys_back_are_held(world: World) -> None:
    world.tamper(due(world))
    world.settle()
    assert outcome(world) == ("held", "changed", 0)


def test_only_the_newest_revision_goes_out(world: World) -> None:
    due(world)
    with world.installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(text("UPDATE item SET revision_id = revision_id + 1"))
    world.settle()
    assert outcome(world) == ("held", "changed", 0)


def test_nothing_goes_out_before_its_time(world: World) -> None:
    due(world)
    world.clock.forward(-5)
    with world.installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(text("UPDATE delivery SET next_at = next_at - 60000000"))
    world.settle()
    assert outcome(world) == ("waiting", "", 0)
    world.clock.forward(5)
    world.settle()
    assert outcome(world) == ("published", "", 1)


def test_nothing_goes_out_before_its_embargo(world: World) -> None:
    due(world, embargo=0.0)
    with world.installation.store.write(EVERY_WORKSPACE) as session:  # a time that slipped in front of the embargo
        session.execute(text("UPDATE delivery SET due_at = due_at - 8000000, next_at = next_at - 8000000"))
    world.clock.forward(-6)
    world.settle()
    assert outcome(world) == ("waiting", "", 0)


def test_nothing_goes_out_after_its_latest_time(world: World) -> None:
    due(world)
    world.clock.forward(3600)
    world.settle()
    assert outcome(world) == ("held", "late", 0)


def test_nothing_goes_out_outside_the_window_that_was_approved(world: World) -> None:
    due(world, latest=60.0 * 72)
    world.clock.forward(25 * 3600)
    world.settle()
    assert outcome(world) == ("held", "window", 0)


def test_nothing_goes_out_while_paused(world: World) -> None:
    due(world)
    world.pause()
    world.settle()
    assert outcome(world) == ("held", "paused", 0)


def test_what_fell_due_while_paused_is_held_though_the_courier_never_looked(world: World) -> None:
    due(world)
    world.pause()
    world.resume("hold")
    world.settle()
    assert outcome(world) == ("held", "paused", 0)


def test_resuming_with_send_lets_go_what_is_not_too_late(world: World) -> None:
    due(world)
    world.pause()
    world.clock.forward(60)
    world.resume("send")
    world.settle()
    assert outcome(world) == ("published", "", 1)


def test_resuming_never_sends_what_became_too_late(world: World) -> None:
    due(world)
    world.pause()
    world.clock.forward(2 * 3600)
    assert pause.resume(world.installation, world.actor(FIRST), "send") == 1
    assert outcome(world) == ("held", "late", 0), "held before the courier ever looked"
    world.settle()
    assert outcome(world) == ("held", "late", 0)


def test_a_thread_paused_in_the_middle_goes_on_after_its_last_part(world: World) -> None:
    due(world, parts=3)
    world.step()
    world.call()
    world.pause()
    world.settle()
    assert outcome(world) == ("held", "paused", 1)
    world.resume("send")
    world.settle()
    assert outcome(world) == ("published", "", 3)
    assert [seen.text[-1] for seen in world.wall.seen] == ["0", "1", "2"]


def test_pause_stops_between_two_recipients(world: World) -> None:
    due(world, channel=4)
    world.step()
    world.call()
    world.pause()
    world.settle()
    assert outcome(world) == ("held", "paused", 1)
    world.resume("send")
    world.settle()
    assert sorted(seen.recipient for seen in world.wall.seen) == sorted(LIST)


def test_a_list_put_in_another_order_gives_nobody_a_second_mail(world: World) -> None:
    due(world, channel=4)
    world.step()
    world.call()
    world.set_list(LIST[::-1])
    world.settle()
    assert sorted(seen.recipient for seen in world.wall.seen) == sorted(LIST)
    assert only_delivery(world).state == "published"


def test_a_list_that_changed_is_held(world: World) -> None:
    due(world, channel=4)
    world.set_list((*LIST, "ny@tidningen.se"))
    world.settle()
    assert outcome(world) == ("held", "changed", 0)


def test_a_picture_that_is_not_the_approved_one_is_held(world: World) -> None:
    due(world, picture=True)
    world.picture_file.write_bytes(b"another picture")
    world.settle()
    assert outcome(world) == ("held", "media", 0)


def test_a_picture_changed_between_preparing_and_sending_does_not_go_out(world: World) -> None:
    due(world, picture=True)
    world.step()
    world.call()
    world.picture_file.write_bytes(b"another picture")
    world.settle()
    assert [len(seen.pictures) for seen in world.wall.seen] == [1], "the bytes that were hashed are the ones sent"


def test_a_date_that_has_passed_stops_nothing_that_the_platform_takes(world: World) -> None:
    change(world, Channel, token_expires_at=world.clock.at)
    due(world)
    world.settle()
    assert outcome(world) == ("published", "", 1)


def test_the_database_refuses_a_second_open_attempt_on_a_channel(world: World) -> None:
    due(world)
    world.step()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        first = session.scalars(select(Attempt)).one()
    with pytest.raises(IntegrityError), world.installation.store.write(EVERY_WORKSPACE) as session:
        session.add(
            Attempt(
                delivery_id=first.delivery_id,
                channel_id=first.channel_id,
                part=0,
                hash="",
                started_at=world.clock.at,
                outcome="",
                detail="",
            )
        )
    world.settle()


@pytest.mark.parametrize("deed", ["cancel", "move", "edit", "pause", "take back"])
def test_what_a_person_decides_before_the_attempt_stands(world: World, deed: str) -> None:
    item = due(world, picture=True)
    world.step()  # the pictures are being made ready
    deeds = {
        "cancel": lambda: world.cancel(item),
        "move": lambda: world.move(item, 30),
        "pause": world.pause,
        "edit": lambda: world.edit(item),
        "take back": lambda: world.take_back(item),
    }
    deeds[deed]()
    fail(world, "dns", kind="prepare")
    world.settle()
    assert not world.wall.seen
    world.clock.forward(120)
    world.settle()
    assert not world.wall.seen
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        live = session.scalars(select(Delivery).where(Delivery.state.in_(("waiting", "sending")))).all()
    assert len(live) == (1 if deed == "move" else 0)


def test_a_delivery_whose_key_is_gone_is_held_and_leaves_no_attempt_open(world: World) -> None:
    due(world)
    change(world, Channel, secrets="what no key opens")
    world.settle()
    assert outcome(world) == ("held", "internal", 0)
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert not session.scalars(select(Attempt)).all()


def test_withdrawing_holds_even_if_the_clock_was_set_back_before_it(world: World) -> None:
    due(world, latest=60.0)
    world.clock.forward(-600)
    world.take_back(world.items[-1])
    world.submit(world.items[-1])
    world.clock.forward(900)
    with pytest.raises(Conflict):
        schedule.schedule(world.installation, world.actor(WRITER), world.items[-1])
    world.settle()
    assert not world.wall.seen


def test_another_offices_channel_is_never_reached(world: World) -> None:
    world.create(place=2, minutes=0.1)
    world.say_yes(world.items[-1])
    due(world)
    world.finish()
    assert sorted(seen.channel for seen in world.wall.seen) == [1, 5]

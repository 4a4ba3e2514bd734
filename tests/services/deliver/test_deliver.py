"""Each guard of the publisher, one by one: what must not go out does not, and what may goes out once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from commsched.core.text.messages import Conflict, Invalid
from commsched.services.deliver import dispatcher as dispatcher_module
from commsched.services.deliver.batch import Batch
from commsched.services.deliver.recovery import recover
from commsched.services.workflow import pause, resolve, schedule
from commsched.store.models import Attempt, AuditEntry, Channel, Decision, Delivery, Item, Notice, Part
from commsched.store.session import EVERY_WORKSPACE
from tests.sims.platform import Crash
from tests.sims.scenes import ask_about, asked, change, due, fail, fates, only_delivery, outcome
from tests.sims.world import FIRST, LIST, SECOND, WRITER, World


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


def test_a_part_answers_the_one_before_it(world: World) -> None:
    due(world, parts=3)
    world.settle()
    ids = [seen.id for seen in world.wall.seen]
    assert [seen.parent for seen in world.wall.seen] == ["", *ids[:2]]


def test_a_part_that_is_refused_stops_those_after_it(world: World) -> None:
    due(world, parts=3)
    fail(world, "", "reject")
    world.settle()
    assert outcome(world) == ("failed", "rejected", 1)


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


def test_a_date_that_has_passed_stops_nothing_that_the_platform_takes(world: World) -> None:
    change(world, Channel, token_expires_at=world.clock.at)
    due(world)
    world.settle()
    assert outcome(world) == ("published", "", 1)


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


@pytest.mark.parametrize("trouble", ["crash before", "crash after", "full", "locked"])
@pytest.mark.parametrize("turn", [0, 1])
def test_a_kill_or_a_full_disk_at_a_commit_neither_loses_nor_doubles(world: World, trouble: str, turn: int) -> None:
    due(world, channel=3)
    for _ in range(turn):
        world.step()
        world.call()
    world.trouble = trouble
    world.step()
    assert len(world.wall.seen) <= turn
    world.finish()
    assert outcome(world) == ("published", "", 1)


def test_nothing_is_called_when_the_attempt_cannot_be_committed(world: World) -> None:
    due(world)
    for trouble in ("locked", "full"):
        world.trouble = trouble
        world.step()
        assert not world.hands.calls
    world.settle()
    assert outcome(world) == ("published", "", 1)


def test_an_answer_that_cannot_be_written_is_kept_and_written_later(world: World) -> None:
    due(world)
    world.step()
    world.call()
    for _ in range(3):
        world.trouble = "full"
        world.step()
    assert only_delivery(world).state == "sending"
    world.settle()
    assert outcome(world) == ("published", "", 1)


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


def test_one_channel_has_one_call_at_a_time_and_many_channels_many(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(dispatcher_module.Dispatcher, "_one_by_one")  # the database need not even refuse it
    for _ in range(3):
        due(world, channel=1)
    due(world, channel=3)
    for _ in range(4):
        world.step()
    assert len(world.hands.calls) == 2
    world.settle()
    assert len(world.wall.seen) == 4


def test_no_attempt_is_committed_that_no_hand_is_free_for(world: World) -> None:
    world.dispatcher.width = 1
    due(world, channel=1)
    due(world, channel=3)
    for _ in range(3):
        world.step()
    assert len(world.hands.calls) == 1
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert len(session.scalars(select(Attempt).where(Attempt.outcome == "")).all()) == 1
    world.settle()
    assert len(world.wall.seen) == 2


def test_a_computer_that_slept_before_the_call_does_not_make_it(world: World) -> None:
    due(world)
    world.step()
    world.clock.forward(8 * 3600)
    world.settle()
    assert outcome(world) == ("held", "late", 0)


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


def test_a_rate_limit_rests_the_whole_channel_even_past_the_latest_time(world: World) -> None:
    due(world, latest=1.0)
    due(world, latest=1.0)
    fail(world, "429")
    world.settle()
    assert world.attempts == 1
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        reasons = session.scalars(select(Delivery.reason).order_by(Delivery.id)).all()
        assert session.get(Channel, 1).not_before is not None  # type: ignore[union-attr]
    assert set(reasons) == {"late"}


def test_retries_wait_longer_and_are_counted(world: World) -> None:
    due(world)
    fail(world, "dns", "dns", "dns")
    waits = []
    for _ in range(3):
        world.settle()
        left = only_delivery(world).next_at
        assert left is not None
        waits.append((left - world.clock.at).total_seconds())
        world.clock.forward(waits[-1])
    world.settle()
    assert waits == [5, 15, 60]
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert session.scalars(select(Part.tries)).all() == [4]
    assert outcome(world) == ("published", "", 1)


def test_a_dead_token_stops_the_channel_and_tells_people(world: World) -> None:
    due(world)
    due(world)
    fail(world, "token")
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert session.get(Channel, 1).state == "broken"  # type: ignore[union-attr]
        assert set(session.scalars(select(Delivery.reason))) == {"token"}
        assert {n.facts["delivery"] for n in session.scalars(select(Notice).where(Notice.kind == "held"))} == {1, 2}
    assert world.attempts == 1


def test_what_stops_is_told_and_on_the_record_in_the_same_transaction(world: World) -> None:
    world.tamper(due(world))
    world.trouble = "full"
    world.step()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert not session.scalars(select(Notice).where(Notice.kind == "held")).all()
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        people = {n.person_id for n in session.scalars(select(Notice).where(Notice.kind == "held"))}
        assert people == {WRITER, FIRST, SECOND}
        assert (
            session.scalars(select(AuditEntry).where(AuditEntry.action == "delivery.held")).one().actor == "scheduler"
        )
        assert session.scalars(select(Item.state)).one() == "held"


def test_a_row_that_breaks_every_transaction_stops_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    poison = due(world)
    due(world, channel=3)
    real = dispatcher_module.Admission.consider

    def break_(self: Any, job: Any) -> Any:
        call = real(self, job)
        if self.loaded.rows[job.delivery].item_id == poison:
            self.batch.delivery(job.delivery, detail=object())  # what no driver can write
        return call

    monkeypatch.setattr(dispatcher_module.Admission, "consider", break_)
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        states = {row.item_id: row.state for row in session.scalars(select(Delivery))}
        reason = session.scalar(select(Delivery.reason).where(Delivery.item_id == poison))
    assert states == {poison: "held", world.items[-1]: "published"}
    assert reason == "internal"
    assert [seen.channel for seen in world.wall.seen] == [3]


def test_an_answer_that_breaks_every_transaction_becomes_a_question(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(world)
    due(world, channel=3)

    def break_(self: Any, done: Any, *rest: Any) -> Any:
        if done.call.job.channel == 1:
            raise ZeroDivisionError
        return real(self, done, *rest)

    real = dispatcher_module.OutcomeRecorder._sent
    monkeypatch.setattr(dispatcher_module.OutcomeRecorder, "_sent", break_)
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        rows = session.execute(select(Delivery.channel_id, Delivery.state, Delivery.reason)).all()
    assert sorted(rows) == [(1, "unknown", "ask"), (3, "published", "")]
    assert len(world.wall.seen) == 2


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


def test_another_offices_channel_is_never_reached(world: World) -> None:
    world.create(place=2, minutes=0.1)
    world.say_yes(world.items[-1])
    due(world)
    world.finish()
    assert sorted(seen.channel for seen in world.wall.seen) == [1, 5]


def test_a_crash_is_not_an_exception_that_anything_swallows(world: World) -> None:
    due(world)
    fail(world, "crash before")
    world.step()
    with pytest.raises(Crash):
        world.hands.calls.pop()()
    world.crash()
    assert only_delivery(world).state == "unknown"


def test_what_was_sent_of_an_item_deleted_meanwhile_disturbs_no_other(world: World, caplog: Any) -> None:
    due(world)
    due(world, channel=2)
    world.step()
    while world.hands.calls:
        world.hands.calls.pop()()
    with world.installation.store.write(EVERY_WORKSPACE) as session:
        gone = session.scalars(select(Delivery.id).where(Delivery.channel_id == 1)).one()
        for table in ("attempt", "part"):
            session.execute(text(f"DELETE FROM {table} WHERE delivery_id = {gone}"))
        session.execute(text(f"DELETE FROM delivery WHERE id = {gone}"))
    with caplog.at_level("ERROR", logger="commsched"):
        world.settle()
    assert only_delivery(world).state == "published"
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("failures", [1, 4])
def test_an_answer_that_could_not_be_written_down_at_once_is_still_one_try(
    world: World, failures: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(world)
    fail(world, "dns")
    flush, left = Batch.flush, [failures]

    def held(batch: Batch, connection: Any, now: Any) -> None:
        if batch.attempts and left[0]:
            left[0] -= 1
            raise OperationalError("INSERT", {}, Exception("database is locked"))
        flush(batch, connection, now)

    monkeypatch.setattr(Batch, "flush", held)
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        part = session.scalars(select(Part)).one()
    assert (left, part.state, part.tries) == ([0], "waiting", 1)

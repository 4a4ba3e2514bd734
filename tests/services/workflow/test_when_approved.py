"""An item that goes out as soon as it is approved: no time before that, and every guard of a timed one after."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commsched.core.text.messages import Conflict, Invalid, NotAllowed
from commsched.services.channels import connect
from commsched.services.content import items
from commsched.services.workflow import approve, editing, pause, schedule
from commsched.store.models import Workspace
from tests.conftest import Cast, SetClock
from tests.publications import channel
from tests.services import desk

SOON = {"publish_at": None, "when_approved": True}


def yes(cast: Cast, item: int, who: str = "approver") -> None:
    approve.approve(cast.installation, cast.actor(who), item, desk.hash_of(cast, item))


def due(cast: Cast, item: int) -> list[str]:
    return [f"{row.due_at:%H:%M}" for row in desk.deliveries(cast, item) if row.state == "waiting"]


def test_the_last_yes_puts_it_in_the_outbox_for_that_moment(cast: Cast, clock: SetClock) -> None:
    item = desk.submitted(cast, then_schedule=False, **SOON)
    assert desk.look(cast, item).publish_at is None
    clock.forward(hours=3)
    yes(cast, item)
    row = desk.look(cast, item)
    assert (row.state, row.publish_at) == ("scheduled", cast.installation.now())
    assert row.latest_at == cast.installation.now() + timedelta(minutes=120)
    desk.publish_what_is_due(cast.installation)
    assert desk.look(cast, item).state == "published"


def test_nothing_goes_out_before_the_yes_and_not_by_ones_own(cast: Cast, clock: SetClock) -> None:
    item = desk.submitted(cast, **SOON)
    clock.forward(hours=30)
    desk.publish_what_is_due(cast.installation)
    assert (desk.look(cast, item).state, desk.deliveries(cast, item)) == ("in_review", [])
    with pytest.raises((NotAllowed, Conflict)):
        yes(cast, item, "writer")
    assert desk.deliveries(cast, item) == []


def test_where_two_must_approve_the_first_yes_is_not_enough(cast: Cast, clock: SetClock) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Workspace, cast.place.id).policy = {"steps": [{"role": "approver"}, {"role": "administrator"}]}
    item = desk.submitted(cast, **SOON)
    yes(cast, item)
    assert (desk.look(cast, item).state, desk.deliveries(cast, item)) == ("in_review", [])
    clock.forward(days=8)  # the first yes reached seven days
    yes(cast, item, "administrator")
    row = desk.look(cast, item)
    assert (row.state, row.publish_at, desk.deliveries(cast, item)) == ("in_review", None, [])
    yes(cast, item)
    assert (desk.look(cast, item).state, desk.look(cast, item).publish_at) == ("scheduled", cast.installation.now())


def test_what_is_public_waits_for_the_embargo_and_a_list_gets_it_now(cast: Cast) -> None:
    press = connect.connect(
        cast.installation, cast.actor(), "presslist", "Pressen", {"addresses": "red@tidning.example"}
    ).id
    room = channel(cast.installation, cast.place.id)
    said = {"kind": "release", "title": "Ja", "contact": "Eva", "embargo": "2026-11-26T14:00"}
    item = desk.submitted(cast, channels=[press, room], **said, **SOON)
    yes(cast, item)
    now = cast.installation.now()
    assert sorted(due(cast, item)) == sorted([f"{now:%H:%M}", "13:00"])


def test_with_nobody_before_it_the_whole_waits_for_the_embargo(cast: Cast) -> None:
    item = desk.submitted(cast, kind="release", title="Ja", contact="Eva", embargo="2026-12-24T14:00", **SOON)
    yes(cast, item)
    assert due(cast, item) == ["13:00"], "the yes covers the embargo's end, however far away that is"


def test_a_latest_time_that_has_passed_refuses_the_yes(cast: Cast, clock: SetClock) -> None:
    item = desk.submitted(cast, latest_at="2026-11-26T10:00", **SOON)
    clock.forward(hours=6)
    with pytest.raises(Conflict, match="time has passed"):
        yes(cast, item)
    assert desk.deliveries(cast, item) == []


def test_a_latest_time_binds_what_is_approved(cast: Cast, clock: SetClock) -> None:
    item = desk.submitted(cast, latest_at="2026-11-26T10:00", **SOON)
    yes(cast, item)
    pause.pause(cast.installation, cast.actor(), "Vänta")
    clock.forward(hours=6)
    pause.resume(cast.installation, cast.actor())
    desk.publish_what_is_due(cast.installation)
    assert desk.look(cast, item).state == "held"


def test_a_change_voids_the_yes_and_the_time_with_it(cast: Cast, clock: SetClock) -> None:
    pause.pause(cast.installation, cast.actor(), "Vänta")
    item = desk.approved(cast, **SOON)
    assert desk.look(cast, item).state == "scheduled"
    with cast.installation.store.read(cast.place.id) as session:
        channels = sorted(int(n) for n in items.load(session, item).channels.strip(",").split(","))
    editing.save(
        cast.installation, cast.actor("writer"), item, desk.draft(channels, text="Något annat, och längre.", **SOON)
    )
    row = desk.look(cast, item)
    assert (row.state, row.publish_at, row.when_approved) == ("draft", None, True)
    assert {each.state for each in desk.deliveries(cast, item)} == {"cancelled"}
    approve.submit(cast.installation, cast.actor("writer"), item)
    clock.forward(hours=2)
    yes(cast, item)
    assert desk.look(cast, item).publish_at == cast.installation.now()


def test_a_move_chooses_a_time_instead(cast: Cast) -> None:
    item = desk.submitted(cast, **SOON)
    schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-27T09:00")
    assert not desk.look(cast, item).when_approved
    yes(cast, item)
    assert due(cast, item) == ["08:00"]


def test_saving_what_is_scheduled_with_the_same_words_leaves_its_time(cast: Cast) -> None:
    pause.pause(cast.installation, cast.actor(), "Vänta")
    item = desk.approved(cast, **SOON)
    before = desk.look(cast, item).publish_at
    with cast.installation.store.read(cast.place.id) as session:
        channels = sorted(int(n) for n in items.load(session, item).channels.strip(",").split(","))
    assert not editing.save(cast.installation, cast.actor("writer"), item, desk.draft(channels, **SOON))
    assert (desk.look(cast, item).state, desk.look(cast, item).publish_at) == ("scheduled", before)


def test_a_time_and_as_soon_as_approved_are_not_both(cast: Cast) -> None:
    with pytest.raises(Invalid, match="either a time"):
        desk.written(cast, publish_at=desk.LATER, when_approved=True)


def test_where_nobody_must_approve_it_goes_at_once(cast: Cast) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Workspace, cast.place.id).policy = {}
    item = desk.submitted(cast, **SOON)
    assert desk.look(cast, item).state == "scheduled"

"""What is public waits for the embargo; a press list gets the release before, with the embargo first."""

from __future__ import annotations

from datetime import datetime

import pytest

from commsched.core.text.messages import Invalid
from commsched.services.channels import connect
from commsched.services.content import items
from commsched.services.workflow import approve, schedule
from tests.conftest import Cast, MailBag, SetClock
from tests.publications import channel
from tests.services import desk

ENDS = "2026-11-26T14:00"
"""In Stockholm: two hours after the item's own time."""


def press(cast: Cast, **settings: str) -> int:
    given = {"addresses": "red@tidning.example\np4@radio.example", **settings}
    return connect.connect(cast.installation, cast.actor(), "presslist", "Pressen", given).id


def release(cast: Cast, *channels: int, **more: str) -> int:
    said = {"kind": "release", "title": "Ja till fler turer", "contact": "Eva", "embargo": ENDS} | more
    return desk.scheduled(cast, channels=list(channels), **said)


def states(cast: Cast, item: int) -> list[str]:
    return [row.state for row in desk.deliveries(cast, item)]


def test_the_list_gets_it_at_its_time_and_the_newsroom_at_the_embargo(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    item = release(cast, press(cast), channel(cast.installation, cast.place.id))
    assert [row.due_at.hour for row in desk.deliveries(cast, item)] == [11, 13]
    clock.forward(hours=5)
    desk.publish_what_is_due(cast.installation)
    assert states(cast, item) == ["published", "waiting"]
    assert [letter.subject for letter in mail.sent] == [
        "Embargo till torsdag 26 november kl. 14.00: Ja till fler turer"
    ] * 2
    assert desk.look(cast, item).state == "publishing", "not done before all of it is"
    clock.forward(hours=1, minutes=59, seconds=59)
    desk.publish_what_is_due(cast.installation)
    assert states(cast, item) == ["published", "waiting"]
    clock.forward(seconds=1)
    desk.publish_what_is_due(cast.installation)
    assert states(cast, item) == ["published", "published"]
    assert desk.look(cast, item).state == "published"


def test_a_list_that_a_person_lets_wait_gets_it_when_all_do(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    narrowed = press(cast, waits_for_embargo="1")
    item = desk.written(cast, channels=[narrowed], kind="release", title="Ja", contact="Eva", embargo=ENDS)
    with pytest.raises(approve.Blocked):
        approve.submit(cast.installation, cast.actor("writer"), item)
    later = release(cast, narrowed, publish_at=ENDS)
    clock.forward(hours=6, minutes=59)
    desk.publish_what_is_due(cast.installation)
    assert not mail.sent
    clock.forward(minutes=1)
    desk.publish_what_is_due(cast.installation)
    assert states(cast, later) == ["published"]
    assert all("mbargo" not in letter.subject + letter.text for letter in mail.sent)


def test_a_list_that_is_narrowed_after_the_yes_waits_too(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    number = press(cast)
    item = release(cast, number, latest_at="2026-11-26T18:00")
    connect.reconnect(cast.installation, cast.actor(), number, {"waits_for_embargo": "1"})
    clock.forward(hours=5)
    desk.publish_what_is_due(cast.installation)
    assert (states(cast, item), mail.sent) == (["waiting"], [])
    clock.forward(hours=2)
    desk.publish_what_is_due(cast.installation)
    assert states(cast, item) == ["published"]


def test_a_move_cannot_bring_what_is_public_before_its_embargo(cast: Cast) -> None:
    room = channel(cast.installation, cast.place.id)
    alone = release(cast, room, publish_at=ENDS)
    with pytest.raises(Invalid):
        schedule.move(cast.installation, cast.actor("writer"), alone, "2026-11-26T13:00")
    mixed = release(cast, press(cast), room)
    schedule.move(cast.installation, cast.actor("writer"), mixed, "2026-11-26T10:00")
    assert sorted(row.due_at.hour for row in desk.deliveries(cast, mixed)) == [9, 13]
    schedule.move(cast.installation, cast.actor("writer"), mixed, "2026-11-26T15:00")
    assert sorted(row.due_at.hour for row in desk.deliveries(cast, mixed)) == [14, 14]


def test_the_yes_reaches_to_the_embargo_however_far_away(cast: Cast, clock: SetClock) -> None:
    item = release(cast, press(cast), channel(cast.installation, cast.place.id), embargo="2026-11-30T09:00")
    clock.forward(hours=5)
    desk.publish_what_is_due(cast.installation)
    clock.at = datetime.fromisoformat("2026-11-30T09:00+01:00")
    desk.publish_what_is_due(cast.installation)
    assert states(cast, item) == ["published", "published"]


def test_a_yes_cannot_end_before_the_embargo_does(cast: Cast, clock: SetClock) -> None:
    item = desk.submitted(
        cast,
        channels=[press(cast), channel(cast.installation, cast.place.id)],
        kind="release",
        title="Ja",
        contact="Eva",
        embargo=ENDS,
    )
    until = datetime.fromisoformat("2026-11-26T13:00+01:00")
    with pytest.raises(Invalid):
        approve.approve(cast.installation, cast.actor("approver"), item, desk.hash_of(cast, item), "", until)


def test_the_writer_is_told_what_the_embargo_does_to_each_channel(cast: Cast) -> None:
    item = desk.written(
        cast,
        channels=[press(cast), channel(cast.installation, cast.place.id)],
        kind="release",
        title="Ja",
        contact="Eva",
        embargo=ENDS,
    )
    with cast.installation.store.read(cast.place.id) as session:
        _general, checked = items.problems(cast.installation, session, items.load(session, item))
    assert [[note.message for note in one.notes] for one in checked] == [
        ["Goes out before the embargo ends, with the embargo stated first."],
        ["Goes out when the embargo ends, not before."],
    ]

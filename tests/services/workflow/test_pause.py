"""Pause and resume, and what a person decides about what stopped."""

from __future__ import annotations

import pytest

from commsched.core.delivery.outcome import Unknown
from commsched.core.text.messages import Conflict, Invalid
from commsched.services.workflow import pause, resolve
from tests.conftest import Cast, MailBag
from tests.publications import channel
from tests.services.desk import deliveries, look, publish_what_is_due, scheduled


def due(cast: Cast, **forward: int) -> None:
    cast.installation.clock.forward(**(forward or {"hours": 5}))  # type: ignore[attr-defined]


def test_nothing_goes_out_while_everything_is_paused(cast: Cast) -> None:
    item = scheduled(cast)
    pause.pause(cast.installation, cast.actor("writer"), "Olycka i Storhede")
    due(cast)
    assert publish_what_is_due(cast.installation) == 0
    assert (deliveries(cast, item)[0].state, deliveries(cast, item)[0].reason) == ("held", "paused")


def test_resuming_leaves_what_was_missed_for_a_choice(cast: Cast) -> None:
    item = scheduled(cast)
    pause.pause(cast.installation, cast.actor("writer"), "Olycka i Storhede")
    due(cast)  # nobody has looked at the outbox meanwhile
    assert pause.resume(cast.installation, cast.actor("writer")) == 1
    assert publish_what_is_due(cast.installation) == 0
    resolve.send(cast.installation, cast.actor("writer"), deliveries(cast, item)[0].id)
    assert publish_what_is_due(cast.installation) == 1
    assert look(cast, item).state == "published"


def test_resuming_can_send_what_was_missed_but_never_past_its_latest_time(cast: Cast) -> None:
    late = scheduled(cast, publish_at="2026-11-26T09:00")
    fresh = scheduled(cast, publish_at="2026-11-26T12:30")
    pause.pause(cast.installation, cast.actor("writer"), "Olycka i Storhede")
    due(cast, hours=6)
    assert pause.resume(cast.installation, cast.actor("writer"), "send") == 1
    publish_what_is_due(cast.installation)
    assert (look(cast, late).state, look(cast, fresh).state) == ("held", "published")
    assert deliveries(cast, late)[0].reason == "late"


def test_what_is_due_after_the_pause_is_not_touched_by_it(cast: Cast) -> None:
    item = scheduled(cast)
    pause.pause(cast.installation, cast.actor("writer"), "Kort paus")
    due(cast, hours=1)
    assert pause.resume(cast.installation, cast.actor("writer")) == 0
    due(cast, hours=4)
    publish_what_is_due(cast.installation)
    assert look(cast, item).state == "published"


def test_a_pause_says_why_and_happens_once(cast: Cast) -> None:
    with pytest.raises(Invalid):
        pause.pause(cast.installation, cast.actor("writer"), " ")
    pause.pause(cast.installation, cast.actor("writer"), "Sorg")
    with pytest.raises(Conflict):
        pause.pause(cast.installation, cast.actor("approver"), "Sorg")


def lost_letter(cast: Cast, mail: MailBag) -> int:
    """A release to one journalist, whose relay's answer never came."""
    secrets = cast.installation.vault.seal_map({"addresses": "redaktionen@example.org"})
    to = channel(
        cast.installation, cast.place.id, "presslist", secrets=secrets, settings={"sender": "press@example.org"}
    )
    item = scheduled(cast, channels=[to], kind="release", title="Fler turer", contact="Elin, 070-000 00 00")
    mail.answer = Unknown("the connection ended after the last dot")
    due(cast)
    publish_what_is_due(cast.installation)
    due(cast, seconds=30)
    publish_what_is_due(cast.installation)
    return item


def test_a_letter_whose_answer_never_came_is_asked_about_and_never_sent_again(cast: Cast, mail: MailBag) -> None:
    item = lost_letter(cast, mail)
    row = deliveries(cast, item)[0]
    assert (row.state, row.reason, row.next_at) == ("unknown", "ask", None)
    due(cast, minutes=30)
    publish_what_is_due(cast.installation)
    assert len(mail.sent) == 1


def test_yes_it_is_out_ends_the_question(cast: Cast, mail: MailBag) -> None:
    item = lost_letter(cast, mail)
    row = deliveries(cast, item)[0]
    resolve.resolve(cast.installation, cast.actor("writer"), row.id, "published", "https://example.org/1")
    assert look(cast, item).state == "published"


def test_no_it_is_not_out_holds_it_and_sending_again_is_a_second_decision(cast: Cast, mail: MailBag) -> None:
    item = lost_letter(cast, mail)
    row = deliveries(cast, item)[0]
    resolve.resolve(cast.installation, cast.actor("writer"), row.id, "not_published")
    publish_what_is_due(cast.installation)
    assert (look(cast, item).state, len(mail.sent)) == ("held", 1)
    from commsched.core.delivery.outcome import Published

    mail.answer = Published("250 2.0.0 queued")
    resolve.send(cast.installation, cast.actor("writer"), row.id)
    publish_what_is_due(cast.installation)
    assert (look(cast, item).state, len(mail.sent)) == ("published", 2)
    assert mail.sent[0].message_id == mail.sent[1].message_id, "the receiver can still tell that it is the same letter"


def test_an_answer_needs_a_question(cast: Cast) -> None:
    item = scheduled(cast)
    with pytest.raises(Conflict):
        resolve.resolve(cast.installation, cast.actor("writer"), deliveries(cast, item)[0].id, "published")


def test_a_held_delivery_can_be_dropped(cast: Cast) -> None:
    item = scheduled(cast)
    due(cast, hours=20)
    publish_what_is_due(cast.installation)
    resolve.drop(cast.installation, cast.actor("writer"), deliveries(cast, item)[0].id)
    assert look(cast, item).state == "cancelled"


def test_what_was_approved_for_thursday_is_not_sent_on_monday_without_a_new_yes(cast: Cast) -> None:
    item = scheduled(cast)
    due(cast, days=4)
    publish_what_is_due(cast.installation)
    resolve.send(cast.installation, cast.actor("writer"), deliveries(cast, item)[0].id)
    assert publish_what_is_due(cast.installation) == 0
    assert deliveries(cast, item)[0].reason == "window"

"""An event that is called off, or moved: those who got the invitation get a mail that says so to their calendars."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import icalendar
import pytest
import vobject
from sqlalchemy import select

from commsched.core.content.draft import EventIn
from commsched.core.text.messages import Conflict, Invalid
from commsched.platforms.presslist import PressList
from commsched.services.content import drafts, items
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.press import answers
from commsched.services.workflow import approve, corrections, editing, schedule, takedown
from commsched.store.models import Delivery
from tests import publications
from tests.conftest import Cast, MailBag, SetClock
from tests.services import desk
from tests.services.deliver.test_once import PEOPLE, press, run
from tests.services.workflow.test_correction_reach import send


def invite(cast: Cast, channels: list[int]) -> int:
    begins = (cast.installation.now() + timedelta(days=9)).isoformat()
    event = EventIn(starts=begins, place="Stortorget", reply_to="eva@gruppen.example")
    words: dict[str, Any] = {"genre": "pressinbjudan", "title": "Pressträff", "text": "Kom.", "contact": "Eva"}
    return desk.scheduled(cast, channels=channels, kind="release", event=event, **words)


def entry(text: str) -> tuple[str, str, int, str]:
    """Method, uid, sequence and status, as two readers agree on them."""
    first, second = icalendar.Calendar.from_ical(text), vobject.readOne(text)
    said = first.walk("VEVENT")[0]
    mine = (str(first["method"]), str(said["uid"]), int(said["sequence"]), str(said["status"]))
    other = second.vevent
    assert mine == (second.method.value, other.uid.value, int(other.sequence.value), other.status.value)
    return mine


def invited(cast: Cast, mail: MailBag, clock: SetClock, channels: list[int]) -> tuple[int, tuple[str, str, int, str]]:
    item = invite(cast, channels)
    clock.forward(hours=5)
    run(cast)
    first = entry(mail.sent[0].calendar)
    mail.sent.clear()
    clock.forward(hours=1)
    return item, first


def test_who_was_invited_gets_a_mail_that_cancels_and_nobody_before_the_yes(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    item, first = invited(cast, mail, clock, [press(cast, PEOPLE[:3], "Lokalt")])
    assert first[0] == "PUBLISH"
    number = corrections.begin(cast.installation, cast.actor("writer"), item, call_off=True)
    run(cast)
    assert mail.sent == [], "nothing is told before it is approved"
    send(cast, number)
    assert sorted(message.to for message in mail.sent) == PEOPLE[:3]
    for message in mail.sent:
        assert message.subject.startswith("Inställt: ")
        assert "Träffen är inställd" in message.text
        assert "/rsvp" not in message.text
        assert entry(message.calendar) == ("CANCEL", first[1], first[2] + 1, "CANCELLED")
    with cast.installation.store.read(cast.place.id) as session:
        content = items.load_whole(session, number)[1].parsed()
        assert not corrections.own_pages(cast.installation, session, items.load(session, item)).invites
    invitation = answers.of_item(cast.installation, cast.place.id, desk.look(cast, item).uid, content)
    with pytest.raises(Conflict):
        answers.give(cast.installation, invitation, answers.Reply(True, "Bo", "VK", "bo@vk.example"))


def test_a_withdrawn_invitation_is_called_off_with_those_who_got_it_alone(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    number, room = press(cast, PEOPLE[:2], "Lokalt"), publications.channel(cast.installation, cast.place.id)
    item, first = invited(cast, mail, clock, [number, room])
    takedown.take_down(cast.installation, cast.actor("approver"), item, "Fel dag.")
    run(cast)
    assert mail.sent == [], "taking down tells nobody by itself"
    clock.forward(minutes=1)
    with pytest.raises(Conflict):
        corrections.begin(cast.installation, cast.actor("writer"), item)
    later = corrections.begin(cast.installation, cast.actor("writer"), item, call_off=True)
    with cast.installation.store.read(cast.place.id) as session:
        said = items.load_whole(session, later)[1].parsed()
    assert [channel.channel for channel in said.channels] == [number], "not the newsroom, where it stands no more"
    send(cast, later)
    assert sorted(message.to for message in mail.sent) == PEOPLE[:2]
    assert {entry(message.calendar) for message in mail.sent} == {("CANCEL", first[1], first[2] + 1, "CANCELLED")}


def test_a_correction_begun_before_it_was_taken_down_goes_nowhere(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    number, room = press(cast, PEOPLE[:2], "Lokalt"), publications.channel(cast.installation, cast.place.id)
    item, _first = invited(cast, mail, clock, [number, room])
    later = corrections.begin(cast.installation, cast.actor("writer"), item)
    with cast.installation.store.read(cast.place.id) as session:
        draft = drafts.as_draft(cast.installation, session, *items.load_whole(session, later)[:2])
    draft.correction = "Ny lokal."
    editing.save(cast.installation, cast.actor("writer"), later, draft)
    approve.submit(cast.installation, cast.actor("writer"), later)
    approve.approve(cast.installation, cast.actor("approver"), later, desk.hash_of(cast, later))
    at = cast.installation.now() + timedelta(minutes=30)
    schedule.schedule(cast.installation, cast.actor("writer"), later, at.isoformat())
    clock.forward(minutes=1)
    takedown.take_down(cast.installation, cast.actor("approver"), item, "Fel dag.")
    clock.forward(minutes=40)
    run(cast)
    assert mail.sent == []


def test_a_moved_invitation_is_the_same_entry_one_further(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    item, first = invited(cast, mail, clock, [press(cast, PEOPLE[:2], "Lokalt")])
    number = corrections.begin(cast.installation, cast.actor("writer"), item)
    with cast.installation.store.read(cast.place.id) as session:
        draft = drafts.as_draft(cast.installation, session, *items.load_whole(session, number)[:2])
    assert draft.event is not None
    draft.event.place, draft.correction = "Rådhuset", "Ny plats."
    editing.save(cast.installation, cast.actor("writer"), number, draft)
    send(cast, number)
    assert {entry(message.calendar) for message in mail.sent} == {("PUBLISH", first[1], first[2] + 1, "CONFIRMED")}
    assert all("Rådhuset" in message.calendar for message in mail.sent)


def test_half_out_who_was_not_reached_is_not_invited_any_more(
    cast: Cast, mail: MailBag, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PressList, "group", 2)
    item = invite(cast, [press(cast, PEOPLE, "Lokalt")])
    clock.forward(hours=5)
    courier = Dispatcher(cast.installation)
    courier.step()
    number = corrections.begin(cast.installation, cast.actor("writer"), item, call_off=True)
    courier.run()
    old = {message.to for message in mail.sent}
    assert 0 < len(old) < len(PEOPLE)
    mail.sent.clear()
    clock.forward(hours=1)
    send(cast, number)
    assert {message.to for message in mail.sent if message.calendar} == old, "who has no entry is sent none to cancel"
    assert all("inställd" in message.text for message in mail.sent)
    with cast.installation.store.read(cast.place.id) as session:
        states = session.scalars(select(Delivery.state).where(Delivery.item_id == item)).all()
    assert "waiting" not in states


def test_only_a_correction_calls_off(cast: Cast) -> None:
    event = EventIn(starts="2027-01-10T10:00", place="Torget", called_off=True)
    with pytest.raises(Invalid, match="Only a correction"):
        desk.written(cast, kind="release", genre="pressinbjudan", title="Ja", event=event)
    item = desk.written(cast, kind="release", title="Ja")
    with pytest.raises(Conflict):
        corrections.begin(cast.installation, cast.actor("writer"), item, call_off=True)

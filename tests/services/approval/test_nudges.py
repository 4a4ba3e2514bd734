"""A person reminds those whom something waits for: once an hour, never themselves, several items in one mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from commsched.core.text.messages import Conflict, NotAllowed
from commsched.services.approval import nudges
from commsched.services.notices import outbox
from commsched.store.models import AuditEntry, Notice
from tests.conftest import Cast, MailBag, SetClock
from tests.services.desk import approved, submitted


def nudged(cast: Cast) -> list[int]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(Notice.person_id).where(Notice.kind == "nudged").order_by(Notice.id)))


def test_the_approver_gets_a_mail_that_says_who_asks_with_a_link_of_its_own(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    item = submitted(cast)
    outbox.send_due(cast.installation)
    clock.forward(minutes=30)
    assert nudges.remind(cast.installation, cast.actor("writer"), item) == [cast.approver.name]
    outbox.send_due(cast.installation)
    asked, reminded = mail.sent
    assert reminded.to == cast.approver.email
    assert reminded.subject.startswith(f"{cast.writer.name.split()[0]} påminner dig: tors 26 nov 12:00, ")
    assert "/a/" in reminded.text
    assert asked.text.split("/a/")[1][:20] != reminded.text.split("/a/")[1][:20]
    with cast.installation.store.read(cast.place.id) as session:
        row = session.scalars(select(AuditEntry).where(AuditEntry.action == "item.reminded")).one()
        assert row.facts["names"] == cast.approver.name


def test_nobody_is_reminded_of_the_same_twice_within_the_hour(cast: Cast, clock: SetClock) -> None:
    item = submitted(cast)
    nudges.remind(cast.installation, cast.actor("writer"), item)
    clock.forward(minutes=59)
    with pytest.raises(Conflict, match="within the last hour"):
        nudges.remind(cast.installation, cast.actor("administrator"), item)
    clock.forward(minutes=2)
    nudges.remind(cast.installation, cast.actor("writer"), item)
    assert nudged(cast) == [cast.approver.id] * 2


def test_nobody_reminds_themselves_and_a_reader_nobody(cast: Cast) -> None:
    item = submitted(cast)
    with pytest.raises(Conflict, match="nobody but yourself"):
        nudges.remind(cast.installation, cast.actor("approver"), item)
    with pytest.raises(NotAllowed):
        nudges.remind(cast.installation, cast.actor("reader"), item)
    assert nudged(cast) == []


def test_what_does_not_wait_is_not_reminded_of(cast: Cast) -> None:
    item = approved(cast)
    with pytest.raises(Conflict, match="not waiting"):
        nudges.remind(cast.installation, cast.actor("writer"), item)
    with pytest.raises(Conflict, match="Nothing waits"):
        nudges.remind_person(cast.installation, cast.actor("writer"), cast.approver.id)


def test_a_person_is_reminded_of_everything_in_one_mail_with_a_link_each(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    for text in ("Först det ena.", "Sedan det andra.", "Sist det tredje."):
        submitted(cast, text=text)
    clock.forward(minutes=10)
    outbox.send_due(cast.installation)
    mail.sent.clear()
    assert nudges.remind_person(cast.installation, cast.actor("writer"), cast.approver.id) == 3
    assert outbox.send_due(cast.installation) == 1
    (letter,) = mail.sent
    assert letter.text.count("/a/") == 3
    assert len({piece[:30] for piece in letter.text.split("/a/")[1:]}) == 3
    with pytest.raises(Conflict, match="within the last hour"):
        nudges.remind_person(cast.installation, cast.actor("writer"), cast.approver.id)


def test_the_questions_of_some_minutes_come_in_one_mail_after_the_first(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    submitted(cast, text="Först det ena.")
    assert outbox.send_due(cast.installation) == 1
    submitted(cast, text="Sedan det andra.")
    clock.forward(minutes=1)
    submitted(cast, text="Sist det tredje.")
    assert outbox.send_due(cast.installation) == 0, "they wait for each other"
    clock.forward(minutes=5)
    assert outbox.send_due(cast.installation) == 1
    first, both = mail.sent
    assert first.text.count("/a/") == 1
    assert both.text.count("/a/") == 2
    assert both.subject == f"{cast.writer.name.split()[0]} ber dig godkänna 2 inlägg"
    assert outbox.send_due(cast.installation) == 0
    with cast.installation.store.read(cast.place.id) as session:
        rows = session.scalars(select(Notice).where(Notice.kind == "asked_to_approve")).all()
        assert {(row.state, row.link_token) for row in rows} == {("sent", "")}


def test_a_mail_of_several_is_the_same_mail_when_it_is_sent_again(
    cast: Cast, mail: MailBag, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_message: object) -> None:
        raise KeyboardInterrupt

    for text in ("Först det ena.", "Sedan det andra."):
        submitted(cast, text=text)
    with monkeypatch.context() as during:
        during.setattr(mail, "send", crash)
        with pytest.raises(KeyboardInterrupt):
            outbox.send_due(cast.installation)
    clock.forward(minutes=11)
    submitted(cast, text="Sist det tredje.")
    clock.at += timedelta(minutes=6)
    assert outbox.send_due(cast.installation) == 2
    again, new = mail.sent
    assert (again.text.count("/a/"), new.text.count("/a/")) == (2, 1)
    assert again.message_id != new.message_id

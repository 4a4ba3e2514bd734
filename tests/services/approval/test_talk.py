"""Comments reach those they concern, and whom they name, when each of them wants it."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from commsched.core.text.messages import Invalid
from commsched.services.approval import comments
from commsched.services.notices import outbox, wishes
from commsched.store.models import Notice, Person
from commsched.store.session import EVERY_WORKSPACE
from tests.conftest import Cast, MailBag, SetClock
from tests.services.desk import written


def say(cast: Cast, role: str, item: int, body: str, quote: str = "") -> comments.Reached:
    return comments.comment(cast.installation, cast.actor(role), item, body, quote)


def mailed(cast: Cast, mail: MailBag) -> list[str]:
    mail.sent.clear()
    outbox.send_due(cast.installation)
    return sorted(letter.to for letter in mail.sent)


def test_whoever_is_named_is_told_also_who_had_nothing_to_do_with_it(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    item = written(cast)
    reached = say(cast, "administrator", item, f"@{cast.approver.name} ser du det här?")
    assert reached.told == [cast.approver.name]
    clock.forward(minutes=11)
    assert mailed(cast, mail) == sorted([cast.writer.email, cast.approver.email])
    named = next(letter for letter in mail.sent if letter.to == cast.approver.email)
    assert named.subject.startswith(f"{cast.administrator.name} nämner dig: ")
    assert "ser du det här?" in named.text


def test_nobody_is_told_of_their_own_words_and_the_shut_out_of_none(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    item = written(cast)
    with cast.installation.store.write(EVERY_WORKSPACE) as session:
        session.get_one(Person, cast.approver.id).active = False
    reached = say(cast, "writer", item, f"@{cast.writer.name} och @{cast.approver.name}")
    assert reached.told == []
    clock.forward(minutes=11)
    assert mailed(cast, mail) == []


def test_once_a_day_everything_comes_in_one_mail_at_ones_hour(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    wishes.set_wish(cast.installation, cast.writer.id, "daily", 16)
    first, second = written(cast, text="Först det ena."), written(cast, text="Sedan det andra.")
    say(cast, "approver", first, "Bra rubrik.")
    say(cast, "administrator", second, "Kolla siffran.")
    say(cast, "administrator", first, "Håller med.")
    clock.forward(hours=8)  # 15:00 in Stockholm
    assert mailed(cast, mail) == [cast.approver.email], "who spoke of it is told at once"
    clock.forward(hours=1, minutes=1)
    assert mailed(cast, mail) == [cast.writer.email]
    (letter,) = mail.sent
    for words in ("Bra rubrik.", "Kolla siffran.", "Håller med.", f"/items/{first}#talk", f"/items/{second}#talk"):
        assert words in letter.text, words
        assert words in letter.html, words
    clock.forward(days=1)
    assert mailed(cast, mail) == []


def test_what_was_seen_before_the_hour_is_not_mailed(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    wishes.set_wish(cast.installation, cast.writer.id, "daily", 16)
    seen, unseen = written(cast, text="Först det ena."), written(cast, text="Sedan det andra.")
    say(cast, "approver", seen, "Sett.")
    say(cast, "approver", unseen, "Osett.")
    comments.read(cast.installation, cast.actor("writer"), seen)
    clock.forward(hours=10)
    assert mailed(cast, mail) == [cast.writer.email]
    assert "Osett." in mail.sent[0].text
    assert "Sett." not in mail.sent[0].text.replace("Osett.", "")


def test_never_means_a_mark_on_today_and_no_mail_but_what_needs_one_comes(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    wishes.set_wish(cast.installation, cast.writer.id, "never", 16)
    item = written(cast)
    say(cast, "approver", item, "Bra.")
    say(cast, "approver", item, "Mycket bra.")
    with cast.installation.store.write(cast.place.id) as session:
        assert len(comments.unread(session, cast.writer.id, 5)) == 1
        rows = session.scalars(select(Notice).where(Notice.person_id == cast.writer.id)).all()
        assert [row.state for row in rows] == [wishes.MUTED]
        outbox.queue(session, cast.installation, [cast.writer.id], "paused", by="Karin")
    clock.forward(days=2)
    assert mailed(cast, mail) == [cast.writer.email]
    assert "paus" in mail.sent[0].subject.casefold()


@pytest.mark.parametrize(("pace", "hour"), [("weekly", 8), ("daily", 24), ("daily", -1)])
def test_only_what_there_is_can_be_wished(cast: Cast, pace: str, hour: int) -> None:
    with pytest.raises(Invalid):
        wishes.set_wish(cast.installation, cast.writer.id, pace, hour)


def test_the_hour_is_the_offices_also_when_clocks_change(cast: Cast) -> None:
    with cast.installation.store.read(cast.place.id) as session:
        before = datetime.fromisoformat("2027-03-27T15:30:00+00:00")  # 16:30; summer time begins that night
        at = wishes.next_daily(session, cast.place.id, 16, before)
    assert at.isoformat() == "2027-03-28T14:00:00+00:00"


def test_a_comment_keeps_the_words_it_is_about(cast: Cast) -> None:
    item = written(cast)
    say(cast, "approver", item, "Är det säkert?", "fler turer")
    with pytest.raises(Invalid, match="do not stand"):
        say(cast, "approver", item, "Är det säkert?", "färre turer")

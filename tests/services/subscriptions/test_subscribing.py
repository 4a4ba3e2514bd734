"""Subscribing: nothing but one mail before the answer, nothing told of who is known, and a *no* that holds."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import func, select

from commsched.core.contacts.segment import Segment
from commsched.core.delivery.outcome import Rejected, Retry
from commsched.core.text.messages import Invalid, NotFound
from commsched.services.channels import list_editing
from commsched.services.contacts import consent, leave_links, segments, suppression
from commsched.services.ops import chores
from commsched.services.subscriptions import leaving, offers, questions, subscribing
from commsched.services.subscriptions.offers import Offer, Offers
from commsched.services.subscriptions.questions import Question
from commsched.services.subscriptions.subscribing import Wish
from commsched.store.models import Contact, ContactEvent, ContactMail, ListRecipient
from tests.conftest import Cast, MailBag, SetClock
from tests.services.deliver.test_recipients import press, release, run, whom

ANNA = "anna@ny.example"


def opened(cast: Cast, *people: str, words: str = "") -> int:
    number = press(cast, *people)
    offers.update(cast.installation, cast.actor(), Offers((Offer(number, "Pressmeddelanden"),), words))
    return number


def ask(cast: Cast, number: int, address: str = ANNA, **more: str) -> None:
    wish = Wish(address, **{"name": "Anna Åberg", "outlet": "Nya Tidningen", "visitor": "192.0.2.7"} | more)
    subscribing.ask(cast.installation, cast.place.id, msgspec.structs.replace(wish, lists=(number,)))
    questions.send_due(cast.installation)


def link(cast: Cast, mail: MailBag) -> Question:
    address = re.search(r"/yes/([\w-]+)", mail.sent[-1].text)
    assert address
    question = questions.read(cast.installation, address[1])
    assert question is not None
    return question


def subscribed(cast: Cast, mail: MailBag, number: int, address: str = ANNA) -> None:
    ask(cast, number, address)
    assert subscribing.confirm(cast.installation, link(cast, mail)) is not None


def count(cast: Cast, kind: type[Contact] | type[ContactMail] | type[ContactEvent]) -> int:
    with cast.installation.store.read(cast.place.id) as session:
        return session.scalar(select(func.count()).select_from(kind)) or 0


def strangers(cast: Cast) -> int:
    with cast.installation.store.read(cast.place.id) as session:
        return len(session.scalars(select(Contact.id).where(Contact.source == "subscribed")).all())


def of(cast: Cast, address: str = ANNA) -> tuple[Contact, list[consent.Said]]:
    with cast.installation.store.read(cast.place.id) as session:
        row = session.scalars(select(Contact).where(Contact.blind == cast.installation.vault.blind(address))).one()
        return row, consent.history(session, row.id)


def on_list(cast: Cast, number: int, address: str = ANNA) -> str:
    blind = cast.installation.vault.blind(address)
    wanted = select(ListRecipient.state).where(ListRecipient.channel_id == number, ListRecipient.blind == blind)
    with cast.installation.store.read(cast.place.id) as session:
        return session.scalar(wanted) or ""


def test_whoever_asks_gets_one_mail_and_is_on_the_list_by_its_answer(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    number = opened(cast, words="Jag vill.")
    ask(cast, number)
    (message,) = mail.sent
    assert message.to == ANNA
    assert "Åberg" not in message.text + message.html, "nothing that a stranger typed is sent to anybody"
    assert message.headers["Auto-Submitted"] == "auto-generated"
    assert (of(cast)[0].state, on_list(cast, number)) == ("unconfirmed", "")
    question = link(cast, mail)
    before = subscribing.waiting(cast.installation, question)
    assert before == subscribing.Waiting("Anna Åberg", "Nya Tidningen", ("Pressmeddelanden",), "Jag vill.")
    assert on_list(cast, number) == "", "looking begins nothing"
    clock.forward(hours=1)
    subscribing.confirm(cast.installation, question)
    row, said = of(cast)
    assert (row.state, on_list(cast, number)) == ("active", "active")
    assert [event.act for event in said] == ["joined", "confirmed", "asked"]
    assert (said[1].basis, said[1].words, said[1].version) == ("consent", "Jag vill.", consent.version_of("Jag vill."))
    with cast.installation.store.read(cast.place.id) as session:
        assert consent.standing_basis(session, row.id) == said[1]


def test_a_subscriber_voids_no_approval_and_is_written_to_from_the_next(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    number = opened(cast, "red@tidning.example")
    release(cast, number)
    subscribed(cast, mail, number)
    mail.sent.clear()
    release(cast, number)
    clock.forward(hours=5)
    run(cast)
    assert sorted(whom(mail)) == [ANNA, "red@tidning.example", "red@tidning.example"]


def test_nothing_is_sent_twice_in_an_hour_nor_told(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    number = opened(cast)
    for visitor in ("192.0.2.7", "192.0.2.8", "2001:db8::1"):
        ask(cast, number, visitor=visitor)
    assert len(mail.sent) == 1
    assert len(of(cast)[1]) == 1
    for _hour in range(4):
        clock.forward(hours=1, seconds=1)
        ask(cast, number)
    assert len(mail.sent) == 3, "three a day"


def test_ten_thousand_addresses_of_strangers_reach_sixty_an_hour(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    number, refused = opened(cast), 0
    for stranger in range(80):
        try:
            ask(cast, number, f"s{stranger}@victim.example", visitor=f"203.0.113.{stranger}")
        except subscribing.TooMany:
            refused += 1
    assert (len(mail.sent), refused) == (60, 20)
    assert strangers(cast) == 60


def test_one_visitor_asks_ten_times_an_hour(cast: Cast, mail: MailBag) -> None:
    number = opened(cast)
    for stranger in range(10):
        ask(cast, number, f"s{stranger}@victim.example", visitor=f"2001:db8:0:1::{stranger}")
    with pytest.raises(subscribing.TooMany):
        ask(cast, number, "s10@victim.example", visitor="2001:db8:0:1::99")


def test_who_has_said_no_stays_away_until_they_answer_themselves(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    number = opened(cast)
    subscribed(cast, mail, number)
    first = link(cast, mail)
    clock.forward(hours=2)
    leaving.leave(cast.installation, here(cast, number), everything=True)
    assert on_list(cast, number) == "unsubscribed"
    used = subscribing.confirm(cast.installation, first)
    assert used is not None
    assert used.done, "an old mail brings nobody back"
    ask(cast, number)
    assert of(cast)[0].state == "unsubscribed", "nor does a stranger who types their address"
    subscribing.confirm(cast.installation, link(cast, mail))
    assert (of(cast)[0].state, on_list(cast, number)) == ("active", "active")
    with cast.installation.store.read(cast.place.id) as session:
        assert not suppression.is_suppressed(session, cast.place.id, "press", here(cast, number).blind)


def here(cast: Cast, number: int, address: str = ANNA) -> leaving.Recipient:
    token = leave_links.token(cast.installation, number, cast.installation.vault.blind(address))
    return leaving.open_link(cast.installation, token, cast.place.slug)


def test_leaving_twice_changes_nothing_and_pasting_brings_nobody_back(cast: Cast, mail: MailBag) -> None:
    number = opened(cast, "red@tidning.example", "p4@radio.example")
    for _again in range(2):
        leaving.leave(cast.installation, here(cast, number, "Red@tidning.example"))
    list_editing.change_list(
        cast.installation, cast.actor(), number, "red@tidning.example\np4@radio.example\nx@y.example"
    )
    assert on_list(cast, number, "red@tidning.example") == "unsubscribed"
    leaving.leave(cast.installation, here(cast, number, "nobody@tidning.example"))
    list_editing.change_list(cast.installation, cast.actor(), number, "p4@radio.example\nnobody@tidning.example")
    assert on_list(cast, number, "nobody@tidning.example") == "unsubscribed", "who was not on it yet stays away too"


def test_a_mail_that_asks_for_it_leaves_everything(cast: Cast, mail: MailBag) -> None:
    number, other = opened(cast), press(cast, "red@tidning.example", name="Kulturen")
    leaving.leave_by_mail(cast.installation, cast.place.id, "RED@tidning.example")
    assert {on_list(cast, channel, "red@tidning.example") for channel in (number, other)} == {"unsubscribed"}
    leaving.leave_by_mail(cast.installation, cast.place.id, "new@tidning.example")
    with cast.installation.store.read(cast.place.id) as session:
        blind = cast.installation.vault.blind("new@tidning.example")
        assert suppression.is_suppressed(session, cast.place.id, "press", blind), "whom nobody knew yet, too"
    leaving.leave_by_mail(cast.installation, cast.place.id, "p4@radio.example", number)
    assert on_list(cast, number, "p4@radio.example") == "unsubscribed"


def test_a_link_of_another_office_leads_nowhere(cast: Cast) -> None:
    number = opened(cast)
    token = leave_links.token(cast.installation, number, cast.installation.vault.blind(ANNA))
    for slug, wrong in ((cast.elsewhere.slug, token), (cast.place.slug, "x" * 72)):
        with pytest.raises(NotFound):
            leaving.open_link(cast.installation, wrong, slug)


def test_links_are_ours_and_end(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    ask(cast, opened(cast))
    question = link(cast, mail)
    token = questions.token(cast.installation, question)
    assert questions.read(cast.installation, token) == question
    for place in (0, 3, 20, 70):
        assert (
            questions.read(
                cast.installation, token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
            )
            is None
        )
    for wrong in ("", "é" * 80, token[:-1], "A" * 80):
        assert questions.read(cast.installation, wrong) is None
    elsewhere = msgspec.structs.replace(question, workspace=cast.elsewhere.id)
    assert subscribing.waiting(cast.installation, elsewhere) is None
    assert not question.is_old(cast.installation.now())
    assert question.is_old(cast.installation.now() + timedelta(days=8))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", "no address"),
        ("address", "a@b.example\nBcc: c@d.example"),
        ("name", "x" * 101),
        ("outlet", "x" * 101),
    ],
)
def test_what_cannot_be_is_told_by_its_field(cast: Cast, mail: MailBag, field: str, value: str) -> None:
    number = opened(cast)
    with pytest.raises(Invalid) as told:
        ask(cast, number, **{"address": ANNA} | {field: value})
    assert told.value.field == field
    assert mail.sent == []


def test_a_name_can_be_no_header_and_no_second_recipient(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    number = opened(cast, "red@tidning.example")
    ask(cast, number, name='"x" <evil@x.example>, <b>\r\nBcc: c@x.example')
    subscribing.confirm(cast.installation, link(cast, mail))
    mail.sent.clear()
    release(cast, number)
    clock.forward(hours=5)
    run(cast)
    assert whom(mail) == ["red@tidning.example", ANNA]
    assert "\n" not in cast.installation.vault.unseal(of(cast)[0].name)


def test_only_what_is_open_can_be_subscribed_to(cast: Cast, mail: MailBag) -> None:
    number, closed = opened(cast), press(cast, name="Hemlig")
    with pytest.raises(Invalid):
        ask(cast, closed)
    offers.update(cast.installation, cast.actor(), Offers())
    with pytest.raises(NotFound):
        ask(cast, number)
    assert mail.sent == []


def test_who_never_answers_is_forgotten(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    number = opened(cast)
    ask(cast, number)
    subscribed(cast, mail, number, "bo@ny.example")
    clock.forward(days=29)
    chores.run(cast.installation)
    assert strangers(cast) == 2
    clock.forward(days=2)
    chores.run(cast.installation)
    assert strangers(cast) == 1
    assert subscribing.waiting(cast.installation, link(cast, mail)) is not None


def test_a_mail_waits_for_its_server_and_goes_once(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    number = opened(cast)
    mail.answer = Retry("no server", None)
    ask(cast, number)
    assert count(cast, ContactMail) == 1
    clock.forward(minutes=2)
    mail.answer = replace(MailBag()).answer
    assert questions.send_due(cast.installation) == 1
    assert (count(cast, ContactMail), questions.send_due(cast.installation)) == (0, 0)
    clock.forward(hours=2)
    mail.answer = Rejected("550 no such user", "address")
    ask(cast, number)
    assert count(cast, ContactMail) == 0


def test_a_list_that_fills_itself_keeps_whoever_asked_to_be_on_it(cast: Cast, mail: MailBag) -> None:
    number = opened(cast)
    list_editing.set_segment(cast.installation, cast.actor(), number, Segment(beats=("vård",)))
    subscribed(cast, mail, number)
    row, _said = of(cast)
    with cast.installation.store.write(cast.place.id) as session:
        segments.follow(cast.installation, session, cast.place.id, "press", [row.id])
    assert on_list(cast, number) == "active"

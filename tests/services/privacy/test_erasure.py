"""Whoever asks to be forgotten is gone everywhere, stays away, and takes no truth of what was sent along."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import func, select

from commsched.core.delivery.outcome import Rejected
from commsched.core.text.messages import Invalid, NotAllowed
from commsched.services.channels import list_editing
from commsched.services.contacts import suppression
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.ops import carried, chores
from commsched.services.privacy import erasure, own_data, refusals
from commsched.services.subscriptions import leaving, questions, subscribing
from commsched.store.models import (
    Attempt,
    AuditEntry,
    Contact,
    ContactEvent,
    ListRecipient,
    Part,
    PressAnswer,
    Suppression,
)
from commsched.store.types import to_micros
from tests.conftest import Cast, MailBag, SetClock
from tests.services import desk
from tests.services.deliver.test_recipients import one_by_one as one_by_one
from tests.services.deliver.test_recipients import parts, press, release, run, whom
from tests.services.subscriptions.test_subscribing import ANNA, ask, here, link, on_list, opened, subscribed

RED = "red@tidning.example"


def traces(cast: Cast, address: str) -> dict[str, int]:
    """Rows that know the person still, but for the one hash that keeps them away."""
    blind, vault = cast.installation.vault.blind(address), cast.installation.vault
    with cast.installation.store.read(cast.place.id) as session:
        counted = {
            kind.__name__: session.scalar(select(func.count()).select_from(kind).where(kind.blind == blind)) or 0
            for kind in (Contact, ListRecipient, PressAnswer)
        }
        recipients = session.scalars(select(Part.recipient).where(Part.recipient != "")).all()
        counted["Part"] = [vault.unseal(sealed) for sealed in recipients].count(address)
        details = (Part.detail.contains(address) | Part.handles.contains(address), Attempt.detail.contains(address))
        counted["words"] = len(session.scalars(select(Part.id).where(details[0])).all())
        counted["words"] += len(session.scalars(select(Attempt.id).where(details[1])).all())
        orphans = select(ContactEvent.id).where(ContactEvent.contact_id.not_in(select(Contact.id)))
        counted["ContactEvent"] = len(session.scalars(orphans).all())
    return {name: number for name, number in counted.items() if number}


@pytest.mark.usefixtures("one_by_one")
def test_who_is_erased_is_gone_everywhere_and_the_figures_stay(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    number = press(cast, RED, "p4@radio.example")
    done, coming = release(cast, number), release(cast, press(cast, RED, "tips@tv.example", name="Andra"))
    with cast.installation.store.write(cast.place.id) as session:
        for row in session.scalars(select(Part).where(Part.delivery_id == desk.deliveries(cast, coming)[0].id)):
            row.state = "held"
    clock.forward(hours=5)
    mail.answer = Rejected(f"550 5.1.1 <{RED}>: no such user", "address")
    courier = Dispatcher(cast.installation)
    courier.step()
    courier.step()
    mail.answer = MailBag().answer
    courier.run()
    before = [part.state for part in parts(cast, desk.deliveries(cast, done)[0])]
    now, vault = cast.installation.now(), cast.installation.vault
    answer = PressAnswer(item_id=done, blind=vault.blind(RED), coming=True, secret=vault.seal("{}"))
    answer.at = answer.changed_at = answer.forget_at = now
    with cast.installation.store.write(cast.place.id) as session:
        session.add(answer)
    assert len(own_data.take(cast.installation, cast.actor(), RED).invitations) == 1
    assert traces(cast, RED)
    assert erasure.forget(cast.installation, cast.actor(), RED.upper())
    assert traces(cast, RED) == {}
    assert [part.state for part in parts(cast, desk.deliveries(cast, done)[0])] == before
    with cast.installation.store.read(cast.place.id) as session:
        assert [row.reason for row in session.scalars(select(Suppression))] == ["erased"]
        entries = session.scalars(select(AuditEntry)).all()
    assert not [entry for entry in entries if RED in str(entry.facts)]
    list_editing.change_list(cast.installation, cast.actor(), number, f"{RED}\np4@radio.example")
    mail.sent.clear()
    release(cast, number)
    clock.forward(hours=5)
    run(cast)
    assert RED not in whom(mail)
    assert not erasure.forget(cast.installation, cast.actor(), "nobody@tidning.example")


@pytest.mark.usefixtures("one_by_one")
def test_who_is_erased_while_it_goes_out_gets_nothing(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    item = release(cast, press(cast, "a@tidning.example", RED, "b@tidning.example"))
    clock.forward(hours=5)
    courier = Dispatcher(cast.installation)
    courier.step()
    erasure.forget(cast.installation, cast.actor(), RED)
    courier.run()
    run(cast)
    chores.run(cast.installation)
    assert whom(mail) == ["a@tidning.example", "b@tidning.example"]
    assert desk.look(cast, item).state == "published"
    assert traces(cast, RED) == {}


def test_a_call_under_way_is_erased_when_it_is_over(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    item = release(cast, press(cast, RED))
    with cast.installation.store.write(cast.place.id) as session:
        (part,) = session.scalars(select(Part)).all()
        part.state = "sending"
    erasure.forget(cast.installation, cast.actor(), RED)
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Part, part.id).state = "published"
    assert parts(cast, desk.deliveries(cast, item)[0])[0].recipient
    chores.run(cast.installation)
    assert traces(cast, RED) == {}


def test_only_an_administrator_erases_and_only_an_address(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        erasure.forget(cast.installation, cast.actor("writer"), RED)
    with pytest.raises(Invalid):
        erasure.forget(cast.installation, cast.actor(), "ingen adress")


def test_a_persons_own_data_says_everything_and_nothing_of_others(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    number = opened(cast, RED, words="Jag <vill>.")
    subscribed(cast, mail, number)
    release(cast, number)
    clock.forward(hours=5)
    run(cast)
    data = own_data.take(cast.installation, cast.actor(), ANNA)
    assert (data.address, data.contact[0]["name"], data.contact[0]["outlet"]) == (ANNA, "Anna Åberg", "Nya Tidningen")
    assert [row["what"] for row in data.agreed] == ["joined", "confirmed", "asked"]
    assert (data.lists[0]["state"], data.mailings[0]["state"]) == ("active", "published")
    page = own_data.as_html(data, "sv")
    assert "Jag &lt;vill&gt;." in page
    assert "Det du har sagt ja till" in page
    for text in (page, own_data.as_json(data).decode()):
        assert RED not in text
    assert msgspec.json.decode(own_data.as_json(data))["office"] == cast.place.name
    assert own_data.take(cast.installation, cast.actor(), "nobody@x.example").is_empty


def test_what_was_said_after_the_backup_holds_in_the_restored_office(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    number = opened(cast, RED, "p4@radio.example", "tips@tv.example", "yes@tv.example")
    vault, said = cast.installation.vault, to_micros(cast.installation.now())
    no = [(cast.place.slug, "press", vault.blind(RED), "erased", said)]
    no += [(cast.place.slug, "press", vault.blind("p4@radio.example"), "unsubscribed", said)]
    no += [(cast.place.slug, "press", vault.blind("yes@tv.example"), "unsubscribed", said)]
    no += [("ingenstans", "press", vault.blind("tips@tv.example"), "erased", said)]
    left = [(cast.place.slug, number, vault.blind("tips@tv.example"), said)]
    clock.forward(hours=1)
    subscribed(cast, mail, number, "yes@tv.example")
    assert refusals.replay(cast.installation, no, left) == 3
    assert refusals.replay(cast.installation, no, left) == 0
    states = {address: on_list(cast, number, address) for address in (RED, "p4@radio.example", "tips@tv.example")}
    assert states == {RED: "", "p4@radio.example": "unsubscribed", "tips@tv.example": "unsubscribed"}
    assert on_list(cast, number, "yes@tv.example") == "active", "a later yes of their own stands"
    assert traces(cast, RED) == {}


@pytest.mark.sqlite("it reads the replaced database's file")
def test_the_replaced_database_says_who_said_no(cast: Cast, mail: MailBag) -> None:
    number = opened(cast, RED, "p4@radio.example")
    leaving.leave(cast.installation, here(cast, number, RED))
    leaving.leave(cast.installation, here(cast, number, "p4@radio.example"), everything=True)
    held = carried.standing(cast.installation.home / "commsched.db", cast.installation.now())
    assert held is not None
    assert [(row[0], row[3]) for row in held.said_no] == [(cast.place.slug, "unsubscribed")]
    assert {row[:3] for row in held.left} == {
        (cast.place.slug, number, cast.installation.vault.blind(address)) for address in (RED, "p4@radio.example")
    }
    assert carried.carry(cast.installation, held).refusals == 0


def test_a_person_erases_themselves_by_the_mail(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    from commsched.services.subscriptions import choosing

    number = opened(cast)
    subscribed(cast, mail, number)
    for _impatient in range(3):
        choosing.ask_about(cast.installation, here(cast, number), "erase", "sv", "192.0.2.9")
    mail.sent.clear()
    questions.send_due(cast.installation)
    assert len(mail.sent) == 1
    question = link(cast, mail)
    assert question.kind == "erase"
    erasure.answer(cast.installation, question)
    assert traces(cast, ANNA) == {}
    with cast.installation.store.read(cast.place.id) as session:
        assert suppression.is_suppressed(session, cast.place.id, "press", question.blind)
    clock.forward(hours=1, seconds=1)
    ask(cast, number)
    assert subscribing.confirm(cast.installation, link(cast, mail)) is not None, "and may come back by their own word"
    assert on_list(cast, number) == "active"

"""A mailing's recipients are frozen by the approval, and each is dealt with alone, however many there are."""

from __future__ import annotations

import hashlib
from collections import deque
from typing import Any

import pytest
from sqlalchemy import event, select

from commsched.core.delivery.outcome import Rejected
from commsched.services.channels import connect, directory, list_editing
from commsched.services.content import queries
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.deliver.types import Job
from commsched.services.workflow import approve, editing, resolve
from commsched.store.models import AuditEntry, Delivery, Item, Part
from commsched.store.vault import Vault
from tests import writing
from tests.conftest import Cast, MailBag, SetClock
from tests.services import desk


def press(cast: Cast, *people: str, name: str = "Pressen") -> int:
    given = {"addresses": "\n".join(people or ("red@tidning.example", "p4@radio.example", "tips@tv.example"))}
    return connect.connect(cast.installation, cast.actor(), "presslist", name, given).id


def release(cast: Cast, number: int) -> int:
    return desk.scheduled(cast, channels=[number], kind="release", title="Ja till fler turer", contact="Eva")


def parts(cast: Cast, delivery: Delivery) -> list[Part]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(Part).where(Part.delivery_id == delivery.id).order_by(Part.number)))


def run(cast: Cast) -> None:
    for _ in range(3):
        Dispatcher(cast.installation).run()


def whom(mail: MailBag) -> list[str]:
    return [message.to for message in mail.sent]


def test_the_approval_writes_down_whom_it_goes_to(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    item = release(cast, press(cast))
    (row,) = desk.deliveries(cast, item)
    frozen = parts(cast, row)
    unseal = cast.installation.vault.unseal
    assert [unseal(part.recipient) for part in frozen] == ["red@tidning.example", "p4@radio.example", "tips@tv.example"]
    assert {(part.role, part.state, part.key) for part in frozen} == {
        ("recipient", "waiting", f"{row.uid}-{n}") for n in range(3)
    }
    assert all("@" not in part.recipient for part in frozen)
    clock.forward(hours=5)
    run(cast)
    assert whom(mail) == ["red@tidning.example", "p4@radio.example", "tips@tv.example"]
    assert [part.message_id for part in parts(cast, row)] == [message.message_id for message in mail.sent]
    assert len({message.message_id for message in mail.sent}) == 3
    assert desk.look(cast, item).state == "published"


def test_nobody_works_out_the_message_id_of_another_who_gets_it(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    """It proves a bounce, which stops the mail to an address; the calendar file tells everybody the item's uid."""
    item = release(cast, press(cast))
    clock.forward(hours=5)
    run(cast)
    uid = desk.deliveries(cast, item)[0].uid
    with cast.installation.store.read(cast.place.id) as session:
        uids = {uid, *session.scalars(select(Item.uid))}
    for number, message in enumerate(mail.sent):
        guesses = {hashlib.sha256(f"{each}\n{message.to}".encode()).hexdigest()[:40] for each in uids}
        guesses |= {f"{each}{sign}{number}" for each in uids for sign in ".-"}
        assert message.message_id.partition("@")[0] not in guesses


def test_a_list_that_is_another_than_was_approved_is_held(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    number = press(cast)
    item = release(cast, number)
    list_editing.change_list(cast.installation, cast.actor(), number, "red@tidning.example\nny@tidning.example")
    clock.forward(hours=5)
    run(cast)
    (row,) = desk.deliveries(cast, item)
    assert (row.state, row.reason) == ("held", "changed")
    assert mail.sent == []


def test_a_list_changed_before_the_yes_freezes_nobody(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    number = press(cast)
    item = desk.submitted(cast, channels=[number], kind="release", title="Ja till fler turer", contact="Eva")
    list_editing.change_list(cast.installation, cast.actor(), number, "red@tidning.example\nny@tidning.example")
    approve.approve(cast.installation, cast.actor("approver"), item, desk.hash_of(cast, item))
    (row,) = desk.deliveries(cast, item)
    assert parts(cast, row) == []
    clock.forward(hours=5)
    run(cast)
    assert [(row.state, row.reason) for row in desk.deliveries(cast, item)] == [("held", "changed")]
    assert mail.sent == []


def test_who_is_forgotten_after_the_yes_is_not_written_to_and_the_others_are(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    number = press(cast)
    item = release(cast, number)
    list_editing.forget(cast.installation, cast.actor(), number, "P4@radio.example")
    clock.forward(hours=5)
    run(cast)
    assert whom(mail) == ["red@tidning.example", "tips@tv.example"]
    assert desk.look(cast, item).state == "published"
    assert len(parts(cast, desk.deliveries(cast, item)[0])) == 2


@pytest.fixture
def one_by_one(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody goes together with others."""
    monkeypatch.setattr(type(cast.installation.platform("presslist")), "group", 1)


@pytest.mark.usefixtures("one_by_one")
def test_who_wants_no_more_mail_is_passed_over_and_the_numbers_say_so(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    number = press(cast)
    item = release(cast, number)
    clock.forward(hours=5)
    courier = Dispatcher(cast.installation)
    courier.step()
    assert list_editing.take_off(cast.installation, cast.actor(), number, "P4@radio.example", "unsubscribed")
    assert not list_editing.take_off(cast.installation, cast.actor(), number, "nobody@radio.example", "bounced")
    mail.answer = Rejected("550 5.1.1 no such user", "address")
    courier.run()
    run(cast)
    assert whom(mail) == ["red@tidning.example", "tips@tv.example"]
    (row,) = desk.deliveries(cast, item)
    skipped = parts(cast, row)[1]
    assert (skipped.state, skipped.detail, skipped.recipient, skipped.tries) == ("skipped", "unsubscribed", "", 0)
    assert skipped.finished_at == cast.installation.now()
    with cast.installation.store.read(cast.place.id) as session:
        actions = ("delivery.skipped", "delivery.failed", "channel.recipient_unsubscribed")
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action.in_(actions))).all()
        facts = {entry.action: entry.facts for entry in entries}
        reach = queries.reach(cast.installation, session, [row])[row.id]
    assert facts["delivery.skipped"]["count"] == 1
    assert (facts["delivery.failed"]["out"], facts["delivery.failed"]["of"]) == (1, 2)
    assert (reach.out, reach.of, [missed.whom for missed in reach.missed]) == (1, 2, ["t…@tv.example"])
    assert "radio" not in str(facts["channel.recipient_unsubscribed"])
    mail.answer = MailBag().answer
    resolve.send(cast.installation, cast.actor(), row.id)
    run(cast)
    assert desk.look(cast, item).state == "published"
    assert whom(mail).count("p4@radio.example") == 0


@pytest.mark.usefixtures("one_by_one")
def test_a_mailing_ends_when_those_who_were_left_have_left(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    number = press(cast)
    item = release(cast, number)
    clock.forward(hours=5)
    courier = Dispatcher(cast.installation)
    courier.step()
    for gone in ("p4@radio.example", "tips@tv.example"):
        list_editing.forget(cast.installation, cast.actor(), number, gone)
    courier.run()
    run(cast)
    assert whom(mail) == ["red@tidning.example"]
    assert desk.look(cast, item).state == "published"


def test_a_mailing_to_nobody_any_more_is_held(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    number = press(cast, "red@tidning.example")
    item = release(cast, number)
    list_editing.forget(cast.installation, cast.actor(), number, "red@tidning.example")
    clock.forward(hours=5)
    run(cast)
    assert [(row.state, row.reason) for row in desk.deliveries(cast, item)] == [("held", "changed")]
    assert mail.sent == []


def test_a_new_version_freezes_anew_and_leaves_nothing_of_the_old(cast: Cast) -> None:
    number = press(cast)
    item = release(cast, number)
    given: dict[str, Any] = {"kind": "release", "title": "Nej till fler turer", "contact": "Eva"}
    editing.save(cast.installation, cast.actor("writer"), item, desk.draft([number], **given))
    approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=True)
    approve.approve(cast.installation, cast.actor("approver"), item, desk.hash_of(cast, item))
    old, new = desk.deliveries(cast, item)
    assert old.state == "cancelled"
    assert parts(cast, old) == []
    assert len(parts(cast, new)) == 3


def test_a_list_of_an_earlier_version_is_taken_over_when_it_is_approved_for(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    number = writing.press_list(cast.installation, cast)
    item = release(cast, number)
    assert directory.get(cast.installation, cast.place.id, number).secrets == ""
    assert len(parts(cast, desk.deliveries(cast, item)[0])) == 2
    clock.forward(hours=5)
    run(cast)
    assert len(mail.sent) == 2


def test_refused_recipients_are_told_of_and_the_rest_goes_on(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    item = release(cast, press(cast))
    mail.answer = Rejected("550 5.1.1 no such user", "address")
    clock.forward(hours=5)
    run(cast)
    (row,) = desk.deliveries(cast, item)
    assert (row.state, row.reason) == ("failed", "address")
    mail.answer = MailBag().answer
    resolve.send(cast.installation, cast.actor(), row.id)
    run(cast)
    assert desk.look(cast, item).state == "published"
    assert len(mail.sent) == 6


@pytest.mark.usefixtures("one_by_one")
@pytest.mark.parametrize("stage", ["waiting", "unknown"])
def test_one_recipient_costs_the_same_however_long_the_list(
    cast: Cast, clock: SetClock, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """Counted in what grows: statements, rows that come back, and what is decrypted."""
    items = [
        release(cast, press(cast, *(f"red{n}@t{size}.example" for n in range(size)), name=f"L{size}"))
        for size in (12, 150)
    ]
    clock.forward(hours=5)
    costs = [_cost(cast, item, stage, monkeypatch) for item in items]
    assert costs[0] == costs[1]
    assert costs[0]["unsealed"] == 1


def test_a_group_costs_as_many_statements_however_many_are_in_it(
    cast: Cast, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(cast, press(cast, *(f"red{number}@t.example" for number in range(80))))
    clock.forward(hours=5)
    courier, statements = Dispatcher(cast.installation), []
    event.listen(cast.installation.store.engine, "before_cursor_execute", lambda *rest: statements.append(rest[2]))
    turns = list[tuple[int, int]]()
    calls: int | None = 0
    while calls is not None:
        courier._scanned = 0.0  # it looks for what is due in each turn, however soon that comes
        statements.clear()
        calls = courier.step()
        turns.append((calls or 0, len(statements)))
    sizes = [calls for calls, _ in turns if calls]
    assert sizes == [10, 20, 40, 10]
    costs = [sent for calls, sent in turns if calls][1:3]
    assert costs[0] == costs[1]


def _cost(cast: Cast, item: int, stage: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    cost = {"statements": 0, "unsealed": 0, "parts": 0}
    engine, unseal, init = cast.installation.store.engine, Vault.unseal, _count_parts(cost)
    courier = Dispatcher(cast.installation)
    (row,) = desk.deliveries(cast, item)
    _alone(cast, row, stage)
    courier.step()

    def ran(*_rest: Any) -> None:
        cost["statements"] += 1

    def unsealed(vault: Vault, sealed: str) -> str:
        cost["unsealed"] += 1
        return unseal(vault, sealed)

    event.listen(engine, "before_cursor_execute", ran)
    with monkeypatch.context() as patch:
        patch.setattr(Vault, "unseal", unsealed)
        patch.setattr("commsched.services.deliver.recipients.PartSnapshot", init)
        courier._turn(courier._collect(0.0))
        courier.lanes.lines = {row.channel_id: deque([Job(row.id, row.channel_id)])}
        (call,) = courier._turn([])
    event.remove(engine, "before_cursor_execute", ran)
    assert call.part.number == 1
    return cost


def _count_parts(cost: dict[str, int]) -> Any:
    from commsched.services.deliver.snapshots import PartSnapshot

    def snapshot(*row: Any, **values: Any) -> PartSnapshot:
        cost["parts"] += 1
        return PartSnapshot(*row, **values)

    return snapshot


def _alone(cast: Cast, row: Delivery, stage: str) -> None:
    """Nothing but ``row`` is due; its recipients wait, or are all lost."""
    with cast.installation.store.write(cast.place.id) as session:
        for other in session.scalars(select(Delivery)):
            other.next_at = cast.installation.now() if other.id == row.id else None
            if other.id == row.id and stage == "unknown":
                other.state = "unknown"
        for part in session.scalars(select(Part).where(Part.delivery_id == row.id)) if stage == "unknown" else ():
            part.state, part.next_at = "unknown", cast.installation.now()

"""The sums of a mailing balance whatever happens to it; who has got it never gets it again."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from commsched.core.delivery.outcome import Outcome, Published, Rejected, Retry, Unknown
from commsched.core.delivery.rates import Limits
from commsched.core.platform.contract import Email
from commsched.core.text.messages import Conflict
from commsched.platforms.presslist import PressList
from commsched.services.channels import list_editing
from commsched.services.content import items, queries
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.press import estimate, mailings, sums
from commsched.services.workflow import approve, resolve, schedule
from commsched.store.models import Delivery
from tests.conftest import Cast, MailBag, SetClock
from tests.services import desk
from tests.services.deliver.test_once import PEOPLE, press, release, run
from tests.thoroughness import many

REFUSED = Rejected("550 5.1.1 no such user", "address")
ANSWERS: list[Outcome] = [Published("250 ok"), Published("250 ok"), REFUSED, Retry("451 later"), Unknown("cut off")]


def told(cast: Cast, item: int) -> list[sums.Mailing]:
    with cast.installation.store.read(cast.place.id) as session:
        return sums.mailings(session, items.load(session, item))


def balances(cast: Cast, item: int) -> sums.Sums:
    rows = told(cast, item)
    total = sums.together(rows)
    for each in [*(row.sums for row in rows), total]:
        assert each.chosen == each.sent + each.refused + each.unknown + each.stopped + each.waiting
    return total


def row_of(cast: Cast, item: int) -> Delivery:
    return desk.deliveries(cast, item)[-1]


@pytest.fixture(autouse=True)
def _two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a list of six can be stopped halfway."""
    monkeypatch.setattr(PressList, "group", 2)


def test_a_paused_mailing_goes_on_with_those_who_have_not_got_it(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    item = release(cast, [press(cast, PEOPLE, "Lokalt")])
    clock.forward(hours=5)
    courier = Dispatcher(cast.installation)
    courier.step()
    mailings.halt(cast.installation, cast.actor(), row_of(cast, item).id)
    courier.run()
    run(cast)
    (row,) = desk.deliveries(cast, item)
    first = len(mail.sent)
    assert 0 < first < len(PEOPLE)
    assert (row.state, row.reason, row.stop) == ("held", "halted", "halted")
    assert balances(cast, item) == sums.Sums(chosen=6, sent=first, stopped=6 - first)
    with pytest.raises(Conflict):
        mailings.halt(cast.installation, cast.actor(), row.id)
    assert mailings.send_missing(cast.installation, cast.actor(), row.id) == 6 - first
    run(cast)
    assert sorted(message.to for message in mail.sent) == PEOPLE
    assert balances(cast, item) == sums.Sums(chosen=6, sent=6)
    assert desk.look(cast, item).state == "published"


def test_a_stopped_mailing_is_let_go_on_and_a_refused_address_only_when_asked(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    item = release(cast, [press(cast, PEOPLE, "Lokalt")])
    clock.forward(hours=5)
    courier = Dispatcher(cast.installation, limit=1)
    mail.answer = REFUSED
    courier.step()
    resolve.drop(cast.installation, cast.actor(), row_of(cast, item).id)
    mail.answer = Published("250 ok")
    courier.run()
    refused = balances(cast, item).refused
    assert refused
    row = row_of(cast, item)
    assert (row.state, row.stop) == ("cancelled", "dropped")
    if balances(cast, item).sent:
        mailings.send_missing(cast.installation, cast.actor(), row.id)
        run(cast)
        assert balances(cast, item) == sums.Sums(chosen=6, sent=6 - refused, refused=refused)
        with pytest.raises(Conflict):
            mailings.send_missing(cast.installation, cast.actor(), row.id)
        mailings.send_missing(cast.installation, cast.actor(), row.id, refused=True)
        run(cast)
        assert balances(cast, item) == sums.Sums(chosen=6, sent=6)


def test_who_may_have_it_is_not_written_to_when_it_goes_on(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    item = release(cast, [press(cast, PEOPLE[:4], "Lokalt")])
    clock.forward(hours=5)
    courier = Dispatcher(cast.installation)
    mail.answer = Unknown("cut off")
    courier.step()
    mailings.halt(cast.installation, cast.actor(), row_of(cast, item).id)
    courier.run()
    run(cast)
    lost = {message.to for message in mail.sent}
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Delivery, row_of(cast, item).id).state = "held"
    mail.answer = Published("250 ok")
    mailings.send_missing(cast.installation, cast.actor(), row_of(cast, item).id)
    run(cast)
    assert Counter(message.to for message in mail.sent) == Counter(PEOPLE[:4])
    assert balances(cast, item).unknown == len(lost) > 0


def test_who_came_since_gets_a_draft_that_reaches_nobody_else(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    number = press(cast, PEOPLE[:4], "Lokalt")
    item = release(cast, [number])
    clock.forward(hours=5)
    run(cast)
    with pytest.raises(Conflict):
        mailings.follow_up(cast.installation, cast.actor("writer"), item)
    list_editing.change_list(cast.installation, cast.actor(), number, "\n".join(PEOPLE[1:]))
    later = mailings.follow_up(cast.installation, cast.actor("writer"), item)
    assert later == mailings.follow_up(cast.installation, cast.actor("writer"), item), "one at a time"
    approve.submit(cast.installation, cast.actor("writer"), later)
    approve.approve(cast.installation, cast.actor("approver"), later, desk.hash_of(cast, later))
    schedule.schedule(cast.installation, cast.actor("writer"), later, cast.installation.now().isoformat())
    run(cast)
    assert Counter(message.to for message in mail.sent) == Counter(PEOPLE)
    assert balances(cast, item).sent == 6, "both are told of together"


@pytest.mark.parametrize("seed", range(many(3, 60)))
def test_the_sum_balances_in_any_history(cast: Cast, mail: MailBag, clock: SetClock, seed: int) -> None:
    """Servers refuse, put off and lose; people pause, stop, let go on, answer and leave. Nobody gets it twice."""
    chance = random.Random(seed)
    mail.send = lambda message: _answer(mail, message, chance)  # type: ignore[method-assign]
    lists = [press(cast, chance.sample(PEOPLE, 4), f"Lista {n}") for n in range(2)]
    item = release(cast, lists)
    clock.forward(hours=5)
    courier = Dispatcher(cast.installation, limit=chance.randint(1, 3), wait=lambda seconds: None)
    for _ in range(12):
        _happen(cast, chance, courier, item, lists)
        balances(cast, item)
        clock.forward(minutes=chance.randint(0, 20))
    courier.run()
    balances(cast, item)
    answers = mail.__dict__.get("answers", [])
    taken = Counter(message.to for message, answer in answers if isinstance(answer, Published))
    assert set(taken.values()) <= {1}, taken


def _answer(mail: MailBag, message: Email, chance: random.Random) -> Outcome:
    answer = chance.choice(ANSWERS)
    mail.__dict__.setdefault("answers", []).append((message, answer))
    return answer


def _happen(cast: Cast, chance: random.Random, courier: Dispatcher, item: int, lists: list[int]) -> None:
    row = chance.choice(desk.deliveries(cast, item))
    what = chance.choice(("step", "step", "run", "halt", "go on", "drop", "answer", "leave"))
    try:
        if what == "step":
            courier.step()
        elif what == "run":
            courier.run()
        elif what == "halt":
            mailings.halt(cast.installation, cast.actor(), row.id)
        elif what == "go on":
            mailings.send_missing(cast.installation, cast.actor(), row.id, refused=chance.random() < 0.5)
        elif what == "drop":
            resolve.drop(cast.installation, cast.actor(), row.id)
        elif what == "answer":
            with cast.installation.store.read(cast.place.id) as session:
                doubts = queries.doubts(cast.installation, session, [session.get_one(Delivery, row.id)])
            asked = [doubt.number for doubt in doubts.get(row.id, ())]
            # the truth: what was lost here never arrived
            resolve.resolve(cast.installation, cast.actor(), row.id, "not_published", parts=asked or None)
        elif what == "leave":
            list_editing.take_off(
                cast.installation, cast.actor(), chance.choice(lists), chance.choice(PEOPLE), "unsubscribed"
            )
    except Conflict:
        pass


def test_a_mailing_ends_no_sooner_than_the_servers_allowance_lets_it(
    cast: Cast, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = release(cast, [press(cast, PEOPLE, "Lokalt")])
    now = clock.forward(hours=5)
    monkeypatch.setattr(type(cast.installation), "limits_of", lambda _office, _relay: Limits(per_minute=1))
    with cast.installation.store.read(cast.place.id) as session:
        rows = sums.mailings(session, items.load(session, item))
        ends = estimate.ends_at(cast.installation, session, rows, now)
    assert ends is not None
    waiting = sum(row.sums.waiting for row in rows)
    assert waiting - 2 <= (ends - now).total_seconds() / 60 <= waiting

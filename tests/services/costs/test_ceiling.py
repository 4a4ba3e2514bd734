"""A ceiling for a month on a network that charges: counted from what was sent, never passed, nothing ever dropped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from commsched.core.content.model import parse
from commsched.core.delivery.spending import Spending, dollars, month_of
from commsched.core.text.messages import Problem
from commsched.services.channels import connect
from commsched.services.content import check, items
from commsched.services.costs.spending import Month, of_channel
from commsched.services.kernel.context import Installation
from commsched.services.workflow import resolve
from commsched.store.models import Attempt, Channel
from tests.conftest import Browser, Cast, SetClock
from tests.services import desk
from tests.sims.x import KEYS, XSimulator


@pytest.fixture
def sim() -> Iterator[XSimulator]:
    with XSimulator() as simulator:
        yield simulator


def on_x(cast: Cast, sim: XSimulator, ceiling: str) -> Channel:
    settings = {"base_url": sim.url, "monthly_ceiling": ceiling, **KEYS}
    return connect.connect(cast.installation, cast.actor(), "x", "X", settings, allow_private=True)


def state(cast: Cast, item: int) -> tuple[str, str]:
    (delivery,) = desk.deliveries(cast, item)
    return delivery.state, delivery.reason


def post(cast: Cast, channel: Channel, text: str) -> int:
    when = (cast.installation.now() + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M")  # Stockholm is an hour ahead
    return desk.approved(cast, channels=[channel.id], text=text, publish_at=when)


def publish(installation: Installation, clock: SetClock, *, hours: int = 6) -> None:
    clock.forward(hours=hours)
    desk.publish_what_is_due(installation)


def raise_to(cast: Cast, channel: Channel, ceiling: str) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        row = session.get_one(Channel, channel.id)
        row.settings = row.settings | {"monthly_ceiling": ceiling}


def test_what_would_pass_the_ceiling_is_held_with_its_reason_and_goes_when_it_is_raised(
    cast: Cast, sim: XSimulator, clock: SetClock
) -> None:
    channel = on_x(cast, sim, "0.03")
    posts = [post(cast, channel, f"Inlägg {number}") for number in range(3)]
    publish(cast.installation, clock)
    assert sorted(state(cast, item) for item in posts) == [
        ("held", "ceiling"),
        ("published", ""),
        ("published", ""),
    ]
    assert len(sim.posts) == 2
    assert of_channel(cast.installation, channel) == Spending(30, 30)
    (left,) = [item for item in posts if state(cast, item)[0] == "held"]
    raise_to(cast, channel, "1")
    (delivery,) = desk.deliveries(cast, left)
    resolve.send(cast.installation, cast.actor(), delivery.id)
    desk.publish_what_is_due(cast.installation)
    assert state(cast, left) == ("published", "")
    assert len(sim.posts) == 3


def test_a_link_costs_what_x_says_exactly(cast: Cast, sim: XSimulator, clock: SetClock) -> None:
    channel = on_x(cast, sim, "0.20")
    first, second = post(cast, channel, "Läs example.com"), post(cast, channel, "Utan")
    publish(cast.installation, clock)
    assert {state(cast, first), state(cast, second)} == {("published", ""), ("held", "ceiling")}
    assert of_channel(cast.installation, channel) in (Spending(200, 200), Spending(15, 200))


def test_a_thread_is_held_whole_and_never_half_said_for_want_of_money(
    cast: Cast, sim: XSimulator, clock: SetClock
) -> None:
    channel = on_x(cast, sim, "0.05")
    whole = post(cast, channel, "Ett\n---\nTvå")
    publish(cast.installation, clock)
    assert state(cast, whole) == ("published", "")
    too_long = post(cast, channel, "Tre\n---\nFyra")
    publish(cast.installation, clock)
    assert state(cast, too_long) == ("held", "ceiling")
    assert len(sim.posts) == 2


@pytest.mark.parametrize(
    ("fault", "counts"), [("401", 0), ("400", 0), ("reset_before_accept", 15), ("timeout_after_accept", 15)]
)
def test_what_may_have_been_charged_counts_and_what_was_refused_does_not(
    cast: Cast, sim: XSimulator, clock: SetClock, monkeypatch: pytest.MonkeyPatch, fault: str, counts: int
) -> None:
    from commsched.services.kernel import channel_context

    monkeypatch.setattr(channel_context, "TIMEOUT", 0.2)
    channel = on_x(cast, sim, "1")
    sim.faults.append(fault)
    post(cast, channel, "Hej")
    clock.forward(hours=6)
    desk.publish_what_is_due(cast.installation)
    assert of_channel(cast.installation, channel) == Spending(counts, 1000)


def test_a_month_begins_by_the_offices_own_clocks(cast: Cast, sim: XSimulator, clock: SetClock) -> None:
    channel = on_x(cast, sim, "0.02")
    post(cast, channel, "I november")
    publish(cast.installation, clock)
    held = post(cast, channel, "För mycket")
    publish(cast.installation, clock)
    assert state(cast, held) == ("held", "ceiling")
    clock.at = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # already December in Stockholm
    assert of_channel(cast.installation, channel) == Spending(0, 20)
    clock.at = datetime(2026, 11, 30, 22, 59, tzinfo=UTC)
    assert of_channel(cast.installation, channel) == Spending(15, 20)


def test_an_attempt_of_another_that_is_open_counts(cast: Cast, sim: XSimulator, clock: SetClock) -> None:
    """Whoever decides holds the channel's lease; what the one before it left open may be charged for."""
    channel = on_x(cast, sim, "0.04")
    item = post(cast, channel, "Hej")
    publish(cast.installation, clock)
    with cast.installation.store.ledger() as connection:
        connection.execute(update(Attempt).values(outcome="", finished_at=None))
        month = Month(connection, channel.id, cast.installation.now(), "Europe/Stockholm")
        assert month.spent() == 15
        connection.execute(update(Attempt).values(outcome="absent"))
        assert month.spent() == 0
    assert desk.deliveries(cast, item)


def judged(cast: Cast, item: int, at: datetime | None = None) -> tuple[list[Problem], list[str]]:
    with cast.installation.store.read(cast.place.id) as session:
        content = parse(items.current(session, items.load(session, item)).content)
        (checked,) = check.check(cast.installation, session, content, at=at)
        return [problem for problem in checked.problems if "$" in str(problem.words)], [str(n) for n in checked.notes]


def test_the_composer_says_what_is_spent_and_warns_at_eighty_percent(
    cast: Cast, sim: XSimulator, clock: SetClock
) -> None:
    channel = on_x(cast, sim, "0.10")
    draft = desk.written(cast, channels=[channel.id], text="Hej")
    problems, notes = judged(cast, draft)
    assert (problems, notes) == ([], ["$0.00 of $0.10 is spent this month; this costs $0.015."])
    for number in range(5):
        post(cast, channel, f"Inlägg {number}")
    publish(cast.installation, clock)
    (problem,), notes = judged(cast, draft)
    assert not problem.blocks
    assert "nears its ceiling: $0.075 of $0.10" in str(problem.words)
    post(cast, channel, "Ett till")
    publish(cast.installation, clock)
    (problem,), notes = judged(cast, draft)
    assert "has $0.01 left of the $0.10" in str(problem.words)
    assert notes == ["$0.09 of $0.10 is spent this month; this costs $0.015."]
    assert judged(cast, draft, clock.at + timedelta(days=31)) == ([], []), "next month begins at nothing"


def test_without_a_ceiling_nothing_is_said_or_held(cast: Cast, sim: XSimulator, clock: SetClock) -> None:
    channel = on_x(cast, sim, "")
    item = post(cast, channel, "Läs https://example.com")
    publish(cast.installation, clock)
    assert state(cast, item) == ("published", "")
    assert of_channel(cast.installation, channel) is None
    assert judged(cast, item)[1] == []
    with cast.installation.store.read(cast.place.id) as session:
        assert session.scalars(select(Attempt.cost)).all() == [200], "it is written down all the same"


def test_the_channels_page_shows_it(cast: Cast, sim: XSimulator, clock: SetClock, browse: object) -> None:
    channel = on_x(cast, sim, "20")
    post(cast, channel, "Läs https://example.com")
    publish(cast.installation, clock)
    browser: Browser = browse(cast.administrator)  # type: ignore[operator]
    assert "$0,20 av högst $20,00" in browser.get(f"~/channels/{channel.id}").text


@pytest.mark.parametrize(
    ("spent", "price", "over", "near"),
    [
        (0, 0, False, False),
        (985, 15, False, True),
        (986, 15, True, True),
        (784, 15, False, False),
        (785, 15, False, True),
    ],
)
def test_the_rule(spent: int, price: int, over: bool, near: bool) -> None:
    standing = Spending(spent, 1000)
    assert (standing.exceeds(price), standing.is_near(price)) == (over, near)


def test_what_is_free_is_never_held() -> None:
    assert not Spending(5000, 1000).exceeds(0)
    assert Spending(0, 0).exceeds(15)


@pytest.mark.parametrize(
    ("moment", "zone", "start"),
    [
        ("2026-11-30T23:30:00+00:00", "Europe/Stockholm", "2026-11-30T23:00:00+00:00"),
        ("2026-12-31T22:59:00+00:00", "Europe/Stockholm", "2026-11-30T23:00:00+00:00"),
        ("2026-10-25T01:30:00+00:00", "Europe/Stockholm", "2026-09-30T22:00:00+00:00"),
        ("2026-01-01T00:00:00+00:00", "UTC", "2026-01-01T00:00:00+00:00"),
    ],
)
def test_a_month_of_an_office(moment: str, zone: str, start: str) -> None:
    first, following = month_of(datetime.fromisoformat(moment), zone)
    assert first == datetime.fromisoformat(start)
    assert first <= datetime.fromisoformat(moment) < following
    assert month_of(following, zone)[0] == following


@pytest.mark.parametrize(("thousandths", "words"), [(12_400, "12.40"), (15, "0.015"), (200, "0.20"), (0, "0.00")])
def test_a_sum_is_written_as_people_write_it(thousandths: int, words: str) -> None:
    assert dollars(thousandths) == words

"""Nobody gets one item twice, however many of its lists they are on; and nobody is left out for being on two."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from sqlalchemy import func, select, update

from commsched.services.channels import connect, list_editing
from commsched.services.contacts import addressees, suppression
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.workflow import resolve
from commsched.store.models import Delivery, Part
from tests.conftest import Cast, MailBag, SetClock
from tests.services import desk
from tests.thoroughness import many

PEOPLE = [f"{name}@tidning.example" for name in ("anna", "bo", "cia", "dan", "eva", "frej")]


def press(cast: Cast, people: list[str], name: str) -> int:
    given = {"addresses": "\n".join(people)}
    return connect.connect(cast.installation, cast.actor(), "presslist", name, given).id


def release(cast: Cast, channels: list[int]) -> int:
    return desk.scheduled(cast, channels=channels, kind="release", title="Ja till fler turer", contact="Eva")


def run(cast: Cast) -> None:
    for _ in range(3):
        Dispatcher(cast.installation).run()


def counted(cast: Cast, item: int, channels: list[int]) -> addressees.Addressed:
    with cast.installation.store.read(cast.place.id) as session:
        return addressees.count(session, addressees.mailing(session, item), channels)


def test_who_is_on_two_lists_gets_it_by_the_first(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    first, second = press(cast, PEOPLE[:3], "Lokalt"), press(cast, PEOPLE[2:], "Regionalt")
    draft = desk.submitted(cast, channels=[first, second], kind="release", title="Ja", contact="Eva")
    told = counted(cast, draft, [first, second])
    assert [(each.people, each.elsewhere, each.came, each.went) for each in told.lists] == [
        (3, 0, None, None),
        (3, 1, None, None),
    ]
    assert told.people == 6
    desk.approve.approve(cast.installation, cast.actor("approver"), draft, desk.hash_of(cast, draft))
    clock.forward(hours=5)
    run(cast)
    assert sorted(message.to for message in mail.sent) == PEOPLE
    assert desk.look(cast, draft).state == "published"
    list_editing.change_list(cast.installation, cast.actor(), first, "\n".join([*PEOPLE[1:3], "ny@radio.example"]))
    told = counted(cast, desk.submitted(cast, channels=[first], kind="release", title="Nej", contact="Eva"), [first])
    assert [(each.people, each.came, each.went) for each in told.lists] == [(3, 1, 1)]


def test_a_list_whose_people_are_all_on_another_sends_nothing_and_says_so(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    both = [press(cast, PEOPLE[:3], "Lokalt"), press(cast, PEOPLE[:2], "Regionalt")]
    item = release(cast, both)
    clock.forward(hours=5)
    run(cast)
    assert [(row.state, row.reason) for row in desk.deliveries(cast, item)] == [
        ("published", ""),
        ("cancelled", "twice"),
    ]
    assert (len(mail.sent), desk.look(cast, item).state) == (3, "published")


def test_what_an_earlier_version_froze_twice_is_sent_once(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    both = [press(cast, PEOPLE[:4], "Lokalt"), press(cast, PEOPLE[1:], "Regionalt")]
    item = release(cast, both)
    sealed = cast.installation.vault.seal(PEOPLE[1])
    with cast.installation.store.write(cast.place.id) as session:
        left = update(Part).where(Part.state == "skipped", Part.detail == "twice")
        session.execute(left.values(state="waiting", detail="", recipient=sealed))
    clock.forward(hours=5)
    run(cast)
    assert sorted(message.to for message in mail.sent) == PEOPLE
    assert desk.look(cast, item).state == "published"


@pytest.mark.parametrize("seed", range(many(3, 60)))
def test_whatever_lists_are_dropped_and_left_each_gets_it_once(
    cast: Cast, mail: MailBag, clock: SetClock, seed: int
) -> None:
    """Lists overlap as they like; some are dropped, some people leave, before and while it is sent."""
    chance = random.Random(seed)
    on = [chance.sample(PEOPLE, chance.randint(1, len(PEOPLE))) for _ in range(3)]
    channels = [press(cast, people, f"Lista {n}") for n, people in enumerate(on)]
    item = release(cast, channels)
    dropped = chance.sample(range(3), chance.randint(0, 2))
    left = [(n, chance.choice(on[n])) for n in chance.sample(range(3), chance.randint(0, 2))]
    early = chance.random() < 0.6
    courier = Dispatcher(cast.installation, limit=1)
    if not early:
        clock.forward(hours=5)
        courier.step()
    rows = {row.channel_id: row for row in desk.deliveries(cast, item)}
    for n, address in left:
        list_editing.take_off(cast.installation, cast.actor(), channels[n], address, "unsubscribed")
    for n in dropped:
        if rows[channels[n]].state in ("waiting", "sending"):
            resolve.drop(cast.installation, cast.actor(), rows[channels[n]].id)
    if early:
        clock.forward(hours=5)
    courier.run()
    run(cast)
    got = Counter(message.to for message in mail.sent)
    assert set(got.values()) <= {1}, got
    wanted = {
        address for n, people in enumerate(on) for address in people if n not in dropped and (n, address) not in left
    }
    if early:
        assert set(got) == wanted
    with cast.installation.store.read(cast.place.id) as session:
        out = select(func.count()).select_from(Part).join(Delivery, Delivery.id == Part.delivery_id)
        assert session.scalar(out.where(Delivery.item_id == item, Part.state == "published")) == len(mail.sent)


def test_who_is_suppressed_is_in_no_number(cast: Cast) -> None:
    number = press(cast, PEOPLE[:3], "Lokalt")
    item = desk.submitted(cast, channels=[number], kind="release", title="Ja", contact="Eva")
    blind = cast.installation.vault.blind(PEOPLE[0])
    with cast.installation.store.write(cast.place.id) as session:
        suppression.add(cast.installation, session, cast.place.id, suppression.PRESS, blind, "unsubscribed")
    assert counted(cast, item, [number]).people == 2

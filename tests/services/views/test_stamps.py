"""A stamp changes with whatever its page tells, also where only time has passed; and with nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from commsched.services.accounts import deputies, people
from commsched.services.approval import comments
from commsched.services.views import stamps
from commsched.services.views.item_stamp import ItemStamp, item_stamp
from commsched.services.workflow import approve, pause
from commsched.store.models import Channel, Delivery, Item, Person
from tests.conftest import NOW, Cast, SetClock
from tests.services import desk

SPAN = (NOW - timedelta(hours=7), NOW + timedelta(days=8))


def of_today(cast: Cast) -> str:
    with cast.installation.store.read(cast.place.id) as session:
        return stamps.today(session, cast.writer.id, *SPAN, cast.installation.now())


def of_item(cast: Cast, number: int) -> ItemStamp:
    with cast.installation.store.read(cast.place.id) as session:
        return item_stamp(session, number, cast.installation.now())


def _approve(cast: Cast, number: int) -> None:
    approve.approve(cast.installation, cast.actor("approver"), number, desk.hash_of(cast, number))


def _send_back(cast: Cast, number: int) -> None:
    approve.request_changes(cast.installation, cast.actor("approver"), number, desk.hash_of(cast, number), "Kortare.")


def _comment(cast: Cast, number: int) -> None:
    comments.comment(cast.installation, cast.actor("approver"), number, "Är linje 14 rätt?")


def _deputy(cast: Cast, _number: int) -> None:
    now = cast.installation.now()
    deputies.set_deputy(
        cast.installation, cast.actor(), cast.approver.id, cast.administrator.id, now, now + timedelta(days=1)
    )


def _rename(cast: Cast, _number: int) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        session.execute(update(Person).where(Person.id == cast.approver.id).values(name="Gun Lind"))


def _break(cast: Cast, _number: int) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        session.execute(update(Channel).values(state="broken"))


def _leave(cast: Cast, _number: int) -> None:
    people.add_person(cast.installation, cast.actor(), "ny@example.org", "approver", name="Ny", password="ett nytt ord")


DEEDS: tuple[Callable[[Cast, int], None], ...] = (_approve, _send_back, _comment, _deputy, _rename, _break, _leave)


@pytest.mark.parametrize("deed", DEEDS)
def test_a_deed_that_is_told_changes_both(cast: Cast, deed: Callable[[Cast, int], None]) -> None:
    number = desk.submitted(cast)
    before = of_today(cast), of_item(cast, number).mark
    assert (of_today(cast), of_item(cast, number).mark) == before
    deed(cast, number)
    assert of_today(cast) != before[0]
    assert of_item(cast, number).mark != before[1]


def test_an_unseen_remark_changes_today_of_its_reader(cast: Cast) -> None:
    number = desk.submitted(cast)
    before = of_today(cast)
    _comment(cast, number)
    marked = of_today(cast)
    assert marked != before
    comments.read(cast.installation, cast.actor("writer"), number)
    assert of_today(cast) != marked


def test_another_offices_deeds_change_nothing(cast: Cast) -> None:
    number = desk.submitted(cast)
    before = of_today(cast), of_item(cast, number)
    people.add_person(
        cast.installation, cast.elsewhere_actor, "ny@example.org", "approver", name="Ny", password="ett nytt ord"
    )
    assert (of_today(cast), of_item(cast, number)) == before


def test_what_falls_due_while_nobody_saves_anything_is_told(cast: Cast, clock: SetClock) -> None:
    number = desk.scheduled(cast)
    with cast.installation.store.write(cast.place.id) as session:
        session.execute(update(Item).values(state="publishing"))
    before = of_today(cast), of_item(cast, number)
    assert not before[1].sending
    clock.at = desk.deliveries(cast, number)[0].due_at
    assert of_item(cast, number).sending
    assert of_item(cast, number).mark != before[1].mark
    due = of_today(cast)
    assert due != before[0]
    clock.forward(minutes=6)
    assert of_today(cast) != due, "it is overdue now"


def test_a_deputys_turn_begins_by_the_clock(cast: Cast, clock: SetClock) -> None:
    number = desk.submitted(cast)
    now = clock.now()
    deputies.set_deputy(
        cast.installation,
        cast.actor(),
        cast.approver.id,
        cast.administrator.id,
        now + timedelta(hours=1),
        now + timedelta(days=1),
    )
    before = of_today(cast), of_item(cast, number).mark
    clock.forward(minutes=61)
    assert of_today(cast) != before[0]
    assert of_item(cast, number).mark != before[1]


@pytest.mark.sqlite("PostgreSQL tells no number of its last commit, so no stamp is kept there")
def test_a_stamp_that_was_kept_ends_when_something_falls_due(cast: Cast, clock: SetClock) -> None:
    number = desk.scheduled(cast)
    store = cast.installation.store
    with store.read(cast.place.id) as session:
        due = stamps.ask(session, select(*stamps.NEXT_DUE), now=clock.now())
    until = min(moment for moment in due or () if moment is not None)
    assert until == desk.deliveries(cast, number)[0].due_at
    stamps.keep(store, "page", store.version(), until, "stamp")
    assert stamps.kept(store, "page", clock.now()) == "stamp"
    assert stamps.kept(store, "page", until) is None


def test_a_delivery_that_stops_is_told(cast: Cast) -> None:
    number = desk.scheduled(cast)
    before = of_today(cast), of_item(cast, number).mark
    with cast.installation.store.write(cast.place.id) as session:
        session.execute(update(Delivery).values(state="failed", reason="rejected", next_at=None))
    assert of_today(cast) != before[0]
    assert of_item(cast, number).mark != before[1]


def test_a_pause_is_told_on_the_items_page(cast: Cast) -> None:
    number = desk.scheduled(cast)
    before = of_item(cast, number).mark
    pause.pause(cast.installation, cast.actor(), "Minnesstund")
    assert of_item(cast, number).mark != before

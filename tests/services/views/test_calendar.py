"""The calendar's questions: what is shown, and whether anything has changed since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from commsched.services.accounts import people
from commsched.services.content import items
from commsched.services.kernel.display_state import states
from commsched.services.views import calendar
from commsched.services.views.calendar import CalendarFilter
from commsched.services.workflow import approve, editing, schedule
from commsched.store.models import Channel, Delivery, Item
from tests.conftest import NOW, Cast
from tests.publications import channel
from tests.services.desk import draft, look, publish_what_is_due, scheduled, submitted, written

SPAN = (NOW - timedelta(days=10), NOW + timedelta(days=10))


def shown(cast: Cast, **wanted: object) -> list[calendar.Row]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(calendar.rows(session, *SPAN, CalendarFilter(**wanted), NOW))  # type: ignore[arg-type]


def stamp(cast: Cast, wanted: CalendarFilter | None = None) -> str:
    with cast.installation.store.read(cast.place.id) as session:
        return calendar.stamp(session, *SPAN, wanted or CalendarFilter(), NOW)


def test_items_stand_in_the_order_of_their_times_and_nothing_outside_the_span(cast: Cast) -> None:
    late, early = written(cast, publish_at="2026-11-27T12:00"), written(cast, publish_at="2026-11-26T08:00")
    written(cast, publish_at="2026-12-24T08:00")
    loose = written(cast, publish_at=None)
    assert [row[0] for row in shown(cast)] == [early, late]
    with cast.installation.store.read(cast.place.id) as session:
        assert [row[0] for row in calendar.undated(session, CalendarFilter(), NOW)] == [loose]


def test_another_offices_items_channels_and_people_are_not_there(cast: Cast) -> None:
    other = channel(cast.installation, cast.elsewhere.id, name="Deras kanal")
    theirs = editing.create(cast.installation, cast.elsewhere_actor, draft([other]))
    before = stamp(cast)
    assert [row[0] for row in shown(cast)] == []
    with cast.installation.store.read(cast.place.id) as session:
        around = calendar.around(session)
    assert "Deras kanal" not in {name for name, *_ in around.channels.values()}
    assert "Nils Berg" not in around.people.values()
    editing.save(
        cast.installation, cast.elsewhere_actor, theirs, draft([other], text="En helt annan text om något annat.")
    )
    assert stamp(cast) == before


def test_it_is_narrowed_by_state_channel_person_and_words(cast: Cast) -> None:
    wall, news = channel(cast.installation, cast.place.id, "sandbox"), channel(cast.installation, cast.place.id)
    bus = written(cast, channels=[wall], text="Fler bussar till 100 % av byarna i länet.")
    care = submitted(cast, channels=[news, wall], text="Vården ska vara nära alla.", then_schedule=False)
    assert [row[0] for row in shown(cast, group="writing")] == [bus]
    assert [row[0] for row in shown(cast, group="review")] == [care]
    assert [row[0] for row in shown(cast, channel=news)] == [care]
    assert {row[0] for row in shown(cast, channel=wall)} == {bus, care}
    assert [row[0] for row in shown(cast, words="BUSSAR 100 %")] == [bus]
    assert shown(cast, words="100 _ av") == []
    for words in ("buss", "bussarna", "bussen", '"till 100"'):
        assert [row[0] for row in shown(cast, words=words)] == [bus], words
    assert shown(cast, words='"bussar i länet"') == []
    assert {row[0] for row in shown(cast, person=cast.writer.id)} == {bus, care}
    assert shown(cast, person=cast.reader.id) == []


def test_one_channel_number_is_not_taken_for_another(cast: Cast) -> None:
    numbers = [channel(cast.installation, cast.place.id, name=f"K{n}") for n in range(12)]
    item = written(cast, channels=[numbers[10]])
    assert numbers[0] == 1
    assert numbers[10] == 11
    assert shown(cast, channel=1) == []
    assert [row[0] for row in shown(cast, channel=11)] == [item]


def test_what_nobody_knows_the_fate_of_says_so(cast: Cast) -> None:
    item = scheduled(
        cast, channels=[channel(cast.installation, cast.place.id, "sandbox", settings={"behaviour": "needs a person"})]
    )
    cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    assert [row[2] for row in shown(cast)] == ["publishing"], "it is being read back, and nobody need do anything"
    cast.installation.clock.forward(minutes=1)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    assert look(cast, item).state == "publishing"
    assert [row[2] for row in shown(cast)] == ["unknown"]
    with cast.installation.store.read(cast.place.id) as session:
        assert states(session, [item], cast.installation.now()) == {item: "unknown"}


def _edited(cast: Cast, item: int) -> None:
    channels = [int(one) for one in look(cast, item).channels.split(",") if one]
    editing.save(
        cast.installation, cast.actor("writer"), item, draft(channels, text="En ny text, som ingen har godkänt än.")
    )


def _renamed(cast: Cast, item: int) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        session.execute(update(Channel).values(name="Nytt namn"))


def _moved(cast: Cast, item: int) -> None:
    schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T12:15")


def _sent_back(cast: Cast, item: int) -> None:
    with cast.installation.store.read(cast.place.id) as session:
        now = items.current(session, items.load(session, item)).hash
    approve.request_changes(cast.installation, cast.actor("approver"), item, now, "Kortare!")


def _unknown(cast: Cast, item: int) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        session.execute(update(Item).values(state="publishing"))
        session.execute(update(Delivery).values(state="unknown", reason="ask"))


def _somebody_new(cast: Cast, item: int) -> None:
    people.add_person(cast.installation, cast.actor(), "ny@example.org", "reader", name="Ny Person")


CHANGES: list[Callable[[Cast, int], None]] = [
    _edited,
    _renamed,
    _moved,
    _sent_back,
    _unknown,
    _somebody_new,
    lambda cast, item: schedule.cancel(cast.installation, cast.actor("writer"), item),
    lambda cast, item: written(cast) and None,
    lambda cast, item: written(cast, publish_at=None) and None,
    lambda cast, item: _renamed_person(cast),
]


def _renamed_person(cast: Cast) -> None:
    people.set_own(cast.installation, cast.writer.id, name="Karin Eklund")


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_the_stamp_changes_with_everything_that_is_shown(cast: Cast, change: Callable[[Cast, int], None]) -> None:
    item = scheduled(cast)
    before = stamp(cast)
    assert stamp(cast) == before
    change(cast, item)
    assert stamp(cast) != before


@pytest.mark.sqlite("its data_version; a server tells nobody so cheaply that nothing has changed")
def test_a_kept_stamp_is_good_until_anybody_commits_anything(cast: Cast) -> None:
    installation, place = cast.installation, cast.place.id
    item = scheduled(cast)
    assert calendar.kept_stamp(installation, place, *SPAN, CalendarFilter()) is None
    with installation.store.read(place) as session:
        made = calendar.fresh_stamp(installation, session, *SPAN, CalendarFilter())
    assert calendar.kept_stamp(installation, place, *SPAN, CalendarFilter()) == made
    assert calendar.kept_stamp(installation, cast.elsewhere.id, *SPAN, CalendarFilter()) is None
    assert calendar.kept_stamp(installation, place, *SPAN, CalendarFilter(group="review")) is None
    schedule.move(installation, cast.actor("writer"), item, "2026-11-26T12:15")
    assert calendar.kept_stamp(installation, place, *SPAN, CalendarFilter()) is None


def test_where_an_item_may_be_moved_without_asking_again(cast: Cast) -> None:
    item = scheduled(cast)
    known = calendar.movable(cast.installation, cast.actor("writer"), item)
    assert (known.movable, known.approved, known.wall) == (True, True, "2026-11-26T12:00")
    planned = look(cast, item).publish_at
    assert planned is not None
    assert (known.start, known.end) == (planned - timedelta(hours=6), planned + timedelta(hours=24))
    assert not calendar.movable(cast.installation, cast.actor("writer"), written(cast)).approved

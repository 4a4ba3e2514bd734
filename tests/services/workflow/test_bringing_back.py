"""An older version comes back whole: words, quotes, sources, pictures, and the times that it had."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from commsched.core.content.draft import ChannelIn, PictureIn, QuoteIn, SourceIn
from commsched.services.content import drafts, items, times
from commsched.services.content.version_times import BroughtBack
from commsched.services.workflow import editing, schedule
from tests.conftest import Cast, SetClock
from tests.publications import channel
from tests.services.desk import approved, draft, look, written
from tests.writing import picture

EVENING = "2026-11-26T18:00"
NOON = datetime(2026, 11, 26, 11, tzinfo=UTC)
SIX = datetime(2026, 11, 26, 17, tzinfo=UTC)
LATEST = "2026-11-26T19:00"


@pytest.fixture
def room(cast: Cast) -> int:
    return channel(cast.installation, cast.place.id)


@pytest.fixture
def wall(cast: Cast) -> int:
    return channel(cast.installation, cast.place.id, "sandbox")


def back(cast: Cast, item: int, number: int = 1) -> BroughtBack:
    return editing.restore(cast.installation, cast.actor("writer"), item, number)


def save(cast: Cast, item: int, to: list[int], **more: object) -> None:
    editing.save(cast.installation, cast.actor("writer"), item, draft(to, text="Annat.", **more))


def own(cast: Cast, item: int) -> dict[int, datetime]:
    with cast.installation.store.read(cast.place.id) as session:
        return {number: slot.at for number, slot in times.plan(session, items.load(session, item)).own.items()}


def test_quotes_sources_and_pictures_come_back(cast: Cast, room: int) -> None:
    shown = picture(cast.installation, cast, "Torget")
    whole = {
        "kind": "release",
        "title": "Rubrik",
        "quotes": [QuoteIn(text="Det är dags.", person="Maria")],
        "sources": [SourceIn(text="Protokoll", url="https://example.org/p")],
        "media": [PictureIn(id=shown, alt="Torget i Storhede")],
    }
    item = written(cast, channels=[room], **whole)
    save(cast, item, [room])
    back(cast, item)
    with cast.installation.store.read(cast.place.id) as session:
        row, revision, _place = items.load_whole(session, item)
        again = drafts.as_draft(cast.installation, session, row, revision)
    assert {name: getattr(again, name) for name in whole} == whole


def test_the_times_of_the_whole_and_of_its_channels_come_back(cast: Cast, room: int, wall: int) -> None:
    timed = [room, ChannelIn(id=wall, publish_at=EVENING, latest_at=LATEST)]
    item = written(cast, channels=timed, latest_at="2026-11-26T12:30")
    save(cast, item, [room, wall], publish_at="2026-11-28T08:00")
    answer = back(cast, item)
    row = look(cast, item)
    assert (row.publish_at, row.latest_at) == (NOON, NOON + timedelta(minutes=30))
    with cast.installation.store.read(cast.place.id) as session:
        slot = times.plan(session, items.load(session, item)).own[wall]
    assert (slot.at, slot.latest, slot.wall) == (SIX, SIX + timedelta(hours=1), EVENING)
    assert answer.times is not None
    assert answer.times.any
    assert not answer.passed


def test_a_version_has_the_times_that_it_was_moved_to(cast: Cast, room: int) -> None:
    item = written(cast, channels=[room])
    schedule.move(cast.installation, cast.actor("writer"), item, EVENING)
    save(cast, item, [room], publish_at="2026-11-28T08:00")
    back(cast, item)
    assert look(cast, item).publish_at == SIX


def test_what_has_passed_is_named_and_not_set(cast: Cast, clock: SetClock, room: int, wall: int) -> None:
    item = written(cast, channels=[room, ChannelIn(id=wall, publish_at=EVENING)])
    save(cast, item, [room, wall], publish_at="2026-11-28T08:00")
    clock.at = NOON + timedelta(hours=1)
    answer = back(cast, item)
    assert set(answer.passed) == {0}
    assert look(cast, item).wall_time == "2026-11-28T08:00", "the time that is chosen now stands"
    assert own(cast, item) == {wall: SIX}, "this one lies ahead"
    save(cast, item, [room, wall], publish_at="2026-11-28T08:00")
    clock.at = SIX
    assert set(back(cast, item).passed) == {0, wall}
    assert own(cast, item) == {}


def test_a_channels_time_does_not_stand_alone(cast: Cast, clock: SetClock, room: int, wall: int) -> None:
    item = written(cast, channels=[room, ChannelIn(id=wall, publish_at=EVENING)])
    save(cast, item, [room, wall], publish_at=None)
    clock.at = NOON
    back(cast, item)
    assert look(cast, item).publish_at == SIX


def test_a_version_without_a_time_leaves_the_one_that_is_chosen(cast: Cast, room: int) -> None:
    item = written(cast, channels=[room], publish_at=None)
    save(cast, item, [room])
    answer = back(cast, item)
    assert answer.times is not None
    assert not answer.times.any
    assert look(cast, item).publish_at == NOON


def test_as_soon_as_it_is_approved_comes_back(cast: Cast, room: int) -> None:
    item = written(cast, channels=[room], publish_at=None, when_approved=True)
    save(cast, item, [room])
    assert look(cast, item).publish_at == NOON
    back(cast, item)
    assert (look(cast, item).when_approved, look(cast, item).publish_at) == (True, None)
    back(cast, item, 2)
    assert (look(cast, item).when_approved, look(cast, item).publish_at) == (False, NOON)


def test_the_embargo_comes_back_and_who_waits_for_it_follows(cast: Cast, clock: SetClock, room: int) -> None:
    listed = channel(cast.installation, cast.place.id, "presslist")
    lifted = "2026-11-27T06:00"
    item = written(cast, channels=[room, listed], embargo=lifted)
    end = datetime(2026, 11, 27, 5, tzinfo=UTC)
    assert own(cast, item) == {room: end}
    save(cast, item, [room, listed])
    assert own(cast, item) == {}
    assert not back(cast, item).embargo_over
    assert own(cast, item) == {room: end}
    save(cast, item, [room, listed], publish_at="2026-11-28T08:00")
    clock.at = end
    assert back(cast, item, 3).embargo_over


def test_a_version_from_before_times_were_kept_leaves_them(cast: Cast, room: int) -> None:
    item = written(cast, channels=[room])
    save(cast, item, [room], publish_at=EVENING)
    with cast.installation.store.write(cast.place.id) as session:
        items.history(session, items.load(session, item))[-1].times = {}
    assert back(cast, item).times is None
    assert look(cast, item).publish_at == SIX


def test_the_times_are_no_part_of_what_was_approved(cast: Cast, room: int) -> None:
    item = approved(cast, channels=[room], then_schedule=False)
    with cast.installation.store.read(cast.place.id) as session:
        before = items.current(session, items.load(session, item)).hash
    save(cast, item, [room], publish_at=EVENING)
    back(cast, item)
    with cast.installation.store.read(cast.place.id) as session:
        assert items.current(session, items.load(session, item)).hash == before
    assert look(cast, item).publish_at == NOON

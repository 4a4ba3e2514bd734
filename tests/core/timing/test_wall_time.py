"""Wall time and moments, over real zones: the gap and the fold are asked about, everything else is exact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commsched.core.text.messages import Invalid
from commsched.core.timing.wall_time import Fold, Gap, approval_window, read_bound, read_time, wall_to_utc, zone_of
from tests.core.kinds import NOON, same_each_time

ZONES = (
    "Europe/Stockholm",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Casablanca",
    "America/St_Johns",
    "UTC",
)
zones = st.sampled_from(ZONES).map(ZoneInfo)
instants = st.integers(0, 40 * 365 * 24 * 4).map(lambda n: datetime(2005, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * n))
walls = instants.map(lambda moment: moment.replace(tzinfo=None))


@given(instants, zones)
@same_each_time
def test_every_moment_comes_back_from_its_wall_time_and_fold(moment: datetime, zone: ZoneInfo) -> None:
    local = moment.astimezone(zone)
    assert wall_to_utc(local.replace(tzinfo=None, fold=0), zone, local.fold) == moment


@given(walls, zones)
@same_each_time
def test_a_wall_time_is_exact_or_asked_about(wall: datetime, zone: ZoneInfo) -> None:
    try:
        moment = wall_to_utc(wall, zone)
    except (Gap, Fold) as clash:
        asked = clash
    else:
        assert moment.astimezone(zone).replace(tzinfo=None) == wall
        assert moment.astimezone(zone).fold == 0
        return
    first, second = asked.choices
    assert first < second
    read = [choice.astimezone(zone).replace(tzinfo=None, fold=0) for choice in asked.choices]
    if isinstance(asked, Gap):
        assert wall not in read
    else:
        assert read == [wall, wall]
        assert (wall_to_utc(wall, zone, 0), wall_to_utc(wall, zone, 1)) == (first, second)


def _changes(zone: ZoneInfo, year: int) -> list[datetime]:
    """The quarters of an hour in ``year`` after which the zone's offset is another."""
    start = datetime(year, 1, 1, tzinfo=UTC)
    moments = [start + timedelta(minutes=15 * n) for n in range(366 * 96)]
    return [b for a, b in pairwise(moments) if a.astimezone(zone).utcoffset() != b.astimezone(zone).utcoffset()]


@pytest.mark.parametrize(
    ("name", "year"),
    [("Europe/Stockholm", 2026), ("America/New_York", 2027), ("Australia/Lord_Howe", 2026), ("Pacific/Apia", 2011)],
)
def test_each_clock_change_has_a_gap_or_a_fold_that_is_asked_about(name: str, year: int) -> None:
    zone = ZoneInfo(name)
    changes = _changes(zone, year)
    assert changes
    for change in changes:
        before = (change - timedelta(minutes=15)).astimezone(zone)
        step = change.astimezone(zone).utcoffset() - before.utcoffset()  # type: ignore[operator]
        inside = before.replace(tzinfo=None) + timedelta(minutes=15) - (timedelta() if step > timedelta() else -step)
        with pytest.raises(Gap if step > timedelta() else Fold):
            wall_to_utc(inside.replace(fold=0), zone)


def test_the_swedish_clock_change_by_its_own_words() -> None:
    with pytest.raises(Gap) as gap:
        read_time("2027-03-28T02:30", "Europe/Stockholm")
    assert gap.value.field == "publish_at"
    assert "01:30" in str(gap.value)
    assert "03:30" in str(gap.value)
    with pytest.raises(Fold):
        read_time("2026-10-25T02:30", "Europe/Stockholm")
    assert read_time("2026-10-25T02:30", "Europe/Stockholm", 1).at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_an_offset_says_exactly_when_and_the_wall_time_is_the_offices() -> None:
    moment = read_time("2026-11-26T07:30:00+02:00", "Europe/Stockholm")
    assert (moment.at, moment.wall) == (datetime(2026, 11, 26, 5, 30, tzinfo=UTC), "2026-11-26T06:30")


@pytest.mark.parametrize("value", ["", "i morgon", "2026-13-01T00:00", "1999-01-01T00:00", "2300-01-01T00:00", "7"])
def test_what_is_no_time_gets_a_sentence_by_its_field(value: str) -> None:
    with pytest.raises(Invalid) as wrong:
        read_time(value, "Europe/Stockholm", field="latest_at")
    assert wrong.value.field == "latest_at"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2026-11-27T25:99", {"time": "25:99"}),
        ("2026-11-27T", {"value": "2026-11-27"}),
        ("Tisdag", {"value": "Tisdag"}),
    ],
)
def test_what_was_typed_in_two_fields_is_told_as_it_was_typed(value: str, said: dict[str, str]) -> None:
    with pytest.raises(Invalid) as wrong:
        read_time(value, "Europe/Stockholm")
    assert wrong.value.words.params == said


@pytest.mark.parametrize("name", ["", "Mars/Base", "../../etc/passwd", "Europe/stockholm\n"])
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        zone_of(name)


def test_a_yes_covers_the_planned_time_give_or_take() -> None:
    assert approval_window(NOON, NOON, 6, 24) == (NOON - timedelta(hours=6), NOON + timedelta(hours=24))
    assert approval_window(None, NOON, 6, 24)[0] == NOON


def test_a_gap_at_midnight_names_the_days() -> None:
    with pytest.raises(Gap, match="Choose 2026-04-23 23:30 or 2026-04-24 01:30"):
        read_time("2026-04-24T00:30", "Africa/Cairo")


@pytest.mark.parametrize("day", ["2026-12-24", " 2026-12-24 ", "20261224", "2026-W52-4"])
def test_a_day_without_a_time_is_not_taken_for_midnight(day: str) -> None:
    with pytest.raises(Invalid, match=r"is a day without a time\. Say when on that day, for instance 2026-12-24T09:00"):
        read_time(day, "Europe/Stockholm", field="publish_at")


@pytest.mark.parametrize(
    ("value", "end", "moment"),
    [
        ("2026-12-31", True, "2026-12-31T23:00+00:00"),
        ("2026-12-31", False, "2026-12-30T23:00+00:00"),
        ("2026-12-31T00:00", True, "2026-12-30T23:00+00:00"),
    ],
)
def test_a_span_that_ends_on_a_day_holds_all_of_it(value: str, end: bool, moment: str) -> None:
    assert read_bound(value, "Europe/Stockholm", "to", end) == datetime.fromisoformat(moment)


def test_a_day_that_begins_at_one_begins_then() -> None:
    assert read_bound("2026-04-24", "Africa/Cairo", "from", False) == datetime(2026, 4, 23, 22, tzinfo=UTC)

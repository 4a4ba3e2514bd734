"""A consent holds through its last day, in the office's own zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from commsched.core.media.consent import first_end, lapsed, person

ANNA = person("Anna", date(2026, 11, 30), "Europe/Stockholm")


@pytest.mark.parametrize(
    ("at", "holds"),
    [(datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC), True), (datetime(2026, 11, 30, 23, 0, tzinfo=UTC), False)],
)
def test_a_consent_holds_until_midnight_in_the_office(at: datetime, holds: bool) -> None:
    assert (lapsed([ANNA], at) == []) is holds


def test_a_consent_without_an_end_does_not_end() -> None:
    assert lapsed([person("Bo", None, "Europe/Stockholm")], datetime(2099, 1, 1, tzinfo=UTC)) == []


@pytest.mark.parametrize("ends", ["soon", "2030-01-01T00:00:00", "9999-12-31T23:59:59-12:00"])
def test_an_end_that_cannot_be_read_holds_nothing_open(ends: str) -> None:
    broken = {"name": "Cia", "until": "?", "ends": ends}
    assert lapsed([broken], datetime(2020, 1, 1, tzinfo=UTC)) == [broken]
    assert first_end([ANNA, broken]) == datetime(1970, 1, 1, tzinfo=UTC)


def test_the_first_that_ends_is_what_counts() -> None:
    bo, cia = person("Bo", None, "Europe/Stockholm"), person("Cia", date(2027, 1, 1), "Europe/Stockholm")
    assert first_end([cia, bo, ANNA]) == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    assert first_end([bo]) is None

"""Wall time and moments: the gap, the fold, lateness and the approved window. The store knows only UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import msgspec

from commsched.core.text.messages import N_, Invalid


class Gap(Invalid):
    """The wall time does not exist: the clocks went forward over it. ``choices`` are the moments meant, perhaps."""

    code = "gap"

    def __init__(self, choices: tuple[datetime, datetime], **params: object) -> None:
        self.choices = choices
        super().__init__(
            N_("%(wall)s does not exist: the clocks go forward that night. Choose %(before)s or %(after)s."),
            "publish_at",
            **params,
        )


class Fold(Invalid):
    """The wall time comes twice: the clocks go back over it."""

    code = "fold"

    def __init__(self, choices: tuple[datetime, datetime], **params: object) -> None:
        self.choices = choices
        super().__init__(
            N_("%(wall)s comes twice that night, since the clocks go back. Choose the first or the second."),
            "publish_at",
            **params,
        )


class Moment(msgspec.Struct, frozen=True):
    """A moment as it was meant: the instant, and the wall time and zone a person said."""

    at: datetime
    wall: str
    zone: str


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """Every zone's name, read once: finding them walks hundreds of files."""
    return frozenset(available_timezones())


def zone_of(name: str) -> ZoneInfo:
    """The zone called ``name``. Raises :class:`Invalid` for one that does not exist."""
    try:
        if name not in _names():
            raise KeyError(name)
        return ZoneInfo(name)
    except (KeyError, ValueError, ZoneInfoNotFoundError) as error:
        raise Invalid(N_("There is no time zone called “%(zone)s”."), "zone", zone=name) from error


def wall_to_utc(wall: datetime, zone: ZoneInfo, fold: int | None = None) -> datetime:
    """The instant of naive ``wall`` in ``zone``. Raises :class:`Gap` or :class:`Fold` instead of guessing.

    ``fold`` 0 or 1 is a person's answer to a :class:`Fold`.
    """
    early, late = (wall.replace(tzinfo=zone, fold=n).astimezone(UTC) for n in (0, 1))
    said = f"{wall:%Y-%m-%d %H:%M}"
    if early.astimezone(zone).replace(tzinfo=None) != wall:
        before, after = sorted((early, late))
        shown = [moment.astimezone(zone) for moment in (before, after)]
        # where the change is at midnight, one of the two lies on another day, and says so
        form = "%H:%M" if all(moment.date() == wall.date() for moment in shown) else "%Y-%m-%d %H:%M"
        raise Gap((before, after), wall=said, before=f"{shown[0]:{form}}", after=f"{shown[1]:{form}}")
    if early != late and fold is None:
        raise Fold((early, late), wall=said)
    return late if fold == 1 else early


_CLOCK_PART: Final = re.compile(r"\d{4}-\d{2}-\d{2}T[^T+Z]{1,10}")
"""A day that is one, with something after it that is no time."""


def read_time(value: str, zone_name: str, fold: int | None = None, field: str = "publish_at") -> Moment:
    """A time as clients send it: RFC 3339 with an offset, or a wall time without one in ``zone_name``."""
    zone = zone_of(zone_name)
    if _day(value):
        raise Invalid(
            N_("“%(value)s” is a day without a time. Say when on that day, for instance %(example)s."),
            field,
            value=value.strip()[:40],
            example=f"{_day(value)}T09:00",
        )
    try:
        parsed = datetime.fromisoformat(value.strip())
    except ValueError as error:
        typed = value.strip()[:40]
        if _CLOCK_PART.fullmatch(typed):
            raise Invalid(N_("“%(time)s” is no time of day. Write it like 7.30."), field, time=typed[11:]) from error
        typed = f"{typed[:10]} {typed[11:]}".strip() if typed[10:11] == "T" else typed
        raise Invalid(N_("“%(value)s” is not a date and time."), field, value=typed) from error
    if not 2000 <= parsed.year <= 2200:
        raise Invalid(N_("The year %(year)s cannot be meant."), field, year=parsed.year)
    try:
        at = parsed.astimezone(UTC) if parsed.tzinfo else wall_to_utc(parsed, zone, fold)
    except (Gap, Fold) as clash:
        clash.field = field
        raise
    return Moment(at, f"{at.astimezone(zone):%Y-%m-%dT%H:%M}", zone_name)


def _day(value: str) -> date | None:
    """The day that ``value`` names, if it names nothing but a day."""
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        return None


def read_bound(value: str, zone_name: str, field: str, end: bool) -> datetime:
    """The moment at which a span of time begins or ends. A date without a time means the whole day: it begins at its
    midnight and ends at the next.

    Raises :class:`Invalid` as :func:`read_time`.
    """
    day = _day(value)
    if day is None:
        return read_time(value, zone_name, 0, field).at
    if not 2000 <= day.year <= 2200:
        raise Invalid(N_("The year %(year)s cannot be meant."), field, year=day.year)
    midnight = datetime.combine(day + timedelta(days=1) if end else day, time())
    try:
        return wall_to_utc(midnight, zone_of(zone_name), 0)
    except Gap as gap:  # the clocks go forward at midnight: the day begins an hour later
        return gap.choices[1]


GRACE: Final = timedelta(minutes=1)
"""How far back "now" may lie when somebody presses a button."""
PASSED: Final = N_("That time has already passed.")


def passed(at: datetime, now: datetime) -> bool:
    """Whether ``at`` is too late to be chosen: the one rule of composer, API, calendar and outbox."""
    return at < now - GRACE


def refuse_past(at: datetime, now: datetime, field: str = "publish_at") -> None:
    """Raise :class:`Invalid` for a time that has passed."""
    if passed(at, now):
        raise Invalid(PASSED, field)


def latest_for(publish_at: datetime, minutes: int) -> datetime:
    """The last moment at which something due at ``publish_at`` may still go out."""
    return publish_at + timedelta(minutes=minutes)


def approval_window(
    publish_at: datetime | None, now: datetime, before_hours: int, after_hours: int, last: datetime | None = None
) -> tuple[datetime, datetime]:
    """The window that an approval covers by default, around the planned time. ``last`` is the last of several times
    that are planned, of which ``publish_at`` is the first."""
    if publish_at is None:
        return now, now + timedelta(days=7)
    return publish_at - timedelta(hours=before_hours), (last or publish_at) + timedelta(hours=after_hours)

"""Reading an embargo as it is written, and the notice that tells readers of it.

The rule that what is public waits is the gate's (:mod:`commsched.core.delivery.gate`); which time each channel gets is
said in ``services.content.embargo_times``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from commsched.core.text.catalogues import gettext
from commsched.core.text.languages import SOURCE, known
from commsched.core.text.messages import N_
from commsched.core.timing import dates


def end_of(written: str) -> datetime | None:
    """The moment that a content's ``embargo`` (RFC 3339) ends; ``None`` where there is none.

    Raises :class:`ValueError` for one that cannot be read or has no zone: nobody knows when that ends.
    """
    if not written:
        return None
    end = datetime.fromisoformat(written)
    if end.tzinfo is None:
        raise ValueError(f"an embargo without a zone: {written}")
    return end


def is_over(written: str, now: datetime) -> bool:
    """Whether all may see it at ``now``. The embargo holds to the second; one that cannot be read never ends."""
    try:
        end = end_of(written)
    except ValueError:
        return False
    return end is None or end <= now


def notice(written: str, zone: str, language: str, now: datetime) -> str:
    """``Embargo till tisdag 1 december kl. 10.00``, on the clock of ``zone``; the year is added where it is another
    than that of ``now``. Empty where there is no embargo, or it is over: nobody is told of one that has passed.

    Raises :class:`ValueError` as :func:`end_of`.
    """
    end = end_of(written)
    if end is None or end <= now:
        return ""
    if end.second or end.microsecond:  # whoever is told a minute must not be let out before the second
        end = end.replace(second=0, microsecond=0) + timedelta(minutes=1)
    wall = dates.local(end, zone)
    day = dates.long_day(wall.date(), language, year=wall.year != dates.local(now, zone).year)
    words = gettext(language, N_("Embargo until %(day)s at %(hour)s:%(minute)s"))
    return words % {"day": day, "hour": f"{wall:%H}", "minute": f"{wall:%M}"}


def notices(written: str, zone: str, tags: Iterable[str], now: datetime) -> dict[str, str]:
    """What stands before a headline in a mail's subject, by the tag of each language; empty without an embargo that
    holds. Raises as :func:`notice`."""
    said = {tag: notice(written, zone, known(tag, SOURCE), now) for tag in tags}
    return {tag: f"{words}: " for tag, words in said.items() if words}

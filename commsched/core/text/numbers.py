"""Numbers as people write them: the decimal mark and the mark between thousands are CLDR's."""

from __future__ import annotations

from typing import NamedTuple

from commsched.core.text.languages import cached, locale_of


class Marks(NamedTuple):
    """How a language divides a number. ``grouped_from``: the least number of digits whose thousands are set apart."""

    decimal: str
    thousands: str
    grouped_from: int


@cached
def marks(language: str) -> Marks:
    """The marks of ``language``."""
    from babel.numbers import get_decimal_symbol, get_group_symbol

    with locale_of(language) as locale:
        least = int(locale._data.get("minimum_grouping_digits", 1))
        return Marks(str(get_decimal_symbol(locale)), str(get_group_symbol(locale)), 3 + least)


def decimal(number: float, places: int, language: str) -> str:
    """``0,1`` in Swedish, ``0.1`` in English, always with ``places`` decimals."""
    mark = marks(language)
    whole, _dot, part = f"{abs(number):.{places}f}".partition(".")
    if len(whole) >= mark.grouped_from:
        whole = f"{int(whole):,}".replace(",", mark.thousands)
    sign = "-" if number < 0 and (int(part or 0) or whole.strip("0")) else ""
    return f"{sign}{whole}{mark.decimal}{part}" if part else f"{sign}{whole}"


def decimal_mark(language: str) -> str:
    """What stands before the decimals."""
    return marks(language).decimal

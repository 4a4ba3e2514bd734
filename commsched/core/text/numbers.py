"""Numbers as people write them: the decimal mark and the mark between thousands are CLDR's."""

from __future__ import annotations

from decimal import Decimal

from commsched.core.text.languages import cached, locale_of


def decimal(number: float, places: int, language: str) -> str:
    """``0,1`` in Swedish, ``0.1`` in English, always with ``places`` decimals."""
    from babel.numbers import format_decimal

    rounded = Decimal(f"{number:.{places}f}")
    return str(format_decimal(rounded, format=f"#,##0.{'0' * places}", locale=locale_of(language)))


@cached
def decimal_mark(language: str) -> str:
    """What stands before the decimals."""
    from babel.numbers import get_decimal_symbol

    return str(get_decimal_symbol(locale_of(language)))

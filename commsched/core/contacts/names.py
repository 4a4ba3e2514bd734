"""Who a pasted line names: its name and newspaper, where they can be read from what stands around the address.

What cannot be read for certain is left empty: a person fills it in, and no greeting ever names a newspaper.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from commsched.core.contacts.columns import guess_heading
from commsched.core.text.clean import one_line
from commsched.core.text.recipients import Entry

_ANGLE: Final = re.compile(r"<[^<>]*+>\s*+$")
_IN_BRACKETS: Final = re.compile(r"\(([^()]*+)\)\s*+$")
_QUOTES: Final = "\"'“”„«» "
_CELLS: Final = re.compile(r'[^;\t,"]*+(?:"[^"]*+"[^;\t,"]*+)*+')
_WIDE_CELLS: Final = re.compile(r'[^;\t"]*+(?:"[^"]*+"[^;\t"]*+)*+')


def natural(name: str) -> str:
    """``Efternamn, Förnamn`` as people say it; any other name as it is, without the quotation marks around it."""
    bare = one_line(name).strip(_QUOTES)
    last, comma, first = (part.strip() for part in bare.partition(","))
    flips = comma and first and last and "," not in first and len(first.split()) <= 3 and len(last.split()) <= 3
    if not flips or any(sign.isdigit() or sign == "@" for sign in bare):
        return bare
    return f"{first} {last}"


def read(entry: Entry, heading: Entry | None = None) -> tuple[str, str]:
    """The (name, newspaper) of the line ``entry``; each empty where it cannot be read. ``heading`` is the first row of
    the spreadsheet that the line comes from."""
    text = entry.text.strip()
    if not entry.address or text == entry.address:
        return "", ""
    if heading is not None and (row := _by_heading(text, heading)) is not None:
        return row
    text = text.rstrip(" ;,\t")
    if _ANGLE.search(text):
        return _before_angle(_ANGLE.sub("", text).strip(), entry.address)
    cells = _cells(text)
    named = [cell.rpartition(" ")[0] for cell in cells if cell.endswith(entry.address) and " " in cell]
    name, outlet = [*named, *(cell for cell in cells if "@" not in cell), "", ""][:2]
    return _known(natural(name), entry.address), one_line(outlet)[:200]


def _before_angle(label: str, address: str) -> tuple[str, str]:
    bare = label.strip(_QUOTES)
    outlet = ""
    if inside := _IN_BRACKETS.search(bare):
        words = inside[1].strip()
        outlet, bare = ("" if "@" in words else words), _IN_BRACKETS.sub("", bare).strip(_QUOTES)
    return _known(natural(bare), address), outlet[:200]


def _known(name: str, address: str) -> str:
    """No name where it is the address again, as Outlook writes whom it does not know; nor where an address stands in
    it with nothing else."""
    if name.casefold() == address.casefold() or ("@" in name and " " not in name):
        return ""
    return (
        " ".join(word for word in name.split() if "@" not in word).strip("()<>, ")[:200] if "@" in name else name[:200]
    )


def _by_heading(text: str, heading: Entry) -> tuple[str, str] | None:
    """By the columns that the spreadsheet's own first row names; ``None`` where the row has not those columns."""
    names, cells = _row(heading.text), _row(text)
    if len(names) != len(cells):
        return None
    fields = guess_heading(names)
    by_field = {field: cell for field, cell in zip(fields, cells, strict=True) if field and cell}
    first_and_last = f"{by_field.get('first', '')} {by_field.get('last', '')}".strip()
    return natural(by_field.get("name", first_and_last)), by_field.get("outlet", "")[:200]


def _cells(text: str) -> list[str]:
    return [cell for cell in _row(text) if cell]


def _row(text: str) -> Sequence[str]:
    """The cells of a row, between semicolons or tabs, and between commas only where there are none of those: a comma
    stands in names too."""
    wide = ";" in text or "\t" in text
    pattern = _WIDE_CELLS if wide else _CELLS
    cells, place = [], 0
    while place <= len(text):
        piece = pattern.match(text, place)
        end = piece.end() if piece and piece.end() > place else place
        if end < len(text) and text[end] not in ";\t,":
            end = len(text)  # a quotation mark that nothing closes
        cells.append(one_line(text[place:end]).strip(_QUOTES))
        place = end + 1
    return cells

"""Lists of e-mail addresses as offices have them: one on each line, from Outlook's address field, from a spreadsheet.

What stands in the last ``<…>`` of an entry is its address, whatever its name looks like: no library is asked, since
those differ between versions in what they make of a name with an @ in it. An entry without an address is reported with
its line number and never dropped, since nobody would notice a missing newsroom until it is too late.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import msgspec

from commsched.core.text.messages import N_

_UNSEEN: Final = dict.fromkeys((0xFEFF, 0xAD, 0x2060, *range(0x200B, 0x2010)), "") | {0xA0: " ", 0x202F: " "}
_CELL: Final = re.compile(r'(?:"[^"]*+"|<[^<>]*+>|[^\t,;])++|(?<=[\t,;])(?=[\t,;])')
_ANGLE: Final = re.compile(r"<\s*+([^<>]*+)>\s*+$")
_COMMENT: Final = re.compile(r"\s*+\([^()]*+\)$")
_HEADING: Final = re.compile(r"mail|mejl|e-?post|adress?", re.IGNORECASE)
_PLAIN: Final = re.compile(
    r"[a-z0-9_]++(?:[.+-][a-z0-9_]++)*+@(?:[a-z0-9]++(?:-++[a-z0-9]++)*+\.)++[a-z]{2,24}", re.IGNORECASE
)
NO_ADDRESS: Final = N_("“%(address)s” is not an e-mail address.")
FOREIGN: Final = N_(
    "“%(address)s” has letters before the @ that mail servers do not take, such as å, ä or ö. Ask for the address in "
    "plain letters."
)
_MOST_NAME: Final = 4
"""Words of a name that stands before an address without brackets."""
HOSTS: Final = frozenset({"localhost"})
"""Names without a dot that can be written to: this computer, for trying."""


def has_foreign_name(text: str) -> bool:
    """Whether ``text`` would be an address if the letters before its @ were plain ones: those would need SMTPUTF8,
    which most servers on the way do not speak. A domain may have any letters (IDNA)."""
    name, _, domain = text.strip().rpartition("@")
    return not name.isascii() and not any(sign in name for sign in '<>()",;: @') and is_address(f"x@{domain}")


def why_none(text: str) -> str:
    """The sentence for ``text``, which is no address (:func:`is_address`): a msgid with the field ``address``."""
    return FOREIGN if has_foreign_name(text) else NO_ADDRESS


class BadEntry(msgspec.Struct, frozen=True):
    """An entry that is no address: the line it stands on, counted from one, and what stands there."""

    line: int
    text: str


class Entry(msgspec.Struct, frozen=True):
    """One piece of a list as it was written: on which line, counted from one, and whom it names, if anybody."""

    line: int
    text: str
    address: str = ""
    heading: bool = False
    """The first row of a spreadsheet, which names its columns."""


class Recipients(msgspec.Struct, frozen=True):
    """The addresses of a list in its order, each once whatever its case, and what could not be read."""

    addresses: tuple[str, ...]
    unread: tuple[BadEntry, ...] = ()


@lru_cache(maxsize=4)  # a list is read when it is checked, and again when it is kept
def read(text: str) -> Recipients:
    """The list in ``text``. Takes time in proportion to its length."""
    addresses: dict[str, str] = {}
    unread: list[BadEntry] = []
    for entry in entries(text):
        if entry.address:
            addresses.setdefault(entry.address.casefold(), entry.address)
        elif not entry.heading:
            unread.append(BadEntry(entry.line, entry.text))
    return Recipients(tuple(addresses.values()), tuple(unread))


def entries(text: str) -> list[Entry]:
    """Every piece of the list in ``text``, in its order. An address that is named twice stands there twice."""
    pieces: list[Entry] = []
    lines = text.translate(_UNSEEN).splitlines()
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    for number, line in enumerate(lines):
        if number == first and _is_heading(line, lines[number + 1 :]):
            pieces.append(Entry(number + 1, line.strip(), heading=True))
            continue
        for written, bare in _entries(line):
            known = is_address(bare)
            pieces.append(Entry(number + 1, written if known else bare, bare if known else ""))
    return pieces


def _is_heading(line: str, after: list[str]) -> bool:
    """The first row of a spreadsheet: several names of columns, one of them for addresses, which come below."""
    cells = _CELL.findall(line)
    return "@" not in line and len(cells) > 1 and bool(_HEADING.search(line)) and any("@" in cell for cell in after)


def _entries(line: str) -> list[tuple[str, str]]:
    """What must be an address on ``line``, each as it was written and without its name. In a row with one address
    the other cells are its columns; where there are several, what stands without one is a name only before an address
    in ``<…>``, and else something is missing."""
    cells = [cell for cell in (raw.strip() for raw in _CELL.findall(line)) if cell.strip("\"' ")]
    pieces: list[tuple[str, str]] = []
    waiting: list[str] = []
    for cell in cells:
        if "@" not in cell:
            waiting.append(cell)
            continue
        if waiting and pieces and not _ANGLE.search(cell):
            pieces += [(word, word) for word in waiting]
            waiting = []
        bare = _bare(cell)
        pieces += [(", ".join([*waiting, cell]), bare[0])] if len(bare) == 1 else [(word, word) for word in bare]
        waiting = []
    if len(pieces) == 1:
        return [(line.strip(), pieces[0][1])]
    return [*pieces, *((word, word) for word in waiting)]


def _bare(cell: str) -> list[str]:
    """The address in ``cell``, or the addresses where there is nothing else; what has none as it is."""
    inside = _ANGLE.search(cell)
    if inside:
        return [_stripped(inside[1]) or cell]
    words = _COMMENT.sub("", cell).split()
    if all("@" in word for word in words):
        return [_stripped(word) for word in words]
    return [_stripped(words[-1])] if _is_named(words) else [cell]


def _is_named(words: list[str]) -> bool:
    """Whether a name stands before an address without brackets, ``Redaktionen red@tidning.example``. What begins with
    a small letter may be a sentence, which nobody is written to by."""
    *name, last = words
    plain = not any(sign in word for word in name for sign in "@<>()") and (
        name[0][0].isupper() or name[0][0].isdigit()
    )
    return len(name) <= _MOST_NAME and plain and is_address(_stripped(last))


def _stripped(word: str) -> str:
    bare = word.strip("\"'<> ")
    if bare[:7].lower() == "mailto:":
        bare = bare[7:].partition("?")[0]
    return bare


_NAMED: Final = re.compile(r"[^\s<>\"'(),;:=]+@(?=[\w\[])")


def nameless(text: str) -> str:
    """``text`` without the persons in its addresses: ``…@tidning.example``. What is kept for ever names nobody."""
    return _NAMED.sub("…@", text)


def is_address(value: str) -> bool:
    """Whether ``value`` can be written to. Looks at the form only; asks no server."""
    local, _at, domain = value.rpartition("@")
    if len(value) > 254 or len(local) > 64 or max(map(len, domain.split("."))) > 63:
        return False
    if domain.lower() in HOSTS:
        return is_address(f"{local}@{domain}.test")
    if _PLAIN.fullmatch(value):
        return True
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(
            value, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError:
        return False
    return "." in domain

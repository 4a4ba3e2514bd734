"""Which column of a table says what: by its heading, in Swedish or English, and by what stands in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from commsched.core.text.length import fold
from commsched.core.text.messages import N_
from commsched.core.text.recipients import is_address

FIELDS: Final = {
    "address": N_("E-mail address"),
    "name": N_("Name"),
    "first": N_("First name"),
    "last": N_("Last name"),
    "outlet": N_("Newspaper or newsroom"),
    "beats": N_("Writes about"),
    "areas": N_("Area"),
    "language": N_("Language"),
    "notes": N_("Notes"),
}
"""What a column can say, and what it is called."""
_HEADINGS: Final = {
    "address": "e-post|epost|e-postadress|epostadress|mejl|mejladress|mail|mailadress|e-mail|email|e-mail address|"
    "email address|e-mail 1|adress|address|mail address",
    "first": "fornamn|first|first name|firstname|given name",
    "last": "efternamn|last|last name|lastname|surname|family name",
    "name": "namn|name|full name|fullstandigt namn|kontakt|kontaktperson|contact|journalist|visningsnamn|display name",
    "outlet": "tidning|tidning eller redaktion|newspaper|newspaper or newsroom|media|medium|medie|redaktion|outlet|"
    "publication|newsroom|foretag|organisation|organization|company|arbetsgivare|employer|nyhetsmedia|kanal",
    "beats": "bevakar|bevakning|bevakningsomrade|amne|amnen|amnesomrade|beat|beats|topic|topics|skriver om|"
    "writes about|subject|taggar|tags|kategori|kategorier|categories",
    "areas": "omrade|omraden|ort|stad|kommun|lan|region|area|areas|city|place|plats|location|spridningsomrade",
    "language": "sprak|language|lang",
    "notes": "anteckning|anteckningar|anm|notering|kommentar|ovrigt|notes|note|comment|comments|remark",
}
_BY_HEADING: Final = {word: field for field, words in _HEADINGS.items() for word in words.split("|")}
_PLAIN: Final = str.maketrans("åäöéü", "aaoeu")
_NAME: Final = re.compile(r"[^\W\d_]+(?:[ ,.'’-]+[^\W\d_]+){1,4}")
_LANGUAGES: Final = {
    "sv": "svenska|swedish",
    "en": "engelska|english",
    "fi": "finska|finnish|suomi",
    "nb": "norska|norwegian|no",
    "da": "danska|danish",
    "ar": "arabiska|arabic",
    "so": "somaliska|somali",
    "se": "nordsamiska|samiska|sami",
}
_BY_WORD: Final = {word: tag for tag, words in _LANGUAGES.items() for word in (tag, *words.split("|"))}


class Guess(msgspec.Struct, frozen=True):
    """What each column says (a key of :data:`FIELDS`, or nothing), and whether the first row names them."""

    fields: tuple[str, ...]
    heading: bool


def guess_heading(cells: Sequence[str]) -> tuple[str, ...]:
    """What each column says by its heading alone. The first of two that say the same has it."""
    fields: list[str] = []
    for cell in cells:
        word = fold(cell).strip(" :*.").translate(_PLAIN)
        ways = (word, word.partition("(")[0].strip(), *(part.strip() for part in word.split("/")))
        field = next((_BY_HEADING[way] for way in ways if way in _BY_HEADING), "")
        fields.append(field if field not in fields else "")
    return tuple(fields)


def rows_above(rows: Sequence[Sequence[str]]) -> int:
    """How many of ``rows``, the first ones of a table, stand above its headings: a title, the day it was changed. None
    where no row before the first address names two columns."""
    for place, row in enumerate(rows):
        if any("@" in cell for cell in row):
            break
        if sum(map(bool, guess_heading(row))) > 1:
            return place
    return 0


def guess(rows: Sequence[Sequence[str]]) -> Guess:
    """What the columns of ``rows``, the first ones of a table, say."""
    width = max((len(row) for row in rows), default=0)
    if not rows:
        return Guess((), False)
    first = [*rows[0], *[""] * (width - len(rows[0]))]
    heading = not any("@" in cell for cell in first) and len(rows) > 1
    fields = list(guess_heading(first)) if heading else [""] * width
    body = [[*row, *[""] * (width - len(row))] for row in rows[1 if heading else 0 :]]
    columns = [[row[place].strip() for row in body if row[place].strip()] for place in range(width)]
    _by_content(fields, columns)
    return Guess(tuple(fields), heading)


def _by_content(fields: list[str], columns: list[list[str]]) -> None:
    """Fill in what no heading says: the column of addresses, then of names, then of newspapers."""
    shares = [_share(column, _holds_address) for column in columns]
    if "address" in fields and shares[fields.index("address")] == 0 < max(shares):
        fields[fields.index("address")] = ""  # “Adress” is also where somebody lives
    if "address" not in fields and max(shares, default=0) > 0.5:
        fields[shares.index(max(shares))] = "address"
    if any(fields.count(field) for field in ("name", "first", "last")) or "address" not in fields:
        return
    free = [place for place, field in enumerate(fields) if not field and columns[place]]
    named = [place for place in free if _share(columns[place], lambda cell: bool(_NAME.fullmatch(cell))) > 0.6]
    if not named:
        return
    name = max(named, key=lambda place: len(set(columns[place])))
    fields[name] = "name"
    after = [place for place in free if place > name and _share(columns[place], _is_word) > 0.6]
    if "outlet" not in fields and after:
        fields[after[0]] = "outlet"


def _share(column: list[str], fits: Callable[[str], bool]) -> float:
    return sum(1 for cell in column if fits(cell)) / len(column) if column else 0.0


def _holds_address(cell: str) -> bool:
    return "@" in cell and any(is_address(word.strip("<>\"'();,")) for word in cell.split())


def _is_word(cell: str) -> bool:
    return any(sign.isalpha() for sign in cell) and "@" not in cell and len(cell) < 80


def language_of(cell: str) -> str:
    """The tag of the language that a cell names; empty where it names none that is known."""
    word = fold(cell).strip()
    return _BY_WORD.get(word, _BY_WORD.get(word.partition("-")[0], ""))

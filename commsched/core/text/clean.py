"""What a person typed or pasted, as text that everything after it can rely on. The one rule, for every edge.

Word and Outlook put line breaks and hyphens of their own between words: to delete those would melt the words together,
so they become the signs that everybody else uses. What no reader sees and some databases refuse is taken out.

Runs of marks are bounded before anything normalises them: putting marks in order costs the square of their number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final, overload

from commsched.core.text.json_values import JsonObject
from commsched.core.text.messages import N_, Invalid

MOST_MARKS: Final = 30
"""Marks in a row on one letter. More is in no language (Unicode's Stream-Safe Text Format, UAX 15)."""

_ODD: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_BECOMES: Final = {
    "\r": "\n",
    "\x0b": "\n",
    "\x0c": "\n",
    "\x85": "\n",
    "\u2028": "\n",
    "\u2029": "\n",
    "\x1e": "-",  # Word's no-break hyphen
    "\x1f": "\u00ad",  # and its optional one
}
_ISOLATES: Final = "\u2066\u2067\u2068"
_END: Final = "\u2069"
_DIRECTED: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Signs that turn the direction of the text after them."""
_RUN: Final = re.compile(rf"[^\w\s\x00-\x7f]{{{MOST_MARKS + 1},}}")  # marks are no word characters


def clean(text: str) -> str:
    """``text`` with plain line breaks, and without control characters and halves of pairs. Line breaks and hyphens of
    every kind are kept as ours; everything that Unicode can show stays, in the direction that its letters have."""
    if _ODD.search(text):
        text = _ODD.sub(lambda sign: _BECOMES.get(sign[0], ""), text.replace("\r\n", "\n"))
    if not _DIRECTED.search(text):
        return text
    return "\n".join(_straight(line) for line in text.split("\n"))


def _straight(line: str) -> str:
    """``line`` without what can make text read as other than it is, or turns what stands after the line.

    Overrides and embeddings are taken out, which show “fdp.exe” as “exe.pdf” and are in no text that needs them today.
    Isolates, which replaced them, stay in pairs. Marks (RLM, LRM) and joiners carry meaning, and reach no further than
    their neighbours.
    """
    signs, open_ones = list(line), []
    for place, sign in enumerate(signs):
        if sign in _ISOLATES:
            open_ones.append(place)
        elif sign == _END and open_ones:
            open_ones.pop()
        elif _DIRECTED.match(sign):
            signs[place] = ""
    for place in open_ones:
        signs[place] = ""
    return "".join(signs)


def one_line(text: str) -> str:
    """``text`` cleaned, its line breaks made spaces, without space at its ends."""
    return clean(text).replace("\n", " ").strip()


def overmarked(text: str) -> bool:
    """Whether more than :data:`MOST_MARKS` marks or joiners stand in a row. Linear, whatever the text."""
    return any(_most_marks(run[0]) > MOST_MARKS for run in _RUN.finditer(text))


def _most_marks(run: str) -> int:
    most = length = 0
    for character in run:
        length = length + 1 if unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf") else 0
        most = max(most, length)
    return most


def require_readable(text: str, field: str = "") -> None:
    """Raise :class:`Invalid` for a run of marks that no language has."""
    if overmarked(text):
        message = N_("More than %(most)s accents or other marks stand on one letter. Take some of them away.")
        raise Invalid(message, field, most=MOST_MARKS)


@overload
def settled(value: str, field: str = "") -> str: ...
@overload
def settled(value: JsonObject, field: str = "") -> JsonObject: ...
@overload
def settled(value: object, field: str = "") -> object: ...
def settled(value: object, field: str = "") -> object:
    """``value`` with every string in it cleaned and in Unicode NFC: å is å however it was typed.

    Raises :class:`Invalid`, by ``field`` or else by the name nearest to it, for a run of marks that no language has.
    """
    if isinstance(value, str):
        require_readable(value, field)
        return unicodedata.normalize("NFC", clean(value))
    if isinstance(value, Mapping):
        return {settled(key, field): settled(item, field or str(key)[:80]) for key, item in value.items()}
    return [settled(item, field) for item in value] if isinstance(value, list | tuple) else value


def passage(text: str, field: str = "") -> str:
    """What a person says in several lines, as it may be kept: :func:`settled`, without space at its ends."""
    return settled(text, field).strip()


def line(text: str, field: str = "") -> str:
    """What a person says in one line, as it may be kept: :func:`passage`, every run of space in it one space."""
    return " ".join(passage(text, field).split())

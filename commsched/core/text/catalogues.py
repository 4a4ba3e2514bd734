"""Every sentence in a person's language, from gettext catalogues (``.po``) that lie beside the code.

The catalogues are read as they are, once per language and process: no compiling, no second copy that can be stale.
Several files make one language, one for each part of the program.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from commsched.core.text.messages import N_, Message

LANGUAGES: Final = {"sv": "Svenska", "en": "English"}
DEFAULT: Final = "sv"

Catalogue = dict[str, tuple[str, ...]]
"""From msgid to its translations: one, or (singular, plural). Both our languages have ``n != 1`` as plural."""

_LINE = re.compile(r'^(?:(msgid|msgstr|msgid_plural|msgctxt)(?:\[(\d)\])? )?(".*")$')


def known(language: str | None) -> str:
    """``language`` if we speak it (``en-GB`` counts as ``en``), else the default."""
    short = (language or "").lower().split("-")[0].split("_")[0]
    return short if short in LANGUAGES else DEFAULT


def _entries(text: str) -> Iterator[dict[str, str]]:
    """The entries of a .po file as ``{"msgid": …, "msgstr0": …}``, obsolete ones left out."""
    entry: dict[str, str] = {}
    key = ""
    for line in [*text.splitlines(), ""]:
        found = _LINE.match(line.strip())
        if not found:
            if entry and not line.strip():
                yield entry
                entry = {}
            continue
        word, number, quoted = found.groups()
        if word:
            if word == "msgid" and "msgid" in entry:
                yield entry
                entry = {}
            key = f"msgstr{number or 0}" if word == "msgstr" else word
        entry[key] = entry.get(key, "") + ast.literal_eval(quoted)


def read_po(text: str) -> Catalogue:
    """A catalogue from the text of a .po file; entries without a translation are left out."""
    made: Catalogue = {}
    for entry in _entries(text):
        forms = tuple(entry[key] for key in ("msgstr0", "msgstr1") if entry.get(key))
        if entry.get("msgid") and forms:
            made[entry["msgid"]] = forms
    return made


_ADDED: Final[list[Traversable]] = []


def add(locale: Traversable) -> None:
    """Speak what another package brings too. Where it says something of ours otherwise, ours stands."""
    if locale not in _ADDED:
        _ADDED.insert(0, locale)
        catalogue.cache_clear()


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: str) -> Catalogue:
    """All areas of ``language``. Empty for English, the language of the msgids."""
    merged: Catalogue = {}
    for locale in (*_ADDED, files("commsched") / "locale"):
        merged |= _read(locale / language / "LC_MESSAGES")
    return merged


def _read(folder: Traversable) -> Catalogue:
    merged: Catalogue = {}
    if folder.is_dir():
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if file.name.endswith(".po"):
                merged |= read_po(file.read_text("utf-8"))
    return merged


def stored(answer: str, language: str) -> str:
    """An answer as it was stored with a try: a sentence of our own, perhaps with others' words in parentheses behind
    it, in ``language``; what a platform said stays as it was."""
    own, opening, rest = answer.partition(" (")
    if answer in catalogue(language) or not opening:
        return gettext(language, answer)
    return gettext(language, own) + opening + rest


def gettext(language: str, message: str) -> str:
    """``message`` in ``language``, its %(name)s fields untouched."""
    found = catalogue(language).get(message)
    return found[0] if found else message


def ngettext(language: str, one: str, many: str, n: int) -> str:
    """The form of ``one`` / ``many`` that goes with ``n``, its fields untouched."""
    found = catalogue(language).get(one)
    if found and len(found) == 2:
        return found[n != 1]
    return one if n == 1 else many


def translate(words: Message | str, language: str, **params: Any) -> str:
    """``words`` as a finished sentence. Fields that are themselves :class:`Message` are said first."""
    if isinstance(words, str):
        words = Message(words, params)
    text = gettext(language, words.message)
    if not words.params:
        return text
    values = {
        key: translate(value, language) if isinstance(value, Message) else value for key, value in words.params.items()
    }
    made = text % values
    begins = any(isinstance(value, Message) and text.startswith(f"%({key})") for key, value in words.params.items())
    named = re.match(r"[a-z]+_", made)  # the name of a setting stays as it is written
    return made[:1].upper() + made[1:] if begins and not named else made


def preferred(header: str) -> str:
    """The first language of an ``Accept-Language`` header that we speak, by its weights; else the default."""
    wishes: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), tag.lower()[:2]))
        except ValueError:
            continue
    return next((tag for _, tag in sorted(wishes, key=lambda wish: wish[0]) if tag in LANGUAGES), DEFAULT)


def all_of(names: Sequence[str], language: str) -> str:
    """``Karin, Olle and Gunnar``, in ``language``."""
    if len(names) < 2:
        return "".join(names)
    return gettext(language, N_("%(some)s and %(last)s")) % {"some": ", ".join(names[:-1]), "last": names[-1]}

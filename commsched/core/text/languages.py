"""Which languages there are: one folder each, named by its tag, with ``LC_MESSAGES/*.po`` in it.

English is the language that the code is written in, and needs no folder. What a language calls itself stands in the
head of a catalogue as ``X-Name``, or comes from CLDR as do its days, months and numbers, through Babel, which is
imported when something is first said. So nothing in the code has to
change for a language more; what plugs in brings its own sentences by :func:`add`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    from babel import Locale

SOURCE: Final = "en"
"""The language of the msgids."""
DEFAULT: Final = "sv"
"""What a person gets whose language we do not know."""

_COUNTRIES: Final = {SOURCE: "GB"}
"""Countries that CLDR would guess otherwise: the English of this program is British."""
_FOLDER: Final = re.compile(r"[a-z]{2,3}([_-][A-Za-z0-9]{2,4})?")
_FALLBACK: Final = re.compile(r'^"X-Fallback: *([\w ,-]*)\\n"', re.MULTILINE)
_NAME: Final = re.compile(r'^"X-Name: *([^"\\]+)\\n"', re.MULTILINE)
_SOURCE_NAME: Final = "English"

_places: list[Traversable] = [files("commsched") / "locale"]
_caches: list[Callable[[], None]] = []

P = ParamSpec("P")
R = TypeVar("R")


def cached(function: Callable[P, R]) -> Callable[P, R]:
    """Keep what ``function`` returns until the folders of languages change."""
    kept = lru_cache(maxsize=256)(function)
    _caches.append(kept.cache_clear)
    return kept  # type: ignore[return-value]  # called as the function that it wraps


def add(place: Traversable) -> None:
    """Take in the languages in the folder ``place``: new ones, and more sentences of those there are."""
    _places.append(place)
    _forget()


def remove(place: Traversable) -> None:
    """Leave out again what :func:`add` took in. Raises ``ValueError`` for another folder."""
    _places.remove(place)
    _forget()


def _forget() -> None:
    for clear in _caches:
        clear()


@cached
def catalogues(language: str) -> tuple[Traversable, ...]:
    """The catalogues of ``language``, in the order in which later ones win."""
    folders = [place / name / "LC_MESSAGES" for place in _places for name in {language, language.replace("-", "_")}]
    return tuple(
        file
        for folder in folders
        if folder.is_dir()
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if file.name.endswith(".po")
    )


@cached
def codes() -> tuple[str, ...]:
    """The tags of all languages: the default one, English, then the others by their letters."""
    folders = [entry.name for place in _places if place.is_dir() for entry in place.iterdir()]
    tags = {name.replace("_", "-") for name in folders if _FOLDER.fullmatch(name)}
    others = sorted(tag for tag in tags - {DEFAULT, SOURCE} if catalogues(tag))
    return (DEFAULT, SOURCE, *others)


@cached
def names() -> Mapping[str, str]:
    """What each language calls itself, by its tag."""
    return {code: _name(code) for code in codes()}


def _name(code: str) -> str:
    """From the head of a catalogue; only where none says it, CLDR's data is read, which takes time and memory."""
    if code == SOURCE:
        return _SOURCE_NAME
    heads = (_NAME.search(file.read_text("utf-8")[:1_000]) for file in catalogues(code))
    if said := next((head for head in heads if head), None):
        return said[1].strip()
    if not _in_cldr(code):
        return code[:1].upper() + code[1:]
    with locale_of(code) as locale:
        name = str(locale.language_name or code)
    return name[:1].upper() + name[1:]


def known(tag: str | None, default: str = DEFAULT) -> str:
    """``tag`` if we speak it (``en-GB`` and ``en_GB.UTF-8`` count as ``en``), else ``default``."""
    wanted = (tag or "").partition(".")[0].replace("_", "-").lower()
    by_tag = {code.lower(): code for code in codes()}
    while wanted and wanted not in by_tag:
        wanted = wanted.rpartition("-")[0]
    return by_tag.get(wanted, default)


@cached
def chain(language: str) -> tuple[str, ...]:
    """Where a sentence is looked for: ``language``, what its catalogue names as ``X-Fallback``, English.

    Only the heads of catalogues are read for this, so that it costs little.
    """
    wanted = [language, known(language, SOURCE)]
    for file in catalogues(wanted[-1]):
        header = _FALLBACK.search(file.read_text("utf-8")[:1_000])
        wanted += [known(tag.strip(), SOURCE) for tag in header[1].split(",")] if header else []
    return tuple(dict.fromkeys([*wanted, SOURCE]))


T = TypeVar("T")


def pick(texts: Mapping[str, T], language: str, default: T) -> T:
    """Of texts by language the one in ``language``, else in those that stand in for it, else the default language's."""
    return next((texts[code] for code in (*chain(language), DEFAULT) if texts.get(code)), default)


@cached
def _in_cldr(code: str) -> bool:
    from babel.localedata import exists

    return exists(code.replace("-", "_"))


@contextmanager
def locale_of(language: str) -> Iterator[Locale]:
    """CLDR's data for ``language``; where CLDR does not have it, for the first that stands in for it.

    Whoever asks keeps the few words that are needed: all of a language's data takes some four megabytes in every
    process, so it is let go at the end.
    """
    from babel import Locale, localedata

    code = next(code for code in chain(language) if _in_cldr(code))
    try:
        yield Locale.parse(code, sep="-")
    finally:
        localedata._cache.clear()


@cached
def with_country(language: str) -> str:
    """``sv_SE`` for ``sv``: as Open Graph names languages. The tag alone where no country can be told."""
    from babel.core import get_global

    if "-" in language:
        return language.replace("-", "_")
    likely = str(get_global("likely_subtags").get(language, ""))
    country = _COUNTRIES.get(language) or likely.rpartition("_")[2]
    return f"{language}_{country}" if country else language

"""Who is named with ``@`` in a comment, and the words of an item that a comment is about."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from commsched.core.content.fields import rows_of
from commsched.core.content.model import Content
from commsched.core.content.release import texts_of_version
from commsched.core.text.messages import N_, Invalid

_AT: Final = re.compile(r"(?<![\w.@/])@(?=\w)")
_WORD: Final = re.compile(r"\w[\w'’-]*")
MOST_QUOTED: Final = 500
"""Characters of the words that a comment is about."""


class Named(msgspec.Struct, frozen=True):
    """What was typed after an ``@``, and the people it may mean."""

    typed: str
    people: frozenset[int]


def named(body: str, names: Mapping[int, str]) -> list[Named]:
    """Those of ``names`` that stand in ``body`` after an ``@``: whole names, given names or surnames. What is nobody's
    name (an account on a network, say) is left out."""
    known = {person: " ".join(_plain(name).split()) for person, name in names.items() if name.strip()}
    folded = _plain(body)
    hits = [_at(folded[match.end() :], known) for match in _AT.finditer(folded)]
    return [hit for hit in hits if hit is not None]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _at(rest: str, names: Mapping[int, str]) -> Named | None:
    """Who is meant by what ``rest`` begins with: the longest whole name, else one word of a name."""
    whole = {person: name for person, name in names.items() if _begins(rest, name)}
    if whole:
        longest = max(whole.values(), key=len)
        return Named(longest, frozenset(person for person, name in whole.items() if name == longest))
    word = _WORD.match(rest)
    if word is None:
        return None
    people = {person for person, name in names.items() if word[0] in _parts(name)}
    return Named(word[0], frozenset(people)) if people else None


def _begins(rest: str, name: str) -> bool:
    return rest.startswith(name) and not re.match(r"\w", rest[len(name) : len(name) + 1])


def _parts(name: str) -> set[str]:
    """What a person may be called: each of their names, and all of them written together."""
    return {*re.split(r"[\s-]+", name), *name.split(), name.replace(" ", "")}


def people_named(body: str, names: Mapping[int, str]) -> set[int]:
    """The people whom ``body`` names. Raises :class:`Invalid` where a name may be of several people with different
    names, and says which: nobody is told by a guess."""
    people: set[int] = set()
    for hit in named(body, names):
        called = sorted({names[person] for person in hit.people})
        if len(called) > 1:
            words = N_("“@%(typed)s” may be %(names)s. Write the whole name.")
            raise Invalid(words, "comment", typed=hit.typed.capitalize(), names=" / ".join(called))
        people |= hit.people
    return people


def _squeezed(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def texts_of(content: Content) -> Iterable[str]:
    """Everything in ``content`` that words can be marked in."""
    yield from (content.title, content.lead, content.text, content.short, content.facts, content.contact, content.about)
    yield from (part.text for part in content.channels if part.text is not None)
    yield from (said.text for said in content.quotes)
    yield from (each.alt for each in content.attachments)
    yield from (text for version in content.versions for text in texts_of_version(version))
    yield from rows_of(content)


def stands(words: str, content: Content) -> bool:
    """Whether ``words`` stand in ``content`` as it is, however its lines are broken."""
    wanted = _squeezed(words)
    return any(wanted in _squeezed(text) for text in texts_of(content))


def quoted(words: str, content: Content) -> str:
    """The words that a comment is about, as they are kept; empty for a comment on the whole. Raises :class:`Invalid`
    for words that do not stand in ``content``."""
    kept = _squeezed(words)
    if not kept:
        return ""
    if len(kept) > MOST_QUOTED:
        raise Invalid(N_("Mark a shorter passage, of at most %(n)s characters."), "quote", n=MOST_QUOTED)
    if not stands(kept, content):
        raise Invalid(N_("Those words do not stand in the text. Write them exactly as they stand there."), "quote")
    return kept

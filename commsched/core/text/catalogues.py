"""Every sentence in a person's language, from gettext catalogues (``.po``) that lie beside the code.

The catalogues are read as they are, once per language and process, when something is first said: no compiling, no
second copy that can be stale. Several files make one language, one for each part of the program. How many forms a
plural has, and which of them goes with a number, is what their ``Plural-Forms`` says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from gettext import c2py
from io import StringIO
from typing import NamedTuple

from commsched.core.text.languages import DEFAULT, cached, catalogues, chain, known
from commsched.core.text.messages import N_, Message

Catalogue = dict[str, tuple[str, ...]]
"""From msgid to its translations: one, or as many as the language has plural forms."""


def read_po(text: str) -> Catalogue:
    """A catalogue from the text of a .po file; entries without a translation, or with a doubtful one, are left out."""
    return _read(text)[0]


class Plural(NamedTuple):
    """How many forms a language has, and which of them goes with a number."""

    forms: int
    choose: Callable[[int], int]


def _read(text: str) -> tuple[Catalogue, Plural]:
    """A catalogue, and what its header says of plurals."""
    from babel.messages.pofile import read_po

    parsed = read_po(StringIO(text))
    entries: Catalogue = {}
    for message in parsed:
        msgid = message.id if isinstance(message.id, str) else message.id[0]
        forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        if msgid and forms and all(forms) and not message.fuzzy:
            entries[msgid] = forms
    return entries, Plural(parsed.num_plurals, c2py(parsed.plural_expr))


@cached
def _language(language: str) -> tuple[Catalogue, Plural]:
    """All areas of ``language``, and its plural rule. Empty for English, the language of the msgids."""
    entries: Catalogue = {}
    plural = Plural(2, c2py("n != 1"))
    for file in catalogues(language):
        area, plural = _read(file.read_text("utf-8"))
        entries |= area
    return entries, plural


def catalogue(language: str) -> Catalogue:
    """All areas of ``language``, without those that stand in for it."""
    return _language(language)[0]


@cached
def _chained(language: str) -> tuple[Catalogue, ...]:
    """The catalogues in which a sentence is looked for, in their order."""
    return tuple(_language(code)[0] for code in chain(language))


def stored(answer: str, language: str) -> str:
    """An answer as it was stored with a try: a sentence of our own, perhaps with others' words in parentheses behind
    it, in ``language``; what a platform said stays as it was."""
    own, opening, rest = answer.partition(" (")
    if answer in catalogue(language) or not opening:
        return gettext(language, answer)
    return gettext(language, own) + opening + rest


def own_words(answer: str) -> Message:
    """Such an answer as a field of a sentence that is said later, in whatever language."""
    own, opening, rest = answer.partition(" (")
    return Message(f"%(own)s{opening}%(rest)s", {"own": Message(own), "rest": rest})


def gettext(language: str, message: str) -> str:
    """``message`` in ``language``, its %(name)s fields untouched."""
    for entries in _chained(language):
        if forms := entries.get(message):
            return forms[0]
    return message


def ngettext(language: str, singular: str, plural_text: str, n: int) -> str:
    """The form of ``singular`` / ``plural_text`` that goes with ``n``, its fields untouched."""
    for code in chain(language):
        entries, plural = _language(code)
        forms = entries.get(singular, ())
        if len(forms) == plural.forms:
            return forms[plural.choose(n)]
    return singular if n == 1 else plural_text


def translate(words: Message | str, language: str, **params: object) -> str:
    """``words`` as a finished sentence. Fields that are themselves :class:`Message` are said first."""
    if isinstance(words, str):
        words = Message(words, params)
    text = gettext(language, words.message)
    if not words.params:
        return text
    values = {
        key: translate(value, language) if isinstance(value, Message) else value for key, value in words.params.items()
    }
    sentence = text % values
    begins = any(isinstance(value, Message) and text.startswith(f"%({key})") for key, value in words.params.items())
    named = re.match(r"[a-z]+_", sentence)  # the name of a setting stays as it is written
    return sentence[:1].upper() + sentence[1:] if begins and not named else sentence


def preferred(header: str, default: str = DEFAULT) -> str:
    """The first language of an ``Accept-Language`` header that we speak, by its weights; else ``default``."""
    wishes: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), known(tag, "")))
        except ValueError:
            continue
    return next((code for _, code in sorted(wishes, key=lambda wish: wish[0]) if code), default)


def all_of(names: Sequence[str], language: str) -> str:
    """``Karin, Olle and Gunnar``, in ``language``."""
    if len(names) < 2:
        return "".join(names)
    return gettext(language, N_("%(some)s and %(last)s")) % {"some": ", ".join(names[:-1]), "last": names[-1]}

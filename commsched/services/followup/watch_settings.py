"""What an office has decided of its watch: words that it is told of, when it is told, how long texts are kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from commsched.core.text.clean import clean
from commsched.core.text.length import fold
from commsched.core.text.messages import N_, Invalid
from commsched.core.text.words import stems
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.store import locks
from commsched.store.models import Workspace

_LETTERS: Final = re.compile(r"[^\W_]+")
LOOSE: Final = 5
"""Letters of a stem that is also looked for inside compounds."""
MOST_WORDS: Final = 200
MOST_WORD: Final = 60
"""Characters of one."""
MOST_HOURS, MOST_DAYS, LEAST_DAYS = 168, 730, 7


class WatchSettings(msgspec.Struct, frozen=True):
    """``hours`` after which somebody is told that a comment waits; ``days`` that words and writers are kept."""

    words: list[str] = []
    hours: int = 12
    days: int = 90


def of(workspace: Workspace) -> WatchSettings:
    """What ``workspace`` has decided, or what holds until it does."""
    return msgspec.convert(workspace.settings.get("watch", {}), WatchSettings)


def keep(installation: Installation, actor: Actor, typed: str, hours: int, days: int) -> WatchSettings:
    """Keep new settings; ``typed`` are words and phrases, one on each line. Raises :class:`Invalid`."""
    actor.require("administer")
    words = list(dict.fromkeys(" ".join(clean(line).split()) for line in typed.splitlines() if line.strip()))
    if len(words) > MOST_WORDS:
        raise Invalid(N_("At most %(most)s words."), "words", most=MOST_WORDS)
    if any(len(word) > MOST_WORD for word in words):
        raise Invalid(N_("At most %(most)s characters in one word."), "words", most=MOST_WORD)
    for value, least, most, name in ((hours, 1, MOST_HOURS, "hours"), (days, LEAST_DAYS, MOST_DAYS, "days")):
        if not least <= value <= most:
            raise Invalid(N_("A whole number from %(least)s to %(most)s."), name, least=least, most=most)
    kept = WatchSettings(words, hours, days)
    with installation.store.write(actor.workspace) as session:
        row = locks.row(session, Workspace, actor.workspace)
        row.settings = row.settings | {"watch": msgspec.to_builtins(kept)}
        note(session, installation, actor, "watch.settings", words=len(words), hours=hours, days=days)
    return kept


def first_word(text: str, words: list[str]) -> str:
    """The first of the office's ``words`` that stands in ``text``, in any of its forms; empty where none does.

    A longer one also counts as a part of a compound. A phrase is its words one after the other.
    """
    tokens = _LETTERS.findall(fold(text))
    forms = _Forms(tokens)
    for word in words:
        wanted = _LETTERS.findall(fold(word))
        if not wanted or not all(map(forms.hold, wanted)):
            continue
        places = range(len(tokens) - len(wanted) + 1) if len(wanted) > 1 else ()
        if len(wanted) == 1 or any(all(map(_is_form, tokens[at : at + len(wanted)], wanted)) for at in places):
            return word
    return ""


class _Forms:
    """The words of a text in their forms, each once: a stranger writes it, and it is compared with many words."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.words = set(tokens)
        self.stems = {stem for word in self.words for stem in stems(word)}
        self.all = "\n".join(["", *self.words, *self.stems, ""])

    def hold(self, word: str) -> bool:
        """Whether any word of the text is a form of ``word``, as :func:`_is_form` says."""
        if word in self.words:
            return True
        return any(
            stem in self.stems or (len(stem) >= LOOSE and (f"\n{stem}" in self.all or f"{stem}\n" in self.all))
            for stem in stems(word)
        )


def _is_form(token: str, word: str) -> bool:
    if token == word:
        return True
    shown = (token, *stems(token))
    for stem in stems(word):
        loose = len(stem) >= LOOSE and any(form.startswith(stem) or form.endswith(stem) for form in shown)
        if loose or stem in shown[1:]:
            return True
    return False

"""What the small window offers to do, and where it leads: what whoever asks may."""

from __future__ import annotations

from typing import Final

import msgspec
from flask import current_app, url_for

from commsched.core.text.length import fold
from commsched.core.text.messages import N_
from commsched.core.text.words import match, terms
from commsched.web.http.i18n import translated
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import may_here, place

MOST_ITEMS: Final = 6
MOST_PAGES: Final = 6


class Act(msgspec.Struct, frozen=True):
    """A line: it leads to ``href``. ``also`` are further words by which it is found."""

    word: str
    icon: str
    href: str
    also: str = ""


def acts(words: str) -> list[Act]:
    """Everything that can be done or gone to, by ``words``; without any, what is used every day."""
    every = [*_deeds(), *_pages()]
    wanted = terms(words)
    if not wanted:
        return every[:MOST_PAGES]
    return [act for act in every if match(fold(f"{act.word} {act.also}"), wanted)][:MOST_PAGES]


_KINDS: Final = (
    (N_("Write a post"), "square-pen", "post"),
    (N_("Write a press release"), "newspaper", "release"),
)


def _deeds() -> list[Act]:
    deeds = []
    if may_here("write"):
        new = translated(N_("new"))
        deeds += [Act(translated(word), icon, url_for("write.new", kind=kind), new) for word, icon, kind in _KINDS]
    if may_here("pause"):
        paused = place().paused_at is not None
        word = translated(N_("Resume")) if paused else translated(N_("Pause everything"))
        deeds.append(Act(word, "play" if paused else "pause", url_for("pause.index"), translated(N_("stop"))))
    return deeds


def _pages() -> list[Act]:
    menu: list[NavEntry] = current_app.extensions["menu"]
    pages = [
        Act(translated(entry.label), entry.icon, url_for(entry.endpoint))
        for entry in menu
        if may_here(entry.permission) and entry.endpoint != "write.new"
    ]
    return [*pages, Act(translated(N_("My account")), "circle-user", url_for("account.index"))]

"""The menu: each page module says where it belongs, and the frame shows what a person may use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec
from flask import Flask, current_app, g, request, url_for

from commsched.core.access.roles import Permission, may
from commsched.services.followup import watch_count
from commsched.services.views import approval_count
from commsched.web.http import i18n

MOST_OFFICES = 200
"""Of so many offices the menu's addresses are kept."""


class NavEntry(msgspec.Struct, frozen=True):
    """One line of the menu. ``label`` is a msgid, ``icon`` a lucide name; lower ``order`` stands first.

    ``phone`` puts it in the bar at the bottom of a phone, which has room for four; others fill what is left. ``group``
    says where the rail shows it: above its line what is used every day, below it the rest, smaller. What belongs to
    the ``head`` has a place of its own there. ``under`` is the endpoint of the entry that it is shown as a part of.
    ``count`` is the figure beside it: ``approve``, ``watch`` or ``inbox``; an entry of the watch is there where there
    is one.
    """

    endpoint: str
    label: str
    icon: str
    order: int = 50
    permission: Permission = "read"
    phone: bool = False
    group: Literal["daily", "rest", "head"] = "rest"
    under: str = ""
    count: Literal["", "approve", "watch", "inbox"] = ""

    @property
    def current(self) -> bool:
        """Whether the page being shown belongs to this entry: same blueprint."""
        return (request.blueprint or "") == self.endpoint.rpartition(".")[0]


def install(app: Flask) -> None:
    """Give every template the menu."""
    app.extensions["menu"] = []
    app.extensions["menu addresses"] = {}
    app.context_processor(_context)


def add(app: Flask, entries: NavEntry | Iterable[NavEntry]) -> None:
    """Put ``entries`` in the menu."""
    menu: list[NavEntry] = app.extensions["menu"]
    menu.extend([entries] if isinstance(entries, NavEntry) else entries)
    menu.sort(key=lambda entry: entry.order)


def _context() -> dict[str, object]:
    if g.get("actor") is None:
        figures = {"to_approve": 0, "to_watch": 0, "letters": 0}
        return {"menu": [], "phone_menu": [], "menu_keys": [], "menu_addresses": {}, **figures}
    to_watch = watch_count.waiting(current_app.config["OFFICE"], g.actor)
    shown = [
        entry
        for entry in current_app.extensions["menu"]
        if may(g.actor.role, entry.permission) and (entry.count != "watch" or to_watch is not None)
    ]
    bar = sorted(shown, key=lambda entry: not entry.phone)[:4]
    phone = sorted(bar, key=lambda entry: entry.order)
    keys = letters(entry for entry in shown if entry.group != "head")
    return {
        "menu": shown,
        "phone_menu": phone,
        "menu_keys": keys,
        "menu_addresses": _addresses(),
        "to_approve": waiting_count(),
        "to_watch": to_watch or 0,
        "letters": watch_count.letters(current_app.config["OFFICE"], g.actor),
    }


def letters(entries: Iterable[NavEntry]) -> list[tuple[NavEntry, str]]:
    """The letter that leads to each entry after G: the first of its word that none before it has."""
    by_letter: dict[str, NavEntry] = {}
    for entry in entries:
        word = [sign for sign in i18n.translated(entry.label).casefold() if sign.isalpha()]
        letter = next((sign for sign in word if sign not in by_letter), "")
        if letter:
            by_letter[letter] = entry
    return [(entry, letter) for letter, entry in by_letter.items()]


def waiting_count() -> int:
    """How many items wait for the yes of whoever looks: the figure at *Approve* and in the tab."""
    return approval_count.waiting_for(current_app.config["OFFICE"], g.actor)


def _addresses() -> dict[str, str]:
    """Where each entry of the menu leads in this office. They are kept, since every page has all of them twice."""
    kept: dict[tuple[str, str], dict[str, str]] = current_app.extensions["menu addresses"]
    office = (request.script_root, g.slug)
    if office not in kept:
        if len(kept) >= MOST_OFFICES:
            kept.clear()
        kept[office] = {entry.endpoint: url_for(entry.endpoint) for entry in current_app.extensions["menu"]}
    return kept[office]

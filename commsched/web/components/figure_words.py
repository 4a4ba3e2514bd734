"""Figures of readers in words, as they stand beside a channel."""

from __future__ import annotations

from commsched.core.platform.figures import Figures
from commsched.web.http.i18n import ngettext


def figures_in_words(counted: Figures) -> str:
    """``120 views · 4 likes``; empty where nothing is known."""
    said: list[str] = []
    if counted.views is not None:
        said.append(ngettext("%(n)s view", "%(n)s views", counted.views))
    if counted.likes is not None:
        said.append(ngettext("%(n)s like", "%(n)s likes", counted.likes))
    if counted.shares is not None:
        said.append(ngettext("%(n)s share", "%(n)s shares", counted.shares))
    if counted.comments is not None:
        said.append(ngettext("%(n)s comment", "%(n)s comments", counted.comments))
    if counted.clicks is not None:
        said.append(ngettext("%(n)s click", "%(n)s clicks", counted.clicks))
    return " · ".join(said)

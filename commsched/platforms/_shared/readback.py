"""Reading back: whether something that may have gone out stands among what an account has published of late."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from commsched.core.delivery.outcome import Absent, CannotTell, Finding, Found
from commsched.core.platform.contract import Part
from commsched.core.text.messages import N_

SKEW: Final = timedelta(minutes=2)
"""How far the platform's clock may be behind ours: so much earlier than the call is read from."""
PAGES: Final = 5
"""Pages read at most; an account that publishes more than that between is left to a person."""


class Entry(msgspec.Struct, frozen=True):
    """One thing that the account has published."""

    id: str
    url: str
    same: bool
    """Whether it says what the part says, in the part's place, with as many pictures."""
    at: datetime | None = None
    """When it was published, where the pages go back further than was asked for."""


class Page(msgspec.Struct, frozen=True):
    """Some of an account's publications, newest first."""

    entries: Iterable[Entry]
    more: bool
    """Whether older ones follow."""


def look_through(pages: Iterator[Page], part: Part, start: datetime, *, strangers_matter: bool = False) -> Finding:
    """Walk what was published since ``start``, newest first, over a bounded number of pages.

    Words are not enough to know a post by: servers change them, and two posts may have the same. One that the store
    knows is another part's. One that nobody knows may be this one, and where ``strangers_matter`` nothing may be sent
    on the strength of not having seen it.
    """
    strangers = False
    for _number, page in zip(range(PAGES), pages, strict=False):
        for entry in page.entries:
            if entry.at is not None and entry.at < start:
                return _not_seen(strangers)
            if {entry.id, entry.url or entry.id} & part.others:
                continue
            if entry.same:
                return Found(entry.id, entry.url)
            strangers = strangers_matter
        if not page.more:
            return _not_seen(strangers)
    return CannotTell(N_("too many posts since then to read them all"))


def _not_seen(strangers: bool) -> Finding:
    if strangers:
        return CannotTell(N_("the account has published something since then that is not known here: it may be this"))
    return Absent(N_("read back whole since the time of the call"))

"""What stands below the headline and the short version: how long they are, by the rule of ``core.press.lengths``.

The script counts by the same parts (``js/editor/counter.js``), so every number and word that it uses is in the page.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from commsched.core.press.lengths import Length
from commsched.core.text.messages import N_
from commsched.web.http.i18n import _

HEADS = {"title": N_("%(count)s characters in the subject"), "short": N_("%(count)s characters")}
TAILS = {
    "title": {
        "long": N_(": a telephone shows the first %(good)s"),
        "over": N_(": mail programs show about the first %(most)s, a telephone %(good)s"),
    },
    "short": {
        "long": N_(": a newspaper's short item is about %(good)s"),
        "over": N_(": a newspaper's short item is about %(good)s, and what is over %(most)s is cut"),
    },
}
BEFORE = N_(", of which %(before)s before the headline")


class Told(msgspec.Struct, frozen=True):
    """A counter: its sentence, and the parts that the script makes it of (``#`` is the number)."""

    words: str
    state: str
    count: int
    notice: str
    word: str
    good: int
    most: int
    head: str
    before: str
    long: str
    over: str


def told(lengths: Iterable[Length]) -> dict[str, Told]:
    """The counters of a page, by the name of the field that each stands below."""
    return {_field(length): _told(length) for length in lengths}


def _field(length: Length) -> str:
    return f"v-{length.language}-{length.field}" if length.language else length.field


def _told(length: Length) -> Told:
    room, name = length.room, length.field
    tails = {key: _(words, good=room.good, most=room.most) for key, words in TAILS[name].items()}
    return Told(
        words=sentence(length),
        state=length.state,
        count=length.count,
        notice=length.notice,
        word=length.word,
        good=room.good,
        most=room.most,
        head=_(HEADS[name], count="#"),
        before=_(BEFORE, before="#"),
        **tails,
    )


def sentence(length: Length) -> str:
    """How long it is, in words."""
    first = length.count - len(length.text)
    tail = TAILS[length.field].get(length.state)
    return "".join(
        (
            _(HEADS[length.field], count=length.count),
            _(BEFORE, before=first) if first else "",
            _(tail, good=length.room.good, most=length.room.most) if tail else "",
        )
    )

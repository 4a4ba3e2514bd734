"""What stops an item or is to be thought of, as a list: each thing once, each with the field that it is mended in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from commsched.core.content.release_draft import EVENT_TIMES
from commsched.core.platform.attached import missing_alt
from commsched.core.text.messages import N_, Message, Problem

_STOPS, _WARNS = (missing_alt("pictures", 1, rule).words.message for rule in ("stop", "warn"))
MANY_NO_ALT: Final = {
    _STOPS: N_("Pictures %(numbers)s have no alt text, and cannot be scheduled before they have."),
    _WARNS: N_("Pictures %(numbers)s have no alt text: who does not see them misses what they show."),
}
"""What is said of several pictures, by what is said of one."""

ANCHORS: Final = {
    "channels": "to-channels",
    "pictures": "to-pictures",
    "media": "to-pictures",
    "attachments": "to-pictures",
    "captions": "to-pictures",
    "documents": "to-documents",
    "publish_at": "to-publish",
    "latest_at": "to-latest",
    "embargo": "to-embargo",
    "quotes": "to-quotes",
    "sources": "to-sources",
    **{
        name: f"f-{name}"
        for name in ("text", "title", "lead", "facts", "short", "contact", "about", "link", "genre", "language")
    },
    "contacts": "to-contacts",
    "event": "to-event",
    "versions": "to-versions",
    **{f"event.{name}": f"to-event-{name}" for name in EVENT_TIMES},
    **{f"event.{name}": f"f-event-{name}" for name in ("place", "address", "people", "reply_to")},
    "correction": "f-correction",
}
"""Where in the page a field of the draft is mended."""

Named = tuple[str, Problem]
"""A problem with its channel's name, or without where it is so on every channel."""


def anchor(problem: Problem, channel: int = 0, own: bool = False) -> str:
    """The id of the element in which ``problem`` is mended: of ``channel``'s own panel where it has a text of its
    ``own``, or where the field is one of the channel's alone. Empty where no field of the page mends it."""
    if channel and (own and problem.field == "text"):
        return f"own-{channel}"
    known = ANCHORS.get(problem.field, "")
    if known:
        return known
    head, _dot, tail = problem.field.partition(".")
    if head == "channels" and tail:
        return f"to-at-{tail.partition('.')[0]}"
    return f"panel-{channel}" if channel and problem.field not in ("", "people") else ""


def gathered(problems: Iterable[Named]) -> list[Named]:
    """``problems`` in their order; pictures that have no alt text are one line, in the place of the first."""
    rows, without = list(problems), []
    for name, problem in rows:
        if problem.words.message in MANY_NO_ALT:
            without.append((name, problem))
    if len(without) < 2:
        return rows
    numbers = sorted({int(str(problem.words.params["number"])) for _name, problem in without})
    first = without[0][1]
    one_line = Problem(
        first.level, first.field, Message(MANY_NO_ALT[first.words.message], {"numbers": spelled(numbers)})
    )
    place = rows.index(without[0])
    kept = [row for row in rows if row not in without]
    kept.insert(place, (without[0][0], one_line))
    return kept


def spelled(numbers: list[int]) -> str:
    """``1–4`` where they follow each other, else ``1, 3, 4``."""
    if numbers[-1] - numbers[0] == len(numbers) - 1 and len(numbers) > 2:
        return f"{numbers[0]}–{numbers[-1]}"
    return ", ".join(map(str, numbers))


def said_of(words: Message) -> tuple[str, str]:
    """What two problems have in common that say the same."""
    return words.message, repr(sorted(words.params.items(), key=lambda pair: pair[0]))

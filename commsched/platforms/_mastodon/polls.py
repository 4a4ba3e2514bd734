"""A poll under a post: what its writer chooses, whether the server takes it, and what is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from commsched.core.platform.contract import ChannelView, Option, Part
from commsched.core.text.json_values import JsonObject
from commsched.core.text.length import graphemes
from commsched.core.text.messages import N_, Message, Problem, block
from commsched.platforms._mastodon.server import PollFacts

_FIELD: Final = "text"
_HOUR: Final = 3600
OPTIONS: Final = (
    Option("poll", N_("Poll"), kind="long", help=N_("One answer on each line, at least two. Leave empty for none.")),
    Option(
        "poll_lasts",
        N_("The poll is open for"),
        kind="choice",
        choices=(
            (str(_HOUR), N_("1 hour")),
            (str(6 * _HOUR), N_("6 hours")),
            (str(24 * _HOUR), N_("1 day")),
            (str(3 * 24 * _HOUR), N_("3 days")),
            (str(7 * 24 * _HOUR), N_("7 days")),
            (str(14 * 24 * _HOUR), N_("14 days")),
        ),
        default=str(24 * _HOUR),
    ),
    Option("poll_multiple", N_("Several answers may be chosen"), kind="bool"),
    Option("poll_hides", N_("The figures are hidden until the poll has ended"), kind="bool"),
)
"""What a writer chooses of a poll; it is part of what is approved."""


class Poll(msgspec.Struct, frozen=True):
    """``choices`` in order, open for ``seconds`` from when it is published."""

    choices: tuple[str, ...]
    seconds: int
    multiple: bool
    hides: bool

    def sent(self) -> JsonObject:
        """As the API takes it."""
        return {
            "options": list(self.choices),
            "expires_in": self.seconds,
            "multiple": self.multiple,
            "hide_totals": self.hides,
        }


def poll_of(view: ChannelView) -> Poll | None:
    """The poll that its writer asked for; ``None`` for none."""
    options = view.options
    choices = tuple(" ".join(line.split()) for line in options.get("poll", "").splitlines() if line.strip())
    if not choices:
        return None
    lasts = options.get("poll_lasts", "")
    seconds = int(lasts) if lasts.isdecimal() else int(OPTIONS[1].default)
    return Poll(choices, seconds, options.get("poll_multiple") == "1", options.get("poll_hides") == "1")


def poll_under(part: Part) -> Poll | None:
    """The poll that goes out with ``part``: of a thread the first post has it."""
    return poll_of(part.view) if part.role == "post" else None


def check_poll(view: ChannelView, server: PollFacts, name: str) -> Iterator[Problem]:
    """What is wrong with the poll, on a server that takes polls as ``server`` says."""
    poll = poll_of(view)
    if poll is None:
        return
    if not server.choices:
        yield block(_FIELD, N_("This server has no polls. Take the poll out."))
        return
    if view.pictures or view.other_files:
        words = N_("%(platform)s takes a poll or pictures in a post, not both.")
        yield block("pictures" if view.pictures else "attachments", words, platform=Message(name))
    if not 2 <= len(poll.choices) <= server.choices:
        words = N_("A poll has from 2 to %(most)d answers here; there are %(count)d.")
        yield block(_FIELD, words, most=server.choices, count=len(poll.choices))
    if len({choice.casefold() for choice in poll.choices}) < len(poll.choices):
        yield block(_FIELD, N_("Two answers of the poll are the same."))
    for number, choice in enumerate(poll.choices, 1):
        length = graphemes(choice)
        if length > server.characters:
            words = N_("Answer %(number)d of the poll is too long: %(count)d characters, at most %(limit)d.")
            yield block(_FIELD, words, number=number, count=length, limit=server.characters)
    if not server.shortest <= poll.seconds <= server.longest:
        words = N_("This server takes polls that are open for %(least)d to %(most)d hours.")
        yield block(_FIELD, words, least=-(-server.shortest // _HOUR), most=server.longest // _HOUR)

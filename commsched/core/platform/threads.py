"""Whether a text that is too long for a channel is offered as a thread, and what is said of one that is too long."""

from __future__ import annotations

from typing import Final

from commsched.core.content.threading import Thread, TooLong, suggest
from commsched.core.platform.contract import ChannelView, Facts, Option, Platform
from commsched.core.platform.settings import YES
from commsched.core.text.length import split_thread
from commsched.core.text.messages import N_

NUMBERED: Final = Option("numbered", N_("Number the parts of a thread"), kind="bool", help=N_("1/4 below each."))
"""A writer's choice on networks that have threads."""
TEXT_TOO_LONG: Final = N_("The text is too long for %(platform)s: %(count)d characters, at most %(limit)d.")
PART_TOO_LONG: Final = N_(
    "Part %(number)d of the thread is too long for %(platform)s: %(count)d characters, at most %(limit)d."
)
TOO_LONG: Final = frozenset({TEXT_TOO_LONG, PART_TOO_LONG})
"""What is said of a text that a thread may have room for."""


def is_numbered(view: ChannelView) -> bool:
    return view.options.get(NUMBERED.key) in YES


def link_below(view: ChannelView) -> str:
    """The item's link where it is put below the first post, since the writer has it nowhere in the text."""
    return "" if view.content.link in view.text else view.content.link


def offered(platform: Platform, view: ChannelView, facts: Facts) -> Thread | None:
    """``view.text`` as a thread whose every part has room, where it has none as it stands. ``None`` where it has, or
    where no thread would help."""
    room = platform.room(view, facts) if platform.threads else None
    if room is None or not view.text.strip():
        return None
    try:
        thread = suggest(view.text, room, lambda part: platform.count(part, facts), is_numbered(view), link_below(view))
    except TooLong:
        return None
    return None if len(thread.parts) == len(split_thread(view.text)) else thread

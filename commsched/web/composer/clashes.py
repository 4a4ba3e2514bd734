"""What the page asks where a time falls in a change of the clocks."""

from __future__ import annotations

from commsched.core.timing.wall_time import Fold, Gap
from commsched.web.components.clock_input import choices
from commsched.web.composer.parse import Meant


def clash(meant: Meant, zone: str) -> dict[str, object] | None:
    """The field that must be answered, and the two moments that it may mean; ``None`` where nothing is asked."""
    if not isinstance(meant.clash, Gap | Fold):
        return None
    return {
        "field": meant.clash.field,
        "name": _clock_field(meant.clash.field),
        "choices": choices(meant.clash, zone),
        "twice": isinstance(meant.clash, Fold),
    }


def _clock_field(field: str) -> str:
    """What the form calls the time ``field``: ``publish`` for ``publish_at``, ``at-3`` for a channel's own."""
    _channels, _dot, own = field.partition(".")
    return f"at-{own.partition('.')[0]}" if own else field.removesuffix("_at")

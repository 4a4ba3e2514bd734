"""What the engine does beside publishing: it asks the networks, a channel at a time, what readers make of what is
out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from commsched.services.followup import figures, outside, replies, turns
from commsched.services.kernel.context import Installation
from commsched.store.session import busy

log = logging.getLogger("commsched.followup")
_ASKED: Final[tuple[Callable[[Installation], bool], ...]] = (replies.read_next, figures.read_next, outside.read_next)


def go_round(installation: Installation) -> int:
    """Ask one channel each thing that is due; returns how many were asked. One question that fails stops no other."""
    turns.arrange(installation)
    return sum(_safely(installation, ask) for ask in _ASKED)


def _safely(installation: Installation, ask: Callable[[Installation], bool]) -> bool:
    try:
        return ask(installation)
    except Exception as error:
        if busy(error):
            raise
        log.exception("%s failed", ask.__module__)
        return False

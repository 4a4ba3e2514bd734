"""What the engine does for the inbox: mailboxes are read in turn, and what waits to go out is sent."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from commsched.services.inbox import answering, mailboxes, taking
from commsched.services.kernel.context import Installation
from commsched.store.session import busy

log = logging.getLogger("commsched.inbox")
AT_ONCE: Final = 20
"""Mails that one round sends."""


def send_due(installation: Installation) -> int:
    """Send what waits; returns how much there was. Raises nothing that one mail can do."""
    sent = 0
    while sent < AT_ONCE and _safely(installation, answering.send_next):
        sent += 1
    return sent


def read_due(installation: Installation) -> int:
    """Read the mailboxes that are due, each once at most; returns how many."""
    read = 0
    while read < mailboxes.MOST and _safely(installation, taking.read_next):
        read += 1
    return read


def _safely(installation: Installation, work: Callable[[Installation], bool]) -> bool:
    try:
        return work(installation)
    except Exception as error:
        if busy(error):
            raise
        log.exception("%s failed", work.__module__)
        return False

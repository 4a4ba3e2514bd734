"""Asking a platform something while a person waits: one of few at a time, and whatever goes wrong is a sentence."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from commsched.core.platform.contract import ConnectError, Platform
from commsched.core.text.messages import N_, OfficeError
from commsched.services.kernel.context import Actor
from commsched.services.kernel.server_slots import waiting_for_a_server

log = logging.getLogger(__name__)


@contextmanager
def asking(actor: Actor, platform: Platform) -> Iterator[None]:
    """Ask ``platform`` within the block. What an adapter lets out that is no sentence of its own is none for a person
    either: the log has it."""
    with waiting_for_a_server(actor):
        try:
            yield
        except OfficeError:
            raise
        except Exception as error:
            log.exception("%s failed while a person was connecting it", platform.key)
            words = N_("%(platform)s could not be reached, or gave no answer we can read. Try again. (%(detail)s)")
            raise ConnectError(words, platform=platform.name, detail=type(error).__name__) from error

"""How many requests may wait for a foreign server at once: each holds one of the few threads that make the pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Final

from commsched.core.text.messages import N_, OfficeError
from commsched.services.kernel.context import Actor

AT_ONCE: Final = 2
_PLACES: Final = BoundedSemaphore(AT_ONCE)


class ServersBusy(OfficeError):
    """All slots for requests that wait for a server are taken (429). A form keeps what was typed and shows the
    error."""

    status, code = 429, "too-many"
    retry_after = 5


@contextmanager
def waiting_for_a_server(actor: Actor) -> Iterator[None]:
    """Take one of the slots for waiting requests. A request from a page or the API fails at once where none is free; a
    command on the machine waits."""
    if not _PLACES.acquire(blocking=actor.via not in ("page", "link", "api")):
        raise ServersBusy(N_("Other connections are being checked just now. Wait a moment and try again."))
    try:
        yield
    finally:
        _PLACES.release()

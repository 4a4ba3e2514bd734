"""An account's own picture, as proof that it is the right one: fetched once, small, and kept in the cache.

It is fetched here when the account is connected or looked at, never by a page: no visitor's browser asks the network,
and no visit makes this machine ask. What comes is a stranger's file, and is read like one.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable
from typing import Final

from commsched import images
from commsched.services.kernel.blobs import File, form_key, keep_form, shown_form
from commsched.services.kernel.context import Installation

log = logging.getLogger("commsched.pictures")
SIDE: Final = 96
"""Pixels: twice what is shown."""
PATIENCE: Final = 6.0
"""Seconds for all the pictures of one sign-in together; what did not come by then is shown without."""
TIMEOUT: Final = 3.0
"""Seconds that a server may be silent."""


def portrait(installation: Installation, address: str) -> File | None:
    """The picture at ``address`` as it is kept here; ``None`` where there is none."""
    return shown_form(installation, "portrait", _name(address), f"-{SIDE}") if address else None


def fetch(installation: Installation, addresses: Iterable[str], workspace: int) -> None:
    """Fetch those of the pictures that are not here yet, for the office ``workspace``. One that cannot be had changes
    nothing: an account is connected without its picture, too."""
    until = time.monotonic() + PATIENCE
    for address in dict.fromkeys(addresses):
        if time.monotonic() >= until:
            return
        if address and portrait(installation, address) is None:
            _fetch(installation, address, workspace)


def _fetch(installation: Installation, address: str, workspace: int) -> None:
    if not address.startswith(("https://", "http://")):
        return
    try:
        answer = installation.http(False).request("GET", address, timeout=TIMEOUT)
        if answer.status_code != 200:
            return
        clean = images.pictures.take(answer.content, owner=workspace)
        small = images.pictures.thumbnail(clean.data, SIDE)
    except Exception as error:  # a server or a file of whatever kind
        log.info("the picture of an account could not be fetched: %s", type(error).__name__)
        return
    keep_form(installation, form_key("portrait", _name(address), f"-{SIDE}{small.suffix}"), small.data, small.mime)


def _name(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()

"""The address in an invitation's mail by which its reader says that they come: their own, so that nobody types it all.

It names the item and the reader's part of the mailing, and a keyed hash proves that we made it. It is no row.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

_TOKEN: Final = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{16,64}(?:-[0-9]{1,9})?)\.([0-9a-f]{32})")
PATH: Final = "r"
"""What stands before the token in the address; :mod:`commsched.core.installation.redaction` keeps it out of logs."""


def token(key: bytes, uid: str, part_key: str) -> str:
    """What names the recipient whose part is called ``part_key`` of the item ``uid``."""
    named = f"{uid}.{part_key}"
    return f"{named}.{_mac(key, named)}"


def read(key: bytes, written: str) -> tuple[str, str] | None:
    """The item's uid and the part's key; ``None`` for a token that we have not made."""
    match = _TOKEN.fullmatch(written)
    if match is None or not hmac.compare_digest(match[3], _mac(key, f"{match[1]}.{match[2]}")):
        return None
    return match[1], match[2]


def _mac(key: bytes, named: str) -> str:
    return hmac.new(key, b"answer to an invitation\0" + named.encode(), hashlib.sha256).hexdigest()[:32]

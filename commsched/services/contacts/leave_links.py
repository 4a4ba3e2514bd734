"""The secret address in each mail by which its recipient leaves a list, or chooses which ones they want.

A token names the list and the recipient's blind index, and a keyed hash over both proves that we made it.
It is no row, since one is made for each recipient of each mailing, and it never ends: a mail is kept for years, and who
wants no more of them must get through.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Final

from commsched.services.kernel.context import Installation

PATH: Final = "u"
"""What stands before the token in an address; :mod:`commsched.core.installation.redaction` keeps what follows out of
logs."""
_PURPOSE: Final = "leaving a list"
_CHANNEL_BYTES: Final = 6
_BLIND_BYTES: Final = 32
_MAC_BYTES: Final = 16
LONGEST: Final = 4 * (_CHANNEL_BYTES + _BLIND_BYTES + _MAC_BYTES) // 3
"""The length of every token, in characters. It is a multiple of four, so no token ends in ``=``."""


def token(installation: Installation, channel_id: int, blind: str) -> str:
    """What names the recipient with the blind index ``blind`` (:meth:`commsched.store.vault.Vault.blind`, 64
    hexadecimal digits) of the list ``channel_id``. URL-safe. Raises :class:`ValueError` for what is no such index."""
    named = channel_id.to_bytes(_CHANNEL_BYTES, "big") + bytes.fromhex(blind)
    if len(named) != _CHANNEL_BYTES + _BLIND_BYTES:
        raise ValueError("a blind index has 64 hexadecimal digits")
    return base64.urlsafe_b64encode(named + _mac(installation, named)).decode()


def url(installation: Installation, workspace_slug: str, channel_id: int, blind: str) -> str:
    """The address of that recipient's own page: a GET asks, a POST leaves the list at once (RFC 8058)."""
    return f"{installation.base_url}/n/{workspace_slug}/{PATH}/{token(installation, channel_id, blind)}"


def read(installation: Installation, token: str) -> tuple[int, str] | None:
    """The list and the blind index that ``token`` names; ``None`` for a token that this installation has not made.

    Whether the list is of the office that the address names, the caller asks.
    """
    if len(token) != LONGEST or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    named = raw[:-_MAC_BYTES]
    if not hmac.compare_digest(raw[-_MAC_BYTES:], _mac(installation, named)):
        return None
    return int.from_bytes(named[:_CHANNEL_BYTES], "big"), named[_CHANNEL_BYTES:].hex()


def _mac(installation: Installation, named: bytes) -> bytes:
    return hmac.digest(installation.vault.derive(_PURPOSE), named, hashlib.sha256)[:_MAC_BYTES]

"""An address for each recipient's bounces (VERP), so that a bounce tells whose it is however little it says.

``press@a.se`` becomes ``press+b12k3.<proof>@a.se``: the delimiter ``+`` is what Postfix, Exchange and Google
understand. The proof is an HMAC, so nobody can bounce a recipient off a list by guessing. Case does not matter: servers
change it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_TOKEN: Final = re.compile(r"b([0-9a-z]{1,13})\.([a-z2-7]{16})")
_PROOF: Final = 10
"""Bytes of the proof: 80 bits, and whoever guesses has to send a mail for each guess."""
_LONGEST: Final = 64
"""Octets of the left half of an address (RFC 5321, 4.5.3.1.1)."""


def envelope(address: str, part_id: int, key: bytes) -> str:
    """Where the bounces of the part ``part_id`` (its row's id, positive) go, for mail from ``address``. Where it would
    be longer than addresses may be it is ``address`` itself: what bounces there tells less."""
    local, _, domain = address.rpartition("@")
    own = f"{local}+{_token(part_id, key)}"
    return address if part_id <= 0 or not local or len(own) > _LONGEST else f"{own}@{domain}"


def read(address: str, key: bytes) -> int | None:
    """The part that a bounce to ``address`` is about; ``None`` where it is no address of ours."""
    match = _TOKEN.fullmatch(address.strip().strip("<>").rpartition("@")[0].rpartition("+")[2].lower())
    if match is None:
        return None
    part_id = int(match[1], 36)
    return part_id if hmac.compare_digest(match[2], _proof(part_id, key)) else None


def _token(part_id: int, key: bytes) -> str:
    digits, left = "", part_id
    while left > 0:
        left, digit = divmod(left, 36)
        digits = _DIGITS[digit] + digits
    return f"b{digits}.{_proof(part_id, key)}"


def _proof(part_id: int, key: bytes) -> str:
    digest = hmac.digest(key, b"commsched verp %d" % part_id, hashlib.sha256)
    return base64.b32encode(digest[:_PROOF]).decode("ascii").lower()

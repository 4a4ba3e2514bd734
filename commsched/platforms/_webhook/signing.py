"""Signing by Standard Webhooks: HMAC-SHA256 over the message's id, the moment of the try and the body."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import datetime
from typing import Final

_PREFIX: Final = "whsec_"
LEAST: Final = 24
"""Bytes that a secret has at least."""


def key_of(secret: str) -> bytes | None:
    """The key in ``secret``: after ``whsec_`` in Base64, else its own bytes. ``None`` where it is too short."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True) if secret.startswith(_PREFIX) else None
    except (binascii.Error, ValueError):
        return None
    key = secret.encode() if key is None else key
    return key if len(key) >= LEAST else None


def headers_for(key: bytes, message: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers by which a receiver knows who sent ``body``, when, and whether it has had ``message`` before."""
    moment = str(int(at.timestamp()))
    signed = hmac.new(key, f"{message}.{moment}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        "content-type": "application/json",
    }

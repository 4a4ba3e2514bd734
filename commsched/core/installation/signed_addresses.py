"""Public addresses of single files, for networks that fetch what they publish instead of taking an upload.

An address is signed with a key of this installation and names one channel, one file and the moment at which it ends.
Nobody can make one without the key; what an address opens is decided when it is asked for (``public.fetched_media``).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import msgspec

from commsched.core.installation.ip_ranges import is_public

PATH: Final = "/m/{token}/{name}"
PURPOSE: Final = "media addresses"
"""What the key is derived for."""
LASTS: Final = timedelta(hours=1)
"""How long an address opens its file: a network fetches within minutes, a long video within a few more."""
_TOKEN: Final = re.compile(r"(\d{1,18})-(\d{1,11})-([\w-]{43})", re.ASCII)
_NAME: Final = re.compile(r"([0-9a-f]{64})(\.[a-z0-9]{3,4})")
_INSIDE: Final = (".localhost", ".local", ".lan", ".internal", ".home.arpa", ".test", ".invalid", ".example")
"""Ends of names that no server on the internet has (RFC 2606, 6761, 6762, 8375)."""


class Grant(msgspec.Struct, frozen=True):
    """What an address says, once its signature is known to be ours and its time not over."""

    channel: int
    sha256: str
    suffix: str


def is_reachable(base_url: str) -> bool:
    """Whether an installation at ``base_url`` can be asked from the internet, as far as the address itself tells."""
    try:
        parts = urlsplit(base_url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    return parts.scheme == "https" and _is_outside(host)


def _is_outside(host: str) -> bool:
    try:
        return is_public(str(ip_address(host)))
    except ValueError:
        return "." in host and not f".{host}".endswith(_INSIDE)


def path(key: bytes, grant: Grant, now: datetime) -> str:
    """The path of an address that opens what ``grant`` names, from ``now`` on for :data:`LASTS`."""
    ends = int((now + LASTS).timestamp())
    token = f"{grant.channel}-{ends}-{_sign(key, grant, ends)}"
    return PATH.format(token=token, name=f"{grant.sha256}{grant.suffix}")


def read(key: bytes, token: str, name: str, now: datetime) -> Grant | None:
    """What an address grants at ``now``; ``None`` where it is not ours, or its time is over."""
    said, file = _TOKEN.fullmatch(token), _NAME.fullmatch(name)
    if said is None or file is None:
        return None
    grant, ends = Grant(int(said[1]), file[1], file[2]), int(said[2])
    if not hmac.compare_digest(said[3], _sign(key, grant, ends)):
        return None
    return grant if datetime.fromtimestamp(ends, UTC) > now else None


def _sign(key: bytes, grant: Grant, ends: int) -> str:
    """The signature as 43 URL-safe characters."""
    said = f"{grant.channel} {ends} {grant.sha256} {grant.suffix}".encode()
    return base64.urlsafe_b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode().rstrip("=")

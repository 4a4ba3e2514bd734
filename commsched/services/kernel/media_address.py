"""Public addresses of single files, for networks that fetch what they publish instead of taking an upload.

An address is signed with a key of this installation and names one channel, one file and the moment at which it ends.
Nobody can make one without the key; what an address opens is decided when it is asked for (``public.fetched_media``).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import msgspec

from commsched.core.content.model import ENDINGS
from commsched.core.installation.ip_ranges import is_public
from commsched.core.platform.contract import AttachmentFile
from commsched.services.kernel.context import Installation

PATH: Final = "/m/{token}/{name}"
LASTS: Final = timedelta(hours=1)
"""How long an address opens its file: a network fetches within minutes, a long video within a few more."""
_PURPOSE: Final = "media addresses"
_TOKEN: Final = re.compile(r"(\d{1,18})-(\d{1,12})-([\w-]{43})")
_NAME: Final = re.compile(r"([0-9a-f]{64})(\.[a-z0-9]{3,4})")
_INSIDE: Final = (".localhost", ".local", ".lan", ".internal", ".home.arpa", ".test", ".invalid", ".example")
"""Ends of names that no server on the internet has (RFC 2606, 6761, 6762, 8375)."""


class Grant(msgspec.Struct, frozen=True):
    """What an address says, once its signature is known to be ours and its time not over."""

    channel: int
    sha256: str
    suffix: str


def is_reachable(installation: Installation) -> bool:
    """Whether this installation's address can be asked from the internet, as far as the address itself tells."""
    try:
        parts = urlsplit(installation.base_url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    return parts.scheme == "https" and _is_outside(host)


def _is_outside(host: str) -> bool:
    try:
        return is_public(str(ip_address(host)))
    except ValueError:
        return "." in host and not f".{host}".endswith(_INSIDE)


def address(installation: Installation, channel: int, settings: Mapping[str, object], file: AttachmentFile) -> str:
    """Where a network fetches ``file`` for ``channel``, from now on for :data:`LASTS`. Empty where it could not reach
    this installation; a network inside the house (``allow_private``) can."""
    if not is_reachable(installation) and str(settings.get("allow_private", "")) != "1":
        return ""
    suffix, ends = ENDINGS.get(file.mime, ""), int((installation.now() + LASTS).timestamp())
    if not suffix or not channel:
        return ""
    token = f"{channel}-{ends}-{_sign(installation, channel, ends, file.sha256, suffix)}"
    return installation.base_url + PATH.format(token=token, name=f"{file.sha256}{suffix}")


def read(installation: Installation, token: str, name: str, now: datetime) -> Grant | None:
    """What an address grants at ``now``; ``None`` where it is not ours, or its time is over."""
    said, file = _TOKEN.fullmatch(token), _NAME.fullmatch(name)
    if said is None or file is None:
        return None
    channel, ends = int(said[1]), int(said[2])
    if not hmac.compare_digest(said[3], _sign(installation, channel, ends, file[1], file[2])):
        return None
    if datetime.fromtimestamp(ends, UTC) <= now:
        return None
    return Grant(channel, file[1], file[2])


def _sign(installation: Installation, channel: int, ends: int, sha256: str, suffix: str) -> str:
    """The signature as 43 URL-safe characters."""
    said = f"{channel} {ends} {sha256} {suffix}".encode()
    digest = hmac.new(installation.vault.derive(_PURPOSE), said, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")

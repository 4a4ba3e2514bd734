"""Which links lead into an office's own network, where no reader can follow, told by their address alone."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address
from typing import Final
from urllib.parse import urlsplit

from commsched.core.installation.ip_ranges import is_public
from commsched.core.text.length import link_in

_LINK: Final = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_INNER: Final = frozenset(
    {"localhost", "local", "localdomain", "internal", "intranet", "intern", "lan", "home", "corp", "private", "arpa"}
)
"""Last labels of names that exist within a network only (RFC 6761, RFC 6762, RFC 8375, and what routers give out)."""
_NUMBERS: Final = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}", re.IGNORECASE)
"""An IPv4 address in any of the spellings that a browser follows: ``127.1``, ``0x7f000001``, ``2130706433``."""


def links_of(texts: Iterable[str]) -> Iterator[str]:
    """The links with a scheme in ``texts``, each once, in order."""
    seen = set()
    for text in texts:
        for match in _LINK.finditer(text):
            link = link_in(match.group())
            if link not in seen:
                seen.add(link)
                yield link


def leads_inside(link: str) -> bool:
    """Whether ``link`` names a machine of a private network, or this very one. What is no address does not."""
    try:
        parts = urlsplit(link.strip())
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    if parts.scheme.lower() not in ("http", "https") or not host:
        return False
    if ":" in host:
        return not is_public(host)
    if _NUMBERS.fullmatch(host):
        return not _is_public_number(host)
    return "." not in host or host.rpartition(".")[2].lower() in _INNER


def _is_public_number(host: str) -> bool:
    try:
        return is_public(IPv4Address(socket.inet_aton(host)))
    except (OSError, ValueError):
        return False

"""How calls to the platforms leave the office's network: directly or through a proxy, and which certificate authority
they trust besides the usual ones."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from commsched.core.text.messages import N_, Invalid, Message
from commsched.services.kernel.context import Installation

_PATIENCE: Final = 5.0
"""Seconds that doctor waits for the proxy."""
_PORTS: Final = {"http": 80, "https": 443}


def proxy_of(settings: Mapping[str, str]) -> str:
    """``https_proxy``, such as ``http://proxy.example:3128``, or "". Raises :class:`Invalid` for what is no address;
    the sentence does not repeat it, since a password may be in it."""
    url = settings.get("https_proxy", "").strip()
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        good = parts.scheme in _PORTS and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good:
        raise Invalid(N_("https_proxy cannot be read. Write http://proxy.example:3128."), "https_proxy")
    return url


def authority_of(settings: Mapping[str, str]) -> str:
    """``ca_file``, or "". Raises :class:`Invalid` where there is no certificate in it."""
    path = settings.get("ca_file", "").strip()
    if not path:
        return ""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        words = N_("ca_file names %(path)s, in which there is no certificate (PEM) that can be read.")
        raise Invalid(words, "ca_file", path=path) from None
    return path


def examine(installation: Installation) -> Iterator[tuple[bool, Message]]:
    """What is set, each with whether it does; nothing where calls go straight out."""
    proxy, authority = proxy_of(installation.settings), authority_of(installation.settings)
    if proxy:
        parts = urlsplit(proxy)
        where = {"proxy": f"{parts.hostname}:{parts.port or _PORTS[parts.scheme]}"}
        if _answers(str(parts.hostname), parts.port or _PORTS[parts.scheme]):
            yield True, Message(N_("Calls to the networks go through the proxy %(proxy)s."), where)
        else:
            yield False, Message(N_("The proxy %(proxy)s does not answer, and everything goes through it."), where)
    if authority:
        yield True, Message(N_("The certificates in %(path)s are trusted, too."), {"path": authority})


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), _PATIENCE).close()
    except OSError:
        return False
    return True

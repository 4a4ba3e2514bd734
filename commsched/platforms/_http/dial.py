"""Getting a connection: a name looked up within seconds, and its addresses tried beside each other (RFC 8305).

Half of a name's addresses are often of a kind that this network only seems to have (IPv6), and a packet sent there is
swallowed without a word: whoever waits it out never reaches the address that works.
"""

from __future__ import annotations

import os
import queue
import selectors
import socket
import threading
import time
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Final

from commsched.core.installation.ip_ranges import PrivateAddress, is_public

HEAD_START: Final = 1.0
"""Seconds that an address has for itself before the next is tried beside it."""
_BUFFER: Final = 128 * 1024
"""Bytes that the kernel may hold of what is being sent. What it has taken counts as progress, so it must not be much:
with the usual megabytes a whole picture would be "sent" at once, and then nothing be heard for half a minute."""


Address = tuple[
    socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
]
"""One of what ``socket.getaddrinfo`` answers: family, kind, protocol, canonical name, and host and port."""
Addresses = Sequence[Address]
Resolver = Callable[[str, int, int, int], Addresses]
"""``socket.getaddrinfo``, or what stands in for it: host, port, family, kind."""


def look_up(resolve: Resolver, host: str, port: int, patience: float) -> Addresses:
    """The addresses of ``host``, within ``patience`` seconds: the system's own limit may be a minute, or none.

    Raises ``OSError`` (``socket.gaierror``) or ``UnicodeError``. A look-up that is given up on ends by itself later.
    """
    answers: queue.SimpleQueue[Addresses | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(host, port, 0, socket.SOCK_STREAM))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        answer = answers.get(timeout=patience)
    except queue.Empty:
        raise socket.gaierror(socket.EAI_AGAIN, "the look-up took too long") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def dial(addresses: Addresses, patience: float) -> socket.socket:
    """A connection to the first of exactly these addresses that answers. Raises ``TimeoutError`` after ``patience``
    seconds, or the last ``OSError``."""
    end, left = time.monotonic() + patience, _alternating(addresses)
    last: OSError = OSError("the name has no address")
    with selectors.DefaultSelector() as selector:
        try:
            while left or selector.get_map():
                last = _begin(left.pop(0), selector) if left else last
                remaining = end - time.monotonic()
                if remaining <= 0:
                    raise TimeoutError("no address answered in time")
                first, last = _first(selector, min(HEAD_START, remaining) if left else remaining, last)
                if first is not None:
                    return first
        finally:
            for key in list(selector.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]
    raise last


def connect(host: str, port: int, patience: float) -> socket.socket:
    """A connection to ``host`` within about ``patience`` seconds, the look-up counted. Raises ``OSError``."""
    began = time.monotonic()
    addresses = look_up(socket.getaddrinfo, host, port, patience)
    sock = dial(addresses, max(1.0, patience - (time.monotonic() - began)))
    sock.settimeout(patience)
    return sock


def connect_public(host: str, port: int, patience: float) -> socket.socket:
    """As :func:`connect`, but only where every address of ``host`` is on the public internet: a name that a person
    typed on a page must not lead into this machine's own network. Raises :class:`PrivateAddress`."""
    began = time.monotonic()
    addresses = look_up(socket.getaddrinfo, host, port, patience)
    if not all(is_public(str(address[4][0])) for address in addresses):
        raise PrivateAddress(host)
    sock = dial(addresses, max(1.0, patience - (time.monotonic() - began)))
    sock.settimeout(patience)
    return sock


def _alternating(addresses: Addresses) -> list[Address]:
    """``addresses`` with their families by turns, beginning with the system's first choice."""
    families = list(dict.fromkeys(address[0] for address in addresses))
    turns = zip_longest(*([address for address in addresses if address[0] == family] for family in families))
    return [address for turn in turns for address in turn if address is not None]


def _begin(address: Address, selector: selectors.BaseSelector) -> OSError:
    """Begin connecting to one address; returns what to say if nothing comes of it."""
    family, kind, protocol, _, place = address
    sock = None
    try:
        sock = socket.socket(family, kind, protocol)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        sock.setblocking(False)
        sock.connect_ex(place)
        selector.register(sock, selectors.EVENT_WRITE)  # a refusal that came at once is read there too
    except OSError as error:
        if sock is not None:
            sock.close()
        return error
    return OSError("no address answered")


def _first(selector: selectors.BaseSelector, wait: float, last: OSError) -> tuple[socket.socket | None, OSError]:
    """The first that is connected within ``wait`` seconds, if any; and the latest reason why one was not."""
    if not selector.get_map():
        return None, last
    for key, _ in selector.select(wait):
        sock = key.fileobj
        assert isinstance(sock, socket.socket)
        selector.unregister(sock)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code == 0 and _is_connected(sock):
            return sock, last
        last = OSError(code, os.strerror(code)) if code else last
        sock.close()
    return None, last


def _is_connected(sock: socket.socket) -> bool:
    try:
        sock.getpeername()
    except OSError:
        return False
    return True

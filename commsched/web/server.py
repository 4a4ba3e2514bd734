"""The HTTP server under the app. It limits the connections of one address, the time that a request's head may take, and
the size of a body. It does so before a thread of the app is used, so that a slow or hostile client costs a socket and
not a thread. A proxy in front does this better, but an office without one is protected too.
"""

from __future__ import annotations

import copy
import logging
import resource
import socket
import time
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

from flask import Flask
from waitress import create_server
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser

from commsched.services.accounts.sessions import is_somebody
from commsched.services.kernel.context import Installation
from commsched.web.app import MOST_BYTES

log = logging.getLogger("commsched.server")

CONNECTIONS: Final = 1000
PER_ADDRESS: Final = 100
"""How many of them may come from one address, unless it is this machine's or a proxy's. An office of ten people behind
one router needs sixty."""
QUIET: Final = 20
"""Seconds that a connection may lie without a byte while a request is on its way or none is."""
HEAD_SECONDS: Final = 20.0
"""How long the head of a request may take, however the bytes drip."""


class BodyPace(NamedTuple):
    """How long a body may take from the end of its head: ``patience`` seconds, and one for every ``rate`` bytes that
    have come."""

    patience: float
    rate: int

    def broken(self, took: float, received: int) -> bool:
        """Whether a body of which ``received`` bytes have come in ``took`` seconds is waited for no longer."""
        return took > self.patience + received / self.rate


STRANGERS: Final = BodyPace(20.0, 8_000)
"""The slowest pace for a body without a valid session or token: an upload's piece passes at 100 kbit/s, a trickle does
not."""
MEMBERS: Final = BodyPace(60.0, 4_000)
"""The slowest pace for a body with a valid session or token, whose sender may have a bad connection."""
BODY: Final = MOST_BYTES + 2 * 1024 * 1024
"""Bytes of a body: the most that the app accepts, and room for the rest of the form."""
ANONYMOUS_BODY: Final = 1024 * 1024 + 64 * 1024
"""Bytes of a body without a valid session or token: one piece of an upload, so that an ended session still gets its
answer."""
_SPARE_FILES: Final = 200
_LOCAL = ("127.", "::1")
"""Addresses of this machine, where a proxy may forward many clients."""

Knows = Callable[[Mapping[str, str]], bool]


class WaitressServer(Protocol):
    """What we use of a server of waitress, which has no types: a listening socket, or several as one."""

    active_channels: dict[int, _Channel]
    channel_class: type[HTTPChannel]
    maintenance: Callable[[float], None]

    def run(self) -> None: ...
    def close(self) -> None: ...


class _Limits(Protocol):
    """What we use of waitress's settings."""

    max_request_body_size: int


class _Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """A request whose body may be large only if it carries a valid session or token."""

    knows: Knows
    adj: _Limits
    head_ended = 0.0
    _known: bool | None = None

    def parse_header(self, header_plus: bytes) -> None:
        self.head_ended = time.monotonic()
        super().parse_header(header_plus)
        if (self.chunked or self.content_length >= ANONYMOUS_BODY) and not self.is_known():
            self.adj = copy.copy(self.adj)
            self.adj.max_request_body_size = ANONYMOUS_BODY

    def is_known(self) -> bool:
        """Whether the head carries a valid session or token. It is looked up once, and only where it matters."""
        if self._known is None:
            self._known = type(self).knows(self.headers)
        return self._known


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """One connection. Closed at once where its address has too many, and where a head or a body takes too long."""

    most = PER_ADDRESS
    patience = HEAD_SECONDS
    strangers, members = STRANGERS, MEMBERS

    def __init__(
        self, server: WaitressServer, sock: socket.socket, addr: tuple[str, int], adj: object, map: object = None
    ) -> None:
        self._began = time.monotonic()
        super().__init__(server, sock, addr, adj, map=map)
        mine = str(addr[0])
        if self.most and not mine.startswith(_LOCAL) and _from(mine, server) > self.most:
            self.handle_close()

    def received(self, data: bytes) -> bool:
        before = self.request
        taken = bool(super().received(data))
        if self.request is not before:
            self._began = time.monotonic()
        self.close_if_late()
        return taken

    def close_if_late(self) -> None:
        """Close the connection where its request has taken too long, even if bytes still arrive."""
        if self.request is not None and self._late(self.request):
            self.will_close = True

    def _late(self, request: _Parser) -> bool:
        now = time.monotonic()
        if not request.headers_finished:
            return now - self._began > self.patience
        took, received = now - request.head_ended, request.body_bytes_received
        if not self.strangers.broken(took, received):
            return False
        return self.members.broken(took, received) or not _is_known(request)


def _is_known(request: _Parser) -> bool:
    """Whether the request carries a valid session or token; False where the database fails, since that must not end the
    server's loop."""
    try:
        return request.is_known()
    except Exception:
        log.warning("nobody could be looked up for a slow request", exc_info=True)
        return False


def _look_after(server: WaitressServer) -> None:
    """Make a listening socket's regular maintenance, which closes idle connections, close late ones too."""
    usual = server.maintenance

    def maintenance(now: float) -> None:
        usual(now)
        for channel in server.active_channels.values():
            channel.close_if_late()

    server.maintenance = maintenance


def _from(address: str, server: WaitressServer) -> int:
    return sum(str(channel.addr[0]) == address for channel in server.active_channels.values())


def make_server(app: Flask, installation: Installation, sockets: list[socket.socket], threads: int) -> WaitressServer:
    """A waitress server on sockets that are bound already."""
    server: WaitressServer = create_server(
        app,
        sockets=sockets,
        threads=threads,
        ident="",
        # keep the proxy's headers; the app trusts only the number of proxies that the settings name
        clear_untrusted_proxy_headers=False,
        max_request_body_size=BODY,
        connection_limit=_connections(),
        asyncore_use_poll=True,
        channel_timeout=QUIET,
        cleanup_interval=5,
    )
    proxied = installation.settings.get("trusted_proxies", "") not in ("", "0")
    kind = channel_class(lambda headers: is_somebody(installation, headers), 0 if proxied else PER_ADDRESS)
    for listener in _sockets(server):
        listener.channel_class = kind
        _look_after(listener)
    return server


def channel_class(knows: Knows, most: int, patience: float = HEAD_SECONDS) -> type[HTTPChannel]:
    """Connections that ask ``knows`` of a request's headers; at most ``most`` from one address, 0 for any number."""
    parser = type("Parser", (_Parser,), {"knows": staticmethod(knows)})
    return type("Channel", (_Channel,), {"parser_class": parser, "most": most, "patience": patience})


def _sockets(server: WaitressServer) -> list[WaitressServer]:
    """The listening sockets of ``server``: one, or several where a name has several addresses."""
    return (
        [listener for listener in server.map.values() if hasattr(listener, "channel_class")]
        if hasattr(server, "map")
        else [server]
    )


def _connections() -> int:
    """The wanted number of connections, or as many as the process may have open files."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS if soft == resource.RLIM_INFINITY else max(100, min(CONNECTIONS, soft - _SPARE_FILES))

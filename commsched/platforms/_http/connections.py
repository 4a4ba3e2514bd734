"""The connections under the adapters' HTTP session: they know the call that they carry, look at every address before
they connect to it, and never wait longer than the whole call may take.
"""

from __future__ import annotations

import io
import re
import socket
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError, ProxyError
from urllib3.util.ssl_ import create_urllib3_context

from commsched.platforms._http.dial import Addresses, Resolver, dial, look_up

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Guard = Callable[[Sequence[str]], bool]
"""Sees every address a name leads to, before any of them is connected to; False refuses the call."""

_PIECE = 16 * 1024
"""Bytes sent at a time: what must get through before a call counts as standing still."""
_SLOWEST = 16 * 1024
"""Bytes a second that count as flowing (128 kbit/s): 4 MB may take four minutes, a stall no longer than any call."""
_HOUSES = (
    "alt arpa consul corp docker gateway home intern internal intra intranet invalid lan local localdomain localhost "
    "lokal mail onion private router svc test workgroup"
)
"""Endings of names that are nobody's on the internet: set apart by RFC 2606, 6761, 6762, 8375 and ICANN, or never given
out since houses use them."""
_OUTSIDE = re.compile(rf"(?i)(?!(.*\.)?fritz\.box$)([\w-]+\.)+(?!(?:{'|'.join(_HOUSES.split())})$)[a-z][\w-]+")
"""A name that may be one on the internet, where only the proxy can look it up: no address, none of the house's own."""
PORTS = frozenset({443})
"""What the proxy is asked for, beside the port that a channel's own address names."""
_LOOK_UP = 6.0
_CONNECT = 10.0
"""Seconds, at most, for looking up a name, and for connecting to any of its addresses."""
_IDLE_MAX = 4.0
"""Seconds a kept connection may have rested. Servers close resting ones, and a post sent into one that is just
closing would end as "nobody knows"; a new connection costs less."""


class Refused(Exception):
    """The guard does not allow the address, on its way up through urllib3, which would wrap anything it knows."""


@dataclass(slots=True)
class Call:
    """What the connection needs to know of the call it is carrying."""

    deadline: float
    guard: Guard | None
    resolve: Resolver
    ports: frozenset[int] = PORTS
    sent: bool = False
    """Whether a byte of it has left."""

    def earn(self, sent: int, took: float) -> None:
        """``sent`` bytes have gone in ``took`` seconds: as long as they flow, sending does not use up the deadline."""
        self.deadline += min(took, sent / _SLOWEST)

    def left(self) -> float:
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the whole call took too long")
        return remaining


current_call: ContextVar[Call | None] = ContextVar("commsched_call", default=None)


class _Deadline(io.RawIOBase):
    """The reading end of a socket that waits no longer than the whole call may still take."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, call: Call) -> None:
        self._raw, self._sock, self._call = raw, sock, call

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        remaining = self._call.left()
        timeout = self._sock.gettimeout()
        self._sock.settimeout(remaining if timeout is None else min(timeout, remaining))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        call = current_call.get()
        if call is not None:
            self.fp = io.BufferedReader(_Deadline(self.fp.detach(), sock, call))


class _Guarded(HTTPConnection):
    """What both kinds of connection do differently from urllib3's own."""

    response_class = _Response
    _rested = 0.0

    def _new_conn(self) -> socket.socket:
        """A connection to one of exactly the addresses that were looked at; the name is not asked about again."""
        call = current_call.get()
        assert call is not None, "a connection is opened only by commsched's own session"
        if self._tunnel_host:
            self._look_behind_the_proxy(call)
            addresses = self._look_up(self.host, self.port, call)
        else:
            addresses = self._look_up(self.host, self.port, call)
            self._watch(self.host, addresses, call)
        try:
            sock = dial(addresses, min(_CONNECT, float(self.timeout or _CONNECT), call.left()))
            sock.settimeout(min(float(self.timeout or 3600), call.left()))
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"{self.host} did not answer in time") from error
        except OSError as error:
            raise NewConnectionError(self, f"could not connect to {self.host}: {error}") from error
        return sock

    def _look_up(self, host: str, port: int | None, call: Call) -> Addresses:
        try:
            return look_up(call.resolve, host.strip("[]"), port or 0, min(_LOOK_UP, call.left()))
        except (OSError, UnicodeError) as error:
            gone = error if isinstance(error, socket.gaierror) else socket.gaierror(socket.EAI_NONAME, str(error))
            raise NameResolutionError(host, self, gone) from error

    def _watch(self, host: str, addresses: Addresses, call: Call) -> None:
        if call.guard is not None and not call.guard([str(entry[4][0]) for entry in addresses]):
            raise Refused(f"{host} is an address inside the network")

    def _look_behind_the_proxy(self, call: Call) -> None:
        """The proxy connects by name. Where this machine can look the name up too, it must not lead into the house;
        where only the proxy can, the proxy is the wall."""
        host = str(self._tunnel_host)
        if call.guard is not None and self._tunnel_port not in call.ports:
            raise Refused(f"{host}:{self._tunnel_port} is no port that a channel has")
        try:
            addresses = self._look_up(host, self._tunnel_port, call)
        except NameResolutionError:
            if call.guard is not None and not _OUTSIDE.fullmatch(host):
                raise Refused(f"{host} is a name inside the network") from None
            return
        self._watch(host, addresses, call)

    def _tunnel(self) -> None:
        """Ask the proxy for its server. Nothing of the call itself leaves meanwhile, however it ends."""
        call = current_call.get()
        assert call is not None, "a connection is opened only by commsched's own session"
        try:
            super()._tunnel()
        except OSError as error:
            raise ProxyError(str(error), error) from error
        finally:
            call.sent = False

    @property
    def is_connected(self) -> bool:
        return super().is_connected and time.monotonic() - self._rested < _IDLE_MAX

    def send(self, data: Any) -> None:
        """Send whatever http.client takes; bytes go in pieces, so that it is seen whether they flow."""
        call = current_call.get()
        if self.sock is None:
            self.connect()
        if call is not None:
            call.sent = True
        self._rested = time.monotonic()
        for piece in _pieces(data) if isinstance(data, bytes | bytearray) else (data,):
            began = time.monotonic()
            if call is not None:
                self.sock.settimeout(call.left())
            super().send(piece)
            if call is not None:
                call.earn(len(piece), time.monotonic() - began)


def _pieces(data: bytes | bytearray) -> Sequence[memoryview]:
    view = memoryview(data)
    return [view[at : at + _PIECE] for at in range(0, len(view), _PIECE)]


class _Secure(_Guarded, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS = {"http": _PlainPool, "https": _SecurePool}


class GuardedAdapter(HTTPAdapter):
    """Connects through our own connections, also to a proxy; trusts a certificate authority of one's own, too."""

    def __init__(self, ca_file: str = "") -> None:
        self._ca_file = ca_file
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: object) -> None:
        super().init_poolmanager(connections, maxsize, block, **(options | self._trust()))
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: object) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **(options | self._trust()))
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def _trust(self) -> dict[str, object]:
        if not self._ca_file:
            return {}
        context = create_urllib3_context()
        context.load_verify_locations(self._ca_file)
        return {"ssl_context": context}

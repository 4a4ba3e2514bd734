"""The HTTP session that adapters are given, and what its failures prove.

A socket timeout bounds only the wait for the next byte: a server that drips one byte a second is never late.
:class:`Session` bounds a whole call, knows whether a byte of it had left, and connects only to addresses it
has looked at.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from commsched.core.address import is_public

Guard = Callable[[Sequence[str]], bool]
"""Sees every address a name leads to, before any of them is connected to; False refuses the call."""

_CHUNK = 64 * 1024
_IDLE_MAX = 4.0
"""Seconds a kept connection may have rested. Servers close resting ones, and a post sent into one that is just
closing would end as "nobody knows"; a new connection costs less."""


class Blocked(requests.ConnectionError):
    """The name leads to an address the guard does not allow. Nothing was sent."""


class _Refused(Exception):
    """:class:`Blocked`, on its way up through urllib3, which would wrap anything it knows."""


class Moved(requests.RequestException):
    """The server answered with a redirect, which is never followed: a token must not go where nobody has pointed, and
    what may be read through a redirect cannot be written through it."""

    def __init__(self, response: requests.Response) -> None:
        self.target = _bare(urljoin(response.url, response.headers.get("location", "")))
        self.url = _bare(response.url)
        super().__init__(f"{self.url} points to {self.target}", response=response)


def _bare(url: str) -> str:
    """``url`` without parameters, which may be secret, and at most 200 characters."""
    return url.partition("?")[0].partition("#")[0][:200]


Malformed = requests.exceptions.InvalidURL
"""The address cannot even be tried."""


class TooLarge(requests.RequestException):
    """The answer is larger than any honest one."""


@dataclass(slots=True)
class _Call:
    """What the connection needs to know of the call it is carrying."""

    deadline: float
    guard: Guard | None
    resolve: Callable[..., Any]
    sent: bool = False

    def left(self) -> float:
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the whole call took too long")
        return remaining


_call: ContextVar[_Call | None] = ContextVar("commsched_call", default=None)


class _Deadline(io.RawIOBase):
    """The reading end of a socket that waits no longer than the whole call may still take."""

    def __init__(self, raw: Any, sock: socket.socket, call: _Call) -> None:
        self._raw, self._sock, self._call = raw, sock, call

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._call.left()
        timeout = self._sock.gettimeout()
        self._sock.settimeout(remaining if timeout is None else min(timeout, remaining))
        read: int | None = self._raw.readinto(buffer)
        return read

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        call = _call.get()
        if call is not None:
            self.fp = io.BufferedReader(_Deadline(self.fp.detach(), sock, call))


class _Guarded:
    """What both kinds of connection do differently from urllib3's own."""

    response_class: Any = _Response
    sock: Any
    host: str
    port: int
    timeout: Any
    _rested = 0.0

    def _new_conn(self) -> socket.socket:
        call = _call.get()
        assert call is not None, "a connection is opened only by commsched's own session"
        try:
            found = call.resolve(self.host.strip("[]"), self.port, 0, socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            gone = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(self.host, self, gone) from error  # type: ignore[arg-type]
        if call.guard is not None and not call.guard([str(entry[4][0]) for entry in found]):
            raise _Refused(f"{self.host} is an address inside the network")
        return self._connect_first(found, call)

    def _connect_first(self, found: Sequence[Any], call: _Call) -> socket.socket:
        """Connect to exactly the addresses that were looked at; the name is not asked about again."""
        last: OSError | None = None
        for family, kind, protocol, _, address in found:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(min(float(self.timeout or 3600), call.left()))
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.connect(address)
                return sock
            except OSError as error:
                sock.close()
                last = error
        if isinstance(last, TimeoutError):
            raise ConnectTimeoutError(self, f"{self.host} did not answer in time")
        raise NewConnectionError(self, f"could not connect to {self.host}: {last}")  # type: ignore[arg-type]

    @property
    def is_connected(self) -> bool:
        alive: bool = super().is_connected  # type: ignore[misc]
        return alive and time.monotonic() - self._rested < _IDLE_MAX

    def send(self, data: Any) -> None:
        call = _call.get()
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        if call is not None:
            call.sent = True
        self._rested = time.monotonic()
        pieces = _pieces(data) if isinstance(data, bytes | bytearray) else (data,)
        for piece in pieces:
            if call is not None:
                self.sock.settimeout(call.left())
            super().send(piece)  # type: ignore[misc]


def _pieces(data: bytes | bytearray) -> Sequence[Any]:
    view = memoryview(data)
    return [view[at : at + _CHUNK] for at in range(0, len(view), _CHUNK)]


class _Plain(_Guarded, HTTPConnection):
    pass


class _Secure(_Guarded, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}


def public_only(addresses: Sequence[str]) -> bool:
    """The usual guard: every address the name leads to is out on the internet."""
    return bool(addresses) and all(is_public(address) for address in addresses)


class Session(requests.Session):
    """A session whose calls end within ``deadline`` seconds, read at most ``max_bytes``, and are guarded.

    It reads nothing from the environment, follows no redirect (:class:`Moved`), and marks every exception it lets out
    with ``sent``: whether anything of the call had left this machine.
    """

    def __init__(
        self,
        *,
        deadline: float = 30.0,
        timeout: float = 20.0,
        max_bytes: int = 8 * 1024 * 1024,
        guard: Guard | None = public_only,
        resolve: Callable[..., Any] = socket.getaddrinfo,
    ) -> None:
        super().__init__()
        self.deadline, self.timeout, self.max_bytes = deadline, timeout, max_bytes
        self.guard, self.resolve = guard, resolve
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # one session may serve many channels
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter())

    @classmethod
    def for_settings(cls, settings: Mapping[str, str], **kwargs: Any) -> Session:
        """A session for a channel; only the setting ``allow_private`` = "1" opens the way into the house."""
        guard = None if settings.get("allow_private") == "1" else public_only
        return cls(guard=guard, **kwargs)

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        call = _Call(time.monotonic() + self.deadline, self.guard, self.resolve)
        token = _call.set(call)
        try:
            return self._bounded(method, url, *args, **kwargs)
        except (requests.RequestException, OSError) as error:
            error.__dict__["sent"] = call.sent
            raise
        finally:
            _call.reset(token)

    def _bounded(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self.timeout
        kwargs["stream"] = True
        kwargs["allow_redirects"] = False
        try:
            response = super().request(method, url, *args, **kwargs)
        except _Refused as refused:
            raise Blocked(str(refused)) from None
        self._read(response)
        if response.is_redirect:
            raise Moved(response)
        return response

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """As requests', which reads the whole body of a redirect, followed or not: never more than is allowed."""
        target = super().get_redirect_target(resp)
        if target is not None:
            self._read(resp)
        return target

    def _read(self, response: requests.Response) -> None:
        if response._content_consumed:  # type: ignore[attr-defined]
            return
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > self.max_bytes:
                response.close()
                raise TooLarge(f"the answer is larger than {self.max_bytes} bytes", response=response)
        response._content = bytes(body)


def was_sent(error: BaseException) -> bool:
    """Whether anything of the call may have reached the server. Only proof to the contrary says no."""
    marked = getattr(error, "sent", None)
    if marked is not None:
        return bool(marked)
    if isinstance(error, requests.ConnectTimeout | Blocked):
        return False
    reason = error.args[0] if error.args else None
    reason = getattr(reason, "reason", reason)
    unsent = (NewConnectionError, NameResolutionError, ConnectTimeoutError, ssl.SSLCertVerificationError)
    return not isinstance(reason, unsent)


def network_error(error: BaseException) -> requests.RequestException | None:
    """The network's failure inside whatever an SDK wrapped around it, or None."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        if isinstance(current, requests.RequestException) and not isinstance(
            current, requests.exceptions.InvalidJSONError
        ):
            return current
        seen.add(id(current))
        current = current.__cause__ or current.__context__
    return None

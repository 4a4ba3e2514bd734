"""The HTTP session that adapters are given, and what its failures prove.

A socket timeout bounds only the wait for the next byte: a server that drips one byte a second is never late.
:class:`Session` bounds a whole call, knows whether a byte of it had left, and connects only to addresses it
has looked at.
"""

from __future__ import annotations

import io
import re
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
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError, ProxyError
from urllib3.util.ssl_ import create_urllib3_context

from commsched.core.installation.ip_ranges import is_public
from commsched.platforms._http.dial import Found, dial, look_up
from commsched.platforms._http.multipart import Multipart

Guard = Callable[[Sequence[str]], bool]
"""Sees every address a name leads to, before any of them is connected to; False refuses the call."""

_CHUNK = 64 * 1024
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
_PORTS = frozenset({443})
"""What the proxy is asked for, beside the port that a channel's own address names."""
_LOOK_UP = 6.0
_CONNECT = 10.0
"""Seconds, at most, for looking up a name, and for connecting to any of its addresses."""
_IDLE_MAX = 4.0
"""Seconds a kept connection may have rested. Servers close resting ones, and a post sent into one that is just
closing would end as "nobody knows"; a new connection costs less."""


class AddressBlocked(requests.ConnectionError):
    """The name leads to an address the guard does not allow. Nothing was sent."""


class _Refused(Exception):
    """:class:`AddressBlocked`, on its way up through urllib3, which would wrap anything it knows."""


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


class AnswerTooLarge(requests.RequestException):
    """The answer is larger than any honest one."""


@dataclass(slots=True)
class _Call:
    """What the connection needs to know of the call it is carrying."""

    deadline: float
    guard: Guard | None
    resolve: Callable[..., Any]
    ports: frozenset[int] = _PORTS
    sent: bool = False

    def earn(self, sent: int, took: float) -> None:
        """``sent`` bytes have gone in ``took`` seconds: as long as they flow, sending does not use up the deadline."""
        self.deadline += min(took, sent / _SLOWEST)

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
    _tunnel_host: str | None
    _tunnel_port: int | None
    _rested = 0.0

    def _new_conn(self) -> socket.socket:
        """A connection to one of exactly the addresses that were looked at; the name is not asked about again."""
        call = _call.get()
        assert call is not None, "a connection is opened only by commsched's own session"
        if self._tunnel_host:
            self._look_behind_the_proxy(call)
            found = self._look_up(self.host, self.port, call)
        else:
            found = self._look_up(self.host, self.port, call)
            self._watch(self.host, found, call)
        try:
            sock = dial(found, min(_CONNECT, float(self.timeout or _CONNECT), call.left()))
            sock.settimeout(min(float(self.timeout or 3600), call.left()))
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"{self.host} did not answer in time") from error
        except OSError as error:
            raise NewConnectionError(self, f"could not connect to {self.host}: {error}") from error  # type: ignore[arg-type]
        return sock

    def _look_up(self, host: str, port: int | None, call: _Call) -> Found:
        try:
            return look_up(call.resolve, host.strip("[]"), port or 0, min(_LOOK_UP, call.left()))
        except (OSError, UnicodeError) as error:
            gone = error if isinstance(error, socket.gaierror) else socket.gaierror(socket.EAI_NONAME, str(error))
            raise NameResolutionError(host, self, gone) from error  # type: ignore[arg-type]

    def _watch(self, host: str, found: Found, call: _Call) -> None:
        if call.guard is not None and not call.guard([str(entry[4][0]) for entry in found]):
            raise _Refused(f"{host} is an address inside the network")

    def _look_behind_the_proxy(self, call: _Call) -> None:
        """The proxy connects by name. Where this machine can look the name up too, it must not lead into the house;
        where only the proxy can, the proxy is the wall."""
        host = str(self._tunnel_host)
        if call.guard is not None and self._tunnel_port not in call.ports:
            raise _Refused(f"{host}:{self._tunnel_port} is no port that a channel has")
        try:
            found = self._look_up(host, self._tunnel_port, call)
        except NameResolutionError:
            if call.guard is not None and not _OUTSIDE.fullmatch(host):
                raise _Refused(f"{host} is a name inside the network") from None
            return
        self._watch(host, found, call)

    def _tunnel(self) -> None:
        """Ask the proxy for its server. Nothing of the call itself leaves meanwhile, however it ends."""
        call = _call.get()
        assert call is not None, "a connection is opened only by commsched's own session"
        try:
            super()._tunnel()  # type: ignore[misc]
        except OSError as error:
            raise ProxyError(str(error), error) from error
        finally:
            call.sent = False

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
            began = time.monotonic()
            if call is not None:
                self.sock.settimeout(call.left())
            super().send(piece)  # type: ignore[misc]
            if call is not None:
                call.earn(len(piece), time.monotonic() - began)


def _pieces(data: bytes | bytearray) -> Sequence[Any]:
    view = memoryview(data)
    return [view[at : at + _PIECE] for at in range(0, len(view), _PIECE)]


class _Plain(_Guarded, HTTPConnection):
    pass


class _Secure(_Guarded, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS: dict[str, Any] = {"http": _PlainPool, "https": _SecurePool}


class _Adapter(HTTPAdapter):
    """Connects through our own connections, also to a proxy; trusts a certificate authority of one's own, too."""

    def __init__(self, ca_file: str = "") -> None:
        self._ca_file = ca_file
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **(kwargs | self._trust()))
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **(kwargs | self._trust()))
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def _trust(self) -> dict[str, Any]:
        if not self._ca_file:
            return {}
        context = create_urllib3_context()
        context.load_verify_locations(self._ca_file)
        return {"ssl_context": context}


def public_only(addresses: Sequence[str]) -> bool:
    """The usual guard: every address the name leads to is out on the internet."""
    return bool(addresses) and all(is_public(address) for address in addresses)


class Session(requests.Session):
    """A session whose calls end within ``deadline`` seconds (not counting those in which bytes of theirs are flowing
    out), read at most ``max_bytes``, and are guarded. ``proxy`` is the way out for https, ``ca_file`` what it trusts
    beside the usual authorities.

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
        proxy: str = "",
        ca_file: str = "",
    ) -> None:
        super().__init__()
        self.deadline, self.timeout, self.max_bytes = deadline, timeout, max_bytes
        self.guard, self.resolve = guard, resolve
        self.ports = _PORTS
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # one session may serve many channels
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(ca_file))
        if proxy:
            self.proxies = {"https": proxy}

    @classmethod
    def for_settings(cls, settings: Mapping[str, str], **kwargs: Any) -> Session:
        """A session for a channel; only the setting ``allow_private`` = "1" opens the way into the house, which no
        proxy is asked for."""
        if settings.get("allow_private") == "1":
            return cls(guard=None, **{**kwargs, "proxy": ""})
        return cls(guard=public_only, **kwargs)

    def with_port(self, port: int) -> Session:
        """This session, its connections shared, that may ask the proxy for ``port`` as well."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__, ports=self.ports | {port})
        return made

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        call = _Call(time.monotonic() + self.deadline, self.guard, self.resolve, self.ports)
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
        if kwargs.get("files"):
            body = Multipart(kwargs.pop("data", None) or {}, kwargs.pop("files"))
            headers = {**(kwargs.pop("headers", None) or {}), "Content-Type": body.content_type}
            kwargs |= {"data": body, "headers": headers}
        kwargs["stream"] = True
        kwargs["allow_redirects"] = False
        try:
            response = super().request(method, url, *args, **kwargs)
        except _Refused as refused:
            raise AddressBlocked(str(refused)) from None
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
                raise AnswerTooLarge(f"the answer is larger than {self.max_bytes} bytes", response=response)
        response._content = bytes(body)


def was_sent(error: BaseException) -> bool:
    """Whether anything of the call may have reached the server. Only proof to the contrary says no."""
    marked = getattr(error, "sent", None)
    if marked is not None:
        return bool(marked)
    if isinstance(error, requests.ConnectTimeout | AddressBlocked):
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

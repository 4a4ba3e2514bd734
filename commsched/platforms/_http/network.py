"""The HTTP session that adapters are given, and what its failures prove.

A socket timeout bounds only the wait for the next byte: a server that drips one byte a second is never late.
:class:`Session` bounds a whole call, knows whether a byte of it had left, and connects only to addresses it
has looked at (see ``connections``).
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin

import requests
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from commsched.core.installation.ip_ranges import is_public
from commsched.platforms._http.connections import PORTS, Call, Guard, GuardedAdapter, Refused, current_call
from commsched.platforms._http.dial import Resolver
from commsched.platforms._http.multipart import Multipart

_CHUNK = 64 * 1024


class AddressBlocked(requests.ConnectionError):
    """The name leads to an address the guard does not allow. Nothing was sent."""


class Moved(requests.RequestException):
    """The server answered with a redirect, which is never followed: a token must not go where nobody has pointed, and
    what may be read through a redirect cannot be written through it."""

    def __init__(self, response: requests.Response) -> None:
        self.target = _bare(_joined(response.url, response.headers.get("location", "")))
        self.url = _bare(response.url)
        super().__init__(f"{self.url} points to {self.target}", response=response)


def _joined(url: str, location: str) -> str:
    """Where ``location`` leads from ``url``; as the server wrote it where that is no address."""
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def _bare(url: str) -> str:
    """``url`` without parameters, a name and a password, which may be secret, and at most 200 characters."""
    scheme, mark, rest = url.partition("?")[0].partition("#")[0].rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"[:200]


Malformed = requests.exceptions.InvalidURL
"""The address cannot even be tried."""


class AnswerTooLarge(requests.RequestException):
    """The answer is larger than any honest one."""


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
        resolve: Resolver = socket.getaddrinfo,
        proxy: str = "",
        ca_file: str = "",
    ) -> None:
        super().__init__()
        self.deadline, self.timeout, self.max_bytes = deadline, timeout, max_bytes
        self.guard, self.resolve = guard, resolve
        self.ports = PORTS
        self.cut = False
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # one session may serve many channels
        for scheme in ("http://", "https://"):
            self.mount(scheme, GuardedAdapter(ca_file))
        if proxy:
            self.proxies = {"https": proxy}

    @classmethod
    def for_settings(
        cls, settings: Mapping[str, str], *, deadline: float = 30.0, proxy: str = "", ca_file: str = ""
    ) -> Session:
        """A session for a channel; only the setting ``allow_private`` = "1" opens the way into the house, which no
        proxy is asked for."""
        private = settings.get("allow_private") == "1"
        return cls(
            deadline=deadline, guard=None if private else public_only, proxy="" if private else proxy, ca_file=ca_file
        )

    def with_port(self, port: int) -> Session:
        """This session, its connections shared, that may ask the proxy for ``port`` as well."""
        return self._like(ports=self.ports | {port})

    def with_hook(self, hook: Callable[..., object]) -> Session:
        """This session, its connections shared, whose answers ``hook`` hears too."""
        return self._like(hooks={**self.hooks, "response": [*self.hooks["response"], hook]})

    def _like(self, **different: object) -> Session:
        session = object.__new__(type(self))
        session.__dict__.update(self.__dict__, **different)
        return session

    def limited(self, deadline: float, max_bytes: int) -> Session:
        """This session, its connections shared, for reading what may be long: a call ends within ``deadline`` seconds,
        and of its answer at most ``max_bytes`` are read, without an error where there are more."""
        session = object.__new__(type(self))
        session.__dict__.update(self.__dict__, deadline=deadline, max_bytes=max_bytes, cut=True)
        return session

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """As requests', whose options these are."""
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self.timeout
        if kwargs.get("files"):
            body = Multipart(kwargs.pop("data", None) or {}, kwargs.pop("files"))
            headers = {**(kwargs.pop("headers", None) or {}), "Content-Type": body.content_type}
            kwargs |= {"data": body, "headers": headers}
        kwargs["stream"] = True
        kwargs["allow_redirects"] = False
        with self._bounded():
            response = super().request(method, url, *args, **kwargs)
            self._read(response)
            if response.is_redirect:
                raise Moved(response)
            return response

    @contextmanager
    def _bounded(self) -> Iterator[None]:
        """One call: connections find it as the current one, and what it raises says whether any of it was sent."""
        call = Call(time.monotonic() + self.deadline, self.guard, self.resolve, self.ports)
        token = current_call.set(call)
        try:
            yield
        except Refused as refused:
            error = AddressBlocked(str(refused))
            error.__dict__["sent"] = call.sent
            raise error from None
        except (requests.RequestException, OSError) as error:
            error.__dict__["sent"] = call.sent
            raise
        finally:
            current_call.reset(token)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None, ever. requests would read the whole body of a redirect, though it is not followed, and take its target
        apart, whatever a server has written there."""
        return None

    def _read(self, response: requests.Response) -> None:
        if response._content_consumed:  # type: ignore[attr-defined]
            return
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > self.max_bytes:
                response.close()
                if self.cut:
                    break
                raise AnswerTooLarge(f"the answer is larger than {self.max_bytes} bytes", response=response)
        response._content = bytes(body[: self.max_bytes])


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

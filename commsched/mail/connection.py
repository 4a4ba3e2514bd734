"""One connection to a relay, with a total deadline that not even a server that drips bytes can stretch."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final, Literal, Protocol, overload
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from commsched.core.text.messages import N_, Invalid

Security = Literal["implicit", "required", "offered", "none"]
LONGEST_LINE: Final = 4096
MOST_LINES: Final = 100
"""What is read of one answer, in bytes and lines; RFC 5321 allows 512 bytes a line."""
_UNREADABLE: Final = N_("smtp_url cannot be read. Write smtp://user:password@host:port?starttls=1.")
_SECURITY: Final[dict[str, Security]] = {"1": "required", "0": "none", "": "offered"}


AccessToken = Callable[[bool], str]
"""Gives the access token; with true, another than the one it gave, which was refused. Raises :class:`NoAccess`, or an
``OSError`` where it cannot be had just now."""


class Words(Protocol):
    """What is said in a sign-in: first, and to each challenge."""

    @overload
    def __call__(self, challenge: None = None, /) -> str | None: ...
    @overload
    def __call__(self, challenge: bytes, /) -> str: ...


class NoAccess(Exception):
    """There is no access to be had until a person signs in again. The words are the provider's, and no secret."""


class Relay(msgspec.Struct, frozen=True):
    """Where mail is handed in. ``repr`` leaves the password out, so that no log can hold it."""

    host: str
    port: int
    user: str
    security: Security
    secret: Secret
    ca: str = ""
    token: AccessToken | None = None
    """Where the sign-in is by OAuth2, instead of by a password."""

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"


@cache
def _own_name() -> str:
    """What we call ourselves in EHLO. Asked once: looking up one's own name can take seconds."""
    name = socket.getfqdn()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


class Secret:
    """A password that does not show itself."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "Secret(…)"


class Patience(msgspec.Struct, frozen=True):
    """Seconds. A relay that scans what it gets may think for long after the final dot (RFC 5321, 4.5.3.2.6),
    and giving up there leaves an unknown that a person must answer: so that wait is the longest."""

    connect: float = 10.0
    command: float = 20.0
    answer: float = 60.0
    total: float = 90.0
    idle: float = 8.0
    """How long a connection may lie unused and still be trusted with the next message."""
    messages: int = 50
    """After this many a connection is closed, before the relay closes it in the middle of one."""


def read_url(url: str) -> Relay:
    """``smtp://user:password@host:port?starttls=1`` or ``smtps://…``; ``ca=`` names a certificate file of one's own.

    Raises :class:`Invalid`; the sentence never holds the address, since a password may be in it. With a user and no
    ``starttls`` the password is sent only over TLS.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise Invalid(
            N_("smtp_url cannot be read. Write smtp://user:password@host:port?starttls=1."), "smtp_url"
        ) from error
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or query.get("starttls", "") not in _SECURITY:
        raise Invalid(_UNREADABLE, "smtp_url")
    user = unquote(parts.username or "")
    security: Security = "implicit" if parts.scheme == "smtps" else _SECURITY[query.get("starttls", "")]
    if security == "offered" and user:
        security = "required"
    standard = 465 if security == "implicit" else (587 if user else 25)
    return Relay(
        parts.hostname, port or standard, user, security, Secret(unquote(parts.password or "")), query.get("ca", "")
    )


Dial = Callable[[str, int, float], socket.socket]
"""Connects to a host and port within so many seconds. The system's own waits for a look-up as long as it likes."""


def _dial(host: str, port: int, timeout: float) -> socket.socket:
    return socket.create_connection((host, port), timeout)


def _bearer(mechanism: str, relay: Relay, token: str) -> Words:
    """What is said in the sign-in: the token first, and after a refusal in detail the word that it was understood."""
    if mechanism == "XOAUTH2":
        first, understood = f"user={relay.user}\x01auth=Bearer {token}\x01\x01", ""
    else:
        first = f"n,a={relay.user},\x01host={relay.host}\x01port={relay.port}\x01auth=Bearer {token}\x01\x01"
        understood = "\x01"

    def words(challenge: bytes | None = None, /) -> str:
        return first if challenge is None else understood

    return words


class Connection(smtplib.SMTP):
    """smtplib's client over a connection that :meth:`cut` can end from another thread, even inside TLS."""

    def __init__(self, relay: Relay, patience: Patience, context: ssl.SSLContext, dial: Dial | None = None) -> None:
        self._dial = dial or _dial
        super().__init__(timeout=patience.connect, local_hostname=_own_name())
        self._host = relay.host  # what TLS checks the certificate against
        self.relay = relay
        self.patience = patience
        self.sent = 0
        self.used_at = 0.0
        self._context = context
        self._handle: socket.socket | None = None

    def open(self) -> None:
        """Connect, greet, encrypt, sign in. Raises ``OSError`` or ``smtplib.SMTPException``."""
        code, answer = self.connect(self.relay.host, self.relay.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, answer)
        self.pace(self.patience.command)
        self._greet()
        security = self.relay.security
        if security == "required" or (security == "offered" and self.has_extn("starttls")):
            self._encrypt()
        if self.relay.token is not None:
            self._sign_in(self.relay.token)
        elif self.relay.user:
            self.login(self.relay.user, self.relay.secret.value)

    def _sign_in(self, token: AccessToken) -> None:
        """By OAuth2 (XOAUTH2, else RFC 7628). An access that is refused is renewed once."""
        offered = self.esmtp_features.get("auth", "").upper().split()
        mechanism = "OAUTHBEARER" if "OAUTHBEARER" in offered and "XOAUTH2" not in offered else "XOAUTH2"
        for again in (False, True):
            try:
                words = _bearer(mechanism, self.relay, token(again))
            except NoAccess as error:
                raise smtplib.SMTPAuthenticationError(535, str(error).encode()) from error
            try:
                self.auth(mechanism, words)
            except smtplib.SMTPAuthenticationError:
                if again:
                    raise
                continue
            return

    def _encrypt(self) -> None:
        code, answer = self.starttls(context=self._context)
        if code != 220:
            raise smtplib.SMTPResponseException(code, answer)
        self._greet()

    def _greet(self) -> None:
        """EHLO, or HELO for a server from before 1995. One that says "later" is not asked twice."""
        code, answer = self.ehlo()
        if 400 <= code < 500:
            raise smtplib.SMTPHeloError(code, answer)
        if not 200 <= code < 300:
            code, answer = self.helo()
        if not 200 <= code < 300:
            raise smtplib.SMTPHeloError(code, answer)

    def getreply(self) -> tuple[int, bytes]:
        """The server's answer, bounded, and whole: smtplib would take the torn half of a line for an answer."""
        if self.file is None:
            assert self.sock is not None, "connected"
            self.file = self.sock.makefile("rb")
        said: list[bytes] = []
        for _ in range(MOST_LINES):
            try:
                line = self.file.readline(LONGEST_LINE)
            except OSError as error:
                self.close()
                raise smtplib.SMTPServerDisconnected(f"no answer: {error}") from error
            if not line.endswith(b"\n"):
                self.close()
                raise smtplib.SMTPServerDisconnected("the connection ended before the answer did")
            words = line[4:].strip()
            if line[3:4] != b"-":
                code = int(line[:3]) if line[:3].isdigit() else -1
                return code, b"\n".join([*said, words]) if said else words
            said.append(words)
        self.close()
        raise smtplib.SMTPServerDisconnected("the answer does not end")

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        raw = self._dial(host, port, timeout)
        # A second handle on the same connection: it stays valid while TLS wraps and unwraps the first.
        self._handle = raw.dup()
        if self.relay.security != "implicit":
            return raw
        return self._context.wrap_socket(raw, server_hostname=host)

    def pace(self, seconds: float) -> None:
        """How long the next single wait may be."""
        if self.sock is not None:
            self.sock.settimeout(seconds)

    def cut(self) -> None:
        """End the connection at once. Safe from any thread."""
        if self._handle is not None:
            with contextlib.suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    @contextlib.contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Whatever happens inside ends within ``seconds``: then the connection is cut, and the call in it fails."""
        timer = threading.Timer(seconds, self.cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

"""Reading a mailbox over IMAP, without leaving a trace in it, and within a time that no server can stretch.

Messages are fetched by PEEK, and never more of one than is asked for. What a server answers is bounded too: one that
announces more than was asked for is cut off.
"""

from __future__ import annotations

import contextlib
import imaplib
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Final, Literal

import msgspec

from commsched.core.installation.ip_ranges import PrivateAddress
from commsched.core.text.clean import one_line
from commsched.core.text.messages import N_, Invalid
from commsched.mail.connection import Dial, Secret
from commsched.mail.incoming import HEAD_BYTES

Security = Literal["implicit", "required"]
CONNECT: Final = 10.0
ANSWER: Final = 30.0
"""Seconds that one wait may take."""
PIECE: Final = 256 * 1024
"""Bytes of an attachment that are asked for at a time."""
MOST_LITERAL: Final = HEAD_BYTES + 64 * 1024
"""Bytes of one answer; no question asks for more."""


class Account(msgspec.Struct, frozen=True):
    """Where a mailbox is. ``repr`` leaves the secret out, so that no log can hold it."""

    host: str
    port: int
    user: str
    security: Security
    secret: Secret
    """The password, or an OAuth2 access token."""
    token: bool = False
    ca: str = ""


class Head(msgspec.Struct, frozen=True):
    """The beginning of a message, its number, its whole size in octets, and when it came."""

    uid: int
    size: int
    at: datetime
    raw: bytes


class Box:
    """An open mailbox. Everything raises :class:`~commsched.core.text.messages.Invalid`, by the setting that is wrong,
    with a sentence for whoever set it up."""

    def __init__(self, account: Account, dial: Dial, seconds: float) -> None:
        self._account = account
        self._dial = dial
        self._seconds = seconds
        self._handle: socket.socket | None = None

    def __enter__(self) -> Box:
        """Connect, encrypt, sign in. It is cut off after ``seconds`` from now, whatever is under way."""
        self._timer = threading.Timer(self._seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()
        try:
            with self._told():
                self._open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        client = getattr(self, "_client", None)
        if client is not None:
            with contextlib.suppress(Exception):
                client.logout()
            with contextlib.suppress(Exception):
                client.shutdown()
        self._timer.cancel()
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def _open(self) -> None:
        from imapclient import IMAPClient, SocketTimeout

        box, account = self, self._account
        context = ssl.create_default_context(cafile=account.ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2

        class Client(IMAPClient):  # type: ignore[misc]
            def _create_IMAP4(self) -> imaplib.IMAP4:
                return _line(box, context)

        waits = SocketTimeout(CONNECT, ANSWER)
        self._client = Client(account.host, account.port, ssl=account.security == "implicit", timeout=waits)
        if account.security == "required":
            self._client.starttls(context)
        if account.token:
            self._client.oauth2_login(account.user, account.secret.value)
        else:
            self._client.login(account.user, account.secret.value)

    def _connect(self) -> socket.socket:
        raw = self._dial(self._account.host, self._account.port, CONNECT)
        raw.settimeout(ANSWER)
        self._handle = raw.dup()  # it stays valid while TLS wraps the other
        return raw

    def _cut(self) -> None:
        if self._handle is not None:
            with contextlib.suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)

    def folders(self) -> list[str]:
        """The names of all folders."""
        with self._told():
            return [str(name) for _flags, _delimiter, name in self._client.list_folders()][:500]

    def look_in(self, folder: str, *, writing: bool = False) -> int:
        """Open ``folder``; returns its UIDVALIDITY. Unless ``writing``, nothing that follows can change it."""
        with self._told("folder", folder):
            answer = self._client.select_folder(folder, readonly=not writing)
        return int(answer.get(b"UIDVALIDITY", 0) or 0)

    def numbers(self, after: int, since: date | None = None) -> list[int]:
        """The UIDs above ``after``, in order; with ``since`` only of what came on that day or later."""
        wanted: list[object] = ["UID", f"{after + 1}:*"]
        if since is not None:
            wanted += ["SINCE", since]
        with self._told():
            uids = self._client.search(wanted)
        return sorted(int(uid) for uid in uids if int(uid) > after)  # “5:*” also names the last below five

    def named(self, message_id: str) -> list[int]:
        """The UIDs of the messages with a Message-ID."""
        with self._told():
            return [int(uid) for uid in self._client.search(["HEADER", "Message-ID", f"<{message_id}>"])]

    def heads(self, uids: Sequence[int]) -> Iterator[Head]:
        """The beginnings of messages, one after another. One that is gone meanwhile is left out."""
        for uid in uids:
            with self._told():
                data = self._client.fetch([uid], ["RFC822.SIZE", "INTERNALDATE", f"BODY.PEEK[]<0.{HEAD_BYTES}>"])
            row = data.get(uid)
            raw = _body_of(row) if row else None
            if row and raw is not None:
                at = row.get(b"INTERNALDATE")
                moment = at.astimezone(UTC) if isinstance(at, datetime) else datetime.now(UTC)
                yield Head(uid, int(row.get(b"RFC822.SIZE", len(raw))), moment, raw)

    def section(self, uid: int, section: str, most: int) -> Iterator[bytes]:
        """A part of a message as it lies there, in pieces; ends after ``most`` bytes. ``section`` empty: the whole."""
        begun = 0
        while begun < most:
            with self._told():
                data = self._client.fetch([uid], [f"BODY.PEEK[{section}]<{begun}.{PIECE}>"])
            piece = _body_of(data.get(uid) or {}) or b""
            if piece:
                yield piece
            begun += len(piece)
            if len(piece) < PIECE:
                return

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Move messages to ``folder``, which is made where there is none. Needs :meth:`look_in` for ``writing``."""
        with self._told("handled_folder", folder):
            if not self._client.folder_exists(folder):
                self._client.create_folder(folder)
            if b"MOVE" in self._client.capabilities():
                self._client.move(list(uids), folder)
                return
            self._client.copy(list(uids), folder)
            self._client.delete_messages(list(uids))
            if b"UIDPLUS" in self._client.capabilities():
                self._client.uid_expunge(list(uids))

    @contextlib.contextmanager
    def _told(self, field: str = "", folder: str = "") -> Iterator[None]:
        try:
            yield
        except Invalid:
            raise
        except (OSError, imaplib.IMAP4.error, ValueError, AssertionError, EOFError) as error:
            raise _sentence(error, self._account, field, folder) from error


def _body_of(row: dict[bytes, object]) -> bytes | None:
    for name, value in row.items():
        if isinstance(name, bytes) and name.upper().startswith(b"BODY[") and isinstance(value, bytes):
            return value
    return None


def _line(box: Box, context: ssl.SSLContext) -> imaplib.IMAP4:
    account = box._account

    class Line(imaplib.IMAP4):
        def _create_socket(self, timeout: float | None) -> socket.socket:
            raw = box._connect()
            return context.wrap_socket(raw, server_hostname=self.host) if account.security == "implicit" else raw

        def read(self, size: int) -> bytes:
            if size > MOST_LITERAL:
                raise self.abort(f"the server announces {size} bytes")
            return super().read(size)

    return Line(account.host, account.port)


# -- what is wrong, in a sentence -------------------------------------------------------------------

CERTIFICATE: Final = N_(
    "The certificate of %(host)s is not valid for that name. Write the name that your mail provider gives."
)
_BY_KIND: Final[tuple[tuple[type[Exception], str, str], ...]] = (
    (
        PrivateAddress,
        "host",
        N_("%(host)s is in the network of this machine, where no page may point."),
    ),
    (socket.gaierror, "host", N_("There is no server called %(host)s.")),
    (UnicodeError, "host", N_("There is no server called %(host)s.")),
    (ConnectionRefusedError, "port", N_("%(host)s refuses connections on port %(port)s. Usual ports are 993 and 143.")),
    (ssl.SSLCertVerificationError, "host", CERTIFICATE),
    (
        ssl.SSLError,
        "security",
        N_("On port %(port)s %(host)s does not encrypt this way. With 993 choose from the start, with 143 STARTTLS."),
    ),
    (TimeoutError, "port", N_("%(host)s does not answer on port %(port)s. Usual ports are 993 and 143.")),
)
"""In this order: the first kind that fits."""
BUSY: Final = N_("Another program has locked the mailbox just now. It is tried again by itself.")
LOST: Final = N_("%(host)s ended the connection before it had answered. It is tried again by itself.")
NO_ACCESS: Final = N_(
    "%(host)s does not let %(user)s in by the access that somebody signed in for. Sign in again under Settings → "
    "E-mail, as that user: whoever signed in before the office read mail said yes to sending alone."
)
WRONG_PASSWORD: Final = N_("The server does not accept this user with this password: %(answer)s")
NO_FOLDER: Final = N_("There is no folder “%(folder)s” that may be opened: %(answer)s")
FOR_A_PERSON: Final = frozenset({WRONG_PASSWORD, NO_ACCESS, NO_FOLDER, CERTIFICATE})
"""What does not pass by itself: told at once, where all else may be over in a minute."""
_SIGN_IN: Final = ("AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "LOGIN FAILED", "AUTHENTICATION FAILED")
_LOCKED: Final = ("INUSE", "UNAVAILABLE", "LOCKED", "TIMEOUT WHILE", "SERVERBUG", "LIMIT")


def _sentence(error: BaseException, account: Account, field: str, folder: str) -> Invalid:
    where: dict[str, object] = {"host": account.host, "port": account.port}
    for kind, by, words in _BY_KIND:
        if isinstance(error, kind):
            return Invalid(words, by, **where)
    answer = one_line(_said(error))[:200]
    if any(word in answer.upper() for word in _LOCKED):
        return Invalid(BUSY, "")
    if type(error).__name__ == "LoginError" or any(word in answer.upper() for word in _SIGN_IN):
        if account.token:
            return Invalid(NO_ACCESS, "relay", host=account.host, user=account.user)
        return Invalid(WRONG_PASSWORD, "secret", answer=answer)
    if isinstance(error, OSError | EOFError | imaplib.IMAP4.abort):
        return Invalid(LOST, "host", host=account.host)
    if folder:
        return Invalid(NO_FOLDER, field, folder=folder, answer=answer)
    return Invalid(N_("The mail server refused: %(answer)s"), "", answer=answer)


def _said(error: BaseException) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)

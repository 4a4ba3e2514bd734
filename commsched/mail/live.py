"""The mailer of an installation whose mail server may be set, changed and taken away while it runs.

Every process asks the store again after a few seconds, so the engine heeds what somebody set on a page.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from commsched.core.delivery.outcome import Absent, CannotTell, Finding, Outcome, Retry
from commsched.core.delivery.rates import Limits
from commsched.core.platform.contract import Email, Mailer
from commsched.core.text.messages import N_, Message
from commsched.mail.connection import Dial, Relay
from commsched.mail.folder import FolderMailer
from commsched.mail.relay import SmtpMailer

ASKED_EVERY: Final = 5.0
"""Seconds for which an answer of the store holds."""
SLOT_WAIT: Final = 10.0
"""Seconds to wait for one of the connections that a server lets us have at once."""
BUSY: Final = N_("the mail server takes no more connections at once")
LEFT: Final = N_("mail that has left cannot be read back")


class Server(msgspec.Struct, frozen=True):
    """A mail server and whom its mail comes from. ``relay`` does not show its password."""

    relay: Relay
    sender: str
    sender_name: str = ""
    limits: Limits = Limits()
    name: str = ""
    """What people call it."""
    signs_in: str = ""
    """At whom, where that is by OAuth2."""
    private: bool = False
    """It may be in the network of this machine."""

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it another server than the one before."""
        relay = self.relay
        how = (relay.name, relay.user, relay.security, relay.secret.value, self.signs_in, self.private)
        return (*how, self.sender, self.sender_name, self.limits.connections)


class Standing(msgspec.Struct, frozen=True):
    """The server of now, if any, and whether there ever was one."""

    server: Server | None = None
    ever: bool = False


class LiveMailer(Mailer):
    """Sends by the server that ``read`` names now, and where it names none writes files as ``quiet`` does."""

    def __init__(
        self,
        read: Callable[[], Standing],
        quiet: FolderMailer,
        dial: Dial,
        clock: Callable[[], float] = time.monotonic,
        house: Dial | None = None,
    ) -> None:
        self._read = read
        self._quiet = quiet
        self.dial = dial
        self.house = house or dial
        """How a server in the network of this machine is connected to, where it may be there."""
        self._clock = clock
        self._lock = threading.Lock()
        self._asked_at: float | None = None
        self._ever = False
        self._key: tuple[object, ...] = ()
        self._server: Server | None = None
        self._slots: threading.BoundedSemaphore | None = None
        self._mailer: FolderMailer | SmtpMailer = quiet

    @property
    def sender(self) -> str:  # type: ignore[override]
        return self._now().sender

    @property
    def limits(self) -> Limits:
        """What the server takes at most."""
        self._now()
        return self._server.limits if self._server else Limits()

    @property
    def name(self) -> str:
        """What people call the server."""
        self._now()
        return (self._server.name or self._server.relay.host) if self._server else ""

    def send(self, message: Email) -> Outcome:
        mailer = self._now()
        with self._slot() as has_room:
            return mailer.send(message) if has_room else Retry(BUSY, whole_channel=True)

    @contextlib.contextmanager
    def _slot(self) -> Iterator[bool]:
        """One of the connections that the server lets us have at once; false where none comes free."""
        slots = self._slots
        if slots is None:
            yield True
            return
        has_room = slots.acquire(timeout=SLOT_WAIT)
        try:
            yield has_room
        finally:
            if has_room:
                slots.release()

    def send_all(self, messages: Sequence[Email], halt: Callable[[], bool]) -> Iterator[Outcome | None]:
        mailer = self._now()
        with self._slot() as has_room:
            if has_room:
                yield from mailer.send_all(messages, halt)
                return
        yield from [Retry(BUSY, whole_channel=True), *[None] * (len(messages) - 1)]

    @property
    def smtp(self) -> SmtpMailer | None:
        """What sends now; none where nothing does."""
        mailer = self._now()
        return mailer if isinstance(mailer, SmtpMailer) else None

    def describe(self) -> Message:
        return self._now().describe()

    def reaches(self) -> bool:
        return self._now().reaches()

    def verify(self) -> Outcome:
        return self._now().verify()

    def find(self, message_id: str) -> Finding:
        """A message that became a file is found. One that did not may have left by a server that is taken away now, so
        it is absent only where there never was one."""
        filed = self._quiet.find(message_id)
        mailer = self._now()
        if isinstance(filed, Absent) and self._ever:
            return mailer.find(message_id) if mailer is not self._quiet else CannotTell(LEFT, final=True)
        return filed

    def forget(self) -> None:
        """Ask again before the next mail: the server was changed in this process."""
        with self._lock:
            self._asked_at = None

    def close(self) -> None:
        """Let go of idle connections."""
        with self._lock:
            if isinstance(self._mailer, SmtpMailer):
                self._mailer.close()

    def _now(self) -> FolderMailer | SmtpMailer:
        with self._lock:
            if self._asked_at is None or self._clock() - self._asked_at >= ASKED_EVERY:
                standing = self._read()
                self._ever = standing.ever
                self._take(standing.server)
                self._asked_at = self._clock()
            return self._mailer

    def _take(self, server: Server | None) -> None:
        key = server.key if server else ()
        self._server = server
        if key == self._key:
            return
        if isinstance(self._mailer, SmtpMailer):
            self._mailer.close()
        self._key, self._mailer, self._slots = key, self._quiet, None
        if server is not None:
            dial = self.house if server.private else self.dial
            self._mailer = SmtpMailer(server.relay, server.sender, server.sender_name, dial=dial)
            most = server.limits.connections
            self._slots = threading.BoundedSemaphore(most) if most else None

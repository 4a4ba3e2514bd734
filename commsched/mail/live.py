"""The mailer of an installation whose mail server may be set, changed and taken away while it runs.

Every process asks the store again after a few seconds, so the engine heeds what somebody set on a page.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from commsched.core.delivery.outcome import Absent, CannotTell, Finding, Outcome
from commsched.core.platform.contract import Email, Mailer
from commsched.core.text.messages import N_, Message
from commsched.mail.connection import Dial, Relay
from commsched.mail.folder import FolderMailer
from commsched.mail.relay import SmtpMailer

ASKED_EVERY: Final = 5.0
"""Seconds for which an answer of the store holds."""
LEFT: Final = N_("mail that has left cannot be read back")


class Server(msgspec.Struct, frozen=True):
    """A mail server and whom its mail comes from. ``relay`` does not show its password."""

    relay: Relay
    sender: str
    sender_name: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it another server than the one before."""
        relay = self.relay
        return (relay.name, relay.user, relay.security, relay.secret.value, self.sender, self.sender_name)


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
    ) -> None:
        self._read = read
        self._quiet = quiet
        self.dial = dial
        self._clock = clock
        self._lock = threading.Lock()
        self._asked_at: float | None = None
        self._ever = False
        self._key: tuple[str, ...] = ()
        self._mailer: FolderMailer | SmtpMailer = quiet

    @property
    def sender(self) -> str:  # type: ignore[override]
        return self._now().sender

    def send(self, message: Email) -> Outcome:
        return self._now().send(message)

    def send_all(self, messages: Sequence[Email], halt: Callable[[], bool]) -> Iterator[Outcome | None]:
        return self._now().send_all(messages, halt)

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
        if key == self._key:
            return
        if isinstance(self._mailer, SmtpMailer):
            self._mailer.close()
        self._key = key
        self._mailer = (
            SmtpMailer(server.relay, server.sender, server.sender_name, dial=self.dial) if server else self._quiet
        )

"""The mailers of all relays in this process: one each, made when it is first used, which asks the store every few
seconds what its relay is now."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

from sqlalchemy import select

from commsched.core.delivery.rates import Limits
from commsched.core.platform.contract import Mailer
from commsched.mail.connection import Dial
from commsched.mail.folder import FolderMailer
from commsched.mail.live import LiveMailer
from commsched.services.mailing.server import ROW, Reader
from commsched.store.models import MailServer, Workspace
from commsched.store.session import EVERY_WORKSPACE, Store


class Relays:
    """Finds the mailer of a relay. ``default`` is the installation's; ``dial`` reaches what is public, ``house`` also
    what is in the network of this machine."""

    def __init__(self, store: Store, reader: Reader, default: Mailer, outbox: Path, dial: Dial, house: Dial) -> None:
        self._store, self._reader, self.default = store, reader, default
        self._outbox, self.dial, self.house = outbox, dial, house
        self._kept: dict[int, tuple[str, LiveMailer]] = {}
        self._lock = threading.Lock()

    def of(self, relay: str, workspace: str = "") -> Mailer | None:
        """The mailer of the relay with that number; with the address of an office, none where it is another's. In a
        demo it writes files."""
        if not relay or relay == str(ROW):
            return self.default
        number = int(relay) if relay.isdecimal() and len(relay) < 16 else 0
        with self._lock:
            kept = self._kept.get(number) or self._open(number)
        if kept is None or (workspace and kept[0] != workspace):
            return None
        return kept[1]

    def limits(self, relay: int) -> Limits:
        """What the relay takes at most."""
        mailer = self.of(str(relay))
        return mailer.limits if isinstance(mailer, LiveMailer) else Limits()

    def name(self, relay: int) -> str:
        """What people call the relay."""
        mailer = self.of(str(relay))
        return mailer.name if isinstance(mailer, LiveMailer) else ""

    def forget(self) -> None:
        """Ask again before the next mail: a relay was changed in this process."""
        with self._lock:
            mailers = [mailer for _, mailer in self._kept.values()]
        for mailer in [*mailers, self.default]:
            if isinstance(mailer, LiveMailer):
                mailer.forget()

    def close(self) -> None:
        """Let go of idle connections."""
        with self._lock:
            for _, mailer in self._kept.values():
                mailer.close()

    def _open(self, number: int) -> tuple[str, LiveMailer] | None:
        wanted = select(Workspace.slug).join(MailServer, MailServer.workspace_id == Workspace.id)
        with self._store.read(EVERY_WORKSPACE) as session:
            slug = session.scalar(wanted.where(MailServer.id == number))
        if slug is None:
            return None
        quiet = FolderMailer(self._outbox, self.default.sender)
        read = partial(self._reader.standing, number)
        self._kept[number] = (slug, LiveMailer(read, quiet, self.dial, house=self.house))
        return self._kept[number]

"""Relays for tests: a scripted one that can misbehave at any step, and aiosmtpd for one that is a real server."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

DROP = b"DROP"
"""A step that closes the connection instead of answering."""
STALL = b"STALL"
"""A step that never answers."""
DRIP = b"DRIP"
"""A step that answers a byte at a time, for ever: no single wait is long."""


@dataclass
class Script:
    """What to answer at each step; the default is a relay where everything is well."""

    greeting: bytes = b"220 relay"
    ehlo: bytes = b"250-relay\r\n250 SIZE 1000000"
    mail: bytes = b"250 2.1.0 ok"
    rcpt: bytes = b"250 2.1.5 ok"
    data: bytes = b"354 go ahead"
    content: bytes = b"250 2.0.0 queued as X"
    noop: bytes = b"250 ok"
    rset: bytes = b"250 ok"
    mail_once: bytes = b""
    """What to answer to the next MAIL only."""
    close_after: int = 0
    """Close the connection without a word after this many messages."""
    to: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """By recipient: what is answered at a step (``rcpt``, ``data``, ``content``) instead. A relay with any keeps order:
    no second MAIL in a transaction, and no DATA for nobody."""
    connections: int = 0
    messages: list[tuple[str, bytes]] = field(default_factory=list)
    """Whom each content came for."""
    contents: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)


class Relay:
    """A line-by-line SMTP server that follows a :class:`Script`."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def close(self) -> None:
        self.over.set()
        self.listener.close()
        for thread in self.threads:
            thread.join(3)

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                self.listener.settimeout(0.05)
                conn, _ = self.listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self.script.connections += 1
            thread = threading.Thread(target=self._talk, args=(conn,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _talk(self, conn: socket.socket) -> None:
        with conn, contextlib.suppress(OSError):
            conn.settimeout(5)
            file = conn.makefile("rb")
            messages, under_way, to = 0, False, ""
            if not self._say(conn, self.script.greeting):
                return
            while (line := file.readline()) and not self.over.is_set():
                verb = line.split(b" ")[0].strip().lower()
                if verb == b"quit":
                    self._say(conn, b"221 bye")
                    return
                if verb == b"rcpt":
                    to = line.decode().partition("<")[2].partition(">")[0]
                    self.script.recipients.append(to)
                answer = getattr(self.script, verb.decode(), b"500 what")
                if self.script.to:
                    answer, under_way = self._ordered(verb, to, answer, under_way)
                if verb == b"mail" and self.script.mail_once:
                    answer, self.script.mail_once = self.script.mail_once, b""
                if not self._say(conn, answer):
                    return
                if verb == b"data" and answer.startswith(b"354"):
                    self.script.contents.append(self._content(file))
                    self.script.messages.append((to, self.script.contents[-1]))
                    messages, under_way = messages + 1, False
                    answer = self.script.to.get(to, {}).get("content", self.script.content)
                    if not self._say(conn, answer) or messages == self.script.close_after:
                        return

    def _ordered(self, verb: bytes, to: str, answer: bytes, under_way: bool) -> tuple[bytes, bool]:
        """The answer of a server that keeps order, and whether a transaction is open after it."""
        mine = self.script.to.get(to, {})
        if verb == b"mail":
            return (b"503 5.5.1 nested MAIL", True) if under_way else (answer, answer.startswith(b"250"))
        if verb == b"rset":
            return answer, False
        if verb == b"rcpt":
            return mine.get("rcpt", answer), under_way
        if verb == b"data" and mine.get("rcpt", b"2")[:1] in b"45":
            return mine.get("data", b"554 5.5.1 no valid recipients"), under_way
        return (mine.get("data", answer) if verb == b"data" else answer), under_way

    def _content(self, file: object) -> bytes:
        lines = []
        while (line := file.readline()) not in (b".\r\n", b""):  # type: ignore[attr-defined]
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _say(self, conn: socket.socket, answer: bytes) -> bool:
        if answer == DROP:
            return False
        if answer == STALL:
            self.over.wait(60)
            return False
        if answer == DRIP:
            until = time.monotonic() + 60
            while time.monotonic() < until and not self.over.is_set():
                conn.sendall(b"2")
                time.sleep(0.02)
            return False
        conn.sendall(answer + b"\r\n")
        return True


@contextlib.contextmanager
def relay(**steps: bytes | int) -> Iterator[Relay]:
    """A running scripted relay."""
    made = Relay(Script(**steps))  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()

"""The platform the tortured office posts to. It lives in another process than the office, and outlives it.

Every request is a connection of its own. Reading back waits for every request that reached us before it, so that what
a killed office had already put on the wire is counted as sent: a platform whose reading back lags its writing longer
than the settle time is the one assumption nobody can do without.
"""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAULTS = (
    "timeout after",
    "timeout before",
    "500 after",
    "reset after",
    "reset before",
    "malformed",
    "429",
    "drip",
    "duplicate",
    "late",
    "refused",
)
SLEEP = 0.45
"""Longer than the client's whole deadline."""
LATE = 0.12


@dataclass
class Book:
    """What became visible, and how often: the readers' side of the story."""

    seed: int
    rate: float = 0.35
    seen: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    keys: dict[tuple[int, str], str] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    under_way: set[int] = field(default_factory=set)
    turn: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def fault(self) -> str:
        with self.lock:
            chosen = self.random.choice(FAULTS) if self.random.random() < self.rate else ""
            self.faults[chosen] += 1
            return chosen

    def accept(self, sent: dict[str, Any]) -> tuple[str, bool]:
        """Make it visible; (its id, whether it was new). Only the key class knows a repeated key."""
        name = (sent["channel"], sent["text"], sent["recipient"])
        with self.lock:
            known = self.keys.get((sent["channel"], sent["key"]))
            if known and sent["class"] == "key":
                return known, False
            self.seen[name] += 1
            made = self.keys[sent["channel"], sent["key"]] = f"{sent['channel']}-{len(self.keys)}"
            return made, True

    def begin(self) -> int:
        with self.lock:
            self.turn += 1
            self.under_way.add(self.turn)
            return self.turn

    def end(self, turn: int) -> None:
        with self.lock:
            self.under_way.discard(turn)

    def wait_for_those_before(self, turn: int) -> None:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            with self.lock:
                if not any(other < turn for other in self.under_way):
                    return
            time.sleep(0.002)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    book: Book
    turns: dict[int, int]

    def process_request(self, request: Any, client_address: Any) -> None:
        self.turns[request.fileno()] = self.book.begin()
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients die in the middle of a line here; that is the point."""


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.0"

    def setup(self) -> None:
        self.turn = self.server.turns[self.request.fileno()]
        super().setup()

    def finish(self) -> None:
        self.server.book.end(self.turn)
        super().finish()

    def log_message(self, *_: Any) -> None:
        """Nothing: thousands of these."""

    def _answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode() if not isinstance(body, bytes) else body
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            return  # the office died before it had said everything: no platform takes half a request
        book, sent = self.server.book, json.loads(body)
        if self.path == "/find":
            book.end(self.turn)
            book.wait_for_those_before(self.turn)
            self._answer(200, {"id": book.keys.get((sent["channel"], sent["key"]))})
        elif self.path == "/prepare":
            self._answer(503 if book.fault() == "429" else 200, {"container": f"c{self.turn}"})
        else:
            self._send(book, sent, book.fault())

    def _send(self, book: Book, sent: dict[str, Any], fault: str) -> None:
        if fault == "429":
            return self._answer(429, {"after": 0.3})
        if fault == "refused":
            return (
                self._answer(422, {"error": "no"}) if book.random.random() < 0.1 else self._answer(429, {"after": 0.1})
            )
        if fault == "timeout before":
            book.end(self.turn)
            return time.sleep(SLEEP)
        if fault == "reset before":
            return self._reset()
        if fault == "duplicate" and sent["class"] == "read" and (sent["channel"], sent["key"]) in book.keys:
            return self._answer(403, {"error": "duplicate"})
        if fault == "late":
            time.sleep(LATE)
        made, _ = book.accept(sent)
        book.end(self.turn)
        self._after(fault, made)

    def _after(self, fault: str, made: str) -> None:
        match fault:
            case "timeout after" | "late":
                time.sleep(SLEEP)
            case "500 after":
                self._answer(500, {"error": "try again"})
            case "reset after":
                self._reset()
            case "malformed":
                self._answer(200, b'{"id": ')
            case "drip":
                self.send_response(200)
                self.send_header("Content-Length", "40")
                self.end_headers()
                for _ in range(8):
                    self.wfile.write(b" ")
                    time.sleep(0.08)
            case _:
                self._answer(200, {"id": made})


def start(seed: int) -> Server:
    """Listen on a port of the system's choice, in a thread."""
    server = Server(("127.0.0.1", 0), Handler)
    server.turns = {}
    server.book = Book(seed)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server

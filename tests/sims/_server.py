"""A real HTTP server on a port of its own, which can be told to fail in the ways networks fail.

``faults`` is a list of names, used up one per call in order. A bare name strikes the next call that would make
something visible; ``prepare:name`` the next invisible write, ``read:name`` the next reading call. The names:

======================  =====================================================================
timeout_after_accept    does it, and never answers
timeout_before_accept   does not do it, and never answers
reset_after_accept      does it, and resets the connection
reset_before_accept     does not do it, and resets the connection
500_after_accept        does it, and says 500 in HTML
html_503                does not do it, and says 503 in HTML
malformed_after_accept  does it, and answers 200 with half a JSON document
empty_after_accept      does it, and answers 200 with nothing
list_after_accept       does it, and answers 200 with JSON of another shape
huge_after_accept       does it, and answers with 20 MB
slow_drip               does it, and answers a byte at a time, without end
slow_headers            does it, and sends its headers a byte at a time, without end
wall_403, _406, _413    does not do it: something in front of the server answers instead, in HTML
wall_200                does not do it, and says 200 in HTML
late_accept             resets the connection, and does it ``late`` seconds afterwards
redirect                does not do it, and points elsewhere with 307
======================  =====================================================================

Each simulator adds the refusals of its own network.
"""

from __future__ import annotations

import io
import json
import socket
import struct
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import parse_qs, parse_qsl, urlsplit

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

Stage = Literal["publish", "prepare", "read"]


@dataclass
class Call:
    """One request as the server received it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    form: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    host: str = ""
    queries: list[tuple[str, str]] = field(default_factory=list)
    """Every parameter of the address, also those that are said several times."""

    @property
    def json(self) -> Any:
        return json.loads(self.body or b"{}")


@dataclass
class Answer:
    """What the server says."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def encode(self) -> tuple[bytes, str]:
        if isinstance(self.body, bytes):
            return self.body, self.headers.get("content-type", "text/html")
        return json.dumps(self.body).encode(), "application/json; charset=utf-8"


class Simulator:
    """Start it with ``with``; ``url`` is where it is, ``calls`` what it was asked, ``faults`` what shall go wrong."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.calls: list[Call] = []
        self.late = 0.3
        self.lock = threading.RLock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler, self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        if self._server.broken:
            raise self._server.broken[0]

    def stage(self, call: Call) -> Stage:
        raise AssertionError("each simulator knows its own stages")

    def handle(self, call: Call) -> Answer:
        raise AssertionError("each simulator knows its own answers")

    def refusal(self, fault: str) -> Answer:
        raise AssertionError(f"no such fault: {fault}")

    def take_fault(self, stage: Stage) -> str:
        """The next fault meant for ``stage``, used up; or nothing."""
        with self.lock:
            for at, fault in enumerate(self.faults):
                place, name = "publish", fault
                if fault.startswith(("prepare:", "read:")):
                    place, name = fault.split(":", 1)
                if place == stage:
                    del self.faults[at]
                    return name
        return ""

    def accept(self, call: Call) -> Answer:
        with self.lock:
            return self.handle(call)

    def hang(self, seconds: float = 60.0) -> None:
        self._closing.wait(seconds)

    @property
    def closing(self) -> bool:
        return self._closing.is_set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], sim: Simulator) -> None:
        super().__init__(address, handler)
        self.sim = sim
        self.broken: list[BaseException] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is what many of these tests are about; a fault of the simulator's own is not."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            self.broken.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def sim(self) -> Simulator:
        assert isinstance(self.server, _Server)
        return self.server.sim

    def answer(self) -> None:
        call = _read(self)
        with self.sim.lock:
            self.sim.calls.append(call)
        fault = self.sim.take_fault(self.sim.stage(call))
        if not fault:
            self.say(self.sim.accept(call))
        elif fault in _MISBEHAVIOUR:
            _MISBEHAVIOUR[fault](self.sim, self, call)
        else:
            self.say(self.sim.refusal(fault))

    do_GET = do_POST = do_DELETE = do_PUT = answer

    def say(self, answer: Answer) -> None:
        body, kind = answer.encode()
        self.send_response(answer.status)
        for name, value in {"content-type": kind, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def reset(self) -> None:
        """Close so that the other side sees a reset, not an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
        self.rfile = self.wfile = io.BytesIO()

    def drip(self, data: bytes) -> None:
        self.close_connection = True
        for byte in data:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            self.sim.hang(0.05)
            if self.sim.closing:
                return

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _read(handler: Any) -> Call:
    parts = urlsplit(handler.path)
    headers = {name.lower(): value for name, value in handler.headers.items()}
    body = handler.rfile.read(int(headers.get("content-length", "0")))
    query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    call = Call(handler.command, parts.path, query, headers, body, host=headers.get("host", ""))
    call.queries = parse_qsl(parts.query, keep_blank_values=True)
    kind, options = parse_options_header(headers.get("content-type", ""))
    if kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        _, form, files = FormDataParser(stream_factory=_memory).parse(io.BytesIO(body), kind, len(body), options)
        call.form = form.to_dict()
        call.files = {name: upload.read() for name, upload in files.items()}
    return call


def _memory(*_: Any, **__: Any) -> io.BytesIO:
    """Uploads are small here, and a spooled file would warn when nobody closes it."""
    return io.BytesIO()


_HTML = b"<!doctype html><title>Sorry</title><h1>Something went wrong</h1>"


def _html(status: int) -> Answer:
    return Answer(status, _HTML, {"content-type": "text/html"})


def _wall(status: int) -> Answer:
    page = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
    return Answer(status, page, {"content-type": "text/html; charset=UTF-8", "server": "wall"})


def _timeout_after(sim: Simulator, handler: Any, call: Call) -> None:
    sim.accept(call)
    handler.close_connection = True
    sim.hang()


def _timeout_before(sim: Simulator, handler: Any, call: Call) -> None:
    handler.close_connection = True
    sim.hang()


def _reset_after(sim: Simulator, handler: Any, call: Call) -> None:
    sim.accept(call)
    handler.reset()


def _reset_before(sim: Simulator, handler: Any, call: Call) -> None:
    handler.reset()


def _late(sim: Simulator, handler: Any, call: Call) -> None:
    timer = threading.Timer(sim.late, sim.accept, (call,))
    timer.daemon = True
    timer.start()
    handler.reset()


def _accepted(answer: Answer) -> Any:
    def misbehave(sim: Simulator, handler: Any, call: Call) -> None:
        sim.accept(call)
        handler.say(answer)

    return misbehave


def _drip_body(sim: Simulator, handler: Any, call: Call) -> None:
    sim.accept(call)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n"
    handler.wfile.write(head)
    handler.drip(b" " * 100_000)


def _drip_headers(sim: Simulator, handler: Any, call: Call) -> None:
    sim.accept(call)
    handler.drip(b"HTTP/1.1 200 OK\r\nx-slow: " + b"a" * 60_000)


_MISBEHAVIOUR: dict[str, Any] = {
    "timeout_after_accept": _timeout_after,
    "timeout_before_accept": _timeout_before,
    "reset_after_accept": _reset_after,
    "reset_before_accept": _reset_before,
    "500_after_accept": _accepted(_html(500)),
    "html_503": lambda sim, handler, call: handler.say(_html(503)),
    "malformed_after_accept": _accepted(Answer(200, b'{"data": {"id": "1', {"content-type": "application/json"})),
    "empty_after_accept": _accepted(Answer(200, b"", {"content-type": "application/json"})),
    "list_after_accept": _accepted(Answer(200, ["?"])),
    "huge_after_accept": _accepted(Answer(200, b" " * 20_000_000)),
    "slow_drip": _drip_body,
    "slow_headers": _drip_headers,
    "wall_403": lambda sim, handler, call: handler.say(_wall(403)),
    "wall_406": lambda sim, handler, call: handler.say(_wall(406)),
    "wall_413": lambda sim, handler, call: handler.say(_wall(413)),
    "wall_200": lambda sim, handler, call: handler.say(_wall(200)),
    "late_accept": _late,
    "redirect": lambda sim, handler, call: handler.say(Answer(307, b"", {"location": "http://127.0.0.1:9/elsewhere"})),
}
NETWORK_FAULTS = tuple(_MISBEHAVIOUR)

"""This computer's clock beside the platforms': heard in every answer, told where people look, stopping nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from commsched.services.kernel import heartbeats
from commsched.services.kernel.channel_context import session_for
from commsched.services.kernel.context import Installation
from commsched.services.ops import doctor, health
from tests.conftest import NOW, Browser, Cast

Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """``serve(Date=…)`` is the address of a server that answers with those headers, where a function says what is
    true at that answer."""
    servers: list[ThreadingHTTPServer] = []

    def start(**headers: str | Callable[[], str]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response_only(200)
                for name, value in headers.items():
                    self.send_header(name, value if isinstance(value, str) else value())
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def ask(installation: Installation, url: str, times: int = 3) -> None:
    with session_for(installation, {"allow_private": "1"}) as http:
        for _ in range(times):
            assert http.get(url).ok
    heartbeats.beat(installation, "engine")


LATE = format_datetime(NOW - timedelta(minutes=7), usegmt=True)


def test_a_clock_that_goes_wrong_is_told_of_and_stops_nothing(
    cast: Cast, installation: Installation, serve: Serve, browse: Callable[..., Browser]
) -> None:
    ask(installation, serve(Date=LATE))
    shown = browse(cast.reader).get("~/").text
    assert "Datorns klocka går fel: 7 min före plattformarnas. Det som är planerat går ut för tidigt." in shown
    found = next(one for one in doctor.examine(installation) if one.name == "time")
    assert (found.level, found.help is not None) == ("warn", True)
    ready = browse().get("/readyz")
    assert (ready.status_code, ready.json["checks"]["time"]) == (200, {"ok": False})


def test_a_clock_that_is_set_right_is_said_no_more(cast: Cast, installation: Installation, serve: Serve) -> None:
    ask(installation, serve(Date=LATE))
    assert not all(check.ok for check in health.checks(installation))
    ask(installation, serve(Date=format_datetime(NOW + timedelta(seconds=2), usegmt=True)), times=1)
    assert all(check.ok for check in health.checks(installation) if check.name == "time")


@pytest.mark.parametrize(
    "headers", [{}, {"Date": "i förrgår"}, {"Date": ""}, {"Date": LATE, "Age": "420"}, {"Date": "Mon, 99 Foo 9999"}]
)
def test_an_answer_without_a_time_of_its_own_says_nothing(
    installation: Installation, serve: Serve, headers: dict[str, str]
) -> None:
    ask(installation, serve(**{name: value.encode().decode("latin-1") for name, value in headers.items()}))
    assert installation.skew.seconds(installation.now()) == 0


def test_every_answer_is_heard_once_however_many_wires_share_a_session(
    installation: Installation, serve: Serve
) -> None:
    from commsched.platforms._http.network import Session

    shared = Session.for_settings({"allow_private": "1"})
    installation.http = lambda _private: shared
    ask(installation, serve(Date=LATE), times=1)
    ask(installation, serve(Date=LATE), times=1)
    assert installation.skew.seconds(installation.now()) == 0, "two answers are not several"
    shared.close()

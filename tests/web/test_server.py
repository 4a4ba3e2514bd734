"""What the server refuses before the app sees it: too many connections, slow heads, large bodies from nobody."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from flask import Flask, request
from waitress.server import create_server
from waitress.wasyncore import close_all

from commsched.cli.listening import listen
from commsched.services.accounts import sessions, tokens
from commsched.services.kernel import server_slots
from commsched.services.kernel.context import Installation
from commsched.web import server
from tests.conftest import PASSWORD, Cast

HEAD = "POST /in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
LOOK = "GET /in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"


def app() -> Flask:
    made = Flask("edge")
    made.add_url_rule("/in", "in", lambda: str(len(request.get_data())), methods=["GET", "POST"])
    return made


@pytest.fixture
def running(installation: Installation, cast: Cast) -> Iterator[Any]:
    """A server on a free port, as ``commsched up`` makes it, that answers with the length of what it got."""
    made = server.make_server(app(), installation, listen("127.0.0.1", 0), 2)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    yield made
    made.task_dispatcher.shutdown()  # first: a thread that has just answered pulls the trigger, which is closed below
    with made.trigger.lock:  # until the byte is written: the loop that it wakes closes the trigger itself
        made.trigger.thunks.append(lambda: close_all(made._map))
        made.trigger._physical_pull()
    thread.join(10)
    assert not thread.is_alive()


def line(running: Any) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.effective_port), timeout=20)


def ask(running: Any, head: str, body: bytes = b"") -> int:
    with line(running) as sock:
        with suppress(OSError):  # it may be refused before all of it has been sent
            sock.sendall(head.encode() + b"\r\n" + body)
        with sock.makefile("rb") as answer:
            return int(answer.readline().split()[1])


def length(size: int) -> str:
    return f"Content-Length: {size}\r\n"


def test_a_large_body_is_taken_from_somebody_known_only(running: Any, installation: Installation, cast: Cast) -> None:
    big = b"x" * (2 * 1024 * 1024)
    secret = sessions.sign_in(installation, cast.writer.email, PASSWORD)
    token = tokens.create_token(installation, cast.actor("writer"), "a test", "")
    for proof, status in (
        (f"Cookie: language=sv; session={secret}\r\n", 200),
        (f"Cookie: __Host-session={secret}\r\n", 200),
        (f"Authorization: Bearer {token}\r\n", 200),
    ):
        assert ask(running, HEAD + proof + length(len(big)), big) == status, proof
    sessions.sign_out(installation, secret)
    for proof in ("", "Cookie: session=guess\r\n", "Authorization: Bearer x\r\n", f"Cookie: session={secret}\r\n"):
        assert ask(running, HEAD + proof + length(len(big))) == 413, proof


def test_what_comes_in_pieces_without_a_length_is_bounded_too(running: Any) -> None:
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    assert ask(running, f"{HEAD}Transfer-Encoding: chunked\r\n", piece + b"0\r\n\r\n") == 200
    assert ask(running, f"{HEAD}Transfer-Encoding: chunked\r\n", piece * 18) == 413


def test_one_piece_of_an_upload_is_taken_from_anybody_so_that_they_are_told_why(running: Any) -> None:
    assert ask(running, HEAD + length(1024 * 1024), b"x" * 1024 * 1024) == 200


def test_nobody_sends_more_than_the_app_takes(running: Any, installation: Installation, cast: Cast) -> None:
    secret = sessions.sign_in(installation, cast.writer.email, PASSWORD)
    assert ask(running, f"{HEAD}Cookie: session={secret}\r\n{length(43 * 1024 * 1024)}") == 413


def test_one_address_has_its_number_of_connections_and_no_more(running: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_LOCAL", ("no machine",))
    running.channel_class.most = 5
    with ExitStack() as open_ones:
        for _ in range(5):
            open_ones.enter_context(line(running)).sendall(b"GET /in HTTP/1.1\r\n")
        with line(running) as refused:
            assert refused.recv(10) == b"", "the sixth is closed at once"
        running.channel_class.most = 6
        assert ask(running, LOOK) == 200


def test_a_proxy_on_this_machine_has_as_many_as_it_needs(running: Any) -> None:
    running.channel_class.most = 2
    with ExitStack() as open_ones:
        for _ in range(6):
            open_ones.enter_context(line(running)).sendall(b"GET /in HTTP/1.1\r\n")
        assert ask(running, LOOK) == 200


def test_a_head_that_drips_is_not_waited_for(running: Any) -> None:
    running.channel_class.patience = 0.4
    with line(running) as sock:
        sock.sendall(b"GET /in HTTP/1.1\r\n")
        ended = time.monotonic() + 40
        with suppress(OSError):
            while time.monotonic() < ended:
                sock.sendall(b"X-A: b\r\n")
                time.sleep(0.05)
    assert time.monotonic() < ended, "it was ended from there"


def test_a_body_that_takes_long_is_waited_for(running: Any) -> None:
    running.channel_class.patience = 0.3
    with line(running) as sock:
        sock.sendall(f"{HEAD}{length(10)}\r\n".encode())
        for _ in range(10):
            time.sleep(0.06)
            sock.sendall(b"x")
        assert b"200" in sock.recv(100)


def ended_after(running: Any, head: str, most: float, drip: float = 0.05) -> float:
    """Seconds until a body that comes byte by byte is ended from there; ``most`` where it is still waited for."""
    began = time.monotonic()
    with line(running) as sock:
        sock.sendall(f"{head}\r\n".encode())
        sock.settimeout(drip)
        while (took := time.monotonic() - began) < most:
            try:
                sock.sendall(b"x")
                if sock.recv(100) == b"":
                    return took
            except TimeoutError:
                continue
            except OSError:
                return took
    return most


def test_a_body_that_drips_from_nobody_known_is_not_waited_for(running: Any) -> None:
    running.channel_class.strangers = server.BodyPace(0.4, 8_000)
    assert ended_after(running, HEAD + length(900_000), 40) < 40
    assert ended_after(running, f"{HEAD}Cookie: session=guess\r\n{length(900_000)}", 40) < 40


def test_a_body_that_stands_still_is_ended_by_the_rounds(running: Any) -> None:
    running.adj.cleanup_interval = 0
    running.channel_class.strangers = server.BodyPace(0.4, 8_000)
    with line(running) as sock:
        sock.sendall(f"{HEAD}{length(900_000)}\r\nx".encode())
        sock.settimeout(40)
        assert sock.recv(100) == b"", "long before it would count as quiet"


def test_a_slow_body_from_somebody_known_has_more_time_and_not_all_there_is(
    running: Any, installation: Installation, cast: Cast
) -> None:
    head = f"{HEAD}Cookie: session={sessions.sign_in(installation, cast.writer.email, PASSWORD)}\r\n{length(900_000)}"
    running.channel_class.strangers = server.BodyPace(0.2, 8_000)
    running.channel_class.members = server.BodyPace(60.0, 4_000)
    assert ended_after(running, head, 1.5) == 1.5
    running.channel_class.members = server.BodyPace(0.5, 4_000)
    assert 0.5 <= ended_after(running, head, 40) < 40


def test_a_store_in_trouble_ends_the_slow_body_and_not_the_server(
    running: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_headers: Any) -> bool:
        raise OSError("the disk is gone")

    monkeypatch.setattr(running.channel_class.parser_class, "knows", staticmethod(broken))
    running.adj.cleanup_interval = 0
    running.channel_class.strangers = server.BodyPace(0.2, 8_000)
    with line(running) as sock:
        sock.sendall(f"{HEAD}{length(900_000)}\r\nx".encode())
        sock.settimeout(40)
        assert sock.recv(100) == b""
    assert ask(running, LOOK) == 200


def test_what_flows_is_waited_for(running: Any) -> None:
    running.channel_class.strangers = server.BodyPace(0.1, 1_000)
    with line(running) as sock:
        sock.sendall(f"{HEAD}{length(40_000)}\r\n".encode())
        for _ in range(10):
            sock.sendall(b"x" * 4_000)
            time.sleep(0.1)
        assert b"200" in sock.recv(100)


def test_a_telephone_with_a_poor_connection_gets_its_pictures_through() -> None:
    minute, rate = 60, 100_000 // 8
    for passed in range(0, 60 * minute, 10):
        assert not server.MEMBERS.broken(passed, passed * rate)
        assert not server.STRANGERS.broken(passed, passed * rate)
    assert server.STRANGERS.broken(21, 5)
    assert server.MEMBERS.broken(61, 15)


def test_the_limits_are_those_that_were_measured(running: Any) -> None:
    adj = running.adj
    assert (adj.channel_timeout, adj.asyncore_use_poll, adj.max_request_body_size) == (20, True, 42 * 1024 * 1024)
    assert adj.connection_limit > 100


def test_waitress_still_has_what_this_is_built_on() -> None:
    """A newer waitress that reads bodies another way must not lose the limits without a word."""
    made = create_server(app(), host="127.0.0.1", port=0)
    kind = server.channel_class(lambda _headers: False, 1)
    assert hasattr(made.channel_class, "parser_class")
    assert hasattr(kind.parser_class, "parse_header")
    assert kind.parser_class.body_bytes_received == 0
    assert made.active_channels == {}
    made.maintenance(time.time())
    made.close()
    made.task_dispatcher.shutdown()


def test_two_requests_wait_for_servers_at_once_and_a_third_is_told_to_come_again(cast: Cast) -> None:
    inside, go_on = threading.Semaphore(0), threading.Event()

    def check() -> None:
        with server_slots.waiting_for_a_server(cast.actor()):
            inside.release()
            go_on.wait(10)

    threads = [threading.Thread(target=check) for _ in range(server_slots.AT_ONCE)]
    for one in threads:
        one.start()
    for _ in threads:
        assert inside.acquire(timeout=10)
    with pytest.raises(server_slots.ServersBusy), server_slots.waiting_for_a_server(cast.actor()):
        raise AssertionError("there was no room")
    go_on.set()
    for one in threads:
        one.join()
    with server_slots.waiting_for_a_server(cast.actor()):
        pass


def test_a_form_that_has_to_wait_keeps_what_was_typed(browse: Any, cast: Cast) -> None:
    with ExitStack() as held:
        for _ in range(server_slots.AT_ONCE):
            held.enter_context(server_slots.waiting_for_a_server(cast.actor()))
        given = browse(cast.administrator).post("~/channels/new/sandbox", {"name": "Väggen två"})
    assert given.status_code == 429
    assert "Väggen två" in given.text
    assert "Andra anslutningar kontrolleras just nu" in given.text

"""The session: what it proves about a call that failed, and where it will not go."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from commsched.core.delivery.outcome import Rejected, Retry, Unknown
from commsched.platforms._http import connections, dial
from commsched.platforms._http.network import AddressBlocked, AnswerTooLarge, Moved, Session, public_only, was_sent
from commsched.platforms._shared.answers import from_failure, invisible, redact
from tests.platforms._office import context
from tests.sims._server import Answer, Call, Simulator, Stage
from tests.sims.tunnel import Tunnel


class Echo(Simulator):
    """Answers every call with what it was; redirects and cookies on request."""

    def stage(self, call: Call) -> Stage:
        return "read" if call.method == "GET" else "publish"

    def handle(self, call: Call) -> Answer:
        if call.path == "/gzip":
            bomb = gzip.compress(b" " * 3_000_000)
            return Answer(200, bomb, {"content-encoding": "gzip", "content-type": "text/plain"})
        if call.path == "/loop":
            return Answer(302, b"", {"location": "/loop"})
        if call.path == "/to":
            body = b" " * int(call.query.get("size", "0"))
            return Answer(int(call.query.get("status", "302")), body, {"location": call.query["at"]})
        return Answer(200, {"method": call.method, "cookie": call.headers.get("cookie")}, {"set-cookie": "a=1"})


@pytest.fixture
def sim() -> Iterator[Echo]:
    with Echo() as echo:
        yield echo


def fail(session: Session, method: str, url: str, **kwargs: Any) -> requests.RequestException:
    with pytest.raises(requests.RequestException) as failed:
        session.request(method, url, **kwargs)
    return failed.value


def outcome(error: Exception) -> Any:
    return from_failure(error, context({}, {}))


LONG = 40.0
"""Seconds that only a call without an end takes: the simulators hold their answers back for a minute and more."""


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port at which nobody answers and that nobody else is given meanwhile: it is bound, and not listened at."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield int(bound.getsockname()[1])


def named(*addresses: str) -> Any:
    """A resolver by which every name leads to ``addresses``, one after the other for each time it is asked."""
    rest = list(addresses)

    def resolve(host: str, port: int, *_: Any) -> list[Any]:
        address = rest.pop(0) if len(rest) > 1 else rest[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    return resolve


def test_an_ordinary_call_is_answered(sim: Echo) -> None:
    assert Session(guard=None).get(sim.url).json()["method"] == "GET"
    assert Session(guard=None).post(sim.url, data=b"a" * 300_000).json()["method"] == "POST"
    assert len(sim.calls[-1].body) == 300_000


def test_a_refused_connection_was_not_sent(unused_port: int) -> None:
    error = fail(Session(guard=None), "POST", f"http://127.0.0.1:{unused_port}/")
    assert not was_sent(error)
    assert outcome(error) == Retry(outcome(error).detail, whole_channel=True)


def test_a_name_nobody_knows_was_not_sent() -> None:
    def nobody(*_: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    error = fail(Session(guard=None, resolve=nobody), "POST", "http://mastodon.example/")
    assert isinstance(outcome(error), Retry)


def test_a_connection_that_never_opens_was_not_sent() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        others = [socket.socket() for _ in range(3)]
        for other in others:
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        error = fail(Session(guard=None), "POST", f"http://127.0.0.1:{full.getsockname()[1]}/", timeout=0.2)
        for other in others:
            other.close()
    assert isinstance(error, requests.ConnectTimeout)
    assert isinstance(outcome(error), Retry)


NAMES = ("localhost", "mastodon.example")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in NAMES]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    kinds = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path = tmp_path_factory.mktemp("tls") / "cert.pem"
    path.write_bytes(key.private_bytes(*kinds) + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secure(sim: Echo, certificate: Path) -> str:
    """The simulator behind TLS, with a certificate that nobody has vouched for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = sim._server
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return f"https://localhost:{server.server_port}"


def test_a_certificate_that_is_not_trusted_means_that_nothing_was_sent(sim: Echo, secure: str) -> None:
    error = fail(Session(guard=None), "POST", secure)
    assert isinstance(error, requests.exceptions.SSLError)
    assert isinstance(outcome(error), Retry)
    assert sim.calls == []


def test_a_trusted_certificate_is_checked_against_the_name_though_the_address_is_pinned(
    sim: Echo, secure: str, certificate: Path
) -> None:
    session = Session(guard=None, resolve=named("127.0.0.1"))
    assert session.get(secure, verify=str(certificate)).status_code == 200
    error = fail(session, "POST", secure.replace("localhost", "another.example"), verify=str(certificate))
    assert isinstance(error, requests.exceptions.SSLError)
    assert isinstance(outcome(error), Retry)


@pytest.fixture
def way_out(secure: str) -> Iterator[Tunnel]:
    """The proxy that the house must go through; behind it is the simulator, by the name in its certificate."""
    with Tunnel(("127.0.0.1", int(secure.rpartition(":")[2]))) as tunnel:
        yield tunnel


def by_name(**addresses: str) -> Any:
    """A resolver that knows these names, and ``127.0.0.1``."""

    def resolve(host: str, port: int, *_: Any) -> list[Any]:
        address = "127.0.0.1" if host == "127.0.0.1" else addresses.get(host.partition(".")[0], "")
        if not address:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    return resolve


@pytest.mark.parametrize("known", [True, False], ids=["outside names known", "only the proxy knows them"])
def test_the_way_out_through_a_proxy_with_an_authority_of_ones_own(
    sim: Echo, way_out: Tunnel, certificate: Path, known: bool
) -> None:
    resolve = by_name(mastodon="8.8.8.8") if known else by_name()
    session = Session(proxy=way_out.url, ca_file=str(certificate), resolve=resolve)
    assert session.post("https://mastodon.example:443/", data=b"a" * 300_000).status_code == 200
    assert session.get("https://mastodon.example:443/").status_code == 200
    assert way_out.asked == ["mastodon.example:443"], "one connection, kept"
    assert not any("proxy-authorization" in call.headers for call in sim.calls)


def test_a_proxy_is_no_way_into_the_house(sim: Echo, way_out: Tunnel, certificate: Path) -> None:
    session = Session(proxy=way_out.url, ca_file=str(certificate), resolve=by_name(localhost="10.0.0.7"))
    for host in ("localhost", "127.0.0.1", "[::1]", "10.0.0.7", "intranet", "wiki.lan", "127.1", "2130706433"):
        assert isinstance(fail(session, "POST", f"https://{host}:443/"), AddressBlocked), host
    assert way_out.asked == sim.calls == []


@pytest.mark.parametrize(
    "name",
    [
        "minio",
        *(
            f"wiki.{end}"
            for end in (
                "local",
                "internal",
                "intra",
                "intranet",
                "lan",
                "home",
                "corp",
                "test",
                "invalid",
                "localhost",
                "svc",
                "fritz.box",
                "private",
                "arpa",
                "service.consul",
                "onion",
                "LAN",
                "lan.",
                "mail",
                "router",
                "docker",
                "Fritz.Box",
            )
        ),
    ],
)
def test_a_name_of_the_house_is_not_asked_of_the_proxy(way_out: Tunnel, certificate: Path, name: str) -> None:
    session = Session(proxy=way_out.url, ca_file=str(certificate), resolve=by_name())
    assert isinstance(fail(session, "POST", f"https://{name}/"), AddressBlocked)
    assert way_out.asked == []


def test_the_proxy_is_asked_for_no_port_but_the_usual_one_and_the_channels_own(
    sim: Echo, way_out: Tunnel, certificate: Path
) -> None:
    session = Session(proxy=way_out.url, ca_file=str(certificate), resolve=by_name(mastodon="8.8.8.8"))
    for port in (22, 25, 6443, 8443):
        assert isinstance(fail(session, "POST", f"https://mastodon.example:{port}/"), AddressBlocked), port
    assert way_out.asked == sim.calls == []
    own = session.with_port(8443)
    assert own.post("https://mastodon.example:8443/").status_code == 200
    assert isinstance(fail(own, "POST", "https://mastodon.example:22/"), AddressBlocked)
    assert isinstance(fail(session, "POST", "https://mastodon.example:6443/"), AddressBlocked)
    assert way_out.asked == ["mastodon.example:8443"]


def test_a_name_that_only_looks_like_the_houses_is_asked_for(way_out: Tunnel, certificate: Path) -> None:
    session = Session(proxy=way_out.url, ca_file=str(certificate), resolve=by_name())
    names = ("lan.example", "fritz.box.example", "landet.se", "notfritz.box", "not-fritz.box", "homes.corporation")
    for name in names:
        fail(session, "GET", f"https://{name}/")
    assert way_out.asked == [f"{name}:443" for name in names]


def test_what_the_proxy_refuses_was_not_sent_and_is_said_so(
    sim: Echo, way_out: Tunnel, certificate: Path, unused_port: int
) -> None:
    way_out.refuses = "403 Forbidden by policy"
    session = Session(proxy=way_out.url, ca_file=str(certificate), resolve=by_name())
    refused = outcome(fail(session, "POST", "https://mastodon.example:443/"))
    assert isinstance(refused, Retry)
    assert "Forbidden by policy" in refused.detail
    assert "proxy-password" not in refused.detail
    gone = Session(proxy=f"http://127.0.0.1:{unused_port}", resolve=by_name())
    assert isinstance(outcome(fail(gone, "POST", "https://mastodon.example:443/")), Retry)


def test_an_authority_of_ones_own_is_trusted_beside_the_usual_ones(secure: str, certificate: Path) -> None:
    assert Session(guard=None, ca_file=str(certificate)).get(secure).status_code == 200
    assert isinstance(fail(Session(guard=None), "GET", secure), requests.exceptions.SSLError)


def test_a_server_in_the_house_is_not_asked_through_the_proxy(sim: Echo, way_out: Tunnel) -> None:
    assert Session.for_settings({"allow_private": "1"}, proxy=way_out.url).proxies == {}
    assert Session.for_settings({}, proxy=way_out.url).proxies == {"https": way_out.url}


def test_tls_spoken_to_a_server_without_it_was_not_sent(sim: Echo) -> None:
    assert isinstance(outcome(fail(Session(guard=None), "POST", sim.url.replace("http:", "https:"))), Retry)


def test_a_reset_after_the_handshake_is_unknown(sim: Echo, secure: str, certificate: Path) -> None:
    sim.faults.append("reset_before_accept")
    error = fail(Session(guard=None), "POST", secure, verify=str(certificate))
    assert isinstance(outcome(error), Unknown)


@pytest.mark.parametrize(
    "fault", ["timeout_after_accept", "reset_after_accept", "reset_before_accept", "slow_drip", "slow_headers"]
)
def test_whatever_happens_after_the_first_byte_is_unknown(sim: Echo, fault: str) -> None:
    for deadline in (0.4, 4.0, 40.0):  # a busy machine may not even send it in the first of them
        sim.faults = [fault]
        error = fail(Session(guard=None, deadline=deadline), "POST", sim.url)
        if sim.calls:
            break
    assert was_sent(error)
    assert isinstance(outcome(error), Unknown)


@pytest.mark.parametrize("fault", ["read:slow_drip", "read:slow_headers", "read:timeout_before_accept"])
def test_a_call_ends_within_its_deadline_however_slowly_it_is_answered(sim: Echo, fault: str) -> None:
    sim.faults.append(fault)
    started = time.monotonic()
    fail(Session(guard=None, deadline=0.4, timeout=60), "GET", sim.url)
    assert time.monotonic() - started < LONG


def test_an_upload_nobody_reads_ends_within_its_deadline() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(1)
        session, started = Session(guard=None, deadline=1.5, timeout=60), time.monotonic()
        error = fail(session, "POST", f"http://127.0.0.1:{deaf.getsockname()[1]}/", data=b"a" * 30_000_000)
    assert time.monotonic() - started < LONG
    assert isinstance(outcome(error), Unknown)


@contextmanager
def reader(size: int, pause: float, after: float = 0.0) -> Iterator[str]:
    """A server that reads ``size`` bytes every ``pause`` seconds, and answers when it has read all."""
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        slow.bind(("127.0.0.1", 0))
        slow.listen(1)
        enough = threading.Event()

        def read() -> None:
            peer, _ = slow.accept()
            with peer:
                head, _, rest = peer.recv(8192).partition(b"\r\n\r\n")
                left = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]) - len(rest)
                while left > 0 and not enough.wait(pause):
                    left -= len(peer.recv(size))
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{slow.getsockname()[1]}/"
        enough.set()
        thread.join(10)


def test_an_upload_that_flows_is_not_cut_however_long_it_takes() -> None:
    with reader(4096, 0.01) as url:
        started = time.monotonic()
        assert Session(guard=None, deadline=0.8, timeout=10).post(url, data=b"a" * 900_000).status_code == 200
        assert time.monotonic() - started > 1.2, "it was over before the deadline, and shows nothing"


def test_an_upload_that_only_drips_ends_within_its_deadline() -> None:
    with reader(200, 0.05) as url:
        started = time.monotonic()
        error = fail(Session(guard=None, deadline=1.5, timeout=60), "POST", url, data=b"a" * 900_000)
        assert time.monotonic() - started < LONG
    assert isinstance(outcome(error), Unknown)


def leading_to(*addresses: str) -> Any:
    """A resolver by which every name has all of ``addresses``."""

    def resolve(host: str, port: int, *_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolve


def test_an_address_that_swallows_everything_does_not_hide_the_next(sim: Echo) -> None:
    port = int(sim.url.rpartition(":")[2])
    with socket.socket() as dead:
        dead.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        dead.bind(("127.0.0.2", port))
        dead.listen(0)  # and its queue of connections is full
        others = [socket.socket() for _ in range(3)]
        for other in others:
            other.setblocking(False)
            other.connect_ex(("127.0.0.2", port))
        session = Session(guard=None, deadline=60, timeout=60, resolve=leading_to("127.0.0.2", "127.0.0.1"))
        started = time.monotonic()
        assert session.get(f"http://mastodon.example:{port}/").status_code == 200
        assert time.monotonic() - started < LONG
        for other in others:
            other.close()


def test_an_address_that_refuses_makes_room_for_the_next_at_once(sim: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    port = sim.url.rpartition(":")[2]
    monkeypatch.setattr(dial, "HEAD_START", 2 * LONG)  # how long one that says nothing makes the next wait
    session = Session(guard=None, deadline=4 * LONG, resolve=leading_to("127.0.0.3", "127.0.0.4", "127.0.0.1"))
    started = time.monotonic()
    assert session.get(f"http://mastodon.example:{port}/").status_code == 200
    assert time.monotonic() - started < LONG


def test_families_take_turns_so_that_many_dead_ones_do_not_come_first() -> None:
    from commsched.platforms._http.dial import _alternating

    found = [(6, 1), (6, 2), (6, 3), (4, 1), (4, 2)]
    assert _alternating(found) == [(6, 1), (4, 1), (6, 2), (4, 2), (6, 3)]


def test_a_look_up_that_hangs_ends_and_nothing_was_sent() -> None:
    hang = threading.Event()
    session = Session(guard=None, deadline=0.4, resolve=lambda *_: hang.wait(90))
    started = time.monotonic()
    error = fail(session, "POST", "http://mastodon.example/")
    assert time.monotonic() - started < LONG
    assert isinstance(outcome(error), Retry)
    assert "could not be looked up" in outcome(error).detail
    hang.set()


def test_mail_looks_a_name_up_within_its_patience_too(monkeypatch: pytest.MonkeyPatch, sim: Echo) -> None:
    from commsched.platforms._http.dial import connect

    port = int(sim.url.rpartition(":")[2])
    with connect("localhost", port, 5.0) as sock:
        assert sock.getpeername()[1] == port
        assert sock.gettimeout() == 5.0
    hang = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: hang.wait(90))
    started = time.monotonic()
    with pytest.raises(socket.gaierror):
        connect("relay.example", 587, 0.3)
    assert time.monotonic() - started < LONG
    hang.set()


def refusal_of(failure: OSError) -> Any:
    def resolve(*_: Any) -> Any:
        raise failure

    return outcome(fail(Session(guard=None, resolve=resolve), "GET", "http://mastodon.example/api?token=abc"))


def test_what_went_wrong_is_said_in_words_and_not_in_python(sim: Echo, unused_port: int) -> None:
    nobody = refusal_of(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    assert nobody.detail == "There is no server called “mastodon.example”."
    assert "could not be looked up" in refusal_of(socket.gaierror(socket.EAI_AGAIN, "again")).detail
    refused = outcome(fail(Session(guard=None), "POST", f"http://127.0.0.1:{unused_port}/"))
    assert refused.detail == "“127.0.0.1” refuses the connection."
    sim.faults += ["reset_before_accept", "timeout_before_accept"]
    assert outcome(fail(Session(guard=None), "POST", sim.url)).detail == "The connection to “127.0.0.1” was lost."
    silent = outcome(fail(Session(guard=None, deadline=0.4), "POST", sim.url))
    assert silent.detail == "“127.0.0.1” was reached, but did not answer in time."
    assert isinstance(silent, Unknown)


def test_an_answer_without_end_is_not_read_to_the_end(sim: Echo) -> None:
    sim.faults.append("huge_after_accept")
    error = fail(Session(guard=None), "POST", sim.url)
    assert isinstance(error, AnswerTooLarge)
    assert isinstance(outcome(error), Unknown)
    assert isinstance(fail(Session(guard=None, max_bytes=1_000_000), "GET", f"{sim.url}/gzip"), AnswerTooLarge)
    redirect = f"{sim.url}/to?at=/&size=2000000"
    assert isinstance(fail(Session(guard=None, max_bytes=1_000_000), "GET", redirect), AnswerTooLarge)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "127.1"]
)
def test_the_house_cannot_be_reached_by_any_spelling(sim: Echo, host: str) -> None:
    port = sim.url.rpartition(":")[2]
    fail(Session(), "GET", f"http://{host}:{port}/")
    assert sim.calls == []


def test_the_house_behind_a_public_name_is_refused_for_good(sim: Echo) -> None:
    session = Session(resolve=named("127.0.0.1"))
    error = fail(session, "POST", sim.url.replace("127.0.0.1", "mastodon.example"))
    assert isinstance(error, AddressBlocked)
    assert outcome(error) == Rejected(outcome(error).detail, "config")


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    assert public_only(["8.8.8.8", "2606:4700::1"])
    assert not public_only(["8.8.8.8", "10.0.0.1"])
    assert not public_only([])


def test_the_address_that_was_looked_at_is_the_one_connected_to(sim: Echo) -> None:
    seen: list[list[str]] = []

    def guard(addresses: Any) -> bool:
        seen.append(list(addresses))
        return True

    session = Session(guard=guard, resolve=named("127.0.0.1", "127.0.0.2"))
    assert session.get(sim.url.replace("127.0.0.1", "mastodon.example")).status_code == 200
    assert seen == [["127.0.0.1"]]


def test_a_name_that_changes_its_mind_is_looked_at_again(sim: Echo) -> None:
    """DNS rebinding: the first answer is public, the second leads into the house."""
    allowed = {"127.0.0.2"}
    session = Session(guard=lambda found: set(found) <= allowed, resolve=named("127.0.0.2", "127.0.0.1"))
    url = sim.url.replace("127.0.0.1", "mastodon.example")
    fail(session, "GET", url)
    assert isinstance(fail(session, "GET", url), AddressBlocked)
    assert sim.calls == []


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("at", ["/there", "http://inside.example/secret?token=abc"])
def test_no_call_is_redirected_and_where_to_is_said_without_its_parameters(sim: Echo, method: str, at: str) -> None:
    error = fail(Session(guard=None), method, f"{sim.url}/to?at={at}")
    assert isinstance(error, Moved)
    assert [call.path for call in sim.calls] == ["/to"]
    assert (error.url, error.target) == (f"{sim.url}/to", at.partition("?")[0] if "://" in at else f"{sim.url}{at}")


@pytest.mark.parametrize("at", ["http://u:s3cret@in.example/x", "https://[::1", "//[x", "http://a:b:c/"])
def test_whatever_a_redirect_says_it_is_one_and_tells_no_password(sim: Echo, at: str) -> None:
    error = fail(Session(guard=None), "GET", f"{sim.url}/to?at={at}")
    assert isinstance(error, Moved)
    assert "s3cret" not in f"{error} {error.target}"
    assert error.url == f"{sim.url}/to"


@pytest.mark.parametrize(("status", "expected"), [(301, Rejected), (302, Rejected), (303, Unknown), (307, Rejected)])
def test_a_writing_call_is_never_redirected(sim: Echo, status: int, expected: type) -> None:
    error = fail(Session(guard=None), "POST", f"{sim.url}/to?at=http://elsewhere.example/&status={status}")
    assert isinstance(error, Moved)
    assert isinstance(outcome(error), expected)
    assert len(sim.calls) == 1


def test_channels_on_one_server_share_no_cookies(sim: Echo) -> None:
    session = Session(guard=None)
    session.get(sim.url)
    assert session.get(sim.url).json()["cookie"] is None


def test_nothing_is_read_from_the_environment(sim: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert Session(guard=None).get(sim.url).status_code == 200


def test_only_the_command_line_opens_the_way_into_the_house() -> None:
    assert Session.for_settings({"allow_private": "1"}).guard is None
    for settings in ({}, {"allow_private": ""}, {"allow_private": "0"}, {"allow_private": "yes"}):
        assert Session.for_settings(settings).guard is public_only


def test_a_rested_connection_is_not_trusted_with_a_post(sim: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    session, ports = Session(guard=None), set[int]()
    accept = sim._server.get_request
    sim._server.get_request = lambda: _note(accept(), ports)  # type: ignore[method-assign]
    session.get(sim.url)
    session.get(sim.url)
    assert len(ports) == 1
    monkeypatch.setattr(connections, "_IDLE_MAX", 0.0)
    session.get(sim.url)
    assert len(ports) == 2


def _note(accepted: Any, ports: set[int]) -> Any:
    ports.add(accepted[1][1])
    return accepted


def test_many_threads_may_share_a_session(sim: Echo) -> None:
    session, good = Session(guard=None), []
    threads = [threading.Thread(target=lambda: good.append(session.get(sim.url).status_code)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert good == [200] * 12


@given(st.text(), st.text(alphabet="abcdefåäö/+=%&?", min_size=8, max_size=30))
def test_no_secret_is_ever_shown(words: str, secret: str) -> None:
    from urllib.parse import quote

    shown = redact(f"{words} https://g.example/me?access_token={quote(secret, safe='')}&a=1 {secret} {words}", [secret])
    assert secret not in shown.replace("***", "")
    assert len(shown) <= 500
    assert "\n" not in shown


def test_tokens_are_hidden_even_where_they_are_not_known() -> None:
    shown = redact("GET /me?access_token=EAAB123&fields=id HTTP/1.1 Authorization: Bearer abc.def-ghi", [])
    assert "EAAB123" not in shown
    assert "abc.def-ghi" not in shown
    assert "fields=id" in shown


def test_what_nobody_could_see_may_be_repeated() -> None:
    assert invisible(Unknown("lost")) == Retry("lost", whole_channel=True)
    assert invisible(Rejected("no")) == Rejected("no")


def test_an_error_nobody_foresaw_is_unknown() -> None:
    assert isinstance(outcome(KeyError("id")), Unknown)
    assert isinstance(outcome(requests.exceptions.InvalidURL("no")), Rejected)

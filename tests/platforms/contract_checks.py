"""What every adapter to a network keeps, against a server that breaks in every way that networks break.

Each check takes an :class:`Adapter` and raises where it does not hold, so that a platform of another package can be put
to it as well. A call here may take at most :data:`PATIENCE` seconds as a whole.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from msgspec.structs import replace

from commsched.core.delivery.outcome import (
    Absent,
    CannotTell,
    Found,
    Handles,
    Pending,
    Published,
    Rejected,
    Retry,
    Unknown,
)
from commsched.core.installation.redaction import DiscreetFormatter, quieten
from commsched.core.platform.access import Handshake
from commsched.core.platform.contract import Account, ConnectError, DeadToken, Platform
from commsched.platforms._http import dial
from commsched.platforms._http.network import Session
from tests.platforms._office import picture
from tests.platforms.adapters import SECRET, SERVER, Adapter, Scripted

PATIENCE = 0.3
PATIENCES = (PATIENCE, 3.0, 30.0)
"""A machine that is busy may need longer than a fault has to last: what then has not even been sent is asked again."""
LONG = 40.0
"""Seconds that only a call without an end takes: the simulators hold their answers back for a minute and more."""
OUTCOMES = (Published, Retry, Rejected, Unknown)
LOST = (
    "timeout_after_accept",
    "timeout_before_accept",
    "reset_after_accept",
    "reset_before_accept",
    "500_after_accept",
    "html_503",
    "slow_drip",
    "slow_headers",
)
"""After these nobody knows whether it is out."""
UNREADABLE = ("malformed_after_accept", "empty_after_accept", "list_after_accept")
"""After these neither, where the network has answers of its own."""


def hasty(patience: float = PATIENCE) -> Session:
    return Session(guard=None, deadline=patience, timeout=patience)


def patient() -> Session:
    return Session(guard=None, deadline=15.0, timeout=15.0)


def publish(adapter: Adapter, sim: Scripted, http: requests.Session) -> object:
    return adapter.platform.publish(adapter.post(), adapter.prepared, adapter.context(http, sim.url))


def when_all_is_well_it_is_published(adapter: Adapter) -> None:
    """The answers that the other checks break are good ones: what is broken below is nothing else."""
    with Scripted(adapter) as sim:
        context = adapter.context(patient(), sim.url)
        account = adapter.platform.connect(context)
        assert isinstance(account, Account)
        post = adapter.post(with_picture=True)
        if adapter.platform.needs_prepare(post):
            assert isinstance(adapter.platform.prepare(post, context), Handles | Pending)
        sim.published = 0
        published = publish(adapter, sim, patient())
    assert isinstance(published, Published), published
    assert published.id.strip()
    assert sim.published == 1


def a_lost_answer_is_unknown(adapter: Adapter, fault: str) -> None:
    """Never a failure, never sent again, and never waited for longer than the whole call may take."""
    for patience in PATIENCES:
        with Scripted(adapter) as sim:
            sim.faults.append(fault)
            began = time.monotonic()
            outcome = publish(adapter, sim, hasty(patience))
            assert time.monotonic() - began < LONG
            if sim.published:
                break
    assert sim.published == 1, "an adapter repeats nothing by itself"
    if adapter.accepts_anything and fault in UNREADABLE:
        assert isinstance(outcome, Published | Unknown)
        return
    assert isinstance(outcome, Unknown), outcome
    assert outcome.detail


def a_page_for_browsers_is_no_success(adapter: Adapter) -> None:
    with Scripted(adapter) as sim:
        sim.faults.append("wall_200")
        assert isinstance(publish(adapter, sim, patient()), Unknown)


def a_wall_in_front_has_said_nothing(adapter: Adapter) -> None:
    with Scripted(adapter) as sim:
        sim.faults.append("wall_403")
        outcome = publish(adapter, sim, patient())
    assert isinstance(outcome, Retry), outcome
    assert outcome.whole_channel


def an_error_inside_a_success_is_no_success(adapter: Adapter) -> None:
    with Scripted(adapter) as sim:
        sim.faults.append("error:200")
        outcome = publish(adapter, sim, patient())
        sim.faults = [f"{stage}error:200" for stage in ("", "prepare:", "read:")]
        removed = adapter.platform.delete(adapter.remote_id, adapter.context(patient(), sim.url))
    assert isinstance(outcome, Unknown | Rejected | Retry), outcome
    assert isinstance(removed, Unknown | Rejected | Retry), removed


def a_redirect_is_refused(adapter: Adapter) -> None:
    """A token goes nowhere that nobody pointed to."""
    with Scripted(adapter) as elsewhere, Scripted(adapter) as sim:
        usual = sim.refusal

        def away(fault: str) -> Any:
            answer = usual("error:307")
            answer.headers["location"] = f"{elsewhere.url}/elsewhere"
            return answer

        sim.refusal = away  # type: ignore[method-assign]
        sim.faults.append("away")
        outcome = publish(adapter, sim, patient())
        assert elsewhere.calls == []
    assert isinstance(outcome, Rejected), outcome
    assert outcome.why == "config"


def what_was_not_sent_may_be_tried_again(adapter: Adapter) -> None:
    with Scripted(adapter) as sim:
        pass
    with socket.socket() as kept:  # so that nobody else is given the port meanwhile
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", int(sim.url.rpartition(":")[2])))
        outcome = publish(adapter, sim, hasty())
    assert isinstance(outcome, Retry), outcome


def _silent_beside(port: int) -> Iterator[None]:
    with socket.socket() as dead:
        dead.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        dead.bind(("127.0.0.2", port))
        dead.listen(0)  # and its queue of connections is full
        others = [socket.socket() for _ in range(3)]
        for other in others:
            other.setblocking(False)
            other.connect_ex(("127.0.0.2", port))
        yield
        for other in others:
            other.close()


def a_silent_address_does_not_hide_the_next(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with two addresses, of which the first swallows everything."""
    monkeypatch.setattr(dial, "HEAD_START", 0.05)

    def both(host: str, port: int, *_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("127.0.0.2", "127.0.0.1")]

    with Scripted(adapter) as sim:
        port = int(sim.url.rpartition(":")[2])
        with contextmanager(_silent_beside)(port):
            http = Session(guard=None, deadline=10.0, timeout=10.0, resolve=both)
            context = adapter.context(http, f"http://server.example:{port}")
            outcome = adapter.platform.publish(adapter.post(), adapter.prepared, context)
        assert isinstance(outcome, Published), outcome


class _Slow(Scripted):
    """Reads what is sent to it slower than it comes."""

    pause = 0.02

    def __init__(self, adapter: Adapter) -> None:
        super().__init__(adapter)
        self._server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        usual = self._server.RequestHandlerClass

        class Reading(usual):  # type: ignore[misc, valid-type]
            def setup(handler: Any) -> None:
                super().setup()
                handler.rfile = _Sipping(handler.rfile, self)

        self._server.RequestHandlerClass = Reading


class _Sipping:
    """A stream that is read a little at a time, with a pause after each."""

    def __init__(self, stream: Any, sim: _Slow) -> None:
        self._stream, self._sim = stream, sim

    def read(self, size: int = -1) -> bytes:
        pieces = []
        while size > 0:
            piece = self._stream.read(min(size, 16 * 1024))
            if not piece:
                break
            pieces.append(piece)
            size -= len(piece)
            if len(piece) == 16 * 1024:
                self._sim.hang(self._sim.pause)
        return b"".join(pieces)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def the_time_for_a_call_grows_with_what_it_sends(adapter: Adapter) -> None:
    """What flows is not cut, however long it takes; it is longer than the whole call might, were it small."""
    outcome: object = None
    for slower in (1, 5, 25):  # where the machine is so busy that even what is small is cut
        outcome = _sent_slowly(adapter, slower)
        if isinstance(outcome, Handles | Pending | Published):
            return
    raise AssertionError(outcome)


def _sent_slowly(adapter: Adapter, slower: int) -> object:
    data = b"\x89PNG" + bytes(700_000)
    large = replace(picture(), size=len(data), open=lambda: BytesIO(data))
    with _Slow(adapter) as sim:
        sim.pause *= slower
        post = replace(adapter.post(with_picture=True), pictures=(large,))
        context = adapter.context(Session(guard=None, deadline=0.4 * slower, timeout=60.0), sim.url)
        began = time.monotonic()
        if adapter.platform.needs_prepare(post):
            outcome: object = adapter.platform.prepare(post, context)
        else:
            outcome = adapter.platform.publish(post, adapter.prepared, context)
        took = time.monotonic() - began
        if isinstance(outcome, Handles | Pending | Published):
            assert max(len(call.body) for call in sim.calls) >= len(data)
            assert took > 0.5 * slower, "it was over before the time was, and shows nothing"
    return outcome


class Cancelled(BaseException):
    """Whoever waits for the call has been told to stop."""


class _Cancelling(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def request(self, *_: Any, **__: Any) -> requests.Response:
        self.calls += 1
        raise Cancelled


def who_is_told_to_stop_stops(adapter: Adapter) -> None:
    """What ends a thread or a process is no answer of a network: it goes up at once, and no other call is made."""
    platform = adapter.platform
    post = adapter.post(with_picture=True)
    for ask in (
        lambda context: platform.connect(context),
        lambda context: platform.publish(post, adapter.prepared, context),
        lambda context: platform.delete(adapter.remote_id, context),
    ):
        http = _Cancelling()
        with pytest.raises(Cancelled):
            ask(adapter.context(http))
        assert http.calls == 1


class _Tattling(dict[str, str]):
    """The environment, which tells who asked."""

    def __init__(self, kept: Mapping[str, str], asked: list[str]) -> None:
        super().__init__(kept)
        self.asked = asked

    def _note(self, key: object) -> None:
        self.asked.append("".join(traceback.format_stack(limit=6)))

    def __getitem__(self, key: str) -> str:
        self._note(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self._note(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self._note(key)
        return super().__contains__(key)


def it_neither_sleeps_nor_reads_the_environment(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither when all is well nor where a network asks it to wait."""
    asked: list[str] = []
    here = threading.get_ident()
    sleep = time.sleep

    def no_sleep(seconds: float) -> None:
        if threading.get_ident() == here:
            asked.append("".join(traceback.format_stack(limit=6)))
        else:
            sleep(seconds)

    every_call(adapter, patient())  # what a library does once, when it is loaded
    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", no_sleep)
        patch.setattr(os, "environ", _Tattling(os.environ, asked))
        every_call(adapter, patient())
    assert asked == []


def every_call(adapter: Adapter, http: requests.Session) -> list[str]:
    """Every call of the contract, when all is well and with each kind of refusal; returns all that was said."""
    said: list[str] = []
    for status in (0, 200, 400, 401, 403, 404, 429, 500):
        with Scripted(adapter) as sim:
            if status:
                sim.faults += [f"{stage}error:{status}" for stage in ("", "prepare:", "read:") for _ in range(9)]
            context = adapter.context(http, sim.url)
            post = adapter.post(with_picture=True)
            platform = adapter.platform
            said.append(_connecting(adapter, context))
            said.extend(_signing_in(adapter, context))
            for result in (
                platform.prepare(post, context) if platform.needs_prepare(post) else Handles(),
                platform.publish(post, adapter.prepared, context),
                platform.find(post, adapter.prepared, adapter.since, context),
                platform.delete(adapter.remote_id, context),
            ):
                assert isinstance(result, (*OUTCOMES, Handles, Pending, Found, Absent, CannotTell))
                said.append(repr(result))
    return said


def _connecting(adapter: Adapter, context: Any) -> str:
    return _told(lambda: adapter.platform.connect(context))


def _signing_in(adapter: Adapter, context: Any) -> Iterator[str]:
    """What is said where the answer of an authorization is traded, and where an access is renewed."""
    platform = adapter.platform
    context.handshake = Handshake("https://kansli.example/callback", "state-1", f"{SECRET}-{'v' * 40}")
    if "oauth" in platform.connects:
        yield _told(lambda: _asked(platform, context))
    if "refresh" in platform.can:
        yield _told(lambda: platform.refresh(context))


def _asked(platform: Platform, context: Any) -> str:
    """What an authorization opens; the access itself is a secret, and shows itself to nobody."""
    context.handshake = replace(context.handshake, kept=platform.authorize(context).kept)
    return repr(platform.callback(context, {"code": SECRET, "state": "state-1"}))


def _told(ask: Callable[[], object]) -> str:
    try:
        return repr(ask())
    except ConnectError as error:
        return f"{error} {error.words!r}"


class _Lines(logging.Handler):
    """Everything that is logged, as the program writes it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(DiscreetFormatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    """The lines of a log that keeps everything, as somebody who looks for a fault sets it up."""
    root, lines = logging.getLogger(), _Lines()
    level = root.level
    quieten()
    root.addHandler(lines)
    root.setLevel(logging.DEBUG)
    try:
        yield lines.lines
    finally:
        root.setLevel(level)
        root.removeHandler(lines)


def no_secret_is_ever_told(adapter: Adapter) -> None:
    """Neither in an outcome, nor in a sentence, nor in a line of the log: however the call ends."""
    with everything_logged() as lines:
        said = every_call(adapter, patient())
        for fault in ("redirect", "reset_after_accept", "wall_403", "malformed_after_accept"):
            with Scripted(adapter) as sim:
                sim.faults += [f"{stage}{fault}" for stage in ("", "prepare:", "read:")]
                context = adapter.context(patient(), sim.url)
                said.append(_connecting(adapter, context))
                said.append(repr(adapter.platform.publish(adapter.post(), adapter.prepared, context)))
            said.append(_traced(adapter, sim.url))  # where nobody answers any more
    assert lines, "nothing was logged, which shows nothing"
    for words in (*said, *lines):
        assert SECRET not in words
    assert SECRET not in repr(adapter.prepared)


def _traced(adapter: Adapter, server: str) -> str:
    """What connecting to a server that is gone leaves in a log with its whole cause."""
    with pytest.raises(ConnectError) as refused:
        adapter.platform.connect(adapter.context(hasty(), server))
    assert not isinstance(refused.value, DeadToken)
    logging.getLogger("commsched").error("it cannot be connected", exc_info=refused.value)
    return str(refused.value)


class _Noting(requests.Session):
    """Answers as the network does, and notes where it was asked."""

    def __init__(self, adapter: Adapter, server: str) -> None:
        super().__init__()
        self.adapter, self.server = adapter, server
        self.asked: list[str] = []

    def request(self, method: Any, url: Any, *_: Any, **__: Any) -> requests.Response:
        import json

        self.asked.append(str(url))
        says = self.adapter.usual(str(method), str(url), self.server)
        response = requests.Response()
        response.status_code, response.url = says.status, str(url)
        response._content = json.dumps(says.body).encode()
        response.headers.update({"content-type": "application/json", **says.headers})
        return response


class Failing(_Noting):
    """As the network, but the call that would make something visible ends in ``failure``."""

    def __init__(self, adapter: Adapter, failure: Exception) -> None:
        super().__init__(adapter, SERVER)
        self.failure = failure

    def request(self, method: Any, url: Any, *rest: Any, **more: Any) -> requests.Response:
        if re.search(self.adapter.publishes, f"{method} {urlsplit(str(url)).path}"):
            raise self.failure
        return super().request(method, url, *rest, **more)


def it_can_be_pointed_elsewhere(adapter: Adapter) -> None:
    """Every call goes to the address that the channel has, and none to an address that is only in the code."""
    assert SERVER in "".join(adapter.settings.values()), "the settings of the channel name its server"
    server = "https://elsewhere.example:8443"
    http = _Noting(adapter, server)
    context = adapter.context(http, server)
    platform = adapter.platform
    post = adapter.post(with_picture=True)
    platform.connect(context)
    platform.prepare(post, context)
    platform.publish(post, adapter.prepared, context)
    platform.find(post, adapter.prepared, adapter.since, context)
    platform.delete(adapter.remote_id, context)
    assert http.asked
    assert [url for url in http.asked if not url.startswith(server)] == []

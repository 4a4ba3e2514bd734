"""A server that speaks Mastodon's API, of somebody else's making, on a free loopback port.

Use :func:`serve` as a context manager, the fixture ``mastodon_server``, or by hand ``python -m tests.peers.mastodon``,
which prints READY and its address, and runs until it is stopped. The server is part of what the tests
install; that it cannot be started is therefore a failure, never a reason to skip.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import requests

TOKEN = "mock_token"
_PATIENCE = 60.0


@dataclass(frozen=True)
class Server:
    """Where it listens, and what to ask it as an outsider."""

    url: str
    token: str = TOKEN

    def get(self, path: str, **params: Any) -> Any:
        return self._ask("GET", path, params=params)

    def statuses(self) -> list[dict[str, Any]]:
        """Everything the account has published, newest first."""
        me = self.get("/api/v1/accounts/verify_credentials")
        return list(self.get(f"/api/v1/accounts/{me['id']}/statuses", limit=40))

    def fail(self, effect: dict[str, Any], path: str, methods: tuple[str, ...] = ("POST",), count: int = 1) -> None:
        """Let the next ``count`` calls to ``path`` fail in the way of ``effect``."""
        rule = {"match": {"path": path, "methods": list(methods)}, "effect": effect, "count": count}
        self._ask("POST", "/api/v1/_mock/faults", json=rule)

    def _ask(self, method: str, path: str, **kwargs: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, self.url + path, headers=headers, timeout=10, **kwargs)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@contextmanager
def serve() -> Iterator[Server]:
    """Start the server, wait until it answers, and stop it at the end."""
    with TemporaryDirectory() as folder:
        port = _free_port()
        with (Path(folder) / "log").open("w+b") as log:
            command = [sys.executable, "-m", "mastodon_mock", "serve", "--in-memory", "--log-level", "error"]
            process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(port)],
                cwd=folder,
                stdout=log,
                stderr=log,
                env={name: value for name, value in os.environ.items() if name not in ("HOST", "PORT")},
            )
            try:
                _wait(process, port, Path(folder) / "log")
                yield Server(f"http://127.0.0.1:{port}")
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"the Mastodon server did not start:\n{log.read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="session")
def mastodon_server() -> Iterator[Server]:
    with serve() as server:
        yield server


if __name__ == "__main__":
    with serve() as started:
        print(f"READY {started.url} {started.token}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})

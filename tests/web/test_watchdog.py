"""Under another server each process looks after the engine from its first request on."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from commsched.services.kernel.context import Installation
from commsched.web import watchdog


def test_each_process_looks_from_its_first_request_on(
    app: Flask, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    class WatchdogThread:
        def __init__(self, _office: Installation, address: str = "") -> None:
            self.address = address

        def start(self) -> None:
            started.append(self.address)

    monkeypatch.setattr(watchdog, "WatchdogThread", WatchdogThread)
    app.wsgi_app = watchdog.WatchdogMiddleware(app.wsgi_app, installation)  # type: ignore[method-assign]
    client: Any = app.test_client()
    assert started == [], "a server may still fork"
    assert client.get("/healthz").status_code == client.get("/healthz").status_code == 200
    assert started == [""], "nobody misses a process that may have had no visitor since it was started"
    monkeypatch.setattr(watchdog.os, "getpid", lambda: 1)
    client.get("/healthz")
    assert len(started) == 2, "a forked process has no threads of its parent's"

"""A client that holds a token, an office with a sandbox channel, and a courier that works when told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from commsched.services.accounts import tokens
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel
from tests.conftest import Cast


class Client:
    """A program with a token: every answer that is JSON comes decoded."""

    def __init__(self, app: Flask, token: str) -> None:
        self.http = app.test_client(use_cookies=False)
        self.token = token

    def open(self, method: str, path: str, json: Any = None, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Language": "en", **more.pop("headers", {})}
        return self.http.open(f"/api/v1{path}", method=method, json=json, headers=headers, **more)

    def get(self, path: str, **more: Any) -> Any:
        return self.open("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> Any:
        return self.open("POST", path, json, **more)

    def put(self, path: str, json: Any, match: str | None = None) -> Any:
        return self.open("PUT", path, json, headers={"If-Match": match} if match else {})

    def create(self, **given: Any) -> dict[str, Any]:
        """A draft that was taken."""
        answer = self.post("/items", {"text": "Ja till fler turer på linje 4", **given})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json
        return made


@pytest.fixture
def program(app: Flask, installation: Installation, cast: Cast) -> Callable[..., Client]:
    """``program("writer")`` is a client with the token of the office's writer."""

    def with_token(role: str = "writer", most: str = "") -> Client:
        actor = cast.elsewhere_actor if role == "stranger" else cast.actor(role)
        return Client(app, tokens.create_token(installation, actor, "a test", most))

    return with_token


@pytest.fixture
def wall(installation: Installation, cast: Cast) -> int:
    """A sandbox channel; returns its id."""
    return add_channel(installation, cast.place.id)


def add_channel(installation: Installation, workspace: int, name: str = "Väggen", **settings: str) -> int:
    with installation.store.write(workspace) as session:
        row = Channel(platform="sandbox", name=name, settings=settings, created_at=installation.now())
        session.add(row)
        session.flush()
        return row.id


@pytest.fixture
def publish(installation: Installation) -> Callable[[], int]:
    """Do what is due, in this thread."""
    return lambda: Dispatcher(installation, wait=lambda _seconds: None).run()

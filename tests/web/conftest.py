"""What the tests of the pages share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from commsched.services.kernel.context import Installation
from tests import publications
from tests.conftest import Cast


@pytest.fixture
def press(app: Flask) -> FlaskClient:
    """A journalist's browser."""
    return app.test_client()


@pytest.fixture
def room(installation: Installation, cast: Cast) -> int:
    """The channel of the office's newsroom."""
    return publications.channel(installation, cast.place.id, name="Pressrum")


class Statements:
    """The SQL statements that were run, but for the beginning of transactions."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __len__(self) -> int:
        return len(self.texts)

    def heard(self, _connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith("BEGIN"):
            self.texts.append(statement)

    def __str__(self) -> str:
        return "\n\n".join(f"{number}. {text}" for number, text in enumerate(self.texts, 1))


@pytest.fixture
def counted(installation: Installation) -> Callable[[], AbstractContextManager[Statements]]:
    """``with counted() as statements:`` hears every statement of the block, of every connection to the store."""

    @contextmanager
    def listen() -> Iterator[Statements]:
        statements = Statements()
        event.listen(installation.store.engine, "before_cursor_execute", statements.heard)
        try:
            yield statements
        finally:
            event.remove(installation.store.engine, "before_cursor_execute", statements.heard)

    return listen

"""What the tests of the newsroom's pages share."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

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

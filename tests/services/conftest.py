"""The simulated worlds of :mod:`tests.sims.world`, for the tests of every room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sims.world import World, discard


@pytest.fixture(scope="module")
def worlds() -> Iterator[None]:
    """The memory that the worlds of a module share, given back after its last test."""
    yield
    discard()


@pytest.fixture
def world(worlds: None) -> Iterator[World]:
    """An office, its platforms and its people. Every promise is checked at the end."""
    simulated = World()
    yield simulated
    simulated.check()

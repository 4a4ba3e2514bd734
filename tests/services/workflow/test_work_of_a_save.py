"""A save does the work that grows with the text once: one canonical form, one reading of each time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from commsched.core.content import draft as handed_in
from commsched.core.content import model
from commsched.core.timing import wall_time
from commsched.services.kernel.context import Installation
from commsched.services.workflow import editing
from commsched.web.composer import parse
from tests import writing
from tests.conftest import Browser, Cast
from tests.services import desk

Calls = list[tuple[Any, ...]]


def counted(monkeypatch: pytest.MonkeyPatch, original: Callable[..., Any], *places: Any) -> Calls:
    """The calls of ``original`` from ``places``, modules that hold it under its own name."""
    calls: Calls = []

    def count(*args: Any, **more: Any) -> Any:
        calls.append(args)
        return original(*args, **more)

    for place in places:
        monkeypatch.setattr(place, original.__name__, count)
    return calls


@pytest.fixture
def canonicals(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return counted(monkeypatch, model.canonical, model, editing)


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return counted(monkeypatch, wall_time.read_time, wall_time, handed_in, parse)


def test_a_save_makes_the_canonical_form_once(cast: Cast, canonicals: Calls) -> None:
    item = desk.written(cast)
    assert len(canonicals) == 1
    canonicals.clear()
    editing.save(cast.installation, cast.actor("writer"), item, desk.draft([], text="Andra ord."))
    assert len(canonicals) == 1


@pytest.mark.parametrize("address", ["~/write", "~/write/keep"])
def test_a_page_saves_with_one_canonical_form_and_one_reading_of_each_time(
    browse: Callable[..., Browser],
    installation: Installation,
    cast: Cast,
    canonicals: Calls,
    readings: Calls,
    address: str,
) -> None:
    """Also the second time, when what its script saved is saved again by its button."""
    to = writing.channels(installation, cast)
    browser = browse(cast.writer)
    fields = {"kind": "post", "language": "sv", "do": "save", "once": "one page", "channels": [to["mastodon"]]}
    times = {"publish_day": "2026-11-27", "publish_time": "7.30", "embargo_day": "2026-11-27", "embargo_time": "7.00"}
    for text in ("Bussen går.", "Bussen går igen."):
        canonicals.clear()
        readings.clear()
        assert browser.post(address, fields | times | {"text": text}).status_code in (200, 303)
        assert len(canonicals) == 1
        assert len(readings) == 2, "the time and the embargo"

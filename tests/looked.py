"""Documents looked through in the tests' own process: the process apart has its own tests, and takes its time."""

from __future__ import annotations

from pathlib import Path

import pytest

from commsched.services.documents import looking
from commsched.services.documents._examine import examine


def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same eyes, without walls."""

    def look(path: Path, filename: str = "") -> looking.Found:
        looking.require_name(filename)
        with path.open("rb") as file:
            return examine(file, path.stat().st_size, looking.ending_of(filename))

    monkeypatch.setattr(looking, "look", look)

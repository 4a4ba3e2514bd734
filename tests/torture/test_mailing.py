"""A handful of kills in the middle of a mailing; ``python -m tests.torture.mailing`` is the long form."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture.mailing import torture


@pytest.mark.torture
@pytest.mark.sqlite("the sender opens the file anew in each life")
@pytest.mark.xdist_group("torture")
def test_a_mailing_killed_in_the_middle_reaches_nobody_twice_and_forgets_nobody(tmp_path: Path) -> None:
    figures = torture(tmp_path / "home", kills=5, count=400, seed=2026)
    assert figures.wrong() == []
    assert figures.kills >= 2, "a life takes a group in each lane, so the list is soon done"
    assert figures.states["unknown"], "a kill leaves somebody to be asked about"
    assert figures.states["published"]

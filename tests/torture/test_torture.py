"""A hundred kills; ``python -m tests.torture --kills 1000`` is the long form, and prints the figures."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.peers.postgres import wanted
from tests.torture.run import torture


@pytest.mark.torture
@pytest.mark.xdist_group("torture")
def test_a_hundred_kills_neither_double_nor_lose_anything(tmp_path: Path, database_url: URL) -> None:
    database = database_url.render_as_string(hide_password=False) if wanted() else ""
    figures = torture(tmp_path, kills=100, seed=2026, database=database)
    print(figures.table())
    assert not figures.duplicates.total(), figures.table()
    assert not figures.lost.total(), figures.table()
    assert not figures.disobeyed, figures.table()
    assert not figures.untrue, figures.table()
    assert not figures.chain_broken
    assert figures.deeds["restore"], "and the office came out of a backup at least once"
    assert figures.kills >= 100
    assert min(figures.deliveries.values()) >= 10, "every class was tried"

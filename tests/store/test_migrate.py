"""Starting on a database of any age: fresh, of today, older, newer."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from commsched.store import migrate
from commsched.store.migrations import HEAD
from commsched.store.models import Base
from commsched.store.session import Store
from tests.conftest import NOW


@pytest.fixture
def store(tmp_path: Path, blank_home: Path) -> Store:
    (tmp_path / "commsched.db").write_bytes((blank_home / "commsched.db").read_bytes())
    return Store(f"sqlite:///{tmp_path / 'commsched.db'}")


def test_the_steps_build_exactly_what_the_classes_say(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []


def test_the_head_named_in_the_code_is_the_newest_step() -> None:
    assert ScriptDirectory.from_config(migrate.config()).get_current_head() == HEAD


def test_a_database_of_today_is_left_alone(store: Store, tmp_path: Path) -> None:
    assert migrate.ready(store, tmp_path / "backups", NOW) is None
    assert not (tmp_path / "backups").exists()


def test_an_older_database_is_backed_up_before_it_is_migrated(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(migrate, "HEAD", "0002")
    monkeypatch.setattr(migrate, "upgrade", lambda connection, to="head": ran.append(to))
    saved = migrate.ready(store, tmp_path / "backups", NOW)
    assert saved is not None
    assert ran == ["head"]
    with sqlite3.connect(saved) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)
    assert oct(saved.stat().st_mode)[-3:] == "600"


def test_a_newer_database_is_refused_and_not_touched(store: Store, tmp_path: Path) -> None:
    with store.ledger() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(migrate.NewerDatabase, match="9999"):
        migrate.ready(store, tmp_path / "backups", NOW)
    assert not (tmp_path / "backups").exists()

"""Starting on a database of any age: fresh, of today, older, newer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, select, text
from sqlalchemy.exc import IntegrityError

from commsched.store import migrate
from commsched.store.migrations import HEAD
from commsched.store.models import Base, Likeness, Media, PictureSource, PictureUse
from commsched.store.session import EVERY_WORKSPACE, Store, sqlite_url
from tests.conftest import NOW
from tests.peers import postgres
from tests.store import older


@pytest.fixture
def store(database_url: URL) -> Iterator[Store]:
    made = Store(database_url)
    yield made
    made.close()


def test_the_steps_build_exactly_what_the_classes_say(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []


def test_the_head_named_in_the_code_is_the_newest_step() -> None:
    assert ScriptDirectory.from_config(migrate.config()).get_current_head() == HEAD


def test_a_database_of_today_is_left_alone(store: Store, tmp_path: Path) -> None:
    assert migrate.ready(store, tmp_path / "backups", NOW) is None
    assert not (tmp_path / "backups").exists()


@pytest.fixture
def empty_url(tmp_path: Path) -> Iterator[URL]:
    """The address of a database without any table."""
    if not postgres.wanted():
        yield sqlite_url(tmp_path / "empty.db")
        return
    databases = postgres.Databases.running()
    url = databases.create(empty=True)
    yield url
    databases.drop(url)


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Store]:
    """A database of the first version with an office in it."""
    older.first(tmp_path / "commsched.db")
    made = Store(f"sqlite:///{tmp_path / 'commsched.db'}")
    yield made
    made.close()


def test_an_older_database_is_backed_up_before_it_is_migrated(old: Store, tmp_path: Path) -> None:
    saved = migrate.ready(old, tmp_path / "backups", NOW)
    assert saved is not None
    assert oct(saved.stat().st_mode)[-3:] == "600"
    with closing(sqlite3.connect(saved)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert copy.execute("SELECT count(*) FROM media").fetchone() == (5,)
    with old.engine.connect() as connection:
        assert migrate.version_of(connection) == HEAD
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    assert migrate.ready(old, tmp_path / "backups", NOW) is None


def test_everything_that_was_there_is_there_afterwards(old: Store, tmp_path: Path) -> None:
    def everything() -> dict[str, list[object]]:
        with old.engine.connect() as connection:
            return {
                table: [tuple(row) for row in connection.exec_driver_sql(f"SELECT {columns} FROM {table} ORDER BY id")]
                for table, columns in before.items()
            }

    never_written = {("item", "slug"), ("item", "remote_seen")}
    with old.engine.connect() as connection:
        tables = ("workspace", "person", "membership", "channel", "item", "revision", "media")
        before = {
            table: ", ".join(
                row[1]
                for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")
                if (table, row[1]) not in never_written
            )
            for table in tables
        }
    was = everything()
    migrate.ready(old, tmp_path / "backups", NOW)
    assert everything() == was
    assert [len(rows) for rows in was.values()] == [2, 2, 2, 2, 3, 3, 5]


def test_what_follows_from_older_pictures_is_known_at_once(old: Store, tmp_path: Path) -> None:
    migrate.ready(old, tmp_path / "backups", NOW)
    with old.read(EVERY_WORKSPACE) as session:
        uses = {(row.revision_id, row.media_id) for row in session.scalars(select(PictureUse))}
        assert uses == {(1, 1), (2, 3), (3, 5)}
        sources = {(row.media_id, row.source_id) for row in session.scalars(select(PictureSource))}
        assert sources == {(2, 1), (3, 2), (3, 1)}
        ends = {row.id: row.consent_ends for row in session.scalars(select(Media)) if row.consent_ends}
        assert ends == dict.fromkeys((1, 5), datetime.fromisoformat(older.ENDS))
        assert {row.media_id for row in session.scalars(select(Likeness))} == {1, 4, 5}


@pytest.mark.parametrize(
    "odd", ["null", "[]", '"x"', "5", "{", "deep", '{"%s": null}', '{"%s": 5}', '{"%s": [null, 3]}']
)
def test_an_older_row_that_says_nothing_readable_stops_no_other(old: Store, tmp_path: Path, odd: str) -> None:
    odd = "[" * 100_000 if odd == "deep" else odd
    with old.ledger() as connection:
        connection.execute(text("UPDATE media SET facts = :odd WHERE id = 4"), {"odd": odd.replace("%s", "persons")})
        content = odd.replace("%s", "pictures").encode()
        connection.execute(text("UPDATE revision SET content = :odd WHERE id = 2"), {"odd": content})
    migrate.ready(old, tmp_path / "backups", NOW)
    with old.read(EVERY_WORKSPACE) as session:
        assert {(row.revision_id, row.media_id) for row in session.scalars(select(PictureUse))} == {(1, 1), (3, 5)}
        assert len(session.scalars(select(Media.id).where(Media.consent_ends.is_not(None))).all()) == 2


def test_a_step_that_fails_leaves_the_database_as_it_was(old: Store, tmp_path: Path) -> None:
    """Half an upgrade is none: the older version can still be started."""
    with old.ledger() as connection:
        connection.exec_driver_sql("CREATE TRIGGER full BEFORE UPDATE ON media BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(IntegrityError, match="full"):
        migrate.ready(old, tmp_path / "backups", NOW)
    with old.engine.connect() as connection:
        assert migrate.version_of(connection) == "0001"
        tables = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master")}
    assert "picture_use" not in tables
    with old.ledger() as connection:
        connection.exec_driver_sql("DROP TRIGGER full")
    assert migrate.ready(old, tmp_path / "backups", NOW + timedelta(minutes=1)) is not None


def test_two_processes_that_start_at_once_make_the_tables_once(empty_url: URL, tmp_path: Path) -> None:
    def start() -> str | None:
        store = Store(empty_url)
        try:
            migrate.ready(store, tmp_path / "backups", NOW)
            with store.engine.connect() as connection:
                return migrate.version_of(connection)
        finally:
            store.close()

    with ThreadPoolExecutor(2) as threads:
        ends = [threads.submit(start) for _ in range(2)]
    assert [end.result() for end in ends] == [HEAD, HEAD]


@pytest.mark.skipif(not postgres.wanted(), reason="PostgreSQL only: SQLite's numbers are as wide as they need be")
def test_every_number_is_as_wide_as_what_an_address_may_hold(store: Store) -> None:
    with store.engine.connect() as connection:
        narrow = connection.exec_driver_sql(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type = 'integer'"
        ).all()
    assert narrow == []


def test_a_newer_database_is_refused_and_not_touched(store: Store, tmp_path: Path) -> None:
    with store.ledger() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(migrate.NewerDatabase, match="9999"):
        migrate.ready(store, tmp_path / "backups", NOW)
    assert not (tmp_path / "backups").exists()

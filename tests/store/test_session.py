"""The store: durable, narrowed to one office in one place, and its secrets useless without the key."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from commsched.services.kernel.context import Installation
from commsched.store import locks
from commsched.store.models import Attempt, Base, Channel, Delivery, Scoped, Workspace
from commsched.store.session import EVERY_WORKSPACE, TIMES, Store, again, busy
from commsched.store.types import from_micros, to_micros
from commsched.store.vault import KeyMismatch, Vault
from tests.conftest import Cast
from tests.publications import channel, published


@pytest.mark.sqlite("its PRAGMAs")
def test_the_database_is_as_durable_as_it_can_be(database_url: URL) -> None:
    with closing(Store(database_url)) as store, store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@pytest.mark.sqlite("two that make its file at once")
def test_whoever_opens_a_file_that_another_is_making_waits_for_it(tmp_path: Path) -> None:
    """SQLite itself does not wait here: it says at once that the file is locked."""
    with closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None, check_same_thread=False)) as other:
        other.execute("CREATE TABLE first (id)")
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO first VALUES (1)")
        ended = threading.Timer(0.3, other.execute, ("COMMIT",))
        ended.start()
        store = Store(f"sqlite:///{tmp_path / 'new.db'}")
        with closing(store), store.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("SELECT id FROM first").scalar() == 1
        ended.join()


def test_an_attempt_is_on_the_disk_before_its_call_whatever_the_servers_default(installation: Installation) -> None:
    """Durability is asked for by the connection, and nobody waits for another's row without end."""
    if installation.store.is_sqlite:
        pytest.skip("PostgreSQL only: settings of a server")
    with installation.store.engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "10s"


def test_a_reader_sees_one_moment_from_beginning_to_end(cast: Cast) -> None:
    with cast.installation.store.read(cast.place.id) as session:
        assert session.scalar(select(func.count(Channel.id))) == 0
        channel(cast.installation, cast.place.id)
        assert session.scalar(select(func.count(Channel.id))) == 0
    with cast.installation.store.read(cast.place.id) as session:
        assert session.scalar(select(func.count(Channel.id))) == 1


@pytest.mark.sqlite("its one writer; other stores lock rows")
def test_a_second_writer_waits_at_the_door_instead_of_failing_halfway(installation: Installation) -> None:
    with installation.store.ledger() as first:
        first.exec_driver_sql("SELECT 1")
        other = Store(installation.store.url)
        with other.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as probe:
            probe.exec_driver_sql("PRAGMA busy_timeout = 0")
            with pytest.raises(OperationalError, match="locked"):
                probe.exec_driver_sql("BEGIN IMMEDIATE")
        other.close()


def test_what_is_given_back_to_a_closed_store_is_closed(installation: Installation) -> None:
    """Whoever still reads while the store is closed reads to the end; nothing is kept open for nobody after that."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        kept = session.connection().connection.dbapi_connection
        installation.store.close()
        assert session.scalar(select(func.count(Channel.id))) == 0
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError), match="closed"):
        kept.execute("SELECT 1")  # type: ignore[union-attr]
    with installation.store.read(EVERY_WORKSPACE) as session:
        again = session.connection().connection.dbapi_connection
    again.execute("SELECT 1")  # type: ignore[union-attr]  # a store that is used again keeps its connections again


def test_every_scoped_class_is_narrowed(cast: Cast) -> None:
    """Rows of another office do not exist in a session of this one, whatever is asked."""
    channel(cast.installation, cast.elsewhere.id)
    mine = channel(cast.installation, cast.place.id)
    with cast.installation.store.read(cast.place.id) as session:
        assert list(session.scalars(select(Channel.id))) == [mine]
        assert session.scalar(select(func.count(Channel.id))) == 1
        assert session.scalar(select(Channel).where(Channel.id != mine)) is None


def test_one_statement_is_narrowed_to_each_office_in_turn(cast: Cast) -> None:
    """What narrows a statement is kept, and so is the statement; neither remembers who asked before."""
    wanted = select(Channel.id)
    theirs = channel(cast.installation, cast.elsewhere.id)
    mine = channel(cast.installation, cast.place.id)
    for workspace, number in ((cast.place.id, mine), (cast.elsewhere.id, theirs)) * 3:
        with cast.installation.store.read(workspace) as session:
            assert list(session.scalars(wanted)) == [number]
            assert session.get(Channel, number) is not None
            assert session.get(Channel, mine + theirs - number) is None


def test_a_row_of_another_office_cannot_be_written(cast: Cast) -> None:
    with pytest.raises(PermissionError), cast.installation.store.write(cast.place.id) as session:
        session.add(
            Channel(workspace_id=cast.elsewhere.id, platform="newsroom", name="x", created_at=cast.installation.now())
        )


def test_every_table_with_a_workspace_is_scoped() -> None:
    unscoped = {
        mapper.class_.__name__
        for mapper in Base.registry.mappers
        if "workspace_id" in mapper.columns and not issubclass(mapper.class_, Scoped)
    }
    assert unscoped == {"AuditEntry", "MailServer"}, "a line and a relay may be of no office"


def test_the_database_refuses_a_second_open_attempt_on_a_channel(cast: Cast) -> None:
    to = channel(cast.installation, cast.place.id)
    item = published(cast.installation, cast.place.id, to, at=cast.installation.now(), text="x")
    with cast.installation.store.read(cast.place.id) as session:
        delivery = session.scalar(select(Delivery.id).where(Delivery.item_id == item.id))
    attempt = {"delivery_id": delivery, "channel_id": to, "part": 0, "hash": "", "started_at": cast.installation.now()}
    with pytest.raises(IntegrityError), cast.installation.store.write(cast.place.id) as session:
        session.add_all([Attempt(**attempt), Attempt(**attempt)])


@given(st.datetimes(datetime(1990, 1, 1), datetime(2190, 1, 1), timezones=st.timezones()))
def test_a_moment_survives_the_store_to_the_microsecond(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment.astimezone(UTC)


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_moments_sort_as_their_numbers_do(one: int, other: int) -> None:
    assert (from_micros(one) < from_micros(other)) == (one < other)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        to_micros(datetime(2026, 11, 26))


def test_a_secret_is_unreadable_without_its_key(tmp_path: Path) -> None:
    sealed = Vault.open(tmp_path / "a.key").seal_map({"access_token": "hemligt"})
    assert "hemligt" not in sealed
    with pytest.raises(KeyMismatch):
        Vault.open(tmp_path / "b.key").unseal_map(sealed)


def test_a_new_key_first_in_the_file_still_opens_what_the_old_one_sealed(tmp_path: Path) -> None:
    old = Vault.open(tmp_path / "a.key")
    sealed = old.seal("hemligt")
    new_key = (tmp_path / "b.key", Vault.open(tmp_path / "b.key"))[0].read_bytes()
    (tmp_path / "a.key").write_bytes(new_key + (tmp_path / "a.key").read_bytes())
    rotated = Vault.open(tmp_path / "a.key")
    assert rotated.unseal(sealed) == "hemligt"
    assert rotated.derive("session") == old.derive("session"), "rotation signs nobody out"


def test_the_key_is_for_its_owner_only(installation: Installation) -> None:
    assert oct((installation.home / "secret.key").stat().st_mode)[-3:] == "600"


def test_a_failed_transaction_leaves_nothing(cast: Cast) -> None:
    def half(installation: Installation) -> None:
        with installation.store.write(cast.place.id) as session:
            session.add(Channel(platform="newsroom", name="x", created_at=installation.now()))
            session.flush()
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        half(cast.installation)
    with cast.installation.store.read(cast.place.id) as session:
        assert session.scalar(select(func.count(Channel.id))) == 0


def test_who_waited_too_long_for_anothers_row_is_told_that_it_is_busy(cast: Cast) -> None:
    """What somebody else caused passes; a mistake of ours does not."""
    store = cast.installation.store
    if store.is_sqlite:
        other, waiting = Store(store.url), "PRAGMA busy_timeout = 0"
    else:
        other, waiting = Store(store.url), "SET LOCAL lock_timeout = '50ms'"
    with store.write(cast.place.id) as session:
        locks.row(session, Workspace, cast.place.id).pause_reason = "x"
        session.flush()
        with other.engine.connect() as connection:
            connection.exec_driver_sql(waiting)
            with pytest.raises(OperationalError) as held:
                connection.exec_driver_sql("UPDATE workspace SET pause_reason = 'y'")
    other.close()
    assert busy(held.value)
    with pytest.raises(DBAPIError) as wrong, store.engine.connect() as connection:
        connection.exec_driver_sql("SELECT nothing FROM nowhere")
    assert not busy(wrong.value)


def test_a_number_that_no_column_can_hold_is_told_alike(cast: Cast) -> None:
    with cast.installation.store.read(cast.place.id) as session:
        assert session.scalar(select(Channel.id).where(Channel.id == 2**62)) is None
        with pytest.raises(OverflowError):
            session.scalar(select(Channel.id).where(Channel.id == 2**70))


def test_of_two_that_wait_for_each_other_one_is_ended_and_told_that_it_is_busy(cast: Cast) -> None:
    if cast.installation.store.is_sqlite:
        pytest.skip("PostgreSQL only: SQLite's writers never wait for each other halfway")
    store, both = cast.installation.store, threading.Barrier(2)

    def take(first: int, second: int) -> None:
        with store.write(EVERY_WORKSPACE) as session:
            locks.row(session, Workspace, first)
            both.wait(10)
            locks.row(session, Workspace, second)

    with ThreadPoolExecutor(2) as threads:
        ends = [
            threads.submit(take, cast.place.id, cast.elsewhere.id),
            threads.submit(take, cast.elsewhere.id, cast.place.id),
        ]
    errors = [error for end in ends if (error := end.exception()) is not None]
    assert [busy(error) for error in errors] == [True]


def test_what_was_busy_is_done_again_but_not_for_ever() -> None:
    tries = []

    def work(ends_at: int) -> str:
        tries.append(1)
        if len(tries) < ends_at:
            raise OperationalError("", {}, Exception("database is locked"))
        return "done"

    assert again(lambda: work(3), wait=lambda seconds: None) == "done"
    tries.clear()
    with pytest.raises(OperationalError):
        again(lambda: work(99), wait=lambda seconds: None)
    assert len(tries) == TIMES
    with pytest.raises(RuntimeError):
        again(lambda: exec("raise RuntimeError"))

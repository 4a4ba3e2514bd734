"""An office whose database is on a server: made by one option, found by every later command, its password kept."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.cli.conftest import Run
from tests.conftest import PASSWORD
from tests.peers import postgres

INIT = ("init", "--workspace", "Gruppen", "--email", "astrid@example.org", "--password-stdin")
SECRET = "hemligt"


@pytest.fixture(scope="module")
def databases() -> Iterator[postgres.Databases]:
    """A server: that of the run, or one of these tests' own."""
    if postgres.wanted():
        yield postgres.Databases.running()
        return
    with postgres.serve() as server:
        yield server


@pytest.fixture
def empty(databases: postgres.Databases) -> Iterator[URL]:
    url = databases.create(empty=True)
    yield url
    databases.drop(url)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where nothing is yet."""
    return tmp_path / "office"


def test_every_later_command_finds_the_database_that_init_was_given(run: Run, home: Path, empty: URL) -> None:
    address = empty.set(password=SECRET).render_as_string(hide_password=False)
    made = run(*INIT, "--database", address, stdin=f"{PASSWORD}\n")
    assert (made.exit_code, made.stdout) == (0, "gruppen\n"), made.output
    assert not (home / "commsched.db").exists()
    assert stat.S_IMODE((home / "commsched.toml").stat().st_mode) == 0o600
    assert "astrid@example.org" in run("person", "list", "--workspace", "gruppen").stdout
    told = [run("doctor"), run("pause", "--reason", "Brand"), run("backup"), run(*INIT, "--database", address)]
    assert all(SECRET not in one.output for one in [made, *told])
    assert told[1].exit_code == 0
    assert "pg_dump" in told[2].stderr
    assert told[2].exit_code == 1
    assert "already" in told[3].stderr
    assert not list((home / "backups").glob("*")), "nothing was written that would be no backup"


@pytest.mark.parametrize("address", ["hemligt", "mysql://u:hemligt@x/y", "postgresql+asyncpg://u:hemligt@x/y"])
def test_an_address_that_cannot_be_used_makes_nothing(run: Run, home: Path, address: str) -> None:
    ended = run(*INIT, "--database", address, stdin=f"{PASSWORD}\n")
    assert ended.exit_code == 1
    assert ended.stderr.startswith("Error: This is no address of a database")
    assert SECRET not in ended.output
    assert not home.exists()


@pytest.mark.parametrize(
    ("address", "words"),
    [("postgresql://u:hem@ligt/x@127.0.0.1/c", "%40"), ("sqlite:////tmp/hemligt.db", "is for PostgreSQL")],
)
def test_an_address_with_signs_of_its_own_and_a_file_are_told_what_to_write(
    run: Run, home: Path, address: str, words: str
) -> None:
    ended = run(*INIT, "--database", address, stdin=f"{PASSWORD}\n")
    assert ended.exit_code == 1
    assert words in ended.stderr
    assert "%%" not in ended.stderr
    assert "ligt" not in ended.output
    assert not home.exists()


def test_a_server_that_does_not_answer_is_told_without_the_password(run: Run, home: Path) -> None:
    ended = run(*INIT, "--database", "postgresql://u:hemligt@127.0.0.1:9/y", stdin=f"{PASSWORD}\n")
    assert ended.exit_code == 1
    assert ended.stderr.startswith("Error: The database cannot be opened: ")
    assert SECRET not in ended.output
    assert not (home / "commsched.toml").exists()


def test_without_the_driver_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    ended = run(*INIT, "--database", "postgresql://u:hemligt@x/y", stdin=f"{PASSWORD}\n")
    assert "commsched[postgres]" in ended.stderr
    assert SECRET not in ended.output


def test_what_stood_in_the_settings_stays(run: Run, home: Path, empty: URL) -> None:
    home.mkdir()
    (home / "commsched.toml").write_text('base_url = "https://plan.example.org"')
    run(*INIT, "--database", empty.render_as_string(hide_password=False), stdin=f"{PASSWORD}\n")
    text = (home / "commsched.toml").read_text()
    assert text.startswith('base_url = "https://plan.example.org"\ndatabase_url = "postgresql+psycopg://')

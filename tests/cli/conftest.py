"""The command line in this process, in a home of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import URL

from commsched.bootstrap import name_database
from tests.conftest import PASSWORD

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COMMSCHED_HOME", "COMMSCHED_DATABASE_URL", "COMMSCHED_BASE_URL", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")


@pytest.fixture
def home(tmp_path: Path, blank_home: Path, server_database: URL | None) -> Path:
    """A home with a database and nobody in it; on PostgreSQL its settings say where that is."""
    folder = tmp_path / "office"
    shutil.copytree(blank_home, folder)
    if server_database is not None:
        name_database(folder, server_database.render_as_string(hide_password=False))
    return folder


@pytest.fixture
def run(home: Path) -> Run:
    """``run("person", "list")`` runs the command in the home; raises what it did not expect."""
    from commsched.cli.main import main

    def invoke(*arguments: str, stdin: str = "", **more: Any) -> Result:
        result = CliRunner().invoke(main, ["--home", str(home), *arguments], input=stdin, **more)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def founded(run: Run) -> str:
    """An office with its administrator; returns its slug."""
    made = run(
        "init",
        "--workspace",
        "Regiongruppen Västra",
        "--email",
        "astrid@example.org",
        "--password-stdin",
        stdin=f"{PASSWORD}\n",
    )
    assert made.exit_code == 0, made.output
    return made.stdout.strip()

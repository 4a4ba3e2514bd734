"""The real process: up, the whole way over HTTP, SIGTERM."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from bench.start import family, proportional
from commsched.store.migrate import ready
from commsched.store.models import Item
from commsched.store.session import EVERY_WORKSPACE, Store
from tests.cli.conftest import Run
from tests.conftest import PASSWORD
from tests.processes import running, until
from tests.store import older

SLUG = "regiongruppen-vastra"


def tokens(run: Run) -> tuple[str, str]:
    run("person", "add", "--email", "karin@example.org", "--role", "writer", "--password-stdin", stdin=PASSWORD)
    run("person", "add", "--email", "gunnar@example.org", "--role", "approver", "--password-stdin", stdin=PASSWORD)
    made = [run("token", "create", "--email", f"{who}@example.org").stdout.strip() for who in ("karin", "gunnar")]
    return made[0], made[1]


def test_up_publishes_what_was_approved_and_ends_when_told(run: Run, founded: str, home: Path) -> None:
    karin, gunnar = tokens(run)
    channel = int(run("channel", "add", "--platform", "sandbox", "--name", "Väggen").stdout)
    with running(home, "up", "--port", "0") as (process, address):
        api, http = f"{address}/api/v1", requests.Session()
        writer, approver = ({"Authorization": f"Bearer {token}"} for token in (karin, gunnar))
        soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
        item = http.post(f"{api}/items", json={"text": "Ja", "channels": [channel], "publish_at": soon}, headers=writer)
        assert item.status_code == 201, item.text
        path = f"{api}/items/{item.json()['id']}"
        assert item.headers["Location"] == path
        assert http.post(f"{path}/submit", headers=writer).status_code == 200
        said = {"hash": item.json()["revision"]["hash"]}
        assert http.post(f"{path}/approve", json=said, headers=approver).json()["state"] == "approved"
        assert http.post(f"{path}/schedule", headers=writer).json()["state"] == "scheduled"
        out = until(lambda: (now := http.get(path, headers=writer).json())["state"] == "published" and now)
        assert out["deliveries"][0]["url"].startswith(f"{address}/wall/{SLUG}/")
        assert out["deliveries"][0]["attempts"][0]["outcome"] == "published"
        assert "commsched_heartbeat_age_seconds" in until(
            lambda: "heartbeat" in (text := http.get(f"{address}/metrics").text) and text
        )
        assert run("doctor").exit_code == 0
        process.signal(signal.SIGTERM)
        assert process.wait() == 0
        http.close()


def test_up_brings_an_older_office_up_to_date_and_says_so(tmp_path: Path) -> None:
    """What was there is there, a copy as it was lies in backups, and the next start has nothing to do."""
    older.first(tmp_path / "commsched.db")
    with running(tmp_path, "up", "--port", "0") as (process, address):
        assert requests.get(f"{address}/readyz", timeout=20).status_code in (200, 503)
        process.signal(signal.SIGTERM)
        assert process.wait() == 0
        assert "has been backed up to" in process.errors
    (copy,) = (tmp_path / "backups").iterdir()
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    store = Store(f"sqlite:///{tmp_path / 'commsched.db'}")
    assert ready(store, tmp_path / "backups", datetime.now(UTC)) is None
    with store.read(EVERY_WORKSPACE) as session:
        assert [row.title for row in session.scalars(select(Item).order_by(Item.id))] == ["Text 1", "Text 2", "Text 3"]
    store.close()


@pytest.mark.parametrize("command", ["up", "web"])
def test_who_is_ended_the_moment_the_address_is_there_ends_well(command: str, founded: str, home: Path) -> None:
    with running(home, command, "--port", "0") as (process, _):
        process.signal(signal.SIGTERM)
        assert process.wait() == 0


def test_web_and_worker_do_it_as_two_processes(run: Run, founded: str, home: Path) -> None:
    with running(home, "web", "--port", "0") as (_, address), running(home, "worker") as (worker, _):
        assert requests.get(f"{address}/healthz", timeout=10).status_code == 200
        until(lambda: "commsched_heartbeat" in requests.get(f"{address}/metrics", timeout=10).text)
        worker.signal(signal.SIGTERM)
        assert worker.wait() == 0


def test_a_taken_port_leaves_the_home_as_it_was(home: Path, tmp_path: Path) -> None:
    """It is bound before anything is opened, furnished or migrated."""
    for command in ("up", "demo"):
        nowhere = tmp_path / command
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            arguments = [command, "--home", str(nowhere), "--port", str(taken.getsockname()[1])]
            done = subprocess.run(
                [sys.executable, "-m", "commsched.cli", *arguments], capture_output=True, text=True, timeout=60
            )
        assert done.returncode == 1
        assert "--port 0" in done.stderr
        assert not nowhere.exists()


def test_a_taken_port_is_told_in_a_sentence(founded: str, home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "-m", "commsched.cli", "web", "--home", str(home)]
        done = subprocess.run(
            [*command, "--port", str(taken.getsockname()[1])], capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 1
    assert "Cannot listen" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_idle_demo_keeps_nothing_of_what_furnishing_it_took(tmp_path: Path) -> None:
    """The pages and the engine, under 168 MB: drawing the pictures and making up two months was another's work."""
    with running(tmp_path, "demo", "--port", "0") as (process, address):
        assert requests.get(f"{address}/sign-in", timeout=20).status_code == 200
        time.sleep(5)
        until(lambda: proportional(process.pid) < 168)  # a busy machine comes to rest later
        assert len(family(process.pid)) == 2
        process.signal(signal.SIGTERM)
        assert process.wait() == 0
    with closing(sqlite3.connect(tmp_path / "demo" / "commsched.db")) as connection:
        assert connection.execute("SELECT count(*) FROM item").fetchone()[0] > 20
        links = [link for (link,) in connection.execute("SELECT account_url FROM channel WHERE account_url <> ''")]
    assert links, "what it says is out can be looked at, at the port that was asked for"
    assert all(link.startswith(f"{address}/") for link in links)

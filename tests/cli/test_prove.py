"""``commsched channel prove``: asks first, says what it saw, and writes it down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from commsched.bootstrap import open_installation
from commsched.cli.channels import FORMATS
from commsched.store.models import Proof
from commsched.store.session import EVERY_WORKSPACE
from tests.cli.conftest import Run
from tests.peers.bluesky import Server, bluesky_server
from tests.sims.wordpress import WordPressSimulator

__all__ = ["bluesky_server"]


@pytest.fixture
def sim() -> Iterator[WordPressSimulator]:
    with WordPressSimulator() as simulator:
        yield simulator


@pytest.fixture
def channel(run: Run, founded: str, sim: WordPressSimulator) -> list[str]:
    settings = [f"base_url={sim.site}", "username=editor", f"application_password={sim.passwords['editor']}"]
    sets = [word for setting in settings for word in ("--set", setting)]
    added = run("channel", "add", "--workspace", founded, "--platform", "wordpress", "--name", "Webben", *sets)
    return ["channel", "prove", "--workspace", founded, "--channel", added.stdout.strip()]


def test_a_real_office_must_be_meant(run: Run, channel: list[str], sim: WordPressSimulator) -> None:
    before = len(sim.entries)
    refused = run(*channel, "--yes")
    assert refused.exit_code != 0
    assert "not for trying" in refused.stderr
    assert run(*channel, "--real-office").exit_code != 0, "nobody has said yes"
    assert len(sim.entries) == before


def test_it_says_what_it_saw_and_writes_it_down(
    run: Run, channel: list[str], sim: WordPressSimulator, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    proved = run(*channel, "--real-office", "--yes", "--format", "text", "--format", "edit", "--keep")
    assert proved.exit_code == 0, proved.output
    assert [line.split()[:2] for line in proved.stdout.splitlines()] == [["text", "passed"], ["edit", "passed"]]
    assert "It still stands" in proved.stderr
    with open_installation(home).store.read(EVERY_WORKSPACE) as session:
        rows = session.scalars(select(Proof).order_by(Proof.format)).all()
    assert [(row.platform, row.format, row.passed) for row in rows] == [
        ("wordpress", "edit", True),
        ("wordpress", "text", True),
    ]


def test_what_fails_fails_the_command(
    run: Run, channel: list[str], sim: WordPressSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    sim.faults.append("wp:403:rest_cannot_publish")
    assert run(*channel, "--real-office", "--yes", "--format", "text").exit_code == 1


@pytest.mark.peer
@pytest.mark.xdist_group("bluesky")
def test_an_account_on_a_real_bluesky_server_is_proved(run: Run, founded: str, bluesky_server: Server) -> None:
    account = bluesky_server.account()
    settings = [
        f"base_url={bluesky_server.url}",
        f"handle={account['handle']}",
        f"app_password={bluesky_server.app_password(account)}",
    ]
    sets = [word for setting in settings for word in ("--set", setting)]
    added = run("channel", "add", "--workspace", founded, "--platform", "bluesky", "--name", "Blått", *sets)
    command = ["channel", "prove", "--workspace", founded, "--channel", added.stdout.strip(), "--real-office", "--yes"]
    proved = run(*command)
    assert proved.exit_code == 0, proved.output
    assert {name: state for name, state, *_words in map(str.split, proved.stdout.splitlines()) if name in FORMATS} == {
        "text": "passed",
        "picture": "passed",
        "thread": "passed",
        "video": "skipped",
        "link": "passed",
        "edit": "skipped",
        "delete": "passed",
    }
    assert "could not be compared" not in proved.output
    assert bluesky_server.posts(account) == [], "all of it is taken down"

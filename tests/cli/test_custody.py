"""What the office keeps is its owner's only, and the doctor sees what is not."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from commsched.cli import run as cli_run
from commsched.services.ops import network_disk
from tests.cli.conftest import Run
from tests.conftest import PASSWORD

pytestmark = pytest.mark.sqlite("who can read its file, and on which disk it lies")


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    kept = os.umask(0o022)
    yield
    os.umask(kept)


def modes(home: Path) -> dict[str, int]:
    return {str(path.relative_to(home)): stat.S_IMODE(path.stat().st_mode) for path in (home, *home.rglob("*"))}


def test_a_new_office_is_its_owners_only(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "commsched",
        "init",
        "--home",
        str(tmp_path / "a" / "office"),
        "--workspace",
        "Gruppen",
        "--email",
        "a@example.org",
        "--password-stdin",
    ]
    subprocess.run(command, input=PASSWORD, text=True, check=True, capture_output=True, umask=0o022)
    found = modes(tmp_path / "a" / "office")
    assert {"commsched.db", "secret.key"} <= set(found)
    assert {name: oct(mode) for name, mode in found.items() if mode & 0o077} == {}


def test_what_commands_write_into_a_home_is_its_owners_only(run: Run, founded: str, home: Path) -> None:
    assert run("backup").exit_code == 0
    made = [mode for name, mode in modes(home).items() if name.startswith("backups")]
    assert len(made) == 2
    assert all(not mode & 0o077 for mode in made)


def found(run: Run) -> dict[str, tuple[str, str]]:
    rows = json.loads(run("doctor", "--json").stdout)["findings"]
    return {row["name"]: (row["level"], row["message"] + " " + row["help"]) for row in rows}


def test_the_doctor_sees_what_others_can_read_and_says_what_to_type(run: Run, founded: str, home: Path) -> None:
    home.chmod(0o700)
    assert found(run)["files"][0] == "ok"
    home.chmod(0o755)
    for name in ("secret.key", "commsched.db"):
        (home / name).chmod(0o644)
    level, said = found(run)["files"]
    assert level == "warn"
    assert "secret.key, commsched.db" in said
    assert f"chmod -R go= {home}" in said
    subprocess.run(["chmod", "-R", "go=", str(home)], check=True)
    assert found(run)["files"][0] == "ok"


def test_the_doctor_sees_a_password_that_others_can_read_also_in_a_closed_home(
    run: Run, founded: str, home: Path, tmp_path: Path
) -> None:
    home.chmod(0o700)
    file = home / "commsched.toml"
    file.write_text('base_url = "https://plan.example"\n')
    file.chmod(0o644)
    assert found(run)["files"][0] == "ok", "there is no secret in it"
    file.write_text('smtp_url = "smtp://user:hemligt@127.0.0.1:1"\nmail_from = "a@example.org"\n')
    level, said = found(run)["files"]
    assert level == "warn"
    assert "commsched.toml" in said
    assert f"chmod go= {file}" in said
    assert "hemligt" not in said
    subprocess.run(["chmod", "go=", str(file)], check=True)
    assert found(run)["files"][0] == "ok"
    elsewhere = tmp_path / "settings.toml"
    elsewhere.write_text(file.read_text())
    elsewhere.chmod(0o644)
    file.unlink()
    file.symlink_to(elsewhere)
    assert found(run)["files"][0] == "warn"


def test_the_doctor_sees_what_another_owns(run: Run, founded: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = home.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 4711)
    level, said = found(run)["owner"]
    assert level == "warn"
    assert f"chown -R {owner} {home}" in said


def test_the_doctor_sees_a_proxy_that_the_program_was_not_told_of(
    run: Run, founded: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMSCHED_BASE_URL", "https://plan.example.org")
    assert found(run)["proxy"][0] == "warn"
    monkeypatch.setenv("COMMSCHED_TRUSTED_PROXIES", "1")
    assert found(run)["proxy"][0] == "ok"


def test_windows_is_said_no_in_a_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    for command in (["up"], ["init", "--workspace", "A", "--email", "a@example.org"]):
        ended = run(*command)
        assert (ended.exit_code, ended.stdout) == (1, "")
        assert (
            ended.stderr == "Error: commsched does not run on Windows. Use Linux, for instance in WSL 2 or on a "
            "small server.\n"
        )


def test_another_server_says_it_too() -> None:
    code = "import sys; sys.platform = 'win32'; import commsched.wsgi"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr.startswith("commsched does not run on Windows.")
    assert ran.stderr.count("\n") == 1


def test_the_package_has_a_wsgi_entry_and_it_too_keeps_files_to_the_owner(tmp_path: Path) -> None:
    code = (
        "import os; from commsched.wsgi import app; import wsgi; assert wsgi.app is app;"
        "print(app.test_client().get('/healthz').status_code, oct(os.umask(0)))"
    )
    env = {"PATH": os.environ["PATH"], "COMMSCHED_HOME": str(tmp_path / "home")}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=env,
        umask=0o022,
        cwd=Path(__file__).parents[2],
    )
    assert ran.stdout == "200 0o77\n", ran.stderr
    assert not any(mode & 0o077 for mode in modes(tmp_path / "home").values())
    bad = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=env | {"COMMSCHED_BASE_URL": "x"},
        cwd=Path(__file__).parents[2],
    )
    assert bad.returncode == 1
    assert bad.stderr.startswith("COMMSCHED_BASE_URL: ")


@pytest.fixture
def on_nfs(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"22 1 254:0 / / rw - ext4 /dev/root rw\n40 22 0:35 / {home} rw - nfs4 nas:/x rw\n")
    monkeypatch.setattr(network_disk, "MOUNTS", mounts)


def test_the_doctor_sees_a_database_on_another_machines_disk(
    run: Run, founded: str, request: pytest.FixtureRequest
) -> None:
    assert found(run)["file system"][0] == "ok"
    request.getfixturevalue("on_nfs")
    level, said = found(run)["file system"]
    assert level == "warn"
    assert "a network file system (nfs4)" in said


@pytest.mark.usefixtures("on_nfs")
def test_the_doctor_says_it_too_where_the_database_cannot_be_opened(run: Run, home: Path) -> None:
    (home / "commsched.db").write_bytes(b"not a database" * 1000)
    assert found(run)["file system"][0] == "warn"


@pytest.mark.usefixtures("on_nfs")
@pytest.mark.parametrize("command", ["up", "web", "worker"])
def test_who_starts_an_office_there_is_told_in_one_sentence(
    run: Run, founded: str, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(cli_run, "open_installation", stop)
    monkeypatch.setattr(cli_run, "_alone", lambda: None)
    said = run(command).stderr.splitlines()
    assert len(said) == 2
    assert "a network file system (nfs4)" in said[0]


def stop() -> None:
    raise click.ClickException("stopped here")


def test_nothing_is_said_of_a_disk_in_this_machine(run: Run, founded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_run, "open_installation", stop)
    assert run("up").stderr == "Error: stopped here\n"


@pytest.mark.usefixtures("on_nfs")
def test_a_database_elsewhere_is_judged_where_it_lies(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_run, "open_installation", stop)
    monkeypatch.setenv("COMMSCHED_DATABASE_URL", "sqlite:////elsewhere/commsched.db")
    assert run("up").stderr == "Error: stopped here\n"

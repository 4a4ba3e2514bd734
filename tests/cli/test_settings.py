"""Settings that cannot be used end every command in a sentence and exit code 2, and the doctor tells them."""

from __future__ import annotations

from pathlib import Path

import pytest

from commsched.bootstrap import open_installation, read_settings
from tests.cli.conftest import Run

pytestmark = pytest.mark.sqlite("whose settings need not name it: here they are written anew")

BAD = {
    "not quoted": b"base_url = https://x.example",
    "latin-1": b'mail_name = "G\xf6ran"',
    "relay": b'smtp_url = "mail.example.org:25"',
    "sender": b'mail_from = "kansliet"',
    "two senders": b'mail_from = "a@x.example, b@x.example"',
    "a folder": b"",
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("command", [("person", "list"), ("up", "--port", "0"), ("backup",)], ids=lambda c: c[0])
def test_bad_settings_end_a_command_in_a_sentence(run: Run, home: Path, kind: str, command: tuple[str, ...]) -> None:
    if kind == "a folder":
        (home / "commsched.toml").mkdir()
        assert run(*command).exit_code == 1
        return
    (home / "commsched.toml").write_bytes(BAD[kind])
    ended = run(*command)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"Error: {home / 'commsched.toml'}, line 1: ")
    assert ended.stderr.count("\n") == 1


def test_a_variable_with_a_mistake_ends_it_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMSCHED_LOG", "verbose")
    ended = run("up", "--port", "0")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "COMMSCHED_LOG" in ended.stderr


def test_the_password_of_a_relay_is_not_told(run: Run, home: Path) -> None:
    (home / "commsched.toml").write_text('smtp_url = "smtp://u:hemligt@host:x"')
    assert "hemligt" not in run("person", "list").stderr


def test_the_doctor_tells_all_of_them(run: Run, home: Path) -> None:
    (home / "commsched.toml").write_text('base_url = "x"\ntrusted_proxies = true\n')
    told = run("doctor")
    assert told.exit_code == 1
    assert [line.split(":")[0] for line in told.stdout.splitlines()] == ["FAIL  settings"] * 2


WRONG = """base_url = "x"
trusted_proxies = 99
smtp_url = "mail.example.org:25"
mail_from = "kansliet"
https_proxy = "x"
ca_file = "/nowhere"
colour = 1
"""


def test_the_doctor_tells_them_wherever_they_stand_and_whoever_judges_them(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "commsched.toml").write_text(WRONG)
    for name in ("LOG", "BASEURL", "DATABASE_URL"):
        monkeypatch.setenv(f"COMMSCHED_{name}", "verbose")
    told = run("doctor").stdout.splitlines()
    places = [line.removeprefix("FAIL  settings: ").rpartition("line ")[2].split(":")[0] for line in told]
    assert places == [*"1234567", "COMMSCHED_DATABASE_URL", "COMMSCHED_LOG", "COMMSCHED_BASEURL"]


def test_a_file_that_cannot_be_read_hides_no_wrong_variable(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "commsched.toml").write_bytes(BAD["latin-1"])
    monkeypatch.setenv("COMMSCHED_SMTP_URL", "x")
    monkeypatch.setenv("COMMSCHED_LOG", "verbose")
    told = run("doctor").stdout.splitlines()
    assert [any(name in line for line in told) for name in ("line 1", "SMTP_URL", "COMMSCHED_LOG")] == [True] * 3


@pytest.mark.parametrize("url", ["hemligt", "postgres://u:hemligt@x/y", "oracle+none://u:hemligt@x"])
def test_an_address_that_is_no_databases_is_told_without_its_password(
    run: Run, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("COMMSCHED_DATABASE_URL", url)
    ended = run("person", "list")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr.startswith("Error: COMMSCHED_DATABASE_URL: ")
    assert "hemligt" not in ended.stderr


@pytest.mark.parametrize("name", ["vad?", "a%20b", "50% ö #1", "å:b;c"])
def test_a_home_may_have_any_name(tmp_path: Path, name: str) -> None:
    installation = open_installation(tmp_path / name)
    installation.store.close()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [name]
    assert (tmp_path / name / "commsched.db").is_file()


def test_a_sender_may_have_a_name(home: Path) -> None:
    (home / "commsched.toml").write_text('mail_from = "Kansliet <kansli@example.org>"')
    read = read_settings(home)
    assert (read["mail_from"], read["mail_name"]) == ("kansli@example.org", "Kansliet")
    (home / "commsched.toml").write_text('mail_from = "Kansliet <kansli@example.org>"\nmail_name = "Partiet"')
    assert read_settings(home)["mail_name"] == "Partiet"


def test_an_empty_variable_leaves_the_address_of_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "commsched.toml").write_text('base_url = "https://plan.example.org"')
    monkeypatch.setenv("COMMSCHED_BASE_URL", "")
    installation = open_installation(home)
    assert installation.base_url == "https://plan.example.org"
    installation.store.close()

"""What each command does, prints and refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from sqlalchemy import select, update

from commsched.bootstrap import open_installation
from commsched.cli import _common
from commsched.cli.channels import platform_key, points_inside
from commsched.cli.main import main
from commsched.platforms import get, keys
from commsched.services.accounts import sessions
from commsched.services.contacts import lists
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel, Delivery, Heartbeat, Item, Part, Workspace
from commsched.store.session import EVERY_WORKSPACE
from tests.api.conftest import add_channel
from tests.cli.conftest import Run
from tests.conftest import PASSWORD
from tests.peers.postgres import wanted
from tests.publications import in_doubt, mailing

SLUG = "regiongruppen-vastra"


def walk(command: click.Command, name: str = "commsched") -> list[tuple[str, click.Command]]:
    found = [(name, command)]
    if isinstance(command, click.Group):
        for key, one in command.commands.items():
            found += walk(one, f"{name} {key}")
    return found


@pytest.mark.parametrize(("name", "command"), walk(main), ids=[name for name, _ in walk(main)])
def test_every_command_says_what_it_does_and_takes_a_home(name: str, command: click.Command) -> None:
    assert command.help, name
    assert "--home" in {option for param in command.params for option in param.opts}


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom commsched.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'flask', 'sqlalchemy', 'waitress', 'alembic', 'PIL', 'apscheduler', 'cryptography', 'requests'}\n"
        "sys.exit(','.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "doctor" in done.stdout


def test_an_office_is_made_and_its_administrator_can_sign_in(founded: str, home: Path) -> None:
    assert founded == SLUG
    installation = open_installation(home)
    assert sessions.sign_in(installation, "astrid@example.org", PASSWORD)
    installation.store.close()


def test_the_advice_after_init_stands_apart_from_the_slug_and_can_be_followed(run: Run, home: Path) -> None:
    made = run("init", "--workspace", "Distriktet", "--email", "nils@example.org", stdin=f"{PASSWORD}\n")
    assert made.stdout == "distriktet\n"
    assert f"“commsched up --home {home}”" in made.stderr


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (("--workspace", "X", "--email", "no address", "--password-stdin"), PASSWORD, "not an e-mail address"),
        (("--workspace", "X", "--email", "a@example.org", "--password-stdin"), "kort", "at least 10"),
        (("--workspace", "X", "--email", "a@example.org", "--password-stdin"), "", "stdin"),
        (("--workspace", "!!", "--email", "a@example.org", "--password-stdin"), PASSWORD, "letter or digit"),
        (("--workspace", "X", "--email", "a@example.org", "--zone", "Mars/One"), PASSWORD, "no time zone"),
        (("--workspace", "Regiongruppen Västra", "--email", "b@example.org"), PASSWORD, "already an office"),
    ],
)
def test_init_refuses_in_one_sentence(
    run: Run, founded: str, arguments: tuple[str, ...], stdin: str, said: str
) -> None:
    made = run("init", *arguments, stdin=stdin)
    assert made.exit_code != 0
    assert made.stdout == ""
    assert said in made.stderr
    assert "Traceback" not in made.stderr


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (("--workspace", "X", "--email", "a@example.org", "--zone", "Mars/Base"), PASSWORD, "no time zone"),
        (("--workspace", "X", "--email", "a@example.org", "--zone", "../../etc/passwd"), PASSWORD, "no time zone"),
        (("--workspace", "X", "--email", "a@example.org", "--zone", ""), PASSWORD, "zone"),
        (("--workspace", "X", "--email", "no address"), PASSWORD, "not an e-mail address"),
        (("--workspace", "", "--email", "a@example.org"), PASSWORD, "needed"),
        (("--workspace", "!!", "--email", "a@example.org"), PASSWORD, "letter or digit"),
        (("--workspace", "X", "--email", "a@example.org", "--slug", "!!"), PASSWORD, "letter or digit"),
        (("--workspace", "X" * 300, "--email", "a@example.org"), PASSWORD, "At most"),
        (("--workspace", "X", "--email", "a@example.org", "--name", "N" * 300), PASSWORD, "At most"),
        (("--workspace", "X", "--email", "a@example.org", "--language", "tlh"), PASSWORD, "--language"),
        (("--workspace", "X", "--email", "a@example.org", "--password-stdin"), "kort", "at least 10"),
        (("--workspace", "X", "--email", "a@example.org", "--password-stdin"), "", "stdin"),
        (("--workspace", "X"), PASSWORD, "--email"),
    ],
)
def test_an_option_that_cannot_be_used_leaves_nothing_behind(
    tmp_path: Path, arguments: tuple[str, ...], stdin: str, said: str
) -> None:
    from click.testing import CliRunner

    home = tmp_path / "new"
    made = CliRunner().invoke(main, ["--home", str(home), "init", *arguments], input=stdin)
    assert (made.exit_code != 0, made.stdout) == (True, "")
    assert said in made.stderr
    assert not home.exists()


def test_the_home_may_stand_before_or_after_the_command_or_in_the_environment(
    founded: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    expected = CliRunner().invoke(main, ["--home", str(home), "person", "list"]).stdout
    assert "astrid@example.org" in expected
    assert CliRunner().invoke(main, ["person", "--home", str(home), "list"]).stdout == expected
    assert CliRunner().invoke(main, ["person", "list", "--home", str(home)]).stdout == expected
    monkeypatch.setenv("COMMSCHED_HOME", str(home))
    assert CliRunner().invoke(main, ["person", "list"]).stdout == expected


def test_a_wrong_home_founds_no_office(tmp_path: Path) -> None:
    from click.testing import CliRunner

    made = CliRunner().invoke(main, ["person", "list", "--home", str(tmp_path / "nowhere")])
    assert made.exit_code == 1
    assert "commsched init" in made.stderr
    assert not (tmp_path / "nowhere").exists()


def test_the_shells_language_is_spoken(run: Run, founded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "sv_SE.UTF-8")
    assert "Det finns inget kontor" in run("person", "list", "--workspace", "annat").stderr


def test_a_person_gets_a_password_that_works(run: Run, founded: str, home: Path) -> None:
    made = run("person", "add", "--workspace", SLUG, "--email", "gunnar@example.org", "--role", "approver")
    password = made.stdout.strip()
    assert len(password.split()) == 1
    given = run(
        "person",
        "add",
        "--workspace",
        SLUG,
        "--email",
        "karin@example.org",
        "--role",
        "Writer",
        "--password-stdin",
        stdin=f"{PASSWORD}\n",
    )
    assert given.stdout == ""
    installation = open_installation(home)
    assert sessions.sign_in(installation, "gunnar@example.org", password)
    assert sessions.sign_in(installation, "karin@example.org", PASSWORD)
    installation.store.close()
    twice = run("person", "add", "--workspace", SLUG, "--email", "karin@example.org", "--role", "writer")
    assert (twice.exit_code, twice.stdout) == (1, "")


def test_somebody_in_two_offices_keeps_one_password(run: Run, founded: str) -> None:
    run("init", "--workspace", "Distriktet", "--email", "nils@example.org", stdin=f"{PASSWORD}\n")
    made = run("person", "add", "--workspace", "distriktet", "--email", "astrid@example.org", "--role", "reader")
    assert (made.exit_code, made.stdout) == (0, "")
    assert "keeps the password" in made.stderr
    assert run("person", "list").exit_code == 1, "with two offices one must be named"


def test_roles_passwords_and_ends(run: Run, founded: str, home: Path) -> None:
    run("person", "add", "--email", "karin@example.org", "--role", "writer")
    assert run("person", "role", "--email", "karin@example.org", "--role", "approver").exit_code == 0
    assert run("person", "password", "--email", "karin@example.org", stdin="nytt lösenord\n").exit_code == 0
    installation = open_installation(home)
    secret = sessions.sign_in(installation, "karin@example.org", "nytt lösenord")
    assert run("person", "deactivate", "--email", "karin@example.org").exit_code == 0
    assert sessions.recognise(installation, secret) is None
    installation.store.close()
    listed = run("person", "list").stdout.splitlines()
    assert next(line for line in listed if "karin" in line).split() == ["karin@example.org", "approver", "deactivated"]
    assert run("token", "create", "--email", "karin@example.org").exit_code == 1
    assert run("person", "deactivate", "--email", "astrid@example.org").exit_code == 1, "the last administrator stays"
    assert run("person", "password", "--email", "karin@example.org", stdin="tillbaka igen\n").exit_code == 0
    assert run("token", "create", "--email", "karin@example.org").exit_code == 0, "a new password lets them in again"
    assert run("person", "role", "--email", "nobody@example.org", "--role", "reader").exit_code == 1


def test_a_token_is_printed_and_nothing_else_and_works_until_revoked(run: Run, founded: str, home: Path) -> None:
    made = run("token", "create", "--workspace", SLUG, "--email", "Astrid@example.org", "--role", "reader")
    token = made.stdout.removesuffix("\n")
    assert token.startswith("csk_")
    assert made.stdout.count("\n") == 1
    assert made.stderr == ""
    installation = open_installation(home)
    visitor = sessions.recognise_token(installation, token)
    assert visitor is not None
    assert visitor.role == "reader"
    listed = run("token", "list").stdout
    assert "astrid@example.org" in listed
    assert token not in listed
    assert run("token", "revoke", "1").exit_code == 0
    assert sessions.recognise_token(installation, token) is None
    assert run("token", "revoke", "1").exit_code == 1
    installation.store.close()


def test_a_channel_is_added_and_its_id_printed_alone(run: Run, founded: str, tmp_path: Path) -> None:
    made = run(
        "channel", "add", "--workspace", SLUG, "--platform", "sandbox", "--name", "Väggen", "--set", "Behavior=normal"
    )
    assert (made.stdout, made.stderr, made.exit_code) == ("1\n", "", 0)
    people = tmp_path / "press.txt"
    people.write_text("red@example.org\nnyheter@example.org\n")
    listed = run("channel", "add", "--platform", "presslist", "--name", "Pressen", "--set", f"addresses=@{people}")
    piped = run(
        "channel", "add", "--platform", "presslist", "--name", "Få", "--set", "addresses=-", stdin="tips@example.org\n"
    )
    assert (listed.stdout, piped.stdout) == ("2\n", "3\n")
    table = run("channel", "list").stdout
    assert "Väggen" in table
    assert "red@example.org" not in table
    assert run("channel", "check").exit_code == 0
    assert run("channel", "archive", "1").exit_code == 0
    assert "Väggen" not in run("channel", "list").stdout
    assert "Väggen" in run("channel", "list", "--archived").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--platform", "myspace", "--name", "M"), "no platform"),
        (("--platform", "sandbox", "--name", "M", "--set", "colour=red"), "no setting"),
        (("--platform", "sandbox", "--name", "M", "--set", "behaviour"), "KEY=VALUE"),
        (("--platform", "presslist", "--name", "M"), "addresses"),
        (("--platform", "presslist", "--name", "M", "--set", "addresses=@/no/such/file"), "no file"),
        (("--platform", "mastodon", "--name", "M", "--set", "url=http://127.0.0.1:1", "--set", "token=t"), "base_url"),
    ],
)
def test_a_channel_that_cannot_be_connected_prints_no_id(
    run: Run, founded: str, arguments: tuple[str, ...], said: str
) -> None:
    made = run("channel", "add", *arguments)
    assert made.exit_code != 0
    assert made.stdout == ""
    assert said in made.stderr
    assert "Traceback" not in made.stderr


def test_a_platforms_name_may_be_spelled_as_people_do() -> None:
    meant = [platform_key(wish, keys()) for wish in ("Mastodon", "press-list", "Press list", "press", "facebook-page")]
    assert meant == ["mastodon", "presslist", "presslist", "presslist", "facebook"]
    assert platform_key("myspace", keys()) == "myspace"
    assert platform_key("X", keys()) == "x"


def test_only_an_address_on_this_network_opens_the_way_into_it() -> None:
    mastodon = get("mastodon")
    assert points_inside(mastodon, {"url": "http://127.0.0.1:3000"})
    assert points_inside(mastodon, {"base_url": "192.168.1.5"})
    assert not points_inside(mastodon, {"base_url": "https://93.184.216.34"})
    assert not points_inside(mastodon, {"access_token": "http://127.0.0.1"})


def test_every_platform_is_listed_with_its_keys(run: Run) -> None:
    said = run("channel", "platforms").stdout
    for key in ("mastodon", "x", "facebook", "newsroom", "presslist", "sandbox", "folder", "*access_token*"):
        assert key in said


def test_pause_and_resume(run: Run, founded: str, home: Path) -> None:
    assert run("pause", "--workspace", SLUG, "--reason", "Dödsfall").exit_code == 0
    assert run("pause", "--workspace", SLUG, "--reason", "igen").exit_code == 1
    assert "Dödsfall" in run("doctor").stdout
    resumed = run("resume", "--workspace", SLUG, "--missed", "send")
    assert (resumed.exit_code, resumed.stdout) == (0, "")
    assert run("resume", "--workspace", SLUG).exit_code == 1


def test_the_doctor_finds_a_healthy_office_well(run: Run, founded: str) -> None:
    done = run("doctor", "--json")
    said = json.loads(done.stdout)
    assert done.exit_code == 0, done.stdout
    assert said["ok"] is True
    names = {one["name"] for one in said["findings"]}
    assert ("integrity" in names) is not wanted(), "a file's own; a server looks after its pages itself"
    assert {
        "database",
        "schema",
        "key",
        "record",
        "clock",
        "disk",
        "mail",
        "channels",
        "held",
        "unknown",
        "media",
    } <= names
    assert all(one["message"] for one in said["findings"])


def failing(run: Run) -> set[str]:
    done = run("doctor", "--json")
    found = {one["name"] for one in json.loads(done.stdout)["findings"] if one["level"] == "fail"}
    assert (done.exit_code == 1) == bool(found)
    return found


def _change(home: Path, statement: str) -> None:
    opened = open_installation(home)
    with opened.store.ledger() as connection:
        connection.exec_driver_sql(statement)
    opened.store.close()


def test_the_doctor_sees_a_record_that_was_changed(run: Run, founded: str, home: Path) -> None:
    _change(home, "UPDATE entry SET actor = 'Någon annan' WHERE id = 1")
    assert failing(run) == {"record"}


def test_the_doctor_sees_a_key_that_does_not_fit(run: Run, founded: str, home: Path) -> None:
    run("channel", "add", "--platform", "presslist", "--name", "Pressen", "--set", "addresses=red@example.org")
    (home / "secret.key").unlink()
    assert failing(run) == {"key"}


def test_the_doctor_sees_a_channel_whose_access_died(run: Run, founded: str, home: Path) -> None:
    installation = open_installation(home)
    channel = add_channel(installation, 1)
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.get_one(Channel, channel).state = "broken"
    installation.store.close()
    assert failing(run) == {"channel"}


def test_the_doctor_sees_a_clock_that_stands_still_when_something_waits(run: Run, founded: str, home: Path) -> None:
    installation = open_installation(home)
    waiting(installation)
    installation.store.close()
    assert failing(run) == {"clock"}
    installation = open_installation(home)
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.add(Heartbeat(name="clock", at=installation.now()))
    installation.store.close()
    assert failing(run) == set()


def waiting(installation: Installation) -> int:
    """A delivery that is due tomorrow; returns its item."""
    from datetime import timedelta

    from commsched.core.content.draft import DraftIn
    from commsched.services.accounts import machine_admin
    from commsched.services.workflow import editing
    from commsched.store.models import Delivery

    channel = add_channel(installation, 1)
    item = editing.create(
        installation,
        machine_admin.actor(machine_admin.workspace(installation, "")),
        DraftIn(text="Ja", channels=[channel]),
    )
    at = installation.now() + timedelta(days=1)
    with installation.store.write(1) as session:
        revision = session.get_one(Item, item).revision_id
        session.add(
            Delivery(
                uid="d1",
                item_id=item,
                revision_id=revision,
                channel_id=channel,
                due_at=at,
                latest_at=at,
                next_at=at,
                created_at=installation.now(),
            )
        )
    return item


@pytest.mark.sqlite("damages its file")
def test_the_doctor_sees_a_file_that_is_no_database(run: Run, home: Path) -> None:
    for file in home.glob("commsched.db*"):
        file.unlink()
    (home / "commsched.db").write_bytes(b"this is not a database" * 100)
    assert failing(run) == {"database"}


@pytest.mark.sqlite("damages its file")
@pytest.mark.parametrize(
    "command", [("up",), ("token", "create", "--email", "kansli@example.org")], ids=["up", "token"]
)
def test_a_file_that_is_no_database_is_told_in_a_sentence(run: Run, home: Path, command: tuple[str, ...]) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "commsched.db").write_bytes(b"not a database" * 500)
    ended = run(*command)
    assert ended.exit_code == 1
    assert ended.stderr == "Error: The database cannot be opened: file is not a database\n"


def test_a_newer_database_is_left_alone_in_words(run: Run, founded: str, home: Path) -> None:
    _change(home, "UPDATE alembic_version SET version_num = '9999'")
    assert failing(run) == {"database"}
    refused = run("person", "list")
    assert refused.exit_code == 1
    assert "newer version" in refused.stderr


def test_the_version_is_told(run: Run) -> None:
    from commsched import __version__

    assert run("version").stdout == f"commsched {__version__}\n"


def test_what_is_under_way_is_stopped_and_what_had_gone_out_is_said(run: Run, founded: str, home: Path) -> None:
    installation = open_installation(home)
    with installation.store.read(EVERY_WORKSPACE) as session:
        place = session.scalars(select(Workspace.id)).one()
    first, second = (
        mailing(installation, place, "sending", {"a@t.example": "published", "b@t.example": "waiting"})
        for _ in range(2)
    )
    dropped = run("delivery", "drop", str(first))
    assert (dropped.exit_code, dropped.stdout) == (0, "")
    assert "1 of 2 had gone out, and 0 more may" in dropped.stderr
    with installation.store.read(EVERY_WORKSPACE) as session:
        item = session.get_one(Delivery, second).item_id
    assert "1 of 2 had gone out" in run("cancel", str(item)).stderr
    assert run("cancel", str(item)).exit_code == 1, "it is stopped already"
    installation.store.close()


def test_a_mailing_is_followed_until_nothing_more_of_it_is_on_its_way(
    run: Run, founded: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation = open_installation(home)
    with installation.store.read(EVERY_WORKSPACE) as session:
        place = session.scalars(select(Workspace.id)).one()
    row = mailing(installation, place, "sending", {"a@t.example": "published", "b@t.example": "waiting"})
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(update(Part).values(role="recipient"))
        item = session.get_one(Delivery, row).item_id

    def stop_it(_seconds: float) -> None:
        with installation.store.write(EVERY_WORKSPACE) as session:
            session.execute(update(Part).where(Part.state == "waiting").values(state="failed"))

    monkeypatch.setattr("time.sleep", stop_it)
    followed = run("delivery", "watch", str(item))
    assert "] 1/2" in followed.stderr
    assert followed.stdout.split()[-6:] == ["2", "1", "1", "0", "0", "0"]
    installation.store.close()


def test_deliveries_are_listed_and_answered_for_recipient_by_recipient(run: Run, founded: str, home: Path) -> None:
    installation = open_installation(home)
    with installation.store.read(EVERY_WORKSPACE) as session:
        place = session.scalars(select(Workspace.id)).one()
    row = str(in_doubt(installation, place, "redaktionen@svt.example", "jo@dn.example"))
    listed = run("delivery", "list").stdout
    assert "1 re…n@svt.example, 2 j…@dn.example" in listed
    asked = run("delivery", "resolve", row, "--as", "published")
    assert (asked.exit_code, "--recipient" in asked.stderr) == (1, True)
    wrong = run("delivery", "resolve", row, "--as", "published", "--recipient", "7")
    assert (wrong.exit_code, "Recipient 7 does not wait" in wrong.stderr) == (1, True)
    assert run("delivery", "resolve", row, "--as", "published", "--recipient", "2").exit_code == 0
    assert "dn.example" not in run("delivery", "list").stdout
    assert run("delivery", "resolve", row, "--as", "not_published").exit_code == 0, "one is left, so none need be named"
    assert "held" in run("delivery", "list", "--state", "held").stdout
    installation.store.close()


def test_one_person_is_taken_off_a_list_and_nobody_is_named(run: Run, founded: str) -> None:
    addresses = "addresses=red@example.org\ntips@example.org"
    number = run("channel", "add", "--platform", "presslist", "--name", "Pressen", "--set", addresses).stdout.strip()
    gone = run("channel", "forget", number, "-", stdin="Tips@example.org\n")
    assert gone.exit_code == 0, gone.stderr
    again = run("channel", "forget", number, "tips@example.org")
    assert again.exit_code == 1
    assert "tips" not in again.stderr


def test_one_person_wants_no_more_mail_and_nobody_is_named(run: Run, founded: str) -> None:
    addresses = "addresses=red@example.org\ntips@example.org"
    number = run("channel", "add", "--platform", "presslist", "--name", "Pressen", "--set", addresses).stdout.strip()
    gone = run("channel", "take-off", number, "-", "--as", "bounced", stdin="Tips@example.org\n")
    assert gone.exit_code == 0, gone.stderr
    nobody = run("channel", "take-off", number, "annan@example.org")
    assert nobody.exit_code == 1
    assert "annan" not in nobody.stderr


ADDRESSES = "redaktionen@svt.example\r\nÅsa Öberg <asa@dn.example>\r\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("how", ["file", "stdin"])
def test_a_list_of_addresses_is_read_whatever_program_wrote_it(
    run: Run, founded: str, home: Path, tmp_path: Path, encoding: str, how: str
) -> None:
    data = ("\u200b" + ADDRESSES).encode(encoding) if encoding != "cp1252" else ADDRESSES.encode(encoding)
    (tmp_path / "list.txt").write_bytes(data)
    value = "-" if how == "stdin" else f"@{tmp_path / 'list.txt'}"
    made = run(
        "channel",
        "add",
        "--platform",
        "presslist",
        "--name",
        "Pressen",
        "--set",
        f"addresses={value}",
        stdin=data if how == "stdin" else "",
    )
    assert made.exit_code == 0, made.stderr
    installation = open_installation(home)
    with installation.store.read(EVERY_WORKSPACE) as session:
        row = session.get_one(Channel, int(made.stdout))
        assert " ".join(lists.lines(installation, session, row)).split() == ADDRESSES.split()
    installation.store.close()


def test_a_terminal_of_another_alphabet_gets_what_it_can_show(home: Path) -> None:
    command = [sys.executable, "-m", "commsched", "doctor", "--home", str(home)]
    ran = subprocess.run(command, capture_output=True, env={"PYTHONIOENCODING": "latin-1", "LANG": "sv_SE"})
    assert b"Traceback" not in ran.stderr
    assert 'Starta den med "commsched up"' in ran.stdout.decode("latin-1"), ran.stdout


def test_the_least_length_of_a_password_is_said_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def prompt(*_words: str, **_how: object) -> str:
        asked.append("asked")
        return PASSWORD

    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(click, "prompt", prompt)
    monkeypatch.setattr(click, "echo", lambda words, err: asked.append(words))
    assert _common.password_from(False, required=True) == PASSWORD
    assert asked == ["Choose a password of at least 10 characters.", "asked"]

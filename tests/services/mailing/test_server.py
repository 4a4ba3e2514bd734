"""The mail server that is set on a page: who may, what is kept, what is heeded, and what is said when it is wrong."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from commsched.core.delivery.outcome import Absent, CannotTell, Published
from commsched.core.installation.ip_ranges import PrivateAddress
from commsched.core.text.messages import Conflict, Invalid, OfficeError
from commsched.mail.folder import FolderMailer
from commsched.mail.live import ASKED_EVERY, LiveMailer
from commsched.platforms._http.dial import connect, connect_public
from commsched.services.accounts import people
from commsched.services.kernel.context import Actor, Installation
from commsched.services.mailing import server, trial
from commsched.store.models import AuditEntry, MailServer, Workspace
from commsched.store.session import EVERY_WORKSPACE
from tests.conftest import Cast
from tests.mail.servers import Relay, Script

Office = tuple[Installation, Actor]


class Steady:
    """A steady clock that goes only when told."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def steady() -> Steady:
    return Steady()


@pytest.fixture
def live(installation: Installation, cast: Cast, tmp_path: Path, steady: Steady) -> Iterator[Installation]:
    """The installation as ``bootstrap`` puts it together where no settings file names a server; it may reach this
    machine, where the tests' servers are."""
    read = partial(server.standing, installation.store, installation.vault)
    mailer = LiveMailer(read, FolderMailer(tmp_path / "outbox", "a@example.org"), connect, steady)
    yield msgspec.structs.replace(installation, mailer=mailer)
    mailer.close()


@pytest.fixture
def boss(live: Installation, cast: Cast) -> Actor:
    """An administrator of every office."""
    people.add_person(live, cast.elsewhere_actor, cast.administrator.email, "administrator")
    return cast.actor()


@pytest.fixture
def relay() -> Iterator[Callable[..., Relay]]:
    opened: list[Relay] = []

    def start(**steps: bytes) -> Relay:
        opened.append(Relay(Script(**steps)))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def entered(port: int, **more: object) -> server.Entered:
    values: dict[str, object] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "user": "",
        "password": "",
        "sender": "kansli@example.org",
        "sender_name": "Kansliet",
    }
    return server.Entered(**(values | more))  # type: ignore[arg-type]


def test_what_is_kept_is_heeded_at_once_and_in_other_processes_within_seconds(
    live: Installation, boss: Actor, relay: Callable[..., Relay], steady: Steady, tmp_path: Path
) -> None:
    read = partial(server.standing, live.store, live.vault)
    elsewhere = LiveMailer(read, FolderMailer(tmp_path / "other", "a@example.org"), connect, steady)
    assert not live.mailer.reaches()
    assert not elsewhere.reaches()
    good = relay()
    trial.keep_if_it_sends(live, boss, entered(good.port), "astrid@example.org")
    assert live.mailer.reaches()
    assert not elsewhere.reaches()
    steady.at += ASKED_EVERY
    assert elsewhere.reaches()
    assert elsewhere.sender == "kansli@example.org"
    elsewhere.close()
    assert good.script.recipients == ["astrid@example.org"]
    assert b"Ett provmejl" in good.script.contents[0] or b"=?utf-8?" in good.script.contents[0]


def test_a_password_is_kept_encrypted_and_is_on_no_line_of_the_record(live: Installation, boss: Actor) -> None:
    kept = server.server_of(
        live, entered(587, host="smtp.example.org", security="required", user="kansli@example.org", password="hemligt")
    )
    server.keep(live, boss, kept)
    with live.store.read(EVERY_WORKSPACE) as session:
        row = session.get_one(MailServer, server.ROW)
        lines = [
            entry.facts for entry in session.scalars(select(AuditEntry).where(AuditEntry.action == "mail.server_set"))
        ]
    assert "hemligt" not in row.password
    assert live.vault.unseal(row.password) == "hemligt"
    assert lines == [{"host": "smtp.example.org:587", "sender": "kansli@example.org", "via": "page"}]
    assert "hemligt" not in repr(kept)


def test_a_password_follows_to_no_other_server(live: Installation, boss: Actor) -> None:
    first = entered(587, host="smtp.example.org", security="required", user="a@example.org", password="hemligt")
    server.keep(live, boss, server.server_of(live, first))
    again = msgspec.structs.replace(first, password="")
    assert server.server_of(live, again).relay.secret.value == "hemligt"
    for other in ({"host": "evil.example.org"}, {"port": 2525}, {"user": "b@example.org"}):
        with pytest.raises(Invalid) as error:
            server.server_of(live, msgspec.structs.replace(again, **other))
        assert error.value.field == "password"


def test_only_who_administers_every_office_may_set_it(live: Installation, cast: Cast) -> None:
    somewhere = server.server_of(live, entered(25))
    for actor in (cast.actor(), cast.actor("writer")):
        with pytest.raises(OfficeError):
            server.keep(live, actor, somewhere)
        with pytest.raises(OfficeError):
            trial.keep_if_it_sends(live, actor, entered(25), "x@example.org")
    assert not server.may_set(live, cast.actor())
    assert server.get(live) is None


def test_a_demo_is_set_to_send_nothing(live: Installation, boss: Actor) -> None:
    with live.store.write(EVERY_WORKSPACE) as session:
        session.get_one(Workspace, boss.workspace).is_demo = True
    with pytest.raises(OfficeError):
        server.keep(live, boss, server.server_of(live, entered(25)))


def test_what_a_settings_file_says_wins(live: Installation, boss: Actor) -> None:
    fixed = msgspec.structs.replace(live, settings={"smtp_url": "smtp://relay.example.org"})
    with pytest.raises(Conflict):
        server.keep(fixed, boss, server.server_of(live, entered(25)))


@pytest.mark.parametrize(
    ("steps", "field", "words"),
    [
        ({"greeting": b"554 go away"}, "host", "does not let us in"),
        ({"mail": b"550 5.7.1 not your address"}, "sender", "does not let"),
        ({"rcpt": b"550 5.1.1 unknown"}, "", "takes no mail to"),
        ({"content": b"554 5.6.0 no"}, "", "did not take"),
    ],
)
def test_what_is_wrong_is_said_by_its_field_and_nothing_is_kept(
    live: Installation,
    boss: Actor,
    relay: Callable[..., Relay],
    steps: dict[str, bytes],
    field: str,
    words: str,
) -> None:
    with pytest.raises(Invalid) as error:
        trial.keep_if_it_sends(live, boss, entered(relay(**steps).port), "astrid@example.org")
    assert error.value.field == field
    assert words in str(error.value)
    assert server.get(live) is None


def test_a_server_that_is_not_there_or_not_encrypted(
    live: Installation, boss: Actor, relay: Callable[..., Relay]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]
    for what, field in (
        (entered(free), "port"),
        (entered(25, host="nobody.invalid"), "host"),
        (entered(relay().port, security="required"), "security"),
    ):
        with pytest.raises(Invalid) as error:
            trial.keep_if_it_sends(live, boss, what, "astrid@example.org")
        assert error.value.field == field


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"host": "smtp://x"}, "host"),
        ({"host": ""}, "host"),
        ({"security": "offered"}, "security"),
        ({"sender": "nobody"}, "sender"),
        ({"user": "a@example.org"}, "password"),
        ({"user": "a@example.org", "password": "hemligt"}, "security"),
    ],
)
def test_what_cannot_be_a_server(live: Installation, boss: Actor, more: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as error:
        server.server_of(live, entered(25, **more))
    assert error.value.field == field


def test_no_page_points_into_the_machines_own_network(
    live: Installation, boss: Actor, relay: Callable[..., Relay]
) -> None:
    good = relay()
    with pytest.raises(PrivateAddress):
        connect_public("127.0.0.1", good.port, 2)
    assert isinstance(live.mailer, LiveMailer)
    live.mailer.dial = connect_public
    with pytest.raises(Invalid) as error:
        trial.keep_if_it_sends(live, boss, entered(good.port), "astrid@example.org")
    assert error.value.field == "host"
    assert "commsched.toml" in str(error.value)
    assert not good.script.connections


def test_what_left_by_a_server_that_was_taken_away_is_never_called_absent(
    live: Installation, boss: Actor, relay: Callable[..., Relay]
) -> None:
    """Else it would be sent once more."""
    assert isinstance(live.mailer.find("x-1@example.org"), Absent)
    trial.keep_if_it_sends(live, boss, entered(relay().port), "astrid@example.org")
    assert isinstance(live.mailer.find("x-1@example.org"), CannotTell)
    server.take_away(live, boss)
    assert not live.mailer.reaches()
    assert isinstance(live.mailer.find("x-1@example.org"), CannotTell)
    with live.store.read(EVERY_WORKSPACE) as session:
        assert session.get_one(MailServer, server.ROW).password == ""


def test_a_trial_mail_goes_through_what_is_set(live: Installation, boss: Actor, relay: Callable[..., Relay]) -> None:
    with pytest.raises(Conflict):
        trial.send_trial(live, boss, "astrid@example.org")
    good = relay()
    trial.keep_if_it_sends(live, boss, entered(good.port), "astrid@example.org")
    trial.send_trial(live, boss, "astrid@example.org")
    assert len(good.script.contents) == 2
    assert isinstance(live.mailer.verify(), Published)

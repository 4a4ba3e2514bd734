"""An office's own relays: its alone, chosen by its lists, heeded in every process, never taken from under a list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from commsched.core.delivery.rates import Limits
from commsched.core.platform.contract import ConnectError
from commsched.core.text.messages import Conflict, Invalid, NotFound
from commsched.mail.folder import FolderMailer
from commsched.mail.live import ASKED_EVERY, LiveMailer
from commsched.platforms._http.dial import connect
from commsched.services.channels import connect as channels
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel.context import Installation
from commsched.services.mailing import condition, guessing, health, server, trial
from commsched.services.mailing.pool import Relays
from commsched.services.mailing.server import Entered, Reader
from commsched.services.mailing.states import RelayStates
from commsched.store.models import Channel
from tests.conftest import Cast, SetClock
from tests.mail.servers import Relay, Script
from tests.services import desk


@pytest.fixture
def relay() -> Iterator[Relay]:
    server = Relay(Script())
    yield server
    server.close()


@pytest.fixture
def office(cast: Cast, tmp_path: Path) -> Iterator[Installation]:
    """The installation as ``bootstrap`` puts it together; it may reach this machine, where the tests' servers are."""
    installation = cast.installation
    reader = Reader(installation.store, installation.vault)
    installation.mailer = LiveMailer(reader.standing, FolderMailer(tmp_path / "out", "a@example.org"), connect)
    relays = Relays(installation.store, reader, installation.mailer, tmp_path / "out", connect, connect)
    installation.relays = relays
    yield installation
    relays.close()


def entered(port: int, name: str = "Pressen", limits: Limits | None = None) -> Entered:
    sender = "press@parti.example"
    return Entered("127.0.0.1", port, "none", "", "", sender, "Gruppen", name, "own", limits or Limits())


def added(office: Installation, cast: Cast, relay: Relay, limits: Limits | None = None) -> int:
    return trial.keep_if_it_sends(
        office, cast.actor(), entered(relay.port, limits=limits), "astrid@example.org", server.NEW
    )


def test_an_administrator_of_one_office_adds_a_relay_that_no_other_office_has(
    office: Installation, cast: Cast, relay: Relay
) -> None:
    number = added(office, cast, relay)
    assert number != server.ROW
    assert [row.name for row in server.of_office(office, cast.place.id)] == ["Pressen"]
    assert server.of_office(office, cast.elsewhere.id) == []
    for act in (server.find, lambda *about: server.take_away(*about), lambda *about: server.check_may(*about)):
        with pytest.raises(NotFound):
            act(office, cast.elsewhere_actor, number)
    with pytest.raises(ConnectError):
        channels.connect(
            office, cast.elsewhere_actor, "presslist", "Press", {"addresses": "a@b.example", "relay": str(number)}
        )
    with pytest.raises(Invalid):
        added(office, cast, relay)  # the name is taken
    with pytest.raises(Exception, match="role"):
        trial.keep_if_it_sends(office, cast.actor("writer"), entered(relay.port), "a@b.example", server.NEW)
    assert server.get(office) is None, "the installation's own is none of it"


def test_a_list_leaves_through_the_relay_it_chose_and_keeps_it_from_being_taken_away(
    office: Installation, cast: Cast, relay: Relay, clock: SetClock
) -> None:
    number = added(office, cast, relay)
    people = {"addresses": "red@tidning.example", "relay": str(number), "sender": "press@parti.example"}
    press = channels.connect(office, cast.actor(), "presslist", "Press", people).id
    desk.scheduled(cast, channels=[press], kind="release", title="Ja till fler turer", contact="Eva")
    clock.forward(hours=5)
    for _try in range(3):  # on a busy machine the test's server may have closed the connection that checked it
        Dispatcher(office).run()
        clock.forward(seconds=10)
    assert relay.script.recipients == ["astrid@example.org", "red@tidning.example"]
    state = condition.of_office(office, cast.place.id)[number]
    assert (state.today, state.lists, state.trouble) == (1, ("Press",), "")
    with pytest.raises(Conflict, match="Press"):
        server.take_away(office, cast.actor(), number)
    with office.store.read(0) as session:
        assert condition.in_trouble(session, cast.place.id) == []


def test_what_is_changed_is_heeded_in_other_processes_within_seconds(
    office: Installation, cast: Cast, relay: Relay, tmp_path: Path
) -> None:
    number, seconds = added(office, cast, relay, Limits(30, 10_000, 3)), [0.0]
    reader = Reader(office.store, office.vault)
    elsewhere = LiveMailer(
        lambda: reader.standing(number), FolderMailer(tmp_path, "a@example.org"), connect, lambda: seconds[0]
    )
    assert elsewhere.limits == Limits(30, 10_000, 3)
    server.take_away(office, cast.actor(), number)
    assert office.relays is not None
    mailer = office.relays.of(str(number))
    assert mailer is not None
    assert not mailer.reaches()
    assert elsewhere.reaches()
    seconds[0] += ASKED_EVERY
    assert not elsewhere.reaches()


def test_the_end_of_a_mailing_is_foretold_from_what_has_left_already(cast: Cast, clock: SetClock) -> None:
    limits = Limits(per_minute=30, per_day=100)
    with cast.installation.store.ledger() as connection:
        RelayStates(connection, clock.now()).take(7, limits, [("a.example", False)] * 5)
        soon = condition.estimate(connection, limits, 7, 60, clock.now())
        late = condition.estimate(connection, limits, 7, 110, clock.now())
        assert condition.estimate(connection, Limits(), 7, 110, clock.now()) is None
    assert soon is not None
    assert late is not None
    assert timedelta(minutes=2) <= soon - clock.now() <= timedelta(minutes=4)
    assert late - clock.now() > timedelta(hours=23), "the day's allowance comes first"


@pytest.mark.parametrize(
    ("address", "zone", "host", "port"),
    [
        ("press@gmail.com", {}, "smtp.gmail.com", 587),
        ("p@parti.example", {("parti.example", "MX"): ["0 x.mail.protection.outlook.com."]}, "smtp.office365.com", 587),
        (
            "p@parti.example",
            {("_submissions._tcp.parti.example", "SRV"): ["0 1 465 mejl.parti.example."]},
            "mejl.parti.example",
            465,
        ),
        ("p@parti.example", {("smtp.parti.example", "A"): ["192.0.2.1"]}, "smtp.parti.example", 587),
        ("p@parti.example", {}, "", 587),
    ],
)
def test_a_server_is_guessed_from_the_address(
    address: str, zone: dict[tuple[str, str], list[str]], host: str, port: int
) -> None:
    guess = guessing.guess(address, lambda name, kind: zone.get((name, kind), []))
    assert (guess.host, guess.port) == (host, port)


def test_what_would_stop_a_list_at_its_time_is_told_by_the_doctor_beforehand(
    office: Installation, cast: Cast, relay: Relay
) -> None:
    number = added(office, cast, relay)
    people = {"addresses": "red@tidning.example", "relay": str(number), "sender": "press@parti.example"}
    press = channels.connect(office, cast.actor(), "presslist", "Press", people).id
    assert "fail" not in {look.state for look in health.looks(office)}
    relay.script.mail = b"550 5.7.60 not allowed to send as this sender"
    told = [look for look in health.looks(office) if look.state == "fail"]
    assert [look.words.params["sender"] for look in told] == ["press@parti.example"]
    with office.store.write(cast.place.id) as session:
        channel = session.get_one(Channel, press)
        channel.settings = channel.settings | {"sender": "Pressen", "reply_to": "press at parti"}
    with office.store.read(0) as session:
        assert len([look for look in health.quick(session, office) if look.state == "fail"]) == 2
    with office.store.ledger() as connection:
        RelayStates(connection, office.now()).refused(number, "535 no")
    with office.store.read(0) as session:
        assert len(list(health.quick(session, office))) == 3
        (trouble,) = condition.in_trouble(session, cast.place.id)
        assert (trouble.relay, trouble.name) == (number, "Pressen")
        assert condition.in_trouble(session, cast.elsewhere.id) == []
    trial_again = entered(relay.port)
    relay.script.mail = b"250 ok"
    trial.keep_if_it_sends(office, cast.actor(), trial_again, "astrid@example.org", number)
    with office.store.read(0) as session:
        assert condition.in_trouble(session, cast.place.id) == [], "set right on the page, it is in trouble no more"

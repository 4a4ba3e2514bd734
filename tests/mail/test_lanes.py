"""A mailing over several connections at once to real Postfix and Dovecot: each recipient gets it once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from commsched.mail.connection import read_url
from commsched.mail.relay import SmtpMailer
from commsched.platforms.presslist import PLATFORM, PressList
from commsched.services.channels import connect
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.store.models import Attempt, Part
from tests.conftest import Cast, SetClock
from tests.mail.test_real_servers import server
from tests.peers.mail import MailServer
from tests.services import desk

__all__ = ["server"]
pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("mail")]
MANY = 24


@pytest.fixture
def relay(server: MailServer, cast: Cast) -> Iterator[SmtpMailer]:
    mailer = SmtpMailer(read_url(server.url()), "desk@example.test")
    cast.installation.mailer = mailer
    yield mailer
    mailer.close()


def send(cast: Cast, clock: SetClock, **settings: str) -> int:
    """A release to :data:`MANY` addresses, all of which end in one mailbox; returns how many calls were made."""
    addresses = "\n".join(f"alice+{number}@example.test" for number in range(MANY))
    given = {"addresses": addresses, "sender": "desk@example.test"} | settings
    channel = connect.connect(cast.installation, cast.actor(), "presslist", "Pressen", given)
    desk.scheduled(cast, channels=[channel.id], kind="release", title="Ja till fler turer", contact="Eva")
    clock.forward(hours=5)
    with ThreadPoolExecutor(8) as hands:
        return Dispatcher(cast.installation, hands=hands).run()


class Log:
    """What Postfix wrote since this was made."""

    def __init__(self, server: MailServer) -> None:
        self._file = server.ca.parent / "maillog"
        self._before = len(self._lines())

    def _lines(self) -> list[str]:
        return self._file.read_text().splitlines()

    def most_open(self) -> int:
        """The most connections that were open at once."""
        now = most = 0
        for line in self._lines()[self._before :]:
            now += " connect from " in line
            now -= " disconnect from " in line
            most = max(most, now)
        return most

    def delivered(self, patience: float = 120.0) -> Counter[str]:
        """How often each recipient got it; waits until everybody did, or ``patience`` seconds have passed."""
        until = time.monotonic() + patience
        while True:
            sent = [line for line in self._lines()[self._before :] if "status=sent" in line]
            counts = Counter(line.partition("to=<")[2].partition(">")[0] for line in sent)
            if len(counts) == MANY or time.monotonic() > until:
                return counts
            time.sleep(0.1)


@pytest.mark.parametrize("lanes", [PLATFORM.lanes, 1])
def test_a_mailing_uses_as_many_connections_as_it_may_and_everybody_gets_it_once(
    server: MailServer, cast: Cast, clock: SetClock, relay: SmtpMailer, lanes: int
) -> None:
    log = Log(server)
    assert send(cast, clock, connections=str(lanes)) == MANY
    relay.close()
    with cast.installation.store.read(cast.place.id) as session:
        assert set(session.scalars(select(Part.state))) == {"published"}
        attempts = session.scalars(select(Attempt)).all()
    assert len({attempt.uid for attempt in attempts}) == len(attempts) == MANY
    assert {attempt.lane // PressList.group for attempt in attempts} <= set(range(lanes))
    assert log.delivered() == {f"alice+{number}@example.test": 1 for number in range(MANY)}
    assert min(lanes, 2) <= log.most_open() <= lanes

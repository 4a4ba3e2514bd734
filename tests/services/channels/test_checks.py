"""Channels are looked at again by themselves: what changed is known, what died is told, silence changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from commsched.core.platform.contract import Account, ChannelContext, ConnectError, DeadToken
from commsched.services.channels import checks, connect, directory
from commsched.services.kernel.context import Installation
from commsched.services.ops import chores
from commsched.store.models import Channel, Notice, Workspace
from tests.conftest import Cast, SetClock
from tests.services import desk
from tests.services.channels.test_connect import GIVEN, Loudhailer


class Changing(Loudhailer):
    """Answers as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.answer: Any = None

    def connect(self, context: ChannelContext) -> Account:
        made = super().connect(context)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or made


@pytest.fixture
def loud() -> Changing:
    return Changing()


@pytest.fixture
def installation(installation: Installation, loud: Changing) -> Installation:
    return replace(
        installation, platform=lambda _key: loud, platform_keys=lambda: ("loudhailer",), http=lambda private: None
    )


@pytest.fixture
def channel(installation: Installation, cast: Cast) -> int:
    return connect.connect(installation, cast.actor(), "loudhailer", "Ropet", GIVEN).id


def now(installation: Installation, cast: Cast, channel: int) -> Channel:
    return directory.get(installation, cast.place.id, channel)


def test_a_channel_is_looked_at_once_a_day(
    installation: Installation, channel: int, loud: Changing, clock: SetClock
) -> None:
    assert not checks.look_again(installation), "it has just been connected"
    clock.forward(hours=25)
    assert checks.look_again(installation)
    assert not checks.look_again(installation)
    clock.forward(hours=25)
    chores.run(installation)
    assert len(loud.contexts) == 3


def test_new_limits_names_and_ends_are_known(
    installation: Installation, cast: Cast, channel: int, loud: Changing, clock: SetClock
) -> None:
    with installation.store.write(cast.place.id) as session:
        directory.find(session, channel).facts = {"size": 7, "warned": "20261224-first"}
    end = installation.now() + timedelta(days=90)
    loud.answer = Account("karin", "@karin_e", "https://loud.example/karin_e", end, {"size": 9})
    clock.forward(hours=25)
    checks.look_again(installation)
    row = now(installation, cast, channel)
    assert (row.account_name, row.account_url) == ("@karin_e", "https://loud.example/karin_e")
    assert (row.token_expires_at, row.checked_at) == (end, installation.now())
    assert row.facts == {"size": 9, "warned": "20261224-first"}, "nobody is warned of the same end again"
    assert row.name == "Ropet"


def test_a_dead_token_is_told_and_stops_the_channel_when_it_was_heard_twice(
    installation: Installation, cast: Cast, channel: int, loud: Changing, clock: SetClock
) -> None:
    loud.answer = DeadToken("The token lacks the right %(right)s.", "token", right="skriva")
    clock.forward(hours=25)
    checks.look_again(installation)
    assert now(installation, cast, channel).state == "ok", "one refusal may be a server that is ill"
    assert not checks.look_again(installation)
    clock.forward(minutes=16)
    checks.look_again(installation)
    row = now(installation, cast, channel)
    assert (row.state, row.trouble) == ("broken", "Nyckeln saknar behörigheten skriva."), "in the office's language"
    assert desk.notices(installation, cast.place.id, "access_died") == {cast.administrator.id}
    for _ in range(3):
        clock.forward(hours=25)
        checks.look_again(installation)
    with installation.store.read(cast.place.id) as session:
        assert session.scalar(select(func.count(Notice.id)).where(Notice.kind == "access_died")) == 1


def test_a_refusal_that_was_none_is_forgotten(
    installation: Installation, cast: Cast, channel: int, loud: Changing, clock: SetClock
) -> None:
    for answer in (DeadToken("no"), None, DeadToken("no")):
        loud.answer = answer
        clock.forward(hours=25)
        checks.look_again(installation)
    assert now(installation, cast, channel).state == "ok"


def test_a_channel_that_works_again_is_no_longer_broken(
    installation: Installation, cast: Cast, channel: int, clock: SetClock
) -> None:
    with installation.store.write(cast.place.id) as session:
        row = directory.find(session, channel)
        row.state, row.trouble = "broken", "401"
    clock.forward(hours=25)
    checks.look_again(installation)
    row = now(installation, cast, channel)
    assert (row.state, row.trouble) == ("ok", "")


@pytest.mark.parametrize("answer", [ConnectError("It could not be reached."), OSError("dns"), KeyError("id")], ids=str)
def test_a_server_that_is_silent_changes_nothing_and_is_asked_again_in_an_hour(
    installation: Installation, cast: Cast, channel: int, loud: Changing, clock: SetClock, answer: Exception
) -> None:
    loud.answer = answer
    before = now(installation, cast, channel)
    clock.forward(hours=25)
    assert checks.look_again(installation)
    after = now(installation, cast, channel)
    assert (after.state, after.trouble, after.checked_at) == (before.state, before.trouble, before.checked_at)
    assert after.facts == before.facts
    assert not checks.look_again(installation)
    clock.forward(minutes=61)
    assert checks.look_again(installation)


def test_another_account_is_not_taken_for_this_one(
    installation: Installation, cast: Cast, channel: int, loud: Changing, clock: SetClock
) -> None:
    loud.answer = Account("olle", "@olle", "https://loud.example/olle")
    clock.forward(hours=25)
    checks.look_again(installation)
    row = now(installation, cast, channel)
    assert (row.account, row.account_name) == ("karin", "@karin")


def test_a_new_access_given_meanwhile_is_not_undone(
    installation: Installation,
    cast: Cast,
    channel: int,
    loud: Changing,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask = checks._ask

    def slowly(installation: Installation, asked: Channel) -> Account:
        monkeypatch.setattr(checks, "_ask", ask)
        connect.reconnect(installation, cast.actor(), channel, GIVEN | {"token": "karin:new"})
        raise DeadToken("the old token")

    monkeypatch.setattr(checks, "_ask", slowly)
    clock.forward(hours=25)
    checks.look_again(installation)
    assert now(installation, cast, channel).refused_at is None


def test_a_token_whose_day_has_come_is_looked_at_at_once(
    installation: Installation, cast: Cast, channel: int, loud: Changing, clock: SetClock
) -> None:
    clock.forward(days=59, hours=20)
    loud.answer = Account(
        "karin", "@karin", "https://loud.example/karin", now(installation, cast, channel).token_expires_at
    )
    checks.look_again(installation)
    clock.forward(hours=5)
    assert checks.look_again(installation)
    assert not checks.look_again(installation)
    assert now(installation, cast, channel).state == "ok", "its day has come, and the platform still takes it"


def test_the_offices_own_places_are_not_looked_at(
    installation: Installation, channel: int, loud: Changing, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Changing, "own", True)
    clock.forward(hours=25)
    assert not checks.look_again(installation)


def test_a_demos_servers_are_not_asked_for_they_do_not_exist(
    installation: Installation, cast: Cast, channel: int, clock: SetClock
) -> None:
    with installation.store.write(cast.place.id) as session:
        session.get_one(Workspace, cast.place.id).is_demo = True
    clock.forward(hours=25)
    assert not checks.look_again(installation)


def test_no_platform_is_loaded_that_nobody_publishes_on(
    installation: Installation, cast: Cast, clock: SetClock
) -> None:
    loaded: list[str] = []
    clock.forward(hours=25)
    checks.look_again(replace(installation, platform=loaded.append))
    assert loaded == []

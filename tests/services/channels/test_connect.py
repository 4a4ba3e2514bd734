"""Connecting a channel: checked at once, kept encrypted, never twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from msgspec.structs import replace

from commsched.core.approval.rules import Policy, Step
from commsched.core.delivery.outcome import Absent, Finding, Handles, Outcome, Published
from commsched.core.platform.contract import (
    Account,
    ChannelContext,
    ChannelView,
    ConnectError,
    Limits,
    Part,
    Platform,
    Setting,
)
from commsched.core.text.messages import Conflict, Invalid, NotAllowed, NotFound, Problem
from commsched.platforms import get as platform_called
from commsched.platforms.folder import PLATFORM as FOLDER
from commsched.services.channels import connect, directory, manage
from commsched.services.kernel.context import Installation
from tests.conftest import Cast


class Loudhailer(Platform):
    """A platform that says who one is by the token."""

    key: ClassVar[str] = "loudhailer"
    name: ClassVar[str] = "Loudhailer"
    many_servers: ClassVar[bool] = True
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting("server", "Server", kind="url", aliases=("base_url",)),
        Setting("token", "Token", secret=True),
        Setting("volume", "Volume", required=False, kind="choice", choices=(("low", "Low"), ("high", "High"))),
    )

    def __init__(self) -> None:
        self.contexts: list[ChannelContext] = []
        self.dead = False

    def connect(self, context: ChannelContext) -> Account:
        self.contexts.append(context)
        if self.dead or context.secrets["token"] == "dead":
            raise ConnectError("The token is not accepted.", "token")
        who = context.secrets["token"].partition(":")[0]
        url = f"{context.settings['server']}/{who}"
        return Account(who, f"@{who}", url, context.now() + timedelta(days=60), {"size": 7})

    def limits(self, facts: dict[str, Any]) -> Limits:
        return Limits()

    def check(self, view: ChannelView, facts: dict[str, Any]) -> list[Problem]:
        return []

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        return Published("1")

    def find(self, part: Part, handles: Handles, since: Any, context: ChannelContext) -> Finding:
        return Absent()

    def delete(self, remote_id: str, context: ChannelContext) -> Outcome:
        return Published("1")


@pytest.fixture
def loud() -> Loudhailer:
    return Loudhailer()


@pytest.fixture
def installation(installation: Installation, loud: Loudhailer) -> Installation:
    return replace(installation, platform=lambda _key: loud, http=lambda allow_private: allow_private)


GIVEN = {"base_url": "https://loud.example", "token": "karin:secret-1"}


def test_a_channel_knows_its_account_and_keeps_its_secret(
    installation: Installation, cast: Cast, loud: Loudhailer
) -> None:
    made = connect.connect(installation, cast.actor(), "loudhailer", "", GIVEN)
    assert (made.name, made.account, made.account_url) == ("@karin", "karin", "https://loud.example/karin")
    assert made.facts == {"size": 7}
    assert made.settings == {"server": "https://loud.example"}
    assert "secret-1" not in made.secrets
    assert installation.vault.unseal_map(made.secrets) == {"token": "karin:secret-1"}
    assert directory.standing(made, installation.now()) == "ok"
    assert loud.contexts[0].http is False


def test_only_the_command_line_reaches_private_addresses(
    installation: Installation, cast: Cast, loud: Loudhailer
) -> None:
    made = connect.connect(installation, cast.actor(), "loudhailer", "", GIVEN, allow_private=True)
    assert loud.contexts[0].http is True
    connect.check_again(installation, cast.actor(), made.id)
    assert loud.contexts[1].http is True


def test_one_account_is_not_connected_twice(installation: Installation, cast: Cast) -> None:
    connect.connect(installation, cast.actor(), "loudhailer", "One", GIVEN)
    with pytest.raises(Conflict):
        connect.connect(installation, cast.actor(), "loudhailer", "Two", GIVEN)
    assert connect.connect(installation, cast.elsewhere_actor, "loudhailer", "Theirs", GIVEN)


def test_an_account_is_its_id_and_its_server(installation: Installation, cast: Cast) -> None:
    elsewhere = GIVEN | {"base_url": "https://far.example"}
    here = connect.connect(installation, cast.actor(), "loudhailer", "Here", GIVEN)
    with pytest.raises(Conflict, match="another account"):
        connect.reconnect(installation, cast.actor(), here.id, elsewhere)
    assert directory.get(installation, cast.place.id, here.id).account_url == "https://loud.example/karin"
    there = connect.connect(installation, cast.actor(), "loudhailer", "There", elsewhere)
    assert (there.account, there.account_url) == (here.account, "https://far.example/karin")
    with pytest.raises(Conflict, match="already connected"):
        connect.connect(installation, cast.actor(), "loudhailer", "There too", elsewhere | {"token": "karin:2"})


def test_one_newsroom_is_not_connected_twice(installation: Installation, cast: Cast) -> None:
    installation = replace(installation, platform=platform_called)
    connect.connect(installation, cast.actor(), "newsroom", "Pressrummet", {})
    with pytest.raises(Conflict, match="already connected"):
        connect.connect(installation, cast.actor(), "newsroom", "Nyheter", {})
    for name in ("Vägg ett", "Vägg två"):
        connect.connect(installation, cast.actor(), "sandbox", name, {})
    for made in directory.channels(installation, cast.place.id):
        connect.check_again(installation, cast.actor(), made.id)


def test_two_channels_do_not_share_a_name(installation: Installation, cast: Cast) -> None:
    connect.connect(installation, cast.actor(), "loudhailer", "Sidan", GIVEN)
    other = connect.connect(installation, cast.actor(), "loudhailer", "Andra", GIVEN | {"token": "olle:x"})
    with pytest.raises(Conflict):
        manage.rename(installation, cast.actor(), other.id, "SIDAN")


def test_a_token_that_does_not_work_connects_nothing(installation: Installation, cast: Cast) -> None:
    with pytest.raises(ConnectError):
        connect.connect(installation, cast.actor(), "loudhailer", "", GIVEN | {"token": "dead"})
    assert directory.channels(installation, cast.place.id) == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"token": "x"}, "server"),
        ({"server": "s"}, "token"),
        (GIVEN | {"volume": "loud"}, "volume"),
        (GIVEN | {"speed": "9"}, "speed"),
        (GIVEN | {"token": "x" * 300_000}, "token"),
    ],
)
def test_a_wrong_setting_is_named(installation: Installation, cast: Cast, given: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        connect.connect(installation, cast.actor(), "loudhailer", "", given)
    assert refused.value.field == field


def test_a_new_token_mends_a_broken_channel_and_wakes_the_scheduler(installation: Installation, cast: Cast) -> None:
    woken: list[int] = []
    installation.wake = lambda: woken.append(1)
    made = connect.connect(installation, cast.actor(), "loudhailer", "", GIVEN)
    with installation.store.write(cast.place.id) as session:
        row = directory.find(session, made.id)
        row.state, row.trouble = "broken", "401"
    mended = connect.reconnect(
        installation, cast.actor(), made.id, {"server": "https://loud.example", "token": "karin:2"}
    )
    assert (mended.state, mended.trouble) == ("ok", "")
    assert installation.vault.unseal_map(mended.secrets) == {"token": "karin:2"}
    assert woken


def test_a_secret_left_empty_stays(installation: Installation, cast: Cast) -> None:
    made = connect.connect(installation, cast.actor(), "loudhailer", "", GIVEN)
    kept = connect.reconnect(installation, cast.actor(), made.id, GIVEN | {"volume": "high", "token": " "})
    assert installation.vault.unseal_map(kept.secrets) == {"token": "karin:secret-1"}
    assert kept.settings["volume"] == "high"


def test_a_secret_is_never_sent_to_another_server(installation: Installation, cast: Cast, loud: Loudhailer) -> None:
    made = connect.connect(installation, cast.actor(), "loudhailer", "", GIVEN, allow_private=True)
    for elsewhere in ("server", "base_url"):
        with pytest.raises(Invalid) as refused:
            connect.reconnect(installation, cast.actor(), made.id, {elsewhere: "https://thief.example", "token": ""})
        assert refused.value.field == "token"
    assert len(loud.contexts) == 1, "nobody was asked"
    moved = connect.reconnect(
        installation, cast.actor(), made.id, {"server": "https://loud.example:444", "token": "karin:2"}
    )
    assert moved.settings["server"] == "https://loud.example:444"
    assert loud.contexts[-1].http is False, "nor does another address inherit the right to the private network"


def test_only_the_command_line_chooses_where_on_the_machine_is_written(
    installation: Installation, cast: Cast, tmp_path: Path
) -> None:
    installation, operator = replace(installation, platform=lambda _key: FOLDER), replace(cast.actor(), via="cli")
    with pytest.raises(Invalid) as refused:
        connect.connect(installation, cast.actor(), "folder", "Här", {"path": str(tmp_path / "anywhere")})
    assert refused.value.field == "path"
    assert not (tmp_path / "anywhere").exists()
    made = connect.connect(installation, operator, "folder", "Här", {"path": str(tmp_path / "chosen")})
    with pytest.raises(Invalid):
        connect.reconnect(installation, cast.actor(), made.id, {"dir": str(tmp_path / "anywhere")})
    assert connect.reconnect(installation, cast.actor(), made.id, {}).settings == {"path": str(tmp_path / "chosen")}
    assert connect.connect(installation, cast.actor(), "folder", "Hemma", {}).settings == {}


def test_somebody_elses_token_does_not_slip_in_under_the_same_name(installation: Installation, cast: Cast) -> None:
    made = connect.connect(installation, cast.actor(), "loudhailer", "", GIVEN)
    with pytest.raises(Conflict):
        connect.reconnect(installation, cast.actor(), made.id, GIVEN | {"token": "olle:1"})
    assert directory.get(installation, cast.place.id, made.id).account == "karin"


def test_a_check_that_fails_leaves_what_was_kept(installation: Installation, cast: Cast, loud: Loudhailer) -> None:
    made = connect.connect(installation, cast.actor(), "loudhailer", "", GIVEN)
    loud.dead = True
    with pytest.raises(ConnectError):
        connect.check_again(installation, cast.actor(), made.id)
    assert installation.vault.unseal_map(directory.get(installation, cast.place.id, made.id).secrets) == {
        "token": "karin:secret-1"
    }


def test_another_offices_channel_is_not_there(installation: Installation, cast: Cast) -> None:
    made = connect.connect(installation, cast.elsewhere_actor, "loudhailer", "", GIVEN)
    with pytest.raises(NotFound):
        manage.archive(installation, cast.actor(), made.id)
    with pytest.raises(NotFound):
        connect.reconnect(installation, cast.actor(), made.id, GIVEN)


@pytest.mark.parametrize("role", ["reader", "writer", "approver"])
def test_only_an_administrator_connects(installation: Installation, cast: Cast, role: str) -> None:
    with pytest.raises(NotAllowed):
        connect.connect(installation, cast.actor(role), "loudhailer", "", GIVEN)


def test_a_channels_policy_names_people_who_approve_here(installation: Installation, cast: Cast) -> None:
    made = connect.connect(installation, cast.actor(), "loudhailer", "", GIVEN)
    manage.set_policy(installation, cast.actor(), made.id, Policy(steps=[Step(people=[cast.approver.id], need="all")]))
    for nobody in (cast.writer.id, cast.stranger.id, 999):
        with pytest.raises(Invalid):
            manage.set_policy(installation, cast.actor(), made.id, Policy(steps=[Step(people=[nobody])]))
    manage.set_policy(installation, cast.actor(), made.id, None)
    assert directory.get(installation, cast.place.id, made.id).policy == {}


def test_a_date_that_has_passed_is_told_and_only_the_platforms_answer_stops_the_channel(
    installation: Installation, cast: Cast
) -> None:
    made = connect.connect(installation, cast.actor(), "loudhailer", "", GIVEN)
    for days, state in ((45, "ok"), (46, "expiring"), (59, "expiring"), (60, "overdue")):
        assert directory.standing(made, installation.now() + timedelta(days=days)) == state, days


def test_characters_that_nobody_sees_are_no_part_of_a_key_or_an_address() -> None:
    """Copied from a page or a chat they come along, and then the server was blamed."""
    given = {"base_url": "https://social.example\u200b", "access_token": "\ufefftok\u200ben\u2060 "}
    plain, secret = connect.read_settings(platform_called("mastodon"), given)
    assert (plain["base_url"], secret["access_token"]) == ("https://social.example", "token")

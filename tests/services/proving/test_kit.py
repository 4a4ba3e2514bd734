"""The kit proves what is so, sees what is not, and posts nowhere that is not for trying."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from commsched.cli.channels import FORMATS as SPELLED
from commsched.core.delivery.outcome import CannotTell
from commsched.core.platform.contract import ChannelContext
from commsched.core.platform.figures import Seen
from commsched.core.text.messages import Conflict, Message
from commsched.platforms import get
from commsched.services.channels.connect import connect
from commsched.services.kernel.context import Installation
from commsched.services.proving import register
from commsched.services.proving.kit import FORMATS, Format, Kit, Step, difference, green_picture
from commsched.store.models import Proof
from tests.conftest import Cast, SetClock
from tests.peers.mastodon import TOKEN, Server, mastodon_server
from tests.platforms._office import context, part, picture
from tests.platforms.test_wordpress import real_site
from tests.sims.bluesky import HANDLE, PASSWORD, BlueskySimulator
from tests.sims.wordpress import WordPressSimulator

__all__ = ["mastodon_server"]
wordpress = get("wordpress")


@pytest.fixture
def sim() -> Iterator[WordPressSimulator]:
    with WordPressSimulator() as simulator:
        yield simulator


def kit(platform: Any, on: ChannelContext) -> Kit:
    return Kit(platform, on, os.urandom(4).hex(), lambda seconds: None)


def at(sim: WordPressSimulator) -> ChannelContext:
    settings, secrets = {"base_url": sim.site, "username": "editor"}, {"application_password": sim.passwords["editor"]}
    on = context(settings, secrets)
    on.facts = wordpress.connect(on).facts
    return on


def states(steps: list[Step]) -> dict[Format, str]:
    return {step.format: step.state for step in steps}


WORDPRESS = {
    "text": "passed",
    "picture": "passed",
    "thread": "skipped",
    "video": "skipped",
    "link": "passed",
    "edit": "passed",
    "delete": "passed",
}


def test_everything_that_a_platform_takes_is_proved_and_taken_down(sim: WordPressSimulator) -> None:
    proof = kit(wordpress, at(sim))
    steps = list(proof.prove(FORMATS))
    assert states(steps) == WORDPRESS, steps
    assert proof.posted == []
    posts = [entry for entry in sim.entries.values() if entry["kind"] == "posts"]
    assert {entry["status"] for entry in posts} == {"trash"}


def test_what_is_kept_stands_there_to_be_looked_at(sim: WordPressSimulator) -> None:
    proof = kit(wordpress, at(sim))
    steps = list(proof.prove(["text", "picture"], keep=True))
    assert states(steps) == {"text": "passed", "picture": "passed"}
    assert len(proof.posted) == 2


@pytest.mark.peer
@pytest.mark.xdist_group("wordpress")
def test_a_real_site_is_proved() -> None:
    with real_site() as server:
        secrets = {"application_password": server.passwords["editor"]}
        on = context({"base_url": server.url, "username": "editor"}, secrets)
        on.facts = wordpress.connect(on).facts
        steps = list(kit(wordpress, on).prove(FORMATS))
    assert states(steps) == WORDPRESS, steps
    assert not any(step.notes for step in steps), "all of it could be compared"


@pytest.mark.peer
@pytest.mark.xdist_group("mastodon")
def test_a_server_of_mastodons_api_is_proved(mastodon_server: Server) -> None:
    mastodon = get("mastodon")
    on = context({"base_url": mastodon_server.url}, {"access_token": TOKEN})
    account = mastodon.connect(on)
    on.facts, on.account = account.facts, account.id
    steps = list(kit(mastodon, on).prove(FORMATS))
    proved = states(steps)
    assert proved.pop("video") == "skipped"
    assert set(proved.values()) <= {"passed"}, steps


class Liar(type(wordpress)):  # type: ignore[misc]
    """A site of which something else is seen than was sent."""

    lie: Seen | CannotTell = Seen("")

    def seen(self, remote_id: str, context: ChannelContext) -> Seen | CannotTell:
        return self.lie


@pytest.mark.parametrize(
    ("lie", "state"),
    [
        (Seen("något helt annat"), "failed"),
        (CannotTell(final=True), "passed"),
    ],
)
def test_it_fails_where_something_else_stands_there(
    sim: WordPressSimulator, lie: Seen | CannotTell, state: str
) -> None:
    liar = Liar()
    liar.lie = lie
    [step, _taken] = kit(liar, at(sim)).prove(["text"])
    assert step.state == state
    assert bool(step.notes) == isinstance(lie, CannotTell), "what was not seen is said"


def test_a_difference_is_said_in_words() -> None:
    sent = part(wordpress, "Hej  på\ndig", picture("Torget"))
    assert difference(sent, Seen("Hej på dig", 1, ("Torget",))) is None
    assert difference(sent, Seen("Hej på dig")) is None
    for seen in (Seen("Hejdå"), Seen("Hej på dig", 0), Seen("Hej på dig", 1, ("",))):
        assert isinstance(difference(sent, seen), Message)


def test_what_does_not_go_out_or_cannot_be_taken_down_is_told(sim: WordPressSimulator) -> None:
    on = at(sim)
    sim.faults.append("wp:403:rest_cannot_publish")
    [step] = kit(wordpress, on).prove(["text"])
    assert step.state == "failed"
    proof = kit(wordpress, on)
    steps = []
    for each in proof.prove(["text"]):
        steps.append(each)
        sim.faults.append("wp:403:rest_cannot_delete")
    assert states(steps) == {"text": "passed", "delete": "failed"}
    assert len(proof.posted) == 1


def test_an_adapter_that_breaks_is_no_proof(sim: WordPressSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(wordpress), "publish", lambda *_: 1 / 0)
    [step] = kit(wordpress, at(sim)).prove(["text"])
    assert step.state == "failed"


def test_the_picture_is_one(sim: WordPressSimulator) -> None:
    file = green_picture()
    with file.open() as stream:
        assert stream.read(8) == b"\x89PNG\r\n\x1a\n"
    assert register.size_of(file.open().read()) == (640, 360)


def test_the_command_line_spells_the_formats_alike() -> None:
    assert SPELLED == FORMATS


# Where it may be made, and what is kept of it


def site(installation: Installation, cast: Cast, sim: WordPressSimulator) -> int:
    settings = {"base_url": sim.site, "username": "editor", "application_password": sim.passwords["editor"]}
    return connect(installation, cast.actor(), "wordpress", "Webben", settings, allow_private=True).id


def test_a_real_office_is_only_used_where_that_was_said(
    installation: Installation, cast: Cast, sim: WordPressSimulator
) -> None:
    number = site(installation, cast, sim)
    with pytest.raises(Conflict, match="not for trying"):
        register.kit_for(installation, cast.actor(), number, "m", real_office=False)
    made, server = register.kit_for(installation, cast.actor(), number, "m", real_office=True)
    assert (made.platform, server) == (wordpress, sim.site)


def test_an_access_that_has_run_out_is_renewed_before_the_proof(
    installation: Installation, cast: Cast, clock: SetClock
) -> None:
    with BlueskySimulator() as bluesky:
        settings = {"base_url": bluesky.url, "handle": HANDLE, "app_password": PASSWORD}
        number = connect(installation, cast.actor(), "bluesky", "Blått", settings, allow_private=True).id
        clock.at = datetime.now(UTC) + timedelta(days=1)  # the simulator's tokens are of today
        bluesky.access = "a session that has ended"
        made, _server = register.kit_for(installation, cast.actor(), number, "m", real_office=True)
        steps = list(made.prove(["text"]))
        assert states(steps) == {"text": "passed", "delete": "passed"}, steps


def test_nothing_of_our_own_is_proved(installation: Installation, cast: Cast) -> None:
    room = connect(installation, cast.actor(), "newsroom", "Pressrum", {}).id
    with pytest.raises(Conflict, match="asks no network"):
        register.kit_for(installation, cast.actor(), room, "m", real_office=True)


def test_what_was_seen_is_written_down_and_what_was_not_tried_is_left(
    installation: Installation, cast: Cast, sim: WordPressSimulator
) -> None:
    now = installation.now()
    passed, skipped = Step("text", "passed", Message("it is out")), Step("video", "skipped", Message("none"))
    register.write_down(installation, cast.actor(), "wordpress", sim.site, [passed, skipped], now)
    register.write_down(
        installation, cast.actor(), "wordpress", sim.site, [Step("text", "failed", Message("other words"))], now
    )
    with installation.store.read(cast.place.id) as session:
        [row] = session.scalars(select(Proof)).all()
        sheets = {sheet.platform: sheet for sheet in register.sheets(session)}
    assert (row.format, row.passed, row.detail, row.server) == ("text", False, "other words", sim.site)
    [line] = [line for line in sheets["wordpress"].lines if line.aspect == "text"]
    assert line.live is not None
    assert line.tested.server

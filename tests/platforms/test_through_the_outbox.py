"""Telegram, LinkedIn and the webhook as an office uses them: connected, written, approved, sent at noon, once."""

from __future__ import annotations

from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from commsched.core.content.draft import PictureIn
from commsched.platforms._http.network import Session
from commsched.services.channels import connect
from commsched.services.kernel.context import Installation
from commsched.services.media import library
from tests import writing
from tests.conftest import Cast, SetClock
from tests.services import desk
from tests.sims.linkedin import PAGE, LinkedInSimulator
from tests.sims.linkedin import TOKEN as LINKEDIN_TOKEN
from tests.sims.receiver import SECRET, Receiver
from tests.sims.telegram import TOKEN, TelegramSimulator

LONG = "Ja till fler turer på landsbygden. " * 40


@pytest.fixture
def office(installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``office(platform, settings)`` connects a channel on this machine; returns its number."""
    monkeypatch.setattr(installation, "http", lambda _private: Session(guard=None, deadline=30.0))

    def connected(platform: str, settings: dict[str, str]) -> int:
        return connect.connect(installation, cast.actor(), platform, "", settings, allow_private=True).id

    return connected


def photo(installation: Installation, cast: Cast) -> list[PictureIn]:
    return [PictureIn(id=library.add(installation, cast.actor("writer"), writing.photo()).media.id, alt="Torget")]


def states(cast: Cast, item: int) -> list[tuple[str, str]]:
    return [(row.state, row.reason) for row in desk.deliveries(cast, item)]


def test_a_message_that_was_lost_is_asked_about_at_once_and_never_sent_again(
    office: Any, installation: Installation, cast: Cast, clock: SetClock
) -> None:
    with TelegramSimulator() as sim:
        channel = office("telegram", {"base_url": sim.url, "chat": "@oppnalistan", "token": TOKEN})
        item = desk.scheduled(cast, channels=[channel])
        clock.forward(hours=5)
        sim.faults.append("reset_after_accept")
        desk.publish_what_is_due(installation)
        for _look in range(12):
            clock.forward(minutes=30)
            desk.publish_what_is_due(installation)
        assert states(cast, item) == [("unknown", "ask")]
        assert len(sim.messages) == 1
        assert [call.path.rpartition("/")[2] for call in sim.calls].count("sendMessage") == 1


def test_a_long_text_follows_its_picture(office: Any, installation: Installation, cast: Cast, clock: SetClock) -> None:
    with TelegramSimulator() as sim:
        channel = office("telegram", {"base_url": sim.url, "chat": "@oppnalistan", "token": TOKEN})
        item = desk.scheduled(cast, channels=[channel], text=LONG, media=photo(installation, cast))
        clock.forward(hours=5)
        desk.publish_what_is_due(installation)
        assert states(cast, item) == [("published", "")]
        assert [message.get("text", "a picture") for message in sim.messages] == ["a picture", LONG.strip()]


def test_a_receiver_that_loses_its_answer_shows_the_item_once(
    office: Any, installation: Installation, cast: Cast, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Webhook, "_Webhook__verify_timestamp", lambda self, moment: clock.now())  # the tests' clock
    with Receiver() as receiver:
        channel = office("webhook", {"base_url": f"{receiver.url}/hooks/commsched?office=1", "secret": SECRET})
        item = desk.scheduled(cast, channels=[channel], media=photo(installation, cast))
        clock.forward(hours=5)
        receiver.faults += ["500_after_accept", "reset_after_accept"]
        for _try in range(12):
            desk.publish_what_is_due(installation)
            clock.forward(minutes=1)
        assert states(cast, item) == [("published", "")]
        assert len(receiver.items) == 1
        assert receiver.repeats == 2


def test_a_page_gets_its_pictures_when_linkedin_is_done_with_them(
    office: Any, installation: Installation, cast: Cast, clock: SetClock
) -> None:
    with LinkedInSimulator() as sim:
        settings = {"base_url": sim.url, "organization": PAGE, "access_token": LINKEDIN_TOKEN}
        item = desk.scheduled(cast, channels=[office("linkedin", settings)], media=photo(installation, cast))
        clock.forward(hours=5)
        sim.working = 2
        for _look in range(4):
            desk.publish_what_is_due(installation)
            clock.forward(seconds=30)
        assert states(cast, item) == [("published", "")]
        assert [post["seen"] for post in sim.posts.values()] == [desk.TEXT]
        assert len(sim.media) == 1

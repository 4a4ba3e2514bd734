"""One release, approved once, the whole way out on the office's own platforms."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from msgspec.structs import replace
from sqlalchemy import update

from commsched.core.delivery.outcome import Outcome, Published, Rejected, Unknown
from commsched.core.platform.contract import Email
from commsched.mail.relay import mailer_for
from commsched.services.channels.connect import connect
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel.context import Installation
from commsched.store.models import Workspace
from tests.conftest import Cast, MailBag, SetClock
from tests.services import desk

PRESS = {"recipients": "red@a.example\nnyheter@b.example\ntips@c.example", "sender": "press@gruppen.example"}


def release(cast: Cast, *channels: int, **more: Any) -> int:
    said = {"kind": "release", "title": "Ja till fler turer", "contact": "Eva, 070-000 00 00"} | more
    return desk.scheduled(cast, channels=list(channels), **said)


@pytest.fixture
def channels(installation: Installation, cast: Cast, tmp_path: Path) -> dict[str, int]:
    admin = replace(cast.actor(), via="cli")  # who alone may say where a folder lies
    given: dict[str, dict[str, str]] = {
        "newsroom": {},
        "sandbox": {},
        "folder": {"path": str(tmp_path / "out")},
        "presslist": PRESS,
    }
    return {key: connect(installation, admin, key, key.title(), values).id for key, values in given.items()}


def test_a_release_goes_out_everywhere_at_its_time_and_once(
    installation: Installation, cast: Cast, clock: SetClock, channels: dict[str, int], tmp_path: Path, app: Flask
) -> None:
    app.config["OFFICE"] = installation = replace(installation, mailer=mailer_for({}, tmp_path / "outbox"))
    with installation.store.write(cast.place.id) as session:  # only a demo takes files for mails
        session.execute(update(Workspace).where(Workspace.id == cast.place.id).values(is_demo=True))
    press = app.test_client()
    item = release(cast, *channels.values())
    Dispatcher(installation).run()
    assert press.get("/n/gruppen/").text.count("Ja till fler turer") == 0
    clock.forward(hours=5)
    for _ in range(3):
        Dispatcher(installation).run()
    assert {row.state for row in desk.deliveries(cast, item)} == {"published"}
    page = press.get("/n/gruppen/").text
    assert page.count("Ja till fler turer") == 1
    (newsroom,) = [row for row in desk.deliveries(cast, item) if row.channel_id == channels["newsroom"]]
    assert press.get(newsroom.url.removeprefix("http://localhost")).status_code == 200
    (wall,) = [row for row in desk.deliveries(cast, item) if row.channel_id == channels["sandbox"]]
    where, _, anchor = wall.url.removeprefix("http://localhost").partition("#")
    assert f'id="{anchor}"' in press.get(where).text
    (folder,) = (tmp_path / "out").iterdir()
    assert json.loads((folder / "item.json").read_text("utf-8"))["title"] == "Ja till fler turer"
    letters = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in (tmp_path / "outbox").iterdir()]
    assert sorted(letter["To"] for letter in letters) == ["nyheter@b.example", "red@a.example", "tips@c.example"]


class Picky(MailBag):
    """Answers each recipient in its own way."""

    def send(self, message: Email) -> Outcome:
        self.sent.append(message)
        if message.to == "nyheter@b.example":
            return Rejected("550 5.1.1 no such user", "address")
        return Unknown("lost") if message.to == "tips@c.example" else Published("x", detail="250 ok")


def test_each_recipient_has_an_outcome_and_a_lost_answer_is_never_sent_again(
    installation: Installation, cast: Cast, clock: SetClock, channels: dict[str, int]
) -> None:
    bag = Picky()
    installation = replace(installation, mailer=bag)
    item = release(cast, channels["presslist"])
    clock.forward(hours=5)
    for _ in range(10):
        Dispatcher(installation).run()
        clock.forward(minutes=10)
    assert sorted(letter.to for letter in bag.sent) == ["nyheter@b.example", "red@a.example", "tips@c.example"]
    (row,) = desk.deliveries(cast, item)
    assert (row.state, row.reason) == ("unknown", "ask")
    assert desk.notices(installation, cast.place.id, "unknown_ask")

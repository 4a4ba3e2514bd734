"""An office of the last release, with an approved press delivery waiting, goes on: nothing is asked or sent anew."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from commsched.bootstrap import open_installation
from commsched.core.content.model import ChannelContent, Content, addresses_digest, canonical, digest
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel.context import Installation
from commsched.store import migrate
from commsched.store.models import Channel, Delivery, ListRecipient, Part, Revision
from commsched.store.session import EVERY_WORKSPACE, Store
from commsched.store.types import to_micros
from commsched.store.vault import Vault
from tests.conftest import NOW, MailBag, SetClock
from tests.store.older import put

LINES = ("Namn;E-post", "Berg, Bo;bo@lansbladet.example", "", "Red <RED@tidning.example>, p4@radio.example")
PEOPLE = ["bo@lansbladet.example", "RED@tidning.example", "p4@radio.example"]
CONTENT = Content(
    kind="release",
    title="Ja till fler turer",
    text="Regionen säger ja.",
    channels=[ChannelContent(channel=1, recipients=addresses_digest(list(LINES)))],
)
DUE = NOW + timedelta(hours=5)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The office as that release left it: its steps of the schema, its way of keeping a list, filled by SQL."""
    folder = tmp_path / "office"
    folder.mkdir()
    store = Store(f"sqlite:///{folder / 'commsched.db'}")
    with store.ledger() as connection:
        migrate.upgrade(connection, "0010")
    store.close()
    sealed = Vault.open(folder / "secret.key").seal_map({"addresses": "\n".join(LINES)})
    with closing(sqlite3.connect(folder / "commsched.db")) as connection, connection:
        connection.execute("PRAGMA foreign_keys=ON")
        put(
            connection,
            "workspace",
            id=1,
            slug="gruppen",
            name="Gruppen",
            zone="Europe/Stockholm",
            language="sv",
            latest_minutes=120,
        )
        put(connection, "person", id=1, email="gunnar@example.org", name="Gunnar Lind", language="sv", active=1)
        put(connection, "membership", workspace_id=1, person_id=1, role="approver")
        put(
            connection,
            "channel",
            id=1,
            workspace_id=1,
            platform="presslist",
            name="Pressen",
            state="ok",
            secrets=sealed,
        )
        _release(connection)
    return folder


def _release(connection: sqlite3.Connection) -> None:
    content = canonical(CONTENT)
    at: dict[str, Any] = {"publish_at": to_micros(DUE), "latest_at": to_micros(DUE + timedelta(hours=2))}
    policy = json.dumps({"steps": [{}]})
    put(
        connection,
        "item",
        id=1,
        workspace_id=1,
        uid="u1",
        kind="release",
        title=CONTENT.title,
        state="scheduled",
        revision_id=1,
        version=1,
        policy=policy,
        channels=",1,",
        **at,
    )
    put(
        connection,
        "revision",
        id=1,
        workspace_id=1,
        item_id=1,
        number=1,
        content=content,
        hash=digest(content),
        sources=[],
    )
    put(
        connection,
        "decision",
        workspace_id=1,
        item_id=1,
        revision_id=1,
        hash=digest(content),
        verdict="approve",
        person_id=1,
        at=to_micros(NOW),
    )
    put(
        connection,
        "delivery",
        id=1,
        uid="d1",
        workspace_id=1,
        item_id=1,
        revision_id=1,
        channel_id=1,
        state="waiting",
        due_at=to_micros(DUE),
        latest_at=at["latest_at"],
        next_at=to_micros(DUE),
    )


@pytest.fixture
def opened(home: Path, clock: SetClock, mail: MailBag) -> Iterator[Installation]:
    made = open_installation(home, clock=clock, say=lambda words: None)
    made.mailer = mail
    yield made
    made.store.close()


def test_its_list_is_rows_and_its_hashes_are_what_they_were(opened: Installation) -> None:
    with opened.store.read(EVERY_WORKSPACE) as session:
        channel, revision = session.get_one(Channel, 1), session.get_one(Revision, 1)
        rows = list(session.scalars(select(ListRecipient).order_by(ListRecipient.position, ListRecipient.id)))
    assert channel.secrets == ""
    assert channel.list_digest == revision.parsed().on(1).recipients
    assert revision.hash == digest(canonical(revision.parsed())) == digest(canonical(CONTENT))
    assert [opened.vault.unseal(row.address) for row in rows if row.state == "active"] == PEOPLE


def test_what_it_had_approved_goes_out_once_to_each(opened: Installation, mail: MailBag, clock: SetClock) -> None:
    for _ in range(2):
        Dispatcher(opened).run()
    assert mail.sent == []
    clock.at = DUE
    for _ in range(3):
        Dispatcher(opened).run()
    assert [message.to for message in mail.sent] == PEOPLE
    with opened.store.read(EVERY_WORKSPACE) as session:
        assert session.get_one(Delivery, 1).state == "published"


def test_a_mailing_that_was_half_done_goes_on_with_the_other_half(home: Path, mail: MailBag, clock: SetClock) -> None:
    vault = Vault.open(home / "secret.key")
    with closing(sqlite3.connect(home / "commsched.db")) as connection, connection:
        for number, address in enumerate(PEOPLE):
            state = "published" if number == 0 else "waiting"
            put(
                connection,
                "part",
                delivery_id=1,
                number=number,
                role="recipient",
                state=state,
                key=f"d1-{number}",
                recipient=vault.seal(address),
                message_id=f"m{number}@gruppen.example",
            )
        connection.execute("UPDATE part SET next_at = NULL, finished_at = NULL")
    opened = open_installation(home, clock=clock, say=lambda words: None)
    opened.mailer = mail
    clock.at = DUE
    for _ in range(3):
        Dispatcher(opened).run()
    assert [(message.to, message.message_id) for message in mail.sent] == [
        (address, f"m{number}@gruppen.example") for number, address in enumerate(PEOPLE) if number
    ]
    with opened.store.read(EVERY_WORKSPACE) as session:
        assert session.get_one(Delivery, 1).state == "published"
        assert len(session.scalars(select(Part)).all()) == 3
    opened.store.close()

"""Fills an office with a release's own program, for the tests that open it with today's.

Run it with that release's environment, in a checkout of that release, where ``commsched`` is that release's package::

    PYTHONPATH=<checkout of the release> python tests/store/releases/fill.py tests/store/releases/<step of the schema>

It works with the programs whose use cases lay in ``commsched.flow``: those whose last step of the schema was 0004, the
last that was landed, and 0010, the last before every module moved. What it leaves in the folder is kept in the
repository: ``office.sql`` (the database), ``secret.key``, ``media/`` and ``expected.json`` (what the program of
that time said of it). Everything in it is invented; the key and the token open nothing else.
"""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from commsched.core.draft import DraftIn, PictureIn, SourceIn, VariantIn
from commsched.core.outcome import CannotTell, Outcome, Published, Retry
from commsched.flow import (
    approve,
    connect,
    deputies,
    items,
    keys,
    library,
    passwords,
    people,
    schedule,
    studio,
    write,
)
from commsched.flow.context import Actor, Office
from commsched.flow.deliver.courier import Courier
from sqlalchemy import select

from commsched.bootstrap import open_office
from commsched.core.approval import Policy, Step
from commsched.core.content import Quote
from commsched.core.platform import Mailer
from commsched.store.models import Delivery, Person, Revision
from commsched.store.session import EVERY_WORKSPACE

try:
    from commsched.flow.comments import comment
except ImportError:  # the older of the two
    from commsched.flow.write import comment

START = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)
PASSWORD = "regionbudget i tid"
LOCAL = ("red@lansbladet.example", "nyheter@kusten.example", "p4@radio.example", "desk@tidning.example")
CHANNELS = ("wall", "forgetful", "strict", "newsroom", "local", "national")
NATIONAL = ("inrikes@byran.example", "politik@riks.example", "webb@riks.example")


class Killed(BaseException):
    """The process ends here, with a call in the middle."""


class Clock:
    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at


class Relay(Mailer):
    """A relay that answers as it is told to, by address: ``busy``, or the program is killed while it waits."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.answers: dict[str, str] = {}

    def send(self, message: Any) -> Outcome:
        match self.answers.get(message.to):
            case "killed":
                raise Killed
            case "busy":
                return Retry("451 too many connections, try again later", whole_channel=True)
        self.sent.append((message.to, message.message_id))
        return Published("250 ok")

    def find(self, message_id: str) -> CannotTell:
        return CannotTell("a relay cannot be read back", final=True)


class Filler:
    """An office while it is being filled."""

    def __init__(self, home: Path) -> None:
        self.clock, self.relay = Clock(), Relay()
        self.office: Office = open_office(home, clock=self.clock, base_url="http://localhost")
        self.office.mailer = self.relay
        self.items: dict[str, int] = {}
        self.people()
        self.channels()
        self.pictures()

    def people(self) -> None:
        workspace, boss = people.create_workspace(
            self.office,
            "Regiongruppen",
            "astrid@example.org",
            PASSWORD,
            person_name="Astrid Holm",
            slug="gruppen",
        )
        people.create_workspace(
            self.office, "Distriktet", "nils@example.org", PASSWORD, person_name="Nils Berg", slug="distriktet"
        )
        self.workspace = workspace.id
        self.astrid = Actor(boss.id, boss.name, workspace.id, "administrator")
        self.gunnar = self.member("Gunnar Lind", "approver")
        self.elsa = self.member("Elsa Ström", "approver")
        self.karin = self.member("Karin Ek", "writer")
        self.member("Olle Sand", "reader")
        until = self.clock.at + timedelta(days=14)
        deputies.set_deputy(self.office, self.astrid, self.gunnar.person, self.elsa.person, self.clock.at, until)
        self.token = keys.create_token(self.office, self.karin, "Skrivprogrammet")

    def member(self, name: str, role: str) -> Actor:
        email = f"{name.split()[0].lower()}@example.org"
        person = people.add_person(self.office, self.astrid, email, role, name=name, password=PASSWORD).person
        return Actor(person.id, person.name, self.workspace, role)

    def channels(self) -> None:
        def add(platform: str, name: str, **settings: str) -> int:
            return connect.connect(self.office, self.astrid, platform, name, settings).id

        self.wall = add("sandbox", "Väggen")
        self.forgetful = add("sandbox", "Glömska väggen", behaviour="lost answer")
        self.strict = add("sandbox", "Fyra ögon")
        self.newsroom = add("newsroom", "Pressrummet")
        self.local = add("presslist", "Lokala medier", addresses="\n".join(LOCAL))
        self.national = add("presslist", "Riksmedier", addresses="\n".join(NATIONAL))
        both = Policy(steps=[Step(people=[self.elsa.person, self.gunnar.person], need="all")])
        connect.set_policy(self.office, self.astrid, self.strict, both)

    def pictures(self) -> None:
        from PIL import Image, ImageDraw

        image = Image.new("RGB", (320, 240), (150, 200, 225))
        ImageDraw.Draw(image).rectangle((0, 160, 320, 240), fill=(90, 130, 80))
        held = io.BytesIO()
        image.save(held, "JPEG", quality=70)
        alt = "En buss vid hållplatsen Storgatan."
        self.photo = library.add(self.office, self.karin, held.getvalue(), "linje 14.jpg", alt, "Olle Sand").media.id
        wish = studio.Wish("headline", {"headline": "Fler turer på linje 14"})
        (self.card,) = studio.save(self.office, self.karin, wish, [(600, 315)])

    # -- what people do ------------------------------------------------------------------------------

    def written(self, name: str, channels: list[int], **more: Any) -> int:
        values: dict[str, Any] = {
            "text": f"Fler turer på linje 14 från årsskiftet: {name}.",
            "channels": channels,
            "publish_at": "2026-11-26T12:00",
            "sources": [SourceIn(text="Trafiknämndens beslut § 112", url="https://gruppen.example.org/112.pdf")],
        }
        self.items[name] = write.create(self.office, self.karin, DraftIn(**(values | more)))
        return self.items[name]

    def release(self, name: str, channels: list[int], **more: Any) -> int:
        parts: dict[str, Any] = {
            "kind": "release",
            "title": f"Ja till fler turer ({name})",
            "lead": "Regionen säger ja till fler turer på landsbygden.",
            "quotes": [Quote(text="Äntligen går bussen även på kvällen.", person="Astrid Holm")],
            "contact": "Karin Ek, karin@example.org",
        }
        return self.written(name, channels, **(parts | more))

    def hash_of(self, item: int) -> str:
        with self.office.store.read(self.workspace) as session:
            return str(items.current(session, items.load(session, item)).hash)

    def submitted(self, item: int, then_schedule: bool = True) -> int:
        approve.submit(self.office, self.karin, item, then_schedule=then_schedule)
        return item

    def approved(self, item: int, then_schedule: bool = True) -> int:
        self.submitted(item, then_schedule)
        approve.approve(self.office, self.gunnar, item, self.hash_of(item))
        return item

    # -- the morning ---------------------------------------------------------------------------------

    def morning(self) -> None:
        """What is out, half out, in doubt, waiting, approved, half approved, sent back and cancelled at 09:30 UTC."""
        self.approved(
            self.release("ute", [self.wall, self.newsroom], publish_at="2026-11-26T08:00", media=[self.photo])
        )
        self.approved(self.release("halvskickad", [self.local], publish_at="2026-11-26T09:00"))
        self.approved(self.written("obesvarad", [self.forgetful], publish_at="2026-11-26T10:30"))
        self.approved(self.release("avbruten", [self.national], publish_at="2026-11-26T10:30"))
        self.waiting()
        self.in_review()
        self.relay.answers = dict.fromkeys(LOCAL[2:], "busy") | {NATIONAL[1]: "killed"}
        for hour, minute in ((7, 0), (8, 0), (9, 30)):
            self.clock.at = START.replace(hour=hour, minute=minute)
            with suppress(Killed):
                Courier(self.office, wait=lambda seconds: None).run()
        self.office.store.close()

    def waiting(self) -> None:
        card = PictureIn(id=self.card, alt="Fler turer på linje 14.")
        post = self.written(
            "bilder",
            [self.wall, self.newsroom],
            media=[self.photo, card],
            variants={str(self.wall): VariantIn(text="Kortare på väggen.", crop="1:1")},
        )
        self.approved(post)
        self.approved(
            self.written(
                "tråd", [self.wall], text="Linje 14 får fler turer.\n---\nÄven på kvällen.\n---\nFrån årsskiftet."
            )
        )
        self.approved(self.release("väntande lista", [self.local], publish_at="2026-11-26T13:00"))
        self.approved(self.written("godkänd", [self.wall], publish_at="2026-11-27T08:00"), then_schedule=False)
        stopped = self.approved(self.written("stoppad", [self.wall]))
        schedule.cancel(self.office, self.karin, stopped)

    def in_review(self) -> None:
        half = self.submitted(self.written("halvvägs", [self.wall, self.strict], publish_at="2026-11-26T14:00"))
        approve.approve(self.office, self.elsa, half, self.hash_of(half))
        self.submitted(self.written("frågad", [self.wall]))
        back = self.submitted(self.written("tillbaka", [self.wall]))
        approve.request_changes(self.office, self.gunnar, back, self.hash_of(back), "Skriv linjens nummer.")
        comment(self.office, self.karin, back, "Gör jag.")
        again = DraftIn(text="Linje 14 får fler turer.", channels=[self.wall], publish_at="2026-11-26T12:00")
        write.save(self.office, self.karin, back, again, self.hash_of(back))

    def expected(self) -> dict[str, Any]:
        """What this program says of the office, for tests to hold today's against."""
        with self.office.store.read(EVERY_WORKSPACE) as session:
            return {
                "at": self.clock.at.isoformat(),
                "items": self.items,
                "channels": {
                    name: getattr(self, name)
                    for name in ("wall", "forgetful", "strict", "newsroom", "local", "national")
                },
                "people": {row.name.split()[0].lower(): row.id for row in session.scalars(select(Person))},
                "hashes": {str(row.id): row.hash for row in session.scalars(select(Revision).order_by(Revision.id))},
                "deliveries": {
                    str(row.id): row.state for row in session.scalars(select(Delivery).order_by(Delivery.id))
                },
                "sent": self.relay.sent,
                "lists": {"local": LOCAL, "national": NATIONAL},
                "token": self.token,
            }


def main(folder: Path) -> None:
    passwords.cost = passwords.Cost(time=1, memory=8, lanes=1)
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        office = Filler(home)
        office.morning()
        keep(home, folder, office.expected())
        office.office.store.close()


def keep(home: Path, folder: Path, expected: dict[str, Any]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(home / "commsched.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (folder / "office.sql").write_text("\n".join(connection.iterdump()) + "\n", "utf-8")
    shutil.copy(home / "secret.key", folder / "secret.key")
    shutil.copytree(home / "media", folder / "media")
    (folder / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())

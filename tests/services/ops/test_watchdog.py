"""The watchdog is watched: what stops the publisher, or waits past its time, is seen everywhere and mailed once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from commsched.core.content.draft import DraftIn
from commsched.services.kernel import heartbeats, overdue
from commsched.services.kernel.context import Installation
from commsched.services.notices import outbox, templates
from commsched.services.ops import chores, health, integrity, metrics
from commsched.services.ops.watchdog import MARK, SURE, Watchdog, WatchdogThread
from commsched.services.workflow import approve, editing
from commsched.store.models import Attempt, Channel, Delivery, Heartbeat, Notice, Person, Workspace
from commsched.store.session import EVERY_WORKSPACE
from tests.api.conftest import add_channel
from tests.conftest import Browser, Cast, MailBag, SetClock


@pytest.fixture
def waiting(installation: Installation, cast: Cast, clock: SetClock) -> int:
    """An approved post on a channel, due in an hour; the engine goes."""
    channel = add_channel(installation, cast.place.id)
    at = (clock.now() + timedelta(hours=1)).isoformat()
    item = editing.create(
        installation, cast.actor("writer"), DraftIn(title="Vårdköerna", text="Ja", channels=[channel], publish_at=at)
    )
    approve.submit(installation, cast.actor("writer"), item, then_schedule=True)
    with installation.store.read(EVERY_WORKSPACE) as session:
        from commsched.store.models import Revision

        said = session.scalars(select(Revision.hash).where(Revision.item_id == item)).one()
    approve.approve(installation, cast.actor("approver"), item, said)
    with installation.store.read(EVERY_WORKSPACE) as session:
        return session.scalars(select(Delivery.id)).one()


def beat(installation: Installation, trouble: str = "") -> None:
    heartbeats.beat(installation, "engine-1", trouble)


def late(installation: Installation) -> list[int]:
    with installation.store.read(EVERY_WORKSPACE) as session:
        return [one.delivery for one in overdue.overdue(session, installation.now())]


def stands(installation: Installation) -> str:
    with installation.store.read(EVERY_WORKSPACE) as session:
        return heartbeats.trouble(session, installation.now())


# -- the heartbeat ----------------------------------------------------------------------------------


def test_a_beat_in_the_future_is_none(installation: Installation, clock: SetClock) -> None:
    beat(installation)
    assert stands(installation) == ""
    clock.forward(hours=-1)
    assert stands(installation) == "stopped"
    assert metrics.figures(installation).heartbeat_age == float("inf")
    assert not all(check.ok for check in health.checks(installation) if check.name == "clock")


@pytest.mark.parametrize("trouble", ["stumbles", "stuck", "clock", "damaged"])
def test_what_the_engine_says_of_itself_is_said_everywhere(
    trouble: str, installation: Installation, cast: Cast, browse: Callable[..., Browser]
) -> None:
    beat(installation)
    browser = browse(cast.reader)
    assert "Klockan går" in browser.get("~/").text
    beat(installation, trouble)
    words = str(templates.gettext("sv", heartbeats.TROUBLES[trouble][0]))
    shown = browser.get("~/").text
    assert words in shown
    assert "Klockan går" not in shown
    assert words in browser.get("~/about/").text
    given = browse().get("/readyz")
    assert (given.status_code, given.json["checks"]["clock"]) == (503, {"ok": False})
    assert "commsched_scheduler_going 0" in browse().get("/metrics").text
    beat(installation)
    assert browse().get("/readyz").status_code == 200


def test_an_engine_that_dies_again_and_again_is_not_going_although_each_one_beats(installation: Installation) -> None:
    heartbeats.write_beat(installation, heartbeats.KEEPER, "dies")
    beat(installation)
    assert stands(installation) == "dies"
    installation.clock.forward(minutes=11)  # type: ignore[attr-defined]
    beat(installation)
    assert stands(installation) == "", "it has lived since"


def test_an_engine_without_its_lock_does_not_speak_for_the_one_that_goes(installation: Installation) -> None:
    heartbeats.beat(installation, "engine-1")
    heartbeats.beat(installation, "engine-2", "lock")
    assert stands(installation) == ""


# -- what waits past its time -----------------------------------------------------------------------


def test_what_waits_past_its_time_is_seen_wherever_one_looks(
    installation: Installation, cast: Cast, clock: SetClock, waiting: int, browse: Callable[..., Browser]
) -> None:
    clock.forward(hours=1, minutes=4)
    beat(installation)
    assert late(installation) == []
    assert browse().get("/readyz").status_code == 200
    clock.forward(minutes=2)
    beat(installation)
    assert late(installation) == [waiting]
    given = browse().get("/readyz")
    assert (given.status_code, given.json["checks"]["overdue"]) == (503, {"ok": False})
    assert given.json["checks"]["clock"] == {"ok": True}, "by its beats the engine goes"
    shown = browse(cast.reader).get("~/").text
    assert "Vårdköerna" in shown
    assert "skulle ha gått ut och väntar ännu" in shown
    assert "commsched_overdue 1" in browse().get("/metrics").text
    assert "Vårdköerna" not in browse(cast.stranger, cast.elsewhere.slug).get("~/about/").text


@pytest.mark.parametrize("why", ["paused", "resting", "at work", "cancelled"])
def test_what_waits_for_a_reason_is_not_overdue(
    why: str, installation: Installation, cast: Cast, clock: SetClock, waiting: int
) -> None:
    clock.forward(hours=2)
    with installation.store.write(EVERY_WORKSPACE) as session:
        now = installation.now()
        match why:
            case "paused":
                session.execute(update(Workspace).values(paused_at=now))
            case "resting":
                session.execute(update(Channel).values(not_before=now + timedelta(minutes=10)))
            case "at work":
                session.execute(
                    insert(Attempt).values(
                        delivery_id=waiting, channel_id=1, part=0, hash="", started_at=now - timedelta(minutes=1)
                    )
                )
            case "cancelled":
                session.execute(update(Delivery).values(state="cancelled", next_at=None))
    assert late(installation) == []


def test_a_call_that_never_ends_is_overdue(
    installation: Installation, cast: Cast, clock: SetClock, waiting: int
) -> None:
    clock.forward(hours=2)
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(update(Delivery).values(state="sending", next_at=None))
        session.execute(
            insert(Attempt).values(
                delivery_id=waiting,
                channel_id=1,
                part=0,
                hash="",
                started_at=installation.now() - timedelta(minutes=16),
            )
        )
    assert late(installation) == [waiting]


def test_the_morning_mail_lists_it(
    installation: Installation, cast: Cast, clock: SetClock, mail: MailBag, waiting: int
) -> None:
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(update(Workspace).values(settings={"morning": "2026-11-25"}))
    clock.forward(hours=1, minutes=10)
    chores.run(installation)
    outbox.send_due(installation)
    (letter,) = [one for one in mail.sent if one.to == "karin@example.org" and "I dag" in one.subject]
    assert "Skulle ha gått ut och väntar ännu." in letter.text


# -- the mail ---------------------------------------------------------------------------------------


def told(installation: Installation, mail: MailBag) -> list[tuple[str, str]]:
    outbox.send_due(installation, most=100)
    found = [(one.to, one.subject) for one in mail.sent]
    mail.sent.clear()
    return found


def look(*watches: Watchdog, times: int = SURE) -> None:
    for _ in range(times):
        for watch in watches:
            watch.look()


@pytest.fixture
def quiet(installation: Installation, cast: Cast, mail: MailBag) -> Installation:
    """Everybody has been told what there was to tell."""
    beat(installation)
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(Notice.__table__.delete())
    mail.sent.clear()
    return installation


ABLE = ["astrid@example.org", "gunnar@example.org", "karin@example.org", "nils@example.org"]


def test_a_scheduler_that_stops_is_told_once_and_once_more_when_it_goes(
    quiet: Installation, clock: SetClock, mail: MailBag
) -> None:
    web, engine = Watchdog(quiet, "web"), Watchdog(quiet, "clock")
    look(web, engine, times=3)
    assert told(quiet, mail) == [], "all is well"
    clock.forward(minutes=2)
    web.look()
    assert told(quiet, mail) == [], "one look is not enough: it may just be starting"
    look(web, engine, times=4)
    first = told(quiet, mail)
    assert sorted(to for to, _ in first) == ABLE
    assert {subject for _, subject in first} == {"Just nu publiceras ingenting"}
    beat(quiet)
    web.look()
    assert told(quiet, mail) == []
    look(web, engine, times=4)
    again = told(quiet, mail)
    assert sorted(to for to, _ in again) == ABLE
    assert {subject for _, subject in again} == {"Allt är bra igen"}


def test_the_pages_send_the_mail_themselves_when_the_engine_is_gone(
    quiet: Installation, clock: SetClock, mail: MailBag
) -> None:
    clock.forward(minutes=2)
    look(Watchdog(quiet, "web"))
    assert len(mail.sent) == len(ABLE), "nobody else would have"
    assert "commsched up" in mail.sent[0].text, "it says what to do"


def test_a_clock_that_jumps_is_told_at_once(quiet: Installation, mail: MailBag) -> None:
    beat(quiet, "clock")
    Watchdog(quiet, "clock").look()
    outbox.send_due(quiet)
    assert len(mail.sent) == len(ABLE)
    assert "hoppade" in mail.sent[0].text


def test_what_is_overdue_is_told_to_the_office_that_it_concerns(
    quiet: Installation, clock: SetClock, mail: MailBag, waiting: int
) -> None:
    clock.forward(seconds=15)  # what the approver may still think better of is mailed only then
    told(quiet, mail)
    clock.forward(hours=1, minutes=6)
    beat(quiet)
    look(Watchdog(quiet, "clock"))
    first = told(quiet, mail)
    assert sorted(to for to, _ in first) == ABLE[:3]
    assert {subject for _, subject in first} == {"Något har inte gått ut i tid"}
    with quiet.store.write(EVERY_WORKSPACE) as session:
        session.execute(update(Delivery).values(state="published", next_at=None))
    beat(quiet)
    look(Watchdog(quiet, "clock"), times=3)
    assert sorted(to for to, _ in told(quiet, mail)) == ABLE[:3]


def test_the_engine_notices_that_the_pages_are_gone_unless_they_were_told_to_end(
    quiet: Installation, clock: SetClock, mail: MailBag
) -> None:
    watchdog = WatchdogThread(quiet, "http://127.0.0.1:8080")
    watchdog.start()
    clock.forward(minutes=4)
    beat(quiet)
    look(Watchdog(quiet, "clock"))
    assert {subject for _, subject in told(quiet, mail)} == {"Sidorna svarar inte"}
    watchdog.stop()
    look(Watchdog(quiet, "clock"), times=3)
    assert {subject for _, subject in told(quiet, mail)} == {"Allt är bra igen"}


@pytest.mark.sqlite("damages its file; a server has checksums and an administrator of its own")
def test_where_the_database_cannot_be_read_those_who_were_known_are_mailed_once(
    quiet: Installation, mail: MailBag, monkeypatch: pytest.MonkeyPatch
) -> None:
    web, engine = Watchdog(quiet, "web"), Watchdog(quiet, "clock")
    look(web, engine)
    damage(quiet)
    look(web, engine, times=3)
    assert sorted(one.to for one in mail.sent) == ABLE
    assert "skadad" in mail.sent[0].text
    assert "commsched restore" in mail.sent[0].text
    assert (quiet.home / MARK).exists()


# -- a damaged database -----------------------------------------------------------------------------


def damage(installation: Installation, first: int = 4096) -> None:
    """Overwrite everything after the first page, as a worn memory card might."""
    path = installation.store.path
    assert path is not None
    installation.store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(first)
        file.write(b"\xa5" * (size - first))


@pytest.mark.sqlite("damages its file; a server has checksums and an administrator of its own")
def test_a_damaged_database_says_so_on_the_page_and_to_machines(
    installation: Installation, cast: Cast, browse: Callable[..., Browser], app: Any
) -> None:
    app.config["TESTING"] = False
    beat(installation)
    browser = browse(cast.reader)
    damage(installation)
    shown = browser.get("~/")
    assert shown.status_code == 500
    assert "Databasen är skadad" in shown.text
    assert "säkerhetskopian" in shown.text
    given = browse().get("/readyz")
    assert (given.status_code, given.json["checks"]["database"]) == (503, {"ok": False})
    assert any(
        "skadad" in templates.gettext("sv", str(check.words)) for check in health.checks(installation) if not check.ok
    )


@pytest.mark.sqlite("damages its file; a server has checksums and an administrator of its own")
def test_the_daily_look_finds_damage_before_it_is_needed(
    installation: Installation, cast: Cast, clock: SetClock
) -> None:
    chores.run(installation)
    with installation.store.read(EVERY_WORKSPACE) as session:
        whole = session.get_one(Heartbeat, heartbeats.WHOLE)
        assert (whole.at, whole.detail) == (installation.now(), "")
        page = session.execute(select(Person.id)).all()
        assert page
    looks: list[str] = []
    beat(installation)
    assert stands(installation) == ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(integrity, "check_pages", lambda _office: looks.append("looked") or "page 7 is never used")
        clock.forward(hours=23)
        integrity.look_daily(installation)
        assert looks == []
        clock.forward(hours=2)
        integrity.look_daily(installation)
        assert looks == ["looked"]
    beat(installation)
    assert stands(installation) == "damaged"
    restored = installation.now() + timedelta(minutes=11)
    installation.clock.at = restored  # type: ignore[attr-defined]
    integrity.look_daily(installation)
    beat(installation)
    assert stands(installation) == "", "it is whole again, and that is not said a day too late"
    installation.clock.at = restored - timedelta(minutes=11)  # type: ignore[attr-defined]
    heartbeats.write_beat(installation, heartbeats.WHOLE, "page 7 is never used")
    assert not all(check.ok for check in health.checks(installation) if check.name == "database")


@pytest.mark.sqlite("damages its file; a server has checksums and an administrator of its own")
def test_the_look_sees_a_damaged_page(installation: Installation, cast: Cast) -> None:
    assert integrity.check_pages(installation) == ""
    with installation.store.engine.connect() as connection:
        size = connection.exec_driver_sql("PRAGMA page_size").scalar()
        root = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'ix_delivery_next_at'")
        page = root.scalar()
    damage_page(installation, int(page or 0), int(size or 0))
    assert integrity.check_pages(installation)


def damage_page(installation: Installation, page: int, size: int) -> None:
    path = installation.store.path
    assert path is not None
    installation.store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)

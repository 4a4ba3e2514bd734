"""Offices that earlier releases made with their own programs go on publishing with this one, and nothing twice."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from sqlalchemy import func, select

from commsched.bootstrap import open_installation
from commsched.core.content.draft import DraftIn
from commsched.core.content.model import canonical, digest
from commsched.core.text.messages import OfficeError
from commsched.services.accounts import sessions
from commsched.services.content import items
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel.context import Actor, Installation
from commsched.services.ops import doctor
from commsched.services.public import sandbox_wall
from commsched.services.workflow import approve, editing, schedule
from commsched.store.migrate import version_of
from commsched.store.migrations import HEAD
from commsched.store.models import Attempt, Delivery, Item, ListRecipient, Part, Revision
from commsched.store.session import EVERY_WORKSPACE
from commsched.web.app import create_app
from tests.conftest import PASSWORD, MailBag, SetClock
from tests.store.releases import RELEASES, Expected, put_on_disk

pytestmark = pytest.mark.sqlite("every office of those releases kept its database in a file")
OFFICE = 1


class Migrated(NamedTuple):
    """An office that this program has brought up to date, and what its own said of it."""

    home: Path
    expected: Expected


@pytest.fixture(scope="module", params=RELEASES)
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    """The office as its release left it, opened once with this program; tests work in copies of it."""
    home = tmp_path_factory.mktemp("release")
    home.chmod(0o700)
    expected = put_on_disk(str(request.param), home)
    open_at(home, SetClock(expected.at)).store.close()
    return Migrated(home, expected)


def open_at(home: Path, clock: SetClock) -> Installation:
    return open_installation(home, clock=clock, say=lambda words: None, base_url="http://localhost")


@pytest.fixture
def expected(migrated: Migrated, clock: SetClock) -> Expected:
    """It is the moment in which the program of that release was ended."""
    clock.at = migrated.expected.at
    return migrated.expected


@pytest.fixture
def folder(migrated: Migrated, tmp_path: Path) -> Path:
    return Path(shutil.copytree(migrated.home, tmp_path / "office"))


@pytest.fixture
def office(expected: Expected, folder: Path, clock: SetClock, mail: MailBag) -> Iterator[Installation]:
    office = open_at(folder, clock)
    office.mailer = mail
    yield office
    office.store.close()


def actor(expected: Expected, name: str, role: str) -> Actor:
    return Actor(expected.people[name], name.title(), OFFICE, role)


def let_time_pass(office: Installation, clock: SetClock, until: datetime) -> None:
    """Work every ten minutes, each time as a process that has just been started."""
    while clock.at < until:
        clock.forward(minutes=10)
        Dispatcher(office, wait=lambda seconds: None).run()


def states(office: Installation) -> dict[int, str]:
    with office.store.read(EVERY_WORKSPACE) as session:
        return {row.id: row.state for row in session.scalars(select(Delivery))}


def state_of(office: Installation, item: int) -> str:
    with office.store.read(EVERY_WORKSPACE) as session:
        return session.get_one(Item, item).state


def hash_of(office: Installation, item: int) -> str:
    with office.store.read(OFFICE) as session:
        return items.current(session, items.load(session, item)).hash


def message_ids(office: Installation, expected: Expected, name: str) -> dict[str, str]:
    """The Message-IDs that are kept for the mailing of an item, by address."""
    with office.store.read(EVERY_WORKSPACE) as session:
        mailing = select(Delivery.id).where(Delivery.item_id == expected.items[name])
        parts = session.scalars(select(Part).where(Part.delivery_id.in_(mailing)))
        return {office.vault.unseal(part.recipient): part.message_id for part in parts}


# -- it is brought up to date ------------------------------------------------------------------------


def test_it_is_brought_up_to_date_and_nothing_is_wrong_with_it(office: Installation, folder: Path) -> None:
    with office.store.engine.connect() as connection:
        assert version_of(connection) == HEAD
    assert len(list((folder / "backups").iterdir())) == 1
    findings = {finding.name: finding.level for finding in doctor.examine(office)}
    assert [name for name, level in findings.items() if level == "fail"] == ["clock"], "nobody publishes at the moment"
    whole = ("integrity", "schema", "key", "record", "media", "orphans", "channels")
    assert {findings[name] for name in whole} == {"ok"}


def test_every_revision_hashes_to_what_it_did(office: Installation, expected: Expected) -> None:
    with office.store.read(EVERY_WORKSPACE) as session:
        revisions = list(session.scalars(select(Revision)))
    assert {row.id: row.hash for row in revisions} == expected.hashes
    assert {row.id: digest(row.content) for row in revisions} == expected.hashes
    assert {row.id: digest(canonical(row.parsed())) for row in revisions} == expected.hashes


def test_its_deliveries_stand_where_they_stood(office: Installation, expected: Expected) -> None:
    assert states(office) == expected.deliveries


@pytest.mark.parametrize("name", ["local", "national"])
def test_its_press_lists_are_rows(office: Installation, expected: Expected, name: str) -> None:
    of = ListRecipient.channel_id == expected.channels[name]
    with office.store.read(EVERY_WORKSPACE) as session:
        rows = list(session.scalars(select(ListRecipient).where(of).order_by(ListRecipient.position)))
    assert [office.vault.unseal(row.address) for row in rows if row.state == "active"] == expected.lists[name]


def test_opening_it_again_changes_nothing(office: Installation, folder: Path, clock: SetClock) -> None:
    def rows(opened: Installation) -> tuple[int | None, ...]:
        with opened.store.read(EVERY_WORKSPACE) as session:
            return tuple(session.scalar(select(func.count()).select_from(table)) for table in (ListRecipient, Part))

    before = rows(office)
    open_at(folder, clock).store.close()
    assert rows(office) == before
    assert len(list((folder / "backups").iterdir())) == 1


# -- it goes on publishing ---------------------------------------------------------------------------


def test_what_waits_goes_out_once_each(
    office: Installation, expected: Expected, clock: SetClock, mail: MailBag
) -> None:
    let_time_pass(office, clock, expected.at + timedelta(hours=6))
    doubtful = next(number for number, state in states(office).items() if state == "unknown")
    rest = {number: state for number, state in states(office).items() if number != doubtful}
    assert set(rest.values()) == {"published", "cancelled"}
    assert [number for number, state in rest.items() if state == "cancelled"] == [
        number for number, state in expected.deliveries.items() if state == "cancelled"
    ]
    sent = [(email.to, email.message_id) for email in mail.sent]
    assert len({*sent, *map(tuple, expected.sent)}) == len(sent) + len(expected.sent), "no mail has gone twice"
    with office.store.read(EVERY_WORKSPACE) as session:
        of = (Attempt.outcome == "published", Attempt.delivery_id == Part.delivery_id, Attempt.part == Part.number)
        per_part = session.execute(select(Part.id, func.count()).where(*of).group_by(Part.id)).all()
    assert {count for _, count in per_part} == {1}


def test_the_wall_shows_each_post_once(office: Installation, expected: Expected, clock: SetClock) -> None:
    let_time_pass(office, clock, expected.at + timedelta(hours=6))
    posts = sandbox_wall.wall(office, "gruppen", expected.channels["wall"]).notes
    assert len({note.name for note in posts}) == len(posts) == 3
    assert sorted(len(note.parts) for note in posts) == [1, 1, 3]


def test_a_list_that_was_half_sent_goes_on_where_it_was(
    office: Installation, expected: Expected, clock: SetClock, mail: MailBag
) -> None:
    kept = message_ids(office, expected, "halvskickad")
    gone = {address for address, _ in expected.sent}
    let_time_pass(office, clock, expected.at + timedelta(hours=1))
    local = [email for email in mail.sent if email.to in expected.lists["local"]]
    assert {email.to for email in local} == set(expected.lists["local"]) - gone
    assert {email.to: email.message_id for email in local}.items() <= kept.items()
    assert len(local) == 2


def test_a_list_that_was_waiting_goes_to_everybody(
    office: Installation, expected: Expected, clock: SetClock, mail: MailBag
) -> None:
    let_time_pass(office, clock, expected.at + timedelta(hours=2))
    mail.sent.clear()
    let_time_pass(office, clock, expected.at + timedelta(hours=6))
    assert [email.to for email in mail.sent] == expected.lists["local"]


def test_nobody_is_mailed_again_whose_mail_was_under_way_when_the_program_died(
    office: Installation, expected: Expected, clock: SetClock, mail: MailBag
) -> None:
    let_time_pass(office, clock, expected.at + timedelta(hours=30))
    first, second, third = expected.lists["national"]
    assert [email.to for email in mail.sent if email.to in (first, second, third)] == [third]
    with office.store.read(EVERY_WORKSPACE) as session:
        mailing = session.scalar(select(Delivery).where(Delivery.item_id == expected.items["avbruten"]))
        assert mailing is not None
        assert (mailing.state, mailing.reason) == ("unknown", "ask")


def test_what_got_no_answer_is_read_back_and_not_sent_again(
    office: Installation, expected: Expected, clock: SetClock
) -> None:
    let_time_pass(office, clock, expected.at + timedelta(minutes=10))
    assert state_of(office, expected.items["obesvarad"]) == "published"
    with office.store.read(EVERY_WORKSPACE) as session:
        of = (Attempt.delivery_id == Delivery.id, Delivery.item_id == expected.items["obesvarad"])
        assert session.scalar(select(func.count()).select_from(Attempt).where(*of)) == 1


# -- its approvals count -----------------------------------------------------------------------------


def test_what_was_approved_is_scheduled_without_asking_anew(
    office: Installation, expected: Expected, clock: SetClock
) -> None:
    item = expected.items["godkänd"]
    schedule.schedule(office, actor(expected, "karin", "writer"), item)
    assert state_of(office, item) == "scheduled"
    let_time_pass(office, clock, expected.at + timedelta(hours=24))
    assert state_of(office, item) == "published"


def test_an_approval_that_stood_is_not_asked_for_again(
    office: Installation, expected: Expected, clock: SetClock
) -> None:
    """Elsa had said yes with the old program; Gunnar's yes, with this one, is the other of the two."""
    item = expected.items["halvvägs"]
    approve.approve(office, actor(expected, "gunnar", "approver"), item, hash_of(office, item))
    assert state_of(office, item) == "scheduled"
    let_time_pass(office, clock, expected.at + timedelta(hours=6))
    assert state_of(office, item) == "published"


def test_the_same_person_is_not_both_of_two(office: Installation, expected: Expected) -> None:
    item = expected.items["halvvägs"]
    with pytest.raises(OfficeError):
        approve.approve(office, actor(expected, "elsa", "approver"), item, hash_of(office, item))
    assert state_of(office, item) == "in_review"


def test_an_edit_undoes_an_approval_of_then(office: Installation, expected: Expected) -> None:
    item, karin = expected.items["tråd"], actor(expected, "karin", "writer")
    editing.save(office, karin, item, DraftIn(text="Något helt annat.", channels=[expected.channels["wall"]]))
    assert state_of(office, item) == "draft"


# -- people come in as before ------------------------------------------------------------------------


def test_people_and_programs_come_in_by_the_keys_of_then(office: Installation, expected: Expected) -> None:
    secret = sessions.sign_in(office, "karin@example.org", PASSWORD)
    app = create_app(office, testing=True)
    browser, program = app.test_client(), app.test_client()
    browser.set_cookie("session", secret)
    pages = ["/w/gruppen", "/w/gruppen/calendar", "/w/gruppen/approve", "/w/gruppen/pictures", "/n/gruppen"]
    pages += [f"/w/gruppen/items/{number}" for number in expected.items.values()]
    answers = {page: browser.get(page, follow_redirects=True).status_code for page in pages}
    assert set(answers.values()) == {200}, answers
    listed = program.get("/api/v1/items?limit=100", headers={"Authorization": f"Bearer {expected.token}"})
    assert {item["id"] for item in msgspec.json.decode(listed.data)} == set(expected.items.values())

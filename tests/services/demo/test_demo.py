"""The demo's office: realistic, quick to make, and as whole as a real one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from commsched.bootstrap import open_installation
from commsched.core.approval.rules import cleared
from commsched.core.content.model import digest
from commsched.services.accounts import sessions
from commsched.services.approval.clearance import read_policy, said_of
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.demo import demo
from commsched.services.kernel import audit_log
from commsched.services.kernel.context import Installation
from commsched.store.models import (
    Attempt,
    Channel,
    Delivery,
    Item,
    Media,
    Membership,
    Notice,
    Part,
    Revision,
    Workspace,
)
from commsched.store.session import EVERY_WORKSPACE
from tests.conftest import NOW, Cast, SetClock

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, demo.DemoInfo]]:
    """One demo for all that only look at it."""
    installation = open_installation(tmp_path_factory.mktemp("demo"), clock=SetClock(), base_url="http://localhost")
    yield installation, demo.furnish(installation)
    installation.store.close()


def everything(installation: Installation, kind: Any) -> list[Any]:
    with installation.store.read(EVERY_WORKSPACE) as session:
        return list(session.scalars(select(kind).order_by(kind.id)).unique())


def test_two_people_can_sign_in_and_are_a_writer_and_an_approver(furnished: tuple[Installation, demo.DemoInfo]) -> None:
    installation, info = furnished
    assert [person.role for person in info.people] == ["administrator", "approver"]
    for person in info.people:
        secret = sessions.sign_in(installation, person.email, person.password)
        visitor = sessions.recognise(installation, secret, info.slug)
        assert visitor
        assert visitor.role == person.role


def test_there_is_something_of_everything_to_look_at(furnished: tuple[Installation, demo.DemoInfo]) -> None:
    installation, _ = furnished
    states = Counter(item.state for item in everything(installation, Item))
    assert states["in_review"] == 2
    assert states["published"] >= 20
    assert states["scheduled"] >= 8
    assert {"draft", "held", "failed", "changes_requested", "approved", "publishing"} <= set(states)
    assert Counter(row.state for row in everything(installation, Delivery))["unknown"] == 1
    channels = {row.id: row.platform for row in everything(installation, Channel)}
    assert set(channels.values()) == {"newsroom", "sandbox", "folder", "presslist", "x"}
    written = {channels[int(one)] for item in everything(installation, Item) for one in item.channels.split(",") if one}
    assert "x" in written, "there is something to preview for X"
    assert all(channels[row.channel_id] != "x" for row in everything(installation, Delivery)), (
        "and nothing is sent there"
    )
    assert len(everything(installation, Workspace)) == 2
    assert all(row.alt for row in everything(installation, Media))


def test_the_press_contact_does_not_say_what_the_page_says_above_it(
    furnished: tuple[Installation, demo.DemoInfo],
) -> None:
    installation, info = furnished
    with installation.store.read(EVERY_WORKSPACE) as session:
        place = session.scalars(select(Workspace).where(Workspace.slug == info.slug)).one()
    assert "ontakt" not in place.settings["press_contact"]


def test_it_reaches_a_month_back_and_four_weeks_ahead(furnished: tuple[Installation, demo.DemoInfo]) -> None:
    installation, _ = furnished
    times = [item.publish_at for item in everything(installation, Item) if item.publish_at]
    assert min(times) < NOW - timedelta(days=21)
    assert max(times) > NOW + timedelta(days=21)


def test_what_went_out_had_been_approved_and_every_attempt_has_its_outcome(
    furnished: tuple[Installation, demo.DemoInfo],
) -> None:
    installation, _ = furnished
    revisions = {row.id: row for row in everything(installation, Revision)}
    parts = everything(installation, Part)
    with installation.store.read(EVERY_WORKSPACE) as session:
        for row in session.scalars(select(Delivery).where(Delivery.state == "published")):
            revision, item = revisions[row.revision_id], session.get_one(Item, row.item_id)
            assert digest(revision.content) == revision.hash
            assert cleared(read_policy(item.policy), said_of(session, item.id), revision.hash)
            assert row.published_at >= row.due_at
            assert [part.state for part in parts if part.delivery_id == row.id]
    assert all(attempt.outcome for attempt in everything(installation, Attempt))
    assert all(attempt.started_at <= NOW for attempt in everything(installation, Attempt))


def test_the_record_is_whole_and_in_the_order_of_time(furnished: tuple[Installation, demo.DemoInfo]) -> None:
    installation, _ = furnished
    with installation.store.engine.connect() as connection:
        assert list(audit_log.broken(connection)) == []
        times = [
            row.at
            for row in connection.execute(select(audit_log.AuditEntry.__table__.c.at).order_by(audit_log.AuditEntry.id))
        ]
    assert times == sorted(times)


def test_the_past_sends_no_mail_but_what_waits_does(furnished: tuple[Installation, demo.DemoInfo]) -> None:
    installation, _ = furnished
    kinds = {row.kind for row in everything(installation, Notice)}
    assert kinds <= {"asked_to_approve", "approved"}
    assert "asked_to_approve" in kinds


def test_something_goes_out_within_two_minutes_and_starting_again_sends_something_new(
    installation: Installation, clock: SetClock
) -> None:
    info = demo.furnish(installation)
    before = len(everything(installation, Item))
    assert demo.furnish(installation).soon == info.soon
    assert len(everything(installation, Item)) == before
    assert timedelta(seconds=30) < info.soon - NOW < timedelta(minutes=2)
    assert info.soon.utcoffset() == timedelta(hours=1), "told by the clock that its pages show, wherever it runs"
    clock.at = info.soon
    assert Dispatcher(installation).run() >= 1
    with installation.store.read(EVERY_WORKSPACE) as session:
        due = select(Delivery.state).where(Delivery.due_at == info.soon)
        assert set(session.scalars(due)) == {"published"}
    clock.forward(hours=1)
    assert demo.furnish(installation).soon > info.soon
    assert len(everything(installation, Item)) == before + 1


def test_a_home_with_a_real_office_is_left_alone(cast: Cast) -> None:
    with cast.installation.store.read(EVERY_WORKSPACE) as session:
        before = session.scalar(select(func.count(Membership.id)))
    with pytest.raises(demo.NotADemo):
        demo.furnish(cast.installation)
    with cast.installation.store.read(EVERY_WORKSPACE) as session:
        assert session.scalar(select(func.count(Membership.id))) == before


def test_every_address_and_number_in_the_texts_is_invented() -> None:
    said = (Path(demo.__file__).parent / "demo.toml").read_text("utf-8")
    hosts = re.findall(r"(?:https?://|@)([\w.-]+)", said)
    assert hosts
    assert all(host.rstrip(".").endswith(".example") for host in hosts)
    numbers = re.findall(r"\b0\d{1,3}-[\d ]{5,}\d", said)
    assert set(numbers) == {"070-174 06 33"}, "a number that the authority keeps free for fiction"


@pytest.mark.parametrize("days", [1, 3, 4])
def test_it_can_be_made_on_any_day_of_the_week_and_at_any_hour(
    installation: Installation, clock: SetClock, days: int
) -> None:
    clock.forward(days=days, hours=days * 5 % 24)
    demo.furnish(installation)
    states = Counter(item.state for item in everything(installation, Item))
    assert states["in_review"] == 2
    assert states["failed"] == 1
    assert states["held"] == 1

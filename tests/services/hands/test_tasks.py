"""What a person posts, through the real outbox: handed out at its time, confirmed or not, and never said to be out by
itself."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from commsched.core.text.messages import Conflict, Invalid, NotAllowed, NotFound
from commsched.services.channels.connect import connect
from commsched.services.hands import tasks
from commsched.services.kernel.context import Installation
from commsched.services.workflow import approve, editing, pause, resolve, schedule
from commsched.store.models import Attempt, AuditEntry, Delivery
from tests.conftest import Cast, SetClock
from tests.publications import channel
from tests.services import desk

LINK = "https://www.linkedin.com/feed/update/urn:li:share:1"


@pytest.fixture
def page(installation: Installation, cast: Cast) -> int:
    settings = {"network": "linkedin", "name": "Vår sida på LinkedIn", "responsible": cast.writer.email.upper()}
    return connect(installation, cast.actor(), "by_hand", "LinkedIn", settings).id


def handed(installation: Installation, cast: Cast, clock: SetClock, page: int, **more: Any) -> int:
    """The delivery of an item that is approved, due, and handed out."""
    item = desk.scheduled(cast, channels=[page], **more)
    clock.forward(hours=5)
    desk.publish_what_is_due(installation)
    (row,) = desk.deliveries(cast, item)
    return row.id


def delivery(cast: Cast, number: int) -> Delivery:
    with cast.installation.store.read(cast.place.id) as session:
        return resolve.load(session, number)


def confirm(cast: Cast, number: int, link: str = LINK) -> None:
    shown = tasks.read(cast.installation, cast.actor("writer"), number)
    tasks.confirm(cast.installation, cast.actor("writer"), number, shown.hash, link)


def test_at_its_time_it_is_handed_out_to_who_does_it_and_told_once(
    installation: Installation, cast: Cast, clock: SetClock, page: int
) -> None:
    number = handed(installation, cast, clock, page)
    row = delivery(cast, number)
    assert (row.state, row.reason, row.published_at) == ("waiting", "by_hand", None)
    assert desk.notices(installation, cast.place.id, "by_hand") == {cast.writer.id}
    for _ in range(5):
        clock.forward(seconds=30)
        desk.publish_what_is_due(installation)
    assert delivery(cast, number).state == "waiting"
    with installation.store.read(cast.place.id) as session:
        assert session.scalars(select(Attempt)).all() == [], "nothing has been tried"
        lines = session.scalars(select(AuditEntry).where(AuditEntry.action == "delivery.handed_out")).all()
    assert len(lines) == 1
    shown = tasks.read(installation, cast.actor("writer"), number)
    assert shown.stopped is None
    assert shown.part is not None
    assert shown.part.text == desk.TEXT


def test_before_its_time_nobody_gets_the_text(installation: Installation, cast: Cast, page: int) -> None:
    item = desk.scheduled(cast, channels=[page])
    desk.publish_what_is_due(installation)
    (row,) = desk.deliveries(cast, item)
    shown = tasks.read(installation, cast.actor("writer"), row.id)
    assert (shown.part, shown.open) == (None, False)
    with pytest.raises(Conflict):
        tasks.confirm(installation, cast.actor("writer"), row.id, shown.hash, LINK)


def test_where_nobody_is_named_everybody_who_may_publish_is_told(
    installation: Installation, cast: Cast, clock: SetClock
) -> None:
    settings = {"network": "other", "name": "Anslagstavlan"}
    board = connect(installation, cast.actor(), "by_hand", "Tavlan", settings).id
    handed(installation, cast, clock, board)
    able = {cast.writer.id, cast.approver.id, cast.administrator.id}
    assert desk.notices(installation, cast.place.id, "by_hand") == able


def test_whoever_posts_it_confirms_with_the_link(
    installation: Installation, cast: Cast, clock: SetClock, page: int
) -> None:
    number = handed(installation, cast, clock, page)
    confirm(cast, number)
    desk.publish_what_is_due(installation)
    row = delivery(cast, number)
    assert (row.state, row.url) == ("published", LINK)
    assert row.published_at == clock.at
    shown = tasks.read(installation, cast.actor("writer"), number)
    assert (shown.by, shown.part) == (cast.writer.name, None)
    with installation.store.read(cast.place.id) as session:
        [attempt] = session.scalars(select(Attempt)).all()
        [line] = session.scalars(select(AuditEntry).where(AuditEntry.action == "delivery.posted_by_hand")).all()
    assert (attempt.outcome, attempt.detail) == ("published", cast.writer.name)
    assert (line.actor, line.facts["url"]) == (cast.writer.name, LINK)
    with pytest.raises(Conflict):
        tasks.confirm(installation, cast.actor("writer"), number, shown.hash, LINK)


def test_not_done_by_its_latest_time_it_is_held(
    installation: Installation, cast: Cast, clock: SetClock, page: int
) -> None:
    number = handed(installation, cast, clock, page)
    while clock.at < delivery(cast, number).latest_at:
        assert delivery(cast, number).state in ("waiting", "held")
        clock.forward(minutes=5)
        desk.publish_what_is_due(installation)
    row = delivery(cast, number)
    assert (row.state, row.reason) == ("held", "late")
    with pytest.raises(Conflict, match="too late"):
        confirm(cast, number)


def test_who_says_that_it_was_not_done_stops_it(
    installation: Installation, cast: Cast, clock: SetClock, page: int
) -> None:
    number = handed(installation, cast, clock, page)
    tasks.refuse(installation, cast.actor("writer"), number, "Inloggningen fungerar inte")
    row = delivery(cast, number)
    assert (row.state, row.reason, row.detail) == ("held", "undone", "Inloggningen fungerar inte")
    assert desk.look(cast, row.item_id).state == "held"
    with pytest.raises(Conflict):
        tasks.refuse(installation, cast.actor("writer"), number, "igen")
    resolve.send(installation, cast.actor("writer"), number)
    desk.publish_what_is_due(installation)
    assert delivery(cast, number).reason == "by_hand", "sent again it is a task again"
    confirm(cast, number, "")
    desk.publish_what_is_due(installation)
    assert delivery(cast, number).state == "published"


def test_an_approval_that_is_taken_back_takes_the_text_back(
    installation: Installation, cast: Cast, clock: SetClock, page: int
) -> None:
    number = handed(installation, cast, clock, page)
    seen = tasks.read(installation, cast.actor("writer"), number).hash
    approve.withdraw(installation, cast.actor("approver"), delivery(cast, number).item_id, "Vänta")
    assert tasks.read(installation, cast.actor("writer"), number).part is None
    with pytest.raises(Conflict):
        tasks.confirm(installation, cast.actor("writer"), number, seen, LINK)
    desk.publish_what_is_due(installation)
    assert delivery(cast, number).state != "published"


def test_other_words_are_never_confirmed_for_these(
    installation: Installation, cast: Cast, clock: SetClock, page: int
) -> None:
    number = handed(installation, cast, clock, page)
    with pytest.raises(Conflict, match="changed since"):
        tasks.confirm(installation, cast.actor("writer"), number, "0" * 64, LINK)


def test_a_pause_stops_it(installation: Installation, cast: Cast, clock: SetClock, page: int) -> None:
    number = handed(installation, cast, clock, page)
    pause.pause(installation, cast.actor("writer"), "Något har hänt")
    shown = tasks.read(installation, cast.actor("writer"), number)
    assert shown.part is None
    with pytest.raises(Conflict):
        tasks.confirm(installation, cast.actor("writer"), number, shown.hash, LINK)


def test_what_is_confirmed_goes_through_the_gate_like_everything_else(
    installation: Installation, cast: Cast, clock: SetClock, page: int
) -> None:
    """Between the confirmation and the publisher's turn an approval may be taken back: then it is not said to be out
    as if it were approved."""
    number = handed(installation, cast, clock, page)
    confirm(cast, number)
    pause.pause(installation, cast.actor("writer"), "Något har hänt")
    desk.publish_what_is_due(installation)
    assert (delivery(cast, number).state, delivery(cast, number).reason) == ("held", "paused")


def test_what_is_not_a_task_is_none(installation: Installation, cast: Cast, clock: SetClock, page: int) -> None:
    item = desk.scheduled(cast, channels=[channel(installation, cast.place.id)])
    (row,) = desk.deliveries(cast, item)
    with pytest.raises(NotFound):
        tasks.read(installation, cast.actor("writer"), row.id)
    number = handed(installation, cast, clock, page)
    with pytest.raises(NotAllowed):
        tasks.read(installation, cast.actor("reader"), number)
    with pytest.raises(Invalid):
        confirm(cast, number, "javascript:alert(1)")


def test_an_edit_makes_the_old_task_void(installation: Installation, cast: Cast, clock: SetClock, page: int) -> None:
    number = handed(installation, cast, clock, page)
    seen = tasks.read(installation, cast.actor("writer"), number)
    item = desk.look(cast, seen.item.id)
    draft = desk.draft([page], text="Andra ord")
    editing.save(installation, cast.actor("writer"), item.id, draft, desk.hash_of(cast, item.id))
    with pytest.raises(Conflict):
        tasks.confirm(installation, cast.actor("writer"), number, seen.hash, LINK)


def test_what_somebody_has_posted_is_nobodys_task_again(
    installation: Installation, cast: Cast, clock: SetClock, page: int
) -> None:
    """Held in the moment between the word and the publisher's turn, it is written down when it may go on; it is not
    handed out once more, to be posted twice."""
    number = handed(installation, cast, clock, page)
    confirm(cast, number)
    pause.pause(installation, cast.actor("writer"), "Något har hänt")
    desk.publish_what_is_due(installation)
    pause.resume(installation, cast.actor("writer"))
    assert delivery(cast, number).state == "held"
    resolve.send(installation, cast.actor("writer"), number)
    desk.publish_what_is_due(installation)
    row = delivery(cast, number)
    assert (row.state, row.url) == ("published", LINK)


def test_neither_is_what_is_given_another_time(
    installation: Installation, cast: Cast, clock: SetClock, page: int
) -> None:
    number = handed(installation, cast, clock, page)
    confirm(cast, number)
    pause.pause(installation, cast.actor("writer"), "Något har hänt")
    desk.publish_what_is_due(installation)
    pause.resume(installation, cast.actor("writer"))
    item = delivery(cast, number).item_id
    schedule.schedule(installation, cast.actor("writer"), item, "2026-11-27T10:00")
    clock.forward(days=1)
    desk.publish_what_is_due(installation)
    row = delivery(cast, number)
    assert (row.state, row.url) == ("published", LINK)


def test_other_words_take_over_from_nothing_that_is_posted(
    installation: Installation, cast: Cast, clock: SetClock, page: int
) -> None:
    """Between the word and the publisher's turn: as a task of their own they would be posted beside the first."""
    number = handed(installation, cast, clock, page)
    confirm(cast, number)
    item = delivery(cast, number).item_id
    with pytest.raises(Conflict):
        editing.save(
            installation, cast.actor("writer"), item, desk.draft([page], text="Andra ord"), desk.hash_of(cast, item)
        )
    desk.publish_what_is_due(installation)
    assert [(row.state, row.url) for row in desk.deliveries(cast, item)] == [("published", LINK)]

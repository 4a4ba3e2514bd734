"""One judgement a page: how many SQL statements a page may cost, however much waits or has been kept."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from commsched.services.approval import comments
from commsched.services.kernel.context import Installation
from commsched.services.kernel.heartbeats import SKEW
from commsched.services.notices import shifted_times
from commsched.services.views import today
from commsched.services.workflow import approve, editing
from commsched.store.models import Attempt, Channel, Delivery, Heartbeat, Item, Media, Workspace
from tests import writing
from tests.conftest import Browser, Cast, SetClock
from tests.peers import postgres
from tests.services import desk
from tests.web.composer.test_writing import item_of
from tests.web.conftest import Statements

Browse = Callable[..., Browser]
Counted = Callable[[], AbstractContextManager[Statements]]

# before: 49, 44, 30, 26, 22 + 11 an item, 11 + 12 an item
ITEM = 9  # of which one is what was read of its links, and one the mark that the page carries: no change is lost
REVIEW = 12  # of which one is what was read of its links, one who asked, and two its place among what waits
CHECK = 7  # of which one is what was read of its links
AUTOSAVE = 19  # of which one keeps the times with the version that was the newest, and one asks what people have posted
TODAY = 10
APPROVALS = 8
TOLD_AGAIN = 2
if postgres.wanted():  # which does not tell cheaply that nothing has changed: what waits is counted anew
    ITEM, REVIEW, TODAY, APPROVALS = ITEM + 4, REVIEW + 4, TODAY + 4, APPROVALS + 4


@pytest.fixture
def to(installation: Installation, cast: Cast) -> list[int]:
    return list(writing.channels(installation, cast).values())


def cost(browser: Browser, counted: Counted, path: str) -> Statements:
    """What ``path`` costs whoever has looked at it before."""
    assert browser.get(path).status_code == 200
    with counted() as statements:
        assert browser.get(path).status_code == 200
    return statements


def typed(to: list[int], **more: Any) -> dict[str, Any]:
    return {
        "kind": "post",
        "text": writing.TEXT,
        "language": "sv",
        "channels": to,
        "publish_day": "2026-11-27",
        "publish_time": "07:30",
    } | more


def test_an_item_with_four_channels(
    browse: Browse, installation: Installation, cast: Cast, to: list[int], counted: Counted
) -> None:
    number = writing.submitted(installation, cast, to)
    statements = cost(browse(cast.writer), counted, f"~/items/{number}")
    assert len(statements) <= ITEM, str(statements)


def test_its_review(browse: Browse, installation: Installation, cast: Cast, to: list[int], counted: Counted) -> None:
    number = writing.submitted(installation, cast, to)
    statements = cost(browse(cast.approver), counted, f"~/items/{number}/review")
    assert len(statements) <= REVIEW, str(statements)


def test_a_scheduled_item(
    browse: Browse, installation: Installation, cast: Cast, to: list[int], counted: Counted
) -> None:
    number = writing.submitted(installation, cast, to)
    browser = browse(cast.approver)
    page = browser.get(f"~/items/{number}/review").text
    approve.approve(installation, cast.actor("approver"), number, page.split('name="hash" value="')[1][:64])
    statements = cost(browser, counted, f"~/items/{number}")
    assert len(statements) <= ITEM + 2, str(statements)  # attempts, and the parts of what has several


def test_a_check_of_what_is_typed(
    browse: Browse, installation: Installation, cast: Cast, to: list[int], counted: Counted
) -> None:
    number = editing.create(installation, cast.actor("writer"), writing.draft(to))
    browser = browse(cast.writer)
    given = typed(to, form_token=browser.token(), item=str(number))
    browser.client.post(browser.path("~/write/check"), data=given)
    with counted() as statements:
        assert browser.client.post(browser.path("~/write/check"), data=given).status_code == 200
    assert len(statements) <= CHECK, str(statements)


def test_an_autosave(browse: Browse, installation: Installation, cast: Cast, to: list[int], counted: Counted) -> None:
    number = editing.create(installation, cast.actor("writer"), writing.draft(to))
    browser = browse(cast.writer)
    given = typed(to, form_token=browser.token())
    browser.client.post(browser.path(f"~/items/{number}/keep"), data=given)
    with counted() as statements:
        answer = browser.client.post(browser.path(f"~/items/{number}/keep"), data=given | {"text": "Något helt annat."})
    assert answer.get_json()["saved"]
    assert len(statements) <= AUTOSAVE, str(statements)


@pytest.mark.parametrize(("path", "most"), [("~/", TODAY), ("~/approve", APPROVALS)])
def test_a_list_costs_the_same_whatever_waits(
    browse: Browse, installation: Installation, cast: Cast, to: list[int], counted: Counted, path: str, most: int
) -> None:
    """Forty in review, some with words of two writers, cost as many statements as one."""
    writing.submitted(installation, cast, to)
    browser = browse(cast.approver)
    few = len(cost(browser, counted, path))
    for n in range(39):
        number = editing.create(installation, cast.actor("writer"), writing.draft(to, text=f"{n} {writing.TEXT}"))
        if n % 3 == 0:
            editing.save(installation, cast.actor("approver"), number, writing.draft(to, text=f"{n}: {writing.TEXT}"))
        approve.submit(installation, cast.actor("writer"), number, then_schedule=True)
    many = cost(browser, counted, path)
    assert len(many) <= most, str(many)
    assert len(many) <= few + 2, str(many)  # whose words they are is read where more than one has written


def test_today_with_every_rare_thing_at_once(
    browse: Browse, installation: Installation, cast: Cast, to: list[int], counted: Counted, clock: SetClock
) -> None:
    """Words of two writers to approve, an unseen remark, a failure, something late, a hanging call, a consent that
    ends, times that have shifted, a broken channel, and a computer whose clock is wrong."""
    number = writing.submitted(installation, cast, to)
    editing.save(installation, cast.actor("administrator"), number, writing.draft(to, text=f"Nytt: {writing.TEXT}"))
    approve.submit(installation, cast.actor("writer"), number, then_schedule=True)
    comments.comment(installation, cast.actor("writer"), number, "Kan du läsa i dag?")
    late, failed, hanging = (desk.scheduled(cast, text=f"{n} {writing.TEXT}") for n in range(3))
    desk.written(cast, text="Med bild på en person.", media=[writing.picture(installation, cast)])
    clock.forward(hours=8)
    now = installation.now()
    with installation.store.write(cast.place.id) as session:
        due = update(Delivery).values(due_at=now - timedelta(hours=2), next_at=now - timedelta(hours=1))
        session.execute(due.where(Delivery.item_id == late))
        session.execute(update(Delivery).where(Delivery.item_id == failed).values(state="failed", next_at=None))
        called = session.scalars(select(Delivery).where(Delivery.item_id == hanging)).one()
        called.state, called.next_at = "sending", None
        began = {"started_at": now - timedelta(hours=1), "channel_id": called.channel_id, "hash": "", "part": 0}
        session.add(Attempt(delivery_id=called.id, **began))
        session.execute(update(Media).values(consent_ends=now + timedelta(days=3)))
        session.execute(update(Workspace).values(settings={shifted_times.KEPT: [number]}))
        session.execute(update(Item).where(Item.id == number).values(wall_time="2026-11-27T06:30"))
        session.execute(update(Channel).where(Channel.id == to[0]).values(state="broken"))
        session.add(Heartbeat(name=SKEW, at=now, detail="900"))
    browser = browse(cast.approver)
    said = today.read_today(installation, cast.actor("approver"), now, now + timedelta(days=1), now + timedelta(days=7))
    assert said.to_approve
    assert said.spoken
    assert len(said.stopped) == 1
    assert {one.item for one in said.late} == {late, hanging}
    assert said.consents
    assert said.shifted == 1
    assert said.channels
    assert said.wrong_time
    statements = cost(browser, counted, "~/")
    assert len(statements) <= TODAY, str(statements)


def test_an_open_page_asks_in_two_statements_and_is_answered_304(
    browse: Browse, installation: Installation, cast: Cast, to: list[int], counted: Counted
) -> None:
    number = writing.submitted(installation, cast, to)
    browser = browse(cast.writer)
    for path in ("~/now", f"~/items/{number}/now"):
        known = {"If-None-Match": browser.get(path).headers["ETag"]}
        with counted() as statements:
            assert browser.get(path, headers=known).status_code == 304
        assert len(statements) <= TOLD_AGAIN, str(statements)


def test_an_items_page_carries_the_mark_of_what_it_shows(
    browse: Browse, installation: Installation, cast: Cast, to: list[int]
) -> None:
    """Else a change between the page and its first question would never be seen."""
    number = writing.submitted(installation, cast, to)
    browser = browse(cast.approver)
    page = browser.get(f"~/items/{number}").text
    assert f'data-mark="{browser.get(f"~/items/{number}/now").get_json()["mark"]}"' in page
    with_comment = browse(cast.writer)
    comments.comment(installation, cast.actor("approver"), number, "Fint!")
    for _again in range(2):
        page = with_comment.get(f"~/items/{number}").text
        assert f'data-mark="{with_comment.get(f"~/items/{number}/now").get_json()["mark"]}"' in page


def test_an_items_page_is_told_when_something_is_about_to_happen(
    browse: Browse, installation: Installation, cast: Cast, to: list[int], clock: SetClock
) -> None:
    number = writing.submitted(installation, cast, to)
    browser = browse(cast.writer)
    first = browser.get(f"~/items/{number}/now")
    assert first.get_json()["soon"] is False
    clock.at = item_of(installation, cast, number).publish_at - timedelta(minutes=1)
    again = browser.get(f"~/items/{number}/now", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200
    assert again.get_json()["soon"] is True

"""One judgement a page: how many SQL statements a page may cost, however much waits or has been kept."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from commsched.services.kernel.context import Installation
from commsched.services.workflow import approve, editing
from tests import writing
from tests.conftest import Browser, Cast, SetClock
from tests.web.composer.test_writing import item_of
from tests.web.conftest import Statements

Browse = Callable[..., Browser]
Counted = Callable[[], AbstractContextManager[Statements]]

# before: 49, 44, 30, 26, 22 + 11 an item, 11 + 12 an item
ITEM = 7
REVIEW = 8
CHECK = 6
AUTOSAVE = 17
TODAY = 10
APPROVALS = 8
TOLD_AGAIN = 2


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

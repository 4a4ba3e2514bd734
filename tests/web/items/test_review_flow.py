"""Deciding one after the other: the next one follows, quick reasons, and taking back what was just decided."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest

from commsched.services.kernel.context import Installation
from commsched.services.workflow import schedule
from tests import writing
from tests.conftest import Browser, Cast, MailBag
from tests.web.items.test_approving import Reader, decisions, link_in, state

Browse = Callable[..., Browser]


@pytest.fixture
def to(installation: Installation, cast: Cast) -> list[int]:
    return [writing.channels(installation, cast)["x"]]


def three(installation: Installation, cast: Cast, to: list[int]) -> list[int]:
    return [
        writing.submitted(installation, cast, to, text=f"{n}: {writing.TEXT}", publish_at=f"2026-11-27T{8 + n:02}:00")
        for n in range(3)
    ]


def decide(browser: Browser, installation: Installation, cast: Cast, number: int, address: str = "", **more: str):  # type: ignore[no-untyped-def]
    given = {"verdict": "approve", "hash": state(installation, cast, number)[1].hash} | more
    return browser.post(f"~/items/{number}/review{address}", given)


def test_the_next_one_follows_and_the_count_goes_on(
    browse: Browse, installation: Installation, cast: Cast, to: list[int]
) -> None:
    first, second, third = three(installation, cast, to)
    browser = browse(cast.approver)
    assert "1 av 3" in browser.get(f"~/items/{first}/review").text
    given = decide(browser, installation, cast, first)
    assert f"/items/{second}/review?done=1&regret=" in given.location
    assert "2 av 3" in browser.get(given.location).text
    given = decide(browser, installation, cast, second, "?done=1", verdict="typo")
    assert f"/items/{third}/review?done=2" in given.location
    given = decide(browser, installation, cast, third, "?done=2")
    assert "/approve?regret=" in given.location


def test_whoever_skips_one_goes_on_after_it(
    browse: Browse, installation: Installation, cast: Cast, to: list[int]
) -> None:
    _first, second, third = three(installation, cast, to)
    browser = browse(cast.approver)
    page = unescape(browser.get(f"~/items/{second}/review").text)
    assert f"review?next={third}" in page
    assert f"/items/{third}/review" in decide(browser, installation, cast, second, f"?next={third}").location


@pytest.mark.parametrize(("typed", "said"), [("", "Siffran"), ("Det är 14, inte 15.", "Siffran: Det är 14, inte 15.")])
def test_a_quick_reason_sends_it_back_with_no_words_typed(
    browse: Browse, installation: Installation, cast: Cast, to: list[int], typed: str, said: str
) -> None:
    number = writing.submitted(installation, cast, to)
    decide(browse(cast.approver), installation, cast, number, verdict="figure", comment=typed)
    assert state(installation, cast, number)[0].state == "changes_requested"
    assert [(row.verdict, row.comment) for row in decisions(installation, cast)] == [("changes", said)]


def test_what_was_just_decided_can_be_taken_back(
    browse: Browse, installation: Installation, cast: Cast, to: list[int]
) -> None:
    number = writing.submitted(installation, cast, to)
    browser = browse(cast.approver)
    page = browser.get(decide(browser, installation, cast, number).location).text
    assert "data-regret" in page
    decision = re.search(r'name="decision" value="(\d+)"', page)
    assert decision
    given = browser.post(f"~/items/{number}/review/undo", {"decision": decision[1]})
    assert f"/items/{number}/review" in given.location
    assert state(installation, cast, number)[0].state == "in_review"
    late = browser.post(f"~/items/{number}/review/undo", {"decision": decision[1]})
    assert late.status_code == 409
    assert "Något har beslutats eller ändrats" in unescape(late.text)


def test_nobody_is_offered_to_take_back_what_another_decided(
    browse: Browse, installation: Installation, cast: Cast, to: list[int]
) -> None:
    number = writing.submitted(installation, cast, to)
    decide(browse(cast.approver), installation, cast, number)
    decision = decisions(installation, cast)[-1].id
    for who in (cast.administrator, cast.writer):
        assert "data-regret" not in browse(who).get(f"~/approve?regret={decision}").text
    assert (
        browse(cast.administrator).post(f"~/items/{number}/review/undo", {"decision": str(decision)}).status_code == 403
    )


def test_what_goes_out_within_those_seconds_is_said_to(
    browse: Browse, installation: Installation, cast: Cast, to: list[int]
) -> None:
    soon = (installation.now() + timedelta(seconds=5)).isoformat()
    number = writing.submitted(installation, cast, to, publish_at=soon)
    browser = browse(cast.approver)
    page = unescape(browser.get(decide(browser, installation, cast, number).location).text)
    assert "Efter det går det inte att ta tillbaka." in page


def test_who_asked_and_when_is_told(browse: Browse, installation: Installation, cast: Cast, to: list[int]) -> None:
    number = writing.submitted(installation, cast, to)
    assert f"{cast.writer.name} bad om godkännande" in unescape(
        browse(cast.approver).get(f"~/items/{number}/review").text
    )


def test_a_used_link_tells_the_outcome_and_takes_it_back(
    browse: Browse, installation: Installation, cast: Cast, mail: MailBag, to: list[int]
) -> None:
    number = writing.submitted(installation, cast, to)
    reader, path = Reader(browse), link_in(installation, mail)
    thanks = reader.post(path, verdict="approve")
    assert "Ta tillbaka" in thanks.text  # type: ignore[attr-defined]
    used = reader.get(path)
    assert used.status_code == 409  # type: ignore[attr-defined]
    assert "Ta tillbaka" in used.text  # type: ignore[attr-defined]
    token = re.search(r'name="form_token" value="([^"]+)"', used.text)  # type: ignore[attr-defined]
    assert token
    assert reader.client.get(f"{path}/undo").status_code == 405, "a scanner that follows links takes nothing back"
    given = reader.client.post(f"{path}/undo", data={"form_token": token[1]})
    assert given.status_code == 303
    assert state(installation, cast, number)[0].state == "in_review"
    reader.post(path, verdict="call")
    assert state(installation, cast, number)[0].state == "changes_requested"


def test_a_used_link_takes_nothing_back_once_something_happened(
    browse: Browse, installation: Installation, cast: Cast, mail: MailBag, to: list[int]
) -> None:
    number = writing.submitted(installation, cast, to)
    reader, path = Reader(browse), link_in(installation, mail)
    thanks = reader.post(path, verdict="approve")
    schedule.cancel(installation, cast.actor("writer"), number)
    assert "Ta tillbaka" not in reader.get(path).text  # type: ignore[attr-defined]
    token = re.search(r'name="form_token" value="([^"]+)"', thanks.text)  # type: ignore[attr-defined]
    assert token
    late = reader.client.post(f"{path}/undo", data={"form_token": token[1]})
    assert late.status_code == 409
    assert state(installation, cast, number)[0].state == "cancelled"

"""Proposing other words on a page, by the link in a mail and in the composer; taking them with one press."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from commsched.services.kernel.context import Installation
from commsched.services.workflow import approve, editing
from tests import writing
from tests.conftest import Browser, Cast, MailBag
from tests.web.items.test_approving import Reader, link_in, state

Browse = Callable[..., Browser]


@pytest.fixture
def to(installation: Installation, cast: Cast) -> list[int]:
    return [writing.channels(installation, cast)["x"]]


@pytest.fixture
def number(installation: Installation, cast: Cast, to: list[int]) -> int:
    return writing.submitted(installation, cast, to)


def propose(browser: Browser, installation: Installation, cast: Cast, number: int, **more: str):  # type: ignore[no-untyped-def]
    given = {"hash": state(installation, cast, number)[1].hash, "old": "femtonde", "new": "tionde", "approves": "1"}
    return browser.post(f"~/items/{number}/propose", given | more)


def test_marked_words_come_with_a_field_for_others(browse: Browse, cast: Cast, number: int) -> None:
    page = unescape(browse(cast.approver).get(f"~/items/{number}/propose?words=femtonde").text)
    assert 'name="old" value="femtonde"' in page
    assert 'name="new"' in page
    lost = unescape(browse(cast.approver).get(f"~/items/{number}/propose?words=sjuttonde").text)
    assert "står inte precis så i texten" in lost
    assert 'name="new-text"' in lost


def test_one_press_takes_the_words_and_the_approval_follows(
    browse: Browse, installation: Installation, cast: Cast, number: int
) -> None:
    assert propose(browse(cast.approver), installation, cast, number).status_code == 303
    writer = browse(cast.writer)
    assert "Gunnar Lind föreslår andra ord" in unescape(writer.get("~/").text)
    page = unescape(writer.get(f"~/items/{number}").text)
    assert "<del>femtonde</del><ins>tionde</ins>" in page
    assert "Tar du dem är det godkänt." in page
    where = re.search(r'action="[^"]*(/items/\d+/proposals/\d+/take)"', page)
    assert where
    writer.post(f"~{where[1]}", {})
    item, revision = state(installation, cast, number)
    assert item.state == "scheduled"
    assert "en buss var tionde minut" in revision.parsed().text


def test_the_whole_text_can_be_changed(browse: Browse, installation: Installation, cast: Cast, number: int) -> None:
    text = writing.TEXT.replace("Fler turer", "Fyra fler turer")
    given = propose(browse(cast.approver), installation, cast, number, old="", new="", **{"new-text": text})
    assert given.status_code == 303
    assert "<ins>Fyra</ins>" in browse(cast.writer).get(f"~/items/{number}").text or "Fyra" in unescape(
        browse(cast.writer).get(f"~/items/{number}").text
    )


def test_words_that_are_not_there_are_told_and_what_was_typed_stays(
    browse: Browse, installation: Installation, cast: Cast, number: int
) -> None:
    given = propose(browse(cast.approver), installation, cast, number, old="sjuttonde", new="var tionde")
    assert given.status_code == 422
    nothing = propose(browse(cast.approver), installation, cast, number, old="", new="")
    assert nothing.status_code == 422
    assert "Inget är ändrat än" in unescape(nothing.text)
    assert state(installation, cast, number)[0].state == "in_review"


def test_a_no_puts_it_away(browse: Browse, installation: Installation, cast: Cast, number: int) -> None:
    propose(browse(cast.approver), installation, cast, number)
    writer = browse(cast.writer)
    where = re.search(r'(/items/\d+/proposals/\d+)/decline"', writer.get(f"~/items/{number}").text)
    assert where
    writer.post(f"~{where[1]}/decline", {})
    assert "föreslår andra ord" not in unescape(writer.get(f"~/items/{number}").text)
    late = writer.post(f"~{where[1]}/take", {}, follow_redirects=True)
    assert "gäller inte längre" in unescape(late.text)
    assert state(installation, cast, number)[0].state == "changes_requested"


@pytest.mark.parametrize("who", ["writer", "reader"])
def test_only_whoever_approves_proposes(
    browse: Browse, installation: Installation, cast: Cast, number: int, who: str
) -> None:
    assert propose(browse(getattr(cast, who)), installation, cast, number).status_code == 403


def test_the_link_in_a_mail_proposes_too_and_only_by_a_press(
    browse: Browse, installation: Installation, cast: Cast, mail: MailBag, number: int
) -> None:
    reader, path = Reader(browse), link_in(installation, mail)
    page = reader.client.get(f"{path}/propose?words=femtonde")
    assert page.status_code == 200
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert state(installation, cast, number)[0].state == "in_review"
    reader.post(f"{path}/propose", old="femtonde", new="tionde", approves="1")
    assert state(installation, cast, number)[0].state == "changes_requested"
    assert reader.client.get(f"{path}/propose").status_code == 409
    assert "föreslår andra ord" in unescape(browse(cast.writer).get(f"~/items/{number}").text)


def test_an_approver_is_told_before_saving_and_saves_a_proposal_instead(
    browse: Browse, installation: Installation, cast: Cast, to: list[int], number: int
) -> None:
    browser = browse(cast.approver)
    page = unescape(browser.get(f"~/items/{number}/edit").text)
    assert "Spara som förslag" in page
    stamp = re.search(r'name="stamp" value="([^"]+)"', page)
    assert stamp
    typed = {
        "kind": "post",
        "text": writing.TEXT.replace("femtonde", "tionde"),
        "language": "sv",
        "channels": to,
        "publish_day": "2026-11-27",
        "publish_time": "07:30",
        "stamp": stamp[1],
        "do": "propose",
    }
    given = browser.post(f"~/items/{number}/edit", typed)
    assert given.status_code == 303
    item, revision = state(installation, cast, number)
    assert item.state == "changes_requested"
    assert "femtonde" in revision.parsed().text
    assert "Spara som förslag" not in unescape(browse(cast.writer).get(f"~/items/{number}/edit").text)


def test_a_proposal_of_a_version_that_is_no_longer_there_is_refused(
    browse: Browse, installation: Installation, cast: Cast, to: list[int], number: int
) -> None:
    old = state(installation, cast, number)[1].hash
    editing.save(installation, cast.actor("writer"), number, writing.draft(to, text=writing.TEXT + " Nu."))
    approve.submit(installation, cast.actor("writer"), number, then_schedule=True)
    assert propose(browse(cast.approver), installation, cast, number, hash=old).status_code == 409

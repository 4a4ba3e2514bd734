"""The card of a new office: each row ticks itself from what is true, and it goes when all is done or it is put away."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import pytest
from flask import Flask

from commsched.mail.folder import FolderMailer
from commsched.services.accounts import people
from commsched.services.accounts.office_settings import set_policy
from commsched.services.channels import directory
from commsched.services.kernel.context import Actor, Installation
from commsched.services.views import first_day
from commsched.store.models import Person, Workspace
from tests import writing
from tests.conftest import PASSWORD, Browser, Cast
from tests.web.conftest import Statements

Browse = Callable[..., Browser]


@pytest.fixture
def unmailed(app: Flask, installation: Installation, tmp_path: Path) -> Installation:
    """The installation without a mail server."""
    quiet = msgspec.structs.replace(installation, mailer=FolderMailer(tmp_path / "outbox", "a@example.org"))
    app.config["OFFICE"] = quiet
    return quiet


@pytest.fixture
def new(unmailed: Installation, cast: Cast) -> tuple[Workspace, Person]:
    """An office as ``init`` makes it: one administrator without a name."""
    return people.create_workspace(unmailed, "Nya gruppen", "ny@example.org", PASSWORD)


def card(installation: Installation, place: Workspace, person: Person) -> first_day.FirstDay | None:
    return first_day.read(installation, Actor(person.id, person.email, place.id, "administrator"))


def test_in_a_new_office_nothing_is_ticked(unmailed: Installation, new: tuple[Workspace, Person]) -> None:
    day = card(unmailed, *new)
    assert day is not None
    assert day.done == 0


def test_each_row_is_done_in_place_and_ticks_itself(
    browse: Browse, unmailed: Installation, new: tuple[Workspace, Person]
) -> None:
    place, person = new
    browser = browse(person, place.slug)
    assert "Kom i gång" in browser.get("~/").text
    assert browser.post("~/first-day/name", {"own_name": "Ny Nysson"}).status_code == 303
    assert "Du heter Ny Nysson" in browser.get("~/").text
    assert browser.post("~/first-day/newsroom").status_code == 303
    assert [row.platform for row in directory.channels(unmailed, place.id)] == ["newsroom"]
    browser.post("~/first-day/approver", {"name": "Jonas Ahl", "email": "jonas@example.org"})
    page = browser.get("~/").text
    assert "Jonas Ahl godkänner" in page
    link = re.search(r"http://localhost(/password/[\w.-]+)", page)
    assert link, "the link to hand over"
    day = card(unmailed, place, person)
    assert day is not None
    assert (day.named, day.seen, day.approved, day.mailed, day.written) == (True, True, True, False, False)
    assert browse().post(link[1], {"password": "ett långt lösenord"}).status_code == 303
    assert "/password/" not in browser.get("~/").text


def test_a_newsroom_is_opened_once(browse: Browse, unmailed: Installation, new: tuple[Workspace, Person]) -> None:
    browser = browse(new[1], new[0].slug)
    for _twice in range(2):
        assert browser.post("~/first-day/newsroom").status_code == 303
    assert len(directory.channels(unmailed, new[0].id)) == 1


def test_what_is_wrong_stands_in_the_row(browse: Browse, new: tuple[Workspace, Person]) -> None:
    browser = browse(new[1], new[0].slug)
    given = browser.post("~/first-day/approver", {"name": "Jonas Ahl", "email": "ingen adress"})
    assert given.status_code == 422
    assert "är ingen e-postadress" in given.text
    assert 'value="Jonas Ahl"' in given.text
    assert browser.post("~/first-day/name", {"own_name": " "}).status_code == 422


def test_where_nobody_has_to_approve_that_row_is_done(unmailed: Installation, new: tuple[Workspace, Person]) -> None:
    from commsched.core.approval.rules import Policy

    place, person = new
    set_policy(unmailed, Actor(person.id, "", place.id, "administrator"), Policy())
    day = card(unmailed, place, person)
    assert day is not None
    assert day.approved
    assert day.approver is None


def test_it_is_put_away_for_the_office(browse: Browse, new: tuple[Workspace, Person]) -> None:
    browser = browse(new[1], new[0].slug)
    assert browser.post("~/first-day/dismiss").status_code == 303
    page = browser.get("~/").text
    assert "Kom i gång" not in page
    assert "Ingen e-postserver är inställd" in page


def test_it_is_gone_when_all_is_done(installation: Installation, cast: Cast) -> None:
    to = list(writing.channels(installation, cast).values())
    assert card(installation, cast.place, cast.administrator) is not None
    writing.submitted(installation, cast, to)
    assert card(installation, cast.place, cast.administrator) is None


def test_only_administrators_see_it(browse: Browse, cast: Cast, unmailed: Installation) -> None:
    assert "Kom i gång" in browse(cast.administrator).get("~/").text
    assert "Kom i gång" not in browse(cast.writer).get("~/").text
    assert browse(cast.writer).post("~/first-day/newsroom").status_code == 403


def test_somebody_who_belongs_to_another_office_gets_no_link_here(
    unmailed: Installation, new: tuple[Workspace, Person], cast: Cast
) -> None:
    """It would open the other office too."""
    place, person = new
    boss = Actor(person.id, "", place.id, "administrator")
    guest = people.add_person(unmailed, cast.actor(), "gast@example.org", "reader").person
    people.add_person(unmailed, boss, guest.email, "approver")
    day = card(unmailed, place, person)
    assert day is not None
    assert day.approver is not None
    assert day.approver.link == ""


def test_the_card_and_the_badge_are_cheap(
    browse: Browse,
    unmailed: Installation,
    new: tuple[Workspace, Person],
    counted: Callable[[], AbstractContextManager[Statements]],
) -> None:
    """Two statements for the card, one for the badge, two more while somebody's link is shown."""
    place, person = new
    browser = browse(person, place.slug)
    browser.post("~/first-day/approver", {"name": "Jonas Ahl", "email": "jonas@example.org"})
    assert browser.get("~/").status_code == 200
    with counted() as with_card:
        browser.get("~/")
    first_day.dismiss(unmailed, Actor(person.id, "", place.id, "administrator"))
    with counted() as without:
        browser.get("~/")
    assert len(with_card) - len(without) <= 3, str(with_card)
    assert len(without) <= 10, str(without)

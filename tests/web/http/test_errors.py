"""When something goes wrong: what happened, what it means, in the person's language, and nothing half done."""

from __future__ import annotations

import errno
import re
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from commsched.core.access.routes import public
from commsched.core.text.messages import Conflict
from commsched.services.accounts import sessions
from commsched.services.kernel.context import Installation
from commsched.store.vault import KeyMismatch
from commsched.web.app import create_app
from commsched.web.http.errors import TROUBLES
from tests.conftest import PASSWORD, Browser, Cast


def _raise(error: BaseException) -> Callable[[], str]:
    @public
    def view() -> str:
        raise error

    return view


def _code(status: int) -> Callable[[], str]:
    @public
    def view() -> str:
        abort(status)

    return view


FAULTS: dict[str, Callable[[], str]] = {
    "locked": _raise(OperationalError("BEGIN", {}, sqlite3.OperationalError("database is locked"))),
    "full": _raise(OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))),
    "nospace": _raise(OSError(errno.ENOSPC, "No space left on device")),
    "bug": _raise(ZeroDivisionError("the canary sings")),
    "key": _raise(KeyMismatch("The key file does not fit this database. Restore secret.key too.")),
    "conflict": _raise(Conflict("Everything is paused already.")),
    **{str(status): _code(status) for status in TROUBLES if status not in (507,)},
}


@pytest.fixture
def faulty(installation: Installation) -> Flask:
    app = create_app(installation)
    for name, view in FAULTS.items():
        app.add_url_rule(f"/fault/{name}", f"fault.{name}", view)
        app.add_url_rule(f"/api/fault/{name}", f"apifault.{name}", view)
    return app


@pytest.fixture
def client(faulty: Flask) -> FlaskClient:
    return faulty.test_client()


@pytest.mark.parametrize(
    ("fault", "status", "says"),
    [
        ("locked", 503, "upptaget"),
        ("full", 507, "Disken är full"),
        ("nospace", 507, "Disken är full"),
        ("bug", 500, "Något gick fel här"),
        ("key", 500, "Nyckelfilen passar inte"),
        ("conflict", 409, "Allt är redan pausat."),
    ],
)
def test_a_fault_says_what_it_means(client: FlaskClient, fault: str, status: int, says: str) -> None:
    given = client.get(f"/fault/{fault}")
    assert given.status_code == status
    assert says in given.text
    assert "canary" not in given.text
    assert "Traceback" not in given.text


@pytest.mark.parametrize("status", [status for status in TROUBLES if status != 507])
def test_every_code_has_a_page_of_its_own(client: FlaskClient, status: int) -> None:
    swedish = client.get(f"/fault/{status}")
    english = client.get(f"/fault/{status}", headers={"Accept-Language": "en"})
    assert swedish.status_code == english.status_code == status
    assert TROUBLES[status].what in english.text.replace("&#39;", "'")
    assert TROUBLES[status].what not in swedish.text


@pytest.mark.parametrize("fault", FAULTS)
def test_a_program_gets_a_problem_document(client: FlaskClient, fault: str) -> None:
    given = client.get(f"/api/fault/{fault}", headers={"Accept-Language": "en"})
    assert given.content_type == "application/problem+json"
    assert given.json["status"] == given.status_code
    assert given.json["title"]
    assert given.json["detail"]
    assert re.fullmatch(r"urn:commsched:problem:[a-z-]+", given.json["type"])


def test_a_busy_office_asks_to_be_asked_again_in_a_moment(client: FlaskClient) -> None:
    assert client.get("/fault/locked").headers["Retry-After"] == "5"


@pytest.mark.sqlite("its one writer; other stores lock rows")
def test_a_database_held_by_somebody_else_is_told_of_and_nothing_is_lost(
    faulty: Flask, installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = faulty.test_client()
    client.set_cookie("session", sessions.sign_in(installation, cast.administrator.email, PASSWORD))
    browser = Browser(client, cast.place.slug)
    form = {
        "form_token": browser.token(),
        "name": "Ett nytt namn",
        "zone": "Europe/Stockholm",
        "language": "sv",
        "latest_minutes": "60",
        "window_before_hours": "1",
        "window_after_hours": "1",
    }
    path = browser.path("~/settings/")
    with installation.store.engine.connect() as warm:
        warm.execute(text("PRAGMA busy_timeout=1"))
    blocker = sqlite3.connect(installation.store.path or "", isolation_level=None)
    try:
        blocker.execute("BEGIN IMMEDIATE")
        given = client.post(path, data=form)
        assert given.status_code == 503
        assert "Inget har gått förlorat" in given.text
    finally:
        blocker.execute("ROLLBACK")
        blocker.close()
    assert client.post(path, data=form).status_code == 303


def test_the_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    given = client.get("/theme")
    assert given.status_code == 405
    assert "POST" in given.headers["Allow"]


def test_a_request_larger_than_we_take_is_refused_in_words(browse: Any, cast: Cast, app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 2000
    browser = browse(cast.administrator)
    given = browser.post("~/people/", {"name": "x" * 3000})
    assert given.status_code == 413
    assert "för stort" in given.text


def test_a_person_gets_their_own_language_whatever_the_browser_says(browse: Any, cast: Cast) -> None:
    browser = browse(cast.writer)
    assert "Sidan finns inte" in browser.get("/nowhere", headers={"Accept-Language": "en"}).text
    browser.post("/language", {"language": "en"})
    assert "There is no such page" in browser.get("/nowhere", headers={"Accept-Language": "sv"}).text


def test_a_form_sent_after_signing_out_says_so_instead_of_vanishing(
    browse: Any, cast: Cast, installation: Installation
) -> None:
    browser = browse(cast.administrator)
    token = browser.token()
    sessions.sign_out(installation, browser.client.get_cookie("session").value)
    given = browser.client.post(browser.path("~/people/"), data={"form_token": token, "name": "Ada"})
    assert given.status_code in (400, 401)
    assert "det du skrev" in given.text


@pytest.mark.parametrize(
    "path",
    [
        "/w/gruppen/record/?before=x&person=-1&item=99999999999999999999",
        "/w/%00/",
        "/w/../x",
        "/static/../app.py",
        "/static/css/nothing.css",
        "/sign-in?next=%00",
        "/w/gruppen/search?q=%00",
        "/w/gruppen/record/?group=%00&person=%00",
        "/w/gruppen/calendar/?author=%00&kind=%00",
        "/w/gruppen/pictures/?q=a%00b",
        "/newsroom/%00/",
        "/newsroom/gruppen/%00",
        "/wall/%00/",
        "/e/%00",
        "/approve/%00",
        "/api/v1/items/%00",
        "/w/gruppen/channels/99999999999999999999",
    ],
)
def test_odd_addresses_break_nothing(browse: Any, cast: Cast, path: str) -> None:
    for browser in (browse(), browse(cast.writer)):
        assert browser.get(path).status_code < 500

"""The page where the mail server is set."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest
from flask import Flask

from commsched.mail.folder import FolderMailer
from commsched.mail.live import LiveMailer
from commsched.platforms._http.dial import connect_public
from commsched.services.accounts import people
from commsched.services.kernel.context import Installation
from commsched.services.mailing import server
from tests.conftest import Browser, Cast

Browse = Callable[..., Browser]
FORM = {"host": "nobody.invalid", "port": "587", "security": "required", "user": "kansli@example.org", "sender": ""}


@pytest.fixture
def live(app: Flask, installation: Installation, cast: Cast, tmp_path: Path) -> Installation:
    read = partial(server.standing, installation.store, installation.vault)
    mailer = LiveMailer(read, FolderMailer(tmp_path / "outbox", "a@example.org"), connect_public)
    live = msgspec.structs.replace(installation, mailer=mailer)
    app.config["OFFICE"] = live
    return live


def test_who_administers_one_of_two_offices_sees_how_it_is_and_no_form(
    browse: Browse, cast: Cast, live: Installation
) -> None:
    browser = browse(cast.administrator)
    page = browser.get("~/mail-server/").text
    assert "Inga mejl skickas" in page
    assert 'name="host"' not in page
    assert browser.post("~/mail-server/", FORM | {"password": "hemligt"}).status_code == 409


def test_what_is_wrong_stands_by_its_field_and_the_password_does_not(
    browse: Browse, cast: Cast, live: Installation
) -> None:
    people.add_person(live, cast.elsewhere_actor, cast.administrator.email, "administrator")
    browser = browse(cast.administrator)
    assert 'name="host"' in browser.get("~/mail-server/").text
    given = browser.post("~/mail-server/", FORM | {"password": "hemligt"})
    assert given.status_code == 422
    assert "Det finns ingen server som heter nobody.invalid." in given.text
    assert 'value="kansli@example.org"' in given.text
    assert "hemligt" not in given.text
    assert server.get(live) is None


def test_a_writer_has_no_such_page(browse: Browse, cast: Cast) -> None:
    assert browse(cast.writer).get("~/mail-server/").status_code == 403


def test_a_file_that_says_it_is_shown_and_no_form(browse: Browse, app: Flask, cast: Cast, live: Installation) -> None:
    app.config["OFFICE"] = msgspec.structs.replace(live, settings={"smtp_url": "smtp://relay.example.org"})
    page = browse(cast.administrator).get("~/mail-server/").text
    assert "commsched.toml" in page
    assert 'name="host"' not in page

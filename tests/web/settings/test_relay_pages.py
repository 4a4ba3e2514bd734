"""The pages of the office's own mail servers and of its domains."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from commsched.platforms._http.dial import connect_public
from commsched.services.mailing import dkim_keys, server
from commsched.services.mailing.pool import Relays
from tests.conftest import Browser, Cast

Browse = Callable[..., Browser]
FORM = {
    "kind": "host",
    "host": "nobody.invalid",
    "port": "587",
    "security": "required",
    "user": "press@parti.example",
    "password": "hemligt",
    "per_minute": "30",
    "per_day": "2000",
    "connections": "2",
}


def test_a_mail_server_is_added_in_two_steps_and_what_is_wrong_stands_by_its_field(
    browse: Browse, cast: Cast, app: Flask
) -> None:
    outbox = cast.installation.home / "outbox"
    cast.installation.relays = Relays(
        cast.installation.store,
        server.Reader(cast.installation.store, cast.installation.vault),
        cast.installation.mailer,
        outbox,
        connect_public,
        connect_public,
    )
    browser = browse(cast.administrator)
    assert "mail-server/new?kind=microsoft" in browser.get("~/mail-server/new").text
    page = browser.get("~/mail-server/new?kind=microsoft").text
    assert "smtp.office365.com" in page
    assert 'value="30"' in page
    given = browser.post("~/mail-server/new", FORM)
    assert given.status_code == 422
    assert "hemligt" not in given.text
    assert server.of_office(cast.installation, cast.place.id) == []
    assert browse(cast.writer).get("~/mail-server/new").status_code == 403


def test_a_key_is_made_shown_and_used_on_a_persons_word(browse: Browse, cast: Cast) -> None:
    browser = browse(cast.administrator)
    assert browser.post("~/mail-server/domains/keys", {"domain": "parti.example"}).status_code == 303
    (key,) = dkim_keys.of_office(cast.installation, cast.place.id)
    page = browser.get("~/mail-server/domains/").text
    assert f"{key.selector}._domainkey.parti.example" in page
    assert key.public in page
    assert browser.post("~/mail-server/domains/").status_code == 200
    assert browser.post(f"~/mail-server/domains/keys/{key.id}/look").status_code == 303
    assert browser.post(f"~/mail-server/domains/keys/{key.id}/force").status_code == 303
    assert "Signerar" in browser.get("~/mail-server/domains/").text
    assert browser.post(f"~/mail-server/domains/keys/{key.id}/away").status_code == 303
    assert dkim_keys.of_office(cast.installation, cast.place.id) == []

"""Invitations and forgotten passwords by mail; signed in after choosing; the office that was chosen last."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
from flask import Flask
from sqlalchemy import select

from commsched.mail.folder import FolderMailer
from commsched.services.accounts import people
from commsched.services.kernel.context import Installation
from commsched.services.notices import outbox
from commsched.store.models import Notice
from commsched.store.session import EVERY_WORKSPACE
from tests.conftest import PASSWORD, Browser, Cast, MailBag

Browse = Callable[..., Browser]


def waiting(installation: Installation) -> list[tuple[str, int]]:
    with installation.store.read(EVERY_WORKSPACE) as session:
        return [(row.kind, row.person_id) for row in session.scalars(select(Notice).order_by(Notice.id))]


def link_in(mail: MailBag) -> str:
    match = re.search(r"http://localhost(/password/[\w.-]+)", mail.sent[-1].text)
    assert match
    return match[1]


def test_who_is_let_in_gets_a_mail_and_is_signed_in_after_choosing(
    browse: Browse, cast: Cast, installation: Installation, mail: MailBag
) -> None:
    given = browse(cast.administrator).post("~/people/", {"name": "Åsa", "email": "asa@example.org", "role": "writer"})
    assert "på väg till asa@example.org" in given.text
    assert outbox.send_due(installation) == 1
    assert mail.sent[-1].to == "asa@example.org"
    fresh = browse()
    assert fresh.post(link_in(mail), {"password": "ett långt lösenord"}).headers["Location"] == "/"
    assert "Åsa" in fresh.get("~/").text


def test_a_link_is_spent_by_the_one_who_chose(
    browse: Browse, cast: Cast, installation: Installation, mail: MailBag
) -> None:
    browse(cast.administrator).post("~/people/", {"name": "Åsa", "email": "asa@example.org", "role": "writer"})
    outbox.send_due(installation)
    path = link_in(mail)
    for _looked in range(2):
        assert browse().get(path).status_code == 200, "a mail scanner that follows the link spends nothing"
    assert browse().post(path, {"password": "kort"}).status_code == 422
    assert browse().post(path, {"password": "ett långt lösenord"}).status_code == 303
    assert browse().post(path, {"password": "ett annat lösenord"}).status_code == 404


def test_the_answer_to_a_forgotten_password_is_the_same_whoever_asks(
    browse: Browse, cast: Cast, installation: Installation
) -> None:
    pages = [
        browse().post("/forgotten-password", {"email": email}).text.replace(email, "…")
        for email in ("karin@example.org", "nobody@example.org")
    ]
    strip = [re.sub(r'value="[0-9a-f]{20,}"', "", page) for page in pages]
    assert strip[0] == strip[1]
    assert waiting(installation) == [("new_password", cast.writer.id)]


def test_it_is_mailed_a_few_times_only_for_any_address_alike(
    browse: Browse, cast: Cast, installation: Installation
) -> None:
    for email in ("karin@example.org", "nobody@example.org"):
        codes = [browse().post("/forgotten-password", {"email": email}).status_code for _ in range(4)]
        assert codes == [200, 200, 200, 429]
    assert len(waiting(installation)) == 3


def test_who_was_shut_out_gets_no_link(browse: Browse, cast: Cast, installation: Installation) -> None:
    from commsched.services.staff import leaving

    leaving.deactivate(installation, cast.place, cast.writer.email)
    before = waiting(installation)
    browse().post("/forgotten-password", {"email": cast.writer.email})
    assert waiting(installation) == before


def test_without_a_mail_server_nothing_is_promised(
    browse: Browse, cast: Cast, app: Flask, installation: Installation, tmp_path: Path
) -> None:
    app.config["OFFICE"] = msgspec.structs.replace(
        installation, mailer=FolderMailer(tmp_path / "outbox", "a@example.org")
    )
    page = browse().get("/forgotten-password").text
    assert "commsched person password" in page
    assert 'name="email"' not in page
    browse().post("/forgotten-password", {"email": cast.writer.email})
    given = browse(cast.administrator).post("~/people/", {"name": "Åsa", "email": "asa@example.org", "role": "writer"})
    assert "Kopiera länken" in given.text
    assert waiting(installation) == []


def test_the_office_that_was_chosen_last_is_gone_to(browse: Browse, cast: Cast, installation: Installation) -> None:
    people.add_person(installation, cast.elsewhere_actor, cast.writer.email, "writer")
    browser = browse(cast.writer)
    assert "Välj kontor" in browser.get("/").text
    assert browser.post("/office", {"office": "distriktet"}).headers["Location"] == "/w/distriktet/"
    again = browse()
    again.post("/sign-in", {"email": cast.writer.email, "password": PASSWORD})
    assert again.get("/").headers["Location"] == "/w/distriktet/"
    assert "Regiongruppen" in again.get("/?all=1").text
    assert browser.post("/office", {"office": "ingenstans"}).status_code == 404


def test_an_office_one_has_left_is_not_gone_to(browse: Browse, cast: Cast, installation: Installation) -> None:
    from commsched.services.staff import leaving

    people.add_person(installation, cast.elsewhere_actor, cast.writer.email, "writer")
    browser = browse(cast.writer)
    browser.post("/office", {"office": "distriktet"})
    leaving.remove_person(installation, cast.elsewhere_actor, cast.writer.id)
    assert browser.get("/").headers["Location"] == "/w/gruppen/"


def test_who_has_not_chosen_a_password_is_marked_and_gets_the_link_again(
    browse: Browse, cast: Cast, installation: Installation, mail: MailBag
) -> None:
    admin = browse(cast.administrator)
    admin.post("~/people/", {"name": "Åsa", "email": "asa@example.org", "role": "writer"})
    outbox.send_due(installation)
    listed = admin.get("~/people/").text
    assert listed.count("Väntar på att välja lösenord") == 1
    again = re.search(
        r'action="(/w/gruppen/people/\d+/password)"[^>]*>(?:(?!</form>).)*Skicka länken igen', listed, re.S
    )
    assert again
    assert "Skicka länken igen" not in browse(cast.reader).get("~/people/").text
    assert "på väg till asa@example.org" in admin.post(again[1]).text
    outbox.send_due(installation)
    assert [kind for kind, _person in waiting(installation)] == ["invited", "invited"]
    assert browse().post(link_in(mail), {"password": "ett långt lösenord"}).headers["Location"] == "/"
    assert "Väntar på att välja lösenord" not in admin.get("~/people/").text

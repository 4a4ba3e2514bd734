"""No line of the log holds an address that opens something, what was asked, or what was written."""

from __future__ import annotations

import io
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

from commsched.core.content.draft import DraftIn
from commsched.core.installation.redaction import SECRET_PATHS, discreet
from commsched.services.accounts import sessions
from commsched.services.kernel.context import Installation
from commsched.services.workflow import editing
from commsched.store.session import EVERY_WORKSPACE
from commsched.web.app import create_app
from tests.conftest import PASSWORD, Browser, Cast

CANARY = "kanariefageln-sjunger-0123456789"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, as a foreign server would write it: nothing is taken out afterwards."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    root, ours = logging.getLogger(), logging.getLogger("commsched")
    levels = root.level, ours.level  # a simulation that ran before in this process may have made ours silent
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    ours.setLevel(logging.NOTSET)
    yield said
    root.removeHandler(handler)
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("GET /a/tok-en_1.x HTTP/1.1", "GET /a/… HTTP/1.1"),
        ("/calendar/secret.ics", "/calendar/…"),
        ("/password/abc/keep", "/password/…/keep"),
        ("https://graph.example/me?access_token=EAAB&x=1 200", "https://graph.example/me?… 200"),
        ("POST /v1/x?a=b", "POST /v1/x?…"),
        ("saved /srv/office/backups/20261126T060000Z-before-0004.db", None),
        ("Hur gick det? Bra.", None),
    ],
)
def test_a_line_keeps_what_may_be_read(line: str, written: str | None) -> None:
    assert discreet(line) == (written or line)


def test_what_libraries_say_is_looked_through_too() -> None:
    code = (
        "import logging; from commsched.cli.run import _log; _log();"
        f"logging.getLogger('waitress').warning('Exception while serving %s', '/a/{CANARY}?x={CANARY}')"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert CANARY not in ran.stderr
    assert re.match(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d{4} WARNING waitress: .*/a/…", ran.stderr), "with its zone"


def test_every_address_that_opens_something_is_known(app: Flask) -> None:
    rules = [rule.rule for rule in app.url_map.iter_rules() if {"token", "secret"} & rule.arguments]
    before = {re.split(r"/<(?:token|secret)>", rule)[0].split("/")[-1] for rule in rules}
    assert before == set(SECRET_PATHS)


def test_an_unexpected_error_tells_the_rule_and_no_secret(
    installation: Installation, cast: Cast, log: io.StringIO
) -> None:
    """Tables are renamed under the program, so that every question fails with its parameters."""
    with installation.store.ledger() as connection:
        for table in ("approval_link", "feed", "password_link", "sign_in"):
            if inspect(connection).has_table(table):
                connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_gone")
    client = create_app(installation).test_client()
    client.set_cookie("session", CANARY)
    for path in (f"/a/{CANARY}", f"/calendar/{CANARY}.ics", f"/password/{CANARY}", f"/w/gruppen/?q={CANARY}"):
        client.get(path, headers={"Accept-Language": "sv"})
    said = log.getvalue()
    assert "unexpected: GET /w/<slug>/" in said
    assert CANARY not in said


def test_what_is_written_stays_out_of_the_error(installation: Installation, cast: Cast) -> None:
    with pytest.raises(SQLAlchemyError) as told, installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(text("INSERT INTO nowhere VALUES (:x)"), {"x": CANARY})
    assert CANARY not in str(told.value)


def test_a_comment_that_cannot_be_kept_is_not_told_in_the_log(
    installation: Installation, cast: Cast, log: io.StringIO
) -> None:
    item = editing.create(installation, cast.actor("writer"), DraftIn(text="Hej"))
    with installation.store.ledger() as connection:
        connection.exec_driver_sql("ALTER TABLE comment RENAME TO comment_gone")
    app = create_app(installation)
    browser = Browser(app.test_client(), cast.place.slug)
    browser.client.set_cookie("session", sessions.sign_in(installation, cast.writer.email, PASSWORD))
    given: Any = browser.post(f"~/items/{item}/comment", {"text": CANARY})
    assert given.status_code == 500
    assert "unexpected: POST /w/<slug>/items/<int:item_id>/comment" in log.getvalue()
    assert CANARY not in log.getvalue()

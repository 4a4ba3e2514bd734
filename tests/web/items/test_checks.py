"""Having some words checked by somebody without an account."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from commsched.services.kernel.context import Installation
from tests import writing
from tests.conftest import Browser, Cast

Browse = Callable[..., Browser]


@pytest.fixture
def number(installation: Installation, cast: Cast) -> int:
    return writing.submitted(installation, cast, [writing.channels(installation, cast)["x"]], title="Hemlig rubrik")


def ask(browser: Browser, number: int, **more: str) -> str:
    given = {"name": "Anna Ek", "passage": "en buss var femtonde minut", "question": "Är det 15?"} | more
    page = browser.post(f"~/items/{number}/checks", given, follow_redirects=True)
    return unescape(page.text)


def link(page: str) -> str:
    found = re.search(r'value="http://localhost(/f/[^"]+)"', page)
    assert found
    return found[1]


def answer(browse: Browse, path: str, **given: str):  # type: ignore[no-untyped-def]
    client = browse().client
    token = re.search(r'name="form_token" value="([^"]+)"', client.get(path).text)
    return client.post(path, data={"form_token": token[1] if token else ""} | given)


def test_the_link_shows_the_words_and_the_question_and_nothing_else(browse: Browse, cast: Cast, number: int) -> None:
    path = link(ask(browse(cast.writer), number))
    for _ in range(3):
        given = browse().client.get(path)
    shown = unescape(given.text)
    assert given.status_code == 200
    assert "noindex" in given.headers["X-Robots-Tag"]
    assert given.headers["Referrer-Policy"] == "same-origin", (
        "no other site learns the address, and the form tells where it comes from"
    )
    assert "en buss var femtonde minut" in shown
    assert "Är det 15?" in shown
    assert "Hemlig rubrik" not in shown
    assert "Storgatan" not in shown


def test_an_answer_stands_among_the_sources_for_writer_and_approver(browse: Browse, cast: Cast, number: int) -> None:
    path = link(ask(browse(cast.writer), number))
    assert answer(browse, path, verdict="wrong").status_code == 422
    thanks = unescape(answer(browse, path, verdict="wrong", words="Var tjugonde.").text)
    assert "Tack. Du svarade" in thanks
    for where in ("", "/review"):
        shown = unescape(browse(cast.approver).get(f"~/items/{number}{where}").text)
        assert "Anna Ek: det stämmer inte" in shown
        assert "Var tjugonde." in shown
    assert answer(browse, path, verdict="right").status_code in (400, 403, 409)


def test_a_press_without_the_form_answers_nothing(browse: Browse, cast: Cast, number: int) -> None:
    path = link(ask(browse(cast.writer), number))
    assert browse().client.post(path, data={"verdict": "right"}).status_code in (400, 403)
    assert "Det stämmer inte" in browse().client.get(path).text


def test_a_question_is_taken_back(browse: Browse, cast: Cast, number: int) -> None:
    writer = browse(cast.writer)
    page = ask(writer, number)
    where = re.search(r'(/items/\d+/checks/\d+/revoke)"', page)
    assert where
    writer.post(f"~{where[1]}", {})
    assert browse().client.get(link(page)).status_code == 404
    assert "är tillfrågad" not in unescape(writer.get(f"~/items/{number}").text)


def test_what_is_missing_is_said_by_its_field(browse: Browse, cast: Cast, number: int) -> None:
    page = ask(browse(cast.writer), number, name="", passage="")
    assert "Skriv vem du frågar." in page
    assert ask(browse(cast.writer), number, email="anna@").count("Det är ingen e-postadress.") >= 1

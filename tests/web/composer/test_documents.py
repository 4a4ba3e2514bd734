"""Documents in the composer: attached, named, moved and taken out by a plain form; seen by whoever approves."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest

from commsched.core.media.documents import MOST
from commsched.services.documents import library
from commsched.services.kernel.context import Installation
from commsched.services.workflow import editing
from commsched.store.models import Document
from tests import looked, publications, writing
from tests.conftest import Browser, Cast
from tests.documents import office, pdf
from tests.services.workflow.test_approve import token_for
from tests.web.composer.test_release_parts import newest
from tests.web.composer.test_writing import form
from tests.web.media.test_uploads import add, ask, begin

Browse = Callable[..., Browser]


@pytest.fixture(autouse=True)
def _looked(monkeypatch: pytest.MonkeyPatch) -> None:
    looked.here(monkeypatch)


@pytest.fixture
def room(installation: Installation, cast: Cast) -> int:
    return publications.channel(installation, cast.place.id, "newsroom")


def taken(installation: Installation, cast: Cast, data: bytes = b"", name: str = "Budget 2027.pdf") -> Document:
    return library.add_from(installation, cast.actor("writer"), io.BytesIO(data or pdf()), name).document


def titles(installation: Installation, cast: Cast) -> list[str]:
    return [each.title for each in newest(installation, cast).documents]


def test_a_plain_form_attaches_names_moves_and_takes_out(
    browse: Browse, installation: Installation, cast: Cast, room: int
) -> None:
    browser = browse(cast.writer)
    files = [(io.BytesIO(pdf()), "Budget_2027.pdf"), (io.BytesIO(b"<svg/>"), "logga.pdf")]
    values = {"kind": "release", "title": "Budgeten", "text": "Klar.", "channels": str(room)}
    shown = browser.post("~/write", {**values, "do": "again", "new_documents": files})
    assert shown.status_code == 422
    assert "logga.pdf: Filen är en webbsida" in shown.text
    typed = form(shown.text)
    assert typed[f"document-title-{typed['documents'][0]}"] == ["Budget 2027"]
    assert re.search(r">Budget 2027 \(PDF, 1 kB\)</a>", shown.text)
    other = taken(installation, cast, b"Kort.", "Kort.txt")
    typed["documents"].append(str(other.id))
    typed[f"document-title-{other.id}"] = " I  korthet "
    moved = form(browser.post("~/write", {**typed, "do": f"document-up:{other.id}"}).text)
    assert moved["documents"][0] == str(other.id)
    assert browser.post("~/write", {**moved, "do": "save"}).status_code == 303
    assert titles(installation, cast) == ["I korthet", "Budget 2027"]
    kept = form(browser.post("~/write", {**moved, "do": f"document-drop:{other.id}"}).text)
    assert len(kept["documents"]) == 1


def test_no_more_than_go_with_a_release(browse: Browse, installation: Installation, cast: Cast, room: int) -> None:
    files = [(io.BytesIO(f"Ord {number}.".encode()), f"{number}.txt") for number in range(MOST + 1)]
    shown = browse(cast.writer).post("~/write", {"kind": "release", "do": "again", "new_documents": files})
    assert f"Högst {MOST} dokument" in shown.text
    assert len(form(shown.text)["documents"]) == MOST


def test_it_comes_in_pieces_too(browse: Browse, installation: Installation, cast: Cast) -> None:
    browser, data = browse(cast.writer), office()
    address = begin(browser, len(data), "Förslag.docx", "").headers["Location"]
    add(browser, address, data, 0)
    told = ask(browser, "POST", f"{address}?as=document").json
    assert told["refused"] == []
    [document] = told["documents"]
    assert (document["title"], document["words"]) == ("Förslag", "Förslag (Word, 1 kB)")
    with browser.get(document["url"]) as answer:
        assert answer.data == data
    address = begin(browser, 6, "x.pdf", "application/pdf").headers["Location"]
    add(browser, address, b"<html>", 0)
    assert "webbsida" in ask(browser, "POST", f"{address}?as=document").json["refused"][0]
    assert begin(browser, 11 * 2**20, "x.pdf", "application/pdf").status_code == 413


def test_it_is_saved_and_never_shown(browse: Browse, installation: Installation, cast: Cast) -> None:
    row = taken(installation, cast)
    with browse(cast.writer).get(f"~/documents/{row.sha256}?as=Förslaget%20i%20korthet.pdf") as answer:
        assert answer.data == pdf()
    assert answer.headers["Content-Disposition"] == "attachment; filename=forslaget-i-korthet.pdf"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.mimetype == "application/pdf"
    assert browse(cast.reader).get(f"~/documents/{row.sha256}").status_code == 404  # in no item yet
    assert browse(cast.writer).get(f"~/documents/{'0' * 64}").status_code == 404


def submitted(installation: Installation, cast: Cast, room: int, row: Document) -> int:
    values: dict[str, Any] = {"kind": "release", "title": "Budgeten är klar", "documents": [row.id]}
    return writing.submitted(installation, cast, [room], **values)


def test_whoever_approves_sees_it_and_what_is_in_it(
    browse: Browse, installation: Installation, cast: Cast, room: int
) -> None:
    data = office(more={"word/comments.xml": "<c><comment/></c>"})
    row = taken(installation, cast, data, "Budgetförslag 2027.docx")
    number = submitted(installation, cast, room, row)
    browser = browse(cast.approver)
    for path in (f"~/items/{number}/review", f"~/items/{number}"):
        page = browser.get(path).text
        assert f'/documents/{row.sha256}"' in page
        assert "Budgetförslag 2027 (Word, 1 kB)" in page
        assert "har kommentarer i sig" in page
    with browser.get(f"~/documents/{row.sha256}") as answer:
        assert answer.data == data
    edit = browse(cast.writer).get(f"~/items/{number}/edit").text
    assert "har kommentarer i sig" in edit


def test_two_who_save_at_once_choose_between_their_documents(
    browse: Browse, installation: Installation, cast: Cast, room: int
) -> None:
    browser, row = browse(cast.writer), taken(installation, cast)
    values: dict[str, Any] = {"kind": "release", "title": "Budgeten", "documents": [row.id]}
    number = editing.create(installation, cast.actor("writer"), writing.draft([room], **values))
    typed = form(browser.get(f"~/items/{number}/edit").text)
    editing.save(installation, cast.actor("writer"), number, writing.draft([room], **values | {"documents": []}))
    clash = browser.post(f"~/items/{number}/edit", {**typed, "do": "save"})
    assert clash.status_code == 409
    assert 'name="take-documents"' in clash.text
    mine = form(clash.text, 'name="stamp"')
    assert mine["documents"] == [str(row.id)]
    assert mine[f"document-title-{row.id}"] == ["Budget 2027"]


def test_the_link_in_the_mail_shows_the_document_of_its_item_alone(
    browse: Browse, installation: Installation, cast: Cast, room: int, app: Any
) -> None:
    row, other = taken(installation, cast), taken(installation, cast, b"Annat.", "Annat.txt")
    number = submitted(installation, cast, room, row)
    assert number
    token = token_for(cast, cast.approver.id)
    client = app.test_client()
    page = client.get(f"/a/{token}").text
    assert f'href="/a/{token}/documents/{row.sha256}"' in page
    with client.get(f"/a/{token}/documents/{row.sha256}") as answer:
        assert answer.data == pdf()
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert client.get(f"/a/{token}/documents/{other.sha256}").status_code == 404


def test_a_post_that_has_one_keeps_it_when_it_is_saved(
    browse: Browse, installation: Installation, cast: Cast, room: int
) -> None:
    """It came by the API; the networks refuse it in words, and a person takes it out."""
    browser, row = browse(cast.writer), taken(installation, cast)
    number = editing.create(installation, cast.actor("writer"), writing.draft([room], documents=[row.id]))
    typed = form(browser.get(f"~/items/{number}/edit").text)
    assert browser.post(f"~/items/{number}/edit", {**typed, "do": "save"}).status_code == 303
    assert titles(installation, cast) == ["Budget 2027"]

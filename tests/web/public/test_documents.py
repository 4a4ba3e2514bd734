"""A release's documents reach readers when it does and no sooner: by the newsroom, the kit, the feeds and the mail."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import datetime
from typing import Any

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient

from commsched.core.content.draft import DocumentIn
from commsched.services.channels import connect
from commsched.services.content import items
from commsched.services.deliver import calls
from commsched.services.documents import library
from commsched.services.kernel.blobs import blob_of
from commsched.services.workflow import corrections, duplicate, takedown
from commsched.store.models import Document
from tests import looked
from tests.conftest import Cast, MailBag, SetClock
from tests.documents import pdf
from tests.publications import channel
from tests.services import desk
from tests.web.public.test_outputs import NEWS

TITLE = "Budgetförslag 2027"


@pytest.fixture(autouse=True)
def _looked(monkeypatch: pytest.MonkeyPatch) -> None:
    looked.here(monkeypatch)


class Story:
    """A release with a document, approved: on a list that gets it before, and in the newsroom."""

    def __init__(self, cast: Cast, clock: SetClock, **values: Any) -> None:
        self.cast, self.clock, self.installation = cast, clock, cast.installation
        given = {"addresses": "red@tidning.example", "newsroom_link": "true"} | values.pop("given", {})
        self.list = connect.connect(self.installation, cast.actor(), "presslist", "Pressen", given).id
        self.room = channel(self.installation, cast.place.id)
        self.data = pdf()
        self.row = self.taken(self.data, "utkast.pdf")
        said = {"kind": "release", "title": "Budgeten är klar", "text": "Nu.", "contact": "Eva"} | values
        documents = [DocumentIn(id=self.row.id, title=TITLE)]
        self.item = desk.scheduled(cast, channels=[self.list, self.room], documents=documents, **said)
        self.path = f"/media/gruppen/documents/{self.row.sha256}.pdf"

    def taken(self, data: bytes, name: str) -> Document:
        return library.add_from(self.installation, self.cast.actor("writer"), io.BytesIO(data), name).document

    def at(self, time: str) -> None:
        self.clock.at = datetime.fromisoformat(f"2026-11-26T{time}+01:00")
        desk.publish_what_is_due(self.installation)


def got(press: FlaskClient, path: str) -> tuple[int, bytes, Any]:
    with press.get(path, buffered=True) as answer:
        return answer.status_code, answer.data, answer.headers


def test_it_is_had_when_the_release_is_and_not_once_that_is_taken_down(
    app: Flask, cast: Cast, clock: SetClock, mail: MailBag
) -> None:
    story, press = Story(cast, clock, embargo="2026-11-26T14:00"), app.test_client()
    story.at("13:59:59")
    (sent,) = mail.sent
    secret = re.search(r"http://localhost(/e/\S+/documents/\S+)", sent.text)
    assert secret
    assert f"{TITLE} (PDF, 1 kB): http://localhost{secret[1]}" in sent.text
    code, data, headers = got(press, secret[1])
    assert (code, data) == (200, story.data)
    assert headers["Content-Disposition"] == "attachment; filename=embargo-budgetforslag-2027.pdf"
    assert headers["Cache-Control"] == "private, no-store"
    assert got(press, story.path)[0] == 404
    story.at("14:00:00")
    code, data, headers = got(press, story.path)
    assert (code, data) == (200, story.data)
    assert headers["Content-Disposition"] == "attachment; filename=budgetforslag-2027.pdf"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "public, max-age=300"
    assert press.get(story.path, headers={"If-None-Match": headers["ETag"]}).status_code == 304
    for wrong in (story.path.replace(".pdf", ".docx"), f"/media/gruppen/documents/{'0' * 64}.pdf", f"{story.path}x"):
        assert got(press, wrong)[0] == 404
    other = story.taken(b"I inget.", "annat.txt")
    assert got(press, f"/media/gruppen/documents/{other.sha256}.txt")[0] == 404
    takedown.take_down(story.installation, cast.actor("approver"), story.item, "Fel siffror.")
    assert got(press, story.path)[0] == 404
    assert got(press, secret[1])[0] == 404


def test_page_kit_feeds_and_ninjs_have_it(app: Flask, cast: Cast, clock: SetClock, mail: MailBag) -> None:
    story, press = Story(cast, clock, publish_at="2026-11-26T13:00"), app.test_client()
    story.at("13:00:00")
    where = re.search(r'href="(/n/gruppen/budgeten-ar-klar-[^"]+)"', press.get("/n/gruppen/").text)
    assert where
    page = press.get(where[1]).text
    assert f'href="{story.path}" download>' in page
    assert f"<span>{TITLE} (PDF, 1 kB)</span>" in page
    with zipfile.ZipFile(io.BytesIO(got(press, f"{where[1]}/press.zip")[1])) as archive:
        assert archive.read("budgetforslag-2027.pdf") == story.data
    news = press.get(f"{where[1]}/ninjs.json").get_json()
    kinds = {**NEWS["properties"], "type": {"enum": ["text", "picture", "component"]}}
    jsonschema.validate(news, NEWS | {"properties": kinds})
    (paper,) = news["associations"]
    assert (paper["type"], paper["title"]) == ("component", TITLE)
    assert paper["renditions"] == [
        {
            "name": "original",
            "href": f"http://localhost{story.path}",
            "contentType": "application/pdf",
            "sizeInBytes": len(story.data),
        }
    ]
    feed = json.loads(press.get("/n/gruppen/feed.json").text)["items"][0]
    assert [each["title"] for each in feed["attachments"]] == [TITLE]
    assert f"http://localhost{story.path}" in press.get("/n/gruppen/feed.atom").text
    (sent,) = mail.sent
    assert f"{TITLE} (PDF, 1 kB): http://localhost{story.path}" in sent.text


def test_a_correction_and_a_copy_carry_it_on(app: Flask, cast: Cast, clock: SetClock, mail: MailBag) -> None:
    story, press = Story(cast, clock, publish_at="2026-11-26T13:00"), app.test_client()
    story.at("13:00:00")
    writer, documents = cast.actor("writer"), []
    again = duplicate.duplicate(story.installation, writer, story.item)
    for number in (corrections.begin(story.installation, writer, story.item), again):
        with story.installation.store.read(cast.place.id) as session:
            documents += items.current(session, items.load(session, number)).parsed().documents
    assert [(each.sha256, each.title) for each in documents] == [(story.row.sha256, TITLE)] * 2
    assert got(press, story.path)[0] == 200


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_what_is_not_the_approved_file_any_more_is_held(cast: Cast, clock: SetClock, mail: MailBag, harm: str) -> None:
    story = Story(cast, clock, publish_at="2026-11-26T13:00", given={"documents": "files"})
    key = blob_of(story.installation, story.row).key
    story.installation.blobs.delete(key)
    if harm == "changed":
        path = story.installation.home / "media" / key
        path.write_bytes(bytes(len(story.data)))
    story.at("13:00:00")
    assert mail.sent == []
    assert {(row.state, row.reason) for row in desk.deliveries(cast, story.item)} == {("held", "media")}


def test_the_file_comes_with_the_mail_where_the_list_wants_it(cast: Cast, clock: SetClock, mail: MailBag) -> None:
    story = Story(cast, clock, publish_at="2026-11-26T13:00", given={"documents": "files"})
    story.at("13:00:00")
    (sent,) = mail.sent
    assert f"Bifogat: {TITLE} (PDF, 1 kB)" in sent.text
    (file,) = sent.files
    assert (file.name, file.mime) == ("budgetforslag-2027.pdf", "application/pdf")
    with file.open() as stream:
        assert stream.read() == story.data


def test_a_long_list_gets_it_each_once_and_the_file_is_read_once(
    cast: Cast, clock: SetClock, mail: MailBag, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [f"red{number}@tidning.example" for number in range(230)]
    story = Story(
        cast, clock, publish_at="2026-11-26T13:00", given={"addresses": "\n".join(people), "documents": "files"}
    )
    reads: list[str] = []
    verified = calls._verified
    monkeypatch.setattr(calls, "_verified", lambda file, sha256: reads.append(sha256) or verified(file, sha256))
    story.at("13:00:00")
    assert sorted(message.to for message in mail.sent) == sorted(people)
    assert all(len(message.files) == 1 for message in mail.sent)
    assert {row.state for row in desk.deliveries(cast, story.item)} == {"published"}
    assert len(reads) <= 4  # the list's, and the newsroom's

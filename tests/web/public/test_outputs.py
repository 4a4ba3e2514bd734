"""What follows from a release in the newsroom: the PDF, ninjs, the invitation's event. Nothing leaks by them."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import icalendar
import jsonschema
import pikepdf
import pytest
from flask.testing import FlaskClient

from commsched.core.content.release import ContactPerson, Event, LanguageVersion, Quote
from commsched.services.kernel.context import Installation
from commsched.services.workflow import takedown
from tests import publications
from tests.conftest import NOW, Cast
from tests.images import files
from tests.web.public.test_newsroom import address, release

EVENT = Event(starts="2026-12-10T09:00:00Z", ends="2026-12-10T10:00:00Z", place="Regionens hus", people="Karin Lund")
TEXTS = {"type": "string"}
VALUES = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["value"],
        "additionalProperties": False,
        "properties": dict.fromkeys(("role", "contentType", "value"), TEXTS)
        | {name: {"type": "integer"} for name in ("charCount", "wordCount")},
    },
}
RENDITIONS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": dict.fromkeys(("name", "contentType"), TEXTS)
        | {"href": {"type": "string", "format": "uri"}}
        | {name: {"type": "integer"} for name in ("width", "height", "sizeInBytes")},
    },
}


def named(*fields: str, **more: Any) -> dict[str, Any]:
    properties = dict.fromkeys(("name", *fields), TEXTS) | more
    return {"type": "array", "items": {"type": "object", "additionalProperties": False, "properties": properties}}


NEWS: dict[str, Any] = {
    "type": "object",
    "required": ["uri"],
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(("version", "language", "title", "by", "copyrightHolder", "edNote", "name"), TEXTS),
        "uri": {"type": "string", "format": "uri"},
        "standard": {"type": "object", "required": ["name", "version", "schema"]},
        "type": {"enum": ["text", "picture"]},
        "representationType": {"enum": ["full", "partial"]},
        "pubStatus": {"enum": ["usable", "withheld", "canceled"]},
        **{name: {"type": "string", "format": "date-time"} for name in ("firstCreated", "versionCreated")},
        **dict.fromkeys(("headlines", "descriptions", "bodies"), VALUES),
        "genres": named("uri"),
        "infoSources": named("role", "uri"),
        "places": named("rel"),
        "people": named("rel", contactInfo={"type": "array", "items": {"required": ["type", "value"]}}),
        "eventDetails": {"type": "object", "required": ["dates"]},
        "renditions": RENDITIONS,
        "associations": {"type": "array", "items": {"$ref": "#"}},
    },
}
"""What we use of ninjs 3.0, written from the names and types of the standard's fields; no package has its schema."""


def invitation(installation: Installation, cast: Cast, room: int, **more: Any) -> Any:
    people = [ContactPerson(name="Eva Ek", phone="070-000 00 00", email="eva@gruppen.example")]
    return release(installation, cast, room, genre="pressinbjudan", event=EVENT, contacts=people, **more)


def test_a_release_is_had_as_a_pdf_and_asked_for_once(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    picture = publications.picture(installation, cast.place.id, files.jpeg(), alt="En buss")
    item = release(installation, cast, room, attachments=[picture])
    where = f"{address(press, item)}/release.pdf"
    assert f'href="{where}"' in press.get(address(press, item)).text
    first = press.get(where, buffered=True)
    assert (first.status_code, first.mimetype) == (200, "application/pdf")
    assert first.data.startswith(b"%PDF-1.7")
    assert "ja-till-fler-turer-pa-landet.pdf" in first.headers["Content-Disposition"]
    again = press.get(where, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_ninjs_says_what_the_page_says(press: FlaskClient, installation: Installation, cast: Cast, room: int) -> None:
    picture = publications.picture(installation, cast.place.id, files.jpeg(), alt="En buss", credit="Anna Ek")
    quotes = [Quote(text="Äntligen!", person="Karin Lund")]
    item = invitation(installation, cast, room, attachments=[picture], quotes=quotes, short="Kort.")
    news = press.get(f"{address(press, item)}/ninjs.json").get_json()
    jsonschema.Draft202012Validator(NEWS, format_checker=jsonschema.FormatChecker()).validate(news)
    assert news["uri"].startswith("urn:uuid:")
    assert news["bodies"][0]["value"] == "Regionen säger ja."
    assert news["associations"][0]["by"] == "Anna Ek"
    assert {form["name"] for form in news["renditions"]} == {"page", "pdf", "press-kit", "calendar"}
    for form in [*news["renditions"], *news["associations"][0]["renditions"]]:
        where = form["href"].removeprefix(installation.base_url)
        assert press.get(where, buffered=True).status_code == 200, form
    feed = press.get("/n/gruppen/feed.ninjs")
    assert feed.get_json()["items"] == [news]
    assert press.get("/n/gruppen/feed.ninjs", headers={"If-None-Match": feed.headers["ETag"]}).status_code == 304


def test_the_event_is_called_off_where_the_invitation_is_taken_down(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    item = invitation(installation, cast, room)
    where = f"{address(press, item)}/event.ics"
    stands = icalendar.Calendar.from_ical(press.get(where).data)
    takedown.take_down(installation, cast.actor(), item.id, "Inställt.")
    over = icalendar.Calendar.from_ical(press.get(where).data)
    before, after = (file.walk("VEVENT")[0] for file in (stands, over))
    assert (stands["method"], over["method"]) == ("PUBLISH", "CANCEL")
    assert before["uid"] == after["uid"]
    assert int(after["sequence"]) == int(before["sequence"]) + 1
    assert after["status"] == "CANCELLED"


def test_what_was_published_in_error_is_called_off_without_its_name(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    item = invitation(installation, cast, room)
    where = f"{address(press, item)}/event.ics"
    takedown.take_down(installation, cast.actor(), item.id, "Fel dag.", "error")
    text = press.get(where).text
    assert "METHOD:CANCEL" in text
    for said in ("Ja till fler", "Regionens hus", "Fel dag", "eva@"):
        assert said not in text


@pytest.mark.parametrize("door", ["release.pdf", "ninjs.json", "event.ics", "press.zip"])
def test_what_is_under_embargo_is_behind_no_door(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, door: str
) -> None:
    until = (NOW + timedelta(days=1)).isoformat()
    item = invitation(installation, cast, room, title="Hemligt", embargo=until)
    for where in (f"hemligt-{item.uid[:8]}", item.uid):
        assert press.get(f"/n/gruppen/{where}/{door}").status_code == 404
    assert "Hemligt" not in json.dumps(press.get("/n/gruppen/feed.ninjs").get_json())


def test_each_output_is_there_in_each_language(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    english = LanguageVersion(
        language="en", title="Yes to more buses", text="The region says **yes**.", short="In short."
    )
    arabic = LanguageVersion(language="ar", title="نعم لمزيد من الحافلات", text="تقول المنطقة نعم.")
    item = release(installation, cast, room, short="Kort.", versions=[english, arabic])
    at = address(press, item)
    for query, tag, headline in (
        ("", "sv", "Ja till"),
        ("?language=en", "en", "Yes to more"),
        ("?language=ar", "ar", ""),
    ):
        with press.get(f"{at}/release.pdf{query}") as answer:
            assert f"-{tag}.pdf" in answer.headers["Content-Disposition"]
            data = answer.data
        with pikepdf.open(io.BytesIO(data)) as sheet:
            assert str(sheet.Root.Lang) == tag
            assert headline in str(sheet.docinfo["/Title"])
        news = press.get(f"{at}/ninjs.json{query}").json
        assert news["language"] == tag
        assert headline in news["title"]
        others = {each["language"] for each in news["associations"] if each["name"].startswith("translation-")}
        assert others == {"sv", "en", "ar"} - {tag}
        for each in news["associations"]:
            for form in each["renditions"]:
                with press.get(form["href"].removeprefix("http://localhost")) as there:
                    assert there.status_code == 200, form
    with zipfile.ZipFile(io.BytesIO(press.get(f"{at}/press.zip").data)) as archive:
        names = archive.namelist()
        assert len(set(names)) == len(names)
        for tag in ("sv", "en", "ar"):
            assert [name for name in names if name.endswith(f"-{tag}.pdf")], names
            assert [name for name in names if name.endswith(f"-{tag}.txt")], names
        text = next(name for name in names if name.endswith("-en.txt") and name.startswith("yes"))
        assert b"Yes to more buses" in archive.read(text)
    page = press.get(f"{at}/in/en").text
    assert "release.pdf?language=en" in page
    assert "release.pdf?language" not in press.get(at).text
    with press.get(f"{at}/release.pdf?language=xx") as own:
        assert own.status_code == 200, "a language that it lacks gives its own"

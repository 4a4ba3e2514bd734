"""A release's parts through its doors: the composer's form and the API make the same content, and readers see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from commsched.core.content.release import ContactPerson, Event, LanguageVersion, Quote
from commsched.services.accounts import tokens
from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.store.models import Item
from tests import publications
from tests.conftest import Browser, Cast

Browse = Callable[..., Browser]
PARTS = {
    "genre": "pressinbjudan",
    "title": "Så blir budgeten",
    "text": "Kom och fråga.",
    "about": "Vi är gruppen.",
    "quotes": [{"text": "Välkomna!", "person": "Karin Ek", "role": "gruppledare"}],
    "contacts": [{"name": "Elin", "role": "kanslist", "phone": "070-1", "email": "e@x.example", "hours": "8–17"}],
    "event": {
        "starts": "2027-01-14T10:00",
        "ends": "2027-01-14T11:00",
        "place": "Torget",
        "people": "Karin Ek",
        "reply_to": "e@x.example",
    },
    "versions": [{"language": "en", "title": "The budget", "text": "Come and ask.", "quotes": [{"text": "Welcome!"}]}],
}
FORM = {
    "kind": "release",
    "genre": "pressinbjudan",
    "title": "Så blir budgeten",
    "text": "Kom och fråga.",
    "about": "Vi är gruppen.",
    "quote-text": ["Välkomna!", ""],
    "quote-person": ["Karin Ek", ""],
    "quote-role": ["gruppledare", ""],
    "contact-name": ["Elin\r\nBcc: x@y.example", ""],
    "contact-role": ["kanslist", ""],
    "contact-phone": ["070-1", ""],
    "contact-email": ["e@x.example", ""],
    "contact-hours": ["8–17", ""],
    "event-starts_day": "2027-01-14",
    "event-starts_time": "10",
    "event-ends_day": "2027-01-14",
    "event-ends_time": "11.00",
    "event-place": "Torget",
    "event-people": "Karin Ek",
    "event-reply_to": "e@x.example",
    "version": "en",
    "v-en-title": "The budget",
    "v-en-text": "Come and ask.",
    "v-en-quote-text": ["Welcome!"],
    "v-en-quote-person": [""],
    "v-en-quote-role": [""],
}


def newest(installation: Installation, cast: Cast) -> Any:
    with installation.store.read(cast.place.id) as session:
        item = session.query(Item).order_by(Item.id.desc()).first()
        assert item is not None
        return items.current(session, item).parsed()


def test_the_composer_and_the_api_make_the_same_release(
    app: Flask, browse: Browse, installation: Installation, cast: Cast
) -> None:
    room = publications.channel(installation, cast.place.id, "newsroom")
    page = browse(cast.writer)
    page.post("~/write", {**FORM, "channels": str(room), "do": "save"})
    typed = newest(installation, cast)
    assert typed.contacts == [
        ContactPerson(name="Elin Bcc: x@y.example", role="kanslist", phone="070-1", email="e@x.example", hours="8–17")
    ]
    assert typed.event == Event(
        starts="2027-01-14T09:00:00Z",
        ends="2027-01-14T10:00:00Z",
        place="Torget",
        people="Karin Ek",
        reply_to="e@x.example",
        sequence=typed.event.sequence,
    )
    assert typed.quotes == [Quote(text="Välkomna!", person="Karin Ek", role="gruppledare")]
    welcome = [Quote(text="Welcome!")]
    assert typed.versions == [LanguageVersion(language="en", title="The budget", text="Come and ask.", quotes=welcome)]

    token = tokens.create_token(installation, cast.actor("writer"), "prov", "")
    body = {"kind": "release", "channels": [room], **PARTS}
    headers = {"Authorization": f"Bearer {token}"}
    answer = app.test_client().post("/api/v1/items", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    sent = newest(installation, cast)
    assert sent.contacts[0].name == "Elin"
    assert (sent.event.starts, sent.versions, sent.quotes) == (typed.event.starts, typed.versions, typed.quotes)
    gap = body | {"event": {"starts": "2027-03-28T02:30"}}
    asked = app.test_client().post("/api/v1/items", json=gap, headers=headers)
    assert asked.status_code == 422, asked.text
    assert "event.starts" in asked.text


def test_buttons_take_somebody_from_the_book_and_begin_a_language(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    page = browse(cast.writer)
    book = {f"book-0-{name}": said for name, said in zip(("name", "phone"), ("Karin Ek", "070-2"), strict=True)}
    answer = page.post("~/write", {**FORM, **book, "do": "contact:0"})
    assert 'value="Karin Ek"' in answer.text
    answer = page.post("~/write", {**FORM, "do": "version:add", "new_version": "fi"})
    assert 'name="v-fi-title"' in answer.text
    answer = page.post("~/write", {**FORM, "do": "version:drop:en"})
    assert 'name="v-en-title"' not in answer.text

"""The pages of press contacts: looked through, added, changed, put on lists; who may see them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from commsched.core.contacts.facts import ContactIn
from commsched.services.contacts import book
from commsched.services.kernel.context import Installation
from commsched.store.models import AuditEntry, Channel, Contact
from tests.conftest import Browser, Cast
from tests.services.contacts.test_contacts import digest, on_list, pasted, refuse

Browse = Callable[..., Browser]


def added(cast: Cast, address: str = "asa@x.example", **more: Any) -> int:
    return book.add(cast.installation, cast.actor(), "press", ContactIn(address, **more))


@pytest.fixture
def three(cast: Cast) -> list[int]:
    return [
        added(cast, "asa@x.example", name="Åsa Öberg", outlet="Länsbladet", beats=("sjukvård",), areas=("storhed",)),
        added(cast, "bo@y.example", name="Bo Berg", outlet="Radio Älven", language="fi"),
        added(cast, "tips@z.example", outlet="Länsbladet"),
    ]


@pytest.mark.parametrize(
    ("query", "who"),
    [
        ("", ["Åsa Öberg", "tips@z.example", "Bo Berg"]),
        ("q=öberg", ["Åsa Öberg"]),
        ("q=ÅSA+läns", ["Åsa Öberg"]),
        ("q=TIPS%40z.example", ["tips@z.example"]),
        ("q=radio", ["Bo Berg"]),
        ("beat=sjukvård", ["Åsa Öberg"]),
        ("area=storhed", ["Åsa Öberg"]),
        ("language=fi", ["Bo Berg"]),
        ("state=bounced", []),
        ("q=nobody", []),
        ("list=999", []),
        ("list=x&after=y", ["Åsa Öberg", "tips@z.example", "Bo Berg"]),
    ],
)
def test_contacts_are_found(browse: Browse, cast: Cast, three: list[int], query: str, who: list[str]) -> None:
    page = browse(cast.writer).get(f"~/contacts/?{query}").text
    assert re.findall(r'contacts/\d+">([^<]+)</a></strong>', page) == who


def test_a_page_goes_on_where_the_last_one_ended(
    browse: Browse, cast: Cast, three: list[int], monkeypatch: Any
) -> None:
    monkeypatch.setattr("commsched.services.contacts.search.look.__defaults__", (2,))
    browser = browse(cast.writer)
    first = browser.get("~/contacts/?q=öberg").text
    assert "Nästa" not in first
    link = re.search(r'href="([^"]+after=\d+)"', browser.get("~/contacts/").text)
    assert link
    page = browser.get(link[1]).text
    assert "Bo Berg" in page
    assert "Öberg" not in page


def test_who_gets_no_mail_is_not_counted_among_those_who_do(browse: Browse, cast: Cast, three: list[int]) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Contact, three[0]).state = "unconfirmed"
    assert (
        "2 journalister och redaktioner som ni skickar till · 1 till får inga mejl"
        in browse(cast.writer).get("~/contacts/").text
    )


def test_who_may_see_them(browse: Browse, cast: Cast, three: list[int]) -> None:
    assert browse(cast.reader).get("~/contacts/").status_code == 403
    assert browse(cast.stranger).get("~/contacts/").status_code == 404
    assert browse(cast.approver).get("~/contacts/").status_code == 200
    assert browse(cast.writer).post("~/contacts/lists/", {"name": "Ny"}).status_code == 403
    assert "Presskontakter" not in browse(cast.reader).get("~/channels/").text


def test_a_contact_is_added_changed_and_taken_away(browse: Browse, cast: Cast) -> None:
    number = pasted(cast, "tips@z.example")
    before = digest(cast, number)
    browser = browse(cast.writer)
    form = {"name": "Åsa Öberg", "address": "asa@x.example", "beats": "Sjukvård, skola", "lists": str(number)}
    answer = browser.post("~/contacts/new", form)
    assert answer.status_code == 303
    path = answer.headers["Location"]
    assert on_list(cast, number) == ["tips@z.example", "asa@x.example"]
    added_digest = digest(cast, number)
    assert added_digest != before
    page = browser.get(path).text
    assert 'value="sjukvård, skola"' in page
    assert "tillagd för hand" in page
    assert browser.post(path, form | {"address": "asa@ny.example", "lists": str(number)}).status_code == 303
    assert on_list(cast, number) == ["tips@z.example", "asa@ny.example"]
    moved = digest(cast, number)
    assert moved != added_digest, "another address is somebody whom nobody has approved"
    assert browser.post(path, form | {"address": "asa@ny.example", "lists": ""}).status_code == 303
    assert on_list(cast, number) == ["tips@z.example"]
    assert browser.post(path + "/remove").status_code == 303
    assert browser.get(path).status_code == 404
    assert digest(cast, number) == moved
    with cast.installation.store.read(cast.place.id) as session:
        said = session.scalars(select(AuditEntry).where(AuditEntry.action.like("contact.%"))).all()
    assert [row.action for row in said] == ["contact.added", "contact.changed", "contact.changed", "contact.removed"]
    assert "example" not in "".join(str(row.facts) for row in said)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "behövs"),
        ("ingen", "ingen e-postadress"),
        ("BO@y.example", "finns redan"),
        ("nej@x.example", "inte vill ha mejl"),
    ],
)
def test_an_address_that_cannot_be_added_is_told(
    browse: Browse, cast: Cast, three: list[int], address: str, sentence: str
) -> None:
    refuse(cast, "nej@x.example")
    answer = browse(cast.writer).post("~/contacts/new", {"name": "Någon", "address": address})
    assert answer.status_code in (409, 422)
    assert sentence in answer.text
    assert 'value="Någon"' in answer.text


def test_a_list_is_made_in_two_fields_and_says_who_was_left_out(browse: Browse, cast: Cast) -> None:
    refuse(cast, "nej@x.example")
    browser = browse(cast.administrator)
    form = {"name": "Vården", "addresses": "Åsa Öberg <asa@x.example>\nnej@x.example"}
    answer = browser.post("~/contacts/lists/", form)
    assert answer.status_code == 303
    page = browser.get(answer.headers["Location"]).text
    assert "Åsa Öberg" in page
    assert "nej@x.example (De har sagt" in page
    empty = browser.post("~/contacts/lists/", {"name": "Tom"})
    assert empty.status_code == 303
    assert "Ingen står på den här listan" in browser.get(empty.headers["Location"]).text
    assert "Vården" in browser.get("~/contacts/lists/").text
    assert browser.post("~/contacts/lists/", {"name": ""}).status_code == 422


def test_a_list_that_fills_itself_is_made_and_changed(browse: Browse, cast: Cast, three: list[int]) -> None:
    browser = browse(cast.administrator)
    answer = browser.post("~/contacts/lists/", {"name": "Vård", "beats": "SJUKVÅRD"})
    path = answer.headers["Location"]
    number = int(path.rsplit("/", 1)[1])
    assert on_list(cast, number) == ["asa@x.example"]
    assert browser.post(path, {"languages": "fi"}).status_code == 303
    assert on_list(cast, number) == ["bo@y.example"]
    told = browser.post(f"~/channels/{number}/addresses", {"addresses": "x@x.example"})
    assert told.status_code == 422
    assert "fyller sig själv" in told.text
    assert browser.post(path, {}).status_code == 303
    with cast.installation.store.read(cast.place.id) as session:
        assert session.get_one(Channel, number).segment == {}
    assert on_list(cast, number) == ["bo@y.example"], "people fill it from now on, and whoever is on it stays"


def test_a_page_of_contacts_costs_the_same_however_many_there_are(
    browse: Browse, cast: Cast, three: list[int], counted: Any, installation: Installation
) -> None:
    browser = browse(cast.writer)
    browser.get("~/contacts/")
    with counted() as statements:
        browser.get("~/contacts/")
    assert len(statements) <= 9, str(statements)
    with installation.store.read(cast.place.id) as session:
        assert len(session.scalars(select(Contact)).all()) == 3


def test_two_who_change_a_contact_at_once_lose_nothing(browse: Browse, cast: Cast) -> None:
    lists = [pasted(cast, "tips@z.example"), pasted(cast, "tips@z.example", "Kulturen")]
    number = added(cast, "asa@x.example", name="Åsa Öberg", notes="Ring efter 10")
    karin, gunnar = browse(cast.writer), browse(cast.approver)
    stamps = [
        re.findall(r'name="stamp" value="(\w+)"', each.get(f"~/contacts/{number}").text)[0] for each in (karin, gunnar)
    ]
    typed = {"address": "asa@x.example", "name": "Åsa Öberg", "notes": "Ring efter 10"}
    first = typed | {"stamp": stamps[0], "notes": "Ring efter 10. Semester i juli.", "lists": str(lists[0])}
    assert karin.post(f"~/contacts/{number}", first).status_code == 303
    late = gunnar.post(f"~/contacts/{number}", typed | {"stamp": stamps[1], "name": "Åsa Ek", "lists": str(lists[1])})
    assert late.status_code == 409
    assert "Någon annan har ändrat" in late.text
    cells = re.findall(r'<th scope="row">([^<]+)</th><td[^>]*>([^<]*)</td><td[^>]*>([^<]*)</td>', late.text)
    assert ("Anteckningar", "Ring efter 10. Semester i juli.", "Ring efter 10") in cells
    assert ("Namn", "Åsa Öberg", "Åsa Ek") in cells
    assert ("Listor", "Länets tidningar", "Kulturen") in cells or ("Listor", "Pressen", "Kulturen") in cells
    assert 'value="Åsa Ek"' in late.text, "nothing typed is lost"
    stamp = re.findall(r'name="stamp" value="(\w+)"', late.text)[0]
    again = typed | {"stamp": stamp, "name": "Åsa Ek", "notes": "Ring efter 10. Semester i juli."}
    assert gunnar.post(f"~/contacts/{number}", again).status_code == 303
    page = gunnar.get(f"~/contacts/{number}").text
    assert "Semester i juli." in page
    assert 'value="Åsa Ek"' in page


def test_why_they_get_mail_stands_on_their_page_and_is_written_down_anew(browse: Browse, cast: Cast) -> None:
    karin = browse(cast.writer)
    form = {"address": "asa@x.example", "basis": "consent", "words": "Ja till pressmejl", "how": "på pressträffen"}
    refused = karin.post("~/contacts/new", form)
    assert refused.status_code == 422
    assert "Ja till pressmejl" in refused.text
    answer = karin.post("~/contacts/new", form | {"given_on": "2026-03-01"})
    page = karin.get(answer.headers["Location"]).text
    assert "De har sagt ja till det" in page
    assert "De sa ja den 2026-03-01: på pressträffen." in page
    number = int(answer.headers["Location"].rpartition("/")[2])
    assert karin.post(f"~/contacts/{number}/basis", {"basis": "interest", "why": "Bevakar oss"}).status_code == 303
    page = karin.get(f"~/contacts/{number}").text
    assert "Bevakar oss" in page
    assert "Ja till pressmejl" in page, "what stood before stays in the history"
    assert karin.post(f"~/contacts/{number}/basis", {"basis": ""}).status_code == 422
    assert browse(cast.reader).post(f"~/contacts/{number}/basis", {"basis": "interest"}).status_code == 403

"""Names and newspapers, as they are read from what offices paste; columns, as they are guessed; lists that fill
themselves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commsched.core.contacts import columns, facts, names
from commsched.core.contacts.segment import Segment, segment_of
from commsched.core.text.recipients import Entry, entries


def people(text: str) -> list[tuple[str, str, str]]:
    pieces = entries(text)
    heading = next((piece for piece in pieces if piece.heading), None)
    return [(piece.address, *names.read(piece, heading)) for piece in pieces if piece.address]


@pytest.mark.parametrize(
    ("line", "name", "outlet"),
    [
        ("bo@x.example", "", ""),
        ("Bo Berg <bo@x.example>", "Bo Berg", ""),
        ("Berg, Bo <bo@x.example>", "Bo Berg", ""),
        ('"Berg, Bo" <bo@x.example>', "Bo Berg", ""),
        ("'Berg, Bo' <bo@x.example>;", "Bo Berg", ""),
        ("von Essen, Anna Maria <bo@x.example>", "Anna Maria von Essen", ""),
        ("Bo Berg bo@x.example", "Bo Berg", ""),
        ("Bo Berg (Länsbladet) <bo@x.example>", "Bo Berg", "Länsbladet"),
        ("bo@x.example <bo@x.example>", "", ""),
        ('"bo@x.example (bo@x.example)" <bo@x.example>', "", ""),
        ("Bo Berg bo@annan.example <bo@x.example>", "Bo Berg", ""),
        ("Bo Berg;Länsbladet;bo@x.example", "Bo Berg", "Länsbladet"),
        ("Berg, Bo;Länsbladet;bo@x.example", "Bo Berg", "Länsbladet"),
        ("Bo Berg\tLänsbladet\tbo@x.example", "Bo Berg", "Länsbladet"),
        ("Bo Berg, Länsbladet, bo@x.example", "Bo Berg", "Länsbladet"),
        ("\ufeffBo Berg <bo@x.example>", "Bo Berg", ""),
        ("Nyheter P4 Älven, Storhed <bo@x.example>", "Nyheter P4 Älven, Storhed", ""),
    ],
)
def test_a_pasted_line_says_who_it_is(line: str, name: str, outlet: str) -> None:
    assert people(line) == [("bo@x.example", name, outlet)]


def test_outlooks_field_names_each_of_them() -> None:
    pasted = "Berg, Bo <bo@x.example>; Åsa Öberg <asa@y.example>; tips@z.example"
    assert [name for _address, name, _outlet in people(pasted)] == ["Bo Berg", "Åsa Öberg", ""]


def test_a_spreadsheet_says_by_its_first_row_what_stands_where() -> None:
    pasted = "Tidning;Efternamn;Förnamn;E-post\nLänsbladet;Berg;Bo;bo@x.example\n;Öberg;Åsa;asa@y.example"
    assert people(pasted) == [("bo@x.example", "Bo Berg", "Länsbladet"), ("asa@y.example", "Åsa Öberg", "")]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_whatever_is_pasted_has_a_name_of_one_line_without_an_address(text: str) -> None:
    name, outlet = names.read(Entry(1, text, "bo@x.example"), Entry(1, text))
    assert "\n" not in name + outlet
    assert len(name) <= 410
    assert len(outlet) <= 200


@pytest.mark.parametrize(
    ("table", "fields", "heading"),
    [
        ("Namn;E-post;Tidning\nBo;b@x.example;A", "name;address;outlet", True),
        ("First name;Last name;E-mail Address;Company\nBo;Berg;b@x.example;A", "first;last;address;outlet", True),
        (
            "Bevakar;Område;Språk;Mejl;Anteckning\nvård;Storhed;sv;b@x.example;",
            "beats;areas;language;address;notes",
            True,
        ),
        ("Bo Berg;Länsbladet;b@x.example\nÅsa Öberg;Länsbladet;c@x.example", "name;outlet;address", False),
        ("b@x.example\nc@x.example", "address", False),
        ("Kol 1;Kol 2\nBo Berg;b@x.example\nÅsa Öberg;c@x.example", "name;address", True),
        ("Namn;Adress;E-post\nBo;Storgatan 1;b@x.example", "name;;address", True),
        ("Namn;Tidning\nBo;A", "name;outlet", True),
        ("Förnamn ;E-post (jobb);Tidning/Redaktion;Anm.\nBo;b@x.example;A;", "first;address;outlet;notes", True),
        ("Namn;E-postadress;E-posttyp;Kategorier\nBo;b@x.example;SMTP;vård", "name;address;;beats", True),
    ],
)
def test_columns_are_known_by_their_headings_and_by_what_stands_in_them(table: str, fields: str, heading: bool) -> None:
    found = columns.guess([line.split(";") for line in table.split("\n")])
    assert (";".join(found.fields), found.heading) == (fields, heading)


@pytest.mark.parametrize(
    ("table", "above"),
    [
        ("Presslista 2026;;\nuppdaterad 3/11\n;Namn;E-post\n1;Bo;b@x.example", 2),
        ("Namn;E-post\nBo;b@x.example", 0),
        ("Presslista\nBo;b@x.example\nNamn;E-post", 0),
        ("Namn;Kontakt\nBo;b@x.example", 0),
    ],
)
def test_a_title_above_the_headings_is_told_from_them(table: str, above: int) -> None:
    assert columns.rows_above([line.split(";") for line in table.split("\n")]) == above


def test_an_empty_table_has_no_columns() -> None:
    assert columns.guess([]) == columns.Guess((), False)
    assert columns.guess([[], []]).fields == ()


def test_beats_are_folded_and_stand_once() -> None:
    assert facts.terms("Sjukvård, KOLLEKTIVTRAFIK; sjukvård\n") == ("sjukvård", "kollektivtrafik")


def test_a_list_that_fills_itself_takes_who_fits_each_kind_that_it_names() -> None:
    health = Segment(beats=("sjukvård", "skola"), areas=("storhed",))
    assert health.fits({"skola"}, {"storhed"}, "sv")
    assert not health.fits({"skola"}, set(), "sv")
    assert not health.fits(set(), {"storhed"}, "sv")
    assert Segment(languages=("en",)).fits(set(), set(), "en")
    assert not Segment().fits({"skola"}, {"storhed"}, "sv"), "a list that asks for nothing is filled by people"
    assert segment_of(health.kept()) == health
    assert segment_of({}) == Segment()

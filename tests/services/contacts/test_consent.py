"""Why each contact may be written to is asked for, kept row by row with how it is known, and shown where it counts."""

from __future__ import annotations

import csv
import io

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from commsched.core.contacts.facts import ContactIn
from commsched.core.text.messages import Invalid
from commsched.services.channels import list_editing
from commsched.services.contacts import book, consent, contacts, exports, imports
from commsched.services.contacts.consent import Grounds
from commsched.store.models import AuditEntry, Contact, ContactEvent
from tests.conftest import Cast
from tests.services.contacts.test_imports import begin

YES = Grounds(
    "consent", "Jag vill ha pressmeddelanden (version 2)", "på papper på pressträffen", "2026-03-01", "pärm 4"
)
FILE = "E-post;Namn\nbo@x.example;Bo Berg\nasa@y.example;Åsa Öberg\n"


HEADS = [
    "Får mejl för att",
    "Sedan",
    "Hur",
    "Varför, eller till vilken text",
    "Var beviset finns",
    "Vem som har antecknat det",
]
WHY_SV = "De är journalister eller redaktioner som bevakar det vi gör, och får mejlen i den rollen."


def imported(cast: Cast, grounds: Grounds, data: str = FILE) -> None:
    number = begin(cast, data)
    guessed = imports.preview(cast.installation, cast.actor(), number).guessed
    imports.start(cast.installation, cast.actor("writer"), number, guessed.fields, guessed.heading, None, grounds)
    imports.run(cast.installation)


def standing(cast: Cast, name: str) -> tuple[str, str, str, str, str]:
    """What stands of the one contact whose address begins with ``name``."""
    with cast.installation.store.read(cast.place.id) as session:
        rows = session.scalars(select(Contact)).all()
        row = next(row for row in rows if cast.installation.vault.unseal(row.address).startswith(name))
        said = consent.standing_basis(session, row.id)
    assert said is not None
    assert row.basis == said.basis
    return said.basis, said.words, said.how, said.given_on, said.proof


def test_an_import_that_rests_on_a_yes_keeps_when_how_and_to_what_row_by_row(cast: Cast) -> None:
    imported(cast, YES)
    kept = ("consent", YES.words, YES.how, "2026-03-01", "pärm 4")
    assert (standing(cast, "bo@"), standing(cast, "asa@")) == (kept, kept)
    with cast.installation.store.read(cast.place.id) as session:
        event = session.scalars(select(ContactEvent)).first()
        assert event is not None
        assert event.words_version == consent.version_of(YES.words)
        assert event.source == f"{cast.writer.name}: press.csv"


def test_an_import_by_interest_says_why_it_is_their_work(cast: Cast) -> None:
    imported(cast, Grounds("interest"))
    assert standing(cast, "bo@")[:2] == ("interest", WHY_SV)
    imported(cast, Grounds("interest", "Annat"))
    with cast.installation.store.read(cast.place.id) as session:
        assert session.scalar(select(func.count()).select_from(ContactEvent)) == 2, (
            "an import that is repeated adds nothing"
        )


def test_a_yes_takes_the_place_of_an_interest_and_not_the_other_way_round(cast: Cast) -> None:
    imported(cast, Grounds("interest"))
    imported(cast, YES)
    assert standing(cast, "bo@")[0] == "consent"
    imported(cast, Grounds("interest"))
    assert standing(cast, "bo@")[0] == "consent"


@pytest.mark.parametrize(
    ("grounds", "field"),
    [
        (Grounds("other"), "basis"),
        (Grounds("consent", "Ord", "", "2026-03-01"), "how"),
        (Grounds("consent", "", "på papper", "2026-03-01"), "words"),
        (Grounds("consent", "Ord", "på papper", ""), "given_on"),
        (Grounds("consent", "Ord", "på papper", "2126-03-01"), "given_on"),
        (Grounds("consent", "Ord", "på papper", "i våras"), "given_on"),
        (Grounds("consent", "Ord", "x" * 201, "2026-03-01"), "how"),
        (Grounds("interest", "x" * 2001), "words"),
    ],
)
def test_what_is_not_known_is_asked_for(grounds: Grounds, field: str, cast: Cast) -> None:
    number = begin(cast, FILE)
    with pytest.raises(Invalid) as told:
        imports.start(cast.installation, cast.actor("writer"), number, ["address", "name"], True, None, grounds)
    assert told.value.field == field
    with pytest.raises(Invalid):
        list_editing.make_list(cast.installation, cast.actor(), "Ny", "bo@x.example", grounds=grounds)
    with cast.installation.store.read(cast.place.id) as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 0


def test_a_pasted_list_and_a_contact_by_hand_say_why_too(cast: Cast) -> None:
    channel = list_editing.make_list(cast.installation, cast.actor(), "Ny", "bo@x.example", grounds=YES)
    list_editing.change_list(
        cast.installation, cast.actor(), channel.id, "bo@x.example\nasa@y.example", Grounds("interest", "Bevakar oss")
    )
    book.add(cast.installation, cast.actor("writer"), "press", ContactIn("cia@z.example"), (), YES)
    assert [standing(cast, who)[0] for who in ("bo@", "asa@", "cia@")] == ["consent", "interest", "consent"]
    assert standing(cast, "asa@")[1] == "Bevakar oss"


def test_another_reason_is_written_beside_the_one_that_stood(cast: Cast) -> None:
    number = book.add(cast.installation, cast.actor("writer"), "press", ContactIn("cia@z.example"))
    with pytest.raises(Invalid):
        consent.record(cast.installation, cast.actor("writer"), "press", number, Grounds())
    consent.record(cast.installation, cast.actor("writer"), "press", number, YES)
    assert standing(cast, "cia@")[0] == "consent"
    with cast.installation.store.read(cast.place.id) as session:
        assert [said.basis for said in consent.history(session, number)] == ["consent", "interest"]
        assert session.scalars(select(AuditEntry).where(AuditEntry.action == "contact.basis")).one()


def test_of_members_nothing_is_taken_for_said(cast: Cast) -> None:
    sealed = contacts.seal(cast.installation, ContactIn("m@x.example"))
    with pytest.raises(Invalid) as told, cast.installation.store.write(cast.place.id) as session:
        contacts.create(cast.installation, session, int(cast.place.id), "members", [sealed], "entered")
    assert told.value.field == "basis"
    with pytest.raises(Invalid):
        book.add(cast.installation, cast.actor("writer"), "members", ContactIn("m@x.example"))
    book.add(cast.installation, cast.actor("writer"), "members", ContactIn("m@x.example"), (), YES)
    assert standing(cast, "m@")[0] == "consent"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_export_says_why(kind: str, cast: Cast) -> None:
    imported(cast, YES, "E-post\nbo@x.example\n")
    imported(cast, Grounds("interest", "=Bevakar oss"), "E-post\nasa@y.example\n")
    file = exports.take_out(cast.installation, cast.actor(), "press", kind)
    with file.file as stream:
        data = stream.read()
    if kind == "csv":
        rows = [line.split(";") for line in data.decode("utf-8-sig").splitlines()]
    else:
        sheet = load_workbook(io.BytesIO(data)).active
        assert sheet is not None
        rows = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert rows[0][-6:] == HEADS
    about = {row[1]: row[-6:] for row in rows[1:]}
    assert about["bo@x.example"][:5] == ["De har sagt ja till det", "2026-03-01", YES.how, YES.words, "pärm 4"]
    assert about["asa@y.example"][0] == "Det är deras jobb: de bevakar det vi gör"
    assert about["asa@y.example"][3] == "'=Bevakar oss", "no spreadsheet takes it for a formula"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_no_column_of_an_export_is_taken_for_a_formula(kind: str, cast: Cast) -> None:
    evil = [f"{sign}cmd|'/c calc'!A{number}" for number, sign in enumerate(("=", "+", "-", "@", "\t=", " ="))]
    grounds = Grounds("consent", evil[0], evil[1], "2026-03-01", evil[2])
    person = ContactIn("bo@x.example", evil[3], evil[4], (evil[0],), (evil[1],), "sv", evil[2])
    number = book.add(cast.installation, cast.actor("writer"), "press", person, (), grounds)
    consent.record(cast.installation, cast.actor("writer"), "press", number, grounds, evil[5])
    with exports.take_out(cast.installation, cast.actor(), "press", kind).file as stream:
        data = stream.read()
    if kind == "csv":
        cells = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))[1]
    else:
        sheet = load_workbook(io.BytesIO(data)).active
        assert sheet is not None
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}, "every cell is a text"
        cells = [str(cell or "") for cell in list(sheet.iter_rows(values_only=True))[1]]
    assert len([cell for cell in cells if "cmd" in cell]) >= 9
    assert not [cell for cell in cells if cell.lstrip()[:1] in ("=", "+", "-", "@")]

"""Files of contacts: read whatever program wrote them, taken in piece by piece, repeated and gone on with without
doubling; what is no table is refused in a sentence."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from commsched.core.contacts.facts import ContactIn
from commsched.core.contacts.segment import Segment
from commsched.core.text.messages import Invalid
from commsched.services.channels import list_editing
from commsched.services.contacts import _tables, book, imports
from commsched.services.contacts.consent import Grounds
from commsched.store.models import AuditEntry, Contact, ContactEvent, ContactImport, ContactImportPiece
from tests.conftest import Cast, SetClock
from tests.services.contacts.test_contacts import digest, everybody, on_list, pasted, refuse

TABLE = (
    "Namn;E-post;Tidning;Bevakar;Område;Språk;Anteckning\n"
    "Berg, Bo;bo@x.example;Länsbladet;sjukvård, skola;Storhed;svenska;ring efter 10\n"
    "Åsa Öberg;ASA@y.example;Radio Älven;;;finska;\n"
    "Ingen;;X;;;;\n"
    "Trasig;trasig(at)x.example;X;;;;\n"
    "Två;a@x.example b@x.example;X;;;;\n"
    "Nej;nej@x.example;X;;;;\n"
    "Okänd;okand@x.example;X;;;klingonska;\n"
)


def xlsx(rows: Sequence[Sequence[object]]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    book.save(file)
    return file.getvalue()


def begin(cast: Cast, data: bytes | str = TABLE, channel: int | None = None) -> int:
    data = data.encode() if isinstance(data, str) else data
    return imports.begin(cast.installation, cast.actor("writer"), "press", io.BytesIO(data), "press.csv", channel)


def start(cast: Cast, number: int, channel: int | None = None) -> None:
    guessed = imports.preview(cast.installation, cast.actor(), number).guessed
    imports.start(cast.installation, cast.actor("writer"), number, guessed.fields, guessed.heading, channel)


def whole(cast: Cast, data: bytes | str = TABLE, channel: int | None = None) -> ContactImport:
    number = begin(cast, data)
    start(cast, number, channel)
    imports.run(cast.installation)
    return imports.get(cast.installation, cast.actor(), number)


def counts(row: ContactImport) -> tuple[int, int, int, int, int]:
    return row.added, row.changed, row.same, row.left_out, row.wrong


def test_a_file_becomes_contacts_and_every_row_that_does_not_is_told(cast: Cast) -> None:
    refuse(cast, "nej@x.example")
    row = whole(cast)
    assert (row.state, row.rows, row.position) == ("done", 7, 7)
    assert counts(row) == (3, 0, 0, 1, 3)
    who = everybody(cast)
    assert who["bo@x.example"] == ("Bo Berg", "Länsbladet")
    assert "nej@x.example" not in who
    with cast.installation.store.read(cast.place.id) as session:
        first, second, _third = session.scalars(select(Contact).order_by(Contact.id))
        assert (first.beats, first.areas, first.language, first.source) == (
            ["sjukvård", "skola"],
            ["storhed"],
            "sv",
            "imported",
        )
        assert cast.installation.vault.unseal(first.notes) == "ring efter 10"
        assert second.language == "fi"
        event = session.scalars(select(ContactEvent).where(ContactEvent.contact_id == first.id)).one()
        assert event.source == f"{cast.writer.name}: press.csv"
        assert session.scalar(select(func.count()).select_from(ContactImportPiece)) == 0
        (told,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "contacts.imported"))
        assert told.facts["added"] == 3
    assert list(imports.remarks(cast.installation, cast.actor(), row.id)) == [
        (4, "no address", "Ingen; X"),
        (5, "bad address", "trasig(at)x.example"),
        (6, "several", "a@x.example b@x.example"),
        (7, "unsubscribed", "nej@x.example"),
        (8, "language", "klingonska"),
    ]


def test_a_title_above_the_headings_is_no_contact_and_rows_keep_their_numbers(cast: Cast) -> None:
    row = whole(cast, f"Presslistan, uppdaterad av Karin;;\n\n{TABLE}")
    assert (counts(row), row.rows) == ((4, 0, 0, 0, 3), 7)
    assert next(imports.remarks(cast.installation, cast.actor(), row.id))[0] == 6


def test_a_file_imported_again_changes_nothing_and_a_mended_one_what_it_says(cast: Cast) -> None:
    whole(cast)
    assert counts(whole(cast)) == (0, 0, 4, 0, 3)
    assert counts(whole(cast, TABLE.replace("Länsbladet", "Länets blad").replace("skola", "SKOLA"))) == (0, 1, 3, 0, 3)
    assert everybody(cast)["bo@x.example"] == ("Bo Berg", "Länets blad")
    whole(cast, "E-post;Namn;Tidning\nbo@x.example;;")
    assert everybody(cast)["bo@x.example"] == ("Bo Berg", "Länets blad"), "an empty cell says nothing"


def test_an_address_on_two_rows_is_told_and_what_either_says_is_kept(cast: Cast) -> None:
    row = whole(cast, "Namn;E-post;Tidning;Bevakar\nBo Berg;bo@x.example;;vård\n;BO@x.example;Länsbladet;")
    assert counts(row) == (1, 0, 0, 0, 0)
    assert everybody(cast)["bo@x.example"] == ("Bo Berg", "Länsbladet")
    with cast.installation.store.read(cast.place.id) as session:
        assert session.scalars(select(Contact.beats)).all() == [["vård"]]
    assert list(imports.remarks(cast.installation, cast.actor(), row.id)) == [(3, "twice", "BO@x.example")]


def test_a_file_is_gone_on_with_after_a_crash_and_no_row_is_taken_in_twice(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "PIECE", 2)
    number = begin(cast)
    start(cast, number)
    assert imports.step(cast.installation, cast.place.id, number)
    assert imports.step(cast.installation, cast.place.id, number)
    half = imports.get(cast.installation, cast.actor(), number)
    assert (half.position, half.added) == (3, 2)

    def crash(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(imports, "take_in", crash)
        with pytest.raises(KeyboardInterrupt):
            imports.run(cast.installation)
    imports.run(cast.installation)
    row = imports.get(cast.installation, cast.actor(), number)
    assert (row.state, row.position, counts(row)) == ("done", 7, (4, 0, 0, 0, 3))
    assert [line for line, _reason, _text in imports.remarks(cast.installation, cast.actor(), number)] == [4, 5, 6, 8]


def test_whoever_is_imported_to_a_list_makes_it_another_one(cast: Cast) -> None:
    number, itself = pasted(cast, "tips@z.example\nbo@x.example"), pasted(cast, "x@x.example", "Sig själv")
    list_editing.set_segment(cast.installation, cast.actor(), itself, Segment(beats=("sjukvård",)))
    before = digest(cast, number)
    whole(cast, channel=number)
    assert on_list(cast, number) == [
        "tips@z.example",
        "bo@x.example",
        "ASA@y.example",
        "nej@x.example",
        "okand@x.example",
    ]
    assert on_list(cast, itself) == ["bo@x.example"], "lists that fill themselves follow what is imported"
    after = digest(cast, number)
    assert after != before
    whole(cast, channel=number)
    assert digest(cast, number) == after
    with pytest.raises(Invalid):
        begin(cast, TABLE, itself)


def test_a_file_that_is_stopped_keeps_what_is_taken_in(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "PIECE", 2)
    number = begin(cast)
    start(cast, number)
    imports.step(cast.installation, cast.place.id, number)
    imports.stop(cast.installation, cast.actor("writer"), number)
    imports.run(cast.installation)
    assert list(everybody(cast)) == ["bo@x.example"]
    assert imports.get(cast.installation, cast.actor(), number).state == "stopped"


def test_what_nobody_decided_on_is_thrown_away(cast: Cast, clock: SetClock) -> None:
    begin(cast)
    done = whole(cast).id
    clock.at += timedelta(days=2)
    imports.forget(cast.installation)
    assert [row.id for row in imports.recent(cast.installation, cast.actor(), "press")] == [done]
    clock.at += timedelta(days=40)
    imports.forget(cast.installation)
    with cast.installation.store.read(cast.place.id) as session:
        assert session.scalars(select(ContactImport)).all() == []


@pytest.mark.parametrize(
    "fields", [["name", "", ""], ["address", "address", ""], ["address", "name", "name"], ["x", "address"]]
)
def test_columns_that_cannot_be_meant_are_refused(cast: Cast, fields: list[str]) -> None:
    with pytest.raises(Invalid):
        imports.start(cast.installation, cast.actor(), begin(cast), fields, True)


def test_another_office_and_a_reader_see_no_import(cast: Cast) -> None:
    from commsched.core.text.messages import NotAllowed, NotFound

    number = begin(cast)
    with pytest.raises(NotFound):
        imports.preview(cast.installation, cast.elsewhere_actor, number)
    with pytest.raises(NotAllowed):
        imports.preview(cast.installation, cast.actor("reader"), number)


LINES = [["Namn", "E-post"], ["Åsa Öberg", "asa@x.example"], ["“Bo”", "bo@x.example"]]
TEXT = "\r\n".join(";".join(row) for row in LINES)


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("cp1252"),
        TEXT.replace(";", "\t").encode(),
        TEXT.replace(";", ",").encode(),
        TEXT.replace("\r\n", "\n").encode(),
        ('"' + TEXT.replace(";", '";"').replace("\r\n", '"\r\n"') + '"').encode(),
        xlsx(LINES),
    ],
    ids=["utf8", "bom", "utf16", "utf16be-bom", "utf16le", "utf16be", "cp1252", "tab", "comma", "lf", "quoted", "xlsx"],
)
def test_a_table_is_read_whatever_program_wrote_it(data: bytes) -> None:
    assert list(_tables.read(io.BytesIO(data))) == LINES


def test_excels_own_word_of_the_separator_is_believed() -> None:
    rows = list(_tables.read(io.BytesIO(b"sep=|\na|b;c\nd|e;f")))
    assert rows == [[], ["a", "b;c"], ["d", "e;f"]]


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name.replace("__", "/") + ".xml", data)
    return file.getvalue()


def laughing(book: bytes) -> bytes:
    """``book`` with a sheet of one cell that says a billion words, by entities within entities."""
    names = "abcdefghi"
    entities = "".join(f'<!ENTITY {to} "{f"&{of};" * 10}">' for of, to in pairwise(names))
    sheet = f'<!DOCTYPE w [<!ENTITY a "ha">{entities}]><worksheet><sheetData><row><c t="str"><v>&i;</v></c></row>'
    file, before = io.BytesIO(), zipfile.ZipFile(io.BytesIO(book))
    with zipfile.ZipFile(file, "w") as packed:
        for part in before.namelist():
            own = "worksheets/sheet1" in part
            packed.writestr(part, f"{sheet}</sheetData></worksheet>" if own else before.read(part))
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"a;b\n" + b"x" * (_tables.MOST_BYTES + 1), "may be at most 20 MB"),
        (zipped(xl__worksheets__sheet1=b"0" * (_tables.MOST_UNPACKED + 1)), "too large when it is unpacked"),
        (zipped(xl__styles=b"0" * (_tables.MOST_BESIDE + 1)), "too large when it is unpacked"),
        (laughing(xlsx(LINES)), "cannot be read as a table"),
        (b"a;b\nc;d\n" + b";" * 10_000 + b"\n", "Row 3 has 10001 columns"),
        (xlsx([["a"], ["b"] * 300]), "Row 2 has 300 columns"),
        (b"namn;mejl\nBo\0;bo@x.example\n", "cannot be read as a table"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\xff\xff\xff\xff" * 9, "cannot be read as a table"),
        (b"PK\x03\x04nonsense", "cannot be read as a table"),
        (zipped(word__document=b"<w/>"), "cannot be read as a table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Excel"),
        (b'a;b\n"' + b"x;y\n" * 5000, "quotation mark"),
        (b"a@x.example\n" * (_tables.MOST_ROWS + 1), "more than 100000 rows"),
    ],
    ids=[
        "empty",
        "200MB",
        "bomb",
        "styles",
        "laughs",
        "columns",
        "xlsx-columns",
        "nul",
        "png",
        "zip",
        "docx",
        "xls",
        "quote",
        "rows",
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        list(_tables.read(io.BytesIO(data)))


def test_a_formula_in_a_workbook_is_what_it_came_to_and_in_a_text_it_is_text(cast: Cast) -> None:
    whole(cast, xlsx([["Namn", "E-post"], ["=1+1", "bo@x.example"]]))
    assert everybody(cast) == {"bo@x.example": ("", "")}
    whole(cast, '"=HYPERLINK(""http://x"")";tips@x.example\n@SUM(1);asa@x.example')
    assert len(everybody(cast)) == 3


def test_what_is_written_out_is_defused_and_read_in_as_it_was(cast: Cast) -> None:
    odd = ["=1+1", "+46 70", "-x", "@SUM(A1)", 'Bo; "B"', "  =1"]
    rows = [[cell, "ä"] for cell in odd]
    text = b"".join(_tables.write_csv(rows)).decode("utf-8-sig")
    assert all(f"'{cell}" in text for cell in ("=1+1", "+46 70", "-x", "@SUM(A1)", "  =1"))
    back = [row[0] for row in _tables.read(io.BytesIO(b"".join(_tables.write_csv(rows))))]
    assert back[:5] == odd[:5]
    file = io.BytesIO()
    _tables.write_xlsx(rows, "Kontakter", file)
    assert [row[0] for row in _tables.read(file)][:5] == odd[:5]
    with zipfile.ZipFile(file) as packed:
        assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")


def test_a_contact_of_another_world_is_not_touched_by_a_file(cast: Cast) -> None:
    yes = Grounds("consent", "Ja till medlemsbrev", "på ansökan", "2026-03-01")
    book.add(cast.installation, cast.actor(), "member", ContactIn("bo@x.example", "Medlemmen Bo"), (), yes)
    whole(cast, channel=pasted(cast, "tips@z.example"))
    with cast.installation.store.read(cast.place.id) as session:
        (member,) = session.scalars(select(Contact).where(Contact.world == "member"))
    assert cast.installation.vault.unseal(member.name) == "Medlemmen Bo"


def test_two_hundred_megabytes_are_refused_before_they_are_read(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "allt.csv"
    with path.open("wb") as file:
        file.write(b"E-post;Namn\n")
        file.truncate(200 * _tables.MB)
    tracemalloc.start()
    with path.open("rb") as file, pytest.raises(Invalid, match=r"200 MB.*at most 20 MB"):
        imports.begin(cast.installation, cast.actor(), "press", file, "allt.csv")
    assert tracemalloc.get_traced_memory()[1] < 2 * _tables.MB
    tracemalloc.stop()


def test_a_file_of_a_million_rows_is_stopped_early(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tables, "MOST_ROWS", 3000)
    file = io.BytesIO(b"E-post\n" + b"a@b.example\n" * 1_000_000)
    with pytest.raises(Invalid, match="more than 3000 rows"):
        imports.begin(cast.installation, cast.actor(), "press", file, "allt.csv")
    with cast.installation.store.read(cast.place.id) as session:
        assert session.scalar(select(func.count()).select_from(ContactImport)) == 0

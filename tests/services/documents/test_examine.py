"""What a document is, its bytes say; what acts, fetches, hides or bursts is refused in words."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commsched.core.media.documents import DOCUMENT_BYTES
from commsched.services.documents import _archive, _worker, errors, looking
from commsched.services.documents._examine import examine
from commsched.services.documents._traits import Traits
from tests.documents import WORD, body, odf, office, pdf, relation, relations, types, zipped


def seen(data: bytes, ending: str = "") -> Traits:
    return examine(BytesIO(data), len(data), ending)


GOOD = {
    "docx": office("docx"),
    "xlsx": office("xlsx"),
    "pptx": office("pptx"),
    "odt": odf("odt"),
    "ods": odf("ods"),
    "odp": odf("odp"),
    "pdf": pdf(),
    "csv": "Kommun;Kronor\nÅmål;1 200\n".encode("cp1252"),
    "txt": "Förslaget i korthet.\n".encode(),
}


@pytest.mark.parametrize("kind", GOOD)
def test_every_kind_that_is_taken_is_known_by_its_bytes(kind: str) -> None:
    ending = kind if kind in ("csv", "txt") else "exe"
    assert seen(GOOD[kind], ending) == Traits(kind=kind)  # type: ignore[arg-type]


def scripted(document: pikepdf.Pdf) -> None:
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    document.Root.OpenAction = document.make_indirect(script)


def launching(document: pikepdf.Pdf) -> None:
    launch = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe")
    note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=launch)
    document.pages[0].Annots = pikepdf.Array([note])


def calling(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.URI, URI="https://spy.example")


def holding(document: pikepdf.Pdf) -> None:
    document.attachments["budget.xlsx"] = b"PK"


def empty(document: pikepdf.Pdf) -> None:
    del document.pages[0]


LOCK = pikepdf.Encryption(owner="o", user="u")
COPY = pikepdf.Encryption(owner="o", user="", allow=pikepdf.Permissions(extract=False))
LINK = '<w:p><w:hyperlink w:id="r1"/></w:p>'
SETTINGS = "word/_rels/settings.xml.rels"


def field(code: str) -> str:
    """A field whose code is divided over runs, as Word does."""
    halves = code[: len(code) // 2], code[len(code) // 2 :]
    return body("".join(f"<w:r><w:instrText>{half}</w:instrText></w:r>" for half in halves))


HOSTILE: dict[str, tuple[bytes, type[errors.BadDocument]]] = {
    "empty": (b"", errors.EmptyDocument),
    "a page": (b"\xef\xbb\xbf \n<!DOCTYPE html><script>alert(1)</script>", errors.IsPage),
    "a page after words": (b"Hej!\n" * 50 + b"<iframe src=//x>", errors.IsPage),
    "a drawing": (b"<?xml version='1.0'?><svg onload='x()'/>", errors.IsPage),
    "a program": (b"MZ\x90\x00\x03" + b"\0" * 90, errors.IsProgram),
    "a shell script": (b"#!/bin/sh\nrm -rf ~\n", errors.IsProgram),
    "RTF": (rb"{\rtf1\ansi hej}", errors.IsOld),
    "an old Word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, errors.IsOld),
    "a Word with a password": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        errors.Locked,
    ),
    "bytes": (bytes(range(256)) * 4, errors.OtherKind),
    "a zip of files": (zipped({"a.txt": "hej"}), errors.OtherKind),
    "macros": (office(more={"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"}), errors.Macros),
    "a .docm called .docx": (
        zipped({"[Content_Types].xml": types("docx").replace("wordprocessingml.document.main", "x.macroEnabled.main")}),
        errors.Macros,
    ),
    "a macro sheet": (office("xlsx", {"xl/macrosheets/sheet1.xml": "<x/>"}), errors.Macros),
    "ActiveX": (office(more={"word/activeX/activeX1.bin": b"x"}), errors.Macros),
    "a template elsewhere": (
        office(more={SETTINGS: relations(relation("attachedTemplate", "https://spy.example/a.dotm"))}),
        errors.Remote,
    ),
    "a picture elsewhere": (
        office(more={"word/_rels/document.xml.rels": relations(relation("image", "https://spy.example/1.png"))}),
        errors.Remote,
    ),
    "another workbook": (office("xlsx", {"xl/externalLinks/externalLink1.xml": "<x/>"}), errors.Remote),
    "HTML within": (
        office(more={"word/_rels/document.xml.rels": relations(relation("aFChunk", "a.html", "Internal"))}),
        errors.Macros,
    ),
    "DDE": (office(main=field(" DDEAUTO c:\\\\windows\\\\cmd.exe /k calc ")), errors.Remote),
    "a simple field": (office(main=body('<w:fldSimple w:instr="INCLUDETEXT \\\\x\\y"/>')), errors.Remote),
    "a link to a protocol": (
        office(more={"word/_rels/document.xml.rels": relations(relation("hyperlink", "ms-msdt:/id"))}),
        errors.Remote,
    ),
    "a slide that starts a program": (
        office("pptx", {"ppt/slides/slide1.xml": '<p><hlinkClick action="ppaction://program?file=x"/></p>'}),
        errors.Macros,
    ),
    "an object": (office(more={"word/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}), errors.Inside),
    "a program within": (office(more={"word/media/image1.png": b"\x7fELF" + b"\0" * 20}), errors.Inside),
    "an archive within": (office(more={"word/media/image1.png": zipped({"a": "b"})}), errors.Inside),
    "macros in a chart's workbook": (
        office("pptx", {"ppt/embeddings/Sheet1.xlsx": office("xlsx", {"xl/vbaProject.bin": b"x"})}),
        errors.Macros,
    ),
    "a workbook in a workbook in slides": (
        office("pptx", {"ppt/embeddings/a.xlsx": office("xlsx", {"xl/embeddings/b.xlsx": office("xlsx")})}),
        errors.Inside,
    ),
    "entities": (office(main='<!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>'), errors.Damaged),
    "no XML": (office(main="<w:document"), errors.Damaged),
    "a way out": (office(more={"../../evil.xml": "<x/>"}), errors.Two),
    "a whole path": (office(more={"/etc/cron.d/x": "x"}), errors.Two),
    "a name that turns": (office(more={"word/media/\u202egnp.exe": "x"}), errors.Two),
    "two names alike": (office(more={"word/A.xml": "<x/>", "word/a.XML": "<x/>"}), errors.Two),
    "something after it": (office() + b"<script>alert(1)</script>", errors.Two),
    "cut off": (office()[:-60], errors.Damaged),
    "a template of LibreOffice": (
        zipped({"mimetype": "application/vnd.oasis.opendocument.text-template"}, stored=("mimetype",)),
        errors.OtherKind,
    ),
    "Basic": (odf(more={"Basic/Standard/Module1.xml": "<x/>"}), errors.Macros),
    "Python in a document": (odf(more={"Scripts/python/x.py": "import os"}), errors.Macros),
    "a listener": (odf(content="<script-event/><event-listener/>"), errors.Macros),
    "an ODF with a password": (odf(more={"META-INF/manifest.xml": "<m><encryption-data/></m>"}), errors.Locked),
    "an ODF's picture elsewhere": (odf(content='<image xlink:href="http://spy.example/1.png"/>'), errors.Remote),
    "an ODF's section elsewhere": (odf(content='<section-source xlink:href="../../secret.odt"/>'), errors.Remote),
    "an ODF's macro link": (odf(content='<a xlink:href="vnd.sun.star.script:x"/>'), errors.Remote),
    "PDF with a script": (pdf(scripted), errors.Acts),
    "PDF with a script in an object stream": (
        pdf(scripted, object_stream_mode=pikepdf.ObjectStreamMode.generate),
        errors.Acts,
    ),
    "PDF that starts a program": (pdf(launching), errors.Acts),
    "PDF that calls home": (pdf(calling), errors.Acts),
    "PDF with a file": (pdf(holding), errors.Inside),
    "PDF with a password": (pdf(encryption=LOCK), errors.Locked),
    "PDF that may not be copied": (pdf(encryption=COPY), errors.Locked),
    "PDF and archive in one": (pdf() + zipped({"a.js": "x"}), errors.Two),
    "PDF without an end": (pdf().replace(b"%%EOF", b""), errors.Damaged),
    "PDF without a page": (pdf(empty), errors.Damaged),
    "PDF in name alone": (b"%PDF-1.7\n" + b"x" * 400 + b"\n%%EOF", errors.Damaged),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_hostile_is_refused_in_words(what: str) -> None:
    data, kind = HOSTILE[what]
    with pytest.raises(errors.BadDocument) as error:
        seen(data, "docx" if what in ("a page", "a drawing", "a program") else "")
    assert type(error.value) is kind
    assert "%(" not in str(error.value.words)


def test_a_table_that_asks_another_program_is_refused() -> None:
    for cell in ("=cmd|'/C calc'!A0", '"=HYPERLINK(""http://x"")"', "@WEBSERVICE(1)", "+1+cmd|x!y"):
        with pytest.raises(errors.Remote):
            seen(f"Namn;Värde\nA;{cell}\n".encode(), "csv")
    assert seen(b"Namn;Summa\nA;-5\nB;+46 70\n", "csv") == Traits(kind="csv")
    assert seen(b"Namn;Summa\nA;=SUM(B1:B2)\n", "csv").formulas


def test_text_under_another_kinds_name_is_not_taken() -> None:
    with pytest.raises(errors.OtherName, match=r"\.pdf"):
        seen(b"404 Not Found", "pdf")


def test_a_bomb_is_stopped_while_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_archive, "_ALWAYS", 100_000)
    data = office(more={"word/media/a.emf": b"\0" * 3_000_000})
    with pytest.raises(errors.Bomb):
        seen(data)
    monkeypatch.setattr(_archive, "MOST_INSIDE", 50_000)
    with pytest.raises(errors.Bomb):  # by what it declares, before anything is unpacked
        _archive.Archive(BytesIO(data), len(data))
    monkeypatch.setattr(_archive, "MOST_ENTRIES", 3)
    monkeypatch.setattr(_archive, "MOST_INSIDE", 50_000_000)
    with pytest.raises(errors.Bomb):
        _archive.Archive(BytesIO(data), len(data))


def test_what_an_entry_declares_is_compared_with_what_it_has() -> None:
    """The directory says 10 bytes and their checksum, and Word would unpack a thousand."""
    name, real = b"word/media/a.bin", b"A" * 1000
    data = bytearray(office(more={name.decode(): real}))
    size, check = struct.pack("<I", len(real)), struct.pack("<I", zlib.crc32(real))
    assert data.count(check) == 2  # the entry's own head and the directory
    lied = bytes(data).replace(check, struct.pack("<I", zlib.crc32(real[:10])))
    with pytest.raises(errors.Damaged):
        seen(lied.replace(size, struct.pack("<I", 10)))


def test_entries_that_lie_in_each_other_are_refused() -> None:
    """As the bombs without nesting have it: many names for the same bytes."""
    out = BytesIO(office(more={"word/media/a.bin": b"A" * 50}))
    with zipfile.ZipFile(out, "a") as archive:
        other = zipfile.ZipInfo("word/media/a.bin")
        first = archive.getinfo("word/media/a.bin")
        for name in ("file_size", "compress_size", "CRC", "header_offset", "compress_type", "flag_bits"):
            setattr(other, name, getattr(first, name))
        other.filename = "word/media/b.bin"
        archive.filelist.append(other)
        archive._didModify = True  # type: ignore[attr-defined]
    with pytest.raises(errors.BadDocument):
        seen(out.getvalue())


def test_what_its_sender_should_know_is_noticed_and_stops_nothing() -> None:
    core = '<c xmlns:dc="urn:d"><dc:creator>Elin Åkesson</dc:creator><lastModifiedBy>Byrå AB</lastModifiedBy></c>'
    changed = body('<w:p><w:del w:id="1"><w:r><w:delText>hemligt</w:delText></w:r></w:del></w:p>')
    comments = f'<w:comments xmlns:w="{WORD}"><w:comment w:id="0"/></w:comments>'
    share = relations(relation("hyperlink", "file:///S:/kansli/budget.xlsx"))
    word = seen(
        office(
            more={
                "docProps/core.xml": core,
                "word/comments.xml": comments,
                "word/_rels/document.xml.rels": share,
            },
            main=changed,
        )
    )
    assert word == Traits(
        kind="docx",
        authors=["Elin Åkesson", "Byrå AB"],
        changes=True,
        comments=True,
        links=["file:///S:/kansli/budget.xlsx"],
    )
    hidden = '<workbook><sheets><sheet name="Löner" state="veryHidden"/></sheets></workbook>'
    assert seen(office("xlsx", main=hidden)) == Traits(kind="xlsx", hidden=True)
    notes = '<n xmlns:a="urn:a"><a:t>Säg inget om skatten</a:t></n>'
    slides = {"ppt/notesSlides/notesSlide1.xml": notes, "ppt/embeddings/Sheet1.xlsx": office("xlsx")}
    assert seen(office("pptx", dict(slides))) == Traits(kind="pptx", notes=True, inside=True)
    meta = "<m><initial-creator>Jonas Berg</initial-creator></m>"
    text = odf(more={"meta.xml": meta}, content="<tracked-changes><changed-region/></tracked-changes><annotation/>")
    assert seen(text) == Traits(kind="odt", authors=["Jonas Berg"], changes=True, comments=True)


def test_a_pdf_names_its_author_and_its_remarks() -> None:
    def made_by(document: pikepdf.Pdf) -> None:
        document.docinfo["/Author"] = "Karin Öst"
        remark = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Highlight, Rect=[0, 0, 9, 9])
        document.pages[0].Annots = pikepdf.Array([document.make_indirect(remark)])

    assert seen(pdf(made_by)) == Traits(kind="pdf", authors=["Karin Öst"], comments=True)


@pytest.mark.parametrize("name", ["kalkyl\u202efdp.docx", "../../etc/passwd", "a\x00.pdf", "a\nb.pdf", "..\\x.pdf"])
def test_a_name_that_hides_something_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(errors.BadName):
        looking.look(tmp_path / "not-even-there", name)


def test_it_is_looked_through_behind_walls(tmp_path: Path) -> None:
    """The same in its own process: what is good, what is refused and with which words, what is too large or nothing."""
    place = tmp_path / "x"
    place.write_bytes(GOOD["docx"])
    assert looking.look(place, "Budget.docx") == Traits(kind="docx")
    place.write_bytes(HOSTILE["PDF with a script"][0])
    with pytest.raises(errors.Acts, match="script"):
        looking.look(place, "Budget.pdf")
    place.write_bytes(b"")
    with pytest.raises(errors.EmptyDocument):
        looking.look(place)
    with place.open("wb") as file:
        file.truncate(DOCUMENT_BYTES + 1)
    with pytest.raises(errors.TooLarge, match="11 MB"):
        looking.look(place)


def test_a_process_that_says_nothing_is_a_document_too_heavy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "x"
    place.write_bytes(GOOD["txt"])
    monkeypatch.setattr(looking, "_START", "")
    with pytest.raises(errors.TooHeavy):
        looking.look(place)


@settings(max_examples=60)
@given(st.data())
def test_no_damage_makes_anything_but_a_designed_error(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["docx", "odt", "pdf"]))
    whole = bytearray(GOOD[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    said = _worker.answer(BytesIO(bytes(whole)), len(whole), kind)
    assert said.get("error", "Damaged") in errors.BY_NAME


_LATE = """
import io, json, os, sys
sys.path.insert(0, sys.argv[1])
from commsched.services.documents import _worker
samples = [bytes.fromhex(line) for line in sys.stdin.read().split()]
_worker.prepare()
late = set()
sys.addaudithook(lambda event, about: late.add(f"{event} {about[0]}") if event in ("open", "import") else None)
said = [_worker.answer(io.BytesIO(data), len(data), "") for data in samples]
os.write(1, json.dumps([sorted(late), said]).encode())
"""


def test_nothing_is_loaded_once_the_walls_stand() -> None:
    samples = [*GOOD.values(), *(data for data, _kind in HOSTILE.values())]
    done = subprocess.run(
        [sys.executable, "-I", "-c", _LATE, looking._ROOT],
        input="\n".join(data.hex() or "00" for data in samples),
        text=True,
        capture_output=True,
        check=True,
        timeout=60,
    )
    late, said = json.loads(done.stdout)
    assert late == []
    assert [facts["kind"] for facts in said[: len(GOOD)]] == [kind if kind != "csv" else "txt" for kind in GOOD]


def test_what_other_programs_write_is_taken() -> None:
    """A workbook of openpyxl's; what Typst makes, with its tags and its properties."""
    import typst
    from openpyxl import Workbook

    out, book = BytesIO(), Workbook()
    book.active.append(["Kommun", "=1+1"])  # type: ignore[union-attr]
    book.save(out)
    assert seen(out.getvalue()) == Traits(kind="xlsx", authors=["openpyxl"])
    made = typst.compile(b'#set document(title: "Budget", author: "Elin")\n= Budget\nOrd.', pdf_standards=["ua-1"])
    assert seen(made) == Traits(kind="pdf", authors=["Elin"])

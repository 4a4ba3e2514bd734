"""Documents for tests, good and hostile: small, and put together here byte by byte."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pikepdf

from commsched.core.media.documents import FORMS

Files = dict[str, "str | bytes"]

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}


def zipped(files: Files, stored: tuple[str, ...] = ()) -> bytes:
    """An archive with ``files``, those that are not ``stored`` packed."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            way = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 30, 12, 0, 0)), data, way)
    return out.getvalue()


def types(kind: str, more: str = "") -> str:
    """``[Content_Types].xml`` of a document of that kind."""
    main = f'<Override PartName="/{MAIN[kind]}" ContentType="{FORMS[kind].mime}.main+xml"/>'  # type: ignore[index]
    return f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{main}{more}</Types>'


def relations(*rows: str) -> str:
    return f'<Relationships xmlns="{RELATIONS}">{"".join(rows)}</Relationships>'


def relation(kind: str, target: str, mode: str = "External") -> str:
    return f'<Relationship Id="r1" Type="{OFFICE}/{kind}" Target="{target}" TargetMode="{mode}"/>'


def body(inner: str = "<w:p><w:r><w:t>Budgetförslag</w:t></w:r></w:p>") -> str:
    return f'<w:document xmlns:w="{WORD}"><w:body>{inner}</w:body></w:document>'


def office(kind: str = "docx", more: Files | None = None, **main: str) -> bytes:
    """A small document of Word, Excel or PowerPoint; ``more`` is put into it."""
    whole = body() if kind == "docx" else '<workbook xmlns="urn:x"><sheets><sheet name="Blad1"/></sheets></workbook>'
    files: Files = {
        "[Content_Types].xml": types(kind),
        "_rels/.rels": relations(relation("officeDocument", MAIN[kind], "Internal")),
        MAIN[kind]: main.get("main", whole),
    }
    return zipped(files | (more or {}))


def odf(kind: str = "odt", more: Files | None = None, content: str = "<text/>") -> bytes:
    """A small OpenDocument."""
    files: Files = {
        "mimetype": FORMS[kind].mime,  # type: ignore[index]
        "content.xml": f'<doc xmlns:office="urn:o" xmlns:xlink="http://www.w3.org/1999/xlink">{content}</doc>',
        "META-INF/manifest.xml": "<manifest/>",
    }
    return zipped(files | (more or {}), stored=("mimetype",))


def pdf(change: object = None, **save: object) -> bytes:
    """A PDF of one page; ``change`` is called with it before it is written. The same is the same bytes."""
    out = BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(595, 842))
        if callable(change):
            change(document)
        document.save(out, deterministic_id="encryption" not in save, **save)  # type: ignore[arg-type]
    return out.getvalue()

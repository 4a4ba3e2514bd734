"""Documents that go with a release: which kinds are taken, how large they may be, what they are called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from commsched.core.media.sizes import MB
from commsched.core.text.clean import one_line
from commsched.core.text.numbers import decimal
from commsched.core.text.slug import slug

DocumentKind = Literal["pdf", "docx", "xlsx", "pptx", "odt", "ods", "odp", "csv", "txt"]

MOST: Final = 10
"""Documents that go with one release."""
DOCUMENT_BYTES: Final = 10 * MB
"""The largest document."""
MAIL_BYTES: Final = 15 * MB
"""What a mail's documents may be together, as they travel: newsrooms' servers refuse larger ones, the stricter from
20 MB for the whole mail."""
TITLE: Final = 150
"""Characters of what a document is called."""


class Form(msgspec.Struct, frozen=True):
    """A kind of document: its type, how its file ends, and what people call it."""

    kind: DocumentKind
    mime: str
    called: str

    @property
    def suffix(self) -> str:
        return f".{self.kind}"


_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_OPEN: Final = "application/vnd.oasis.opendocument"
FORMS: Final = {
    form.kind: form
    for form in (
        Form("pdf", "application/pdf", "PDF"),
        Form("docx", f"{_OFFICE}.wordprocessingml.document", "Word"),
        Form("xlsx", f"{_OFFICE}.spreadsheetml.sheet", "Excel"),
        Form("pptx", f"{_OFFICE}.presentationml.presentation", "PowerPoint"),
        Form("odt", f"{_OPEN}.text", "ODT"),
        Form("ods", f"{_OPEN}.spreadsheet", "ODS"),
        Form("odp", f"{_OPEN}.presentation", "ODP"),
        Form("csv", "text/csv", "CSV"),
        Form("txt", "text/plain", "TXT"),
    )
}
"""The kinds that are taken. Nothing else is: a newsroom must be able to open it, and it must not be a program."""
BY_MIME: Final = {form.mime: form for form in FORMS.values()}
TYPES: Final = tuple(BY_MIME)
ACCEPT: Final = ",".join([*(form.suffix for form in FORMS.values()), *TYPES])
"""What a file chooser offers."""


def title_of(filename: str) -> str:
    """What a document is called until somebody calls it otherwise: its file's name without a path or its ending, in
    one line and the direction of its letters."""
    name = one_line(filename.replace("\\", "/").rpartition("/")[2])
    stem, dot, ending = name.rpartition(".")
    name = stem if dot and ending.lower() in FORMS else name
    return " ".join(name.replace("_", " ").split())[:TITLE].strip(" .")


def ending_of(filename: str) -> str:
    """The kind that a file's name says: ``docx``; empty where it says none."""
    return one_line(filename).rpartition(".")[2].lower() if "." in filename else ""


def shown_size(number: int, language: str) -> str:
    """``1,2 MB``, ``840 kB``: as file managers count, and never smaller than it is."""
    if number < 1_000_000:
        return f"{max(1, -(-number // 1000))} kB"
    return f"{decimal(-(-number // 100_000) / 10, 1, language)} MB"


def described(title: str, mime: str, number: int, language: str) -> str:
    """What a link to it says: its title, kind and size in bytes (``Budgetförslag 2027 (PDF, 1,2 MB)``)."""
    form = BY_MIME.get(mime)
    facts = [form.called if form else "", shown_size(number, language) if number else ""]
    about = ", ".join(fact for fact in facts if fact)
    return f"{title} ({about})" if about else title


def file_name(title: str, mime: str, sha256: str) -> str:
    """What it is called where it is saved: letters that every system and mail program knows, and its true ending."""
    form = BY_MIME.get(mime)
    suffix = form.suffix if form else ""
    bare = title[: -len(suffix)] if suffix and title.lower().endswith(suffix) else title
    return f"{slug(bare, 60, whole_words=False) or sha256[:10]}{suffix}"


def mailed_bytes(sizes: Iterable[int]) -> int:
    """How many bytes files of ``sizes`` are in a mail: base64 makes four of three, and a line break after each 76."""
    return sum((encoded := -(-number // 3) * 4) + -(-encoded // 76) * 2 for number in sizes)

"""The documents of a release in the composer: taken in from the form, called something, moved and taken out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from flask import request
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from commsched.core.content.draft import DocumentIn, DraftIn
from commsched.core.media.documents import MOST
from commsched.core.text.messages import OfficeError
from commsched.services.documents import library
from commsched.store.models import Document
from commsched.web.components.clock_input import typed
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated
from commsched.web.http.request_context import actor, installation

Documents = list[tuple[int, str]]
"""Documents by their ids, each with what readers see it called, in order."""
FIELD = "documents"


def of_form(form: Mapping[str, str], wanted: Iterable[int]) -> Documents:
    """The documents that were posted."""
    return [(number, typed(form.get(f"document-title-{number}", ""))) for number in wanted]


def of_draft(draft: DraftIn) -> Documents:
    return [(each.id, each.title) for each in draft.attached]


def raw(documents: Documents) -> list[dict[str, object]]:
    """The draft's field."""
    return [{"id": number, "title": " ".join(title.split())} for number, title in documents]


def only_known(session: Session, draft: DraftIn) -> list[int | DocumentIn]:
    """The draft's documents without those that have been removed since its page was opened."""
    rows = library.readable(session, [each.id for each in draft.attached])
    return [each for each in draft.attached if each.id in rows]


def shown(session: Session, documents: Documents) -> list[tuple[Document, str]]:
    """The chosen documents with what they are called here, in order."""
    rows = library.readable(session, [number for number, _title in documents])
    return [(rows[number], title or rows[number].title) for number, title in documents if number in rows]


def take_in(documents: Documents, form: Form) -> None:
    """Add the files that came with the form to ``documents``; what was refused is told at the field."""
    files = [file for file in request.files.getlist("new_documents") if file.filename]
    taken, refused = _taken(files, MOST - len(documents))
    chosen = {number for number, _title in documents}
    documents += [(row.id, row.title) for row in {row.id: row for row in taken}.values() if row.id not in chosen]
    if refused:
        form.fail(FIELD, " ".join(refused))


def _taken(files: Sequence[FileStorage], room: int) -> tuple[list[Document], list[str]]:
    taken: list[Document] = []
    refused: list[str] = []
    for file in files[:room]:
        name = (file.filename or "")[:80]
        try:
            taken.append(library.add_from(installation(), actor(), file.stream, file.filename or "").document)
        except OfficeError as error:
            if error.status >= 500:
                raise
            refused.append(f"{name}: {translated(error.words)}")
    if len(files) > room:
        refused.append(_("At most %(most)s documents go with a press release.", most=MOST))
    return taken, refused


def rearranged(documents: Documents, press: str) -> bool:
    """Do what a button says (``document-drop:7``, ``-up:7``, ``-down:7``); returns whether it was one of these."""
    verb, _colon, what = press.partition(":")
    if verb not in ("document-drop", "document-up", "document-down"):
        return False
    place = next((at for at, (number, _title) in enumerate(documents) if str(number) == what), None)
    if place is not None:
        moved = documents.pop(place)
        if verb != "document-drop":
            documents.insert(max(0, place - 1 if verb == "document-up" else place + 1), moved)
    return True

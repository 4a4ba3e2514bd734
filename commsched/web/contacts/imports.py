"""A file of contacts: brought, its columns chosen, followed while it is taken in; and contacts as a file."""

from __future__ import annotations

from flask import Response as Answer
from flask import request
from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from commsched.core.access.routes import allow
from commsched.core.contacts.columns import FIELDS
from commsched.services.contacts import _tables as tables
from commsched.services.contacts import exports, imports, search
from commsched.services.contacts.suppression import PRESS
from commsched.store.models import Channel
from commsched.web.components import grounds
from commsched.web.contacts.routes import bp as contacts
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

SHOWN = 20
"""Remarks that the page shows; all of them are in the file."""


def _lists(by_hand: bool = True) -> list[Channel]:
    with installation().store.read(actor().workspace) as session:
        return [row for row in search.press_lists(session) if not (by_hand and row.segment)]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0


@contacts.get("/import/", endpoint="imports")
@allow("write")
def start_page() -> str:
    return _bring(Form())


def _bring(form: Form) -> str:
    return page(
        "contacts/import.html",
        form=form,
        lists=_lists(),
        chosen=_number(request.args.get("list", "")),
        recent=imports.recent(installation(), actor(), PRESS),
        most=tables.MOST_BYTES // tables.MB,
    )


@contacts.post("/import/")
@allow("write")
def upload() -> Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        file = request.files.get("file")
        if file is None or not file.filename:
            form.fail("file", _("Choose a file."))
            return _bring(form), form.status
        channel = _number(form.text("channel", 20))
        number = imports.begin(installation(), actor(), PRESS, file.stream, file.filename, channel)
        return done("", "contacts.importing", import_id=number)
    return _bring(form), form.status


@contacts.get("/import/<int:import_id>")
@allow("write")
def importing(import_id: int) -> str:
    return _importing(import_id, Form())


def _importing(import_id: int, form: Form) -> str:
    row = imports.get(installation(), actor(), import_id)
    if row.state == "new":
        preview = imports.preview(installation(), actor(), import_id)
        return page(
            "contacts/columns.html",
            form=form,
            row=row,
            preview=preview,
            lists=_lists(),
            fields=FIELDS,
            form_fields=form,
        )
    remarks = list(imports.remarks(installation(), actor(), import_id, SHOWN))
    names = {channel.id: channel.name for channel in _lists()}
    return page("contacts/importing.html", row=row, remarks=remarks, reasons=imports.REASONS, names=names)


@contacts.get("/import/<int:import_id>/progress")
@allow("write")
def import_progress(import_id: int) -> str:
    """The part of the page that changes while a file is taken in."""
    row = imports.get(installation(), actor(), import_id)
    remarks = list(imports.remarks(installation(), actor(), import_id, SHOWN))
    return page("contacts/_progress.html", row=row, remarks=remarks, reasons=imports.REASONS)


@contacts.post("/import/<int:import_id>/start")
@allow("write")
def start_import(import_id: int) -> Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        width = len(imports.preview(installation(), actor(), import_id).guessed.fields)
        fields = [form.text(f"field-{place}", 20) for place in range(width)]
        channel = _number(form.text("channel", 20))
        heading, why = form.flag("heading"), grounds.read(form)
        imports.start(installation(), actor(), import_id, fields, heading, channel, why)
        return done("", "contacts.importing", import_id=import_id)
    return _importing(import_id, form), form.status


@contacts.post("/import/<int:import_id>/stop")
@allow("write")
def stop_import(import_id: int) -> Response:
    imports.stop(installation(), actor(), import_id)
    return done(
        _("Stopped. Those who were taken in are among your contacts."), "contacts.importing", import_id=import_id
    )


@contacts.get("/import/<int:import_id>/rows.csv")
@allow("write")
def import_remarks(import_id: int) -> Response:
    answer = Answer(b"".join(exports.remarks(installation(), actor(), import_id)), mimetype="text/csv")
    name = _("rows")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name} {import_id}.csv")
    return answer


@contacts.get("/export", endpoint="exports")
@allow("administer")
def export_page() -> str:
    return page("contacts/export.html", form=Form(), lists=_lists(False), chosen=_number(request.args.get("list", "")))


@contacts.post("/export")
@allow("administer")
def export() -> Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        channel = _number(form.text("channel", 20))
        file = exports.take_out(installation(), actor(), PRESS, form.text("kind", 10), channel)
        answer = Answer(wrap_file(request.environ, file.file), mimetype=file.media_type, direct_passthrough=True)
        answer.call_on_close(file.file.close)
        answer.headers.set("Content-Disposition", "attachment", filename=file.name)
        return answer
    return page("contacts/export.html", form=form, lists=_lists(False), chosen=0), form.status

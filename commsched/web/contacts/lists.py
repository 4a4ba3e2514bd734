"""The press lists, as those who write to them see them: who is on each, and whom one that fills itself is for."""

from __future__ import annotations

from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.contacts.facts import terms
from commsched.core.contacts.segment import Segment, segment_of
from commsched.services.channels import connect, list_editing
from commsched.services.contacts import book, search
from commsched.services.contacts.suppression import PRESS
from commsched.web.components import grounds, left_out
from commsched.web.contacts.routes import bp as contacts
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done


@contacts.get("/lists/")
@allow("write")
def lists() -> str:
    return _lists(Form())


def _lists(form: Form) -> str:
    with installation().store.read(actor().workspace) as session:
        rows = search.press_lists(session)
        beats, areas = search.terms(session, int(actor().workspace), PRESS)
    segments = {row.id: segment_of(row.segment) for row in rows}
    return page("contacts/lists.html", form=form, rows=rows, segments=segments, beats=beats, areas=areas)


def _segment(form: Form) -> Segment:
    return Segment(
        beats=terms(form.text("beats", 2000)),
        areas=terms(form.text("areas", 2000)),
        languages=tuple(language for language in book.LANGUAGES if language in form.many("languages")),
    )


@contacts.post("/lists/")
@allow("administer")
def make_list() -> Response | tuple[str, int]:
    form = Form.read()
    with form.catch(folding=True):
        text = form.text("addresses", connect.MOST_LIST)
        name, why = form.needed("name", 120), grounds.read(form)
        channel = list_editing.make_list(installation(), actor(), name, text, _segment(form), why)
        left_out.tell(channel.id, text)
        return done(_("The list is made."), "contacts.list", channel_id=channel.id)
    return _lists(form), form.status


@contacts.get("/lists/<int:channel_id>", endpoint="list")
@allow("write")
def show_list(channel_id: int) -> str:
    return _show(channel_id, Form())


def _show(channel_id: int, form: Form) -> str:
    channel = list_editing.list_of(installation(), actor(), channel_id)
    with installation().store.read(actor().workspace) as session:
        workspace = int(actor().workspace)
        shown = search.look(installation(), session, workspace, PRESS, search.Wanted(channel=channel_id), limit=20)
        beats, areas = search.terms(session, workspace, PRESS)
    return page(
        "contacts/list.html",
        form=form,
        channel=channel,
        segment=segment_of(channel.segment),
        shown=shown,
        beats=beats,
        areas=areas,
    )


@contacts.post("/lists/<int:channel_id>")
@allow("administer")
def set_segment(channel_id: int) -> Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        list_editing.set_segment(installation(), actor(), channel_id, _segment(form))
        return done(_("The list follows from now on."), "contacts.list", channel_id=channel_id)
    return _show(channel_id, form), form.status

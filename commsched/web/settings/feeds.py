"""Feeds that the office reads: whose entries become drafts."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.services.channels import directory
from commsched.services.feeds import book
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

bp = Blueprint("feeds_in", __name__, url_prefix="/w/<slug>/feeds-in")


def _show(form: Form, edited: int = 0) -> str:
    with installation().store.read(actor().workspace) as session:
        shown = book.feeds(session)
    channels = directory.channels(installation(), actor().workspace)
    return page("settings/feeds.html", form=form, feeds=shown, channels=channels, edited=edited)


@bp.get("/")
@allow("read")
def index() -> str:
    return _show(Form())


def _chosen(form: Form) -> list[int]:
    return [
        int(number) for number in form.many("channel") if number.isascii() and number.isdigit() and len(number) < 10
    ]


@bp.post("/")
@allow("write")
def add() -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        name = book.add(installation(), actor(), form.needed("url"), _chosen(form))
        return done(_("%(name)s is read from now on. What comes in it becomes drafts.", name=name), "feeds_in.index")
    return _show(form), form.status


@bp.post("/<int:number>")
@allow("write")
def change(number: int) -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        book.change(installation(), actor(), number, form.text("name", 200), _chosen(form))
        return done(_("Saved."), "feeds_in.index")
    return _show(form, number), form.status


@bp.post("/<int:number>/switch")
@allow("write")
def switch(number: int) -> Response:
    on = Form.read().flag("on")
    book.switch(installation(), actor(), number, on)
    return done(_("It is read again.") if on else _("It is not read any more. Its drafts stay."), "feeds_in.index")


@bp.post("/<int:number>/remove")
@allow("write")
def remove(number: int) -> Response:
    book.remove(installation(), actor(), number)
    return done(_("The feed is removed. Its drafts stay."), "feeds_in.index")

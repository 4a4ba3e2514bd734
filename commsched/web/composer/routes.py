"""Writing: the composer. A plain form does everything; the scripts only make it live."""

from __future__ import annotations

import secrets

import msgspec
from flask import Blueprint, jsonify, redirect, request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.content.markup import to_html
from commsched.core.delivery.lifecycle import EDITABLE
from commsched.core.media.crops import NAMES
from commsched.core.media.documents import ACCEPT
from commsched.core.text.messages import N_, Invalid, NotFound, OfficeError
from commsched.core.timing import dates
from commsched.services.channels.sets import channel_sets
from commsched.services.content import items
from commsched.services.kernel import members
from commsched.services.media import search
from commsched.services.views import item_view
from commsched.services.views.preview import Preview
from commsched.services.workflow import approve, editing, idempotency
from commsched.store.models import Channel, Item, Workspace
from commsched.web.components import length_words, mail_status
from commsched.web.components.clock_input import WallFields
from commsched.web.components.pictures import picture_url, take_in
from commsched.web.composer import (
    conflict,
    documents,
    lock,
    presses,
    proposing,
    release_fields,
    time_choices,
    view_model,
)
from commsched.web.composer import looks as drawn
from commsched.web.composer.advice import embargo_words
from commsched.web.composer.advice.left_out import left_out
from commsched.web.composer.fields import Fields, from_form
from commsched.web.composer.parse import Meant, meaning
from commsched.web.composer.submit_bar import bar, marked
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, ngettext, translated
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import actor, installation, page, place
from commsched.web.http.responses import done, say, sent

bp = Blueprint("write", __name__, url_prefix="/w/<slug>")
NAV = NavEntry("write.new", N_("Write"), "square-pen", order=22, permission="write", phone=True, group="daily")

KINDS = ("post", "release")
LIVE = frozenset({"in_review", "approved", "scheduled", "held", "failed"})
"""States in which a change costs something, so that nothing is saved before its writer says so."""

MOST_TOLD = 5
"""Things that a draft does not keep of which each has a sentence of its own."""

bp.add_app_template_filter(marked, "marked")
bp.add_app_template_filter(lambda text: Markup(to_html(text)), "markdown")  # noqa: S704 (sanitised by core.markup)


@bp.get("/write")
@allow("write")
def new() -> str:
    """An empty composer. ``?kind=release``; ``?at=2026-11-26T07:30`` comes from the calendar.
    ``?media=3,4``: pictures that are in it from the beginning; ``?video=5``: a video."""
    kind = request.args.get("kind", "post")
    with installation().store.read(actor().workspace) as session:
        workspace = members.workspace_of(session, actor())
        fields = view_model.blank(installation(), session, actor(), workspace, kind if kind in KINDS else "post")
    day, _at, time = request.args.get("at", "")[:16].partition("T")
    fields.publish = WallFields(day, time or (_usual_time(day, fields) if day else ""))
    fields.media = view_model.chosen(installation(), actor(), request.args.get("media", ""))
    fields.videos = view_model.filmed(installation(), actor(), request.args.get("video", ""))
    return _composer(fields, None)


def _usual_time(day: str, fields: Fields) -> str:
    """The time of day that the calendar's plus fills in with ``day``: a free one that the office usually takes."""
    with installation().store.read(actor().workspace) as session:
        return time_choices.time_on(session, members.workspace_of(session, actor()), fields, day)


@bp.post("/write")
@allow("write")
def create() -> str | Response | tuple[str, int]:
    return _posted(None)


@bp.post("/write/shared")
@allow("write")
def shared() -> str:
    """A composer that begins with what another app shared: text, link and pictures. Nothing is saved yet."""
    form = Form()
    with installation().store.read(actor().workspace) as session:
        workspace = members.workspace_of(session, actor())
        fields = view_model.blank(installation(), session, actor(), workspace, "post")
    posted = from_form(request.form)
    fields.texts |= {name: posted.texts[name] for name in ("text", "link")}
    _take_in_files(fields, form)
    return _composer(fields, None, form)


@bp.get("/items/<int:item_id>/edit")
@allow("write")
def edit(item_id: int) -> str | Response:
    item, fields = _stored(item_id)
    if item.state not in EDITABLE:
        return done(_("It is already on its way or out, and cannot be changed."), "items.show", "note", item_id=item_id)
    return _composer(fields, item)


@bp.post("/items/<int:item_id>/edit")
@allow("write")
def change(item_id: int) -> str | Response | tuple[str, int]:
    return _posted(_stored(item_id)[0])


def _stored(item_id: int) -> tuple[Item, Fields]:
    with installation().store.read(actor().workspace) as session:
        target, workspace = _read(session, item_id)
        return target.item, view_model.stored(installation(), session, workspace, target)


def _target(item_id: int) -> view_model.Target:
    """The item as it is saved, where its fields are not asked for."""
    with installation().store.read(actor().workspace) as session:
        return _read(session, item_id)[0]


def _read(session: Session, item_id: int) -> tuple[view_model.Target, Workspace]:
    item, revision, workspace = items.load_whole(session, item_id)
    if item.kind not in KINDS:
        raise NotFound(N_("There is no such item."))
    return view_model.Target(item, revision), workspace


def _posted(item: Item | None) -> str | Response | tuple[str, int]:
    """One press of a button: rearrange, save, or save and send in. Whatever goes wrong, what was typed stays."""
    fields, form = _typed(item), Form()
    press = request.form.get("do", "save")
    if press == "studio" and item is None and fields.empty:
        return redirect(url_for("studio.index"))
    again = presses.pressed(fields, press, form, lambda typed: _seen(typed, item))
    again = again or view_model.rearranged(fields, press) or release_fields.pressed(fields, press, request.form)
    _take_in_files(fields, form)
    if again or form.status != 200:
        return _composer(fields, item, form), form.status
    meant = _meant(fields)
    try:
        meant.raise_first()
        if press == "propose" and item is not None:
            return proposing.propose(item, meant)
        number = _save(item, meant, by_itself=False)
    except items.Changed as error:
        return _conflict(fields, error.current.item_id)
    except OfficeError as error:
        if error.status >= 500 or error.status == 404:
            raise
        form.fail(_home(error.field), translated(error.words), error.status)
        return _composer(fields, item, form), form.status
    _tell_left_out(fields, meant)
    return _after(press, item, number, meant, form)


def _tell_left_out(fields: Fields, meant: Meant) -> None:
    """Say on the next page what of ``fields`` the draft that was saved has not."""
    with installation().store.read(actor().workspace) as session:
        channels = {row.id: row for row in view_model.channels_of(session)}
    problems = left_out(fields, meant, channels, installation().platform)
    for problem in problems[:MOST_TOLD]:
        say(translated(problem.words)[:500], "note")
    if (more := len(problems) - MOST_TOLD) > 0:
        say(ngettext("%(num)s thing more is not kept.", "%(num)s things more are not kept.", more), "note")


def _after(press: str, item: Item | None, number: int, meant: Meant, form: Form) -> str | Response | tuple[str, int]:
    """Where a press leads once what was typed is saved as the item ``number``."""
    if press == "submit":
        if item is None and _live(_stored(number)[0]):  # the button was pressed twice
            return _sent(number)
        return _send_in(number, meant, form)
    if press == "studio":
        return redirect(url_for("studio.index", item=number))
    if item is not None and item.state == "in_review" and _stored(number)[0].state == "draft":
        return _send_in(number, meant, form, stays=True)
    return done(_saved(item, number), "write.edit", item_id=number)


def _seen(fields: Fields, item: Item | None) -> list[Preview]:
    """What is typed, as its channels would say it."""
    return _judged(fields, _meant(fields), _target(item.id) if item else None).previews


def _judged(fields: Fields, meant: Meant, target: view_model.Target | None) -> view_model.View:
    """What the page says of what is typed, and of what of it no draft would keep."""
    shown = view_model.view(installation(), actor(), meant, target)
    shown.problems += [("", each) for each in left_out(fields, meant, shown.channels, installation().platform)]
    return shown


def _meant(fields: Fields) -> Meant:
    here = place()
    return meaning(fields, here.zone, dates.local(installation().now(), here.zone).date())


def _saved(item: Item | None, number: int) -> str:
    """What saving without sending it in led to."""
    state = _stored(number)[0].state
    if item is None or item.state == state or item.state not in ("in_review", "approved", "scheduled"):
        return _("The draft is saved.")
    return _("It is saved, and not approved any more: it does not go out before you send it in again.")


def _typed(item: Item | None) -> Fields:
    """What was posted; after a conflict, with the parts of the saved version that were chosen instead."""
    fields, taken = from_form(request.form), conflict.taken(request.form)
    if item is not None and taken:
        return conflict.merged(fields, _stored(item.id)[1], taken)
    return fields


def _take_in_files(fields: Fields, form: Form) -> None:
    taken, refused = take_in(file for file in request.files.getlist("files") if file.filename)
    chosen = {number for number, _alt in fields.media}
    fields.media += [(added.media.id, added.media.alt) for added in taken if added.media.id not in chosen]
    if refused:
        form.fail("pictures", " ".join(refused))
    documents.take_in(fields.documents, form)


def _send_in(number: int, meant: Meant, form: Form, stays: bool = False) -> str | Response | tuple[str, int]:
    """Ask for approval of what was just saved. If something stops it, it is saved all the same. ``stays``: it was with
    whoever approves already, and the new version takes the old one's place there."""
    try:
        approve.submit(
            installation(), actor(), number, then_schedule=meant.publish is not None or meant.times.when_approved
        )
    except approve.Blocked as error:
        form.fail("", _("It is saved, but cannot be sent yet. What stops it stands below."), error.status)
    except OfficeError as error:
        if error.status >= 500:
            raise
        form.fail("", translated(error.words), error.status)
    if form.status == 200 and stays:
        words = _("It is saved, and the new version is what waits for approval.")
        return done(words, "write.edit", item_id=number)
    if form.status == 200:
        return _sent(number)
    item, fields = _stored(number)
    return _composer(fields, item, form, fresh=True), form.status


def _sent(number: int) -> Response:
    """To the page of what was sent, which says so and offers what comes next."""
    sent(number)
    return done(mail_status.sent_in(number), "items.show", item_id=number)


def _home(field: str) -> str:
    return {"media": "pictures", "captions": "attachments"}.get(field, field)


def _save(item: Item | None, meant: Meant, by_itself: bool) -> int:
    with installation().store.read(actor().workspace) as session:
        draft = lock.confided(view_model.only_known(session, meant.draft))
    if item is None:
        return idempotency.save_new(
            installation(), actor(), draft, _page_token(), by_itself=by_itself, times=meant.times
        )
    expected = request.form.get("stamp") or None
    editing.save(
        installation(), actor(), item.id, draft, expected_stamp=expected, by_itself=by_itself, times=meant.times
    )
    return item.id


def _page_token() -> str:
    """What the script and the button of one page of something new both send, so that they make one item."""
    return request.form.get("once", "")


def _composer(fields: Fields, item: Item | None, form: Form | None = None, fresh: bool = False) -> str:
    """The page. ``fresh``: the fields are the saved ones, so whatever stamp was posted is not theirs."""
    form, meant = form or Form(), _meant(fields)
    target = _target(item.id) if item else None
    item = target.item if target else None
    shown = _judged(fields, meant, target)
    with installation().store.read(actor().workspace) as session:
        workspace = members.workspace_of(session, actor())
        channels = view_model.channels_of(session)
        fitting = [row for row in channels if row.id in fields.channels or _fits(row, fields.kind)]
        context = {
            "channels": channels,
            "fitting": fitting,
            "at_hand": view_model.at_hand(session, fitting),
            "pictures": view_model.pictures(session, fields),
            "videos": view_model.videos(session, fields),
            "documents": documents.shown(session, fields.documents),
            "DOCUMENT_KINDS": ACCEPT,
            "library": search.to_choose_from(session, limit=24),
            "workspace": workspace,
            "CROPS": NAMES,
            "no_time": WallFields(),
            "sets": channel_sets(workspace),
            "book": view_model.book(session, workspace, fields),
            "slots": time_choices.bar_slots(session, workspace, fields, item.id if item else 0),
        }
    for name, words in shown.faults.items():
        if request.method == "POST" or view_model.is_told_early(name):
            form.errors.setdefault(_home(name), translated(words))
    stamp = "" if fresh or request.method != "POST" else request.form.get("stamp", "")
    return page(
        "composer/page.html",
        fields=fields,
        item=item,
        form=form,
        view=shown,
        looks=_looks(shown),
        counts=drawn.rooms(shown.previews),
        counters=length_words.told(shown.lengths),
        clash=time_choices.clash(meant, place().zone),
        live=_live(item),
        unsaved=not fresh and "do" in request.form,
        told=bar(shown, item),
        embargo_told=embargo_words.effects(shown, meant),
        instead=proposing.offered(item),
        picture_url=picture_url,
        lock=lock.choices(item),
        once=_page_token() or secrets.token_urlsafe(18),
        stamp=stamp or (items.stamp(item) if item else ""),
        **context,
    )


def _fits(channel: Channel, kind: str) -> bool:
    """Whether the channel takes items of ``kind``."""
    return kind in installation().platform(channel.platform).kinds


def _looks(shown: view_model.View) -> list[drawn.Look]:
    """Each look is drawn once, and compared as it is drawn."""
    return drawn.looks(
        shown.previews, lambda preview: page("composer/_drawing.html", one=preview, picture_url=picture_url)
    )


def _live(item: Item | None) -> bool:
    return item is not None and item.state in LIVE


def _conflict(mine: Fields, item_id: int) -> tuple[str, int]:
    """Both versions side by side; what is chosen is posted back with the stamp of the one that was saved."""
    item, theirs = _stored(item_id)
    with installation().store.read(actor().workspace) as session:
        revision = items.current(session, item)
        author = item_view.names(session, [revision.author_id]).get(revision.author_id or 0, "")
        rows = conflict.differences(session, mine, theirs)
    shown = page(
        "composer/conflict.html",
        mine=mine,
        theirs=theirs,
        rows=rows,
        item=item,
        revision=revision,
        author=author,
        stamp=items.stamp(item),
    )
    return shown, 409


@bp.post("/write/check")
@allow("write")
def check() -> Response:
    """What the publisher would say of what is typed right now, and how it would look. Saves nothing."""
    number = request.form.get("item", "")
    target = _target(int(number)) if number.isascii() and number.isdigit() and len(number) < 16 else None
    item = target.item if target else None
    fields = from_form(request.form)
    divided = presses.pressed(fields, request.form.get("do", ""), Form(), lambda typed: _seen(typed, item))
    meant = _meant(fields)
    shown = _judged(fields, meant, target)
    context = {
        "view": shown,
        "looks": _looks(shown),
        "fields": fields,
        "item": item,
        "clash": time_choices.clash(meant, place().zone),
        "picture_url": picture_url,
    }
    submit = bar(shown, item)
    rooms = drawn.rooms(shown.previews)
    counts = {number: {"count": room.count, "limit": room.limit or None} for number, room in rooms.items()}
    rings = {number: {"share": room.share, "over": room.over, "words": room.words} for number, room in rooms.items()}
    return jsonify(
        texts=presses.texts_of(fields) if divided else None,
        look_up=shown.link if shown.wants_page and not _live(item) else "",
        link=page("composer/_link.html", **context),
        wholes=page("composer/_wholes.html", **context),
        previews=page("composer/_previews.html", **context),
        problems=page("composer/_problems.html", **context),
        days={name: wall.day for name, wall in fields.walls().items()},
        bar={"press": submit.press, "label": submit.label, "words": submit.words, "when": submit.when},
        counts=counts,
        lengths={name: msgspec.to_builtins(each) for name, each in length_words.told(shown.lengths).items()},
        rings=rings,
        clash=page("composer/_clash.html", **context),
        embargo=page("composer/_embargo_told.html", embargo_told=embargo_words.effects(shown, meant)),
        clash_field=meant.clash.field if meant.clash else "",
        faults={_home(name): translated(words) for name, words in shown.faults.items()},
    )


@bp.post("/write/keep")
@allow("write")
def keep_new() -> Response | tuple[Response, int]:
    """Autosave of something new: the first time it has anything in it, it becomes a draft."""
    if from_form(request.form).empty:
        return jsonify(saved=False)
    return _kept(None)


@bp.post("/items/<int:item_id>/keep")
@allow("write")
def keep(item_id: int) -> Response | tuple[Response, int]:
    """Autosave. It never touches what somebody has approved or is looking at: that takes a press on a button."""
    item = _target(item_id).item
    if _live(item):
        return jsonify(saved=False, live=True)
    return _kept(item)


def _kept(item: Item | None) -> Response | tuple[Response, int]:
    meant = _meant(from_form(request.form))
    # a time half typed is left for later; anything else must not be lost
    if not all(view_model.is_time(name) for name in meant.faults):
        return jsonify(saved=False, faults={name: translated(words) for name, words in meant.faults.items()})
    try:
        number = _save(item, meant, by_itself=True)
    except items.Changed as error:
        return jsonify(saved=False, conflict=True, words=translated(error.words)), 409
    except Invalid as error:
        return jsonify(saved=False, faults={_home(error.field): translated(error.words)})
    saved = _target(number).item
    return jsonify(
        saved=True,
        id=number,
        stamp=items.stamp(saved),
        at=installation().now().isoformat(),
        edit=url_for("write.edit", item_id=number),
        keep=url_for("write.keep", item_id=number),
    )


@bp.get("/write/library")
@allow("write")
def library() -> str:
    """Pictures to choose from, as a piece of the composer's page."""
    words = request.args.get("q", "")[:200]
    with installation().store.read(actor().workspace) as session:
        rows = search.to_choose_from(session, words)
    return page("composer/_library.html", library=rows, words=words, picture_url=picture_url)

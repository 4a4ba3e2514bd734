"""One item: where it stands, what it led to, what can be done, and its history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Blueprint, jsonify, redirect, request
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.delivery.lifecycle import EDITABLE
from commsched.core.text.messages import N_, Invalid, NotFound, OfficeError
from commsched.core.timing import again, dates
from commsched.core.timing.embargo import is_over
from commsched.core.timing.wall_time import Fold, Gap
from commsched.services.approval import comments, nudges
from commsched.services.approval.mentions import stands
from commsched.services.approval.roster import read_roster
from commsched.services.content import preview_addresses
from commsched.services.followup import figures
from commsched.services.kernel import confidants
from commsched.services.views import beside, item_view, review
from commsched.services.views.item_stamp import item_stamp
from commsched.services.workflow import approve, corrections, embargoes, schedule, stops
from commsched.services.workflow import undo as undoing
from commsched.web.components import mail_status
from commsched.web.components.clock_input import choices, clock_time, day_typed
from commsched.web.components.figure_words import figures_in_words
from commsched.web.components.pictures import picture_url
from commsched.web.http.etag import fresh, not_modified, tag
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated
from commsched.web.http.request_context import actor, installation, page, place
from commsched.web.http.responses import done, local_path, say, was_sent
from commsched.web.items import status_text, taken_down

bp = Blueprint("items", __name__, url_prefix="/w/<slug>/items/<int:item_id>")

SOON = timedelta(minutes=2)
"""How near its time an item must be for its page to ask often."""
MOST_ALIKE = 3
"""Items with the same text that are named."""
MOST_ASKED = 200
"""Recipients that can be answered for one by one on the page, at a time."""


@bp.get("")
@allow("read")
def show(item_id: int) -> str:
    """The whole story of an item."""
    return _page(item_id, Form())


def _page(item_id: int, form: Form, clash: dict[str, object] | None = None, outside: bool = False) -> str:
    mark, _soon = _mark(item_id)  # before the page is read: what happens in between is seen at the first question
    shown = review.review(installation(), actor(), item_id)
    context = _shown(shown)
    if shown.seen.unseen:
        comments.read(installation(), actor(), item_id)
    just = was_sent(item_id)
    return page("items/show.html", form=form, clash=clash, outside=outside, mark=mark, just_sent=just, **context)


def _shown(shown: review.Review) -> dict[str, object]:
    """Everything the page tells of an item."""
    seen = shown.seen
    channels = seen.judgement.around.channels
    with installation().store.read(actor().workspace) as session:
        own = (
            corrections.own_pages(installation(), session, seen.item)
            if item_view.was_out(seen.item, seen.deliveries) or any(reach.out for reach in seen.reach.values())
            else corrections.OwnPages()
        )
        counted = figures.of_item(session, seen.item.id) if any(row.published_at for row in seen.deliveries) else {}
        by_it = beside.read_beside(installation(), session, actor(), seen)
    live = [channels[row.channel_id].platform for row in seen.deliveries if row.state != "cancelled"]
    filed = [row.id for row in channels.values() if mail_status.filed(row.platform)]
    out = any(row.state in ("published", "sending", "unknown") for row in seen.deliveries)
    return {
        "shown": shown,
        "seen": seen,
        "item": seen.item,
        "channels": channels,
        "alike": seen.judgement.neighbours.duplicates[:MOST_ALIKE],
        "own": own,
        "told": status_text.where(shown, place().zone, filed),
        "standing": status_text,
        "taken_down": taken_down,
        "counted": counted,
        "in_words": figures_in_words,
        "shown_state": mail_status.as_told(seen.state, live),
        "picture_url": picture_url,
        "editable": seen.item.state in EDITABLE and not out,
        "MOST_ASKED": MOST_ASKED,
        "stoppable": any(row.state in stops.LIVE and not row.stop for row in seen.deliveries),
        "rest_waits": status_text.rest_waits(seen),
        "alone": status_text.movable_alone(seen),
        "begins": status_text.rest_at(seen),
        "movable": seen.item.state != "partly_published" or status_text.halfway(seen),
        "asked": [f"{what}-{row.id}" for row in seen.deliveries for what in ("url", "parts")],
        "numbers": {version.id: version.number for version in seen.history.versions},
        "embargo": shown.embargo,
        "still_says": lambda words: stands(words, seen.content),
        "callable_names": _callable(seen),
        "confide": _confide(seen),
        "proposals": by_it.proposals,
        "releases": by_it.releases,
        "checks": by_it.checks,
        "copies": _copies(seen),
        **_under_embargo(seen),
    }


def _copies(seen: item_view.ItemView) -> list[tuple[int, datetime]]:
    """The times of a copy a week and four weeks later."""
    wall, zone = seen.item.wall_time, place().zone
    if not wall:
        return []
    later = [again.days_later(wall, zone, weeks * again.WEEK, installation().now()) for weeks in (1, 4)]
    return [(days, again.moment(again.moved(wall, timedelta(days=days)), zone)) for days in dict.fromkeys(later)]


def _confide(seen: item_view.ItemView) -> list[tuple[int, str, bool, bool]]:
    """Everybody who may be named on a confidential item: number, name, whether they are, whether they must be."""
    named: set[int] = set()
    members = seen.roster.members.values()
    if seen.item.confidential:  # then the roster holds those alone who see it
        with installation().store.read(actor().workspace) as session:
            named = confidants.named(session, seen.item)
            members = read_roster(session, installation().now()).members.values()
    must = {actor().person, seen.item.author_id}
    rows = [(each.person, each.name, each.person in named, each.person in must) for each in members if each.active]
    return sorted(rows, key=lambda row: (not row[3], row[1].casefold()))


def _callable(seen: item_view.ItemView) -> list[str]:
    """The names that a comment can call with ``@``, for the script that completes them."""
    people = seen.roster.members.values()
    return sorted(member.name for member in people if member.active and member.person != actor().person)


def _under_embargo(seen: item_view.ItemView) -> dict[str, object]:
    """The secret address of an item under embargo, and whether somebody has it already, so that only the embargo can be
    changed."""
    if is_over(seen.content.embargo, installation().now()):
        return {"secret": "", "changeable": False, "under_embargo": False}
    with installation().store.read(actor().workspace) as session:
        return {
            "secret": preview_addresses.url(installation(), session, seen.item.id),
            "changeable": embargoes.is_changeable(installation(), session, seen.item, seen.content),
            "under_embargo": True,
        }


@bp.get("/now")
@allow("read")
def now(item_id: int) -> Response:
    """A mark that changes with whatever the page tells, and ``soon`` while something is about to happen; 304 while
    neither is another."""
    mark, soon = _mark(item_id)
    etag = tag(mark, soon)
    return not_modified(etag) or fresh(lambda: jsonify(mark=mark, soon=soon), etag)


def _mark(item_id: int) -> tuple[str, bool]:
    at = installation().now()
    with installation().store.read(actor().workspace) as session:
        stamp = item_stamp(session, item_id, at)
    near = stamp.publish_at is not None and abs(stamp.publish_at - at) < SOON
    soon = (near and stamp.state in ("scheduled", "in_review")) or stamp.state == "publishing" or stamp.sending
    day = dates.local(at, place().zone).date()  # "today" becomes "yesterday" at midnight
    return f"{stamp.mark}-{day}", soon


def act(
    item_id: int,
    sentence: str | Callable[[], str],
    deed: Callable[[Form], object],
    time_field: str = "publish_at",
    undo: bool = False,
) -> str | Response | tuple[str, int]:
    """Do it and say so (``sentence``, perhaps by what it led to), or show the page with what stands in the way. A deed
    that returns words has them said instead. A time that a clock change makes doubtful is ``time_field``'s.
    ``undo``: it can be taken back, and a button says so."""
    form = Form.read()
    try:
        instead = deed(form)
    except schedule.NeedsApproval as error:
        form.fail("", translated(error.words), error.status)
        return _page(item_id, form, outside=True), form.status
    except (Gap, Fold) as error:
        form.fail(time_field, translated(error.words), error.status)
        clash = {"field": time_field, "choices": choices(error, place().zone), "twice": isinstance(error, Fold)}
        return _page(item_id, form, clash), form.status
    except approve.Blocked as error:
        form.fail("", _("Something stops it: open it in the composer to see what."), error.status)
        return _page(item_id, form), form.status
    except OfficeError as error:
        if error.status >= 500 or isinstance(error, NotFound):
            raise
        form.fail(error.field, translated(error.words), error.status)
        return _page(item_id, form), form.status
    words = sentence if isinstance(sentence, str) else sentence()
    undoable = _undoable(item_id) if undo else []
    said = instead if isinstance(instead, str) else words
    if back := form.text("back", 2000):  # it was done on another page
        say(said, undoable=undoable)
        return redirect(local_path(back), 303)
    return done(said, "items.show", undoable=undoable, item_id=item_id)


def _undoable(item_id: int) -> list[int]:
    """The item, if what was just done to it can be undone: nothing of it is out."""
    with installation().store.read(actor().workspace) as session:
        now = installation().now()
        return [item_id] if undoing.last_act(session, actor(), item_id, now) else []


@bp.post("/submit")
@allow("write")
def submit(item_id: int) -> str | Response | tuple[str, int]:
    return act(
        item_id,
        lambda: mail_status.sent_in(item_id),
        lambda form: approve.submit(installation(), actor(), item_id, then_schedule=form.flag("schedule")),
    )


@bp.post("/accept")
@allow("write")
def accept(item_id: int) -> str | Response | tuple[str, int]:
    """Take on what somebody else wrote, in exactly the version that the page showed."""
    return act(
        item_id,
        lambda: mail_status.accepted(item_id),
        lambda form: approve.accept(installation(), actor(), item_id, form.text("hash", 64)),
    )


@bp.post("/withdraw")
@allow("approve")
def withdraw(item_id: int) -> str | Response | tuple[str, int]:
    return act(
        item_id,
        _("The approval is taken back. It does not go out."),
        lambda form: approve.withdraw(installation(), actor(), item_id, form.text("comment", 10_000)),
    )


@bp.post("/schedule")
@allow("schedule")
def put(item_id: int) -> str | Response | tuple[str, int]:
    """Schedule an approved item, at its own time, another, or now."""

    def deed(form: Form) -> str | None:
        if _alone(form):
            return _move(item_id, form)
        when = installation().now().isoformat() if form.flag("now") else _time(form)
        schedule.schedule(installation(), actor(), item_id, when or None)
        return None

    now = request.form.get("now")
    return act(item_id, _("It goes out now.") if now else _("It is scheduled."), deed)


@bp.post("/move")
@allow("schedule")
def move(item_id: int) -> str | Response | tuple[str, int]:
    return act(item_id, "", lambda form: _move(item_id, form), undo=True)


def _move(item_id: int, form: Form) -> str:
    """Move all of it, or the channel that was chosen, and say so."""
    when = _time(form)
    if not when:
        raise Invalid(N_("Choose when it should go out."), "publish_at")
    alone = _alone(form)
    schedule.move(installation(), actor(), item_id, when, ask_again=form.flag("ask_again"), channels=alone or None)
    return _("It is moved.")


def _alone(form: Form) -> list[int]:
    """The channel that moves alone; none where all of it does."""
    chosen = form.text("channel", 16)
    if chosen and not (chosen.isascii() and chosen.isdigit() and len(chosen) < 16):
        raise Invalid(N_("There is no such channel."), "channel")
    return [int(chosen)] if chosen else []


def _time(form: Form, name: str = "publish") -> str:
    """Wall time from two fields, or the exact answer to a clock change."""
    exact = form.text("exact", 40)
    field = "publish_at" if name == "publish" else name
    if exact:
        return exact
    day, time = day_typed(form.text(f"{name}_day", 40), field), clock_time(form.text(f"{name}_time", 20))
    if not (day or time):
        return ""
    if not (day and time):
        raise Invalid(N_("Choose both a day and a time of day."), field)
    return f"{day}T{time}"


@bp.post("/embargo")
@allow("schedule")
def change_embargo(item_id: int) -> str | Response | tuple[str, int]:
    """Another embargo for what a list has got already, or none."""

    def deed(form: Form) -> None:
        when = "" if form.flag("lift") else _time(form, "embargo")
        if not when and not form.flag("lift"):
            raise Invalid(N_("Choose until when it is under embargo."), "embargo")
        embargoes.change(installation(), actor(), item_id, when, confirmed=form.flag("confirmed"))

    return act(item_id, _("The embargo is changed. It is asked for approval again."), deed, "embargo")


@bp.post("/preview")
@allow("schedule")
def renew_preview(item_id: int) -> str | Response | tuple[str, int]:
    """A new secret address; the one before ends."""
    words = _("There is a new secret address. An earlier one no longer works.")
    return act(item_id, words, lambda form: embargoes.renew_preview(installation(), actor(), item_id))


@bp.post("/preview/end")
@allow("schedule")
def end_preview(item_id: int) -> str | Response | tuple[str, int]:
    """The secret address ends."""
    words = _("The secret address no longer works.")
    return act(item_id, words, lambda form: embargoes.revoke_preview(installation(), actor(), item_id))


@bp.post("/cancel")
@allow("schedule")
def cancel(item_id: int) -> str | Response | tuple[str, int]:
    """Nothing more of it goes out; what had gone out is said."""
    return act(
        item_id,
        _("It is thrown away.") if request.form.get("discard") else _("It is cancelled."),
        lambda _form: status_text.stopped(schedule.cancel(installation(), actor(), item_id)),
        undo=True,
    )


@bp.post("/bypass")
@allow("bypass")
def bypass(item_id: int) -> str | Response | tuple[str, int]:
    words = _("It is let out without approval. Those who approve are being told.")
    if not mail_status.mailed():
        words = _("It is let out without approval. No mail server is set, so tell those who approve yourself.")
    return act(item_id, words, lambda form: approve.bypass(installation(), actor(), item_id, form.text("reason", 5000)))


@bp.post("/comment")
@allow("comment")
def comment(item_id: int) -> str | Response | tuple[str, int]:
    def say(form: Form) -> str:
        words = form.text("comment", 10_000), form.text("quote", 2_000)
        return mail_status.commented(comments.comment(installation(), actor(), item_id, *words))

    return act(item_id, "", say)


@bp.post("/remind")
@allow("comment")
def remind(item_id: int) -> str | Response | tuple[str, int]:
    """Mail those whom the item waits for once more."""
    return act(item_id, "", lambda _form: mail_status.reminded(nudges.remind(installation(), actor(), item_id)))

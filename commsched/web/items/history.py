"""An item's versions: what differs between any two, and bringing one back."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.content import changes
from commsched.core.delivery.lifecycle import EDITABLE
from commsched.core.timing import dates
from commsched.services.content import items, version_times
from commsched.services.views import item_view, review
from commsched.services.workflow import editing
from commsched.store.models import Revision
from commsched.web.components.pictures import picture_url
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, said_list
from commsched.web.http.request_context import actor, installation, language, page, place
from commsched.web.items.routes import act
from commsched.web.items.routes import bp as items_page

MOST_REVISIONS = 500


@items_page.get("/history")
@allow("read")
def history(item_id: int) -> str:
    """The versions, and what differs between any two. Those saved along the way are there with ``?all=1``."""
    with installation().store.read(actor().workspace) as session:
        item = items.load(session, item_id)
        rows = items.history(session, item)
        names, tell = review.channel_names(session), review.choice_teller(installation(), session, language())
        people = item_view.names(session, {row.author_id for row in rows})
        shown = rows if request.args.get("all") else items.landmarks(session, rows)
    new = _pick(rows, request.args.get("to", ""), rows[0])
    old = _pick(rows, request.args.get("from", ""), _before(shown, new))
    if old.number > new.number:
        old, new = new, old
    if not {old.id, new.id} <= {row.id for row in shown}:
        shown = rows  # what is compared stands in the list, marked
    differences = changes.compare(old.parsed(), new.parsed(), names, tell, place().zone)
    return page(
        "items/history.html",
        item=item,
        rows=shown[:MOST_REVISIONS],
        hidden=len(rows) - len(shown),
        people=people,
        old=old,
        new=new,
        differences=differences,
        sources=_sources(old, new),
        picture_url=picture_url,
        editable=item.state in EDITABLE,
    )


def _pick(rows: list[Revision], wish: str, otherwise: Revision) -> Revision:
    return next((row for row in rows if str(row.number) == wish), otherwise)


def _before(rows: list[Revision], new: Revision) -> Revision:
    return next((row for row in rows if row.number < new.number), rows[-1])


def _sources(old: Revision, new: Revision) -> list[changes.DiffPiece]:
    was, now = (
        "\n".join(f"{source.get('text', '')} {source.get('url', '')}".strip() for source in row.sources)
        for row in (old, new)
    )
    return [] if was == now else changes.diff_words(was, now)


@items_page.post("/restore")
@allow("write")
def restore(item_id: int) -> str | Response | tuple[str, int]:
    form = Form.read()
    number = form.number("number", 1, 10_000_000) if form.text("number", 10).isdigit() else 0
    return act(
        item_id, "", lambda _form: _brought_back(number, editing.restore(installation(), actor(), item_id, number))
    )


def _brought_back(number: int, back: version_times.BroughtBack) -> str:
    """What came back with version ``number``, and what could not."""
    if back.times is None:
        words = [
            _(
                "Version %(number)s is back, as a new version. Look at when it goes out: its times are not known.",
                number=number,
            )
        ]
    elif back.times.any:
        words = [_("Version %(number)s is back with its times, as a new version.", number=number)]
    else:
        words = [
            _("Version %(number)s is back, as a new version. It had no time: the one chosen now stands.", number=number)
        ]
    if back.passed:
        words.append(_("This could not be set, since it has passed: %(times)s.", times=_passed(back)))
    if back.embargo_over:
        words.append(_("Its embargo has ended since."))
    return " ".join(words)


def _passed(back: version_times.BroughtBack) -> str:
    """The times that have passed, each with whose it was."""
    with installation().store.read(actor().workspace) as session:
        names = review.channel_names(session)
    names[0] = _("the whole")
    now, zone = installation().now(), place().zone
    passed = sorted(back.passed.items())
    return said_list(
        [f"{names.get(number, '')} {dates.when(slot.at, zone, language(), now)}" for number, slot in passed]
    )

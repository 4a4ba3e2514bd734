"""Moving one item: at once inside the approved window, after a yes outside it. By a script, or by a plain form."""

from __future__ import annotations

from datetime import datetime

from flask import Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_, Invalid, OfficeError
from commsched.core.timing import dates
from commsched.core.timing.wall_time import Fold, Gap
from commsched.services.views import calendar
from commsched.services.workflow import schedule
from commsched.web.calendar.routes import bp as pages
from commsched.web.components.clock_input import choices, clock_time, day_typed
from commsched.web.components.pictures import numbers
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated
from commsched.web.http.request_context import actor, installation, language, page, place
from commsched.web.http.responses import local_path, say


@pages.get("/<int:item_id>/move")
@allow("schedule")
def ask(item_id: int) -> str | Response:
    """The form to move an item; for a script, where the approval holds."""
    known = calendar.movable(installation(), actor(), item_id, _alone())
    if _by_script():
        return jsonify(
            {
                "movable": known.movable,
                "approved": known.approved,
                "wall": known.wall,
                "start": _wall(known.start),
                "end": _wall(known.end),
            }
        )
    return _form(known, Form())


def _alone() -> list[int]:
    """The channels that are moved alone, as the address names them; none where the item is moved."""
    return numbers(request.args.getlist("channel"))


def _by_script() -> bool:
    return request.headers.get("Accept", "") == "application/json"


def _wall(moment: datetime | None) -> str:
    """Wall time in the office, as the page's own times are written."""
    return f"{dates.local(moment, place().zone):%Y-%m-%dT%H:%M}" if moment else ""


def _form(known: calendar.Movable, form: Form, clash: Gap | Fold | None = None, again: str = "") -> str:
    day, _at, clock = str(form.value("at") or known.wall or request.args.get("at", "")).partition("T")
    return page(
        "calendar/move.html",
        known=known,
        form=form,
        day=form.value("day", day),
        clock=form.value("clock", clock),
        clash=clash,
        choices=choices(clash, place().zone) if clash else [],
        again=again,
        alone=_alone(),
        back=local_path(str(form.value("back")), _back()),
    )


def _back() -> str:
    return local_path(request.args.get("back", ""), f"/w/{place().slug}/calendar/")


@pages.post("/<int:item_id>/move")
@allow("schedule")
def move(item_id: int) -> str | AnyResponse | tuple[str, int]:
    """Move it: at once inside the approved window, after a yes outside it."""
    form = Form.read()
    clash: Gap | Fold | None = None
    again = ""
    try:
        when = _when(form)
        again_too, alone = form.flag("ask_again"), _alone() or None
        state = schedule.move(installation(), actor(), item_id, when, ask_again=again_too, channels=alone)
        return _moved(item_id, state, form)
    except schedule.NeedsApproval as error:
        again = translated(error.words)
    except (Gap, Fold) as error:
        clash = error
    except OfficeError as error:
        form.fail(_field(error.field), translated(error.words), error.status)
    if _by_script():
        return _problem(form, clash, again)
    return _form(
        calendar.movable(installation(), actor(), item_id, _alone()), form, clash, again
    ), form.status if form.errors else 409


def _field(name: str) -> str:
    return "day" if name == "publish_at" else name


def _when(form: Form) -> str:
    """The time that was asked for: whole from a script or a choice, in two fields from the form."""
    day, _at, clock = form.text("at", 40).partition("T")
    day, clock = day_typed(day or form.text("day", 40)), clock or form.text("clock", 10)
    if not day or not clock:
        raise Invalid(N_("Choose a day and a time."), "publish_at")
    return f"{day}T{clock_time(clock)}"


def _moved(item_id: int, state: str, form: Form) -> AnyResponse:
    known = calendar.movable(installation(), actor(), item_id, _alone())
    at = datetime.fromisoformat(known.wall)
    when = f"{dates.short_day(at.date(), language())} {at:%H:%M}"
    sentence = _("Moved to %(when)s.", when=when)
    if state == "in_review":
        sentence = _("Moved to %(when)s. It has been sent for approval again.", when=when)
    say(sentence, undoable=[item_id])  # a script draws the page anew, and so shows it too
    if _by_script():
        return jsonify({"said": sentence, "state": state, "at": known.wall})
    back = local_path(form.text("back", 500), "")
    return redirect(back or url_for("calendar.index", day=at.date().isoformat()), 303)


def _problem(form: Form, clash: Gap | Fold | None, again: str) -> AnyResponse:
    """What stands in the way, for the script to ask about."""
    body: dict[str, object] = {"said": next(iter(form.errors.values()), again), "code": "refused"}
    if again:
        body["code"] = "needs-approval"
    if clash is not None:
        buttons = [{"at": choice.at, "label": choice.label} for choice in choices(clash, place().zone)]
        body |= {"code": "clock", "said": translated(clash.words), "choices": buttons}
    response = jsonify(body)
    response.status_code = form.status if form.errors else 409
    return response

"""A release's report: how far its mailings have come, with what can be done to each, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, jsonify, request
from werkzeug.wrappers import Response as AnyResponse

from commsched.core.access.routes import allow
from commsched.core.delivery.lifecycle import REASONS
from commsched.core.text.messages import N_, NotFound, OfficeError
from commsched.services.content import items
from commsched.services.press import coverage, estimate, mailings, report, sums, visits
from commsched.services.workflow import resolve
from commsched.web.components import counting, spreadsheet
from commsched.web.components.figure_words import figures_in_words
from commsched.web.http.etag import fresh, not_modified, tag
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, ngettext, translated
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

bp = Blueprint("report", __name__, url_prefix="/w/<slug>/items/<int:item_id>/report")

BUCKETS: Final = {
    "sent": (N_("Sent"), "green", "check"),
    "refused": (N_("Refused"), "red", "x"),
    "unknown": (N_("Nobody knows"), "violet", "circle-question-mark"),
    "stopped": (N_("Stopped"), "amber", "ban"),
    "waiting": (N_("Waiting"), "blue", "clock"),
}
"""The states of recipients that make the sum: the word, the colour and the icon of each."""
BESIDE: Final = {
    "left": (N_("Had left the list"), "grey", "user-minus"),
    "elsewhere": (N_("Get it by another list"), "grey", "copy"),
    "bounced": (N_("Came back later"), "red", "mail-x"),
}
TAKEN: Final = {"picture": N_("Pictures"), "kit": N_("Press kit"), "pdf": N_("PDF"), "text": N_("The text")}


@bp.get("")
@allow("read")
def show(item_id: int) -> str:
    """How it went, and how it goes while it is sent."""
    return _page(item_id, Form())


def _page(item_id: int, form: Form) -> str:
    visits.write(installation(), counting.counting())
    with installation().store.read(actor().workspace) as session:
        gathered = report.read(installation(), session, item_id)
        ends_at = estimate.ends_at(installation(), session, gathered.mailings, installation().now())
    return page(
        "press/report.html",
        told=gathered,
        item=gathered.item,
        form=form,
        buckets=BUCKETS,
        beside=BESIDE,
        taken=TAKEN,
        tones=coverage.TONES,
        reasons=REASONS,
        mark=_mark(gathered.mailings),
        going=any(each.going for each in gathered.mailings),
        ends_at=ends_at,
        in_words=figures_in_words,
        MOST_ANSWERS=20,
    )


@bp.get("/now")
@allow("read")
def now(item_id: int) -> Response:
    """A mark that changes with the sums, and ``soon`` while something is being sent; 304 while neither is another."""
    with installation().store.read(actor().workspace) as session:
        rows = sums.mailings(session, items.load(session, item_id))
    mark, soon = _mark(rows), any(each.going and each.state != "waiting" for each in rows)
    etag = tag(mark, soon)
    return not_modified(etag) or fresh(lambda: jsonify(mark=mark, soon=soon), etag)


def _mark(rows: list[sums.Mailing]) -> str:
    parts = (f"{each.delivery}:{each.state}:{each.stop}:{each.sums.sent}:{each.sums.done}" for each in rows)
    return ",".join(parts)


@bp.get("/<int:delivery_id>/<state>")
@allow("resolve")
def people(item_id: int, delivery_id: int, state: str) -> str:
    """Who is in one state, with the server's words about each."""
    after = request.args.get("after", "")
    with installation().store.read(actor().workspace) as session:
        item = items.load(session, item_id)
        mailing = next((each for each in sums.mailings(session, item) if each.delivery == delivery_id), None)
        bucket = next((each for each in sums.BUCKETS if each == state), None)
        if mailing is None or bucket is None:
            raise NotFound(N_("There is no such delivery."))
        last = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else -1
        rows = sums.people(installation(), session, delivery_id, bucket, last)
    word, tone, name = (BUCKETS | BESIDE)[state]
    many = getattr(mailing.sums, state)
    return page(
        "press/people.html",
        item=item,
        mailing=mailing,
        rows=rows,
        state=state,
        look=(word, tone, name),
        many=many,
        more=rows[-1].number if len(rows) == sums.PAGE else None,
    )


@bp.post("/<int:delivery_id>/halt")
@allow("resolve")
def halt(item_id: int, delivery_id: int) -> str | AnyResponse | tuple[str, int]:
    """Pause it before its next recipient."""
    words = _("The mailing is paused. Who has got it has got it; the others wait until you let it go on.")
    return _act(item_id, words, lambda _form: mailings.halt(installation(), actor(), _of(item_id, delivery_id)))


@bp.post("/<int:delivery_id>/stop")
@allow("resolve")
def stop(item_id: int, delivery_id: int) -> str | AnyResponse | tuple[str, int]:
    """Nothing more of it goes out by this list."""
    words = _("The mailing is stopped. Who has got it has got it; nobody more does.")
    return _act(item_id, words, lambda _form: _drop(_of(item_id, delivery_id)))


def _drop(delivery_id: int) -> None:
    resolve.drop(installation(), actor(), delivery_id)


@bp.post("/<int:delivery_id>/missing")
@allow("resolve")
def missing(item_id: int, delivery_id: int) -> str | AnyResponse | tuple[str, int]:
    """Send it to those who have not got it."""

    def deed(form: Form) -> str:
        number = _of(item_id, delivery_id)
        count = mailings.send_missing(installation(), actor(), number, refused=form.flag("refused"))
        return ngettext("It goes to %(n)s who has not got it.", "It goes to %(n)s who have not got it.", count)

    return _act(item_id, "", deed)


@bp.post("/follow-up")
@allow("write")
def follow_up(item_id: int) -> str | AnyResponse | tuple[str, int]:
    """Begin a draft for those who have come to the lists since."""
    form = Form.read()
    with form.catch():
        number = mailings.follow_up(installation(), actor(), item_id)
        words = _("Here it stands as a draft, to those alone who have not got it. Send it in for approval.")
        return done(words, "items.show", item_id=number)
    return _page(item_id, form), form.status


@bp.post("/coverage")
@allow("write")
def cover(item_id: int) -> str | AnyResponse | tuple[str, int]:
    """Note an article."""

    def deed(form: Form) -> None:
        article = coverage.ArticleIn(
            form.text("link", 2000),
            form.text("outlet", 200),
            form.text("title", 300),
            form.text("tone", 10),
            form.text("day", 10),
            form.text("note", 2000),
        )
        coverage.add(installation(), actor(), item_id, article)

    return _act(item_id, _("The article is noted."), deed, "coverage")


@bp.post("/coverage/<int:number>/remove")
@allow("write")
def uncover(item_id: int, number: int) -> str | AnyResponse | tuple[str, int]:
    words = _("The article is taken away.")
    return _act(item_id, words, lambda _form: coverage.remove(installation(), actor(), item_id, number), "coverage")


@bp.get("/table.csv")
@allow("read")
def as_file(item_id: int) -> Response:
    """The same in a table for a spreadsheet, without anybody's address."""
    with installation().store.read(actor().workspace) as session:
        gathered = report.read(installation(), session, item_id)
    lines = [spreadsheet.MARK, spreadsheet.row((_("What"), _("Where"), _("Figure")))]
    for each in gathered.mailings:
        for state, (word, _tone, _icon) in (BUCKETS | BESIDE).items():
            lines.append(spreadsheet.row((translated(word), each.name, str(getattr(each.sums, state)))))
    lines.append(spreadsheet.row((_("Answers"), "", str(len(gathered.answers)))))
    lines.append(spreadsheet.row((_("Left the list by this mailing"), "", str(gathered.left))))
    lines += [spreadsheet.row((_("Visits"), day, str(count))) for day, count in gathered.days]
    lines += [
        spreadsheet.row((_("Taken from the newsroom"), translated(word), str(gathered.visits.get(what, 0))))
        for what, word in TAKEN.items()
    ]
    for row in gathered.coverage:
        tone = translated(coverage.TONES[row.tone])
        lines.append(spreadsheet.row((_("Article"), f"{row.outlet}: {row.title} {row.link}", f"{row.day} {tone}")))
    answer = Response("".join(lines), content_type="text/csv; charset=utf-8")
    answer.headers.set("Content-Disposition", "attachment", filename=f"report-{gathered.item.id}.csv")
    return answer


def _act(
    item_id: int, sentence: str, deed: Callable[[Form], str | None], anchor: str = ""
) -> str | AnyResponse | tuple[str, int]:
    """Do it and say so (what ``deed`` says, else ``sentence``), or show the page with what stands in the way."""
    form = Form.read()
    try:
        instead = deed(form)
    except OfficeError as error:
        if error.status >= 500 or isinstance(error, NotFound):
            raise
        form.fail(error.field, translated(error.words), error.status)
        return _page(item_id, form), form.status
    return done(instead or sentence, "report.show", item_id=item_id, _anchor=anchor or None)


def _of(item_id: int, delivery_id: int) -> int:
    """The delivery, if it is one of the item's or of those that send it once more."""
    with installation().store.read(actor().workspace) as session:
        rows = sums.mailings(session, items.load(session, item_id))
    if all(each.delivery != delivery_id for each in rows):
        raise NotFound(N_("There is no such delivery."))
    return delivery_id

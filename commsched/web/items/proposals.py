"""Proposing other words for what waits for approval, and taking them with one press.

Words that were marked on the page before come in the address (``?words=``), and a field for others beside them; the
whole text can be changed too. Both work without a script.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.content.changes import LABELS
from commsched.core.content.model import Content
from commsched.core.text.clean import settled
from commsched.core.text.messages import N_, Invalid
from commsched.services.kernel.context import Actor
from commsched.services.review import proposals
from commsched.services.views import review
from commsched.services.views.review import Review
from commsched.web.components.mail_status import mailed, sent_in
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done
from commsched.web.items.review import go_on

bp = Blueprint("proposals", __name__, url_prefix="/w/<slug>/items/<int:item_id>")

MOST_WORDS = 500
"""Signs of what can be marked at once."""


@bp.get("/propose")
@allow("approve")
def propose(item_id: int) -> str:
    return _page(item_id, Form())


def _page(item_id: int, form: Form) -> str:
    shown = review.review(installation(), actor(), item_id)
    return page(
        "items/propose.html",
        action=url_for("proposals.make", item_id=item_id),
        back=url_for("approve.show", item_id=item_id),
        **fields_of(shown, form),
    )


def fields_of(shown: Review, form: Form) -> dict[str, object]:
    """What the form shows: every text that can be changed, by its label, and the words that were marked."""
    content = shown.seen.content
    channels = shown.seen.judgement.around.channels
    labels = {f"text-{number}": _("Text on %(name)s", name=row.name) for number, row in channels.items()}
    marked = str(form.value("old", request.args.get("words", "")))[:MOST_WORDS].strip()
    texts = proposals.texts_in(content)
    known = marked if any(marked in text for text in texts.values()) else ""
    return {
        "shown": shown,
        "form": form,
        "texts": [(name, labels.get(name) or translated(LABELS[name]), text) for name, text in texts.items()],
        "marked": known,
        "lost": marked and not known,
        "lines": {"title"},
    }


@bp.post("/propose")
@allow("approve")
def make(item_id: int) -> str | Response | tuple[str, int]:
    """Send the proposal to the writer. It is about exactly the version that the page showed."""
    form = Form.read()
    with form.catch():
        content_hash = form.text("hash", 64)
        prepared = prepared_from(form, actor(), item_id)
        decision = proposals.propose(
            installation(),
            actor(),
            item_id,
            content_hash,
            prepared,
            form.text("comment", 10_000),
            form.flag("approves"),
        )
        return go_on(item_id, decision, _proposed())
    return _page(item_id, form), form.status


def prepared_from(form: Form, who: Actor, item_id: int) -> proposals.Prepared:
    """The proposed content, checked: the texts of the form with the marked words exchanged."""
    shown = review.review(installation(), who, item_id)
    content = proposals.reworded(shown.seen.content, _texts(form, shown.seen.content))
    return proposals.prepare(installation(), who, item_id, form.text("hash", 64), content)


def _texts(form: Form, content: Content) -> Mapping[str, str]:
    now = proposals.texts_in(content)
    typed = {name: str(settled(str(form.value(f"new-{name}", text)), name)) for name, text in now.items()}
    texts = {name: words.replace("\r\n", "\n") for name, words in typed.items()}
    old, new = form.text("old", MOST_WORDS), form.text("new", 10_000)
    if not old or not new:
        return texts
    for name, text in texts.items():
        if old in text:
            return texts | {name: text.replace(old, new, 1)}
    raise Invalid(N_("These words do not stand in the text. Change the text below instead."), "new")


def _proposed() -> str:
    if mailed():
        return _("Your proposal is sent. Its writer takes it with one press.")
    return _("Your proposal stands on its page and on Today. No mail server is set, so tell its writer yourself.")


@bp.post("/proposals/<int:proposal_id>/take")
@allow("write")
def take(item_id: int, proposal_id: int) -> str | Response | tuple[str, int]:
    """The words become the reader's own, and are sent in."""

    def deed() -> str:
        proposals.take(installation(), actor(), item_id, proposal_id)
        return _("The words are taken.") + " " + sent_in(item_id)

    return _answer(item_id, deed)


@bp.post("/proposals/<int:proposal_id>/decline")
@allow("write")
def decline(item_id: int, proposal_id: int) -> str | Response | tuple[str, int]:
    def deed() -> str:
        proposals.decline(installation(), actor(), item_id, proposal_id)
        return _("The proposal is put away. The text stands as it was.")

    return _answer(item_id, deed)


def _answer(item_id: int, deed: Callable[[], str]) -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        return done(deed(), "items.show", item_id=item_id)
    words = next(iter(form.errors.values()))
    return done(words, "items.show", "bad", item_id=item_id)

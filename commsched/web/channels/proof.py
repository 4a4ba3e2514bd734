"""The register of proof: what is proved of each platform, by what, and when."""

from __future__ import annotations

from flask import Blueprint

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_
from commsched.services.proving import register
from commsched.services.proving.register import Aspect
from commsched.web.http.request_context import actor, installation, page

bp = Blueprint("proof", __name__, url_prefix="/w/<slug>/channels/proof")
WORDS: dict[Aspect, str] = {
    "text": N_("Text"),
    "picture": N_("Picture"),
    "alt": N_("Alt text"),
    "several": N_("Several pictures"),
    "video": N_("Video"),
    "captions": N_("Captions"),
    "thread": N_("Thread"),
    "first_comment": N_("First comment"),
    "link": N_("Link"),
    "poll": N_("Poll"),
    "lost": N_("A lost answer makes no second post"),
    "edit": N_("Change afterwards"),
    "delete": N_("Take down"),
    "metrics": N_("Figures"),
    "replies": N_("Reading comments"),
    "answer": N_("Answering comments"),
    "hide": N_("Hiding comments"),
    "report": N_("Reporting comments"),
    "recent": N_("Seeing what was posted by hand"),
    "signing_in": N_("Signing in"),
}


@bp.get("")
@allow("read")
def index() -> str:
    with installation().store.read(actor().workspace) as session:
        sheets = register.sheets(session)
    return page("channels/proof.html", sheets=sheets, words=WORDS, platforms=installation().platform)

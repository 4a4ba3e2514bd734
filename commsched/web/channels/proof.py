"""The register of proof: what is proved of each platform, by what, and when."""

from __future__ import annotations

from flask import Blueprint

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_
from commsched.services.proving import register
from commsched.services.proving.kit import Format
from commsched.web.http.request_context import actor, installation, page

bp = Blueprint("proof", __name__, url_prefix="/w/<slug>/channels/proof")
WORDS: dict[Format, str] = {
    "text": N_("Text"),
    "picture": N_("Picture with alt text"),
    "thread": N_("Thread"),
    "video": N_("Video"),
    "link": N_("Link"),
    "edit": N_("Change afterwards"),
    "delete": N_("Take down"),
}


@bp.get("")
@allow("read")
def index() -> str:
    with installation().store.read(actor().workspace) as session:
        sheets = register.sheets(session)
    return page("channels/proof.html", sheets=sheets, words=WORDS, platforms=installation().platform)

"""What the editor asks the office: how a text reads, by the grammar that readers get, and what completes a name."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, jsonify, request

from commsched.core.access.routes import allow
from commsched.core.content.mentions import key_of
from commsched.core.content.model import MAX_TEXT
from commsched.core.content.rich_text import read_blocks
from commsched.core.text.messages import N_, Invalid
from commsched.services.content import mention_book
from commsched.services.kernel import members
from commsched.web.http.request_context import actor, installation

bp = Blueprint("rich", __name__, url_prefix="/w/<slug>")

_TOO_LONG: Final = N_("The text is far too long: at most %(most)s characters.")


@bp.post("/write/rich")
@allow("write")
def blocks() -> Response:
    """The blocks of the posted ``text``, each with the lines it was read from. Saves nothing."""
    text = request.form.get("text", "")
    if len(text) > MAX_TEXT:
        raise Invalid(_TOO_LONG, "text", most=MAX_TEXT)
    return jsonify(blocks=read_blocks(text.replace("\r\n", "\n")))


@bp.get("/write/aids")
@allow("write")
def aids() -> Response:
    """What ``@`` and ``#`` complete: the mention book, and the office's hashtags before those used most."""
    with installation().store.read(actor().workspace) as session:
        office = members.workspace_of(session, actor())
        own, used = mention_book.tags(office), mention_book.used_tags(session)
        entries = mention_book.entries(office)
    people = [
        {"name": each.name, "note": " · ".join(filter(None, (each.x, each.mastodon, each.bluesky)))} for each in entries
    ]
    seen = {key_of(word) for word in own}
    return jsonify(people=people, tags=[*own, *(word for word in used if key_of(word) not in seen)])

"""What the rich text editor asks the office: how a text reads, by the grammar that readers get."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, jsonify, request

from commsched.core.access.routes import allow
from commsched.core.content.model import MAX_TEXT
from commsched.core.content.rich_text import read_blocks
from commsched.core.text.messages import N_, Invalid

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

"""Acts on whole items: copy one, undo what was just done."""

from __future__ import annotations

from commsched.api import bodies, schemas
from commsched.api.items import ONE, full
from commsched.api.routing import WithHeaders, actor, installation, route, section
from commsched.services.workflow import duplicate, undo

bp = section("acts")


@route(
    bp,
    "POST",
    f"{ONE}/duplicate",
    "write",
    "Begin a draft from a copy of it",
    body=bodies.DuplicateIn,
    answer=schemas.ItemOut,
    status=201,
    errors=(404, 422),
)
def duplicate_item(id: int, body: bodies.DuplicateIn) -> WithHeaders[schemas.ItemOut]:
    return full(duplicate.duplicate(installation(), actor(), id, days=body.days, when=body.publish_at))


@route(
    bp,
    "POST",
    f"{ONE}/undo",
    "schedule",
    "Undo your last move or cancellation of it, within ten minutes",
    body=bodies.Nothing,
    answer=schemas.ItemOut,
    errors=(404, 409, 422),
)
def undo_item(id: int, body: bodies.Nothing) -> WithHeaders[schemas.ItemOut]:
    undo.undo(installation(), actor(), id)
    return full(id)

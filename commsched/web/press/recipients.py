"""Whom a release would be sent to by one of its lists, for those who may see it: before anybody is written to."""

from __future__ import annotations

from flask import Blueprint, request

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_, NotFound
from commsched.services.contacts import addressees
from commsched.services.content import items
from commsched.store.models import Channel
from commsched.web.http.request_context import actor, installation, page

bp = Blueprint("recipients", __name__, url_prefix="/w/<slug>/items/<int:item_id>/recipients")


@bp.get("/<int:channel>")
@allow("resolve")
def show(item_id: int, channel: int) -> str:
    """Everybody on the list, page by page, with who has come since it was last written to."""
    after = request.args.get("after", "")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    with installation().store.read(actor().workspace) as session:
        item = items.load(session, item_id)
        content = items.current(session, item).parsed()
        lists = [each.channel for each in content.channels if each.recipients]
        if channel not in lists:
            raise NotFound(N_("It does not go to that channel."))
        row = session.get_one(Channel, channel)
        rows = addressees.people(installation(), session, item, lists, channel, start)
    return page(
        "press/recipients.html",
        item=item,
        channel=row,
        rows=rows[: addressees.PAGE],
        start=start,
        more=start + addressees.PAGE if len(rows) > addressees.PAGE else None,
    )

"""Whoever is to approve an item proposes what they write in it, instead of making its words their own."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from commsched.core.access.roles import may
from commsched.services.content import items
from commsched.services.review import proposals
from commsched.services.workflow import editing
from commsched.store.models import Item
from commsched.web.components.mail_status import mailed
from commsched.web.composer.parse import Meant
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation
from commsched.web.http.responses import done


def offered(item: Item | None) -> bool:
    """Whether what the reader writes in ``item`` can be proposed: it waits for approval, and somebody else began it."""
    waits = item is not None and (item.state == "in_review" or item.reason == "unapproved")
    return waits and item is not None and may(actor().role, "approve") and item.author_id != actor().person


def propose(item: Item, meant: Meant) -> Response:
    """Send what was written to the writer as a proposal. The time and the sources are no part of it."""
    with installation().store.read(actor().workspace) as session:
        now = items.load(session, item.id)
        revision = items.current(session, now)
        if request.form.get("stamp") not in (None, "", items.stamp(now)):
            raise items.Changed(revision)
        before = revision.parsed()
    answers = before.answers
    content = editing.ready(installation(), actor(), meant.draft, before.corrects, meant.times, answers).content
    prepared = proposals.prepare(installation(), actor(), item.id, revision.hash, content)
    proposals.propose(installation(), actor(), item.id, revision.hash, prepared)
    words = _("Your proposal is sent. Its writer takes it with one press.")
    if not mailed():
        words = _("Your proposal stands on its page and on Today. No mail server is set, so tell its writer yourself.")
    return done(words, "items.show", item_id=item.id)

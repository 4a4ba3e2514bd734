"""Looking for what is there by its words: items, pictures, people, pages. One page, and the same in a small window."""

from __future__ import annotations

from flask import Blueprint, request

from commsched.core.access.routes import allow
from commsched.core.delivery.lifecycle import ITEM_STATES
from commsched.core.text.messages import N_
from commsched.services.content import queries
from commsched.services.kernel.display_state import states
from commsched.services.views import finding
from commsched.services.views.review import channels_by_id
from commsched.store.models import Channel, Item, Revision
from commsched.web.components.mail_status import as_told
from commsched.web.components.pictures import picture_url
from commsched.web.desk import excerpts, palette
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import actor, installation, page

bp = Blueprint("search", __name__, url_prefix="/w/<slug>")
NAV = NavEntry("search.index", N_("Search"), "search", order=55, group="head")

KINDS = ("post", "release")
PAGE = 30
STATES = (
    "unknown",
    "draft",
    "in_review",
    "changes_requested",
    "approved",
    "scheduled",
    "publishing",
    "published",
    "partly_published",
    "held",
    "failed",
    "cancelled",
)
"""The filter's states, by how they are shown; what needs an answer stands first."""


@bp.get("/search")
@allow("read")
def index() -> str:
    """``?q=`` words and "phrases", all of which must be there, ``state``, ``kind``; newest first. Nonsense finds
    nothing special."""
    args = request.args
    words, state, kind = args.get("q", "")[:300], args.get("state", ""), args.get("kind", "")
    wish = queries.ItemQuery(
        words=words,
        states=(state,) if state in ITEM_STATES else (),
        kind=kind if kind in KINDS else "",
        asks=state == "unknown",
    )
    before = args.get("before", "")
    before = before if before.isascii() and before.isdigit() and len(before) < 16 else ""
    cut = queries.Page(int(before) if before else None, PAGE + 1)
    with installation().store.read(actor().workspace) as session:
        rows = queries.items(session, wish, cut)
        channels = channels_by_id(session)
        shown_states = states(session, [item.id for item, _revision in rows], installation().now())
    _as_told(rows, channels, shown_states)
    first = words.strip() and not (state or kind or before)
    return page(
        "desk/search.html",
        q=words,
        state=state,
        kind=kind,
        rows=rows[:PAGE],
        more=len(rows) > PAGE,
        channels=channels,
        shown_states=shown_states,
        excerpt=excerpts.excerpt,
        state_choices=STATES,
        others=finding.besides(installation(), actor(), words) if first else None,
        picture_url=picture_url,
    )


def _as_told(rows: list[tuple[Item, Revision]], channels: dict[int, Channel], shown_states: dict[int, str]) -> None:
    for item, revision in rows:
        places = [channel.channel for channel in revision.parsed().channels if channel.channel in channels]
        shown_states[item.id] = as_told(shown_states[item.id], [channels[number].platform for number in places])


@bp.get("/find")
@allow("read")
def find() -> str:
    """What the small window shows for ``?q=``: what can be done and where one can go, then what is found."""
    words = request.args.get("q", "")[:300]
    acts = palette.acts(words)
    if not words.strip():
        return page("desk/_found.html", acts=acts, items=[], others=None, shown_states={})
    with installation().store.read(actor().workspace) as session:
        rows = queries.items(session, queries.ItemQuery(words=words), queries.Page(limit=palette.MOST_ITEMS))
        channels = channels_by_id(session)
        shown_states = states(session, [item.id for item, _revision in rows], installation().now())
    _as_told(rows, channels, shown_states)
    return page(
        "desk/_found.html",
        acts=acts,
        items=[item for item, _revision in rows],
        shown_states=shown_states,
        others=finding.besides(installation(), actor(), words),
        picture_url=picture_url,
    )

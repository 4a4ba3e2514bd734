"""Looking for items by their words."""

from __future__ import annotations

from flask import Blueprint, request

from commsched.core.access.routes import allow
from commsched.core.content.markup import to_plain
from commsched.core.content.model import Content
from commsched.core.delivery.lifecycle import ITEM_STATES
from commsched.core.text.length import found_in
from commsched.core.text.messages import N_
from commsched.services.content import queries
from commsched.services.kernel.display_state import states
from commsched.services.views.review import channels_by_id
from commsched.web.components.mail_status import as_told
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import actor, installation, page

bp = Blueprint("search", __name__, url_prefix="/w/<slug>/search")
NAV = NavEntry("search.index", N_("Search"), "search", order=55, group="head")

KINDS = ("post", "release")
PAGE = 30
NEAR = 1_000
"""Characters on each side of what was found that an excerpt is taken from."""


@bp.get("")
@allow("read")
def index() -> str:
    """``?q=`` words, all of which must be there, ``state``, ``kind``; newest first. Nonsense finds nothing special."""
    args = request.args
    words, state, kind = args.get("q", "")[:300], args.get("state", ""), args.get("kind", "")
    wish = queries.ItemQuery(
        words=words, states=(state,) if state in ITEM_STATES else (), kind=kind if kind in KINDS else ""
    )
    before = args.get("before", "")
    before = before if before.isascii() and before.isdigit() and len(before) < 16 else ""
    cut = queries.Page(int(before) if before else None, PAGE + 1)
    with installation().store.read(actor().workspace) as session:
        rows = queries.items(session, wish, cut)
        channels = channels_by_id(session)
        shown_states = states(session, [item.id for item, _revision in rows], installation().now())
    for item, revision in rows:
        places = [channel.channel for channel in revision.parsed().channels if channel.channel in channels]
        shown_states[item.id] = as_told(shown_states[item.id], [channels[number].platform for number in places])
    return page(
        "desk/search.html",
        q=words,
        state=state,
        kind=kind,
        rows=rows[:PAGE],
        more=len(rows) > PAGE,
        channels=channels,
        shown_states=shown_states,
        excerpt=excerpt,
    )


def excerpt(content: Content, words: str, width: int = 160) -> tuple[str, str, str]:
    """Some of what ``content`` says around the first word found: before, the word, after; cut between words, with a
    mark where. Without the marks of a release, which no reader sees."""
    text = content.text or content.lead
    near = found_in(text, words)
    first = max(0, near[0] - NEAR) if near else 0
    piece = text[first : first + 2 * NEAR]
    line = " ".join((to_plain(piece) if content.kind == "release" else piece).split())
    place = found_in(line, words)
    if place is None:
        return _cut(line, 0, width), "", ""
    start = _start(line, max(0, place[0] - width // 3), place[0])
    head = ("… " if start or first else "") + line[start : place[0]]
    return head, line[slice(*place)], _cut(line, place[1], start + width)


def _start(line: str, wish: int, at: int) -> int:
    """The beginning of a word at or after ``wish``, and before ``at``."""
    if not wish or line[wish - 1] == " ":
        return wish
    space = line.find(" ", wish, at)
    return space + 1 if space >= 0 else wish


def _cut(line: str, start: int, end: int) -> str:
    """``line`` from ``start`` to a word's end at or before ``end``."""
    if end >= len(line):
        return line[start:]
    space = line.rfind(" ", start, end + 1)
    return f"{line[start : space if space > start else end].rstrip(' ,.;:–-')} …"

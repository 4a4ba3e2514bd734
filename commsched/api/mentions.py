"""The mention book over the API: who can be mentioned, and how on each network."""

from __future__ import annotations

from commsched.api import bodies
from commsched.api.routing import actor, installation, route, section
from commsched.core.content.draft import Line
from commsched.core.content.mentions import NETWORKS, Entry
from commsched.services.content import mention_book
from commsched.services.kernel import members

bp = section("mentions")


class MentionIn(bodies.In):
    """Somebody in the mention book, mentioned in a text as ``@[name]``."""

    name: Line
    x: Line = ""
    mastodon: Line = ""
    bluesky: Line = ""
    facebook: Line = ""
    before: Line = ""
    """The name of the entry that it takes the place of."""


class MentionGone(bodies.In):
    name: Line


def _entries() -> list[Entry]:
    with installation().store.read(actor().workspace) as session:
        return mention_book.entries(members.workspace_of(session, actor()))


@route(bp, "GET", "/mentions", "read", "Everybody in the mention book, by name", answer=list[Entry])
def list_mentions() -> list[Entry]:
    return _entries()


@route(
    bp,
    "POST",
    "/mentions",
    "write",
    "Put somebody in the mention book; what has been approved keeps the form it was approved with",
    body=MentionIn,
    answer=Entry,
    errors=(404, 409, 422),
)
def keep_mention(body: MentionIn) -> Entry:
    handles = {network: str(getattr(body, network)) for network in NETWORKS}
    return mention_book.keep(installation(), actor(), body.name, handles, body.before)


@route(
    bp,
    "POST",
    "/mentions/remove",
    "write",
    "Take somebody out of the mention book",
    body=MentionGone,
    answer=list[Entry],
    errors=(404, 422),
)
def remove_mention(body: MentionGone) -> list[Entry]:
    mention_book.remove(installation(), actor(), body.name)
    return _entries()

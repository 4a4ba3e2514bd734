"""Facebook Pages, through facebook-sdk and the Graph API, in two phases.

The post is first made unpublished, where nobody sees it; making it visible is then a call that may be repeated,
because it changes one named post. The Graph version is a setting: each lives about two years.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from commsched.core.delivery.outcome import CannotTell, Finding, Handles, Outcome, Pending, Published, Rejected
from commsched.core.platform.contract import (
    Account,
    Authorization,
    Budget,
    ChannelContext,
    ChannelView,
    ConnectError,
    Facts,
    Limits,
    Part,
    Setting,
)
from commsched.core.platform.figures import Figures, Publication, Reply
from commsched.core.text.length import graphemes, tidy
from commsched.core.text.messages import N_, Problem
from commsched.platforms._facebook.rules import LIMITS, check_item, message_of
from commsched.platforms._meta import login, usage
from commsched.platforms._meta.client import GRAPH, VERSION, version_of
from commsched.platforms._meta.errors import meaning, unclear
from commsched.platforms._shared.adapter import Blame, NetworkPlatform, known_server
from commsched.platforms._shared.answers import base_url, host_of, ident, value
from commsched.platforms._shared.comments import FIRST_COMMENT, with_comment

if TYPE_CHECKING:
    from commsched.platforms._facebook.graph import Graph

_PAGE_ID = Setting(
    "page_id",
    N_("Page id"),
    ways=("keys",),
    help=N_("On the Page, under About → Page transparency: a number."),
    aliases=("page",),
)
_TOKEN = Setting(
    "access_token",
    N_("Page access token"),
    kind="password",
    secret=True,
    ways=("keys",),
    help=N_("The Page's own token, with the rights pages_manage_posts and pages_read_engagement."),
    aliases=("page_token", "page_access_token", "token"),
)
_BASE_URL = known_server(GRAPH)


class Facebook(NetworkPlatform["Graph"]):
    key = mentions = "facebook"
    shape = "1.91:1"
    link_card = "network"
    name = "Facebook"
    about = N_("A page: posts with pictures or a video, and a first comment.")
    icon = "facebook"
    settings = (_PAGE_ID, _TOKEN, VERSION, _BASE_URL)
    options = (FIRST_COMMENT,)
    can = frozenset({"delete", "edit", "metrics", "replies", "hide", "recent"})
    resend_if_absent = True

    connects = frozenset({"keys", "oauth"})
    app = (login.APP_ID, login.APP_SECRET, login.CONFIG_ID)
    app_page = "https://developers.facebook.com/apps/"
    app_guide = login.APP_GUIDE
    guide = login.GUIDE

    def provider(self, settings: Mapping[str, str]) -> str:
        server = host_of(settings, _BASE_URL)
        return login.DIALOG if server in ("", GRAPH) else server

    def authorize(self, context: ChannelContext) -> Authorization:
        return login.address(context, base_url(context, _BASE_URL), version_of(context))

    def callback(self, context: ChannelContext, answer: Mapping[str, str]) -> list[Account]:
        return login.accounts(context, answer, base_url(context, _BASE_URL), version_of(context), self.name)

    def client(self, context: ChannelContext) -> Graph:
        return _graph(context)

    def outcome(self, error: Exception, context: ChannelContext, client: Graph | None = None) -> Outcome:
        return meaning(error, context)

    def blame(self, context: ChannelContext) -> Blame:
        return Blame(_TOKEN.key, refused=_PAGE_ID.key)

    def account(self, client: Graph, context: ChannelContext) -> Account:
        from commsched.platforms._facebook.page import inspect, require_own

        page = client.get_object(_page(context), fields="id,name,link")
        expires = inspect(client)
        require_own(client, ident(page))
        link = str(page.get("link") or f"https://www.facebook.com/{page['id']}")
        return Account(ident(page), str(page["name"]), link, expires)

    def limits(self, facts: Facts) -> Limits:
        return LIMITS

    def count(self, text: str, facts: Facts) -> int:
        return graphemes(tidy(text))

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        return check_item(view, self.name)

    def parts(self, view: ChannelView) -> list[Part]:
        post = replace(super().parts(view)[0], text=message_of(view))
        return with_comment([post], view)

    def needs_prepare(self, part: Part) -> bool:
        return part.role == "post"

    def upload(self, client: Graph, part: Part, context: ChannelContext) -> Handles | Pending | Outcome:
        from commsched.platforms._facebook import uploads, video

        if any(file.kind == "video" for file in part.other_files):
            return video.upload(client, _page(context), part, context)
        return uploads.unpublished(client, _page(context), part)

    def post(self, client: Graph, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        from commsched.platforms._facebook.page import post_url

        if part.role in ("comment", "reply"):
            comment = ident(client.put_object(part.parent, "comments", message=part.text))
            return Published(comment, post_url(comment))
        post, video = handles.values.get("post", ""), handles.values.get("video", "")
        if not post and not video:
            return Rejected(N_("the unpublished post was never made"), "config")
        out, change = (video, {"published": "true"}) if video else (post, {"is_published": "true"})
        answer = client.post(out, **change)
        return Published(out, post_url(out)) if answer.get("success") is True else unclear(answer, context)

    def look(self, client: Graph, part: Part, handles: Handles, start: datetime, context: ChannelContext) -> Finding:
        from commsched.platforms._facebook.page import find_comment, find_post, find_video

        if part.role in ("comment", "reply"):
            return find_comment(client, part, start)
        if handles.values.get("video"):
            return find_video(client, handles.values["video"])
        return find_post(client, handles.values.get("post", ""), part, start, _page(context))

    def remove(self, client: Graph, remote_id: str, context: ChannelContext) -> Outcome | None:
        answer = client.delete_object(remote_id)
        return None if answer.get("success") is True else unclear(answer, context)

    def edit(self, part: Part, remote_id: str, context: ChannelContext) -> Outcome:
        from commsched.platforms._facebook import aftermath

        return self._ask(context, lambda client: aftermath.edit(client, part, remote_id, context))

    def metrics(self, remote_ids: Sequence[str], context: ChannelContext) -> dict[str, Figures] | CannotTell:
        from commsched.platforms._facebook import aftermath

        return self._learn(context, lambda client: aftermath.metrics(client, remote_ids))

    def replies(self, remote_ids: Sequence[str], since: datetime, context: ChannelContext) -> list[Reply] | CannotTell:
        from commsched.platforms._facebook import aftermath

        return self._learn(context, lambda client: aftermath.replies(client, remote_ids, since, _page(context)))

    def hide(self, reply: Reply, hidden: bool, context: ChannelContext) -> Outcome:
        from commsched.platforms._facebook import aftermath

        return self._ask(context, lambda client: aftermath.hide(client, reply, hidden, context))

    def recent(self, since: datetime, context: ChannelContext) -> list[Publication] | CannotTell:
        from commsched.platforms._facebook import aftermath

        return self._learn(context, lambda client: aftermath.recent(client, _page(context), since))

    def budgets(self, headers: Mapping[str, str], now: datetime) -> list[Budget]:
        return usage.budgets(headers, now)

    def gone(self, error: Exception) -> bool:
        """Error 100 with subcode 33 is said of a post that is not there."""
        from commsched.platforms._facebook.graph import GraphError

        return isinstance(error, GraphError) and (error.code, error.subcode) == (100, 33)


def _graph(context: ChannelContext) -> Graph:
    version = version_of(context)
    server = base_url(context, _BASE_URL)
    from commsched.platforms._facebook.graph import Graph

    return Graph(
        value(context, _TOKEN), base_url=server, version=version, session=context.http, timeout=context.timeout
    )


def _page(context: ChannelContext) -> str:
    page = value(context, _PAGE_ID)
    if not re.fullmatch(r"[\w.]{1,100}", page):
        raise ConnectError(N_("“%(page)s” is not the id of a Page."), _PAGE_ID.key, page=page)
    return page


PLATFORM = Facebook()

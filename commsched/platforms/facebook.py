"""Facebook Pages, through facebook-sdk and the Graph API, in two phases.

The post is first made unpublished, where nobody sees it; making it visible is then a call that may be repeated,
because it changes one named post. The Graph version is a setting: each lives about two years.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING

from commsched.core.delivery.outcome import Finding, Handles, Outcome, Published, Rejected
from commsched.core.platform.contract import (
    Account,
    AttachmentFile,
    ChannelContext,
    ChannelView,
    ConnectError,
    Facts,
    Limits,
    Option,
    Part,
    Setting,
)
from commsched.core.text.length import graphemes, tidy
from commsched.core.text.messages import N_, Problem
from commsched.platforms._facebook.rules import LIMITS, check_item, first_comment_of, message_of
from commsched.platforms._meta.errors import meaning, unclear
from commsched.platforms._shared.adapter import Blame, NetworkPlatform, known_server
from commsched.platforms._shared.answers import base_url, ident, value

if TYPE_CHECKING:
    from commsched.platforms._facebook.graph import Graph

GRAPH_VERSION = "v25.0"
_PAGE_ID = Setting(
    "page_id",
    N_("Page id"),
    help=N_("On the Page, under About → Page transparency: a number."),
    aliases=("page",),
)
_TOKEN = Setting(
    "access_token",
    N_("Page access token"),
    kind="password",
    secret=True,
    help=N_("The Page's own token, with the rights pages_manage_posts and pages_read_engagement."),
    aliases=("page_token", "page_access_token", "token"),
)
_VERSION = Setting(
    "graph_version",
    N_("Graph version"),
    required=False,
    default=GRAPH_VERSION,
    help=N_("Leave as it is, unless Facebook says that the version is too old."),
    aliases=("version",),
)
_BASE_URL = known_server("https://graph.facebook.com")


class Facebook(NetworkPlatform["Graph"]):
    key = mentions = "facebook"
    shape = "1.91:1"
    link_card = "network"
    name = "Facebook"
    about = N_("A page: posts with pictures and a first comment. Needs the page's own access token.")
    icon = "facebook"
    settings = (_PAGE_ID, _TOKEN, _VERSION, _BASE_URL)
    options = (
        Option(
            "first_comment",
            N_("First comment"),
            kind="long",
            help=N_("Written under the post by the Page itself, as soon as the post is out."),
        ),
    )
    can = frozenset({"delete"})
    resend_if_absent = True

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
        post = Part(number=0, role="post", text=message_of(view), view=view, pictures=view.pictures)
        comment = first_comment_of(view)
        return [post, Part(number=1, role="comment", text=comment, view=view)] if comment else [post]

    def needs_prepare(self, part: Part) -> bool:
        return part.role == "post"

    def upload(self, client: Graph, part: Part, context: ChannelContext) -> Handles:
        photos = [_upload(client, _page(context), picture) for picture in part.pictures]
        post: dict[str, str] = {"published": "false"}
        if part.text:
            post["message"] = part.text
        if part.view.content.link and not photos:
            post["link"] = part.view.content.link
        if photos:
            post["attached_media"] = json.dumps([{"media_fbid": photo} for photo in photos])
        return Handles({"post": ident(client.put_object(_page(context), "feed", **post))})

    def post(self, client: Graph, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        from commsched.platforms._facebook.page import post_url

        if part.role == "comment":
            comment = ident(client.put_object(part.parent, "comments", message=part.text))
            return Published(comment, post_url(comment))
        post = handles.values.get("post", "")
        if not post:
            return Rejected(N_("the unpublished post was never made"), "config")
        answer = client.request(f"{client.version}/{post}", post_args={"is_published": "true"}, method="POST")
        return Published(post, post_url(post)) if answer.get("success") is True else unclear(answer, context)

    def look(self, client: Graph, part: Part, handles: Handles, start: datetime, context: ChannelContext) -> Finding:
        from commsched.platforms._facebook.page import find_comment, find_post

        if part.role == "comment":
            return find_comment(client, part, start)
        return find_post(client, handles.values.get("post", ""), part, start, _page(context))

    def remove(self, client: Graph, remote_id: str, context: ChannelContext) -> Outcome | None:
        answer = client.delete_object(remote_id)
        return None if answer.get("success") is True else unclear(answer, context)

    def gone(self, error: Exception) -> bool:
        """Error 100 with subcode 33 is said of a post that is not there."""
        from commsched.platforms._facebook.graph import GraphError

        return isinstance(error, GraphError) and (error.code, error.subcode) == (100, 33)


def _graph(context: ChannelContext) -> Graph:
    version = value(context, _VERSION)
    if not re.fullmatch(r"v\d{1,3}\.\d", version):
        words = N_("“%(version)s” is not a Graph version; they look like v25.0.")
        raise ConnectError(words, _VERSION.key, version=version)
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


def _upload(graph: Graph, page: str, picture: AttachmentFile) -> str:
    more = {"published": "false", "alt_text_custom": picture.alt}
    with picture.open() as stream:
        return ident(graph.put_photo(("picture", stream, picture.mime), album_path=f"{page}/photos", **more))


PLATFORM = Facebook()

"""Facebook Pages, through facebook-sdk and the Graph API, in two phases.

The post is first made unpublished, where nobody sees it; making it visible is then a call that may be repeated,
because it changes one named post. The Graph version is a setting: each lives about two years.
"""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from commsched.core.delivery.outcome import Absent, CannotTell, Finding, Found, Handles, Outcome, Published, Rejected
from commsched.core.platform.contract import (
    Account,
    ChannelContext,
    ChannelView,
    ConnectError,
    DeadToken,
    Limits,
    Option,
    Part,
    Platform,
    Setting,
)
from commsched.core.text.length import graphemes, split_thread, tidy
from commsched.core.text.messages import N_, Problem, block
from commsched.platforms._answers import (
    base_url,
    detail,
    from_failure,
    ident,
    invisible,
    orphan,
    outcome_of,
    refusal,
    unread,
    value,
)
from commsched.platforms._checks import check_pictures

GRAPH_VERSION = "v25.0"
_LIMITS = Limits(
    characters=63_206,
    pictures=10,
    picture_bytes=4_000_000,
    picture_types=("image/jpeg", "image/png"),
)
_COMMENT_MAX = 8_000
_SKEW = timedelta(minutes=2)
_PAGE, _PAGES = 100, 5
_RIGHTS = {"pages_manage_posts", "pages_read_engagement"}

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
_BASE_URL = Setting(
    "base_url",
    N_("Server"),
    kind="url",
    required=False,
    default="https://graph.facebook.com",
    help=N_("Leave as it is."),
    aliases=("url",),
)


class Facebook(Platform):
    key = "facebook"
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
    resend_if_absent = True

    def connect(self, context: ChannelContext) -> Account:
        try:
            graph = _graph(context)
            page = graph.get_object(_page(context), fields="id,name,link")
            expires = _inspect(graph)
            _require_own(graph, ident(page))
            link = str(page.get("link") or f"https://www.facebook.com/{page['id']}")
            return Account(ident(page), str(page["name"]), link, expires)
        except ConnectError:
            raise
        except Exception as error:
            outcome = _outcome(error, context)
            raise refusal(
                error, outcome, self.name, token=_TOKEN.key, server=_BASE_URL.key, refused=_PAGE_ID.key
            ) from error

    def limits(self, facts: dict[str, Any]) -> Limits:
        return _LIMITS

    def count(self, text: str, facts: dict[str, Any]) -> int:
        return graphemes(tidy(text))

    def check(self, view: ChannelView, facts: dict[str, Any]) -> list[Problem]:
        problems = []
        length, limit = graphemes(_message(view)), _LIMITS.characters or 0
        if not tidy(view.text).strip() and not view.pictures and not view.content.link:
            problems.append(block("text", N_("There is no text to publish.")))
        if length > limit:
            words = N_("The text is too long for %(platform)s: %(count)d characters, at most %(limit)d.")
            problems.append(block("text", words, platform=self.name, count=length, limit=limit))
        comment = graphemes(_first_comment(view))
        if comment > _COMMENT_MAX:
            words = N_("The first comment is too long: %(count)d characters, at most %(limit)d.")
            problems.append(block("first_comment", words, count=comment, limit=_COMMENT_MAX))
        return problems + check_pictures(view, _LIMITS, self.name)

    def parts(self, view: ChannelView) -> list[Part]:
        post = Part(number=0, role="post", text=_message(view), view=view, pictures=view.pictures)
        comment = _first_comment(view)
        return [post, Part(number=1, role="comment", text=comment, view=view)] if comment else [post]

    def needs_prepare(self, part: Part) -> bool:
        return part.role == "post"

    def prepare(self, part: Part, context: ChannelContext) -> Handles | Outcome:
        try:
            graph = _graph(context)
            photos = [_upload(graph, _page(context), picture) for picture in part.pictures]
            post: dict[str, str] = {"published": "false"}
            if part.text:
                post["message"] = part.text
            if part.view.content.link and not photos:
                post["link"] = part.view.content.link
            if photos:
                post["attached_media"] = json.dumps([{"media_fbid": photo} for photo in photos])
            made = graph.put_object(_page(context), "feed", **post)
            return Handles({"post": ident(made)})
        except Exception as error:
            return invisible(_outcome(error, context))

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        alone = orphan(part)
        if alone is not None:
            return alone
        try:
            if part.role == "comment":
                made = _graph(context).put_object(part.parent, "comments", message=part.text)
                return Published(ident(made), _url(ident(made)))
            post = handles.values.get("post", "")
            if not post:
                return Rejected(N_("the unpublished post was never made"), "config")
            graph = _graph(context)
            answer = graph.request(f"{graph.version}/{post}", post_args={"is_published": "true"}, method="POST")
            return Published(post, _url(post)) if answer.get("success") is True else _unclear(answer, context)
        except Exception as error:
            return _outcome(error, context)

    def find(self, part: Part, handles: Handles, since: datetime, context: ChannelContext) -> Finding:
        try:
            graph = _graph(context)
            if part.role == "comment":
                return _find_comment(graph, part, since - _SKEW)
            return _find_post(graph, handles.values.get("post", ""), part, since - _SKEW, _page(context))
        except Exception as error:
            return unread(_outcome(error, context))

    def delete(self, remote_id: str, context: ChannelContext) -> Outcome:
        try:
            answer = _graph(context).delete_object(remote_id)
            if answer.get("success") is True:
                return Published(remote_id, detail="deleted")
            return _unclear(answer, context)
        except Exception as error:
            return _gone(error, remote_id) or _outcome(error, context)


def _graph(context: ChannelContext) -> Any:
    version = value(context, _VERSION)
    if not re.fullmatch(r"v\d{1,3}\.\d", version):
        words = N_("“%(version)s” is not a Graph version; they look like v25.0.")
        raise ConnectError(words, _VERSION.key, version=version)
    server = base_url(context, _BASE_URL)
    from commsched.platforms._graph import Graph

    return Graph(
        value(context, _TOKEN), base_url=server, version=version, session=context.http, timeout=context.timeout
    )


def _page(context: ChannelContext) -> str:
    page = value(context, _PAGE_ID)
    if not re.fullmatch(r"[\w.]{1,100}", page):
        raise ConnectError(N_("“%(page)s” is not the id of a Page."), _PAGE_ID.key, page=page)
    return page


def _require_own(graph: Any, page: str) -> None:
    """Refuse a token that is not the Page's own: any token may read a Page, and only its own may write there. Who a
    token belongs to is what ``/me`` answers, also where an app may not inspect its own token."""
    if ident(graph.get_object("me", fields="id")) != page:
        words = N_("This is a person's token. Facebook wants the Page's own token here.")
        raise DeadToken(words, _TOKEN.key)


def _inspect(graph: Any) -> datetime | None:
    """When the token dies, where Facebook says; None where it does not, or does not die.

    Raises :class:`ConnectError` for a token that lacks a right. An app that may not inspect its own token is no
    reason to refuse the channel.
    """
    from commsched.platforms._graph import GraphError

    try:
        data = graph.request(f"{graph.version}/debug_token", {"input_token": graph.access_token})["data"]
    except (GraphError, KeyError):
        return None
    missing = _RIGHTS - set(data.get("scopes") or _RIGHTS)
    if missing:
        words = N_("The token lacks the right %(right)s.")
        raise DeadToken(words, _TOKEN.key, right=", ".join(sorted(missing)))
    ends = [data.get("expires_at"), data.get("data_access_expires_at")]
    known = [end for end in ends if isinstance(end, int) and end > 0]
    return datetime.fromtimestamp(min(known), UTC) if known else None


def _message(view: ChannelView) -> str:
    """The text; with pictures the link stands in it, because a post shows either pictures or a link's card.

    What is a thread elsewhere is one post of several paragraphs here.
    """
    text = "\n\n".join(split_thread(view.text))
    if view.pictures and view.content.link and view.content.link not in text:
        return f"{text}\n\n{view.content.link}".strip()
    return text


def _first_comment(view: ChannelView) -> str:
    return tidy(view.options.get("first_comment", "")).strip()


def _upload(graph: Any, page: str, picture: Any) -> str:
    more = {"published": "false", "alt_text_custom": picture.alt}
    return ident(graph.put_photo(io.BytesIO(picture.read()), album_path=f"{page}/photos", **more))


def _url(remote: str) -> str:
    return f"https://www.facebook.com/{remote}"


def _find_post(graph: Any, post: str, part: Part, start: datetime, page: str) -> Finding:
    """Ask the post itself; where it cannot say, look for its text among what the Page has published."""
    from commsched.platforms._graph import GraphError

    if post:
        try:
            answer = graph.get_object(post, fields="id,is_published,permalink_url")
        except GraphError as error:
            if error.code != 100:
                raise
            answer = {}
        if answer.get("is_published") is True:
            return Found(post, str(answer.get("permalink_url") or _url(post)))
        if answer.get("is_published") is False:
            return Absent(N_("the post is still unpublished"))
    fields = "id,message,created_time,permalink_url"
    for entry in _walk(graph, page, "published_posts", start, fields):
        same_words = ident(entry) not in part.others and _bare(entry) == _squeeze(part.text)
        if post == ident(entry) or same_words:
            return Found(ident(entry), str(entry.get("permalink_url") or _url(ident(entry))))
    return CannotTell(N_("the post cannot be asked, and is not among the Page's latest"), final=True)


def _find_comment(graph: Any, part: Part, start: datetime) -> Finding:
    """A comment has no name of its own beforehand: not to see it is not enough to write it again."""
    for entry in _walk(graph, part.parent, "comments", start, "id,message,created_time", filter="stream"):
        if ident(entry) not in part.others and _bare(entry) == _squeeze(part.text):
            return Found(ident(entry), _url(ident(entry)))
    return CannotTell(N_("the comment is not to be seen, and Facebook would take it twice"), final=True)


def _walk(graph: Any, parent: str, edge: str, start: datetime, fields: str, **more: str) -> Any:
    """The entries of ``edge`` created at or after ``start``, over a bounded number of pages."""
    args = {"fields": fields, "limit": str(_PAGE), "since": str(int(start.timestamp())), **more}
    for _ in range(_PAGES):
        page = graph.get_connections(parent, edge, **args)
        yield from (entry for entry in page["data"] if _created(entry) >= start)
        after = ((page.get("paging") or {}).get("cursors") or {}).get("after")
        if not after or not (page.get("paging") or {}).get("next"):
            return
        args["after"] = str(after)


def _created(entry: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(str(entry["created_time"]).replace("+0000", "+00:00"))


def _bare(entry: dict[str, Any]) -> str:
    return _squeeze(str(entry.get("message", "")))


def _squeeze(text: str) -> str:
    return "".join(tidy(text).split())


def _unclear(answer: Any, context: ChannelContext) -> Outcome:
    return from_failure(ValueError(f"an answer we cannot read: {str(answer)[:200]}"), context)


def _gone(error: Exception, remote_id: str) -> Outcome | None:
    """Success for a post that is not there (error 100, subcode 33), else None."""
    known = getattr(error, "error", None)
    if isinstance(known, dict) and (known.get("code"), known.get("error_subcode")) == (100, 33):
        return Published(remote_id, detail="was already gone")
    return None


def _outcome(error: Exception, context: ChannelContext) -> Outcome:
    """The SDK's exceptions as outcomes; the table of codes is in ``_graph``."""
    from commsched.platforms import _graph

    def read(told: _graph.GraphError) -> Outcome:
        return _graph.outcome(told, detail(str(told), context), context)

    return outcome_of(error, context, _graph.GraphError, read)


PLATFORM = Facebook()

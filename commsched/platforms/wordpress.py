"""A site of WordPress's, over its REST API, in two phases.

The entry is first made as a draft, which only the site's own people see, under a slug that is the same on every try;
publishing then changes that one named entry, and may be repeated. Who signs in is a user with an application password.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from commsched.core.delivery.outcome import CannotTell, Finding, Handles, Outcome, Rejected
from commsched.core.platform.access import Authorization, Tokens
from commsched.core.platform.contract import (
    Account,
    ChannelContext,
    ChannelView,
    ConnectError,
    Facts,
    Limits,
    Option,
    Part,
)
from commsched.core.platform.figures import Publication, Reply, Seen
from commsched.core.text.messages import N_, Message, Problem, block, warn
from commsched.platforms._shared.adapter import Blame, NetworkPlatform
from commsched.platforms._shared.answers import detail, outcome_of, read, refusal
from commsched.platforms._shared.checks import check_pictures, check_text
from commsched.platforms._wordpress import body, comments, entries, site
from commsched.platforms._wordpress.guide import GUIDE
from commsched.platforms._wordpress.site import BASE_URL, PASSWORD, USER, kept

if TYPE_CHECKING:
    from commsched.platforms._wordpress.rest import Rest

_APP_ID: Final = "1f3a8f1e-5a0c-4c1e-9f57-6d1c3b0a7e42"
"""By which a site knows that it is commsched, whichever installation."""
_HEADLINE: Final = 200


class WordPress(NetworkPlatform["Rest"]):
    key = "wordpress"
    name = "WordPress"
    about = N_(
        "The party's own site: posts and pages, with pictures, categories and tags. First a draft, then published."
    )
    icon = "wordpress"
    guide = GUIDE
    settings = (BASE_URL, USER, PASSWORD)
    options = (
        Option(
            "type",
            N_("Becomes"),
            kind="choice",
            choices=(("post", N_("A post among the news")), ("page", N_("A page of its own"))),
            default="post",
        ),
        Option("categories", N_("Categories"), help=N_("By their names on the site, with commas between.")),
        Option("tags", N_("Tags"), help=N_("With commas between.")),
        Option(
            "excerpt",
            N_("Excerpt"),
            kind="long",
            help=N_("What stands in the site's lists. If it is empty: the lead, or how the text begins."),
        ),
    )
    by_itself = ("release", "post")
    shape = "1.91:1"
    connects = frozenset({"keys", "oauth"})
    can = frozenset({"edit", "delete", "replies", "hide", "recent"})
    many_servers = True
    resend_if_absent = True

    def client(self, context: ChannelContext) -> Rest:
        return site.client(context)

    def outcome(self, error: Exception, context: ChannelContext, client: Rest | None = None) -> Outcome:
        from commsched.platforms._wordpress import rest

        if isinstance(error, entries.TermMissing):
            return Rejected(detail(error, context), "content")
        return outcome_of(error, context, rest.RestError, lambda refused: rest.outcome(refused, context))

    def blame(self, context: ChannelContext) -> Blame:
        return Blame(PASSWORD.key, refused=BASE_URL.key)

    def account(self, client: Rest, context: ChannelContext) -> Account:
        return site.account(context)

    def provider(self, settings: Mapping[str, str]) -> str:
        """The site itself, where its address can be read."""
        from commsched.platforms._shared.answers import host_of

        return host_of(settings, BASE_URL)

    def authorize(self, context: ChannelContext) -> Authorization:
        """The site's own page for letting a program in. It sends the person back with a password made for us alone."""
        assert context.handshake is not None, "an authorization that nobody has begun"
        try:
            page = site.authorization_address(context, site.discover(context))
        except ConnectError:
            raise
        except Exception as error:
            raise self._unreached(error, context) from error
        back = f"{context.handshake.redirect_uri}?{urlencode({'state': context.handshake.state})}"
        name = f"commsched ({context.office_name})" if context.office_name else "commsched"
        asked = {"app_name": name, "app_id": _APP_ID, "success_url": back, "reject_url": back}
        return Authorization(f"{page}?{urlencode(asked)}")

    def callback(self, context: ChannelContext, answer: Mapping[str, str]) -> list[Account]:
        from msgspec.structs import replace

        user, password = answer.get("user_login", "").strip(), answer.get("password", "").strip()
        if not (user and password):
            raise ConnectError(N_("You did not let the office in at %(site)s."), site=site.site_address(context))
        context.settings[USER.key], context.secrets[PASSWORD.key] = user, password
        account = self.connect(context)
        return [replace(account, tokens=Tokens({PASSWORD.key: password}), settings={USER.key: user})]

    def _unreached(self, error: Exception, context: ChannelContext) -> ConnectError:
        blame = self.blame(context)
        outcome = self.outcome(error, context)
        return refusal(error, outcome, self.name, token=blame.token, server=blame.server, refused=blame.refused)

    def limits(self, facts: Facts) -> Limits:
        """The site does not say what its web server takes: these are what a bare one does."""
        return Limits(pictures=20 if kept(facts).uploads else 0, picture_bytes=2_000_000, picture_side=2560)

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        limits, known = self.limits(facts), kept(facts)
        problems = check_text(view, None, len, self.name) + check_pictures(view, limits, self.name)
        if not body.headline(view):
            problems.append(block("title", N_("%(platform)s needs a headline."), platform=Message(self.name)))
        if len(view.content.title) > _HEADLINE:
            words = N_("The headline is %(count)d characters; at most %(limit)d fit.")
            problems.append(block("title", words, count=len(view.content.title), limit=_HEADLINE))
        page = view.options.get("type") == "page"
        if not (known.pages if page else known.posts):
            kind = N_("pages") if page else N_("posts")
            words = N_("The user at %(platform)s may not publish %(kind)s there.")
            problems.append(block("options", words, platform=Message(self.name), kind=Message(kind)))
        if page and any(view.options.get(name, "").strip() for name in entries.TAXONOMIES):
            problems.append(warn("options", N_("A page has no categories and no tags; they are left out.")))
        return problems

    def needs_prepare(self, part: Part) -> bool:
        return True

    def upload(self, client: Rest, part: Part, context: ChannelContext) -> Handles:
        if part.role != "post":
            return Handles({"under": comments.place_of(client, part.parent)})
        return entries.draft(client, part)

    def post(self, client: Rest, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        values, kind = handles.values, entries.type_of(part)
        if part.role != "post":
            return comments.answer_to(client, part, values.get("under", ""))
        number = values.get("post", "")
        if not re.fullmatch(r"[\w-]+", number) or not entries.complete(part, values):
            return Rejected(N_("the draft was never made"), "config")
        fields = entries.fields_of(part, values) | {"status": "publish"}
        return entries.published(client.send(f"wp/v2/{kind}/{number}", fields), kind)

    def look(self, client: Rest, part: Part, handles: Handles, start: datetime, context: ChannelContext) -> Finding:
        if part.role != "post":
            return comments.find_answer(client, part, start)
        return entries.finding(client, part, handles)

    def edit(self, part: Part, remote_id: str, context: ChannelContext) -> Outcome:
        def change(client: Rest) -> Outcome:
            path = entries.path_of(remote_id)
            answer = client.send(path, entries.fields_of(part, entries.gather(client, part)))
            return entries.published(answer, "pages" if "/pages/" in path else "posts")

        return self._ask(context, change)

    def remove(self, client: Rest, remote_id: str, context: ChannelContext) -> None:
        """Into the site's own bin, where its people can take it back."""
        entry = read(client.ask("DELETE", entries.path_of(remote_id)), entries.Entry)
        if entry.status != "trash":
            raise ValueError(f"an answer that names no entry in the bin: its status is {entry.status[:40]!r}")

    def gone(self, error: Exception) -> bool:
        from commsched.platforms._wordpress.rest import RestError

        return isinstance(error, RestError) and error.gone

    def recent(self, since: datetime, context: ChannelContext) -> list[Publication] | CannotTell:
        try:
            return entries.publications(self.client(context), since)
        except Exception as error:
            return CannotTell(self.outcome(error, context).detail)

    def replies(self, remote_ids: Sequence[str], since: datetime, context: ChannelContext) -> list[Reply] | CannotTell:
        ours = {name.rpartition("/")[2]: name for name in remote_ids}
        if not ours:
            return []
        try:
            moderates = kept(context.facts).moderates
            return comments.replies(self.client(context), ours, since, moderates, context.account)
        except Exception as error:
            return CannotTell(self.outcome(error, context).detail)

    def seen(self, remote_id: str, context: ChannelContext) -> Seen | CannotTell:
        try:
            return entries.seen(self.client(context), remote_id)
        except Exception as error:
            return CannotTell(self.outcome(error, context).detail)

    def hide(self, reply: Reply, hidden: bool, context: ChannelContext) -> Outcome:
        return self._ask(context, lambda client: comments.hide(client, reply.id, hidden))


PLATFORM = WordPress()

"""Threads, through Meta's API for it, in two phases.

It takes no uploads: it fetches every file from a signed address of this installation. A container is made first and is
invisible; publishing it is one call, and a container that says that it is out is never published again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final

from msgspec.structs import replace

from commsched.core.delivery.outcome import CannotTell, Finding, Handles, Outcome, Pending, Published
from commsched.core.platform.access import Tokens
from commsched.core.platform.contract import (
    Account,
    Authorization,
    Budget,
    ChannelContext,
    ChannelView,
    Facts,
    Limits,
    Part,
    Setting,
)
from commsched.core.platform.figures import Figures, Publication, Reply
from commsched.core.platform.settings import Way
from commsched.core.text.messages import N_, Problem
from commsched.platforms._meta import aftermath, containers, login, profile_login, quota, tokens, usage
from commsched.platforms._meta.client import Client
from commsched.platforms._meta.errors import MetaError, meaning, unclear
from commsched.platforms._shared.adapter import Blame, NetworkPlatform, known_server
from commsched.platforms._shared.answers import base_url, host_of, ident, orphan, value
from commsched.platforms._shared.checks import NUMBERED, longest, thread
from commsched.platforms._threads import profile
from commsched.platforms._threads.forms import forms_of
from commsched.platforms._threads.rules import LIMITS, check_item, threads_length

GRAPH: Final = "https://graph.threads.net"
DIALOG: Final = "https://threads.net"
VERSION: Final = "v1.0"
SCOPES: Final = (
    "threads_basic",
    "threads_content_publish",
    "threads_manage_replies",
    "threads_read_replies",
    "threads_manage_insights",
    "threads_delete",
)
KIND: Final = containers.Kind("threads", "threads_publish", "status", "error_message")
_NAMED: Final = aftermath.Named("text", "timestamp")
_TOKEN = Setting(
    "access_token",
    N_("Access token"),
    kind="password",
    secret=True,
    ways=("keys",),
    help=N_("The profile's own token, with the rights threads_basic and threads_content_publish. It lives 60 days."),
    aliases=("token",),
)
_BASE_URL = known_server(GRAPH)


class Threads(NetworkPlatform[Client]):
    key = "threads"
    shape = "1.91:1"
    name = "Threads"
    about = N_("A profile: posts, chains of posts, pictures and video.")
    icon = "threads"
    settings = (_TOKEN, _BASE_URL)
    options = (NUMBERED,)
    connects = frozenset({"keys", "oauth"})
    app = (login.APP_ID, login.APP_SECRET)
    app_page = "https://developers.facebook.com/apps/"
    app_guide = (
        N_("Make an app in Meta's developer portal with the use case Access the Threads API."),
        N_("Enter the address that is shown here as its redirect callback URL."),
        N_("Enter the Threads app id and the Threads app secret here: they are not the app's own."),
        N_("Give the office's profile the role Threads tester, and accept that in the Threads app."),
    )
    guide: ClassVar[Mapping[Way, tuple[str, ...]]] = {
        "oauth": (
            N_("Sign in to Threads in this browser, as the profile that shall publish."),
            N_("Press the button, and let the office in."),
        )
    }
    can = frozenset({"refresh", "delete", "metrics", "replies", "hide", "recent"})
    threads = True
    link_card = "network"
    daily = 250
    resend_if_absent = True
    fetches_files = True

    def provider(self, settings: Mapping[str, str]) -> str:
        server = host_of(settings, _BASE_URL)
        return DIALOG if server in ("", GRAPH) else server

    def authorize(self, context: ChannelContext) -> Authorization:
        return profile_login.address(_door(context), context)

    def callback(self, context: ChannelContext, answer: Mapping[str, str]) -> list[Account]:
        access = profile_login.tokens(_door(context), context, answer)
        token = access.secrets["access_token"]
        client = Client(context, base_url(context, _BASE_URL), VERSION, token)
        account = login.asked(context, self.name, [token], lambda: self.account(client, context))
        return [replace(account, tokens=access)]

    def client(self, context: ChannelContext) -> Client:
        return Client(context, base_url(context, _BASE_URL), VERSION, value(context, _TOKEN))

    def outcome(self, error: Exception, context: ChannelContext, client: Client | None = None) -> Outcome:
        return meaning(error, context)

    def blame(self, context: ChannelContext) -> Blame:
        return Blame(_TOKEN.key)

    def account(self, client: Client, context: ChannelContext) -> Account:
        me = client.get("me", fields="id,username,threads_profile_picture_url")
        username = aftermath.text(me, "username").strip()
        if not username:
            raise ValueError("the answer does not name the profile")
        picture = aftermath.text(me, "threads_profile_picture_url")
        return Account(ident(me), f"@{username}", f"https://www.threads.net/@{username}", picture=picture)

    def limits(self, facts: Facts) -> Limits:
        return LIMITS

    def count(self, text: str, facts: Facts) -> int:
        """The length of the longest part, for a chain."""
        return longest(text, threads_length)

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        return check_item(view, self.name)

    def parts(self, view: ChannelView) -> list[Part]:
        return thread(view)

    def needs_prepare(self, part: Part) -> bool:
        return True

    def upload(self, client: Client, part: Part, context: ChannelContext) -> Handles | Pending | Outcome:
        alone = orphan(part)
        if alone is not None:
            return alone
        account, forms = _profile(context), forms_of(part, context, self.name)
        if not part.progress.handles.values:
            names = ("reply_quota_usage", "reply_config") if part.parent else ("quota_usage", "config")
            full = quota.wait_for(client, f"{account}/threads_publishing_limit", *names)
            if full is not None:
                return full
        return containers.prepare(client, account, KIND, forms.files, forms.whole, part, slow=forms.slow)

    def post(self, client: Client, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        account, start = _profile(context), context.now() - containers.LIFE
        return containers.publish(
            client,
            account,
            KIND,
            handles,
            lambda: profile.find_post(client, account, part, start),
            lambda post: aftermath.permalink(client, post),
        )

    def look(self, client: Client, part: Part, handles: Handles, start: datetime, context: ChannelContext) -> Finding:
        account = _profile(context)
        return containers.find(client, KIND, handles, lambda: profile.find_post(client, account, part, start))

    def remove(self, client: Client, remote_id: str, context: ChannelContext) -> Outcome | None:
        answer = client.delete(remote_id)
        return None if answer.get("success") is True else unclear(answer, context)

    def gone(self, error: Exception) -> bool:
        return isinstance(error, MetaError) and aftermath.missing(error)

    def metrics(self, remote_ids: Sequence[str], context: ChannelContext) -> dict[str, Figures] | CannotTell:
        return self._learn(context, lambda client: profile.metrics(client, remote_ids))

    def replies(self, remote_ids: Sequence[str], since: datetime, context: ChannelContext) -> list[Reply] | CannotTell:
        return self._learn(context, lambda client: profile.replies(client, remote_ids, since))

    def hide(self, reply: Reply, hidden: bool, context: ChannelContext) -> Outcome:
        def turn(client: Client) -> Outcome:
            answer = client.post(f"{reply.id}/manage_reply", hide="true" if hidden else "false")
            return Published(reply.id) if answer.get("success") is True else unclear(answer, context)

        return self._ask(context, turn)

    def recent(self, since: datetime, context: ChannelContext) -> list[Publication] | CannotTell:
        def ask(client: Client) -> list[Publication]:
            return aftermath.published(client, f"{_profile(context)}/threads", since, _NAMED)

        return self._learn(context, ask)

    def refresh(self, context: ChannelContext) -> Tokens:
        bare = Client(context, base_url(context, _BASE_URL), "", value(context, _TOKEN))
        return tokens.renew(bare, "refresh_access_token", "th_refresh_token", self.name, _TOKEN.key)

    def budgets(self, headers: Mapping[str, str], now: datetime) -> list[Budget]:
        return usage.budgets(headers, now)


def _door(context: ChannelContext) -> profile_login.Door:
    server = base_url(context, _BASE_URL)
    dialog = DIALOG if server == GRAPH else server
    return profile_login.Door("Threads", dialog, server, server, "th_exchange_token", SCOPES)


def _profile(context: ChannelContext) -> str:
    """The profile's number, or the name by which a token's own is asked for."""
    return context.account if context.account.isdigit() else "me"


PLATFORM = Threads()

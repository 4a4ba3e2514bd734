"""X, through tweepy and the v2 API. It has no idempotency: what is lost is read back, and never resent on hope.

What it takes and what it charges stands in ``_x.rules``.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from commsched.core.delivery.outcome import Finding, Handles, Outcome, Published
from commsched.core.platform.contract import (
    Account,
    ChannelContext,
    ChannelView,
    ConnectError,
    Facts,
    Limits,
    Part,
    Setting,
)
from commsched.core.text.length import tidy
from commsched.core.text.messages import N_, Problem
from commsched.core.text.x_length import x_length
from commsched.platforms._shared.adapter import Blame, NetworkPlatform, known_server
from commsched.platforms._shared.answers import base_url, detail, ident, outcome_of, read, value, without_error
from commsched.platforms._shared.checks import NUMBERED, longest, thread
from commsched.platforms._shared.readback import look_through
from commsched.platforms._x.rules import LIMITS, check_item, cost
from commsched.platforms._x.timeline import pages, post_url

if TYPE_CHECKING:
    from commsched.platforms._x.client import Client

_TOGETHER = N_("all four are needed")


def _key(key: str, label: str, alias: tuple[str, ...] = (), hint: str = "") -> Setting:
    return Setting(key, label, kind="password", secret=True, required=False, help=hint, aliases=alias, note=_TOGETHER)


_KEYS = (
    _key("api_key", N_("API key"), ("consumer_key",)),
    _key("api_secret", N_("API key secret"), ("api_key_secret", "consumer_secret")),
    _key(
        "access_token",
        N_("Access token"),
        hint=N_("In X's developer console, under Keys and tokens: made with the right “Read and write”."),
    ),
    _key("access_secret", N_("Access token secret"), ("access_token_secret",)),
)
_BEARER = Setting(
    "bearer_token",
    N_("User token (OAuth 2.0)"),
    kind="password",
    secret=True,
    required=False,
    help=N_("It lives two hours only, so the four keys are the better choice."),
    aliases=("token",),
    note=N_("only where the four keys are not given"),
)
_BASE_URL = known_server("https://api.x.com", "api_base_url")


class X(NetworkPlatform["Client"]):
    key = mentions = "x"
    shape = "16:9"
    threads = True
    link_card = "network"
    options = (NUMBERED,)
    name = "X"
    about = N_("An account: posts, threads and pictures. X charges for each post.")
    icon = "x"
    settings = (*_KEYS, _BEARER, _BASE_URL)
    can = frozenset({"delete"})

    def client(self, context: ChannelContext) -> Client:
        return _client(context)

    def outcome(self, error: Exception, context: ChannelContext, client: Client | None = None) -> Outcome:
        """The SDK's exceptions as outcomes; the table of codes is in ``_x.client``."""
        from tweepy.errors import HTTPException

        from commsched.platforms._x import client as x_client

        def mean(refusal: HTTPException) -> Outcome:
            return x_client.outcome(refusal, detail(refusal, context), context)

        return outcome_of(error, context, HTTPException, mean)

    def blame(self, context: ChannelContext) -> Blame:
        return Blame(_KEYS[2].key if value(context, _KEYS[2]) else _BEARER.key)

    def account(self, client: Client, context: ChannelContext) -> Account:
        from commsched.platforms._x.client import Me

        me = client.get_me(user_auth=True)["data"]
        if client.access_level == "read":
            words = N_("These keys may only read. Give the app “Read and write” at X, then make the access token anew.")
            raise ConnectError(words, _KEYS[2].key)
        username = read(me, Me).username
        return Account(ident(me), f"@{username}", f"https://x.com/{username}")

    def limits(self, facts: Facts) -> Limits:
        return LIMITS

    def count(self, text: str, facts: Facts) -> int:
        """The weighted length of the longest part, for a thread."""
        return longest(text, x_length)

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        return check_item(view, self.name)

    def parts(self, view: ChannelView) -> list[Part]:
        return thread(view)

    def upload(self, client: Client, part: Part, context: ChannelContext) -> Handles:
        media = []
        for picture in part.pictures:
            with picture.open() as stream:
                media.append(client.upload_picture(stream, picture.mime))
            if picture.alt:
                client.describe_picture(media[-1], picture.alt)
        return Handles({"media": ",".join(media)})

    def post(self, client: Client, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        answer = client.create_tweet(
            text=tidy(part.text) or None,
            media_ids=[each for each in handles.values.get("media", "").split(",") if each] or None,
            in_reply_to_tweet_id=part.parent or None,
            user_auth=True,
        )
        post = ident(answer["data"])
        return Published(post, post_url(post))

    def look(self, client: Client, part: Part, handles: Handles, start: datetime, context: ChannelContext) -> Finding:
        """Whether a post that nobody knows is this one, only its words can say: absence is never sent on."""
        account = context.account or ident(client.get_me(user_auth=True)["data"])
        return look_through(pages(client, account, part, start), part, start)

    def remove(self, client: Client, remote_id: str, context: ChannelContext) -> None:
        without_error(client.delete_tweet(remote_id, user_auth=True))

    def gone(self, error: Exception) -> bool:
        from tweepy.errors import NotFound

        return isinstance(error, NotFound)

    def cost(self, view: ChannelView) -> float:
        return cost(view)


def _client(context: ChannelContext) -> Client:
    """The SDK's client with whichever keys were given; raises :class:`ConnectError` where some are missing."""
    server, bearer = base_url(context, _BASE_URL), value(context, _BEARER)
    keys = [value(context, setting) for setting in _KEYS]
    if not all(keys) and not bearer:
        missing = next(setting for setting, filled_in in zip(_KEYS, keys, strict=True) if not filled_in)
        words = N_("X needs all four keys, or one user token. One is missing here.")
        raise ConnectError(words, missing.key if any(keys) else _KEYS[0].key)
    from commsched.platforms._x.client import Client

    if not all(keys):
        return Client(base_url=server, session=context.http, timeout=context.timeout, bearer_token=bearer)
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    return Client(base_url=server, session=context.http, timeout=context.timeout, **dict(zip(names, keys, strict=True)))


PLATFORM = X()

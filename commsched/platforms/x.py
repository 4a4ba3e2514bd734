"""X, through tweepy and the v2 API. It has no idempotency: what is lost is read back, and never resent on hope.

What it takes and what it charges stands in ``_x.rules``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from commsched.core.delivery.outcome import (
    CannotTell,
    Finding,
    Handles,
    Outcome,
    Pending,
    Published,
    Rejected,
)
from commsched.core.platform.access import Authorization, Tokens
from commsched.core.platform.budget import Budget
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
from commsched.core.platform.figures import Figures, Publication, Reply
from commsched.core.platform.settings import Way
from commsched.core.text.length import tidy
from commsched.core.text.messages import N_, Problem
from commsched.core.text.x_length import x_length
from commsched.platforms._shared.adapter import Blame, NetworkPlatform, known_server
from commsched.platforms._shared.answers import base_url, detail, ident, outcome_of, read, value, without_error
from commsched.platforms._shared.checks import NUMBERED, longest, thread
from commsched.platforms._shared.readback import look_through
from commsched.platforms._x import sign_in
from commsched.platforms._x.rules import amount, check_item, cost, limits, price
from commsched.platforms._x.timeline import pages, post_url

if TYPE_CHECKING:
    from commsched.platforms._x.client import Client

_TOGETHER = N_("all four are needed")


def _key(key: str, label: str, alias: tuple[str, ...] = (), hint: str = "") -> Setting:
    return Setting(
        key,
        label,
        kind="password",
        secret=True,
        required=False,
        help=hint,
        aliases=alias,
        note=_TOGETHER,
        ways=("keys",),
    )


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
    ways=("keys",),
)
_CEILING = Setting(
    "monthly_ceiling",
    N_("At most in a month, in US dollars"),
    required=False,
    help=N_(
        "X charges for each post. What would cost more than this in a month is held until somebody decides, and you "
        "are warned at 80 %. What is read (figures, answers) costs a little beside, and is not counted."
    ),
    note=N_("empty: no ceiling"),
)
_BASE_URL = known_server(sign_in.API, "api_base_url")


class X(NetworkPlatform["Client"]):
    key = mentions = "x"
    shape = "16:9"
    threads = True
    link_card = "network"
    charges = True
    options = (NUMBERED,)
    name = "X"
    about = N_("An account: posts, threads, pictures and videos. X charges for each post.")
    icon = "x"
    settings = (*_KEYS, _BEARER, _BASE_URL, _CEILING)
    connects = frozenset({"keys", "oauth"})
    app = (sign_in.CLIENT_ID, sign_in.CLIENT_SECRET)
    app_page = "https://developer.x.com/en/portal/dashboard"
    app_guide = (
        N_("Open X's developer console and make a project with an app in it."),
        N_("Choose User authentication settings, then Set up: Read and write, and Web App."),
        N_("Paste the callback address shown here, letter by letter, and save."),
        N_("Copy the Client ID and the Client secret of OAuth 2.0 here. X shows the secret once."),
        N_("Buy credits there: without any nothing goes out."),
    )
    guide: ClassVar[Mapping[Way, tuple[str, ...]]] = {
        "oauth": (
            N_("Sign in to the account that the office posts from, in this browser."),
            N_("Press the button: X shows what the app may do. Say yes there."),
            N_("You come back here, and see the account's name and picture."),
        ),
        "keys": (
            N_("Open X's developer console, and the app under your project."),
            N_("Under Keys and tokens: give the app “Read and write” first, then make the four keys."),
            N_("Copy all four here. X shows each once."),
        ),
    }
    can = frozenset({"refresh", "delete", "metrics", "replies", "hide", "recent"})

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

        amount(str(context.settings.get(_CEILING.key, "")), _CEILING.key)
        fields = ["subscription_type", "profile_image_url"]
        me = client.get_me(user_fields=fields, user_auth=True)["data"]
        if client.access_level == "read":
            words = N_("These keys may only read. Give the app “Read and write” at X, then make the access token anew.")
            raise ConnectError(words, _KEYS[2].key)
        account = read(me, Me)
        url, picture = f"https://x.com/{account.username}", str(account.profile_image_url or "")
        facts: dict[str, object] = {"subscription": str(account.subscription_type or "")}
        return Account(ident(me), f"@{account.username}", url, facts=facts, picture=picture)

    def provider(self, settings: Mapping[str, str]) -> str:
        return sign_in.page((settings.get(_BASE_URL.key) or sign_in.API).rstrip("/"))

    def authorize(self, context: ChannelContext) -> Authorization:
        return sign_in.begin(context, _BASE_URL)

    def callback(self, context: ChannelContext, answer: Mapping[str, str]) -> list[Account]:
        tokens = sign_in.finish(context, _BASE_URL, answer)
        signed_in = replace(context, secrets={**context.secrets, **tokens.secrets})
        return [replace(self.connect(signed_in), tokens=tokens)]

    def refresh(self, context: ChannelContext) -> Tokens:
        return sign_in.renew(context, _BASE_URL)

    def renews(self, secrets: Mapping[str, str]) -> bool:
        return bool(secrets.get("refresh_token"))

    def limits(self, facts: Facts) -> Limits:
        return limits(facts)

    def count(self, text: str, facts: Facts) -> int:
        """The weighted length of the longest part, for a thread."""
        return longest(text, x_length)

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        return check_item(view, facts, self.name)

    def parts(self, view: ChannelView) -> list[Part]:
        return thread(view)

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        outcome = super().publish(part, handles, context)
        if part.number and part.role == "reply" and isinstance(outcome, Rejected) and outcome.why == "permission":
            return Rejected(N_("X does not let the account answer its own post: what is out stays up"), outcome.why)
        return outcome

    def upload(self, client: Client, part: Part, context: ChannelContext) -> Handles | Pending | Outcome:
        if part.other_files:
            from commsched.platforms._x import video

            return video.send(client, part, context)
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
        return look_through(pages(client, _me(client, context), part, start), part, start)

    def metrics(self, remote_ids: Sequence[str], context: ChannelContext) -> dict[str, Figures] | CannotTell:
        from commsched.platforms._x import posts

        return self._learn(context, lambda client: posts.figures(client, remote_ids))

    def replies(self, remote_ids: Sequence[str], since: datetime, context: ChannelContext) -> list[Reply] | CannotTell:
        from commsched.platforms._x import posts

        return self._learn(context, lambda client: posts.answers(client, _me(client, context), remote_ids, since))

    def hide(self, reply: Reply, hidden: bool, context: ChannelContext) -> Outcome:
        from commsched.platforms._x import posts

        return self._ask(context, lambda client: posts.hide(client, reply, hidden))

    def recent(self, since: datetime, context: ChannelContext) -> list[Publication] | CannotTell:
        from commsched.platforms._x import posts

        return self._learn(context, lambda client: posts.recent(client, _me(client, context), since))

    def budgets(self, headers: Mapping[str, str], now: datetime) -> list[Budget]:
        from commsched.platforms._x import posts

        return posts.budgets(headers)

    def remove(self, client: Client, remote_id: str, context: ChannelContext) -> None:
        without_error(client.delete_tweet(remote_id, user_auth=True))

    def gone(self, error: Exception) -> bool:
        from tweepy.errors import NotFound

        return isinstance(error, NotFound)

    def price(self, part: Part) -> int:
        return price(part)

    def ceiling(self, settings: Mapping[str, object]) -> int | None:
        return amount(str(settings.get(_CEILING.key) or ""), _CEILING.key)

    def cost(self, view: ChannelView) -> float:
        return cost(view)


def _me(client: Client, context: ChannelContext) -> str:
    """The account's id, asked for where the channel was connected before it was kept."""
    return context.account or ident(client.get_me(user_auth=True)["data"])


def _client(context: ChannelContext) -> Client:
    """The SDK's client with whichever keys were given, those of a sign-in before others; raises
    :class:`ConnectError` where some are missing."""
    server, bearer = base_url(context, _BASE_URL), value(context, _BEARER)
    keys = [value(context, setting) for setting in _KEYS]
    if not all(keys) and not bearer:
        missing = next(setting for setting, filled_in in zip(_KEYS, keys, strict=True) if not filled_in)
        words = N_("X needs all four keys, or one user token. One is missing here.")
        raise ConnectError(words, missing.key if any(keys) else _KEYS[0].key)
    from commsched.platforms._x.client import Client

    if not all(keys) or context.secrets.get("refresh_token"):
        return Client(base_url=server, session=context.http, timeout=context.timeout, bearer_token=bearer)
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    return Client(base_url=server, session=context.http, timeout=context.timeout, **dict(zip(names, keys, strict=True)))


PLATFORM = X()

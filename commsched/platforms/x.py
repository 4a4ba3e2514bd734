"""X, through tweepy and the v2 API. It has no idempotency: what is lost is read back, and never resent on hope.

X charges for every call; the prices are those of its documentation in 2026.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from commsched.core.delivery.outcome import Finding, Handles, Outcome, Published
from commsched.core.platform.contract import (
    Account,
    AttachmentFile,
    ChannelContext,
    ChannelView,
    ConnectError,
    Facts,
    Limits,
    Part,
    Setting,
)
from commsched.core.text.length import split_thread, tidy
from commsched.core.text.messages import N_, Problem, block, warn
from commsched.core.text.x_length import x_length, x_links
from commsched.platforms._adapter import Blame, NetworkPlatform, known_server
from commsched.platforms._answers import base_url, detail, ident, outcome_of, read, value
from commsched.platforms._checks import check_pictures, check_text, full_text, longest, thread
from commsched.platforms._readback import look_through

if TYPE_CHECKING:
    from commsched.platforms._tweepy import Client

PRICE_POST, PRICE_POST_WITH_LINK, PRICE_ALT_TEXT = 0.015, 0.20, 0.005
"""US dollars per call."""
_LIMITS = Limits(
    characters=280,
    pictures=4,
    picture_bytes=5_000_000,
    picture_side=8192,
    gif_pixels=1280 * 1080,
    frames=350,
    moving_pixels=300_000_000,
    moving_types=("image/gif",),
    alt_characters=1000,
)
_GIF_BYTES = 15_000_000
_CASHTAG = re.compile(r"(?<![\w$])\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?\b")

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
    key = "x"
    name = "X"
    about = N_("An account: posts, threads and pictures. X charges for each post.")
    icon = "x"
    settings = (*_KEYS, _BEARER, _BASE_URL)
    can = frozenset({"delete"})

    def client(self, context: ChannelContext) -> Client:
        return _client(context)

    def outcome(self, error: Exception, context: ChannelContext, client: Client | None = None) -> Outcome:
        """The SDK's exceptions as outcomes; the table of codes is in ``_tweepy``."""
        from tweepy.errors import HTTPException

        from commsched.platforms import _tweepy

        def mean(refusal: HTTPException) -> Outcome:
            return _tweepy.outcome(refusal, detail(refusal, context), context)

        return outcome_of(error, context, HTTPException, mean)

    def blame(self, context: ChannelContext) -> Blame:
        return Blame(_KEYS[2].key if value(context, _KEYS[2]) else _BEARER.key)

    def account(self, client: Client, context: ChannelContext) -> Account:
        from commsched.platforms._tweepy import Me

        me = client.get_me(user_auth=True)["data"]
        if client.access_level == "read":
            words = N_("These keys may only read. Give the app “Read and write” at X, then make the access token anew.")
            raise ConnectError(words, _KEYS[2].key)
        username = read(me, Me).username
        return Account(ident(me), f"@{username}", f"https://x.com/{username}")

    def limits(self, facts: Facts) -> Limits:
        return _LIMITS

    def count(self, text: str, facts: Facts) -> int:
        """The weighted length of the longest part, for a thread."""
        return longest(text, x_length)

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        limits = self.limits(facts)
        problems = check_text(view, limits.characters, x_length, self.name)
        problems += check_pictures(_without_gifs(view), limits, self.name) + _check_gifs(view.pictures)
        return problems + _check_thread(view) + self._check_cost(view)

    def _check_cost(self, view: ChannelView) -> list[Problem]:
        links = sum(1 for part in split_thread(full_text(view)) if x_links(part))
        if not links:
            return []
        words = N_(
            "A link makes it expensive: X charges $0.20 for a post with one, and $0.015 without. Here: %(cents)d cents."
        )
        return [warn("text", words, cents=round(self.cost(view) * 100))]

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
        from commsched.platforms._tweepy import post_url

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
        from commsched.platforms._tweepy import pages

        return look_through(pages(client, account, part, start), part, start)

    def remove(self, client: Client, remote_id: str, context: ChannelContext) -> None:
        client.delete_tweet(remote_id, user_auth=True)

    def gone(self, error: Exception) -> bool:
        from tweepy.errors import NotFound

        return isinstance(error, NotFound)

    def cost(self, view: ChannelView) -> float:
        posts = split_thread(full_text(view))
        text = sum(PRICE_POST_WITH_LINK if x_links(post) else PRICE_POST for post in posts)
        return round(text + PRICE_ALT_TEXT * sum(1 for picture in view.pictures if picture.alt), 3)


def _client(context: ChannelContext) -> Client:
    """The SDK's client with whichever keys were given; raises :class:`ConnectError` where some are missing."""
    server, bearer = base_url(context, _BASE_URL), value(context, _BEARER)
    keys = [value(context, setting) for setting in _KEYS]
    if not all(keys) and not bearer:
        missing = next(setting for setting, entered in zip(_KEYS, keys, strict=True) if not entered)
        words = N_("X needs all four keys, or one user token. One is missing here.")
        raise ConnectError(words, missing.key if any(keys) else _KEYS[0].key)
    from commsched.platforms._tweepy import Client

    if not all(keys):
        return Client(base_url=server, session=context.http, timeout=context.timeout, bearer_token=bearer)
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    return Client(base_url=server, session=context.http, timeout=context.timeout, **dict(zip(names, keys, strict=True)))


def _without_gifs(view: ChannelView) -> ChannelView:
    """The view with GIFs counted as small: they have a size limit of their own."""
    from msgspec.structs import replace

    pictures = tuple(replace(p, size=0) if p.mime == "image/gif" else p for p in view.pictures)
    return replace(view, pictures=pictures)


def _check_gifs(pictures: tuple[AttachmentFile, ...]) -> list[Problem]:
    gifs = [picture for picture in pictures if picture.mime == "image/gif"]
    problems = []
    if gifs and len(pictures) > 1:
        problems.append(block("pictures", N_("X takes one GIF alone, or up to four other pictures.")))
    if any(gif.size > _GIF_BYTES for gif in gifs):
        problems.append(block("pictures", N_("The GIF is larger than the 15 MB that X takes.")))
    return problems


def _check_thread(view: ChannelView) -> list[Problem]:
    text = full_text(view)
    problems = []
    if len(split_thread(text)) > 1:
        words = N_(
            "X may refuse the second part of a thread: since 2026 it lets some accounts reply only to those "
            "who have mentioned them. What is refused is shown here, and the first part stays up."
        )
        problems.append(warn("text", words))
    if any(len(_CASHTAG.findall(part)) > 1 for part in split_thread(text)):
        problems.append(block("text", N_("X takes at most one word with a dollar sign ($ABC) in a post.")))
    return problems


PLATFORM = X()

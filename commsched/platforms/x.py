"""X, through tweepy and the v2 API. It has no idempotency: what is lost is read back, and never resent on hope.

X charges for every call; the prices are those of its documentation in 2026.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from commsched.core.delivery.outcome import Absent, CannotTell, Finding, Found, Handles, Outcome, Published
from commsched.core.platform.contract import (
    Account,
    ChannelContext,
    ChannelView,
    ConnectError,
    Limits,
    Part,
    PictureFile,
    Platform,
    Setting,
)
from commsched.core.text.length import split_thread, tidy, x_length, x_links
from commsched.core.text.messages import N_, Problem, block, warn
from commsched.platforms._answers import base_url, detail, ident, invisible, orphan, outcome_of, refusal, unread, value
from commsched.platforms._checks import check_pictures, check_text, full_text, longest, thread

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
_SKEW = timedelta(minutes=2)
_PAGE, _PAGES = 100, 5
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
_BASE_URL = Setting(
    "base_url",
    N_("Server"),
    kind="url",
    required=False,
    default="https://api.x.com",
    help=N_("Leave as it is."),
    aliases=("url", "api_base_url"),
)


class X(Platform):
    key = "x"
    name = "X"
    about = N_("An account: posts, threads and pictures. X charges for each post.")
    icon = "x"
    settings = (*_KEYS, _BEARER, _BASE_URL)

    def connect(self, context: ChannelContext) -> Account:
        try:
            client = _client(context)
            me = client.get_me(user_auth=True)["data"]
            if client.access_level == "read":
                words = N_(
                    "These keys may only read. Give the app “Read and write” at X, then make the access token anew."
                )
                raise ConnectError(words, _KEYS[2].key)
            username = str(me["username"])
            return Account(ident(me), f"@{username}", f"https://x.com/{username}")
        except ConnectError:
            raise
        except Exception as error:
            outcome = _outcome(error, context)
            field = _KEYS[2].key if value(context, _KEYS[2]) else _BEARER.key
            raise refusal(error, outcome, self.name, token=field, server=_BASE_URL.key) from error

    def limits(self, facts: dict[str, Any]) -> Limits:
        return _LIMITS

    def count(self, text: str, facts: dict[str, Any]) -> int:
        """The weighted length of the longest part, for a thread."""
        return longest(text, x_length)

    def check(self, view: ChannelView, facts: dict[str, Any]) -> list[Problem]:
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

    def prepare(self, part: Part, context: ChannelContext) -> Handles | Outcome:
        try:
            client = _client(context)
            media = []
            for picture in part.pictures:
                media.append(client.upload_picture(picture.read(), picture.mime))
                if picture.alt:
                    client.describe_picture(media[-1], picture.alt)
            return Handles({"media": ",".join(media)})
        except Exception as error:
            return invisible(_outcome(error, context))

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        alone = orphan(part)
        if alone is not None:
            return alone
        try:
            answer = _client(context).create_tweet(
                text=tidy(part.text) or None,
                media_ids=[each for each in handles.values.get("media", "").split(",") if each] or None,
                in_reply_to_tweet_id=part.parent or None,
                user_auth=True,
            )
            post = ident(answer["data"])
            return Published(post, _url(post))
        except Exception as error:
            return _outcome(error, context)

    def find(self, part: Part, handles: Handles, since: datetime, context: ChannelContext) -> Finding:
        try:
            return _read_back(_client(context), part, since - _SKEW, context.account)
        except Exception as error:
            return unread(_outcome(error, context))

    def delete(self, remote_id: str, context: ChannelContext) -> Outcome:
        from tweepy.errors import NotFound

        try:
            _client(context).delete_tweet(remote_id, user_auth=True)
            return Published(remote_id, detail="deleted")
        except NotFound:
            return Published(remote_id, detail="was already gone")
        except Exception as error:
            return _outcome(error, context)

    def cost(self, view: ChannelView) -> float:
        posts = split_thread(full_text(view))
        text = sum(PRICE_POST_WITH_LINK if x_links(post) else PRICE_POST for post in posts)
        return round(text + PRICE_ALT_TEXT * sum(1 for picture in view.pictures if picture.alt), 3)


def _client(context: ChannelContext) -> Any:
    """The SDK's client with whichever keys were given; raises :class:`ConnectError` where some are missing."""
    server, bearer = base_url(context, _BASE_URL), value(context, _BEARER)
    keys = [value(context, setting) for setting in _KEYS]
    if not all(keys) and not bearer:
        missing = next(setting for setting, found in zip(_KEYS, keys, strict=True) if not found)
        words = N_("X needs all four keys, or one user token. One is missing here.")
        raise ConnectError(words, missing.key if any(keys) else _KEYS[0].key)
    from commsched.platforms._tweepy import Client

    if not all(keys):
        return Client(base_url=server, session=context.http, timeout=context.timeout, bearer_token=bearer)
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    return Client(base_url=server, session=context.http, timeout=context.timeout, **dict(zip(names, keys, strict=True)))


def _url(tweet: Any) -> str:
    return f"https://x.com/i/status/{tweet}"


def _without_gifs(view: ChannelView) -> ChannelView:
    """The view with GIFs counted as small: they have a size limit of their own."""
    from msgspec.structs import replace

    pictures = tuple(replace(p, size=0) if p.mime == "image/gif" else p for p in view.pictures)
    return replace(view, pictures=pictures)


def _check_gifs(pictures: tuple[PictureFile, ...]) -> list[Problem]:
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


def _read_back(client: Any, part: Part, start: datetime, account: str) -> Finding:
    """Walk the account's own posts since ``start``. One that the store knows is another part's, with the same words or
    not; whether one that nobody knows is this, only its words can say, so that absence is never sent on."""
    account = account or ident(client.get_me(user_auth=True)["data"])
    token = None
    for _ in range(_PAGES):
        page = client.get_users_tweets(
            account,
            start_time=start.astimezone(UTC),
            max_results=_PAGE,
            pagination_token=token,
            tweet_fields=["created_at", "entities", "referenced_tweets", "attachments"],
            user_auth=True,
        )
        for tweet in page.get("data") or ():
            if ident(tweet) not in part.others and _is_it(tweet, part):
                return Found(ident(tweet), _url(tweet["id"]))
        meta = page["meta"]
        token = meta.get("next_token")
        if not token:
            return Absent(N_("read back whole since the time of the call"))
    return CannotTell(N_("too many posts since then to read them all"))


def _is_it(tweet: dict[str, Any], part: Part) -> bool:
    references = tweet.get("referenced_tweets") or ()
    parent = next((str(each["id"]) for each in references if each.get("type") == "replied_to"), "")
    if parent != part.parent:
        return False
    media = (tweet.get("attachments") or {}).get("media_keys") or ()
    return len(media) == len(part.pictures) and _bare(_expanded(tweet)) == _bare(part.text)


def _expanded(tweet: dict[str, Any]) -> str:
    """A post's text as it was written: t.co links expanded, the link to its own pictures left out."""
    text = html.unescape(str(tweet.get("text", "")))
    for link in (tweet.get("entities") or {}).get("urls") or ():
        own = "media_key" in link or str(link.get("display_url", "")).startswith(("pic.twitter.", "pic.x."))
        text = text.replace(str(link.get("url", "")) or "\0", "" if own else str(link.get("expanded_url", "")))
    return text


def _bare(text: str) -> str:
    """``text`` without what X changes: white space, and the scheme and closing slash of a link."""
    return re.sub(r"https?://", "", re.sub(r"/(?=\s|$)", "", tidy(text))).translate(_NO_SPACE)


_NO_SPACE = {ord(space): None for space in " \n\t\u00a0\u2028"}


def _outcome(error: Exception, context: ChannelContext) -> Outcome:
    """The SDK's exceptions as outcomes; the table of codes is in ``_tweepy``."""
    from tweepy.errors import HTTPException

    from commsched.platforms import _tweepy

    def read(told: HTTPException) -> Outcome:
        return _tweepy.outcome(told, detail(told, context), context)

    return outcome_of(error, context, HTTPException, read)


PLATFORM = X()

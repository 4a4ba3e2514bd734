"""Mastodon, through Mastodon.py. What a server takes is asked of the server itself.

Mastodon keeps an ``Idempotency-Key`` for an hour, so a lost answer may be resent within it, once it was read back and
is not there. A server that is only compatible with it may forget the key: there a person decides.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from commsched.core.delivery.outcome import Absent, CannotTell, Finding, Found, Handles, Outcome, Published, Retry
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
from commsched.core.text.length import URL_LENGTH, mastodon_length, tidy
from commsched.core.text.messages import N_, Problem
from commsched.platforms._answers import base_url, ident, invisible, orphan, refusal, unread, value
from commsched.platforms._checks import check_pictures, check_text, longest, thread

_SKEW = timedelta(minutes=2)
_PAGE, _PAGES = 40, 5
_PIXELS, _GIF_PIXELS = 33_177_600, 1280 * 720
"""Width × height that a server takes, where it does not say; of GIFs it never says."""
_RIGHTS = ("read:accounts", "read:statuses", "write:statuses", "write:media")

_BASE_URL = Setting(
    "base_url",
    N_("Server"),
    kind="url",
    help=N_("The address of the Mastodon server, such as https://mastodon.social."),
    aliases=("url", "instance", "api_base_url"),
)
_TOKEN = Setting(
    "access_token",
    N_("Access token"),
    kind="password",
    secret=True,
    help=N_(
        "On the server: Preferences → Development → New application, with the rights "
        "read:accounts, read:statuses, write:statuses and write:media."
    ),
    aliases=("token",),
)


class Mastodon(Platform):
    key = "mastodon"
    name = "Mastodon"
    about = N_("An account on any Mastodon server: posts, threads and pictures.")
    icon = "mastodon"
    settings = (_BASE_URL, _TOKEN)
    options = (
        Option(
            "visibility",
            N_("Who sees it"),
            kind="choice",
            choices=(
                ("public", N_("Everyone")),
                ("unlisted", N_("Everyone, but not in the public timelines")),
                ("private", N_("Followers only")),
            ),
            default="public",
        ),
        Option("content_warning", N_("Content warning"), help=N_("Shown instead of the text, until opened.")),
    )
    many_servers = True
    resend_if_absent = True
    resend_within = timedelta(minutes=45)
    """The server keeps the key for 60 minutes, and the try itself may wait another ten."""

    def connect(self, context: ChannelContext) -> Account:
        client = None
        try:
            client = _client(context)
            me = client.account_verify_credentials()
            facts = _sdk().facts_of(client, context, base_url(context, _BASE_URL))
            _require_rights(client)
            if not me.get("acct"):
                raise ValueError("the answer does not name the account")
            name = f"@{me['acct']}@{facts['domain']}"
            url = str(me.get("url") or f"{base_url(context, _BASE_URL)}/@{me['acct']}")
            return Account(ident(me), name, url, None, facts)
        except ConnectError:
            raise
        except Exception as error:
            outcome = _outcome(error, context, client)
            raise refusal(error, outcome, self.name, token=_TOKEN.key, server=_BASE_URL.key) from error

    def resends(self, facts: dict[str, Any]) -> bool:
        return facts.get("keeps_key") is True

    def limits(self, facts: dict[str, Any]) -> Limits:
        usual = Limits()
        return Limits(
            characters=int(facts.get("characters", 500)),
            pictures=int(facts.get("pictures", 4)),
            picture_bytes=int(facts.get("picture_bytes", 16 * 1024 * 1024)),
            picture_pixels=int(facts.get("picture_pixels") or _PIXELS),
            gif_pixels=_GIF_PIXELS,
            moving_types=("image/gif",),
            picture_types=tuple(facts.get("picture_types") or usual.picture_types),
            alt_characters=int(facts.get("alt_characters", 1500)),
        )

    def count(self, text: str, facts: dict[str, Any]) -> int:
        """The length of the longest part, for a thread."""
        return longest(text, lambda part: mastodon_length(part, _url_length(facts)))

    def check(self, view: ChannelView, facts: dict[str, Any]) -> list[Problem]:
        limits = self.limits(facts)
        warning = mastodon_length(view.options.get("content_warning", ""), _url_length(facts))

        def count(part: str) -> int:
            return mastodon_length(part, _url_length(facts)) + warning

        return check_text(view, limits.characters, count, self.name) + check_pictures(view, limits, self.name)

    def parts(self, view: ChannelView) -> list[Part]:
        return thread(view)

    def prepare(self, part: Part, context: ChannelContext) -> Handles | Outcome:
        client = None
        try:
            client = _client(context)
            media, pending = [], []
            for picture in part.pictures:
                answer = client.media_post(picture.read(), picture.mime, description=picture.alt)
                media.append(ident(answer))
                if not answer.get("url"):
                    pending.append(media[-1])
            return Handles({"media": ",".join(media), "pending": ",".join(pending)})
        except Exception as error:
            return invisible(_outcome(error, context, client))

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        alone = orphan(part)
        if alone is not None:
            return alone
        try:
            client = _client(context)
        except Exception as error:
            return invisible(_outcome(error, context))
        waiting = _still_processing(client, handles, context)
        if waiting is not None:
            return waiting
        try:
            status = client.status_post(
                part.text,
                in_reply_to_id=part.parent or None,
                media_ids=_ids(handles, "media") or None,
                visibility=part.view.options.get("visibility") or "public",
                spoiler_text=part.view.options.get("content_warning") or None,
                sensitive=bool(part.view.options.get("content_warning")),
                language=part.view.content.language or None,
                idempotency_key=part.key or None,
            )
            return Published(ident(status), str(status.get("url") or status.get("uri") or ""))
        except Exception as error:
            return _outcome(error, context, client)

    def find(self, part: Part, handles: Handles, since: datetime, context: ChannelContext) -> Finding:
        client = None
        try:
            client = _client(context)
            found = _read_back(client, part, since - _SKEW, context.account)
        except Exception as error:
            return unread(_outcome(error, context, client))
        return found

    def delete(self, remote_id: str, context: ChannelContext) -> Outcome:
        from mastodon.errors import MastodonNotFoundError

        client = None
        try:
            client = _client(context)
            client.status_delete(remote_id)
            return Published(remote_id, detail="deleted")
        except MastodonNotFoundError:
            return Published(remote_id, detail="was already gone")
        except Exception as error:
            return _outcome(error, context, client)


def _sdk() -> Any:
    """What is said through the SDK, which is heavy and imported when first used."""
    from commsched.platforms import _mastodon

    return _mastodon


def _client(context: ChannelContext) -> Any:
    return _sdk().Client(base_url(context, _BASE_URL), value(context, _TOKEN), context)


def _require_rights(client: Any) -> None:
    """Refuse a token that may not publish, where the server tells (it does since version 4.3)."""
    from mastodon.errors import MastodonAPIError

    try:
        granted = set(client.app_verify_credentials().get("scopes") or ())
    except MastodonAPIError:
        return
    missing = [right for right in _RIGHTS if granted and not {right, right.partition(":")[0]} & granted]
    if missing:
        raise DeadToken(N_("The token lacks the right %(right)s."), _TOKEN.key, right=", ".join(missing))


def _url_length(facts: dict[str, Any]) -> int:
    return int(facts.get("url_length", URL_LENGTH))


def _ids(handles: Handles, name: str) -> list[str]:
    return [each for each in handles.values.get(name, "").split(",") if each]


def _still_processing(client: Any, handles: Handles, context: ChannelContext) -> Outcome | None:
    """A reason to come back later, where the server has not yet worked through a picture."""
    try:
        for media in _ids(handles, "pending"):
            if not client.media(media).get("url"):
                return Retry(N_("the server is still processing a picture"), context.now() + timedelta(seconds=5))
    except Exception as error:
        return invisible(_outcome(error, context, client))
    return None


def _read_back(client: Any, part: Part, start: datetime, account: str) -> Finding:
    """Walk the account's own posts, newest first, until before ``start``.

    Words are not enough to know a post by: servers change them, and two posts may have the same. One that the store
    knows is another part's; one that nobody knows may be this one, and then nothing may be sent on the strength of
    not having seen it.
    """
    account = account or ident(client.account_verify_credentials())
    oldest, strangers = None, False
    for _ in range(_PAGES):
        page = client.account_statuses(account, limit=_PAGE, max_id=oldest, exclude_reblogs=True)
        for status in page:
            if _aware(status["created_at"]) < start:
                return _not_seen(strangers, "read back past the time of the call")
            oldest = ident(status)
            if {oldest, str(status.get("url") or oldest)} & part.others:
                continue
            if _is_it(status, part):
                return Found(oldest, str(status.get("url") or ""))
            strangers = True
        if len(page) == 0:
            return _not_seen(strangers, "read back to the account's first post")
    return CannotTell(N_("too many posts since then to read them all"))


def _not_seen(strangers: bool, words: str) -> Finding:
    if strangers:
        return CannotTell(N_("the account has published something since then that is not known here: it may be this"))
    return Absent(words)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_it(status: Any, part: Part) -> bool:
    if str(status.get("in_reply_to_id") or "") != part.parent:
        return False
    if len(status.get("media_attachments") or ()) != len(part.pictures):
        return False
    return _bare(_plain(str(status.get("content") or ""))) == _bare(part.text)


def _plain(content: str) -> str:
    """The text inside a status's HTML."""
    spaced = re.sub(r"<br\s*/?>|</p>", " ", content)
    return html.unescape(re.sub(r"<[^<>]*>", "", spaced))


def _bare(text: str) -> str:
    """``text`` without what servers change: white space, and the server's name in a mention."""
    local = re.sub(r"(?<![\w/@.])@(\w[\w.-]*)@[\w.-]*\w", r"@\1", tidy(text))
    return "".join(local.split())


def _outcome(error: Exception, context: ChannelContext, client: Any = None) -> Outcome:
    outcome: Outcome = _sdk().outcome(error, context, client)
    return outcome


PLATFORM = Mastodon()

"""Mastodon, through Mastodon.py. What a server takes is asked of the server itself.

Mastodon keeps an ``Idempotency-Key`` for an hour, so a lost answer may be resent within it, once it was read back and
is not there. A server that is only compatible with it may forget the key: there a person decides.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from commsched.core.delivery.outcome import Finding, Handles, Outcome, Published, Retry
from commsched.core.platform.contract import (
    Account,
    ChannelContext,
    ChannelView,
    DeadToken,
    Limits,
    Option,
    Part,
    Setting,
)
from commsched.core.text.length import URL_LENGTH, mastodon_length
from commsched.core.text.messages import N_, Problem
from commsched.platforms._adapter import Blame, NetworkPlatform
from commsched.platforms._answers import base_url, ident, invisible, value
from commsched.platforms._checks import check_pictures, check_text, longest, thread
from commsched.platforms._readback import look_through

if TYPE_CHECKING:
    from commsched.platforms._mastodon import Client

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


class Mastodon(NetworkPlatform["Client"]):
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
    can = frozenset({"delete"})
    many_servers = True
    resend_if_absent = True
    resend_within = timedelta(minutes=45)
    """The server keeps the key for 60 minutes, and the try itself may wait another ten."""

    def client(self, context: ChannelContext) -> Client:
        from commsched.platforms._mastodon import Client

        return Client(base_url(context, _BASE_URL), value(context, _TOKEN), context)

    def outcome(self, error: Exception, context: ChannelContext, client: Client | None = None) -> Outcome:
        outcome: Outcome = _sdk().outcome(error, context, client)
        return outcome

    def blame(self, context: ChannelContext) -> Blame:
        return Blame(_TOKEN.key)

    def account(self, client: Client, context: ChannelContext) -> Account:
        me = client.account_verify_credentials()
        facts = _sdk().facts_of(client, context, base_url(context, _BASE_URL))
        _require_rights(client)
        if not me.get("acct"):
            raise ValueError("the answer does not name the account")
        name = f"@{me['acct']}@{facts['domain']}"
        url = str(me.get("url") or f"{base_url(context, _BASE_URL)}/@{me['acct']}")
        return Account(ident(me), name, url, None, facts)

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

    def upload(self, client: Client, part: Part, context: ChannelContext) -> Handles:
        media, pending = [], []
        for picture in part.pictures:
            with picture.open() as stream:
                answer = client.media_post(stream, picture.mime, description=picture.alt)
            media.append(ident(answer))
            if not answer.get("url"):
                pending.append(media[-1])
        return Handles({"media": ",".join(media), "pending": ",".join(pending)})

    def post(self, client: Client, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        waiting = self._still_processing(client, handles, context)
        if waiting is not None:
            return waiting
        options = part.view.options
        status = client.status_post(
            part.text,
            in_reply_to_id=part.parent or None,
            media_ids=_ids(handles, "media") or None,
            visibility=options.get("visibility") or "public",
            spoiler_text=options.get("content_warning") or None,
            sensitive=bool(options.get("content_warning")),
            language=part.view.content.language or None,
            idempotency_key=part.key or None,
        )
        return Published(ident(status), str(status.get("url") or status.get("uri") or ""))

    def _still_processing(self, client: Client, handles: Handles, context: ChannelContext) -> Outcome | None:
        """A reason to come back later, where the server has not yet worked through a picture."""
        try:
            for media in _ids(handles, "pending"):
                if not client.media(media).get("url"):
                    return Retry(N_("the server is still processing a picture"), context.now() + timedelta(seconds=5))
        except Exception as error:
            return invisible(self.outcome(error, context, client))
        return None

    def look(self, client: Client, part: Part, handles: Handles, start: datetime, context: ChannelContext) -> Finding:
        account = context.account or ident(client.account_verify_credentials())
        return look_through(_sdk().pages(client, account, part), part, start, strangers_matter=True)

    def remove(self, client: Client, remote_id: str, context: ChannelContext) -> None:
        client.status_delete(remote_id)

    def gone(self, error: Exception) -> bool:
        from mastodon.errors import MastodonNotFoundError

        return isinstance(error, MastodonNotFoundError)


def _sdk() -> Any:
    """What is said through the SDK, which is heavy and imported when first used."""
    from commsched.platforms import _mastodon

    return _mastodon


def _require_rights(client: Client) -> None:
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


PLATFORM = Mastodon()

"""Mastodon, through Mastodon.py. What a server takes is asked of the server itself.

Mastodon keeps an ``Idempotency-Key`` for an hour, so a lost answer may be resent within it, once it was read back and
is not there. A server that is only compatible with it may forget the key: there a person decides.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from commsched.core.delivery.outcome import Finding, Handles, Outcome, Published, Retry
from commsched.core.platform.contract import (
    Account,
    ChannelContext,
    ChannelView,
    DeadToken,
    Facts,
    Limits,
    Option,
    Part,
    Setting,
)
from commsched.core.text.mastodon_length import mastodon_length
from commsched.core.text.messages import N_, Problem
from commsched.platforms._mastodon.server import facts_of, kept
from commsched.platforms._shared.adapter import Blame, NetworkPlatform
from commsched.platforms._shared.answers import base_url, ident, invisible, value, without_error
from commsched.platforms._shared.checks import NUMBERED, check_pictures, check_text, longest, thread
from commsched.platforms._shared.readback import look_through

if TYPE_CHECKING:
    from commsched.platforms._mastodon.client import Client

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
    key = mentions = "mastodon"
    shape = "16:9"
    threads = True
    link_card = "network"
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
        NUMBERED,
    )
    can = frozenset({"delete"})
    many_servers = True
    resend_if_absent = True
    resend_within = timedelta(minutes=45)
    """The server keeps the key for 60 minutes, and the try itself may wait another ten."""

    def client(self, context: ChannelContext) -> Client:
        from commsched.platforms._mastodon.client import Client

        return Client(base_url(context, _BASE_URL), value(context, _TOKEN), context)

    def outcome(self, error: Exception, context: ChannelContext, client: Client | None = None) -> Outcome:
        from commsched.platforms._mastodon import client as mastodon_client

        return mastodon_client.outcome(error, context, client)

    def blame(self, context: ChannelContext) -> Blame:
        return Blame(_TOKEN.key)

    def account(self, client: Client, context: ChannelContext) -> Account:
        me = client.account_verify_credentials()
        facts = facts_of(client, context, base_url(context, _BASE_URL))
        _require_rights(client)
        if not me.get("acct"):
            raise ValueError("the answer does not name the account")
        name = f"@{me['acct']}@{facts.domain}"
        url = str(me.get("url") or f"{base_url(context, _BASE_URL)}/@{me['acct']}")
        return Account(ident(me), name, url, None, msgspec.to_builtins(facts))

    def resends(self, facts: Facts) -> bool:
        return kept(facts).keeps_key

    def limits(self, facts: Facts) -> Limits:
        server = kept(facts)
        return Limits(
            characters=server.characters,
            pictures=server.pictures,
            picture_bytes=server.picture_bytes,
            picture_pixels=server.picture_pixels or _PIXELS,
            gif_pixels=_GIF_PIXELS,
            moving_types=("image/gif",),
            picture_types=server.picture_types or Limits().picture_types,
            alt_characters=server.alt_characters,
        )

    def count(self, text: str, facts: Facts) -> int:
        """The length of the longest part, for a thread."""
        url_length = kept(facts).url_length
        return longest(text, lambda part: mastodon_length(part, url_length))

    def room(self, view: ChannelView, facts: Facts) -> int:
        """The content warning counts, too."""
        warning = mastodon_length(view.options.get("content_warning", ""), kept(facts).url_length)
        return kept(facts).characters - warning

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        limits, url_length = self.limits(facts), kept(facts).url_length
        warning = mastodon_length(view.options.get("content_warning", ""), url_length)

        def count(part: str) -> int:
            return mastodon_length(part, url_length) + warning

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
        from commsched.platforms._mastodon.client import pages

        account = context.account or ident(client.account_verify_credentials())
        return look_through(pages(client, account, part), part, start, strangers_matter=True)

    def remove(self, client: Client, remote_id: str, context: ChannelContext) -> None:
        without_error(client.status_delete(remote_id))

    def gone(self, error: Exception) -> bool:
        from mastodon.errors import MastodonNotFoundError

        return isinstance(error, MastodonNotFoundError)


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


def _ids(handles: Handles, name: str) -> list[str]:
    return [each for each in handles.values.get(name, "").split(",") if each]


PLATFORM = Mastodon()

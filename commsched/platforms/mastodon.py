"""Mastodon, through Mastodon.py. What a server takes is asked of the server itself.

Mastodon keeps an ``Idempotency-Key`` for an hour, so a lost answer may be resent within it, once it was read back and
is not there. A server that is only compatible with it may forget the key: there a person decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from commsched.core.delivery.outcome import CannotTell, Finding, Handles, Outcome, Pending, Published, Retry
from commsched.core.platform.access import Authorization
from commsched.core.platform.budget import Budget
from commsched.core.platform.contract import (
    Account,
    ChannelContext,
    ChannelView,
    ConnectError,
    DeadToken,
    Facts,
    Limits,
    Option,
    Part,
    Setting,
)
from commsched.core.platform.figures import Figures, Publication, Reply, Seen
from commsched.core.text.mastodon_length import mastodon_length
from commsched.core.text.messages import N_, Problem, warn
from commsched.platforms._mastodon import polls
from commsched.platforms._mastodon.guide import GUIDE
from commsched.platforms._mastodon.media import ids, still_worked_on, upload
from commsched.platforms._mastodon.server import RIGHTS, address, facts_of, home_of, kept
from commsched.platforms._shared.adapter import Blame, NetworkPlatform
from commsched.platforms._shared.answers import ident, invisible, refusal, value, without_error
from commsched.platforms._shared.checks import NUMBERED, check_pictures, check_text, longest, thread
from commsched.platforms._shared.readback import look_through

if TYPE_CHECKING:
    from commsched.platforms._mastodon.client import Client

_PIXELS, _GIF_PIXELS = 33_177_600, 1280 * 720
"""Width × height that a server takes, where it does not say; of GIFs it never says."""

_BASE_URL = Setting(
    "base_url",
    N_("Server"),
    kind="url",
    help=N_("The server's name, such as mastodon.social, or the account's own: @name@mastodon.social."),
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
    ways=("keys",),
)


class Mastodon(NetworkPlatform["Client"]):
    key = mentions = "mastodon"
    shape = "16:9"
    threads = True
    link_card = "network"
    answers_mention = True
    name = "Mastodon"
    about = N_("An account on any Mastodon server: posts, threads, pictures, videos and polls.")
    icon = "mastodon"
    guide = GUIDE
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
        *polls.OPTIONS,
        NUMBERED,
    )
    connects = frozenset({"keys", "oauth"})
    can = frozenset({"edit", "delete", "metrics", "replies", "report", "recent"})
    many_servers = True
    resend_if_absent = True
    resend_within = timedelta(minutes=45)
    """The server keeps the key for 60 minutes, and the try itself may wait another ten."""

    def client(self, context: ChannelContext) -> Client:
        from commsched.platforms._mastodon.client import Client

        return Client(address(context, _BASE_URL), value(context, _TOKEN), context)

    def outcome(self, error: Exception, context: ChannelContext, client: Client | None = None) -> Outcome:
        from commsched.platforms._mastodon import client as mastodon_client

        return mastodon_client.outcome(error, context, client)

    def blame(self, context: ChannelContext) -> Blame:
        return Blame(_TOKEN.key)

    def account(self, client: Client, context: ChannelContext) -> Account:
        me = client.account_verify_credentials()
        facts = facts_of(client, context, address(context, _BASE_URL))
        _require_rights(client)
        if not me.get("acct"):
            raise ValueError("the answer does not name the account")
        name = f"@{me['acct']}@{facts.domain}"
        url = str(me.get("url") or f"{address(context, _BASE_URL)}/@{me['acct']}")
        picture = str(me.get("avatar_static") or me.get("avatar") or "")
        return Account(ident(me), name, url, facts=msgspec.to_builtins(facts), picture=picture)

    def authorize(self, context: ChannelContext) -> Authorization:
        from commsched.platforms._mastodon import sign_in

        server = home_of(context, _BASE_URL)
        try:
            return sign_in.begin(context, server)
        except ConnectError:
            raise
        except Exception as error:
            field = _BASE_URL.key
            raise refusal(error, self.outcome(error, context), self.name, token=field, server=field) from error

    def callback(self, context: ChannelContext, answer: Mapping[str, str]) -> list[Account]:
        from commsched.platforms._mastodon import sign_in

        server, tokens = sign_in.finish(context, answer)
        settings = {**context.settings, _BASE_URL.key: server}
        signed_in = replace(context, settings=settings, secrets={**context.secrets, **tokens.secrets})
        account = self.connect(signed_in)
        return [replace(account, tokens=tokens, settings={_BASE_URL.key: server})]

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
            videos=1 if server.video_types else 0,
            video_bytes=server.video_bytes,
            video_types=server.video_types,
            video_codecs=("h264", "hevc", "vp8", "vp9", "av1"),
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

        problems = check_text(view, limits.characters, count, self.name) + check_pictures(view, limits, self.name)
        problems += [*polls.check_poll(view, kept(facts).polls, self.name)]
        problems += _check_captions(view) if limits.videos else []
        return [*problems, *_check_wordy(view)] if kept(facts).software == "pixelfed" else problems

    def parts(self, view: ChannelView) -> list[Part]:
        return thread(view)

    def upload(self, client: Client, part: Part, context: ChannelContext) -> Handles | Pending:
        return upload(client, part, context)

    def post(self, client: Client, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        waiting = self._still_processing(client, handles, context)
        if waiting is not None:
            return waiting
        options, poll = part.view.options, polls.poll_under(part)
        status = client.status_post(
            part.text,
            in_reply_to_id=part.parent or None,
            media_ids=ids(handles, "media") or None,
            visibility=options.get("visibility") or "public",
            spoiler_text=options.get("content_warning") or None,
            sensitive=bool(options.get("content_warning")),
            language=part.view.content.language or None,
            idempotency_key=part.key or None,
            poll=None if poll is None else poll.sent(),
        )
        return Published(ident(status), str(status.get("url") or status.get("uri") or ""))

    def _still_processing(self, client: Client, handles: Handles, context: ChannelContext) -> Outcome | None:
        """A reason to come back later, where the server has not yet worked through a picture."""
        try:
            if still_worked_on(client, ids(handles, "pending")):
                return Retry(N_("the server is still processing a picture"), context.now() + timedelta(seconds=5))
        except Exception as error:
            return invisible(self.outcome(error, context, client))
        return None

    def look(self, client: Client, part: Part, handles: Handles, start: datetime, context: ChannelContext) -> Finding:
        from commsched.platforms._mastodon.client import pages

        return look_through(pages(client, _me(client, context), part), part, start, strangers_matter=True)

    def remove(self, client: Client, remote_id: str, context: ChannelContext) -> None:
        without_error(client.status_delete(remote_id))

    def edit(self, part: Part, remote_id: str, context: ChannelContext) -> Outcome:
        from commsched.platforms._mastodon import posts

        return self._ask(context, lambda client: posts.edit(client, part, remote_id, context))

    def metrics(self, remote_ids: Sequence[str], context: ChannelContext) -> dict[str, Figures] | CannotTell:
        from commsched.platforms._mastodon import posts

        return self._learn(context, lambda client: posts.figures(client, remote_ids))

    def replies(self, remote_ids: Sequence[str], since: datetime, context: ChannelContext) -> list[Reply] | CannotTell:
        from commsched.platforms._mastodon import posts

        return self._learn(context, lambda client: posts.answers(client, remote_ids, since, _me(client, context)))

    def report(self, reply: Reply, reason: str, context: ChannelContext) -> Outcome:
        from commsched.platforms._mastodon import posts

        return self._ask(context, lambda client: posts.report(client, reply, reason))

    def recent(self, since: datetime, context: ChannelContext) -> list[Publication] | CannotTell:
        from commsched.platforms._mastodon import posts

        return self._learn(context, lambda client: posts.recent(client, _me(client, context), since))

    def seen(self, remote_id: str, context: ChannelContext) -> Seen | CannotTell:
        def look(client: Client) -> Seen:
            from commsched.platforms._mastodon.client import plain

            status = client.status(remote_id)
            alts = tuple(str(media.get("description") or "") for media in status.get("media_attachments") or ())
            return Seen(plain(str(status.get("content") or "")), len(alts), alts)

        try:
            return look(self.client(context))
        except Exception as error:
            return CannotTell(self.outcome(error, context).detail)

    def budgets(self, headers: Mapping[str, str], now: datetime) -> list[Budget]:
        from commsched.platforms._mastodon import posts

        return posts.budgets(headers, now)

    def gone(self, error: Exception) -> bool:
        from mastodon.errors import MastodonNotFoundError

        return isinstance(error, MastodonNotFoundError)


def _me(client: Client, context: ChannelContext) -> str:
    """The account's id, asked for where the channel was connected before it was kept."""
    return context.account or ident(client.account_verify_credentials())


def _require_rights(client: Client) -> None:
    """Refuse a token that may not publish, where the server tells (it does since version 4.3)."""
    from mastodon.errors import MastodonAPIError

    try:
        granted = set(client.app_verify_credentials().get("scopes") or ())
    except MastodonAPIError:
        return
    missing = [right for right in RIGHTS if granted and not {right, right.partition(":")[0]} & granted]
    if missing:
        raise DeadToken(N_("The token lacks the right %(right)s."), _TOKEN.key, right=", ".join(missing))


def _check_wordy(view: ChannelView) -> list[Problem]:
    if view.pictures or view.other_files:
        return []
    return [warn("pictures", N_("This server is made for pictures, and may refuse a post that has none."))]


def _check_captions(view: ChannelView) -> list[Problem]:
    if not any(file.captions and not file.burnt for file in view.other_files):
        return []
    words = N_("Mastodon takes no file of captions: whoever does not hear sees them only if they are in the picture.")
    return [warn("attachments", words)]


PLATFORM = Mastodon()

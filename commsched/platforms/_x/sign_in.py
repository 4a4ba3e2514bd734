"""Signing in at X with the installation's own app (OAuth 2.0 with PKCE), and the renewal of what it brings.

The access lasts two hours. What renews it is good once: whoever calls saves the new one before anybody uses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from commsched.core.platform.access import Authorization, Tokens
from commsched.core.platform.contract import ChannelContext, ConnectError, DeadToken, Setting
from commsched.core.text.messages import N_
from commsched.platforms._http import oauth
from commsched.platforms._shared.answers import base_url

CLIENT_ID: Final = Setting("client_id", N_("Client ID"))
CLIENT_SECRET: Final = Setting(
    "client_secret",
    N_("Client secret"),
    kind="password",
    secret=True,
    required=False,
    note=N_("where the app is a confidential client"),
)
API: Final = "https://api.x.com"
PAGE: Final = "https://x.com"
"""Where people say yes: not where the API is."""
_SCOPES: Final = "tweet.read tweet.write tweet.moderate.write users.read media.write offline.access"


def begin(context: ChannelContext, server: Setting) -> Authorization:
    """Where the person says yes. Raises :class:`ConnectError` where the installation has no app at X."""
    return Authorization(oauth.address(_provider(context, server), context))


def finish(context: ChannelContext, server: Setting, answer: Mapping[str, str]) -> Tokens:
    """The access for the code in ``answer``, which X forgets after 30 seconds."""
    return _ours(oauth.trade(_provider(context, server), context, answer))


def renew(context: ChannelContext, server: Setting) -> Tokens:
    """Another access. Raises :class:`DeadToken` also for one that cannot be renewed: it was pasted."""
    if not context.secrets.get("refresh_token"):
        raise DeadToken(N_("X does not accept these keys any more. Paste new ones, or sign in."), "access_token")
    return _ours(oauth.renew(_provider(context, server), context))


def page(server: str) -> str:
    """Where people say yes, for the API at ``server``; a simulator is one server for both."""
    return PAGE if server == API else server


def _ours(tokens: Tokens) -> Tokens:
    """The access by its own name here: ``access_token`` is one of the four keys of OAuth 1.0a."""
    return replace(
        tokens,
        secrets={
            "bearer_token": tokens.secrets["access_token"],
            "refresh_token": tokens.secrets.get("refresh_token", ""),
        },
    )


def _provider(context: ChannelContext, server: Setting) -> oauth.Provider:
    client_id = context.app.get(CLIENT_ID.key, "")
    if not client_id:
        words = N_("This installation has no app at X yet. Whoever runs it enters one, or you paste the four keys.")
        raise ConnectError(words)
    api = base_url(context, server)
    return oauth.Provider(
        "X",
        f"{page(api)}/i/oauth2/authorize",
        f"{api}/2/oauth2/token",
        client_id,
        context.app.get(CLIENT_SECRET.key, ""),
        _SCOPES,
    )

"""OAuth 2.0 by Authlib: the address to authorize at, the trade of the code, the renewal (RFC 6749; PKCE: RFC 7636).

Authlib speaks over the channel's own session, so that its guard, its deadline and its proof of what was sent hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from commsched.core.platform.access import Tokens
from commsched.core.platform.contract import ChannelContext, ConnectError, DeadToken
from commsched.core.text.messages import N_
from commsched.platforms._shared.answers import detail, from_failure, refusal

if TYPE_CHECKING:
    from authlib.oauth2.client import OAuth2Client

_ENDED: Final = ("invalid_grant", "invalid_client", "unauthorized_client", "access_denied")
"""What a provider says of an access that nobody gets back by asking again (RFC 6749, 5.2)."""


class Provider(msgspec.Struct, frozen=True):
    """A platform's authorization server, and what it knows us by."""

    name: str
    authorize_url: str
    token_url: str
    client_id: str
    client_secret: str = ""
    scope: str = ""
    client_auth: Literal["header", "form"] = "header"
    """Where the client's secret goes when the code is traded (RFC 6749, 2.3.1): some servers read only one of them."""
    server_field: str = "base_url"
    """The setting to point at where it cannot be reached."""


def address(provider: Provider, context: ChannelContext) -> str:
    """Where a person says yes, with the state and the code challenge of ``context.handshake``."""
    assert context.handshake is not None, "an authorization that nobody has begun"
    shaken = context.handshake
    url, _state = _client(provider, context).create_authorization_url(
        provider.authorize_url, state=shaken.state, code_verifier=shaken.verifier
    )
    return str(url)


def trade(provider: Provider, context: ChannelContext, answer: Mapping[str, str]) -> Tokens:
    """The access for the code in ``answer``. Raises :class:`ConnectError`, also where the person said no."""
    assert context.handshake is not None, "an answer to nothing"
    if "code" not in answer:
        words = N_("You did not let the office in at %(platform)s. (%(detail)s)")
        said = answer.get("error_description") or answer.get("error") or "no code"
        raise ConnectError(words, platform=provider.name, detail=detail(said, context))
    code, verifier = answer["code"], context.handshake.verifier
    return _tokens(
        provider,
        context,
        lambda client: client.fetch_token(
            provider.token_url, grant_type="authorization_code", code=code, code_verifier=verifier
        ),
    )


def renew(provider: Provider, context: ChannelContext) -> Tokens:
    """Another access for the refresh token that the channel has. Raises as :meth:`Platform.refresh`."""
    kept = context.secrets.get("refresh_token", "")
    return _tokens(provider, context, lambda client: client.refresh_token(provider.token_url, refresh_token=kept))


def _client(provider: Provider, context: ChannelContext) -> OAuth2Client:
    from authlib.integrations.requests_client.oauth2_session import OAuth2ClientAuth
    from authlib.oauth2.client import OAuth2Client

    client = OAuth2Client(
        context.http,
        provider.client_id,
        provider.client_secret or None,
        scope=provider.scope or None,
        redirect_uri=context.handshake.redirect_uri if context.handshake else None,
        code_challenge_method="S256",
        token_endpoint_auth_method=_method(provider),
    )
    client.client_auth_class = OAuth2ClientAuth
    return client


def _method(provider: Provider) -> str:
    """How the client says who it is, by its registered name (RFC 7591, 2)."""
    if not provider.client_secret:
        return "none"
    return "client_secret_basic" if provider.client_auth == "header" else "client_secret_post"


def _tokens(provider: Provider, context: ChannelContext, ask: Callable[[OAuth2Client], Mapping[str, object]]) -> Tokens:
    """What the provider answered, or its refusal in words."""
    from authlib.common.errors import AuthlibBaseError

    try:
        answer = ask(_client(provider, context))
        secrets = {key: str(answer.get(key) or "") for key in ("access_token", "refresh_token")}
        if not secrets["access_token"]:
            raise ValueError("the answer has no access token")
    except AuthlibBaseError as error:
        kind = DeadToken if error.error in _ENDED else ConnectError
        words = N_("%(platform)s gives no access any more. Connect it again. (%(detail)s)")
        raise kind(words, platform=provider.name, detail=detail(str(error), context)) from error
    except Exception as error:
        field = provider.server_field
        raise refusal(error, from_failure(error, context), provider.name, token=field, server=field) from error
    return Tokens(secrets, *(_moment(context, answer.get(key)) for key in ("expires_in", "refresh_token_expires_in")))


def _moment(context: ChannelContext, seconds: object) -> datetime | None:
    """The moment so many seconds from now; None for what is no number of them."""
    digits = str(seconds)
    known = digits.isdigit() and 0 < int(digits) < 10**10
    return context.now() + timedelta(seconds=int(digits)) if known else None

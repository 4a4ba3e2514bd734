"""Signing in on a Mastodon server by its name alone: the app registers itself there, then the person says yes.

What the server knows us by is made anew each time and kept with the channel, so that nothing is shared between offices.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from commsched.core.platform.access import Authorization, Tokens
from commsched.core.platform.contract import ChannelContext, ConnectError
from commsched.core.platform.http import HttpAnswer
from commsched.core.text.messages import N_
from commsched.platforms._http import oauth
from commsched.platforms._mastodon.server import RIGHTS
from commsched.platforms._shared.answers import detail, is_api, read

NAME: Final = "Mastodon"
_WISHED: Final = (*RIGHTS, "write:reports")
_WHOLE: Final = ("read", "write")
"""What is asked for on servers that do not know the finer rights."""
_USUAL: Final = {"authorize": "/oauth/authorize", "token": "/oauth/token"}


class _App(msgspec.Struct):
    client_id: str
    client_secret: str


class _Described(msgspec.Struct):
    """What a server says of how it authorizes (RFC 8414)."""

    authorization_endpoint: object = ""
    token_endpoint: object = ""
    scopes_supported: object = None


def begin(context: ChannelContext, server: str) -> Authorization:
    """Register the app on ``server`` and return where the person says yes. Raises :class:`ConnectError`, and what the
    network raises."""
    described = _described(context, server)
    scope = " ".join(_scopes(described))
    app = _register(context, server, scope)
    if app is None and scope != " ".join(_WHOLE):
        scope = " ".join(_WHOLE)
        app = _register(context, server, scope)
    if app is None:
        words = N_("%(server)s does not let this app sign in. Is it a Mastodon server?")
        raise ConnectError(words, "base_url", server=server)
    kept = {
        "server": server,
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "scope": scope,
        "authorize": _own(described.authorization_endpoint, server, "authorize"),
        "token": _own(described.token_endpoint, server, "token"),
    }
    return Authorization(oauth.address(_provider(kept), context), kept)


def finish(context: ChannelContext, answer: Mapping[str, str]) -> tuple[str, Tokens]:
    """The server, and the access for the code in ``answer``. Raises :class:`ConnectError`."""
    assert context.handshake is not None, "an answer to nothing"
    kept = context.handshake.kept
    tokens = oauth.trade(_provider(kept), context, answer)
    app = {key: kept[key] for key in ("client_id", "client_secret")}
    return kept["server"], replace(tokens, secrets={**tokens.secrets, **app})


def _provider(kept: Mapping[str, str]) -> oauth.Provider:
    """The challenge (PKCE) goes along to every server: those that do not know it pass it over (RFC 6749, 3.1)."""
    return oauth.Provider(
        NAME,
        kept["authorize"],
        kept["token"],
        kept["client_id"],
        kept["client_secret"],
        kept["scope"],
        client_auth="form",  # some read it nowhere else
    )


def _described(context: ChannelContext, server: str) -> _Described:
    """What the server says of itself; a server that does not describe itself does as Mastodon always has."""
    url = f"{server}/.well-known/oauth-authorization-server"
    answer = context.http.request("GET", url, timeout=context.timeout)
    try:
        return read(answer.json(), _Described) if answer.status_code == 200 else _Described()
    except (ValueError, msgspec.ValidationError, RecursionError):
        return _Described()


def _scopes(described: _Described) -> tuple[str, ...]:
    """The finest rights that the server has; all of them where it does not tell."""
    known = described.scopes_supported
    if not isinstance(known, list) or not known:
        return _WISHED
    if not set(RIGHTS) <= set(map(str, known)):
        return _WHOLE
    return tuple(right for right in _WISHED if right in known)


def _own(said: object, server: str, name: str) -> str:
    """An address that the server names, where it is its own: the code and the secret go nowhere else."""
    own = isinstance(said, str) and said.startswith(f"{server}/")
    return str(said) if own else server + _USUAL[name]


def _register(context: ChannelContext, server: str, scope: str) -> _App | None:
    """What the server knows us by from now on; ``None`` where it refuses the question."""
    assert context.handshake is not None, "an authorization that nobody has begun"
    form = {"client_name": "commsched", "redirect_uris": context.handshake.redirect_uri, "scopes": scope}
    if context.public_url.startswith("https://"):
        form["website"] = context.public_url
    answer = context.http.request("POST", f"{server}/api/v1/apps", data=form, timeout=context.timeout)
    if answer.status_code == 429 or answer.status_code >= 500 or not is_api(answer):
        raise ValueError(f"no answer that can be read: HTTP {answer.status_code}")
    if not 200 <= answer.status_code < 300:
        _refuse_closed(answer, context)
        return None
    return read(answer.json(), _App)


def _refuse_closed(answer: HttpAnswer, context: ChannelContext) -> None:
    """A server that is for its own people alone says so to any app, whatever rights it asks for."""
    if answer.status_code in (401, 403):
        words = N_("The server lets no app register itself. Paste an access token instead. (%(detail)s)")
        raise ConnectError(words, "base_url", detail=detail(answer.text[:200], context))

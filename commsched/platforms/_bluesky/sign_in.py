"""Signing in on an account's own server (the AT Protocol's profile of OAuth 2.1).

The account's document names its server, the server its issuer, the issuer its calls. The question is pushed to it first
(PAR, RFC 9126), the answer is traded with PKCE, and the access is bound to a key that is made for it (DPoP). It counts
only for the account that was asked for, by the issuer that was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

import msgspec

from commsched.core.platform.access import Authorization, Tokens
from commsched.core.platform.contract import ChannelContext, ConnectError, DeadToken
from commsched.core.platform.http import HttpAnswer
from commsched.core.text.messages import N_
from commsched.platforms._bluesky import dpop
from commsched.platforms._bluesky.app import SCOPE, App, app_of, refuses
from commsched.platforms._bluesky.identity import Identity, get, own_address, resolve
from commsched.platforms._shared.answers import detail, is_api, read

NAME: Final = "Bluesky"
ACCESS: Final = "access_token"
REFRESH: Final = "refresh_token"
KEY: Final = "dpop_key"
"""The secret by which a channel is known that somebody signed in for: the key that its access is bound to."""
BEGAN: Final = "signed_in_at"
"""When the person said yes: from then on the server counts how long anybody is let in."""
_ENDED: Final = ("invalid_grant", "invalid_client", "unauthorized_client", "access_denied")
_LASTS: Final = {True: timedelta(days=730), False: timedelta(days=14)}
"""How long an installation that proves itself is let in, and one that cannot, before a person must sign in again."""


class _Resource(msgspec.Struct):
    """What a server says of who lets people in there (RFC 9728)."""

    resource: str
    authorization_servers: list[str]


class _Issuer(msgspec.Struct):
    """What an issuer says of itself (RFC 8414), as the profile demands it."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    pushed_authorization_request_endpoint: str
    scopes_supported: list[str]
    dpop_signing_alg_values_supported: list[str]
    authorization_response_iss_parameter_supported: bool
    client_id_metadata_document_supported: bool

    @property
    def is_fit(self) -> bool:
        """Whether it is one of the AT Protocol's."""
        knows = self.authorization_response_iss_parameter_supported and self.client_id_metadata_document_supported
        return knows and "ES256" in self.dpop_signing_alg_values_supported and "atproto" in self.scopes_supported


class _Pushed(msgspec.Struct):
    request_uri: str


class _Granted(msgspec.Struct):
    access_token: str
    token_type: str
    sub: str
    scope: str
    refresh_token: str = ""
    expires_in: object = 0


class _Refusal(msgspec.Struct):
    error: str = ""
    error_description: str = ""


def begin(name: str, service: str, context: ChannelContext) -> Authorization:
    """Where the person called ``name`` says yes. Raises :class:`ConnectError`, and what the network raises."""
    assert context.handshake is not None, "an authorization that nobody has begun"
    words = refuses(context.public_url)
    if words:
        raise ConnectError(words, "handle")
    who = resolve(name, service, context)
    issuer = _issuer_of(who, context)
    app, key = app_of(context, context.handshake.redirect_uri), dpop.new_key()
    form = {
        **app.proof(issuer.issuer, context),
        "response_type": "code",
        "redirect_uri": context.handshake.redirect_uri,
        "scope": SCOPE,
        "state": context.handshake.state,
        "code_challenge": dpop.challenge(context.handshake.verifier),
        "code_challenge_method": "S256",
        "login_hint": name,
    }
    answer = dpop.Bound(key, context).request("POST", issuer.pushed_authorization_request_endpoint, data=form)
    pushed = read(_success(answer, context), _Pushed)
    asked = urlencode({"client_id": app.id, "request_uri": pushed.request_uri})
    kept = {
        KEY: key,
        "did": who.did,
        "server": who.server,
        "issuer": issuer.issuer,
        "token_url": issuer.token_endpoint,
        "client_id": app.id,
        "confidential": "1" if app.confidential else "",
    }
    return Authorization(f"{issuer.authorization_endpoint}?{asked}", kept)


def finish(context: ChannelContext, answer: Mapping[str, str]) -> tuple[Identity, Tokens]:
    """The account, and the access for the code in ``answer``. Raises :class:`ConnectError`, and what the network
    raises."""
    assert context.handshake is not None, "an answer to nothing"
    kept, shaken = context.handshake.kept, context.handshake
    if answer.get("iss") != kept.get("issuer") or answer.get("state") != shaken.state:
        raise ConnectError(
            N_("The answer came from another server than the one that was asked. Begin again."), "handle"
        )
    if "code" not in answer:
        words = N_("You did not let the office in at %(platform)s. (%(detail)s)")
        said = answer.get("error_description") or answer.get("error") or "no code"
        raise ConnectError(words, "handle", platform=NAME, detail=detail(said, context))
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "redirect_uri": shaken.redirect_uri,
        "code_verifier": shaken.verifier,
    }
    return Identity(kept["did"], kept["server"]), _granted(kept, form, context)


def renew(context: ChannelContext) -> Tokens:
    """Another access for the refresh token, which is good for one use. Raises as ``Platform.refresh``."""
    kept = context.secrets
    if kept.get("confidential") and kept["client_id"] != app_of(context, "").id:
        raise DeadToken(N_("This installation has another address now. Sign in at Bluesky again."), "handle")
    form = {"grant_type": "refresh_token", REFRESH: context.secrets.get(REFRESH, "")}
    return _granted(context.secrets, form, context)


def _issuer_of(who: Identity, context: ChannelContext) -> _Issuer:
    """Who lets people in on the account's server. Raises :class:`ConnectError` where nobody does in this way."""
    answer = get(f"{who.server}/.well-known/oauth-protected-resource", context)
    if answer.status_code in (404, 501):
        words = N_("The account's server has no sign-in of this kind. Connect it with an app password instead.")
        raise ConnectError(words, "handle")
    resource = read(_document(answer), _Resource)
    if resource.resource.rstrip("/") != who.server or len(resource.authorization_servers) != 1:
        raise ValueError("the server names another than itself, or no issuer")
    address = own_address(resource.authorization_servers[0], context)
    issuer = read(_document(get(f"{address}/.well-known/oauth-authorization-server", context)), _Issuer)
    if issuer.issuer != address or not issuer.is_fit:
        raise ValueError("the issuer is another than was asked, or not one of this network")
    for url in (issuer.authorization_endpoint, issuer.token_endpoint, issuer.pushed_authorization_request_endpoint):
        own_address(url, context)
    return issuer


def _document(answer: HttpAnswer) -> object:
    if answer.status_code != 200:
        raise ValueError(f"no document: HTTP {answer.status_code}")
    return answer.json()


def _granted(kept: Mapping[str, str], form: Mapping[str, str], context: ChannelContext) -> Tokens:
    """The access that the issuer gives for ``form``, with all that its renewal needs."""
    app = App(kept["client_id"], bool(kept.get("confidential")))
    proved = {**app.proof(kept["issuer"], context), **form}
    answer = dpop.Bound(kept[KEY], context).request("POST", kept["token_url"], data=proved)
    granted = read(_success(answer, context), _Granted)
    if granted.sub != kept["did"]:
        words = N_("Somebody else signed in than the account that was asked for. Begin again, and sign in as that one.")
        raise ConnectError(words, "handle")
    if granted.token_type.lower() != "dpop" or not granted.access_token or not granted.refresh_token:
        raise ValueError("the access is none that can be kept")
    if not set(SCOPE.split()) <= set(granted.scope.split()):
        raise DeadToken(
            N_("The access that was given may not publish. Begin again, and let the office do so."), "handle"
        )
    secrets = {ACCESS: granted.access_token, REFRESH: granted.refresh_token}
    again = ("did", "issuer", "token_url", "client_id", "confidential", KEY)
    secrets |= {key: kept[key] for key in again if kept.get(key)}
    now = context.now()
    began = kept.get(BEGAN) or now.isoformat()
    ends = datetime.fromisoformat(began) + _LASTS[app.confidential]
    said = granted.expires_in
    life = min(said, 86_400) if isinstance(said, int) and said > 0 else 300  # an odd word is no reason to lose it
    access_until = now + timedelta(seconds=life)
    return Tokens({**secrets, BEGAN: began}, access_until, ends)


def _success(answer: HttpAnswer, context: ChannelContext) -> object:
    """What an issuer answered. Raises :class:`DeadToken` where it says that nothing is to be had any more."""
    if 200 <= answer.status_code < 300:
        return answer.json()
    if answer.status_code >= 500 or answer.status_code == 429 or not is_api(answer):
        raise ValueError(f"no answer that can be read: HTTP {answer.status_code}")
    refusal = read(answer.json(), _Refusal)
    kind = DeadToken if refusal.error in _ENDED else ConnectError
    words = N_("%(platform)s gives no access any more. Connect it again. (%(detail)s)")
    if kind is ConnectError:
        words = N_("%(platform)s refused the settings. (%(detail)s)")
    said = ": ".join(part for part in (refusal.error, refusal.error_description) if part)
    raise kind(words, "handle", platform=NAME, detail=detail(said, context))

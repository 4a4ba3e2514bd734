"""An authorization server whose rules are Authlib's own (RFC 6749, 7636, 8414), to be put into any simulator.

>>> class Network(Simulator):
...     def __init__(self) -> None:
...         super().__init__()
...         self.oauth = OAuthServer(authorize="/authorize", token="/token")
...         self.oauth.register("app-0001", "secret-0001", scope="read write")
...
...     def stage(self, call: Call) -> Stage:
...         return self.oauth.stage(call) or ("read" if call.method == "GET" else "publish")
...
...     def handle(self, call: Call) -> Answer:
...         answer = self.oauth.handle(call)
...         if answer is not None:
...             return answer
...         token = self.oauth.token_of(call)  # None: 401

The person says yes at once (or no: ``consents``): a test asks the address with ``answer_of`` and hands the result to
``callback``. What the client sends is judged by Authlib's server side, not by us: the exact redirect address, the
client's own secret in the way that it is registered for, the code challenge, a code that is good once and not long, a
refresh token that is good once. A refresh token used twice revokes what it gave (RFC 9700, 4.14.2).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import requests
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    JsonRequest,
    OAuth2Request,
    grants,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge

from tests.sims._server import Answer, Call, Stage

Pkce = Literal["required", "optional", "ignored"]


@dataclass
class App(ClientMixin):  # type: ignore[misc]
    """A client that is registered. ``redirects`` are compared letter by letter; with none any address will do."""

    client_id: str
    client_secret: str = ""
    redirects: tuple[str, ...] = ()
    scope: str = ""
    method: str = ""
    """How it says who it is: ``client_secret_post``, ``client_secret_basic`` or ``none``; empty for any."""

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        return self.redirects[0] if len(self.redirects) == 1 else None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What was asked for, where all of it is allowed; a client that asks for nothing gets what it may have."""
        asked, may = set((scope or "").split()), set(self.scope.split())
        if not asked or not may:
            return scope or self.scope
        return scope if all({each, each.partition(":")[0]} & may for each in asked) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return not self.redirects or redirect_uri in self.redirects

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(self.client_secret.encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.method or (not self.method and (method != "none" or not self.client_secret))

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in ("authorization_code", "refresh_token")


@dataclass
class Code:
    """A yes that was not traded yet."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    user: str
    ends: datetime
    code_challenge: str = ""
    code_challenge_method: str = ""

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


@dataclass
class Token:
    """An access, and what it is renewed with. ``family`` is the yes that it came from."""

    access: str
    refresh: str
    client_id: str
    scope: str
    user: str
    ends: datetime | None
    family: str
    used: bool = False
    """Whether the refresh token was traded for another."""
    revoked: bool = False

    def check_client(self, client: ClientMixin) -> bool:
        return bool(client.get_client_id() == self.client_id)

    def get_scope(self) -> str:
        return self.scope


@dataclass
class OAuthServer:
    """The endpoints, and what was given. Times are by ``now``, which a test may move."""

    authorize: str = "/oauth/authorize"
    token: str = "/oauth/token"
    metadata: str = "/.well-known/oauth-authorization-server"
    """Where it describes itself (RFC 8414); empty where it does not."""
    pkce: Pkce = "required"
    lasts: int | None = 7200
    """Seconds that an access lasts. ``None``: for ever, and nothing is renewed."""
    code_lasts: int = 30
    """Seconds that a code lasts: X's are the shortest."""
    rotates: bool = True
    """Whether a refresh token is good once, and a new one comes with each access."""
    consents: bool = True
    user: str = "1"
    says_nothing: bool = False
    """Whether a renewal is answered with 200 and nothing in it."""
    more: dict[str, Any] = field(default_factory=dict)
    """What the answer with the token has beside what the standard says."""
    scopes: tuple[str, ...] = ()
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    apps: dict[str, App] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: list[Token] = field(default_factory=list)
    renewals: int = 0

    def register(
        self, client_id: str, client_secret: str = "", *redirects: str, scope: str = "", method: str = ""
    ) -> App:
        """Enter a client by hand, as whoever runs an installation does at the network."""
        self.apps[client_id] = App(client_id, client_secret, redirects, scope, method)
        return self.apps[client_id]

    def stage(self, call: Call) -> Stage | None:
        """Whether a fault for a reading (``read:``) or an invisible call (``prepare:``) is meant; else not ours."""
        if call.path in (self.authorize, self.metadata):
            return "read"
        return "prepare" if call.path == self.token else None

    def handle(self, call: Call) -> Answer | None:
        """What it says to a call to one of its endpoints; None for any other."""
        if self.metadata and call.path == self.metadata:
            return Answer(200, self._described(f"http://{call.host}"))
        if (call.method, call.path) == ("GET", self.authorize):
            return self._authorized(call)
        if (call.method, call.path) == ("POST", self.token):
            return _Server(self).create_token_response(call)  # type: ignore[no-any-return]
        return None

    def token_of(self, call: Call) -> Token | None:
        """The access that a call carries, where it is one of ours and still good."""
        kind, _, access = call.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        for token in self.tokens:
            if token.access == access:
                late = token.ends is not None and token.ends <= self.now()
                return None if late or token.revoked else token
        return None

    def revoke(self) -> None:
        """What the person does on the network's own page: nothing that was given is good any more."""
        for token in self.tokens:
            token.revoked = True

    def _described(self, issuer: str) -> dict[str, Any]:
        said: dict[str, Any] = {
            "issuer": f"{issuer}/",
            "authorization_endpoint": issuer + self.authorize,
            "token_endpoint": issuer + self.token,
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
        if self.scopes:
            said["scopes_supported"] = list(self.scopes)
        if self.pkce != "ignored":
            said["code_challenge_methods_supported"] = ["S256"]
        return said

    def _authorized(self, call: Call) -> Answer:
        server = _Server(self)
        try:
            grant = server.get_consent_grant(call, end_user=self.user)
        except OAuth2Error as error:
            return Answer(400, {"error": error.error, "error_description": error.description})
        user = self.user if self.consents else None
        return server.create_authorization_response(call, grant_user=user, grant=grant)  # type: ignore[no-any-return]

    def save(self, answer: dict[str, Any], request: OAuth2Request) -> None:
        """Keep a token that was made; the one that it takes the place of is used up, where they rotate."""
        before: Token | None = request.refresh_token
        if before is not None:
            self.renewals += 1
            before.used = self.rotates
            if not self.rotates:
                answer.setdefault("refresh_token", before.refresh)
        seconds = answer.get("expires_in")
        self.tokens.append(
            Token(
                answer["access_token"],
                answer.get("refresh_token", ""),
                request.client.get_client_id(),
                answer.get("scope", ""),
                str(request.user),
                self.now() + timedelta(seconds=seconds) if seconds else None,
                before.family if before is not None else secrets.token_hex(4),
            )
        )

    def renewable(self, refresh: str) -> Token | None:
        """The access behind a refresh token. One that was used before is in two hands: all of its family ends."""
        token = next((each for each in self.tokens if each.refresh and each.refresh == refresh), None)
        if token is not None and token.used:
            for each in self.tokens:
                each.revoked = each.revoked or each.family == token.family
        return None if token is None or token.revoked else token


def answer_of(address: str) -> dict[str, str]:
    """What the browser does at ``address``: the person is asked, and the answer they are sent back with is returned.

    Raises ``AssertionError`` where the server does not send them back.
    """
    page = requests.get(address, allow_redirects=False, timeout=10)
    assert page.status_code == 302, page.text
    return dict(parse_qsl(urlsplit(page.headers["location"]).query))


class _Request(OAuth2Request):  # type: ignore[misc]
    """A call as Authlib reads one. That the way is safe is not its business here: simulators speak in the clear."""

    def __init__(self, call: Call) -> None:
        headers = {name.title(): value for name, value in call.headers.items()}
        super().__init__(call.method, f"https://{call.host}{call.path}", headers=headers)
        self._query, self._form = call.query, call.form
        self.payload = BasicOAuth2Payload(call.form if call.method == "POST" else call.query)

    @property
    def args(self) -> dict[str, str]:
        return self._query

    @property
    def form(self) -> dict[str, str]:
        return self._form


class _Server(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server over what an :class:`OAuthServer` has given."""

    def __init__(self, ours: OAuthServer) -> None:
        super().__init__(scopes_supported=ours.scopes or None)
        self.ours = ours
        self.register_token_generator("default", self._token)
        challenge = [] if ours.pkce == "ignored" else [_Challenge(ours.pkce == "required")]
        self.register_grant(_CodeGrant, challenge)
        self.register_grant(_RefreshGrant)

    def _token(self, grant_type: str, client: App, scope: str = "", **more: Any) -> dict[str, Any]:
        ours = self.ours
        if ours.says_nothing and grant_type == "refresh_token":
            return {"access_token": "", "refresh_token": "", "token_type": "Bearer"}
        answer: dict[str, Any] = {"token_type": "Bearer", "access_token": secrets.token_urlsafe(16), **ours.more}
        if scope:
            answer["scope"] = scope
        if ours.lasts is not None:
            answer["expires_in"] = ours.lasts
            if grant_type != "refresh_token" or ours.rotates:
                answer["refresh_token"] = secrets.token_urlsafe(16)
        return answer

    def query_client(self, client_id: str) -> App | None:
        return self.ours.apps.get(client_id)

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        self.ours.save(token, request)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Call) -> OAuth2Request:
        return request if isinstance(request, OAuth2Request) else _Request(request)

    def create_json_request(self, request: Call) -> JsonRequest:
        raise AssertionError("no endpoint here reads JSON")

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Answer:
        kept = {name.lower(): value for name, value in headers if name.lower() == "location"}
        return Answer(status, body, kept)


class _Challenge(CodeChallenge):  # type: ignore[misc]
    """S256 alone; where it is required, also of a client that has a secret (RFC 9700, 2.1.1)."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        from authlib.oauth2.rfc6749 import InvalidRequestError

        super().validate_code_challenge(grant, redirect_uri)
        data = grant.request.payload.data
        if self.required and not data.get("code_challenge"):
            raise InvalidRequestError("Missing 'code_challenge'")
        if data.get("code_challenge") and data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Unsupported 'code_challenge_method'")


class _CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")

    def save_authorization_code(self, code: str, request: OAuth2Request) -> Code:
        ours, data = self.server.ours, request.payload.data
        ours.codes[code] = Code(
            code,
            request.client.get_client_id(),
            data.get("redirect_uri", ""),
            request.scope or "",
            str(request.user),
            ours.now() + timedelta(seconds=ours.code_lasts),
            data.get("code_challenge", ""),
            data.get("code_challenge_method", ""),
        )
        return ours.codes[code]  # type: ignore[no-any-return]

    def query_authorization_code(self, code: str, client: App) -> Code | None:
        kept = self.server.ours.codes.get(code)
        good = kept is not None and kept.client_id == client.client_id and kept.ends > self.server.ours.now()
        return kept if good else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        del self.server.ours.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> str:
        return authorization_code.user


class _RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
        return self.server.ours.renewable(refresh_token)

    def authenticate_user(self, credential: Token) -> str:
        return credential.user

    def revoke_old_credential(self, credential: Token) -> None:
        """It is used up by ``save``."""

"""Sessions: made with an app password, renewed with a refresh token, and kept, since a server lets nobody sign in more
than thirty times in five minutes.

An access token is good for some two hours, a refresh token for some three months and for one use.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from commsched.core.platform.access import Tokens
from commsched.core.platform.contract import ChannelContext, ConnectError, DeadToken, Setting
from commsched.core.text.messages import N_
from commsched.platforms._bluesky.client import Client, XrpcError
from commsched.platforms._shared.answers import base_url, read

ACCESS: Final = "access_jwt"
REFRESH: Final = "refresh_jwt"
OF: Final = "session_of"
"""The secret that says which name and password the session was made with: with others it is not theirs."""
_UNSAID: Final = timedelta(minutes=60)
"""How long an access is taken to be good for that does not say."""
_SECOND_FACTOR: Final = "AuthFactorTokenRequired"


class Service(msgspec.Struct):
    """One of the services that an account's document names."""

    id: str = ""
    serviceEndpoint: object = ""


class Document(msgspec.Struct):
    """An account's own document: where its records are kept."""

    service: list[Service] = []

    @property
    def server(self) -> str:
        """The account's own server, as ``https://host[:port]``; empty where it names none."""
        named = [each.serviceEndpoint for each in self.service if each.id.endswith("#atproto_pds")]
        return named[0].rstrip("/") if named and isinstance(named[0], str) else ""


class Session(msgspec.Struct):
    """Who an access speaks as; with tokens where it has just been made."""

    did: str
    handle: str
    accessJwt: str = ""
    refreshJwt: str = ""
    didDoc: object = None
    active: object = True

    @property
    def server(self) -> str:
        """Where the account's records are kept; empty where the answer does not say."""
        try:
            return read(self.didDoc, Document).server
        except msgspec.ValidationError:
            return ""


def kept_access(context: ChannelContext, name: str, password: str) -> str:
    """The access that the channel has, where it was made with this very name and password."""
    return context.secrets.get(ACCESS, "") if context.secrets.get(OF) == mark(name, password) else ""


def mark(name: str, password: str) -> str:
    """What a session is known to be made with."""
    return hashlib.sha256(f"{name}\n{password}".encode()).hexdigest()[:16]


def current(client: Client) -> Session | None:
    """Whose session the client has; ``None`` where it has none, or one that the server does not know any more."""
    if not client.token:
        return None
    try:
        return read(client.get("com.atproto.server.getSession"), Session)
    except XrpcError as error:
        if error.response.status_code in (400, 401):
            return None
        raise


def sign_in(server: str, name: str, password: str, context: ChannelContext) -> Session:
    """A new session. Raises :class:`XrpcError`, and :class:`ConnectError` where it is not an app password."""
    try:
        body = {"identifier": name, "password": password}
        session = read(Client(server, "", "", context).post("com.atproto.server.createSession", body), Session)
    except XrpcError as error:
        if error.name == _SECOND_FACTOR:
            words = N_("That is the account's own password. Make an app password on Bluesky, and paste that.")
            raise ConnectError(words, "app_password") from error
        raise
    return _whole(session)


def renew(server: str, context: ChannelContext) -> Session | None:
    """The session with new tokens; ``None`` where the server says that the refresh token is no good any more."""
    token = context.secrets.get(REFRESH, "")
    if not token:
        return None
    try:
        answer = Client(server, token, "", context).post("com.atproto.server.refreshSession", {})
    except XrpcError as error:
        if error.response.status_code in (400, 401):
            return None
        raise
    return _whole(read(answer, Session))


def _whole(session: Session) -> Session:
    if not session.accessJwt or not session.refreshJwt or not session.did.startswith("did:"):
        raise ValueError("the answer has no session in it")
    return session


def require_active(session: Session) -> None:
    """Refuse an account that its server has put to rest."""
    if session.active is False:
        raise DeadToken(N_("The account on Bluesky is not active."), "handle")


def tokens(session: Session, name: str, password: str, context: ChannelContext) -> Tokens:
    """What to keep of a session that was just made. It can always be made anew with the password."""
    kept = {ACCESS: session.accessJwt, REFRESH: session.refreshJwt, OF: mark(name, password)}
    return Tokens(kept, _until(session.accessJwt) or context.now() + _UNSAID)


class _Claims(msgspec.Struct):
    exp: int


def _until(token: str) -> datetime | None:
    """When a token says that it ends."""
    try:
        middle = token.split(".")[1]
        claims = msgspec.json.decode(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)), type=_Claims)
        return datetime.fromtimestamp(claims.exp, UTC)
    except (IndexError, ValueError, binascii.Error, msgspec.MsgspecError, OverflowError, OSError):
        return None


def server_of(session: Session, context: ChannelContext) -> str:
    """Where the account's records are kept, if its document names a server that may be called; else empty."""
    address = Setting("server", "", default=session.server)
    try:
        return base_url(context, address) if session.server else ""
    except ConnectError:
        return ""


class _Profile(msgspec.Struct):
    avatar: object = ""


def picture(client: Client) -> str:
    """The address of the account's own picture; empty where it has none, or nobody says: it is only shown."""
    try:
        avatar = read(client.get("app.bsky.actor.getProfile", {"actor": client.did}), _Profile).avatar
    except Exception:  # nothing depends on it
        return ""
    return avatar if isinstance(avatar, str) and avatar.startswith("https://") else ""

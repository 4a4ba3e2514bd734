"""Access tokens of relays that a person signed in at: renewed by one at a time, saved before anybody uses them.

An answer without a token overwrites nothing, and neither does one that comes after a person has signed in anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import select

from commsched.core.platform.access import Handshake, Tokens
from commsched.core.platform.contract import ChannelContext, ConnectError, DeadToken
from commsched.core.text.messages import N_, Conflict
from commsched.mail.connection import AccessToken, NoAccess
from commsched.platforms._http import oauth
from commsched.services.mailing.providers import SERVERS, SIGN_INS
from commsched.store.models import MailServer, PlatformApp
from commsched.store.session import EVERY_WORKSPACE, Store
from commsched.store.vault import KeyMismatch, Vault

if TYPE_CHECKING:
    import requests

CLAIM: Final = timedelta(seconds=90)
"""How long a claim on a relay's renewal holds: longer than any call, so that only a dead process loses it."""
MARGIN: Final = timedelta(minutes=2)
"""How long before its end a token is not handed out any more."""
TIMEOUT: Final = 20.0
_SIGN_IN_AGAIN: Final = "no access any more: sign in again"


def _as_granted(provider: oauth.Provider) -> oauth.Provider:
    """Asks for what the person once said yes to (RFC 6749, 6): Microsoft takes the whole access away where a renewal
    names a scope that came later."""
    return msgspec.structs.replace(provider, scope="")


class AccessTokens:
    """The tokens of all relays in the store, for this process."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        now: Callable[[], datetime],
        http: Callable[[bool], requests.Session],
        settings: Mapping[str, str],
    ) -> None:
        self._store, self._vault, self._now = store, vault, now
        self._http, self._settings = http, settings
        self._renewing = threading.Lock()

    def of(self, relay: int) -> AccessToken:
        """Gives the token of the relay with that number."""
        return partial(self._give, relay)

    def _give(self, relay: int, refused: bool) -> str:
        row = self._row(relay)
        kept = self._opened(row)
        if not refused and row.token_until is not None and row.token_until - self._now() > MARGIN:
            return kept["access_token"]
        with self._renewing:  # in this process they wait for each other, and the second finds another token
            return self._renewed(relay, kept)

    def _row(self, relay: int) -> MailServer:
        with self._store.read(EVERY_WORKSPACE) as session:
            row = session.get(MailServer, relay)
        if row is None or not row.tokens:
            raise NoAccess(_SIGN_IN_AGAIN)
        return row

    def _opened(self, row: MailServer) -> dict[str, str]:
        try:
            return self._vault.unseal_map(row.tokens)
        except KeyMismatch as error:
            raise NoAccess("the key does not open it") from error

    def _renewed(self, relay: int, refused: Mapping[str, str]) -> str:
        """Another token than the one ``refused``. Raises :class:`NoAccess`, or ``OSError`` where it must wait."""
        claimed = self._claim(relay, refused)
        if not isinstance(claimed, MailServer):
            return claimed
        tokens: Tokens | None = None
        try:
            context = self.context(claimed.signs_in, self._opened(claimed))
            tokens = oauth.renew(_as_granted(self.provider(claimed.signs_in)), context)
        except DeadToken as error:
            raise NoAccess(f"{_SIGN_IN_AGAIN} ({error.words.params.get('detail', '')})"[:300]) from error
        except ConnectError as error:
            raise ConnectionError("the access could not be renewed just now") from error
        finally:
            saved = self._settle(claimed, tokens)
        if not saved:
            raise ConnectionError("the access was changed while it was renewed")
        return saved

    def _claim(self, relay: int, refused: Mapping[str, str]) -> MailServer | str:
        """The row, claimed; or the token that somebody else has got meanwhile."""
        now = self._now()
        with self._store.write(EVERY_WORKSPACE) as session:
            row = session.scalar(select(MailServer).where(MailServer.id == relay).with_for_update())
            if row is None or not row.tokens:
                raise NoAccess(_SIGN_IN_AGAIN)
            kept = self._opened(row)
            if kept.get("access_token") != refused.get("access_token"):
                return kept["access_token"]
            if row.renewing_until is not None and row.renewing_until > now:
                raise ConnectionError("another process renews the access")
            row.renewing_until = now + CLAIM
        return row

    def _settle(self, asked: MailServer, tokens: Tokens | None) -> str:
        """Write down what came, and give the claim back. What a person has done meanwhile stands."""
        with self._store.write(EVERY_WORKSPACE) as session:
            row = session.scalar(select(MailServer).where(MailServer.id == asked.id).with_for_update())
            if row is None or row.renewing_until != asked.renewing_until or row.tokens != asked.tokens:
                return ""
            row.renewing_until = None
            if tokens is None:
                return ""
            kept = tokens.merged(self._opened(row))
            row.tokens, row.token_until = self._vault.seal_map(kept), tokens.access_until
            return kept["access_token"]

    def app_of(self, sign_in: str) -> dict[str, str]:
        """What the installation is known by there: the settings file wins, else the store says."""
        key = SIGN_INS[sign_in].app
        with self._store.read(EVERY_WORKSPACE) as session:
            row = session.get(PlatformApp, key)
        try:
            kept = self._vault.unseal_map(row.settings) if row is not None else {}
        except KeyMismatch:
            kept = {}
        return kept | self.fixed(sign_in)

    def fixed(self, sign_in: str) -> dict[str, str]:
        """What a settings file or the environment says of the app, which no page can change."""
        start = f"app_{SIGN_INS[sign_in].app}_"
        return {name[len(start) :]: value for name, value in self._settings.items() if name.startswith(start) and value}

    def provider(self, sign_in: str) -> oauth.Provider:
        """Whom one authorizes at. Raises :class:`Conflict` where no app is registered there."""
        known, app = SIGN_INS[sign_in], self.app_of(sign_in)
        if not app.get("client_id"):
            words = N_("%(provider)s does not know this installation yet. Whoever runs it registers it there once.")
            raise Conflict(words, provider=known.name)
        doors = [app.get("base_url", "").rstrip("/") or server for server in SERVERS[sign_in]]
        tenant = {"tenant": app.get("tenant") or "organizations"}
        return oauth.Provider(
            known.name,
            doors[0] + known.authorize % tenant,
            doors[1] + known.token % tenant,
            app["client_id"],
            app.get("client_secret", ""),
            known.scope,
            "form",
        )

    def context(self, sign_in: str, secrets: Mapping[str, str], handshake: Handshake | None = None) -> ChannelContext:
        """What the client of OAuth is called with. Only an app that a settings file names a server for may be in the
        network of this machine: that is a simulator."""
        private = bool(self.fixed(sign_in).get("base_url"))
        return ChannelContext(0, {}, dict(secrets), self._now, self._http(private), TIMEOUT, handshake=handshake)

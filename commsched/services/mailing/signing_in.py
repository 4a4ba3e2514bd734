"""Signing in at a mail provider by a button: to its page, and back with an access that the relay is tried with.

As with platforms, the answer is believed only from the person who was sent, in the browser session and office they were
sent from, once, and within a quarter of an hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec
from sqlalchemy import delete, select

from commsched.core.platform.access import Handshake
from commsched.core.text.messages import N_, Conflict
from commsched.platforms._http import oauth
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.server_slots import waiting_for_a_server
from commsched.services.mailing import server, trial
from commsched.services.mailing.providers import SIGN_INS
from commsched.services.mailing.tokens import AccessTokens
from commsched.store.models import PendingAuthorization, PlatformApp, Workspace
from commsched.store.session import EVERY_WORKSPACE
from commsched.store.vault import new_token, token_hash

LASTS: Final = timedelta(minutes=15)
_STRANGE: Final = N_("This answer does not belong to anything you have begun here. Begin again.")
_KIND: Final = "relay:"
"""A state of a relay is none of a channel."""


class Begun(msgspec.Struct, frozen=True):
    """What was filled in before the person left, and the secret that the answer is traded with."""

    verifier: str
    number: int
    entered: server.Entered
    session: int = 0


def tokens_of(installation: Installation) -> AccessTokens:
    """The access tokens, as this installation asks for them."""
    return AccessTokens(
        installation.store, installation.vault, installation.now, installation.http, installation.settings
    )


def callback_address(installation: Installation, slug: str) -> str:
    """Where a provider sends people back to; what is to be registered there."""
    return f"{installation.base_url}/w/{slug}/mail-server/callback"


def is_ready(installation: Installation, sign_in: str) -> bool:
    """Whether the installation is registered there."""
    return bool(tokens_of(installation).app_of(sign_in).get("client_id"))


def keep_app(installation: Installation, actor: Actor, sign_in: str, values: Mapping[str, str]) -> None:
    """Keep what the installation is known by there. An empty secret leaves the kept one, for the same id only."""
    server.check_may_all(installation, actor)
    tokens, key = tokens_of(installation), SIGN_INS[sign_in].app
    if tokens.fixed(sign_in):
        raise Conflict(N_("It is set in commsched.toml or the environment, which wins."))
    kept = tokens.app_of(sign_in)
    new = {name: value.strip()[:1000] for name, value in values.items() if value.strip()}
    merged = new | ({"client_secret": kept.get("client_secret", "")} if _keeps_secret(kept, new) else {})
    with installation.store.write(EVERY_WORKSPACE) as session:
        sealed = installation.vault.seal_map({name: value for name, value in merged.items() if value})
        session.merge(PlatformApp(platform=key, settings=sealed, changed_at=installation.now()))
        note(session, installation, actor, "app.set", platform=key, changed=sorted(new))


def _keeps_secret(kept: Mapping[str, str], new: Mapping[str, str]) -> bool:
    return "client_secret" not in new and kept.get("client_id") == new.get("client_id")


def begin(installation: Installation, actor: Actor, entered: server.Entered, number: int, session: int = 0) -> str:
    """The address at the provider where the person says yes. Raises :class:`Invalid` by field."""
    server.check_may(installation, actor, number)
    server.server_of(installation, entered, number)
    tokens = tokens_of(installation)
    provider = tokens.provider(entered.signs_in)
    state, begun = new_token(32), Begun(new_token(48), number, entered, session)
    address = oauth.address(
        provider, tokens.context(entered.signs_in, {}, _handshake(installation, actor, state, begun))
    )
    with installation.store.write(actor.workspace) as rows:
        rows.add(
            PendingAuthorization(
                state_hash=token_hash(_KIND + state),
                person_id=actor.person,
                platform=SIGN_INS[entered.signs_in].app,
                begun=installation.vault.seal(msgspec.json.encode(begun).decode()),
                expires_at=installation.now() + LASTS,
            )
        )
    return f"{address}&login_hint={entered.user}" if entered.user.isascii() else address


def _handshake(installation: Installation, actor: Actor, state: str, begun: Begun) -> Handshake:
    with installation.store.read(actor.workspace) as session:
        slug = session.get_one(Workspace, actor.workspace).slug
    return Handshake(callback_address(installation, slug), state, begun.verifier)


def finish(installation: Installation, actor: Actor, answer: Mapping[str, str], to: str, session: int = 0) -> int:
    """Trade the answer for an access, try the relay by a mail to ``to``, and keep both. Returns the relay's number.

    Raises :class:`Conflict` for an answer to nothing that this person has begun, ``ConnectError`` from the provider,
    :class:`Invalid` where the mail is not taken; then nothing is kept.
    """
    begun = _take(installation, actor, answer.get("state", ""), session)
    server.check_may(installation, actor, begun.number)
    tokens, sign_in = tokens_of(installation), begun.entered.signs_in
    context = tokens.context(sign_in, {}, _handshake(installation, actor, answer.get("state", ""), begun))
    with waiting_for_a_server(actor):
        brought = oauth.trade(tokens.provider(sign_in), context, answer)
    access = brought.secrets["access_token"]
    entry = server.server_of(installation, begun.entered, begun.number)
    tried = msgspec.structs.replace(entry, relay=msgspec.structs.replace(entry.relay, token=lambda _refused: access))
    trial.try_it(installation, actor, tried, to)
    sealed = installation.vault.seal_map({key: value for key, value in brought.secrets.items() if value})
    return server.keep(installation, actor, entry, begun.number, begun.entered, (sealed, brought.access_until))


def _take(installation: Installation, actor: Actor, state: str, browser: int) -> Begun:
    """What was begun under ``state``; from now on it stands for nothing."""
    with installation.store.write(actor.workspace) as session:
        row = session.scalar(
            select(PendingAuthorization)
            .where(
                PendingAuthorization.state_hash == token_hash(_KIND + state),
                PendingAuthorization.person_id == actor.person,
                PendingAuthorization.expires_at > installation.now(),
            )
            .with_for_update()
        )
        if row is not None:
            session.execute(delete(PendingAuthorization).where(PendingAuthorization.id == row.id))
    if row is None:
        raise Conflict(_STRANGE)
    begun = msgspec.json.decode(installation.vault.unseal(row.begun), type=Begun)
    if begun.session != browser:
        raise Conflict(_STRANGE)
    return begun

"""Connecting a channel by a person's yes at the platform itself: to its page, and back with an answer.

The answer is believed only from the person who was sent, in the office and for the platform they were sent for, once,
and within a quarter of an hour. What the state stands for lies here, encrypted; the address has only the state.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from commsched.core.platform.access import Handshake
from commsched.core.platform.contract import Account, ChannelContext, Platform
from commsched.core.text.messages import N_, Conflict
from commsched.services.channels import connect
from commsched.services.kernel.channel_context import make_context
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.server_slots import waiting_for_a_server
from commsched.store.models import Channel, PendingAuthorization, Workspace
from commsched.store.vault import new_token, token_hash

LASTS: Final = timedelta(minutes=15)
"""How long a person may take at the platform."""
_STRANGE: Final = N_("This answer does not belong to anything you have begun here. Begin again.")


class Begun(msgspec.Struct, frozen=True):
    """What was filled in before the person left, and the secret that the answer is traded with."""

    verifier: str
    name: str
    plain: dict[str, str]
    secret: dict[str, str]
    kept: dict[str, str] = {}
    """What the platform wanted to have again when the answer comes."""


def callback_address(installation: Installation, slug: str, platform: str) -> str:
    """Where a platform sends people back to; what is to be registered there."""
    return f"{installation.base_url}/w/{slug}/channels/{platform}/callback"


def begin(
    installation: Installation,
    actor: Actor,
    platform_key: str,
    name: str,
    settings: Mapping[str, str],
    channel_id: int | None = None,
) -> str:
    """The address at the platform where the person says yes, for a new channel or for another access to an old one.

    Raises :class:`Invalid` by setting and ``ConnectError`` from the platform.
    """
    actor.require("administer")
    platform = installation.platform(platform_key)
    if channel_id is None:
        plain, secret = connect.read_settings(platform, settings)
        connect.refuse_operators(platform, actor, plain, {})
    else:
        plain, secret = connect.renewed_settings(installation, actor, channel_id, settings)
    state, begun = new_token(32), Begun(new_token(48), name, plain, secret)
    context = _context(installation, actor, platform, begun, state, channel_id or 0)
    with waiting_for_a_server(actor):
        authorization = platform.authorize(context)
    begun = replace(begun, kept=authorization.kept)
    with installation.store.write(actor.workspace) as session:
        session.add(
            PendingAuthorization(
                state_hash=token_hash(state),
                person_id=actor.person,
                platform=platform.key,
                channel_id=channel_id,
                begun=installation.vault.seal(msgspec.json.encode(begun).decode()),
                expires_at=installation.now() + LASTS,
            )
        )
    return authorization.address


def finish(installation: Installation, actor: Actor, platform_key: str, answer: Mapping[str, str]) -> Channel:
    """Keep the channel whose person came back with ``answer``, the query of the callback's address.

    Raises :class:`Conflict` for an answer to nothing that this person has begun, ``ConnectError`` from the platform.
    """
    actor.require("administer")
    platform = installation.platform(platform_key)
    state = answer.get("state", "")
    with installation.store.write(actor.workspace) as session:
        pending = _take(installation, session, actor, platform.key, state)
    if pending is None:
        raise Conflict(_STRANGE)
    begun = msgspec.json.decode(installation.vault.unseal(pending.begun), type=Begun)
    context = _context(installation, actor, platform, begun, state, pending.channel_id or 0)
    with waiting_for_a_server(actor):
        account = platform.callback(context, answer)[0]
    if account.tokens is None or not any(account.tokens.secrets.values()):
        raise Conflict(N_("%(platform)s gave no access. Begin again."), platform=platform.name)
    secret = account.tokens.merged(begun.secret)
    return _keep(installation, actor, platform, begun, account, secret, pending.channel_id)


def _keep(
    installation: Installation,
    actor: Actor,
    platform: Platform,
    begun: Begun,
    account: Account,
    secret: dict[str, str],
    channel_id: int | None,
) -> Channel:
    if channel_id is None:
        return connect.keep_new(installation, actor, platform, begun.name, begun.plain, secret, account)
    return connect.keep_renewed(installation, actor, channel_id, begun.plain, secret, account, "channel.reconnected")


def _take(
    installation: Installation, session: Session, actor: Actor, platform: str, state: str
) -> PendingAuthorization | None:
    """What ``state`` stands for, taken away so that it stands for nothing any more."""
    row = session.scalar(
        select(PendingAuthorization)
        .where(
            PendingAuthorization.state_hash == token_hash(state),
            PendingAuthorization.person_id == actor.person,
            PendingAuthorization.platform == platform,
            PendingAuthorization.expires_at > installation.now(),
        )
        .with_for_update()
    )
    if row is not None:
        session.execute(delete(PendingAuthorization).where(PendingAuthorization.id == row.id))
    return row


def _context(
    installation: Installation, actor: Actor, platform: Platform, begun: Begun, state: str, channel: int
) -> ChannelContext:
    with installation.store.read(actor.workspace) as session:
        place = session.get_one(Workspace, actor.workspace)
    context = make_context(
        installation,
        workspace=place.slug,
        channel=channel,
        settings=begun.plain,
        secrets=begun.secret,
        language=place.language,
        office_name=place.name,
    )
    address = callback_address(installation, place.slug, platform.key)
    context.handshake = Handshake(address, state, begun.verifier, begun.kept)
    return context

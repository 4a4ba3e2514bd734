"""Connecting a channel by a person's yes at the platform itself: to its page, and back with an answer.

The answer is believed only from the person who was sent, in the browser session, the office and for the platform they
were sent from, once, and within a quarter of an hour. What the state stands for lies here, encrypted; the address has
only the state. Where the answer opens several accounts the person chooses (see ``choice``).
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from commsched.core.platform.access import Handshake
from commsched.core.platform.contract import Account, ChannelContext, Platform
from commsched.core.text.messages import N_, Conflict, Invalid
from commsched.services.channels import choice, connect, pending
from commsched.services.channels.asking import asking
from commsched.services.channels.directory import find, get
from commsched.services.channels.pending import Begun
from commsched.services.kernel import apps
from commsched.services.kernel.channel_context import make_context
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import Channel, Workspace
from commsched.store.vault import new_token


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
    session: int = 0,
) -> str:
    """The address at the platform where the person says yes, for a new channel or for another access to an old one.
    ``session`` is the number of their browser session, to which the answer is bound.

    Raises :class:`Invalid` by setting and ``ConnectError`` from the platform.
    """
    actor.require("administer")
    platform = _platform(installation, platform_key)
    if channel_id is None:
        plain, secret = connect.read_settings(platform, settings, "oauth")
        connect.refuse_operators(platform, actor, plain, {})
    else:
        _refuse_another(installation, actor, channel_id, platform)
        plain, secret = connect.renewed_settings(installation, actor, channel_id, settings, "oauth")
    state, begun = new_token(32), Begun(new_token(48), name, plain, secret, session=session)
    context = _context(installation, actor, platform, begun, state, channel_id or 0)
    with asking(actor, platform):
        authorization = platform.authorize(context)
    begun = replace(begun, kept=authorization.kept)
    pending.keep(installation, actor, platform.key, state, begun, channel_id)
    return authorization.address


def finish(
    installation: Installation, actor: Actor, platform_key: str, answer: Mapping[str, str], session: int = 0
) -> Channel | choice.Choice:
    """Keep the channel whose person came back with ``answer``, the query of the callback's address; or, where it opens
    several accounts, what they choose from.

    Raises :class:`Conflict` for an answer to nothing that this person has begun, ``ConnectError`` from the platform.
    """
    actor.require("administer")
    platform, state = installation.platform(platform_key), answer.get("state", "")
    begun, channel_id = pending.take(installation, actor, platform.key, state, Begun, session)
    context = _context(installation, actor, platform, begun, state, channel_id or 0)
    with asking(actor, platform):
        accounts = [account for account in platform.callback(context, answer) if _has_access(account)]
    if not accounts:
        raise Conflict(N_("%(platform)s gave no access. Begin again."), platform=platform.name)
    if channel_id is not None:
        channel = get(installation, actor.workspace, channel_id)
        account = next((each for each in accounts if connect.is_same(platform, channel, each)), accounts[0])
        entries = (begun.plain, begun.secret)
        return connect.keep_renewed(installation, actor, channel_id, entries, account, "channel.reconnected", "oauth")
    if len(accounts) > 1 or choice.connected(installation, actor, platform, accounts):
        return choice.offer(installation, actor, platform, begun, accounts)
    return choice.keep(installation, actor, platform, begun, accounts[0], begun.name)


def _platform(installation: Installation, key: str) -> Platform:
    """The platform, if a person can sign in there from this installation."""
    platform = installation.platform(key)
    if "oauth" not in platform.connects:
        raise Invalid(N_("%(platform)s is connected with keys."), "platform", platform=platform.name)
    if not apps.is_ready(installation, platform):
        words = N_(
            "%(platform)s does not know this installation yet. Whoever runs it registers it there once, under Apps "
            "for signing in."
        )
        raise Conflict(words, platform=platform.name)
    return platform


def _refuse_another(installation: Installation, actor: Actor, channel_id: int, platform: Platform) -> None:
    """A channel gets no access of another platform, whatever an address says."""
    with installation.store.read(actor.workspace) as session:
        channel = find(session, channel_id)
    if channel.platform != platform.key or channel.state == "archived":
        raise Conflict(pending.STRANGE)


def _has_access(account: Account) -> bool:
    return account.tokens is not None and any(account.tokens.secrets.values())


def _context(
    installation: Installation, actor: Actor, platform: Platform, begun: Begun, state: str, channel: int
) -> ChannelContext:
    with installation.store.read(actor.workspace) as session:
        place = session.get_one(Workspace, actor.workspace)
    context = make_context(
        installation,
        platform=platform.key,
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

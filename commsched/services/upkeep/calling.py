"""One call to a network outside the outbox: about what is out already, never to make something visible.

It is made outside every transaction. Whoever makes it has claimed its row before, and writes down afterwards what came
of it, so that a kill in between costs a wait and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, TypeVar

from commsched.core.delivery.outcome import CannotTell, Outcome, Published, Rejected, Retry, Unknown
from commsched.core.platform.contract import ChannelContext, Platform
from commsched.core.text.messages import N_
from commsched.services.channels.renewal import renew
from commsched.services.deliver.calls import storable
from commsched.services.kernel.channel_context import make_context
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel, Workspace

PRETENDED: Final = "demo"
"""The account of a channel that a demo shows and that is none."""
log = logging.getLogger("commsched.upkeep")
_T = TypeVar("_T")


def reaches(installation: Installation, channel: Channel, place: Workspace) -> bool:
    """Whether anybody may be asked there: the channel works, and is no invented one of a demo. One that somebody has
    connected in a demo is as real as any: what went out there can be taken down."""
    invented = place.is_demo and channel.account == PRETENDED and not installation.platform(channel.platform).own
    return channel.state == "ok" and not invented


def context_of(installation: Installation, channel: Channel, place: Workspace) -> ChannelContext:
    """What the channel's adapter is handed."""
    return make_context(
        installation,
        platform=channel.platform,
        workspace=place.slug,
        channel=channel.id,
        settings=channel.settings,
        secrets=installation.vault.unseal_map(channel.secrets),
        facts=channel.facts,
        account=channel.account,
        account_name=channel.account_name,
        language=place.language,
        office_name=place.name,
        zone=place.zone,
    )


def change(
    installation: Installation,
    channel: Channel,
    place: Workspace,
    call: Callable[[Platform, ChannelContext], Outcome],
) -> Outcome:
    """What ``call`` ended in. An adapter that raises is a bug, and nobody knows what it did. Where the access had run
    out and could be renewed, nothing was done and it may be repeated."""
    platform = installation.platform(channel.platform)
    try:
        context = context_of(installation, channel, place)
        outcome = call(platform, context)
        assert isinstance(outcome, Published | Retry | Rejected | Unknown)
    except Exception as error:
        log.exception("%s raised", channel.platform)
        return Unknown(f"{type(error).__name__} in {channel.platform}")
    if isinstance(outcome, Rejected) and outcome.why == "token" and "refresh" in platform.can:
        match renew(installation, channel.workspace_id, channel.id, context.secrets):
            case "renewed":
                return Retry(N_("the access had run out and was renewed"), installation.now())
            case "later":
                return Retry(N_("the access has run out and could not be renewed yet"), whole_channel=True)
            case "refused":
                pass
    return storable(outcome)


def asked(
    installation: Installation,
    channel: Channel,
    place: Workspace,
    call: Callable[[Platform, ChannelContext], _T | CannotTell],
) -> _T | CannotTell:
    """What ``call`` was told. Failing is silent: not to know is no harm, and it is asked again."""
    try:
        return call(installation.platform(channel.platform), context_of(installation, channel, place))
    except Exception as error:
        log.warning("channel %s could not be asked: %s", channel.id, type(error).__name__)
        return CannotTell(type(error).__name__)

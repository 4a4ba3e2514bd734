"""Reading channels: a single one, all of an office, and how each stands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.platform import channel_state as access
from commsched.core.platform.contract import Platform
from commsched.core.text.messages import N_, NotFound
from commsched.services.channels.lists import LIST
from commsched.services.kernel import context
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel


def find(session: Session, channel_id: int) -> Channel:
    """The channel, archived or not. Raises :class:`NotFound`."""
    channel = session.scalar(select(Channel).where(Channel.id == channel_id))
    if channel is None:
        raise NotFound(N_("There is no such channel."))
    return channel


def get(installation: Installation, workspace: int, channel_id: int) -> Channel:
    with installation.store.read(workspace) as session:
        return find(session, channel_id)


def channels(installation: Installation, workspace: int, archived: bool = False) -> list[Channel]:
    """The channels of a workspace by name, those that were removed only if asked for."""
    statement = select(Channel).order_by(Channel.name)
    if not archived:
        statement = statement.where(Channel.state != "archived")
    with installation.store.read(workspace) as session:
        return list(session.scalars(statement))


def has_list(installation: Installation, channel: Channel) -> bool:
    """Whether the channel goes to a list of people, which has a page of its own."""
    return LIST in {setting.key for setting in installation.platform(channel.platform).settings}


def plain_settings(channel: Channel) -> dict[str, str]:
    return {key: str(value) for key, value in channel.settings.items() if key != "allow_private"}


def standing(channel: Channel, now: datetime) -> str:
    """How a channel stands today; see :func:`commsched.core.platform.channel_state.standing`."""
    return access.standing(channel.state, channel.token_expires_at, now)


def mute(installation: Installation, channel: Channel, is_demo: bool = False) -> bool:
    """Whether the channel reaches nobody, since no mail server is set."""
    return channel.state != "archived" and context.mute(installation, channel.platform, is_demo)


def settings_for(platform: Platform, channel: Channel | None) -> dict[str, str]:
    """What a form shows for each setting: what is kept, or the default; secrets never leave."""
    kept = channel.settings if channel else {}
    return {s.key: "" if s.secret else kept.get(s.key, s.default) for s in platform.settings}

"""Reading channels: a single one, all of an office, and how each stands."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from commsched.core.platform import channel_state as access
from commsched.core.platform.contract import Platform
from commsched.core.text.messages import N_, NotFound
from commsched.services.contacts.lists import LIST
from commsched.services.kernel import context
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel, Delivery


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


class Pace(msgspec.Struct, frozen=True):
    """When something last came to an end on a channel and how (``published``, ``failed`` or ``unknown``), and when the
    next goes out."""

    last: datetime | None = None
    state: str = ""
    next: datetime | None = None

    @property
    def fails(self) -> bool:
        return self.state in ("failed", "unknown")


def pace(installation: Installation, workspace: int, channel: int) -> Pace:
    """The pace of one channel."""
    return paces(installation, workspace, channel).get(channel, Pace())


def paces(installation: Installation, workspace: int, channel: int = 0) -> dict[int, Pace]:
    """The pace of every channel that has one, or of ``channel`` only, in two statements."""
    came_to_an_end = Delivery.state.in_(("published", "failed", "unknown"))
    ended = select(Delivery.channel_id, func.max(Delivery.due_at)).where(came_to_an_end)
    coming = select(Delivery.channel_id, func.min(Delivery.due_at)).where(Delivery.state == "waiting")
    if channel:
        ended, coming = (each.where(Delivery.channel_id == channel) for each in (ended, coming))
    newest = select(Delivery.channel_id, Delivery.state, Delivery.published_at, Delivery.due_at)
    last = tuple_(Delivery.channel_id, Delivery.due_at).in_(ended.group_by(Delivery.channel_id))
    newest = newest.where(came_to_an_end, last).order_by(Delivery.id)
    with installation.store.read(workspace) as session:
        ways = {row[0]: Pace(row[2] or row[3], row[1]) for row in session.execute(newest)}
        for number, due in session.execute(coming.group_by(Delivery.channel_id)):
            ways[number] = msgspec.structs.replace(ways.get(number, Pace()), next=due)
    return ways


def held_for_access(installation: Installation, workspace: int, channel: int) -> int:
    """How many items were held on a channel because its access had died, and wait for a person's choice."""
    held = (Delivery.channel_id == channel, Delivery.state == "held", Delivery.reason == "token")
    with installation.store.read(workspace) as session:
        return session.scalar(select(func.count(Delivery.id)).where(*held)) or 0


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
    return channel.state != "archived" and context.mute(
        installation, channel.platform, is_demo, channel.settings.get("relay", "")
    )


def settings_for(platform: Platform, channel: Channel | None) -> dict[str, str]:
    """What a form shows for each setting: what is kept, or the default; secrets never leave."""
    kept = channel.settings if channel else {}
    return {s.key: "" if s.secret else kept.get(s.key, s.default) for s in platform.settings}

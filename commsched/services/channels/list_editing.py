"""Editing the list of people that a channel writes to: opened, replaced, and one person taken off."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from commsched.core.contacts.segment import Segment
from commsched.core.platform.contract import Account
from commsched.core.text.messages import N_, Invalid, NotFound
from commsched.core.text.recipients import entries
from commsched.services.channels.connect import connect, keep_new, renew_with
from commsched.services.channels.directory import find, get, has_list, plain_settings
from commsched.services.contacts import consent, lists, segments
from commsched.services.contacts.contacts import refused
from commsched.services.contacts.lists import LIST
from commsched.services.contacts.suppression import PRESS
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import Channel

PLATFORM: Final = "presslist"


def list_of(installation: Installation, actor: Actor, channel_id: int) -> Channel:
    """The list, for whoever writes. Raises ``NotFound`` where the channel has none."""
    actor.require("write")
    channel = get(installation, actor.workspace, channel_id)
    if channel.state == "archived" or not has_list(installation, channel):
        raise NotFound(N_("There is no list of addresses here."))
    return channel


def channel_with_list(installation: Installation, actor: Actor, channel_id: int) -> Channel:
    """As :func:`list_of`, for whoever may change it."""
    actor.require("administer")
    return list_of(installation, actor, channel_id)


def make_list(
    installation: Installation,
    actor: Actor,
    name: str,
    text: str = "",
    segment: Segment | None = None,
    grounds: consent.Grounds = consent.Grounds(),
) -> Channel:
    """A new press list: of the people in ``text``, who may be written to by ``grounds``, or one that fills itself by
    ``segment``, or an empty one that people are put on later. Raises :class:`Invalid`, ``Conflict`` for a name that is
    taken, and ``ConnectError``."""
    actor.require("administer")
    if not name.strip():
        raise Invalid(N_("This is needed."), "name")
    platform = installation.platform(PLATFORM)
    if text.strip():
        why = consent.asked(installation, actor, PRESS, grounds)
        channel = connect(installation, actor, PLATFORM, name, {LIST: text}, grounds=why)
    else:
        account = Account(PLATFORM, name.strip(), facts={"recipients": 0})
        channel = keep_new(installation, actor, platform, name, ({}, {}), account, "keys")
    if segment:
        set_segment(installation, actor, channel.id, segment)
    return channel


def set_segment(installation: Installation, actor: Actor, channel_id: int, segment: Segment) -> None:
    """Have a list fill itself by ``segment`` from now on; with one that asks for nothing, people fill it again, and
    whoever is on it stays."""
    channel = channel_with_list(installation, actor, channel_id)
    with installation.store.write(actor.workspace) as session:
        lists.locked_digest(session, channel.id)
        segments.fill(installation, session, channel.id, segment)
        note(session, installation, actor, "channel.segment", channel=channel.id, name=channel.name)
    installation.wake()


def open_list(installation: Installation, actor: Actor, channel_id: int) -> str:
    """The addresses of a list, one on each line. Whoever opens it stands in the record."""
    channel = channel_with_list(installation, actor, channel_id)
    with installation.store.write(actor.workspace) as session:
        note(session, installation, actor, "channel.list_opened", channel=channel.id, name=channel.name)
        return lists.text_of(installation, session, channel)


def change_list(
    installation: Installation,
    actor: Actor,
    channel_id: int,
    lines: str,
    grounds: consent.Grounds = consent.Grounds(),
) -> None:
    """Other addresses, checked as when it was connected; ``grounds`` are why those who are new may be written to.
    Raises :class:`Invalid` and ``ConnectError`` by field."""
    channel = channel_with_list(installation, actor, channel_id)
    if not lines.strip():
        raise Invalid(N_("This is needed."), LIST)
    if channel.segment:
        raise Invalid(N_("This list fills itself. Change whom it is for, or the contacts."), LIST)
    why = consent.asked(installation, actor, PRESS, grounds)
    entered = plain_settings(channel) | {LIST: lines}
    renew_with(installation, actor, channel_id, entered, "channel.list_changed", grounds=why)


class LeftOut(msgspec.Struct, frozen=True):
    """Somebody in a pasted list who is not on it: the line, counted from one, and why they are never written to."""

    line: int
    address: str
    reason: str


def left_out(installation: Installation, actor: Actor, channel_id: int, text: str) -> list[LeftOut]:
    """Who of the list in ``text``, which was just kept, was left out: they left this list, said no to all of them, or
    cannot be reached."""
    channel = channel_with_list(installation, actor, channel_id)
    people = {installation.vault.blind(entry.address): entry for entry in entries(text) if entry.address}
    with installation.store.read(actor.workspace) as session:
        away = refused(session, actor.workspace, PRESS, people)
        away |= lists.gone(session, channel.id)
    return [LeftOut(entry.line, entry.address, away[blind]) for blind, entry in people.items() if blind in away]


def forget(installation: Installation, actor: Actor, channel_id: int, address: str) -> bool:
    """Take one person off a list and keep nothing of them; returns whether they were on it. What is approved goes out
    to the others. The record says that somebody was forgotten, not who."""
    channel = channel_with_list(installation, actor, channel_id)
    with installation.store.write(actor.workspace) as session:
        row = find(session, channel_id)
        row.secrets, row.list_digest = lists.take_over(installation, session, row.id)
        known = lists.forget(installation, session, row.id, address)
        if known:
            row.facts = row.facts | {"recipients": lists.count(installation, session, row)}
            note(session, installation, actor, "channel.recipient_forgotten", channel=channel.id, name=channel.name)
    return known


def take_off(
    installation: Installation, actor: Actor, channel_id: int, address: str, state: Literal["unsubscribed", "bounced"]
) -> bool:
    """Write nothing more to one person on a list, however often it is pasted anew; ``state`` says why. Returns whether
    they were on it. What is approved goes out to the others, also where it is going out at this moment."""
    channel = channel_with_list(installation, actor, channel_id)
    with installation.store.write(actor.workspace) as session:
        row = find(session, channel_id)
        row.secrets, row.list_digest = lists.take_over(installation, session, row.id)
        known = lists.leave(installation, session, row.id, address, state)
        if known:
            row.facts = row.facts | {"recipients": lists.count(installation, session, row)}
            note(session, installation, actor, f"channel.recipient_{state}", channel=channel.id, name=channel.name)
    return known

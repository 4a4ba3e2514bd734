"""Choosing which of the accounts that a sign-in opened become channels: a person's pages, and what belongs to them.

What the platform brought waits here, encrypted, for the same person in the same browser session, once, and for a
quarter of an hour. One that is connected already gets the new access; its queue goes on as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain, count

import msgspec
from sqlalchemy import select

from commsched.core.platform.contract import Account, Platform
from commsched.core.text.messages import N_, Invalid
from commsched.services.channels import connect, pending, portraits
from commsched.services.channels.pending import Begun, Offered
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import Channel
from commsched.store.vault import new_token


class Choice(msgspec.Struct, frozen=True):
    """Where a person chooses: the token that what they may choose from is kept under."""

    token: str


class Candidate(msgspec.Struct, frozen=True):
    """One account to choose. ``channel`` is the one that it is connected as already."""

    number: int
    account: Account
    platform: Platform
    channel: Channel | None


def offer(
    installation: Installation, actor: Actor, platform: Platform, begun: Begun, accounts: Sequence[Account]
) -> Choice:
    """Keep ``accounts`` until the person has chosen."""
    token = new_token(32)
    portraits.fetch(installation, [account.picture for account in accounts], int(actor.workspace))
    pending.keep(installation, actor, platform.key, token, Offered(begun, list(accounts)))
    return Choice(token)


def candidates(
    installation: Installation, actor: Actor, platform_key: str, token: str, session: int = 0
) -> list[Candidate]:
    """What the person may choose from. Raises :class:`Conflict` where ``token`` is nothing of theirs, or too old."""
    actor.require("administer")
    platform = installation.platform(platform_key)
    offered = pending.look(installation, actor, platform.key, token, Offered, session)
    return _candidates(installation, actor, platform, offered.accounts)


def choose(
    installation: Installation,
    actor: Actor,
    platform_key: str,
    token: str,
    wanted: Collection[int],
    session: int = 0,
) -> list[Channel]:
    """Connect the accounts with the numbers ``wanted``, or give those that are connected their new access.

    Raises :class:`Invalid` for none and for what was not offered, :class:`Conflict` as :func:`candidates`.
    """
    known = {each.number: each for each in candidates(installation, actor, platform_key, token, session)}
    if not wanted:
        raise Invalid(N_("Choose at least one account."), "account")
    if set(wanted) - known.keys():
        raise Invalid(N_("Choose among the accounts that are shown here."), "account")
    offered, _channel = pending.take(installation, actor, platform_key, token, Offered, session)
    name = offered.begun.name if len(wanted) == 1 else ""
    asked = installation.platform(platform_key)
    return [
        keep(installation, actor, asked, offered.begun, known[number].account, name) for number in sorted(set(wanted))
    ]


def connected(installation: Installation, actor: Actor, platform: Platform, accounts: Sequence[Account]) -> bool:
    """Whether any of ``accounts`` is a channel already."""
    return any(each.channel is not None for each in _candidates(installation, actor, platform, accounts))


def keep(
    installation: Installation, actor: Actor, asked: Platform, begun: Begun, account: Account, name: str
) -> Channel:
    """Keep ``account`` as a channel: a new one, or the one that it is already."""
    (candidate,) = _candidates(installation, actor, asked, [account])
    portraits.fetch(installation, [account.picture], int(actor.workspace))
    platform, entries = candidate.platform, (begun.plain, begun.secret)
    if platform.key != asked.key:  # what was filled in was asked for by another
        entries = ({key: value for key, value in begun.plain.items() if key == "allow_private"}, {})
    if candidate.channel is not None:
        channel = candidate.channel.id
        return connect.keep_renewed(installation, actor, channel, entries, account, "channel.reconnected", "oauth")
    name = name or _free_name(installation, actor, platform, account)
    return connect.keep_new(installation, actor, platform, name, entries, account, "oauth")


def _candidates(
    installation: Installation, actor: Actor, asked: Platform, accounts: Sequence[Account]
) -> list[Candidate]:
    with installation.store.read(actor.workspace) as session:
        channels = session.scalars(select(Channel).where(Channel.state != "archived")).all()
    listed = []
    for number, account in enumerate(accounts):
        platform = _platform(installation, asked, account)
        if platform is not None:
            same = (row for row in channels if row.platform == platform.key and connect.is_same(platform, row, account))
            listed.append(Candidate(number, account, platform, next(same, None)))
    return listed


def _platform(installation: Installation, asked: Platform, account: Account) -> Platform | None:
    """The platform that an account is connected on; ``None`` where this installation has none by that name."""
    if not account.platform or account.platform == asked.key:
        return asked
    if account.platform not in installation.platform_keys():
        return None
    return installation.platform(account.platform)


def _free_name(installation: Installation, actor: Actor, platform: Platform, account: Account) -> str:
    """The account's own name; with the platform's, and then a number, where another channel has it."""
    with installation.store.read(actor.workspace) as session:
        rows = session.scalars(select(Channel.name).where(Channel.state != "archived"))
        taken = {name.casefold() for name in rows}
    name = (account.name or platform.name)[:90]
    longer = f"{name} ({platform.name})"
    names = chain((name, longer), (f"{longer} {number}" for number in count(2)))
    return next(each for each in names if each.casefold() not in taken)

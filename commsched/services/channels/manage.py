"""What is changed of a connected channel without asking its platform: its name, its approval policy, its end."""

from __future__ import annotations

from commsched.core.approval.rules import Policy
from commsched.core.platform.contract import Account
from commsched.services.accounts.people import check_name
from commsched.services.accounts.policies import check_policy, to_policy
from commsched.services.channels.connect import refuse_twice
from commsched.services.channels.directory import find
from commsched.services.contacts import lists
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.store import locks
from commsched.store.models import Workspace


def rename(installation: Installation, actor: Actor, channel_id: int, name: str) -> None:
    actor.require("administer")
    name = check_name(name, 120)
    with installation.store.write(actor.workspace) as session:
        locks.row(session, Workspace, actor.workspace)
        channel = find(session, channel_id)
        refuse_twice(session, installation.platform(channel.platform), Account("", ""), name, but=channel_id)
        was, channel.name = channel.name, name
        note(session, installation, actor, "channel.renamed", channel=channel_id, was=was, name=name)


def set_policy(installation: Installation, actor: Actor, channel_id: int, policy: Policy | None) -> None:
    """A stricter approval policy for one channel; ``None`` follows the workspace's."""
    actor.require("administer")
    with installation.store.write(actor.workspace) as session:
        channel = find(session, channel_id)
        channel.policy = to_policy(check_policy(session, policy)) if policy else {}
        note(
            session, installation, actor, "channel.policy", channel=channel_id, name=channel.name, policy=channel.policy
        )


def archive(installation: Installation, actor: Actor, channel_id: int) -> None:
    """Take a channel out of use and forget its secrets. What it published stays; what waits on it is held."""
    actor.require("administer")
    with installation.store.write(actor.workspace) as session:
        channel = find(session, channel_id)
        channel.state, channel.secrets = "archived", ""
        lists.clear(session, channel.id)
        note(session, installation, actor, "channel.removed", channel=channel_id, name=channel.name)
    installation.wake()

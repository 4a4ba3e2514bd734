"""Access renewed by itself: before it runs out, and when a platform says that it has.

A refresh token is often good for one use, and two who use it at once lose the account. So one process at a time claims
the channel, asks outside every transaction, and saves the answer before anybody uses it. An empty answer, or one that
comes after a person gave the channel another access, overwrites nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.platform.access import Tokens, renew_at
from commsched.core.platform.contract import DeadToken
from commsched.core.text.catalogues import translate
from commsched.core.text.messages import Message
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.channel_context import make_context
from commsched.services.kernel.context import Installation, scheduler
from commsched.services.kernel.members import people_with
from commsched.services.notices import outbox
from commsched.store.models import Channel, Workspace
from commsched.store.session import EVERY_WORKSPACE

Renewal = Literal["renewed", "later", "refused"]
"""``renewed``: the channel has another access now. ``later``: it could not be asked for yet, or somebody else is at it.
``refused``: there is none to be had."""

log = logging.getLogger("commsched.chores")

CLAIM: Final = timedelta(seconds=90)
"""How long a claim on a channel's renewal holds: longer than any call, so that only a dead process loses it."""
REST: Final = timedelta(minutes=1)
"""An access refused so soon after it was renewed is not renewed once more: it is refused for another reason."""
LATER: Final = timedelta(minutes=10)
"""When a provider that could not be asked is asked again."""


def renew_due(installation: Installation) -> int:
    """Renew every access that is about to run out; returns how many were."""
    now = installation.now()
    wanted = select(Channel.id, Channel.workspace_id).join(Workspace, Workspace.id == Channel.workspace_id)
    due = (Channel.state == "ok", Channel.renew_at <= now, Workspace.is_demo.is_(False))
    with installation.store.read(EVERY_WORKSPACE) as session:
        rows = session.execute(wanted.where(*due).order_by(Channel.renew_at, Channel.id)).all()
    return sum(renew(installation, workspace, channel) == "renewed" for channel, workspace in rows)


def renew(
    installation: Installation, workspace: int, channel_id: int, refused: Mapping[str, str] | None = None
) -> Renewal:
    """Renew a channel's access. ``refused`` are the secrets that the platform has just refused, if that is why."""
    claimed = _claim(installation, workspace, channel_id, refused)
    if not isinstance(claimed, Channel):
        return claimed
    try:
        tokens = _ask(installation, claimed)
        if not any(tokens.secrets.values()):
            raise ValueError("the platform renewed nothing")
    except DeadToken as dead:
        _settle(installation, claimed, None, dead.words)
        return "refused"
    except Exception as error:
        log.warning("the access of channel %s could not be renewed: %s", channel_id, type(error).__name__)
        _settle(installation, claimed, None)
        return "later"
    return "renewed" if _settle(installation, claimed, tokens) else "later"


def _claim(
    installation: Installation, workspace: int, channel_id: int, refused: Mapping[str, str] | None
) -> Channel | Renewal:
    """The channel, claimed for one renewal; else what its access is, or will be, without one."""
    now = installation.now()
    with installation.store.write(workspace) as session:
        row = session.scalar(select(Channel).where(Channel.id == channel_id).with_for_update())
        if row is None or row.state == "archived":
            return "refused"
        if refused is not None and installation.vault.unseal_map(row.secrets) != dict(refused):
            return "renewed"
        if refused is not None and not installation.platform(row.platform).renews(refused):
            return "refused"
        if refused is not None and row.renewed_at is not None and now - row.renewed_at < REST:
            return "refused"
        if row.renewing_until is not None and row.renewing_until > now:
            return "later"
        row.renewing_until = now + CLAIM
    return row


def _ask(installation: Installation, channel: Channel) -> Tokens:
    with installation.store.read(EVERY_WORKSPACE) as session:
        place = session.get_one(Workspace, channel.workspace_id)
    context = make_context(
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
    )
    return installation.platform(channel.platform).refresh(context)


def _settle(installation: Installation, asked: Channel, tokens: Tokens | None, dead: Message | None = None) -> bool:
    """Write down what came of it, and give the claim back. What another has done with the channel meanwhile stands."""
    with installation.store.write(asked.workspace_id) as session:
        row = session.scalar(select(Channel).where(Channel.id == asked.id).with_for_update())
        if row is None or row.renewing_until != asked.renewing_until or row.secrets != asked.secrets:
            return False
        row.renewing_until = None
        if tokens is not None:
            kept = tokens.merged(installation.vault.unseal_map(row.secrets))
            row.secrets = installation.vault.seal_map(kept)
            keep_dates(row, tokens, installation.now())
            row.renewed_at, row.refused_at = installation.now(), None
            return True
        row.renew_at = installation.now() + LATER if row.renew_at is not None else None
        if dead is not None:
            _broken(installation, session, row, dead)
    return False


def keep_dates(row: Channel, tokens: Tokens, now: datetime) -> None:
    """When the access is to be renewed, and when a person must give another."""
    row.renew_at, row.token_expires_at = renew_at(tokens, now), tokens.expires_at


def _broken(installation: Installation, session: Session, row: Channel, words: Message) -> None:
    """The platform says that nothing is to be renewed: whoever administers is told once."""
    if row.state != "ok":
        return
    language = session.get_one(Workspace, row.workspace_id).language
    row.state, row.trouble, row.renew_at = "broken", translate(words, language)[:2000], None
    note(session, installation, scheduler(row.workspace_id), "channel.access_died", channel=row.id, name=row.name)
    outbox.queue(session, installation, sorted(people_with(session, "administer")), "access_died", channel=row.name)

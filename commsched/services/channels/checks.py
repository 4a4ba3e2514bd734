"""Channels looked at again by themselves: a token revoked on Friday is told before Monday's first post.

The same harmless call as when a channel is connected, once a day. It refreshes names, limits and the token's end. That
the platform could not be reached changes nothing; that it refuses the access must be heard twice before it counts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from commsched.core.platform.contract import Account, DeadToken
from commsched.core.text.catalogues import translate
from commsched.core.text.messages import Message
from commsched.services.channels import portraits
from commsched.services.channels.connect import is_same
from commsched.services.channels.renewal import Renewal, keep_dates, renew
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.channel_context import make_context
from commsched.services.kernel.context import Installation, scheduler
from commsched.services.kernel.members import people_with
from commsched.services.notices import outbox
from commsched.store.models import Channel, Workspace
from commsched.store.session import EVERY_WORKSPACE

log = logging.getLogger("commsched.chores")

EVERY: Final = timedelta(hours=24)
AGAIN: Final = timedelta(minutes=15)
"""How long after a refusal the platform is asked whether it means it."""
LATER: Final = timedelta(hours=1)
"""When a platform that could not be reached is tried again."""
_Change = Callable[[Session, Channel], None]


def look_again(installation: Installation) -> bool:
    """Look at the channel that has waited longest, if any is due; one at a time, so that no chore waits for many
    silent servers. Returns whether one was looked at. The call is made outside every transaction."""
    channel = _claim(installation)
    if channel is None:
        return False
    try:
        account = _ask(installation, channel)
    except DeadToken as refused:
        words = refused.words
        if _renewable(installation, channel) and _renew(installation, channel) != "refused":
            return True  # with another access it is looked at again the next time
        _settle(installation, channel, lambda session, row: _refused(installation, session, row, words))
    except Exception as error:
        log.info("channel %s could not be looked at: %s", channel.id, error)
        _settle(
            installation, channel, lambda session, row: setattr(row, "looked_at", installation.now() - EVERY + LATER)
        )
    else:
        portraits.fetch(installation, [account.picture], channel.workspace_id)
        _settle(installation, channel, lambda session, row: _answered(installation, session, row, account))
    return True


def _renewable(installation: Installation, channel: Channel) -> bool:
    return "refresh" in installation.platform(channel.platform).can


def _renew(installation: Installation, channel: Channel) -> Renewal:
    refused = installation.vault.unseal_map(channel.secrets)
    return renew(installation, channel.workspace_id, channel.id, refused)


def _used(installation: Installation) -> list[str]:
    """The platforms that real offices publish on; no others are loaded for this. A demo's servers do not exist."""
    wanted = select(Channel.platform).join(Workspace, Workspace.id == Channel.workspace_id).distinct()
    with installation.store.read(EVERY_WORKSPACE) as session:
        return list(session.scalars(wanted.where(Workspace.is_demo.is_(False), Channel.state.in_(("ok", "broken")))))


def _claim(installation: Installation) -> Channel | None:
    now = installation.now()
    known = installation.platform_keys()
    keys = [key for key in _used(installation) if key in known and not installation.platform(key).own]
    if not keys:
        return None
    due = or_(
        Channel.looked_at.is_(None) & (Channel.checked_at.is_(None) | (Channel.checked_at <= now - EVERY)),
        Channel.looked_at <= now - EVERY,
        Channel.refused_at.is_not(None) & (Channel.state == "ok") & (Channel.looked_at <= now - AGAIN),
        (Channel.token_expires_at <= now) & (Channel.looked_at < Channel.token_expires_at),
    )
    real = select(Workspace.id).where(Workspace.is_demo.is_(False))
    wanted = select(Channel).where(
        Channel.platform.in_(keys), Channel.state.in_(("ok", "broken")), due, Channel.workspace_id.in_(real)
    )
    with installation.store.write(EVERY_WORKSPACE) as session:
        channel = session.scalar(wanted.order_by(Channel.looked_at.nulls_first(), Channel.id).limit(1))
        if channel is not None:
            channel.looked_at = now
    return channel


def _ask(installation: Installation, channel: Channel) -> Account:
    with installation.store.read(EVERY_WORKSPACE) as session:
        workspace = session.get_one(Workspace, channel.workspace_id)
    secrets = installation.vault.unseal_map(channel.secrets)
    context = make_context(
        installation,
        platform=channel.platform,
        workspace=workspace.slug,
        channel=channel.id,
        settings=channel.settings,
        secrets=secrets,
        language=workspace.language,
    )
    return installation.platform(channel.platform).connect(context)


def _settle(installation: Installation, asked: Channel, change: _Change) -> None:
    """Write down what was heard, unless somebody has given the channel a new access or taken it away meanwhile."""
    with installation.store.write(asked.workspace_id) as session:
        row = session.scalar(select(Channel).where(Channel.id == asked.id).with_for_update())
        if row is not None and (row.secrets, row.settings) == (asked.secrets, asked.settings):
            change(session, row)


def _answered(installation: Installation, session: Session, row: Channel, account: Account) -> None:
    if row.account and not is_same(installation.platform(row.platform), row, account):
        log.warning("channel %s answers as another account now: %s", row.id, account.id)
        return
    row.account_name, row.account_url = account.name[:300], account.url[:500]
    row.account_picture = account.picture[:1000] or row.account_picture
    if account.tokens is not None:  # a look that had to sign in anew
        row.secrets = installation.vault.seal_map(account.tokens.merged(installation.vault.unseal_map(row.secrets)))
        keep_dates(row, account.tokens, installation.now())
    row.facts = account.facts | {key: row.facts[key] for key in ("warned",) if key in row.facts}
    row.checked_at, row.refused_at = installation.now(), None
    if not _renewable(installation, row):  # where it is renewed, that said when it ends
        row.token_expires_at = account.expires_at
    if row.state == "broken":
        row.state, row.trouble = "ok", ""
        note(session, installation, scheduler(row.workspace_id), "channel.works_again", channel=row.id, name=row.name)


def _refused(installation: Installation, session: Session, row: Channel, words: Message) -> None:
    now = installation.now()
    if row.refused_at is None:
        row.refused_at = now
        return
    if row.state != "ok" or now - row.refused_at < AGAIN:
        return
    language = session.get_one(Workspace, row.workspace_id).language
    row.state, row.trouble = "broken", translate(words, language)[:2000]
    note(session, installation, scheduler(row.workspace_id), "channel.access_died", channel=row.id, name=row.name)
    outbox.queue(session, installation, sorted(people_with(session, "administer")), "access_died", channel=row.name)

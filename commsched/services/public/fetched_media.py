"""Which file a signed address opens: one that a network fetches for a delivery that is going out just now.

Such an address is made while a post is prepared (``ChannelContext.media_address``). It opens its file only as long as
the post is approved, due, and neither held, stopped nor taken down; never under an embargo or after a consent ended.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.model import ENDINGS, Attachment
from commsched.core.installation import signed_addresses
from commsched.core.installation.signed_addresses import Grant
from commsched.core.text.messages import N_, NotFound
from commsched.services.approval.clearance import clearance
from commsched.services.content import versions
from commsched.services.kernel.blobs import File, key_of
from commsched.services.kernel.context import Installation
from commsched.services.media import search
from commsched.store.models import Channel, Delivery, Item, Revision
from commsched.store.session import EVERY_WORKSPACE

_GOING_OUT: Final = ("waiting", "sending", "unknown", "published")
"""Also what is out already: whoever was given the address just before may fetch a little later."""
_MOST: Final = 100
"""Deliveries of one channel that are looked through: so many are never due at once."""


def file(installation: Installation, token: str, name: str) -> tuple[File, str]:
    """The file that an address opens, and its SHA-256. Raises :class:`NotFound` for everything else, whatever the
    reason: nobody learns which files there are."""
    now = installation.now()
    grant = signed_addresses.read(installation.vault.derive(signed_addresses.PURPOSE), token, name, now)
    attachment = _wanted(installation, grant, now) if grant else None
    if grant is None or attachment is None:
        raise NotFound(N_("This link leads nowhere any more."))
    stored = File(installation.blobs, key_of(grant.sha256, grant.suffix), attachment.mime)
    if not stored.exists():
        raise NotFound(N_("This link leads nowhere any more."))
    return stored, grant.sha256


def _wanted(installation: Installation, grant: Grant, now: datetime) -> Attachment | None:
    """The attachment of a delivery that goes out now through the channel and has that very file."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        workspace = session.scalar(select(Channel.workspace_id).where(Channel.id == grant.channel))
    if workspace is None:
        return None
    due = (
        select(Item, Revision)
        .join(Delivery, Delivery.item_id == Item.id)
        .join(Revision, Revision.id == Delivery.revision_id)
        .where(Delivery.channel_id == grant.channel, Delivery.state.in_(_GOING_OUT), Delivery.stop == "")
        .where(Delivery.due_at <= now, ~versions.down())
        .order_by(Delivery.due_at.desc())
        .limit(_MOST)
    )
    with installation.store.read(workspace) as session:
        if _consent_has_ended(session, grant.sha256, now):
            return None
        for item, revision in session.execute(due):
            attachment = _attached(revision, grant, now)
            if attachment is not None and _is_cleared(session, item, revision, now):
                return attachment
    return None


def _attached(revision: Revision, grant: Grant, now: datetime) -> Attachment | None:
    content = revision.parsed()
    if not versions.may_be_seen(content, now):
        return None
    going = content.attachments_on(grant.channel)
    same = (each for each in going if each.sha256 == grant.sha256 and ENDINGS.get(each.mime) == grant.suffix)
    return next(same, None)


def _is_cleared(session: Session, item: Item, revision: Revision, now: datetime) -> bool:
    """Whether an approval of those very words stands, and its window is open."""
    window = clearance(session, item, revision.hash)
    if window is None:
        return False
    start, end = window
    return (start is None or start <= now) and (end is None or now <= end)


def _consent_has_ended(session: Session, sha256: str, now: datetime) -> bool:
    row = search.files(session, [sha256]).get(sha256)
    return row is not None and bool(versions.lapsed_files(session, [row], now))

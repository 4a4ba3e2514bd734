"""What an office of this installation is, for networks that register no apps but read it at an address.

Anybody may read it: it says what the office is called, where people come back to after they have signed in, and the
public half of the key that the installation proves itself by.
"""

from __future__ import annotations

from sqlalchemy import select

from commsched.core.platform.access import Handshake
from commsched.core.text.messages import N_, Invalid, NotFound
from commsched.services.channels.authorize import callback_address
from commsched.services.kernel.channel_context import make_context
from commsched.services.kernel.context import Installation
from commsched.store.models import Workspace
from commsched.store.session import EVERY_WORKSPACE


def document(installation: Installation, slug: str, key: str) -> dict[str, object]:
    """What stands at ``access.client_address`` for the office ``slug`` on the platform ``key``. Raises
    :class:`NotFound` where nothing does."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        place = session.scalar(select(Workspace).where(Workspace.slug == slug))
    if place is None:
        raise NotFound(N_("There is no such page."))
    try:
        platform = installation.platform(key)
    except Invalid:
        raise NotFound(N_("There is no such page.")) from None
    context = make_context(installation, platform=key, workspace=slug, settings={}, secrets={}, office_name=place.name)
    context.handshake = Handshake(callback_address(installation, slug, key), "", "")
    document = platform.client_document(context)
    if document is None:
        raise NotFound(N_("There is no such page."))
    return document

"""A mail that says “unsubscribe”: the way out that each mailing's List-Unsubscribe header offers beside its link."""

from __future__ import annotations

from sqlalchemy.orm import Session

from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Installation, scheduler
from commsched.services.subscriptions import leaving


def leave(installation: Installation, session: Session, workspace: int, address: str) -> int:
    """Send ``address`` nothing more from any of the office's lists, since the mail does not say which one it is about;
    nor when it is pasted or imported again. Returns how many lists it was on."""
    blind = installation.vault.blind(address)
    channels = leaving.leave_everything(installation, session, workspace, blind, leaving.BY_MAIL)
    for channel in channels:
        note(session, installation, scheduler(workspace), "inbox.left", channel=channel)
    return len(channels)

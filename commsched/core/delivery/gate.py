"""The gate: whether a delivery may go out at this moment. Asked in the transaction that commits the attempt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from commsched.core.approval.rules import CastDecision, Policy, cleared, inside, window


class GateInput(msgspec.Struct, frozen=True):
    """What is known of a delivery as it stands in the store now, hashes recomputed from what would be sent."""

    due: datetime
    latest: datetime
    embargo: datetime | None
    """Before which nothing of it is public."""
    paused: bool
    newest: bool
    """Its revision is the item's newest."""
    content_hash: str
    """Recomputed from the content, the pictures' bytes and the list's addresses in hand."""
    stored_hash: str
    policy: Policy
    decisions: Sequence[CastDecision]
    channel_state: str
    not_before: datetime | None
    stop: str = ""
    """A person's word that nothing more of it goes out: a code of ``core.delivery.lifecycle.STOPS``."""
    superseded: str = ""
    """Why what it says no longer stands: a code of ``core.delivery.lifecycle.REASONS``."""
    mute: bool = False
    """It goes out as e-mail and no mail server is set, so it would reach no one."""
    consent_ended: bool = False
    """Somebody in a picture has not agreed to be shown any longer."""
    over_ceiling: bool = False
    """It would cost more than its channel may in this month."""
    carries_embargo: bool = False
    """Its channel is not public and may have it before, with the embargo stated."""


class Go(msgspec.Struct, frozen=True):
    """It may go out, now."""


class Wait(msgspec.Struct, frozen=True):
    """Not yet: look again at ``until``."""

    until: datetime


class Hold(msgspec.Struct, frozen=True):
    """It stops here, for a person to decide. ``reason`` is a code of ``core.delivery.lifecycle.REASONS``."""

    reason: str


def judge(case: GateInput, now: datetime) -> Go | Wait | Hold:
    """The gate's answer. The order matters: what a person must know first comes first."""
    if case.stop or case.paused:
        return Hold(case.stop or "paused")
    if case.channel_state != "ok":
        return Hold("archived" if case.channel_state == "archived" else "token")
    if case.superseded or case.mute:
        return Hold(case.superseded or "mail")
    if not case.newest or case.content_hash != case.stored_hash:
        return Hold("changed")
    if now > case.latest:
        return Hold("late")
    embargo = None if case.carries_embargo else case.embargo
    earliest = max(moment for moment in (case.due, embargo, case.not_before) if moment is not None)
    if now < earliest:
        return Wait(earliest) if earliest <= case.latest else Hold("late")
    if case.consent_ended:
        return Hold("consent")
    clearing = cleared(case.policy, case.decisions, case.content_hash)
    if clearing is None:
        return Hold("unapproved")
    if not inside(now, window(clearing)):
        return Hold("window")
    return Hold("ceiling") if case.over_ceiling else Go()

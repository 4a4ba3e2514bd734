"""What is said of an item's cost on a channel that has a ceiling, before it goes out."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from commsched.core.delivery.spending import Spending, dollars, month_of
from commsched.core.platform.contract import ChannelView, Platform
from commsched.core.text.messages import N_, Message, Problem, warn
from commsched.services.costs.spending import spending
from commsched.store.models import Channel


class CostWords(msgspec.Struct, frozen=True):
    """Warnings and notes; neither where the channel has no ceiling, or the item costs nothing there."""

    problems: list[Problem] = []
    notes: list[Message] = []


def judge_cost(
    session: Session,
    platform: Platform,
    channel: Channel,
    view: ChannelView,
    at: datetime,
    now: datetime,
    zone: str,
) -> CostWords:
    """What is said of ``view`` on ``channel``, were it to go out at ``at``: of the month that it goes out in."""
    before = spending(session, platform, channel, at, zone)
    price = sum(map(platform.price, platform.parts(view))) if before is not None else 0
    if before is None or not price:
        return CostWords()
    sums = {
        "spent": dollars(before.spent),
        "ceiling": dollars(before.ceiling),
        "left": dollars(max(0, before.ceiling - before.spent)),
        "price": dollars(price),
    }
    return CostWords(_problems(before, price, channel, sums), _notes(sums, month_of(at, zone) == month_of(now, zone)))


def _notes(sums: dict[str, str], this_month: bool) -> list[Message]:
    words = N_("$%(spent)s of $%(ceiling)s is spent this month; this costs $%(price)s.")
    named = {key: sums[key] for key in ("spent", "ceiling", "price")}
    return [Message(words, named)] if this_month else []


def _problems(before: Spending, price: int, channel: Channel, sums: dict[str, str]) -> list[Problem]:
    if before.exceeds(price):
        words = N_(
            "This costs $%(price)s, and %(name)s has $%(left)s left of the $%(ceiling)s that it may cost in that "
            "month: it would be held. Raise the ceiling, or choose another month."
        )
        named = {key: sums[key] for key in ("price", "left", "ceiling")}
    elif before.is_near(price):
        words = N_(
            "%(name)s nears its ceiling: $%(spent)s of $%(ceiling)s is spent in that month, and this costs $%(price)s."
        )
        named = {key: sums[key] for key in ("spent", "ceiling", "price")}
    else:
        return []
    return [warn("channels", words, name=channel.name, **named)]

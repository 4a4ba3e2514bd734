"""What networks still allow each channel, heard in every answer and written down now and then."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from commsched.core.platform.budget import Heard
from commsched.core.platform.contract import Platform
from commsched.services.kernel.context import Installation
from commsched.store.models import Base, ChannelBudget

if TYPE_CHECKING:
    import requests

log = logging.getLogger(__name__)
NAME: Final = 60
"""Characters of an allowance's name."""
MOST: Final = 2**53
"""What is counted beyond this is no allowance."""
_table: Final = Base.metadata.tables[ChannelBudget.__tablename__]
_KEY: Final = ("channel_id", "name")


class BudgetListener:
    """A response hook of ``requests``. It never makes a call fail, whatever the headers say."""

    def __init__(self, installation: Installation, platform: Platform, channel: int) -> None:
        self.installation, self.platform, self.channel = installation, platform, channel

    def __call__(self, response: requests.Response, *_rest: object, **_more: object) -> None:
        now = self.installation.now()
        try:
            budgets = self.platform.budgets(response.headers, now)
            sound = [budget for budget in budgets if 0 <= budget.limit < MOST and abs(budget.remaining) < MOST]
            self.installation.budgets.hear(self.channel, sound, now)
        except Exception as error:
            log.warning("%s said nothing readable of its allowances: %s", self.platform.key, type(error).__name__)


def listens(platform: Platform) -> bool:
    """Whether the platform reads anything in an answer's headers."""
    return type(platform).budgets is not Platform.budgets


def row_of(workspace: int, channel: int, heard: Heard) -> dict[str, object]:
    """The columns of what was heard."""
    budget = heard.budget
    return {
        "workspace_id": workspace,
        "channel_id": channel,
        "name": budget.name[:NAME],
        "allowed": budget.limit,
        "remaining": max(0, budget.remaining),
        "resets_at": budget.resets_at,
        "heard_at": heard.at,
    }


def write(connection: Connection, rows: Sequence[dict[str, object]]) -> None:
    """Write down what was heard, within the caller's transaction. What another process heard later stands."""
    if not rows:
        return
    statement: postgresql.Insert | sqlite.Insert
    statement = postgresql.insert(_table) if connection.dialect.name == "postgresql" else sqlite.insert(_table)
    said = {name: statement.excluded[name] for name in ("allowed", "remaining", "resets_at", "heard_at")}
    later = statement.excluded.heard_at >= _table.c.heard_at
    connection.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=said, where=later), list(rows))


def of_channel(installation: Installation, workspace: int, channel: int) -> list[ChannelBudget]:
    """What the network last said of a channel's allowances, by name."""
    wanted = select(ChannelBudget).where(ChannelBudget.channel_id == channel).order_by(ChannelBudget.name)
    with installation.store.read(workspace) as session:
        return list(session.scalars(wanted))

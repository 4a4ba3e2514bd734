"""The first page's content: what needs somebody, and the line of the day and the week. :mod:`today` reads it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from commsched.core.text.messages import Message
from commsched.services.approval import comments
from commsched.services.hands.tasks import OpenTask
from commsched.services.kernel.overdue import Late
from commsched.services.mailing.condition import Trouble
from commsched.services.media.consent_expiry import Ending
from commsched.store.models import Channel, Item


class Stopped(msgspec.Struct, frozen=True):
    """A delivery that did not go out, or that nobody knows about."""

    id: int
    item: int
    title: str
    channel: str
    platform: str
    state: str
    reason: str
    detail: str
    due: datetime
    out: int
    parts: int
    address: str = ""
    """Where the channel's account is seen on its network."""

    @property
    def by_pause(self) -> bool:
        return self.state == "held" and self.reason == "paused"


class TimelineItem(msgspec.Struct, frozen=True):
    """One item in the line of time, with the channels it went or goes to: (id, name, platform, state, url)."""

    item: int
    title: str
    kind: str
    state: str
    at: datetime
    channels: tuple[tuple[int, str, str, str, str], ...]


class Now(msgspec.Struct, frozen=True):
    """Everything the first page shows."""

    to_approve: list[Item]
    mine: frozenset[int]
    """Of those, the ones that wait for whoever looks."""
    waits_for: dict[int, dict[int, str]]
    """The people who can move each of them on, by name; nobody, where nobody can."""
    to_accept: frozenset[int]
    """Those that wait for the reader to accept what somebody else wrote."""
    stuck: frozenset[int]
    """Those that nobody could move on."""
    spoken: list[comments.UnreadTalk]
    """What was said to the reader and not seen yet."""
    sent_back: list[Item]
    proposed: dict[int, str]
    """By item that was sent back, who has proposed other words that can be taken."""
    released: list[Item]
    """What was let out without approval, for whoever looks to look at afterwards."""
    unscheduled: list[Item]
    held: list[Item]
    """Held before it had any delivery: still unapproved at its time, or late."""
    stopped: list[Stopped]
    channels: list[Channel]
    """Whose access has died or soon will."""
    consents: list[Ending]
    """Pictures in use whose consent soon ends, or has ended while something waits with them."""
    by_hand: list[OpenTask]
    """What waits for somebody to post it by hand."""
    mailboxes: bool
    """Whether one of the office's mailboxes has not been read for an hour."""
    letters: int
    """How many letters in the inbox wait for whoever looks, or for anybody."""
    relays: list[Trouble]
    """The mail servers that let nobody in, so that every list on them waits."""
    today: list[TimelineItem]
    ahead: list[TimelineItem]
    late: list[Late]
    """What should have gone out, and waits although nothing keeps it."""
    shifted: int
    """How many planned times now mean another moment than was meant."""
    wrong_time: Message | None
    """Said where this computer's clock is not the platforms'."""

    @property
    def waiting(self) -> int:
        """How many things whoever looks can do something about; all that a pause stopped is one."""
        items = len(self.to_approve) - len(self.elsewhere) + len(self.sent_back) + len(self.unscheduled)
        items += len(self.held) + len(self.channels) + len(self.consents) + bool(self.wrong_time) + bool(self.shifted)
        items += len(self.spoken) + len(self.late) + len(self.released) + len(self.by_hand) + len(self.relays)
        items += bool(self.letters) + self.mailboxes
        return items + sum(not row.by_pause for row in self.stopped) + bool(self.paused)

    @property
    def elsewhere(self) -> list[Item]:
        """What waits for somebody else's yes."""
        own = self.mine | self.to_accept | self.stuck
        return [item for item in self.to_approve if item.id not in own]

    @property
    def paused(self) -> set[int]:
        """The items that fell due during a pause."""
        return {row.item for row in self.stopped if row.by_pause}

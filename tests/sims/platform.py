"""A platform that keeps what it accepted and goes wrong as it is told, in every class of idempotency.

The wall is the outside world: it survives every crash of the office, and what is on it is what readers saw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from commsched.core.delivery.outcome import (
    Absent,
    CannotTell,
    Finding,
    Found,
    Handles,
    Outcome,
    Published,
    Rejected,
    Retry,
    Unknown,
)
from commsched.core.platform.contract import Account, ChannelContext, ChannelView, Limits, Part, Platform
from commsched.core.text.messages import Problem

Idempotency = Literal["key", "two", "read", "none"]
"""As Mastodon (a key), as Facebook (two phases), as X (read back only), as e-mail (nothing at all)."""

SETTLE = 5.0
SKEW = timedelta(minutes=22)
"""How far back of the asked moment a read-back goes: the office's clock is set back now and then."""
BEFORE = datetime(1970, 1, 1, tzinfo=UTC)
SPLIT = "||"
"""Where a text becomes the next part of a thread."""
START = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)

SEND_FAULTS = (
    "timeout after",
    "timeout before",
    "500 after",
    "late",
    "reset",
    "malformed",
    "429",
    "dns",
    "reject",
    "token",
    "raises after",
    "raises before",
    "slow",
    "very slow",
    "duplicate",
    "crash before",
    "crash after",
)
LOOK_FAULTS = ("cannot tell", "raises", "crash before")
PREPARE_FAULTS = ("timeout before", "dns", "429", "raises before", "token", "crash before")


class Crash(BaseException):
    """The process is gone, in the middle of a line."""


@dataclass
class SimClock:
    """The office's wall clock. Goes only when told, and may be set back."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Seen:
    """One thing that readers saw."""

    channel: int
    key: str
    text: str
    recipient: str
    parent: str
    pictures: tuple[str, ...]
    called_at: datetime
    """When the call that caused it began, by the office's clock."""
    id: str


@dataclass
class Wall:
    """Everything that became visible anywhere, in order, and what is still on its way there."""

    clock: SimClock
    fault: Callable[[str, Platform, Part], str] = lambda kind, platform, part: ""
    """Asked before every ``prepare``, ``send`` and ``look``; an empty string lets it work."""
    on_call: Callable[[Platform, Part, ChannelContext], None] = lambda platform, part, context: None
    seen: list[Seen] = field(default_factory=list)
    late: list[tuple[datetime, Seen]] = field(default_factory=list)

    def on(self, channel: int) -> list[Seen]:
        """What is visible on ``channel`` now."""
        self.arrive()
        return [one for one in self.seen if one.channel == channel]

    def arrive(self) -> None:
        """What was accepted late becomes visible."""
        due = [one for at, one in self.late if at <= self.clock.at]
        self.late = [(at, one) for at, one in self.late if at > self.clock.at]
        self.seen += due


class Faulty(Platform):
    """One class of idempotency over a :class:`Wall`. A text with ``||`` in it is a thread; ``none`` has recipients."""

    icon = ""
    settle = SETTLE

    def __init__(self, idempotency: Idempotency, wall: Wall) -> None:
        self.idempotency, self.wall = idempotency, wall
        self.key = f"sim-{idempotency}"  # type: ignore[misc]
        self.name = self.key  # type: ignore[misc]
        self.independent_parts = idempotency == "none"  # type: ignore[misc]
        self.under_embargo = idempotency == "none"  # type: ignore[misc]
        self.lanes = 1  # type: ignore[misc]
        self.group = 1  # type: ignore[misc]
        self.resend_if_absent = idempotency in ("key", "read", "none")  # type: ignore[misc]

    def connect(self, context: ChannelContext) -> Account:
        return Account(self.key, self.key)

    def limits(self, facts: dict[str, Any]) -> Limits:
        return Limits()

    def check(self, view: ChannelView, facts: dict[str, Any]) -> list[Problem]:
        return []

    def parts(self, view: ChannelView) -> list[Part]:
        if self.idempotency == "none":
            return [
                Part(number=n, role="recipient", text=view.text, view=view, recipient=address)
                for n, address in enumerate(view.recipients)
            ]
        pieces = view.text.split(SPLIT)
        return [
            Part(number=n, role="reply" if n else "post", text=piece, view=view, pictures=() if n else view.pictures)
            for n, piece in enumerate(pieces)
        ]

    def needs_prepare(self, part: Part) -> bool:
        return self.idempotency == "two" or bool(part.pictures)

    def prepare(self, part: Part, context: ChannelContext) -> Handles | Outcome:
        fault = self.wall.fault("prepare", self, part)
        if fault == "crash before":
            raise Crash
        if fault == "raises before":
            raise KeyError("a field the SDK did not expect")
        if fault == "timeout before":
            return Unknown("the upload timed out")
        if fault in ("dns", "429", "token"):
            return self._refusal(fault)
        for picture in part.pictures:
            with picture.open() as stream:
                assert len(stream.read()) == picture.size
        return Handles({"container": f"c-{part.key}"})

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        fault = self.wall.fault("send", self, part)
        self.wall.on_call(self, part, context)
        began = self.wall.clock.at
        if self.idempotency == "two":
            assert handles.values, "the second phase needs what the first one left"
        if fault == "crash before":
            raise Crash
        if fault == "raises before":
            raise KeyError("a field the SDK did not expect")
        if fault == "timeout before":
            return Unknown("no answer came")
        if fault in ("dns", "429", "reject", "token"):
            return self._refusal(fault)
        if fault in ("slow", "very slow"):
            self.wall.clock.forward(3 if fault == "slow" else 20)
        return self._accept(part, context, began, fault)

    def _refusal(self, fault: str) -> Outcome:
        match fault:
            case "dns":
                return Retry("the name does not resolve", whole_channel=True)
            case "429":
                return Retry("429", after=self.wall.clock.at + timedelta(seconds=90), whole_channel=True)
            case "token":
                return Rejected("401", "token")
        return Rejected("422")

    def _accept(self, part: Part, context: ChannelContext, began: datetime, fault: str) -> Outcome:
        before = self._find(part, context)
        if before and self.idempotency == "key" and before.key == part.key:
            return Published(before.id)
        if before and self.idempotency == "read" and fault == "duplicate":
            return Unknown("403 duplicate")
        pictures = tuple(picture.sha256 for picture in part.pictures)
        number = f"{context.channel}:{part.key}:{len(self.wall.seen)}"
        one = Seen(context.channel, part.key, part.text, part.recipient, part.parent, pictures, began, number)
        if fault == "late":
            self.wall.late.append((self.wall.clock.at + timedelta(seconds=SETTLE - 1), one))
            return Unknown("no answer came")
        self.wall.seen.append(one)
        match fault:
            case "crash after":
                raise Crash
            case "raises after":
                raise RuntimeError("the SDK could not read the answer \udcff")
            case "timeout after" | "500 after" | "reset":
                return Unknown(fault)
            case "malformed":
                return Unknown("not JSON: \ud800\x00")
        return Published(one.id, f"https://wall.example/{one.id}")

    def _find(self, part: Part, context: ChannelContext, since: datetime = BEFORE) -> Seen | None:
        mine = [
            one for one in self.wall.on(context.channel) if one.recipient == part.recipient and one.called_at >= since
        ]
        return next((one for one in mine if one.key == part.key or one.text == part.text), None)

    def find(self, part: Part, handles: Handles, since: datetime, context: ChannelContext) -> Finding:
        if self.idempotency == "none":
            return CannotTell("mail cannot be read back", final=True)
        fault = self.wall.fault("look", self, part)
        if fault == "crash before":
            raise Crash
        if fault == "raises":
            raise KeyError("a field the SDK did not expect")
        if fault:
            return CannotTell("the timeline does not answer")
        mine = [
            one for one in self.wall.on(context.channel) if one.id not in part.others and one.called_at >= since - SKEW
        ]
        found = next((one for one in mine if one.recipient == part.recipient and one.text == part.text), None)
        return Found(found.id, f"https://wall.example/{found.id}") if found else Absent("the whole timeline was read")

    def delete(self, remote_id: str, context: ChannelContext) -> Outcome:
        self.wall.seen = [one for one in self.wall.seen if one.id != remote_id]
        return Published(remote_id)

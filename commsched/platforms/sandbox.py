"""A platform to try things on: a public wall of what would have been published, and every way it can go wrong.

Like the newsroom it shows what is recorded as published, so nothing on it is doubled or lost. How it behaves depends
on nothing but the setting and the clock, so that a restart in the middle changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

from msgspec.structs import replace

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
from commsched.core.platform.contract import (
    Account,
    ChannelContext,
    ChannelView,
    ConnectError,
    Facts,
    Limits,
    Part,
    Platform,
    Setting,
)
from commsched.core.platform.figures import Figures, Publication, Reply
from commsched.core.platform.settings import YES
from commsched.core.text.length import graphemes
from commsched.core.text.messages import N_, Problem
from commsched.platforms._sandbox import readers
from commsched.platforms._shared.checks import check_pictures, check_text, longest, thread

CHARACTERS: Final = 500
PICTURES: Final = 4
ALT_CHARACTERS: Final = 1500
SLOW: Final = timedelta(seconds=30)
"""How long after a slow publishing the answer can be read back."""
BEHAVIOURS: Final = (
    ("normal", N_("Normal")),
    ("slow", N_("The answer takes half a minute")),
    ("rejects", N_("Refuses everything")),
    ("rate-limited", N_("Too many requests, every other half minute")),
    ("lost answer", N_("The answer is lost, then found by reading back")),
    ("needs a person", N_("The answer is lost, and a person must look")),
)


class Sandbox(Platform):
    key: ClassVar[str] = "sandbox"
    name: ClassVar[str] = N_("Sandbox")
    about: ClassVar[str] = N_("To try things on: a wall that shows what would have been published.")
    icon: ClassVar[str] = "lucide:flask-conical"
    called: ClassVar[str] = N_("Sandbox")
    own: ClassVar[bool] = True
    can = frozenset({"delete", "metrics", "replies", "hide", "report", "recent"})
    own_page = "wall"
    resend_if_absent: ClassVar[bool] = True
    instant: ClassVar[bool] = True
    settle: ClassVar[float] = 1.0
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting(
            "behaviour",
            N_("How it behaves"),
            required=False,
            default="normal",
            kind="choice",
            choices=BEHAVIOURS,
            help=N_("Try what happens when a platform refuses, limits or loses an answer."),
            aliases=("behavior",),
        ),
        Setting(
            "readers",
            N_("Invented readers"),
            required=False,
            kind="bool",
            help=N_("Comments, figures and a post made by hand are made up, to try what happens to what is out."),
        ),
    )

    def connect(self, context: ChannelContext) -> Account:
        behaviour = context.settings.get("behaviour") or "normal"
        if behaviour not in dict(BEHAVIOURS):
            raise ConnectError(N_("There is no behaviour called “%(value)s”."), "behaviour", value=behaviour[:40])
        url = f"{context.public_url}/wall/{context.workspace}/{context.channel}" if context.channel else ""
        return Account(id="sandbox", name=N_("Sandbox"), url=url)

    def limits(self, facts: Facts) -> Limits:
        return Limits(characters=CHARACTERS, pictures=PICTURES, alt_characters=ALT_CHARACTERS)

    def count(self, text: str, facts: Facts) -> int:
        """The longest part of the thread, in characters as a reader sees them."""
        return longest(text, graphemes)

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        name = N_("The sandbox")
        return check_text(view, CHARACTERS, graphemes, name) + check_pictures(view, self.limits(facts), name)

    def parts(self, view: ChannelView) -> list[Part]:
        return [replace(part, key=f"{view.uid}-{part.number}") for part in thread(view)]

    def needs_prepare(self, part: Part) -> bool:
        return False

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        match context.settings.get("behaviour"):
            case "rejects":
                return Rejected(N_("422: this wall refuses everything, as it was set to"))
            case "rate-limited" if context.now().second < 30:
                again = context.now().replace(second=30, microsecond=0)
                return Retry(N_("429: too many requests"), after=again, whole_channel=True)
            case "slow" | "lost answer" | "needs a person":
                return Unknown(N_("no answer came, as it was set to"))
        return Published(id=self._name(part), url=self._url(part, context))

    def find(self, part: Part, handles: Handles, since: datetime, context: ChannelContext) -> Finding:
        match context.settings.get("behaviour"):
            case "needs a person":
                return CannotTell(N_("this wall cannot be read back, as it was set to"), final=True)
            case "slow" if context.now() < since + SLOW:
                return CannotTell(N_("not there yet"))
            case "slow" | "lost answer":
                return Found(id=self._name(part), url=self._url(part, context))
        return Absent()

    def delete(self, remote_id: str, context: ChannelContext) -> Outcome:
        return Published(id=remote_id)

    def metrics(self, remote_ids: Sequence[str], context: ChannelContext) -> dict[str, Figures] | CannotTell:
        return readers.figures(remote_ids) if self._invents(context) else {}

    def replies(self, remote_ids: Sequence[str], since: datetime, context: ChannelContext) -> list[Reply] | CannotTell:
        return readers.replies(remote_ids, context.now(), self._wall(context)) if self._invents(context) else []

    def hide(self, reply: Reply, hidden: bool, context: ChannelContext) -> Outcome:
        return Published(id=reply.id)

    def report(self, reply: Reply, reason: str, context: ChannelContext) -> Outcome:
        return Published(id=reply.id)

    def recent(self, since: datetime, context: ChannelContext) -> list[Publication] | CannotTell:
        return readers.recent(since, context.now(), self._wall(context)) if self._invents(context) else []

    def _invents(self, context: ChannelContext) -> bool:
        return context.settings.get("readers", "").lower() in YES

    def _wall(self, context: ChannelContext) -> str:
        return f"{context.public_url}/wall/{context.workspace}/{context.channel}"

    def _name(self, part: Part) -> str:
        return part.key or f"{part.view.uid}-{part.number}"

    def _url(self, part: Part, context: ChannelContext) -> str:
        return f"{self._wall(context)}#{self._name(part)}"


PLATFORM = Sandbox()

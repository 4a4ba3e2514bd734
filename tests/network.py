"""A network in memory that can do everything the contract names, and answers as it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from commsched.core.delivery.outcome import (
    Absent,
    CannotTell,
    Finding,
    Handles,
    Outcome,
    Published,
)
from commsched.core.platform.contract import Account, ChannelContext, ChannelView, Limits, Part, Platform
from commsched.core.platform.figures import Figures, Publication, Reply
from commsched.core.text.messages import Problem
from commsched.platforms._shared.checks import thread
from commsched.services.kernel.context import Installation

EVERYTHING = frozenset({"edit", "delete", "metrics", "replies", "hide", "report", "recent"})


class Network(Platform):
    """``posts`` are what readers see; ``answers`` are given instead, one for each call, and may raise."""

    key = "mastodon"
    name = "Nätet"

    def __init__(self, can: frozenset[Any] = EVERYTHING) -> None:
        self.can: frozenset[Any] = can  # type: ignore[misc]
        self.posts: dict[str, str] = {}
        self.parents: dict[str, str] = {}
        self.calls: list[tuple[str, str]] = []
        self.answers: list[Outcome | BaseException] = []
        self.written: list[Reply] = []
        self.hidden: set[str] = set()
        self.elsewhere: list[Publication] = []
        self.figures: dict[str, Figures] = {}
        self.silent = False
        self.before: Callable[[], object] = lambda: None

    def _answer(self, call: str, about: str) -> Outcome | None:
        self.calls.append((call, about))
        self.before()
        if not self.answers:
            return None
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def connect(self, context: ChannelContext) -> Account:
        return Account("1", "Nätet")

    def limits(self, facts: Any) -> Limits:
        return Limits(characters=500)

    def check(self, view: ChannelView, facts: Any) -> list[Problem]:
        return []

    def parts(self, view: ChannelView) -> list[Part]:
        return thread(view)

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        answer = self._answer("publish", part.text)
        if answer is not None:
            return answer
        name = f"p{len(self.posts) + 1}"
        self.posts[name], self.parents[name] = part.text, part.parent
        return Published(name, f"https://net.example/{name}")

    def find(self, part: Part, handles: Handles, since: datetime, context: ChannelContext) -> Finding:
        return Absent()

    def edit(self, part: Part, remote_id: str, context: ChannelContext) -> Outcome:
        answer = self._answer("edit", remote_id)
        if answer is not None:
            return answer
        self.posts[remote_id] = part.text
        return Published(remote_id, f"https://net.example/{remote_id}")

    def delete(self, remote_id: str, context: ChannelContext) -> Outcome:
        answer = self._answer("delete", remote_id)
        if answer is not None:
            return answer
        self.posts.pop(remote_id, None)
        return Published(remote_id)

    def metrics(self, remote_ids: Sequence[str], context: ChannelContext) -> dict[str, Figures] | CannotTell:
        self.calls.append(("metrics", ",".join(remote_ids)))
        return CannotTell("stumm") if self.silent else {n: self.figures[n] for n in remote_ids if n in self.figures}

    def replies(self, remote_ids: Sequence[str], since: datetime, context: ChannelContext) -> list[Reply] | CannotTell:
        self.calls.append(("replies", ",".join(remote_ids)))
        if self.silent:
            return CannotTell("stumm")
        return [reply for reply in self.written if reply.answers in remote_ids and reply.at >= since]

    def hide(self, reply: Reply, hidden: bool, context: ChannelContext) -> Outcome:
        answer = self._answer("hide" if hidden else "show", reply.id)
        if answer is not None:
            return answer
        (self.hidden.add if hidden else self.hidden.discard)(reply.id)
        return Published(reply.id)

    def report(self, reply: Reply, reason: str, context: ChannelContext) -> Outcome:
        return self._answer("report", reply.id) or Published(reply.id)

    def recent(self, since: datetime, context: ChannelContext) -> list[Publication] | CannotTell:
        self.calls.append(("recent", ""))
        return CannotTell("stumm") if self.silent else [post for post in self.elsewhere if post.at >= since]


def put_in(installation: Installation, network: Network) -> Network:
    """The office's channels on ``network.key`` speak to ``network``."""
    before = installation.platform
    installation.platform = lambda key: network if key == network.key else before(key)
    return network

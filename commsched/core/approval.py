"""Who must say yes, and whether they have: pure functions over decisions.

A *step* is a group of people with ``all`` or ``any``; a policy is a chain of steps. An empty chain asks nobody.
Decisions are bound to a content hash; whatever was said of another hash says nothing of this one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

Verdict = Literal["approve", "changes", "bypass", "release", "withdraw"]


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One round of approval. No ``people`` means anyone with the role of approver."""

    people: list[int] = []
    need: Literal["any", "all"] = "any"


class Policy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The steps in order. ``[]`` is "no approval"; one ``any`` step is "one approver"."""

    steps: list[Step] = []
    own: bool = False
    """Whether those who wrote it may approve their own words. Off unless the office says otherwise."""
    bypass: bool = True
    """Whether an emergency bypass with a reason is possible."""


NOBODY = Policy()
ONE_APPROVER = Policy(steps=[Step()])


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One decision as the rules see it; ``person`` is the one it counts for (the principal of a deputy)."""

    hash: str
    verdict: Verdict
    person: int | None
    at: datetime
    step: int = 0
    window_start: datetime | None = None
    window_end: datetime | None = None


def spared(policy: Policy, writers: Collection[int]) -> Policy:
    """``policy`` without the yeses that nobody could give: where all of several must agree, those who wrote the words
    need not, as long as somebody else must."""
    if policy.own:
        return policy
    return msgspec.structs.replace(policy, steps=[_spared(step, writers) for step in policy.steps])


def _spared(step: Step, writers: Collection[int]) -> Step:
    others = [person for person in step.people if person not in writers]
    return msgspec.structs.replace(step, people=others) if step.need == "all" and others else step


def standing(decisions: Iterable[Said], content_hash: str) -> list[Said]:
    """What still counts for ``content_hash``: everything after its last ``changes`` or ``withdraw``.

    ``decisions`` come in the order they were written, which no clock that is set back can turn around.
    """
    mine = [said for said in decisions if said.hash == content_hash]
    for index in range(len(mine) - 1, -1, -1):
        if mine[index].verdict in ("changes", "withdraw"):
            return mine[index + 1 :]
    return mine


def step_done(step: Step, number: int, said: Sequence[Said]) -> bool:
    """Whether step ``number`` has the yeses it needs."""
    yes = {one.person for one in said if one.verdict == "approve" and one.step == number}
    if not step.people:
        return bool(yes)
    wanted = set(step.people)
    return wanted <= yes if step.need == "all" else bool(wanted & yes)


def current_step(policy: Policy, decisions: Iterable[Said], content_hash: str) -> int | None:
    """The first step still waiting, or ``None`` when the chain is done."""
    said = standing(decisions, content_hash)
    for number, step in enumerate(policy.steps):
        if not step_done(step, number, said):
            return number
    return None


def cleared(policy: Policy, decisions: Iterable[Said], content_hash: str) -> list[Said] | None:
    """The decisions that let ``content_hash`` out, or ``None`` where nothing does.

    Even with no steps there must be one row: the ``release`` by whoever scheduled it. A bypass clears alone.
    """
    said = standing(decisions, content_hash)
    bypass = [one for one in said if one.verdict == "bypass"]
    if bypass and policy.bypass:
        return bypass
    if not policy.steps:
        return [one for one in said if one.verdict in ("release", "approve")] or None
    if current_step(policy, said, content_hash) is not None:
        return None
    return [one for one in said if one.verdict == "approve"]


def window(clearing: Iterable[Said]) -> tuple[datetime | None, datetime | None]:
    """The time all of them agreed to: the latest start and the earliest end. ``None`` is open."""
    starts = [one.window_start for one in clearing if one.window_start]
    ends = [one.window_end for one in clearing if one.window_end]
    return (max(starts) if starts else None), (min(ends) if ends else None)


def inside(moment: datetime, bounds: tuple[datetime | None, datetime | None]) -> bool:
    """Whether ``moment`` lies in the approved window."""
    start, end = bounds
    return (start is None or moment >= start) and (end is None or moment <= end)


def strictest(policies: Sequence[Policy]) -> Policy:
    """One policy that satisfies them all: every different step of each, in order; ``own`` only if all allow it."""
    steps: list[Step] = []
    for policy in policies:
        steps += [step for step in policy.steps if step not in steps]
    return Policy(
        # "any approver" adds nothing beside a step that names approvers
        steps=[step for step in steps if step.people] or steps[:1],
        own=all(policy.own for policy in policies),
        bypass=all(policy.bypass for policy in policies),
    )

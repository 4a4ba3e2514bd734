"""Who must approve, and whether they have: pure functions over decisions.

A *step* is a group of people with ``all`` or ``any``; a policy is a chain of steps. An empty chain needs no approval.
Decisions are bound to a content hash and do not count for any other hash.

One human counts once. Every step has places (one, or one for each person of ``all``), and a chain is done when a
different person fills each place, for themselves or as a deputy. An approval is given to the content and not to a step,
so no one is asked for a second one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

Verdict = Literal["approve", "changes", "bypass", "release", "withdraw", "accept", "lapse", "undo"]
"""``accept``: a person takes over another's words and is responsible for them from then on
(:mod:`core.approval.authorship`). ``lapse``: the earlier decision of ``by`` does not cover the new time and no longer
counts. ``undo``: the last yes or no of whoever pressed was never meant, and what it had set aside counts again."""
UNDOABLE: Final = frozenset({"approve", "changes"})
"""Verdicts that whoever gave them can take back as if they had never been given."""
LETS_OUT: Final = frozenset({"approve", "bypass", "release"})
"""Verdicts that have a window of time."""


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One round of approval. No ``people`` means anyone with the role of approver."""

    people: list[int] = []
    need: Literal["any", "all"] = "any"
    branch: int = 0
    """Which of several joined policies it belongs to. One yes counts in each of them, once."""


class Policy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The steps in order. ``[]`` is "no approval"; one ``any`` step is "one approver"."""

    steps: list[Step] = []
    own: bool = False
    """Whether those who wrote it may approve their own words. Off unless the office says otherwise."""
    bypass: bool = True
    """Whether an emergency bypass with a reason is possible."""


NOBODY = Policy()
ONE_APPROVER = Policy(steps=[Step()])


class CastDecision(msgspec.Struct, frozen=True, kw_only=True):
    """One decision as the rules see it; ``person`` is the one it counts for (the principal of a deputy)."""

    hash: str
    verdict: Verdict
    person: int | None
    at: datetime
    by: int | None = None
    """The person who pressed the button, where known: ``person``, or their deputy."""
    step: int = 0
    window_start: datetime | None = None
    window_end: datetime | None = None

    @property
    def human(self) -> int | None:
        """Whoever pressed."""
        return self.person if self.by is None else self.by


class Yes(msgspec.Struct, frozen=True):
    """One person's approval, and the names it can count for: their own, and that of the person they deputise for."""

    human: int | None
    names: frozenset[int | None]


class _Place(msgspec.Struct, frozen=True):
    """A place that one approval can fill; ``people`` is empty where any approver can fill it."""

    step: int
    people: frozenset[int]


def undone(decisions: Sequence[CastDecision]) -> set[int]:
    """The places in ``decisions`` of those that an ``undo`` has taken back, and of the undos themselves. Each undo
    takes back one decision: the last of the same human on the same hash that is not taken back yet."""
    places: set[int] = set()
    for number, said in enumerate(decisions):
        if said.verdict != "undo":
            continue
        places.add(number)
        for earlier in range(number - 1, -1, -1):
            other = decisions[earlier]
            own = other.hash == said.hash and other.human == said.human and other.verdict in UNDOABLE
            if own and earlier not in places:
                places.add(earlier)
                break
    return places


def standing(decisions: Iterable[CastDecision], content_hash: str) -> list[CastDecision]:
    """What still counts for ``content_hash``: everything after its last ``changes`` or ``withdraw``, without what was
    undone and the yeses that have lapsed.

    ``decisions`` come in the order they were written, which no clock that is set back can turn around.
    """
    about = [said for said in decisions if said.hash == content_hash]
    over = undone(about)
    mine: list[CastDecision] = []
    for number, said in enumerate(about):
        if number in over or said.verdict == "accept":
            continue
        if said.verdict in ("changes", "withdraw"):
            mine = []
        elif said.verdict == "lapse":
            mine = [yes for yes in mine if yes.human != said.human]
        else:
            mine.append(said)
    return mine


def yeses(said: Iterable[CastDecision]) -> list[Yes]:
    """The approvals among ``said``: the first one of each person."""
    latest: dict[int | None, Yes] = {}
    for decision in said:
        if decision.verdict == "approve":
            latest.setdefault(decision.human, Yes(decision.human, frozenset((decision.human, decision.person))))
    return list(latest.values())


def current_step(policy: Policy, decisions: Iterable[CastDecision], content_hash: str) -> int | None:
    """The first step still waiting, or ``None`` when every chain is done."""
    approvals = yeses(standing(decisions, content_hash))
    for chain in _chains(policy.steps).values():
        places: list[_Place] = []
        for number in chain:
            places += _places(policy.steps[number], number)
            if _filled(places, approvals) < len(places):
                return number
    return None


def helps(policy: Policy, decisions: Iterable[CastDecision], content_hash: str, approval: Yes) -> bool:
    """Whether ``approval`` would advance the waiting step. A second approval by the same person never does."""
    decisions = list(decisions)
    step = current_step(policy, decisions, content_hash)
    approvals = yeses(standing(decisions, content_hash))
    if step is None or any(said.human == approval.human for said in approvals):
        return False
    chain = _chains(policy.steps)[policy.steps[step].branch]
    places = [place for number in chain if number <= step for place in _places(policy.steps[number], number)]
    return _filled(places, [*approvals, approval]) > _filled(places, approvals)


def _chains(steps: Sequence[Step]) -> dict[int, list[int]]:
    """The numbers of the steps, chain by chain."""
    chains: dict[int, list[int]] = {}
    for number, step in enumerate(steps):
        chains.setdefault(step.branch, []).append(number)
    return chains


def _places(step: Step, number: int) -> list[_Place]:
    if step.need == "all" and step.people:
        return [_Place(number, frozenset((person,))) for person in step.people]
    return [_Place(number, frozenset(step.people))]


def _filled(places: Sequence[_Place], approvals: Sequence[Yes]) -> int:
    return len(_fillable(places, approvals))


def _fillable(places: Sequence[_Place], approvals: Sequence[Yes]) -> list[_Place]:
    """As many of ``places`` as can be filled at once, the earlier before the later."""
    kept: list[_Place] = []
    for place in places:
        narrow_first = sorted([*kept, place], key=lambda seat: len(seat.people) or len(approvals) + 1)
        if _seated(narrow_first, approvals, frozenset(), frozenset()):
            kept.append(place)
    return kept


def _seated(
    places: Sequence[_Place], approvals: Sequence[Yes], humans: frozenset[int | None], names: frozenset[int | None]
) -> bool:
    """Whether every place can be filled by a different person."""
    if not places:
        return True
    for yes in approvals:
        if yes.human in humans:
            continue
        for name in yes.names - names:
            fits = not places[0].people or name in places[0].people
            if fits and _seated(places[1:], approvals, humans | {yes.human}, names | {name}):
                return True
    return False


def fitted(
    policy: Policy, able: Collection[int], writers: Collection[int], said: Iterable[CastDecision] = ()
) -> Policy:
    """``policy`` adapted to the people who are there, so that no item waits for an approval that no one can give.

    ``able`` are the people who may approve here, ``said`` the decisions so far. The place of a person who may not
    approve (any longer) passes to any approver. Writers need not approve their own words as long as another person
    must. Where no one else can, the policy is unchanged, so that it can be met after someone has accepted the words.
    """
    approvals = yeses(said)
    here = set(able) | {name for yes in approvals for name in yes.names if name is not None}
    others = set(able) if policy.own else set(able) - set(writers)
    steps: list[Step] = []
    for chain in _chains(policy.steps).values():
        present = [part for number in chain for part in _present(policy.steps[number], here)]
        for people in (others, able):
            kept = _kept(present, [*approvals, *(Yes(person, frozenset((person,))) for person in sorted(people))])
            if kept:
                break
        steps += kept or present
    return msgspec.structs.replace(policy, steps=steps)


def _present(step: Step, here: Collection[int]) -> list[Step]:
    """``step`` without those who are gone; whose place is lost with them goes to any approver."""
    people = [person for person in step.people if person in here]
    gone = len(step.people) - len(people)
    anybody = Step(branch=step.branch)
    if not gone:
        return [step]
    if step.need == "any" or not people:
        return [msgspec.structs.replace(step, people=people)] if people else [anybody]
    return [msgspec.structs.replace(step, people=people), *[anybody] * gone]


def _kept(steps: Sequence[Step], approvals: Sequence[Yes]) -> list[Step]:
    """``steps`` without the places that no one in ``approvals`` can fill."""
    places = [place for number, step in enumerate(steps) for place in _places(step, number)]
    kept: dict[int, set[int]] = {}
    for place in _fillable(places, approvals):
        kept.setdefault(place.step, set()).update(place.people)
    return [_narrowed(step, kept[number]) for number, step in enumerate(steps) if number in kept]


def _narrowed(step: Step, people: Collection[int]) -> Step:
    if step.need == "any":
        return step
    return msgspec.structs.replace(step, people=[person for person in step.people if person in people])


def possible(policy: Policy, able: Collection[int]) -> bool:
    """Whether ``able`` are enough, and the right ones, for each step to have people of its own."""
    everybody = [Yes(person, frozenset((person,))) for person in able]
    for chain in _chains(policy.steps).values():
        places = [place for number in chain for place in _places(policy.steps[number], number)]
        if _filled(places, everybody) < len(places):
            return False
    return True


def cleared(policy: Policy, decisions: Iterable[CastDecision], content_hash: str) -> list[CastDecision] | None:
    """The decisions that let ``content_hash`` out, or ``None`` where nothing does.

    Even with no steps there must be one row: the ``release`` by whoever scheduled it. A bypass clears alone.
    """
    said = standing(decisions, content_hash)
    bypass = [decision for decision in said if decision.verdict == "bypass"]
    if bypass and policy.bypass:
        return bypass
    if not policy.steps:
        return [decision for decision in said if decision.verdict in ("release", "approve")] or None
    if current_step(policy, said, content_hash) is not None:
        return None
    return [decision for decision in said if decision.verdict == "approve"]


def window(clearing: Iterable[CastDecision]) -> tuple[datetime | None, datetime | None]:
    """The time all of them agreed to: the latest start and the earliest end. ``None`` is open."""
    starts = [decision.window_start for decision in clearing if decision.window_start]
    ends = [decision.window_end for decision in clearing if decision.window_end]
    return (max(starts) if starts else None), (min(ends) if ends else None)


def inside(moment: datetime, bounds: tuple[datetime | None, datetime | None]) -> bool:
    """Whether ``moment`` lies in the approved window."""
    start, end = bounds
    return (start is None or moment >= start) and (end is None or moment <= end)


def strictest(policies: Sequence[Policy]) -> Policy:
    """One policy that satisfies them all: every different chain of theirs; ``own`` only if all allow it."""
    chains: list[list[Step]] = []
    for policy in policies:
        if policy.steps and policy.steps not in chains:
            chains.append(policy.steps)
    # "any approver" adds nothing beside a chain of its own
    kept = [chain for chain in chains if chain != ONE_APPROVER.steps] or chains
    return Policy(
        steps=[msgspec.structs.replace(step, branch=number) for number, chain in enumerate(kept) for step in chain],
        own=all(policy.own for policy in policies),
        bypass=all(policy.bypass for policy in policies),
    )

"""Who must approve, as a form: none, one approver, all of those named, or a chain of steps."""

from __future__ import annotations

from typing import Final, Literal

from commsched.core.access.roles import may
from commsched.core.approval.rules import NOBODY, ONE_APPROVER, Policy, Step
from commsched.core.text.messages import N_, Invalid, Message
from commsched.store.models import Membership
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated

Mode = Literal["office", "none", "one", "all", "chain"]
STEPS: Final = 3
MODES: Final = {
    "none": (N_("Nobody has to approve"), N_("Whoever may schedule decides alone.")),
    "one": (N_("One approver"), N_("Anyone with the role of approver, but never the one who wrote it.")),
    "all": (N_("Everybody named"), N_("All those chosen must say yes, in any order.")),
    "chain": (N_("Step by step"), N_("One step after the other; the next is asked when the one before has said yes.")),
}


def mode_of(policy: Policy) -> Mode:
    """Which of the form's choices a policy is."""
    if not policy.steps:
        return "none"
    if policy.steps == ONE_APPROVER.steps:
        return "one"
    return "all" if len(policy.steps) == 1 and policy.steps[0].need == "all" else "chain"


def policy_fields(policy: Policy, inherited: bool = False) -> dict[str, object]:
    """The form's values for a policy; ``inherited`` is a channel that follows its office."""
    values: dict[str, object] = {"mode": "office" if inherited else mode_of(policy)}
    values |= {"bypass": "1" if policy.bypass else "", "own": "1" if policy.own else ""}
    for number in range(STEPS):
        step = policy.steps[number] if number < len(policy.steps) else Step()
        values[f"need{number}"] = step.need
        values[f"people{number}"] = [str(person) for person in step.people]
    return values


def read(form: Form) -> Policy | None:
    """The policy a form asks for; ``None`` for "as the office"."""
    mode = form.text("mode", 10)
    rules = {"bypass": form.flag("bypass"), "own": form.flag("own")}
    if mode == "office":
        return None
    if mode == "none":
        return Policy(steps=NOBODY.steps, **rules)
    if mode == "one":
        return Policy(steps=ONE_APPROVER.steps, **rules)
    if mode == "all":
        return Policy(steps=[Step(people=_people(form, 0), need="all")], **rules)
    if mode == "chain":
        steps = [_step(form, number) for number in range(STEPS) if form.many(f"people{number}")]
        if not steps:
            raise Invalid(N_("Choose at least one person who must approve."), "policy")
        return Policy(steps=steps, **rules)
    raise Invalid(N_("Choose one from the list."), "policy")


def _step(form: Form, number: int) -> Step:
    return Step(people=_people(form, number), need="all" if form.text(f"need{number}", 3) == "all" else "any")


def _people(form: Form, number: int) -> list[int]:
    try:
        return sorted({int(person) for person in form.many(f"people{number}") if person})
    except ValueError as error:
        raise Invalid(N_("Choose one from the list."), "policy") from error


def approvers(members: list[Membership]) -> list[tuple[int, str]]:
    """Those who can stand in a policy: (id, name)."""
    return [(m.person_id, m.person.name or m.person.email) for m in members if may(m.role, "approve")]


def describe_policy(policy: Policy, names: dict[int, str]) -> str:
    """A policy in words: “Karin, then Gunnar and Astrid”."""
    if mode_of(policy) in ("none", "one"):
        return translated(Message(MODES[mode_of(policy)][0]))
    return _(", then ").join(_step_told(step, names) for step in policy.steps)


def _step_told(step: Step, names: dict[int, str]) -> str:
    if not step.people:
        return _("any approver")
    glue = _(" and ") if step.need == "all" else _(" or ")
    return glue.join(names.get(person, "?") for person in step.people)

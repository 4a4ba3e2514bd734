"""An office's own settings: its name, zone and language, how late is too late, and who must approve."""

from __future__ import annotations

import msgspec

from commsched.core.approval.rules import Policy
from commsched.core.platform.parts import AltRule
from commsched.core.text.clean import passage
from commsched.core.text.messages import N_, Invalid
from commsched.core.timing.wall_time import zone_of
from commsched.services.accounts.people import check_language, check_name
from commsched.services.accounts.policies import check_policy, to_policy
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.notices import shifted_times
from commsched.store import locks
from commsched.store.models import Workspace

MOST_LATE = 7 * 24 * 60
"""Minutes. Later than a week is not late, it is another day's post."""
MOST_WINDOW = 14 * 24
"""Hours."""


class OfficeSettings(msgspec.Struct, frozen=True):
    """What a settings form holds. ``latest_minutes``: how late something may go out; windows in hours."""

    name: str
    zone: str
    language: str
    latest_minutes: int
    window_before_hours: int
    window_after_hours: int
    alt_rule: AltRule = "stop"
    """What happens where a picture has no alt text."""


def get(installation: Installation, workspace: int) -> Workspace:
    with installation.store.read(workspace) as session:
        return session.get_one(Workspace, workspace)


def _between(value: int, least: int, most: int, field: str) -> int:
    if not least <= value <= most:
        raise Invalid(N_("A whole number from %(least)s to %(most)s."), field, least=least, most=most)
    return value


def update(installation: Installation, actor: Actor, new: OfficeSettings) -> None:
    """Keep new settings. What is scheduled already keeps its own times."""
    actor.require("administer")
    wanted = {
        "name": check_name(new.name),
        "zone": _zone(installation, actor, new.zone),
        "language": check_language(new.language),
        "latest_minutes": _between(new.latest_minutes, 1, MOST_LATE, "latest_minutes"),
        "window_before_hours": _between(new.window_before_hours, 0, MOST_WINDOW, "window_before_hours"),
        "window_after_hours": _between(new.window_after_hours, 0, MOST_WINDOW, "window_after_hours"),
    }
    with installation.store.write(actor.workspace) as session:
        row = locks.row(session, Workspace, actor.workspace)
        changed = {key: value for key, value in wanted.items() if getattr(row, key) != value}
        for key, value in changed.items():
            setattr(row, key, value)
        if row.settings.get("alt_rule", "stop") != new.alt_rule:
            row.settings = row.settings | {"alt_rule": new.alt_rule}
            changed["alt_rule"] = new.alt_rule
        if changed:
            note(session, installation, actor, "workspace.settings", changed=changed)
        if "zone" in changed:
            session.flush()
            shifted_times.report_shifted(installation, session, row)


def _zone(installation: Installation, actor: Actor, wish: str) -> str:
    """Check that the zone exists. The zone in use is always accepted, even where this machine does not list it."""
    return wish if wish == get(installation, actor.workspace).zone else str(zone_of(wish))


MOST_ABOUT = 2000
"""Characters of what an office says about itself on its public pages."""


def update_public(installation: Installation, actor: Actor, about: str, press_contact: str) -> None:
    """What the newsroom says of the office, and whom the press may call; new releases begin with that contact."""
    actor.require("administer")
    wanted = {"about": passage(about, "about"), "press_contact": passage(press_contact, "press_contact")}
    for field, value in wanted.items():
        if len(value) > MOST_ABOUT:
            raise Invalid(N_("At most %(most)s characters."), field, most=MOST_ABOUT)
    with installation.store.write(actor.workspace) as session:
        row = locks.row(session, Workspace, actor.workspace)
        changed = [key for key, value in wanted.items() if row.settings.get(key, "") != value]
        if changed:
            row.settings = row.settings | wanted
            note(session, installation, actor, "workspace.settings", changed=changed)


def set_policy(installation: Installation, actor: Actor, policy: Policy) -> None:
    """Who must approve from now on. What was submitted before keeps the policy it was submitted under."""
    actor.require("administer")
    with installation.store.write(actor.workspace) as session:
        row = locks.row(session, Workspace, actor.workspace)
        row.policy = to_policy(check_policy(session, policy))
        note(session, installation, actor, "workspace.policy", policy=row.policy)

"""The office that a person with several goes to when they sign in: the one they chose last."""

from __future__ import annotations

from typing import Final

from commsched.core.text.messages import N_, NotFound
from commsched.services.accounts.people import workspaces_of
from commsched.services.kernel.context import Installation
from commsched.store.models import Person, Workspace
from commsched.store.session import EVERY_WORKSPACE

OFFICE: Final = "office"
"""The key among a person's settings under which the office is kept that they chose last."""


def choose_office(installation: Installation, person: int, slug: str) -> Workspace:
    """Remember the office that a person goes to when they sign in. Raises :class:`NotFound` for one they are not in."""
    for workspace, _role in workspaces_of(installation, person):
        if workspace.slug == slug:
            with installation.store.write(EVERY_WORKSPACE) as session:
                row = session.get_one(Person, person)
                row.settings = row.settings | {OFFICE: workspace.id}
            return workspace
    raise NotFound(N_("There is no such office."))


def office_of(installation: Installation, person: int) -> int:
    """The number of the office that a person chose last; 0 where they never chose."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        return int(session.get_one(Person, person).settings.get(OFFICE) or 0)

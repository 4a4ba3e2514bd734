"""The office's named sets of channels, which are chosen with one press. Kept with the office's settings."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy.orm import Session

from commsched.core.text.clean import one_line
from commsched.core.text.messages import N_, Invalid
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.store import locks
from commsched.store.models import Workspace

MOST_SETS: Final = 20
MOST_NAME: Final = 40
"""Characters."""
_SETTING: Final = "channel_sets"


def channel_sets(workspace: Workspace) -> dict[str, list[int]]:
    """The channels of each set by its name, in the order of the names. A channel that is gone may be among them."""
    kept = msgspec.convert(workspace.settings.get(_SETTING, {}), dict[str, list[int]])
    return dict(sorted(kept.items(), key=lambda each: each[0].casefold()))


def keep(installation: Installation, actor: Actor, name: str, channels: Collection[int]) -> None:
    """Keep ``channels`` under ``name``, in the place of what had that name. Raises :class:`Invalid`."""
    actor.require("write")
    called = one_line(name)
    if not called or len(called) > MOST_NAME:
        raise Invalid(N_("Give the set a name, of at most %(most)s characters."), "set_name", most=MOST_NAME)
    if not channels:
        raise Invalid(N_("Choose at least one channel."), "set_name")
    with installation.store.write(actor.workspace) as session:
        row = locks.row(session, Workspace, actor.workspace)
        known = {kept: ids for kept, ids in channel_sets(row).items() if kept.casefold() != called.casefold()}
        if len(known) >= MOST_SETS:
            raise Invalid(N_("There is room for %(most)s sets. Take one away first."), "set_name", most=MOST_SETS)
        _write(installation, actor, session, row, known | {called: list(channels)})


def remove(installation: Installation, actor: Actor, name: str) -> None:
    """Forget the set called ``name``; the channels themselves stay."""
    actor.require("write")
    with installation.store.write(actor.workspace) as session:
        row = locks.row(session, Workspace, actor.workspace)
        known = channel_sets(row)
        if known.pop(name, None) is not None:
            _write(installation, actor, session, row, known)


def _write(
    installation: Installation, actor: Actor, session: Session, row: Workspace, known: dict[str, list[int]]
) -> None:
    row.settings = row.settings | {_SETTING: known}
    note(session, installation, actor, "workspace.settings", changed=[_SETTING])

"""Roles and what they may do. Whatever is not named here is refused."""

from __future__ import annotations

from typing import Final, Literal

Role = Literal["reader", "writer", "approver", "administrator"]
ROLES: Final[tuple[Role, ...]] = ("reader", "writer", "approver", "administrator")

Permission = Literal["read", "comment", "write", "schedule", "approve", "resolve", "pause", "bypass", "administer"]

_READER: Final = frozenset({"read"})
_WRITER: Final = _READER | {"comment", "write", "schedule", "resolve", "pause", "bypass"}
_APPROVER: Final = _READER | {"comment", "write", "schedule", "approve", "resolve", "pause"}

_SHARED: Final = "writer without bypass"
"""A role that no person has: the rights of a writer's token whose owner is now an approver, since neither role contains
the other."""

GRANTS: Final[dict[str, frozenset[str]]] = {
    "reader": _READER,
    "writer": _WRITER,
    "approver": _APPROVER,
    _SHARED: _WRITER & _APPROVER,
    "administrator": _WRITER | _APPROVER | {"administer"},
}


def may(role: str, permission: Permission) -> bool:
    """Whether ``role`` has ``permission``; an unknown role has none."""
    return permission in GRANTS.get(role, frozenset())


def lesser(role: str, other: str) -> str:
    """The role with fewer rights: a token never does more than its person may today."""
    mine, theirs = GRANTS.get(role, frozenset()), GRANTS.get(other, frozenset())
    if mine <= theirs:
        return role
    return other if theirs < mine else _SHARED

"""Access declarations: every route carries one of these, and one authoriser reads them.

A route without a declaration is refused to everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

import msgspec

from commsched.core.access.roles import Permission

View = TypeVar("View", bound=Callable[..., object])


class Access(msgspec.Struct, frozen=True):
    """``public``: anyone. ``signed_in``: any person. ``allow``: a member whose role grants ``permission``.
    ``one_click``: without the form's token, too."""

    kind: Literal["public", "signed_in", "allow"]
    permission: Permission | None = None
    one_click: bool = False


def _declare(view: View, access: Access) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view


def public(view: View) -> View:
    """Anyone may come in."""
    return _declare(view, Access("public"))


def one_click(view: View) -> View:
    """Anyone, and no token of a form of ours is asked for: a mail program posts here for its reader (RFC 8058). Only
    for what the secret in the address alone allows, and what harms nobody."""
    return _declare(view, Access("public", one_click=True))


def signed_in(view: View) -> View:
    """Anyone who has signed in, whatever their offices."""
    return _declare(view, Access("signed_in"))


def allow(permission: Permission) -> Callable[[View], View]:
    """Members of the workspace in the address (or of the API token) whose role grants ``permission``."""
    return lambda view: _declare(view, Access("allow", permission))


def access_of(view: Callable[..., object] | None) -> Access | None:
    """What ``view`` declares, if anything."""
    access = getattr(view, "access", None)
    return access if isinstance(access, Access) else None

"""The platforms: one module each, found by its file name, imported when first asked for.

A module's name is its platform's key, and it carries one instance named ``PLATFORM``. Modules whose names begin
with an underscore are what several of them share. Nothing here imports an SDK.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from commsched.core.platform.contract import Platform
from commsched.core.text.messages import N_, Invalid


@cache
def keys() -> tuple[str, ...]:
    """The keys of every platform there is, in alphabetical order."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in names if not name.startswith("_")))


@cache
def get(key: str) -> Platform:
    """The platform called ``key``; raises :class:`Invalid` where there is none."""
    if key not in keys():
        raise Invalid(N_("There is no platform called “%(platform)s”."), field="platform", platform=key)
    platform = import_module(f"{__name__}.{key}").PLATFORM
    assert isinstance(platform, Platform), f"{key}: PLATFORM is not a Platform"
    assert platform.key == key, f"{key}: PLATFORM.key is not the file's name"
    return platform


def all() -> tuple[Platform, ...]:
    """Every platform, ordered by its key."""
    return tuple(get(key) for key in keys())

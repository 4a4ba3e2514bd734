"""The platforms: one module each, found by its file name, or another package's entry point; imported when first asked
for.

A module's name is its platform's key, and it carries one instance named ``PLATFORM``. Modules whose names begin
with an underscore are what several of them share. Nothing here imports an SDK.

Another package names its platforms in the group ``commsched.platforms``, each by its key. Beside the module that an
entry point names may lie ``templates/previews/<key>.html`` and ``locale/<language>/LC_MESSAGES/*.po``.
"""

from __future__ import annotations

import logging
import pkgutil
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from commsched.core.platform.contract import Platform
from commsched.core.text import languages
from commsched.core.text.messages import N_, Invalid

GROUP: Final = "commsched.platforms"
log = logging.getLogger("commsched")


@cache
def _ours() -> frozenset[str]:
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return frozenset(name for name in names if not name.startswith("_"))


@cache
def _others() -> dict[str, EntryPoint]:
    """What other packages bring, by key. No package takes the place of a platform of ours or of another's."""
    others: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        taken = point.name in _ours() or point.name in others
        if taken or not point.name.replace("-", "_").isidentifier():
            log.warning("the platform %s of %s is left out: its key is taken, or none", point.name, point.value)
            continue
        others[point.name] = point
    return others


@cache
def keys() -> tuple[str, ...]:
    """The keys of every platform there is, in alphabetical order."""
    return tuple(sorted(_ours() | _others().keys()))


@cache
def get(key: str) -> Platform:
    """The platform called ``key``; raises :class:`Invalid` where there is none, or it cannot be loaded."""
    if key not in keys():
        raise Invalid(N_("There is no platform called “%(platform)s”."), field="platform", platform=key)
    platform = import_module(f"{__name__}.{key}").PLATFORM if key in _ours() else _load(key)
    assert isinstance(platform, Platform), f"{key}: PLATFORM is not a Platform"
    assert platform.key == key, f"{key}: PLATFORM.key is not the file's name"
    return platform


def _load(key: str) -> Platform:
    """Another package's platform, with its catalogues."""
    try:
        platform: Platform = _others()[key].load()
    except Exception as error:
        log.exception("the platform %s cannot be loaded", key)
        words = N_("The platform “%(platform)s” is installed but cannot be loaded. The log has the details.")
        raise Invalid(words, field="platform", platform=key) from error
    languages.add(brought(key) / "locale")
    return platform


def brought(key: str) -> Traversable:
    """The folder of another package that ``key`` comes from, with its templates and catalogues."""
    module = _others()[key].module
    return files(module if hasattr(import_module(module), "__path__") else module.rpartition(".")[0] or module)


def preview(key: str) -> str | None:
    """The source of the preview template that another package brings for its platform ``key``, if it does."""
    if key not in _others():
        return None
    try:
        get(key)
    except Invalid:
        return None  # it is in the log; the plain preview stands in for it
    template = brought(key) / "templates" / "previews" / f"{key}.html"
    return template.read_text("utf-8") if template.is_file() else None


def all() -> tuple[Platform, ...]:
    """Every platform that can be loaded, ordered by its key."""
    loaded = []
    for key in keys():
        try:
            loaded.append(get(key))
        except Invalid:
            continue  # it is in the log; the others go on
    return tuple(loaded)


@cache
def shown_in(page: str) -> tuple[str, ...]:
    """The keys of the platforms that show on a page of ours of this kind, ``room`` or ``wall``."""
    return tuple(platform.key for platform in all() if platform.own_page == page)


def own_page_keys() -> tuple[str, ...]:
    """The keys of the platforms whose publications are pages of ours, which we can change and take down."""
    return shown_in("room") + shown_in("wall")


@cache
def by_person_keys() -> tuple[str, ...]:
    """The keys of the platforms on which a person publishes, and says so."""
    return tuple(platform.key for platform in all() if platform.by_person)

"""What the networks know this installation by: the id and secret of an app that whoever runs it has registered.

A settings file or the environment wins (``app_facebook_client_id``); else the store says, encrypted. It is read anew
after some seconds, so that every process heeds a change without being told.
"""

from __future__ import annotations

import logging
import time
from typing import Final

from commsched.core.platform.contract import Platform
from commsched.services.kernel.context import Installation
from commsched.store.models import PlatformApp
from commsched.store.session import EVERY_WORKSPACE
from commsched.store.vault import KeyMismatch

log = logging.getLogger(__name__)
FRESH: Final = 10.0
"""Seconds for which what was read is believed."""


def app_of(installation: Installation, key: str) -> dict[str, str]:
    """The app's settings on the platform called ``key``; empty where it needs none or has none."""
    platform = installation.platform(key)
    if not platform.app:
        return {}
    at, values = installation.apps.get(key, (-FRESH, {}))
    if time.monotonic() - at >= FRESH:
        values = _kept(installation, platform) | fixed(installation, platform)
        installation.apps[key] = (time.monotonic(), values)
    return dict(values)


def fixed(installation: Installation, platform: Platform) -> dict[str, str]:
    """What a settings file or the environment says of the app, which no page can change."""
    written = {
        setting.key: installation.settings.get(setting_name(platform.key, setting.key)) for setting in platform.app
    }
    return {key: value for key, value in written.items() if value}


def setting_name(platform: str, key: str) -> str:
    """What one of an app's settings is called in ``commsched.toml``."""
    return f"app_{platform}_{key}"


def is_ready(installation: Installation, platform: Platform) -> bool:
    """Whether whatever the platform needs of an app is there."""
    values = app_of(installation, platform.key)
    return all(values.get(setting.key) or setting.default for setting in platform.app if setting.required)


def forget(installation: Installation, key: str) -> None:
    """Read the app anew the next time somebody asks, in this process."""
    installation.apps.pop(key, None)


def _kept(installation: Installation, platform: Platform) -> dict[str, str]:
    """What the store says. What the key does not open is as good as none, and the log says so."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        row = session.get(PlatformApp, platform.key)
    known = {setting.key: setting.default for setting in platform.app if setting.default}
    if row is None:
        return known
    try:
        return known | installation.vault.unseal_map(row.settings)
    except KeyMismatch:
        log.error("the app on %s cannot be read with this key: nobody can sign in there", platform.key)
        return known

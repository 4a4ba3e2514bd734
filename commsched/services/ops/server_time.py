"""Asking the servers that we publish at what time it is, when our own clock is in doubt."""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy import select

from commsched.services.kernel.channel_context import session_for
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel
from commsched.store.session import EVERY_WORKSPACE

log = logging.getLogger("commsched.engine")

MOST: Final = 6
"""Servers asked at a time."""


def ask(installation: Installation) -> int:
    """Ask each server once; ``core.timing.skew`` gets the ``Date`` of every answer, whatever its status. Returns how
    many answered. The requests carry no token."""
    answered = 0
    for url, private in servers(installation)[:MOST]:
        settings = {"allow_private": "1" if private else "", "base_url": url}
        try:
            session_for(installation, settings).request("HEAD", url)
            answered += 1
        except (
            Exception
        ) as error:  # with a clock that is years wrong no certificate is valid, so no server can be asked over https
            log.info("%s was asked for the time and did not answer: %s", url, type(error).__name__)
    return answered


def servers(installation: Installation) -> list[tuple[str, bool]]:
    """The address of each server with a connected channel, and whether it may be a private one."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        rows = session.execute(select(Channel.platform, Channel.settings).where(Channel.state == "ok")).all()
    servers: dict[str, bool] = {}
    for platform, settings in rows:
        url = _address(installation, platform, settings)
        if url:
            servers.setdefault(url, str(settings.get("allow_private", "")) == "1")
    return list(servers.items())


def _address(installation: Installation, platform: str, settings: dict[str, str]) -> str:
    """``scheme://host`` of where the channel's calls go; empty where they go nowhere."""
    from urllib.parse import urlsplit

    try:
        known = installation.platform(platform).settings
    except Exception:  # a platform that does not load is reported elsewhere
        return ""
    for setting in known:
        if setting.key == "base_url":
            parts = urlsplit(str(settings.get("base_url") or setting.default or ""))
            return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""
    return ""

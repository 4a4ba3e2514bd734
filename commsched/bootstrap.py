"""The only file that knows the concrete parts: it puts an office together from a home directory."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from commsched import platforms
from commsched.core.clock import Clock
from commsched.core.words import N_, Words
from commsched.flow.context import Office
from commsched.flow.way_out import authority_of, proxy_of
from commsched.flow.wire import TIMEOUT
from commsched.mail.relay import mailer_for
from commsched.store.migrate import ready
from commsched.store.session import Store
from commsched.store.vault import Vault

log = logging.getLogger("commsched")
_MIGRATED = N_("The database was of an older version. It has been backed up to %(file)s and brought up to date.")

SETTINGS = (
    "base_url", "smtp_url", "mail_from", "mail_name", "secure_cookies", "trusted_proxies", "metrics_token",
    "https_proxy", "ca_file",
)  # fmt: skip
"""Read from ``commsched.toml`` in the home, or from ``COMMSCHED_<NAME>``; the environment wins."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def home_directory(given: str | None = None) -> Path:
    """``given``, else ``COMMSCHED_HOME``, else the checkout or the current folder."""
    named = given or os.environ.get("COMMSCHED_HOME")
    if named:
        return Path(named).expanduser().resolve()
    checkout = Path(__file__).resolve().parent.parent
    return checkout if (checkout / "pyproject.toml").exists() else Path.cwd()


def read_settings(home: Path) -> dict[str, str]:
    """The installation's settings; secrets such as the relay's password are best given by the environment."""
    file = home / "commsched.toml"
    values = {}
    if file.exists():
        import tomllib

        values = {key: str(value) for key, value in tomllib.loads(file.read_text()).items()}
    for name in SETTINGS:
        value = os.environ.get(f"COMMSCHED_{name.upper()}")
        if value is not None:
            values[name] = value
    return values


@cache
def http_session(allow_private: bool, proxy: str = "", ca_file: str = "") -> Any:
    """The session adapters get: total deadline, address guard, no surprises. Imported when first used, and shared
    (it is safe between threads), so that connections are kept alive."""
    from commsched.platforms._network import Session

    settings = {"allow_private": "1" if allow_private else ""}
    return Session.for_settings(settings, deadline=TIMEOUT, proxy=proxy, ca_file=ca_file)


def open_office(
    home: str | Path | None = None, *, clock: Clock | None = None, url: str | None = None,
    say: Callable[[Words], None] | None = None, **settings: str,
) -> Office:  # fmt: skip
    """Open the office in ``home``; creates or migrates its database. ``url`` names another database; ``say`` is told
    when an older one has been brought up to date, else the log is."""
    folder = home_directory(str(home) if home else None)
    folder.mkdir(parents=True, exist_ok=True)
    clock = clock or SystemClock()
    store = Store(url or os.environ.get("COMMSCHED_DATABASE_URL") or f"sqlite:///{folder / 'commsched.db'}")
    saved = ready(store, folder / "backups", clock.now())
    if saved is not None:
        (say or log.warning)(Words(_MIGRATED, {"file": str(saved)}))
    merged = read_settings(folder) | settings
    return Office(
        home=folder,
        store=store,
        vault=Vault.open(folder / "secret.key"),
        clock=clock,
        platform=platforms.get,
        platform_keys=platforms.keys,
        mailer=mailer_for(merged, folder / "outbox"),
        http=partial(http_session, proxy=proxy_of(merged), ca_file=authority_of(merged)),
        settings=merged,
    )

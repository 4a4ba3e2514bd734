"""The only file that knows the concrete parts: it puts an office together from a home directory."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from commsched import platforms
from commsched.core import settings
from commsched.core.clock import Clock
from commsched.core.words import N_, Invalid, OfficeError, Words
from commsched.flow.bell import ring
from commsched.flow.context import Office
from commsched.flow.in_use import complete
from commsched.flow.way_out import authority_of, proxy_of
from commsched.flow.wire import TIMEOUT
from commsched.mail.connection import read_url
from commsched.mail.headers import parse_mailbox
from commsched.mail.relay import mailer_for
from commsched.platforms._dial import connect
from commsched.store.migrate import ready
from commsched.store.session import Store, sqlite_url
from commsched.store.vault import Vault

log = logging.getLogger("commsched")
_MIGRATED = N_("The database was of an older version. It has been backed up to %(file)s and brought up to date.")


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
    """The installation's settings, from ``commsched.toml`` in the home and from ``COMMSCHED_<NAME>``, which wins;
    secrets such as the relay's password are best given by the environment.

    Raises :class:`~commsched.core.settings.BadSettings` for what cannot be used: settings are never believed unread.
    """
    file = home / "commsched.toml"
    given = settings.read_file(file.read_bytes(), str(file)) if file.exists() else {}
    given |= settings.from_environment(os.environ)
    settings.log_level(os.environ.get("COMMSCHED_LOG", ""))
    if wrong := settings.misspelt(os.environ):
        raise settings.BadSettings(wrong)
    return _with_way_out(_with_mail(settings.judge(given), given), given)


def _with_mail(values: dict[str, str], given: Mapping[str, settings.Given]) -> dict[str, str]:
    """``values`` with the sender taken apart, after the relay and the sender have been judged by what will use them."""
    if values.get("mail_from"):
        try:
            name, values["mail_from"] = parse_mailbox(values["mail_from"])
        except OfficeError as error:
            raise settings.refuse("mail_from", given, error.words) from error
        if name:
            values.setdefault("mail_name", name)
    try:
        if values.get("smtp_url"):
            read_url(values["smtp_url"])
    except OfficeError as error:
        raise settings.refuse("smtp_url", given, error.words) from error
    return values


def _with_way_out(values: dict[str, str], given: Mapping[str, settings.Given]) -> dict[str, str]:
    """``values``, after the proxy and the authority have been judged by what will use them."""
    for name, judged in (("https_proxy", proxy_of), ("ca_file", authority_of)):
        try:
            judged(values)
        except Invalid as error:
            raise settings.refuse(name, given, error.words) from error
    return values


@cache
def http_session(allow_private: bool, proxy: str = "", ca_file: str = "") -> Any:
    """The session adapters get: total deadline, address guard, no surprises. Imported when first used, and shared
    (it is safe between threads), so that connections are kept alive."""
    from commsched.platforms._network import Session

    settings = {"allow_private": "1" if allow_private else ""}
    return Session.for_settings(settings, deadline=TIMEOUT, proxy=proxy, ca_file=ca_file)


def open_office(
    home: str | Path | None = None, *, clock: Clock | None = None, url: str | URL | None = None,
    say: Callable[[Words], None] | None = None, **given: str,
) -> Office:  # fmt: skip
    """Open the office in ``home``; creates or migrates its database. ``url`` names another database; ``say`` is told
    when an older one has been brought up to date, else the log is. A restore that was cut short is completed first;
    settings that cannot be used are refused before the database is touched."""
    folder = home_directory(str(home) if home else None)
    complete(folder)
    merged = read_settings(folder) | given
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock = clock or SystemClock()
    mailer = mailer_for(merged, folder / "outbox", connect)
    http = partial(http_session, proxy=proxy_of(merged), ca_file=authority_of(merged))
    store = Store(url or os.environ.get("COMMSCHED_DATABASE_URL") or sqlite_url(folder / "commsched.db"))
    try:
        saved = ready(store, folder / "backups", clock.now())
        vault = Vault.open(folder / "secret.key")
        if saved is not None:
            (say or log.warning)(Words(_MIGRATED, {"file": str(saved)}))
    except BaseException:
        store.close()
        raise
    return Office(
        home=folder,
        store=store,
        vault=vault,
        clock=clock,
        platform=platforms.get,
        platform_keys=platforms.keys,
        mailer=mailer,
        http=http,
        settings=merged,
        wake=partial(ring, folder),
    )


def open_copy(folder: Path, clock: Clock | None = None) -> Office:
    """Open the office that a restore makes ready in ``folder``, whatever database the environment names. The copy that
    an update of its database would leave is not told of: the backup itself is one."""
    return open_office(folder, clock=clock, url=sqlite_url(folder / "commsched.db"), say=lambda _words: None)

"""The only file that knows the concrete parts: it puts an office together from a home directory."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from commsched import platforms
from commsched.core.installation import settings
from commsched.core.text.messages import N_, Invalid, Message
from commsched.core.timing.clock import Clock
from commsched.mail.connection import read_url
from commsched.mail.folder import FolderMailer
from commsched.mail.headers import parse_mailbox
from commsched.mail.live import LiveMailer
from commsched.mail.relay import mailer_for
from commsched.platforms._http.dial import connect, connect_public
from commsched.services.contacts import lists
from commsched.services.kernel.blobs import LocalBlobs
from commsched.services.kernel.channel_context import TIMEOUT
from commsched.services.kernel.context import Installation
from commsched.services.kernel.way_out import authority_of, proxy_of
from commsched.services.mailing.pool import Relays
from commsched.services.mailing.server import Reader
from commsched.services.mailing.tokens import AccessTokens
from commsched.services.ops.in_use import complete
from commsched.services.ops.wake_pipe import ring
from commsched.store.migrate import ready
from commsched.store.session import Store, sqlite_url
from commsched.store.vault import Vault

if TYPE_CHECKING:
    from commsched.platforms._http.network import Session

log = logging.getLogger("commsched")
SETTINGS = "commsched.toml"
_NO_DATABASE = N_(
    "This is no address of a database that can be opened here. Leave it out, and the database is kept in the home."
)
_NO_DRIVER = N_(
    "To keep an office in PostgreSQL, install what it needs: pip install “commsched[postgres]”. Or leave the address "
    "out, and the database is kept in the home."
)
_USERS: Mapping[str, Callable[[str], object]] = {
    "mail_from": parse_mailbox,
    "smtp_url": read_url,
    "https_proxy": lambda value: proxy_of({"https_proxy": value}),
    "ca_file": lambda value: authority_of({"ca_file": value}),
    "database_url": lambda value: database_url(value),
}
"""The settings that can be judged only by what will use them."""
_MIGRATED = N_("The database was of an older version. It has been backed up to %(file)s and brought up to date.")


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def home_directory(wanted: str | None = None) -> Path:
    """``wanted``, else ``COMMSCHED_HOME``, else the checkout or the current folder."""
    named = wanted or os.environ.get("COMMSCHED_HOME")
    if named:
        return Path(named).expanduser().resolve()
    checkout = Path(__file__).resolve().parent.parent
    return checkout if (checkout / "pyproject.toml").exists() else Path.cwd()


def database_url(text: str) -> URL:
    """The address of a database that this program can open. Raises :class:`Invalid` for any other; the sentence does
    not repeat it, since a password may be in it."""
    try:
        url = make_url(text)
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        if url.drivername not in ("postgresql+psycopg", "sqlite"):
            raise Invalid(_NO_DATABASE, "database_url")
        url.get_dialect().import_dbapi()
    except ImportError as error:
        raise Invalid(_NO_DRIVER, "database_url") from error
    except (ArgumentError, ValueError) as error:
        raise Invalid(_NO_DATABASE, "database_url") from error
    return url


def database_named(home: Path) -> str:
    """The address of the office's database where the settings name one; else empty. Nothing is judged."""
    file = home / SETTINGS
    written: dict[str, settings.RawSetting] = {}
    with settings.gathering([]):
        written |= settings.read_file(file.read_bytes(), str(file)) if file.exists() else {}
    written |= settings.from_environment(os.environ)
    return str(written["database_url"].value) if "database_url" in written else ""


def name_database(home: Path, text: str) -> None:
    """Write into the home's settings that its database is at ``text``. The file is its owner's only from now on, since
    a password may be in it."""
    file = home / SETTINGS
    before = file.read_text("utf-8").rstrip() + "\n" if file.exists() else ""
    handle, name = tempfile.mkstemp(dir=home, prefix=".new-")  # nobody else's from the beginning
    with os.fdopen(handle, "w", encoding="utf-8") as new:
        new.write(f"{before}database_url = {json.dumps(text, ensure_ascii=False)}\n".lstrip())
    Path(name).replace(file)


def database_file(home: Path) -> Path | None:
    """The file in which the office in ``home`` keeps its database; ``None`` where it is no file, or the address that
    the settings name cannot be read."""
    try:
        url = make_url(database_named(home) or sqlite_url(home / "commsched.db"))
    except ArgumentError:
        return None
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def read_settings(home: Path) -> dict[str, str]:
    """The installation's settings, from ``commsched.toml`` in the home and from ``COMMSCHED_<NAME>``, which wins;
    secrets such as the relay's password are best given by the environment.

    Raises :class:`~commsched.core.installation.settings.BadSettings` for what cannot be used: settings are never
    believed unread.
    """
    file = home / SETTINGS
    written: dict[str, settings.RawSetting] = {}
    values: dict[str, str] = {}
    problems: list[Message] = []
    with settings.gathering(problems):
        written |= settings.read_file(file.read_bytes(), str(file)) if file.exists() else {}
    written |= settings.from_environment(os.environ)
    with settings.gathering(problems):
        values = settings.judge(written, _USERS)
    with settings.gathering(problems):
        settings.log_level(os.environ.get("COMMSCHED_LOG", ""))
    with settings.gathering(problems):
        settings.misspelt(os.environ)
    if problems:
        raise settings.BadSettings(problems)
    return _with_sender_apart(values)


def _with_sender_apart(values: dict[str, str]) -> dict[str, str]:
    """``values`` with the sender, ``Name <address>``, taken apart."""
    if values.get("mail_from"):
        name, values["mail_from"] = parse_mailbox(values["mail_from"])
        if name:
            values.setdefault("mail_name", name)
    return values


@cache
def http_session(allow_private: bool, proxy: str = "", ca_file: str = "") -> Session:
    """The session adapters get: total deadline, address guard, no surprises. Imported when first used, and shared
    (it is safe between threads), so that connections are kept alive."""
    from commsched.platforms._http.network import Session

    settings = {"allow_private": "1" if allow_private else ""}
    return Session.for_settings(settings, deadline=TIMEOUT, proxy=proxy, ca_file=ca_file)


def open_installation(
    home: str | Path | None = None,
    *,
    clock: Clock | None = None,
    url: str | URL | None = None,
    say: Callable[[Message], None] | None = None,
    **overrides: str,
) -> Installation:
    """Open the office in ``home``; creates or migrates its database. ``url`` names another database; ``say`` is called
    with a sentence when an older database was migrated; without it the sentence goes to the log. An interrupted restore
    is completed first, and unusable settings are refused before the database is touched."""
    folder = home_directory(str(home) if home else None)
    complete(folder)
    merged = read_settings(folder) | overrides
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock = clock or SystemClock()
    mailer = mailer_for(merged, folder / "outbox", connect)
    http = partial(http_session, proxy=proxy_of(merged), ca_file=authority_of(merged))
    named = merged.pop("database_url", "")  # it may hold a password, and nobody else need know it
    store = Store(url or (database_url(named) if named else sqlite_url(folder / "commsched.db")))
    try:
        saved = ready(store, folder / "backups", clock.now())
        vault = Vault.open(folder / "secret.key")
        if saved is not None:
            (say or log.warning)(Message(_MIGRATED, {"file": str(saved)}))
    except BaseException:
        store.close()
        raise
    reader = Reader(store, vault, AccessTokens(store, vault, clock.now, http, merged))
    if isinstance(mailer, FolderMailer):
        mailer = LiveMailer(reader.standing, mailer, connect_public)
    opened = Installation(
        home=folder,
        store=store,
        blobs=LocalBlobs(folder / "media"),
        cache=LocalBlobs(folder / "cache"),
        vault=vault,
        clock=clock,
        platform=platforms.get,
        platform_keys=platforms.keys,
        mailer=mailer,
        relays=Relays(store, reader, mailer, folder / "outbox", connect_public, connect),
        http=http,
        settings=merged,
        wake=partial(ring, folder),
    )
    lists.take_over_all(opened, "presslist")
    return opened


def open_copy(folder: Path, clock: Clock | None = None) -> Installation:
    """Open the office that a restore prepares in ``folder``, whatever database the environment names. A migration keeps
    no copy of the database first, since the backup itself is one."""
    return open_installation(folder, clock=clock, url=sqlite_url(folder / "commsched.db"), say=lambda _words: None)

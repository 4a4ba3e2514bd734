"""What every test can ask for: an office in a temporary home, a clock that stands still, and the people in it."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from sqlalchemy import URL, event, select

from commsched import platforms
from commsched.core.delivery.outcome import CannotTell, Finding, Outcome, Published
from commsched.core.platform.contract import Email, Mailer
from commsched.mail.dns_checks import NoDns
from commsched.services.accounts import passwords, people, sessions
from commsched.services.kernel import heartbeats
from commsched.services.kernel.blobs import LocalBlobs
from commsched.services.kernel.context import Actor, Installation
from commsched.store.migrate import ready
from commsched.store.models import Heartbeat, Person, Workspace
from commsched.store.session import EVERY_WORKSPACE, Store, sqlite_url
from commsched.store.vault import Vault
from tests.blobs import blobs_in
from tests.peers import postgres
from tests.shared import keep, share

NOW = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)
"""Thursday 26 November 2026, 07:00 in Stockholm, week 48."""
PASSWORD = "regionbudget i tid"
_server = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Start PostgreSQL where the tests run on it: once, in the process that hands the tests out."""
    share()
    # How long one example takes depends on who else uses the machine, and is no fault of the rule.
    settings.register_profile(
        "office", settings.get_profile("ci" if os.environ.get("CI") else "default"), deadline=None
    )
    settings.load_profile("office")
    if postgres.wanted() and not hasattr(config, "workerinput"):
        databases = _server.enter_context(postgres.serve())
        databases.prepare(_migrate)
        databases.prepare_peopled(_people)
        os.environ[postgres.SOCKET] = databases.socket


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a browser, a server of somebody else's and a lost answer are waited for."""
    return (os.cpu_count() or 1) + 1


def pytest_unconfigure() -> None:
    _server.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is true of SQLite and its file only is left out on PostgreSQL, by name and with the reason."""
    for item in items if postgres.wanted() else ():
        if (marker := item.get_closest_marker("sqlite")) is not None:
            item.add_marker(pytest.mark.skip(reason=f"SQLite only: {marker.args[0]}"))


def pytest_collection_finish() -> None:
    keep()


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    """Commands of the program narrow it for their whole process, which here is the next test's as well: what that makes
    for a server under another user must be readable."""
    os.umask(0o022)
    yield
    os.umask(0o022)


def _people(url: URL) -> None:
    """Put the two offices of :class:`Cast` into the empty database at ``url``, and let go of it."""
    with tempfile.TemporaryDirectory() as home, _cheap():
        made = _installation(Path(home), url, SetClock(), MailBag())
        _move_in(made)
        made.store.close()


def _migrate(url: URL) -> None:
    store = Store(url)
    ready(store, Path(os.devnull), NOW)
    store.close()


@dataclass
class SetClock:
    """A clock that goes only when told."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> datetime:
        """Let time pass: ``clock.forward(minutes=5)``."""
        self.at += timedelta(**by)
        return self.at


@dataclass
class MailBag(Mailer):
    """A relay that keeps what it was given and answers what it is told to."""

    sent: list[Email] = field(default_factory=list)
    answer: Outcome = field(default_factory=lambda: Published("250 ok"))

    def send(self, message: Email) -> Outcome:
        self.sent.append(message)
        return self.answer

    def find(self, message_id: str) -> Finding:
        return CannotTell("a relay cannot be read back", final=True)


@dataclass
class Cast:
    """Two offices and who is in them. ``stranger`` is an administrator, but only of the other one."""

    installation: Installation
    place: Workspace
    elsewhere: Workspace
    administrator: Person
    approver: Person
    writer: Person
    reader: Person
    stranger: Person

    def actor(self, role: str = "administrator") -> Actor:
        """The member with that role, as use cases know them."""
        person: Person = getattr(self, role)
        return Actor(person.id, person.name, self.place.id, role)

    @property
    def elsewhere_actor(self) -> Actor:
        return Actor(self.stranger.id, self.stranger.name, self.elsewhere.id, "administrator")


class Browser:
    """A person at our pages: keeps cookies, and puts the form's token into what it posts."""

    def __init__(self, client: FlaskClient, slug: str) -> None:
        self.client = client
        self.slug = slug

    def path(self, path: str) -> str:
        """``~/x`` is ``/w/<the office>/x``."""
        return f"/w/{self.slug}{path[1:]}" if path.startswith("~") else path

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(self.path(path), **more)

    def token(self) -> str:
        """The token that a page shown to this browser now would carry."""
        import re

        html = self.client.get("/sign-in" if not self.signed_in() else "/?all=1").text
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', html)
        assert found, f"no form on the page: {html[:1500]}"
        return found[1]

    def signed_in(self) -> bool:
        return self.client.get_cookie("session") is not None

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        return self.client.post(self.path(path), data={"form_token": self.token(), **(data or {})}, **more)


@contextmanager
def _cheap() -> Iterator[None]:
    """Passwords are hashed as fast as can be."""
    before, passwords.cost = passwords.cost, passwords.Cost(time=1, memory=8, lanes=1)
    yield
    passwords.cost = before


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords() -> Iterator[None]:
    with _cheap():
        yield


@pytest.fixture(scope="session")
def blank_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an empty, migrated database, made once and copied for every test. On PostgreSQL only the database's
    place is empty: what is copied there is the server's template."""
    home = tmp_path_factory.mktemp("blank")
    if not postgres.wanted():
        _migrate(sqlite_url(home / "commsched.db"))
    Vault.open(home / "secret.key")
    return home


@pytest.fixture(scope="session")
def peopled_home(blank_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As ``blank_home``, with the two offices of :class:`Cast` in the database, for every test that asks for them."""
    if postgres.wanted():
        return blank_home
    home = tmp_path_factory.mktemp("peopled") / "home"
    shutil.copytree(blank_home, home)
    _people(sqlite_url(home / "commsched.db"))
    return home


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def mail() -> MailBag:
    return MailBag()


@pytest.fixture
def home(request: pytest.FixtureRequest, tmp_path: Path, blank_home: Path, peopled_home: Path) -> Path:
    """The home of the test's office: a key, and on SQLite a migrated database, empty but for the cast."""
    home = tmp_path / "home"
    shutil.copytree(peopled_home if "cast" in request.fixturenames else blank_home, home)
    return home


@pytest.fixture
def server_database(request: pytest.FixtureRequest) -> Iterator[URL | None]:
    """The address of the test's own database on PostgreSQL, migrated, and empty but for the cast where the test asks
    for it; ``None`` on SQLite."""
    if not postgres.wanted():
        yield None
        return
    databases = postgres.Databases.running()
    url = databases.create(peopled="cast" in request.fixturenames)
    yield url
    databases.drop(url)


@pytest.fixture
def database_url(home: Path, server_database: URL | None) -> URL:
    """The address of the test's own database, on the store that the tests run on."""
    return server_database or sqlite_url(home / "commsched.db")


@pytest.fixture
def installation(home: Path, database_url: URL, clock: SetClock, mail: MailBag) -> Iterator[Installation]:
    """An office for a test: a clock that stands still, mail that goes into a bag, and nobody in it but the cast."""
    installation = _installation(home, database_url, clock, mail)
    yield installation
    installation.store.close()


def _installation(home: Path, url: URL, clock: SetClock, mail: MailBag) -> Installation:
    return Installation(
        home=home,
        store=_open_store(url),
        blobs=blobs_in(home / "media"),
        cache=LocalBlobs(home / "cache"),
        vault=Vault.open(home / "secret.key"),
        clock=clock,
        platform=platforms.get,
        platform_keys=platforms.keys,
        mailer=mail,
        http=_no_network,
        settings={"base_url": "http://localhost"},
        dns=_no_dns,
    )


def _open_store(url: URL) -> Store:
    """The store, whose commits do not wait for the disk: a test's office outlives no power cut. What the program itself
    asks of SQLite is shown with a store that nobody has touched (``tests/store/test_session.py``)."""
    store = Store(url)
    if store.is_sqlite:
        event.listen(store.engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
    return store


def _no_dns(_name: str, _kind: str) -> list[str]:
    """Tests ask no DNS but one of their own."""
    raise NoDns


def _no_network(allow_private: bool) -> Any:
    """What adapters get in tests that do not start a server: the real session, which refuses private addresses."""
    from commsched.platforms._http.network import Session

    session = Session.for_settings({"allow_private": "1" if allow_private else ""})
    session.resolve = _no_example
    return session


def _no_example(host: Any, *more: Any, **named: Any) -> Any:
    """Names that are only examples lead nowhere, without asking anybody."""
    if str(host).endswith((".example", ".example.org")):
        raise socket.gaierror(socket.EAI_NONAME, "an example")
    return socket.getaddrinfo(host, *more, **named)


@pytest.fixture
def cast(installation: Installation) -> Cast:
    """Regiongruppen with four people, and another office with one. Where the database is a copy of one in which they
    are, they are read; else they move in now."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        offices = {row.slug: row for row in session.scalars(select(Workspace))}
        members = {row.email.partition("@")[0]: row for row in session.scalars(select(Person))}
    if not offices:
        return _move_in(installation)
    return Cast(
        installation,
        offices["gruppen"],
        offices["distriktet"],
        administrator=members["astrid"],
        approver=members["gunnar"],
        writer=members["karin"],
        reader=members["olle"],
        stranger=members["nils"],
    )


def _move_in(installation: Installation) -> Cast:
    place, boss = people.create_workspace(
        installation, "Regiongruppen", "astrid@example.org", PASSWORD, person_name="Astrid Holm", slug="gruppen"
    )
    other, stranger = people.create_workspace(
        installation, "Distriktet", "nils@example.org", PASSWORD, person_name="Nils Berg", slug="distriktet"
    )
    admin = Actor(boss.id, boss.name, place.id, "administrator")

    def member(name: str, role: str) -> Person:
        email = f"{name.split()[0].lower()}@example.org"
        return people.add_person(installation, admin, email, role, name=name, password=PASSWORD).person

    return Cast(
        installation,
        place,
        other,
        administrator=boss,
        stranger=stranger,
        approver=member("Gunnar Lind", "approver"),
        writer=member("Karin Ek", "writer"),
        reader=member("Olle Sand", "reader"),
    )


@pytest.fixture
def ticking(installation: Installation) -> Installation:
    """The office with a scheduler's clock that has just ticked."""
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.merge(Heartbeat(name=heartbeats.CLOCK, at=installation.now()))
    return installation


@pytest.fixture
def app(installation: Installation) -> Flask:
    from commsched.web.app import create_app

    return create_app(installation, testing=True)


@pytest.fixture
def browse(app: Flask, installation: Installation, cast: Cast) -> Callable[..., Browser]:
    """``browse(person)`` is a browser where that person is signed in; ``browse()`` one where nobody is."""

    def open_browser(person: Person | None = None, slug: str = cast.place.slug) -> Browser:
        client = app.test_client()
        if person is not None:
            secret = sessions.sign_in(installation, person.email, PASSWORD)
            client.set_cookie("session", secret)
        return Browser(client, slug)

    return open_browser

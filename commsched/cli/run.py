"""Making an office and running it."""

from __future__ import annotations

import gc
import os
import shlex
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

from commsched.cli._common import (
    OfficeCommand,
    echo,
    hold,
    home,
    open_installation,
    password_from,
    there_already,
    warn_of_network_disk,
)
from commsched.cli.listening import address as address_of
from commsched.cli.listening import bound, close, listen
from commsched.core.text import languages
from commsched.core.text.json_values import JsonObject
from commsched.core.text.messages import N_, Conflict, Invalid

if TYPE_CHECKING:
    from sqlalchemy import URL

    from commsched.services.kernel.context import Installation
    from commsched.web.server import WaitressServer

HOST, PORT = "127.0.0.1", 8080
THREADS = 8
_host = click.option("--host", default=HOST, show_default=True, help="The address to listen on.")
_port = click.option(
    "--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 takes a free one."
)


@click.command(cls=OfficeCommand)
@click.option("--workspace", required=True, metavar="NAME", help="What the office is called.")
@click.option("--email", required=True, metavar="E", help="The first administrator's e-mail address.")
@click.option("--name", default="", help="The administrator's own name.")
@click.option("--slug", default="", help="The office's short name in addresses; else made from its name.")
@click.option("--zone", default="Europe/Stockholm", show_default=True, help="The time zone of its wall clock.")
@click.option("--language", default=languages.DEFAULT, show_default=True, type=click.Choice(languages.codes()))
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of stdin.")
@click.option("--database", metavar="URL", help="Keep it in PostgreSQL: postgresql+psycopg://user:password@host/name")
def init(
    workspace: str,
    email: str,
    name: str,
    slug: str,
    zone: str,
    language: str,
    password_stdin: bool,
    database: str | None,
) -> None:
    """Make a real, empty office and its first administrator. Prints its short name, which other commands take."""
    from commsched.bootstrap import name_database
    from commsched.services.accounts.passwords import check_strength
    from commsched.services.accounts.people import check_workspace, create_workspace

    check_workspace(workspace, email, name, slug, zone, language)
    url = _database_for(database) if database else None
    password = password_from(password_stdin, required=True)
    if not there_already():
        check_strength(password or "", email)  # nothing is made for options that cannot be used
    warn_of_network_disk()
    installation = open_installation(new=True, url=url)
    if database:
        name_database(installation.home, database)  # it could be opened; every later command finds it
    office, person = create_workspace(
        installation, workspace, email, password or "", person_name=name, slug=slug, zone=zone, language=language
    )
    click.echo(office.slug)
    up = f"commsched up --home {shlex.quote(str(installation.home))}"
    echo(
        N_(
            "%(name)s is there, in %(home)s. Next: start it with “%(up)s”, sign in as %(email)s, and connect "
            "channels on the page or with “commsched channel add”."
        ),
        name=office.name,
        home=str(installation.home),
        up=up,
        email=person.email,
    )


def _database_for(text: str) -> URL:
    """The address of a new office's database. Raises :class:`Invalid` for one that cannot be used, and
    :class:`Conflict` where the home has an office already."""
    from commsched.bootstrap import database_url, home_directory

    if there_already():
        raise Conflict(
            N_("There is an office in %(home)s already, and it has its database. Leave --database out."),
            "--database",
            home=str(home_directory(home())),
        )
    if text.count("@") > 1:
        raise Invalid(N_("In the password, write @ as %40, / as %2F and : as %3A."), "--database")
    url = database_url(text)
    if url.drivername == "sqlite":
        raise Invalid(
            N_("--database is for PostgreSQL. Without it the office keeps its data in a file of its own home."),
            "--database",
        )
    return url


@click.command(cls=OfficeCommand)
@_host
@_port
@click.option("--only-furnish", is_flag=True, hidden=True, help="Make the office, print what there is to tell, end.")
def demo(host: str, port: int, only_furnish: bool) -> None:
    """An office to try: invented people and a month of content, in a home of its own. Nothing to configure."""
    from commsched import bootstrap

    folder = bootstrap.home_directory(home())
    folder = folder if home() else folder / "demo"
    if only_furnish:
        _furnish(str(folder))
        return
    sockets = listen(host, port)  # before anything is made: what the demo has published leads to this address
    address = address_of(host, bound(sockets))
    info = _furnish_apart(str(folder), address)
    hold(folder)
    installation = bootstrap.open_installation(folder)

    def tell_of_it() -> None:
        click.echo(f"{info['name']}: {address}")
        for person in info["people"]:
            click.echo(
                f"  {person['name']}, {person['title']} ({person['role']}): {person['email']} / {person['password']}"
            )
        echo(N_("The mails that a demo sends to nobody are read at %(at)s."), at=f"{address}/w/{info['slug']}/outbox/")
        echo(N_("Something goes out at %(at)s. Stop with Ctrl-C."), at=info["soon"][11:19])

    _serve(installation, sockets, address, tell_of_it)


def _furnish(folder: str) -> None:
    import msgspec

    from commsched import bootstrap
    from commsched.services.demo.demo import furnish

    installation = bootstrap.open_installation(folder)
    with closing(installation.store):
        click.echo(msgspec.json.encode(furnish(installation)).decode())


def _furnish_apart(folder: str, address: str) -> JsonObject:
    """Furnish in a process that then ends: what drawing and two months of history take, an idle demo need not keep.
    Returns ``services.demo.demo.DemoInfo`` as plain data."""
    import json
    import subprocess
    import sys

    process = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "commsched", "demo", "--only-furnish", "--home", folder],
        check=False,
        env={"COMMSCHED_BASE_URL": address, **os.environ},
        stdout=subprocess.PIPE,
    )
    if process.returncode:
        click.get_current_context().exit(process.returncode)  # it has said why
    info: JsonObject = json.loads(process.stdout)
    return info


@click.command(cls=OfficeCommand)
@_host
@_port
def up(host: str, port: int) -> None:
    """Run the office: pages, API and, in a process beside them, the scheduler that publishes. Ctrl-C or SIGTERM ends
    both."""
    warn_of_network_disk()
    installation, sockets = _bind_and_open(host, port)
    address = address_of(host, bound(sockets))
    _serve(installation, sockets, address, lambda: click.echo(f"Listening on {address}"))


@click.command(cls=OfficeCommand)
@_host
@_port
def web(host: str, port: int) -> None:
    """Run the pages and the API only. Publishing then needs “commsched worker” beside it."""
    warn_of_network_disk()
    installation, sockets = _bind_and_open(host, port)
    address = address_of(host, bound(sockets))
    _alone()
    _log()
    _serve_pages(installation, sockets, address, lambda: click.echo(f"Listening on {address}"))


@click.command(cls=OfficeCommand)
@click.option("--parent", type=int, hidden=True, help="End when this pipe does.")
@click.option("--address", default="", hidden=True, help="Where the pages answer, unless base_url is set.")
def worker(parent: int | None, address: str) -> None:
    """Run the scheduler that publishes, without pages. SIGTERM ends it when the calls in flight have ended."""
    _alone()
    if parent is None:
        warn_of_network_disk()
    installation = open_installation()
    _log()
    from commsched.engine import process

    if address:
        installation.settings.setdefault("base_url", address)
    if parent is None:
        click.echo("The scheduler is running.")
    click.get_current_context().exit(process.run(installation, parent))


def _bind_and_open(host: str, port: int) -> tuple[Installation, list[socket.socket]]:
    """The sockets first: a port that is taken leaves the office as it was, not even migrated."""
    sockets = listen(host, port)
    try:
        return open_installation(), sockets
    except BaseException:
        close(sockets)
        raise


def _serve(
    installation: Installation, sockets: list[socket.socket], address: str, tell_of_it: Callable[[], None]
) -> None:
    """The pages here, and the engine in a process of its own that is made before the pages are loaded."""
    import sys

    from commsched.engine.process import Keeper

    _alone()
    _log()
    installation.settings.setdefault("base_url", address)
    installation.store.close()  # no connection is taken over a fork
    command = [sys.executable, "-m", "commsched", "worker", "--home", str(installation.home), "--address", address]
    keeper = Keeper(installation, command)
    keeper.fork(leave=lambda: close(sockets))
    keeper.start()
    try:
        _serve_pages(installation, sockets, address, tell_of_it)
    finally:
        keeper.stop()


def _serve_pages(
    installation: Installation, sockets: list[socket.socket], address: str, tell_of_it: Callable[[], None]
) -> None:
    from commsched.services.ops.watchdog import WatchdogThread

    installation.settings.setdefault("base_url", address)
    signal.signal(signal.SIGTERM, _end)  # before the address is told: whoever reads it may end us at once
    with _starting():
        server = _server(installation, sockets)
    watchdog = WatchdogThread(installation, installation.base_url)
    watchdog.start()
    tell_of_it()
    try:
        _until_told(server)
    finally:
        watchdog.stop()
        installation.store.close()


@contextmanager
def _starting() -> Iterator[None]:
    """What is made while starting lives as long as the process: Python need not look for cycles in it, now or later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _alone() -> None:
    """Another program of the same user cannot look into this process, where passwords and tokens are."""
    from commsched.images.intake.confinement import undumpable

    undumpable()


def _log() -> None:
    import logging

    from commsched.core.installation.redaction import DiscreetFormatter, quieten
    from commsched.core.installation.settings import log_level

    logging.basicConfig(level=log_level(os.environ.get("COMMSCHED_LOG", "")))
    for handler in logging.getLogger().handlers:
        handler.setFormatter(DiscreetFormatter())
    quieten()
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a chore still at work when its time comes is no news


def _server(installation: Installation, sockets: list[socket.socket]) -> WaitressServer:
    """The pages on sockets that are bound already."""
    from commsched.web.app import create_app
    from commsched.web.server import make_server

    return make_server(create_app(installation), installation, sockets, THREADS)


def _end(*_: object) -> None:
    raise SystemExit(0)


def _until_told(server: WaitressServer) -> None:
    """Serve until SIGTERM or Ctrl-C; requests under way are answered first."""
    try:
        server.run()
    except (SystemExit, KeyboardInterrupt):
        pass
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        server.close()


COMMANDS = (demo, init, up, web, worker)

"""Making an office and running it."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from commsched.cli._common import OfficeCommand, home, open_office, password_from, tell, there_already
from commsched.core.words import N_

if TYPE_CHECKING:
    from commsched.flow.context import Office

HOST, PORT = "127.0.0.1", 8080
THREADS = 8
_host = click.option("--host", default=HOST, show_default=True, help="The address to listen on.")
_port = click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535),
                     help="The port; 0 takes a free one.")  # fmt: skip


@click.command(cls=OfficeCommand)
@click.option("--workspace", required=True, metavar="NAME", help="What the office is called.")
@click.option("--email", required=True, metavar="E", help="The first administrator's e-mail address.")
@click.option("--name", default="", help="The administrator's own name.")
@click.option("--slug", default="", help="The office's short name in addresses; else made from its name.")
@click.option("--zone", default="Europe/Stockholm", show_default=True, help="The time zone of its wall clock.")
@click.option("--language", default="sv", show_default=True, type=click.Choice(["sv", "en"]))
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of stdin.")
def init(workspace: str, email: str, name: str, slug: str, zone: str, language: str, password_stdin: bool) -> None:
    """Make a real, empty office and its first administrator. Prints its short name, which other commands take."""
    from commsched.flow.passwords import check_strength
    from commsched.flow.people import check_workspace, create_workspace

    check_workspace(workspace, email, name, slug, zone, language)
    password = password_from(password_stdin, required=True)
    if not there_already():
        check_strength(password or "", email)  # nothing is made for options that cannot be used
    office = open_office(new=True)
    made, person = create_workspace(office, workspace, email, password or "", person_name=name, slug=slug, zone=zone,
                                    language=language)  # fmt: skip
    click.echo(made.slug)
    tell(N_("%(name)s is there, in %(home)s. Next: start it with “commsched up”, sign in as %(email)s, and connect "
            "channels on the page or with “commsched channel add”."), name=made.name, home=str(office.home),
         email=person.email)  # fmt: skip


@click.command(cls=OfficeCommand)
@_host
@_port
@click.option("--only-furnish", is_flag=True, hidden=True, help="Make the office and end.")
def demo(host: str, port: int, only_furnish: bool) -> None:
    """An office to try: invented people and a month of content, in a home of its own. Nothing to configure."""
    from commsched import bootstrap
    from commsched.flow.demo import furnish

    folder = bootstrap.home_directory(home())
    folder = folder if home() else folder / "demo"
    if only_furnish:
        furnish(bootstrap.open_office(folder))
        return
    if not (folder / "commsched.db").exists():
        port = port or _free_port(host)
        _furnish_apart(str(folder), _address(host, port))
    office = bootstrap.open_office(folder)
    server, address = _server(office, host, port)
    info = furnish(office)
    click.echo(f"{info.name}: {address}")
    for one in info.people:
        click.echo(f"  {one.name}, {one.title} ({one.role}): {one.email} / {one.password}")
    tell(N_("Something goes out at %(at)s. Stop with Ctrl-C."), at=f"{info.soon:%H:%M:%S}")
    _serve(office, server)


def _free_port(host: str) -> int:
    """Known before the office is made, because what it has published already leads to it."""
    import socket

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as one:
        one.bind((host, 0))
        return int(one.getsockname()[1])


def _furnish_apart(folder: str, address: str) -> None:
    """Furnish in a process that then ends: what drawing and two months of history take, an idle demo need not keep."""
    import subprocess
    import sys

    made = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "commsched", "demo", "--only-furnish", "--home", folder], check=False,
        env={"COMMSCHED_BASE_URL": address, **os.environ},
    )  # fmt: skip
    if made.returncode:
        click.get_current_context().exit(made.returncode)  # it has said why


@click.command(cls=OfficeCommand)
@_host
@_port
def up(host: str, port: int) -> None:
    """Run the office: pages, API and the scheduler that publishes, in one process. Ctrl-C or SIGTERM ends it."""
    with _starting():
        office = open_office()
        server, address = _server(office, host, port)
    click.echo(f"Listening on {address}")
    _serve(office, server)


@click.command(cls=OfficeCommand)
@_host
@_port
def web(host: str, port: int) -> None:
    """Run the pages and the API only. Publishing then needs “commsched worker” beside it."""
    with _starting():
        office = open_office()
        server, address = _server(office, host, port)
    click.echo(f"Listening on {address}")
    _until_told(server)


@click.command(cls=OfficeCommand)
def worker() -> None:
    """Run the scheduler that publishes, without pages. SIGTERM ends it when the calls in flight have ended."""
    from commsched.engine.embedded import Engine

    _alone()
    office = open_office()
    _log()
    engine, told = Engine(office), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    engine.start()
    click.echo("The scheduler is running.")
    told.wait()
    engine.stop()
    office.store.close()


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
    from commsched.images.confinement import undumpable

    undumpable()


def _log() -> None:
    import logging

    from commsched.core.settings import log_level

    logging.basicConfig(level=log_level(os.environ.get("COMMSCHED_LOG", "")),
                        format="%(asctime)s %(levelname)s %(name)s: %(message)s")  # fmt: skip
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a chore still at work when its time comes is no news


def _server(office: Office, host: str, port: int) -> tuple[Any, str]:
    """A server that has its port, and the address to tell. The office's own address follows unless it is set."""
    from waitress import create_server

    from commsched.web.app import MOST_BYTES, create_app

    _alone()
    _log()
    app = create_app(office)
    try:
        server = create_server(
            app, host=host, port=port, threads=THREADS, ident="",
            # what came through a proxy must be seen as such; the app believes only as many as it is told to
            clear_untrusted_proxy_headers=False,
            max_request_body_size=MOST_BYTES * 2,
        )  # fmt: skip
    except OSError as error:
        raise click.ClickException(f"Cannot listen on {host}:{port}: {error.strerror or error}") from error
    bound = getattr(server, "effective_port", None) or server.effective_listen[0][1]
    address = _address(host, bound)
    office.settings.setdefault("base_url", address)
    return server, address


def _address(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"


def _serve(office: Office, server: Any) -> None:
    from commsched.engine.embedded import Engine

    engine = Engine(office)
    engine.start()
    try:
        _until_told(server)
    finally:
        engine.stop()
        office.store.close()


def _until_told(server: Any) -> None:
    """Serve until SIGTERM or Ctrl-C; requests under way are answered first."""

    def end(*_: object) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    try:
        server.run()
    except (SystemExit, KeyboardInterrupt):
        pass
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        server.close()


COMMANDS = (demo, init, up, web, worker)

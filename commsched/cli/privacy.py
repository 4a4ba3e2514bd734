"""What an office keeps of a person outside it: erased, or written out for them."""

from __future__ import annotations

import sys

import click

from commsched.cli._common import (
    OfficeCommand,
    OfficeGroup,
    echo,
    open_installation,
    workspace_and_actor,
    workspace_option,
)
from commsched.core.text.messages import N_


def _address(value: str) -> str:
    return sys.stdin.readline().strip() if value == "-" else value.strip()


@click.command(cls=OfficeCommand)
@workspace_option
@click.argument("address")
def forget(workspace: str, address: str) -> None:
    """Erase everything about a press contact, everywhere. ADDRESS may be “-” for stdin. Only a keyed hash stays, so
    that nobody writes to them again. Exit code 1 if nothing was known of them; they are kept away all the same."""
    from commsched.services.privacy import erasure

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    if not erasure.forget(installation, actor, _address(address)):
        echo(N_("Nothing was known of that address. It is never written to from now on."))
        click.get_current_context().exit(1)
    echo(N_("Erased. Nothing but a keyed hash is kept, so that nobody writes to them again."))


@click.command(cls=OfficeCommand)
@workspace_option
@click.argument("address")
@click.option("--html", "as_page", is_flag=True, help="A page for reading instead of JSON.")
def data(workspace: str, address: str, as_page: bool) -> None:
    """Print everything that is kept of a press contact, for them. ADDRESS may be “-” for stdin. It stands in the
    record that it was taken out. Exit code 1 if nothing is kept."""
    from commsched.services.privacy import own_data

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    kept = own_data.take(installation, actor, _address(address))
    click.echo(own_data.as_html(kept, actor.language) if as_page else own_data.as_json(kept).decode())
    if kept.is_empty:
        click.get_current_context().exit(1)


def add_to(main: click.Group) -> None:
    """Put the commands into the group ``contacts``."""
    group = main.commands.get("contacts")
    if not isinstance(group, click.Group):
        group = OfficeGroup("contacts", help="Journalists and newsrooms, and whoever subscribes.")
        main.add_command(group)
    for command in (forget, data):
        group.add_command(command)

"""``commsched``: run an office, let people in, connect channels, keep it safe."""

from __future__ import annotations

import os
import sys

import click

from commsched import __version__
from commsched.cli import cards, care, channels, deliveries, people, run
from commsched.cli._common import OfficeGroup, say
from commsched.core.words import N_

_WINDOWS = N_("commsched does not run on Windows. Use Linux, for instance in WSL 2 or on a small server.")


@click.group(cls=OfficeGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="commsched")
def main() -> None:
    """A content calendar that publishes to social media and press: approved, on time, never twice.

    Everything an office must keep lies in one folder, its home: --home DIR or COMMSCHED_HOME.
    """
    if sys.platform == "win32":
        raise click.ClickException(say(_WINDOWS))
    os.umask(0o077)  # what an office writes is its owner's only


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(f"commsched {__version__}")


for module in (run, people, channels, deliveries, cards, care):
    for command in module.COMMANDS:
        main.add_command(command)

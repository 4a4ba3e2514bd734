"""``commsched``: run an office, let people in, connect channels, keep it safe."""

from __future__ import annotations

import click

from commsched import __version__
from commsched.cli import cards, care, channels, deliveries, people, run
from commsched.cli._common import OfficeGroup


@click.group(cls=OfficeGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="commsched")
def main() -> None:
    """A content calendar that publishes to social media and press: approved, on time, never twice.

    Everything an office must keep lies in one folder, its home: --home DIR or COMMSCHED_HOME.
    """


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(f"commsched {__version__}")


for module in (run, people, channels, deliveries, cards, care):
    for command in module.COMMANDS:
        main.add_command(command)

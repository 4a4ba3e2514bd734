"""``commsched``: run an office, let people in, connect channels, keep it safe."""

from __future__ import annotations

import codecs
import io
import os
import sys

import click

from commsched import __version__
from commsched.cli import apps, cards, care, channels, contacts, deliveries, people, privacy, relays, run
from commsched.cli._common import OfficeGroup, translated
from commsched.core.installation.systems import refusal

_NEAREST = str.maketrans({"“": '"', "”": '"', "’": "'", "–": "-", "—": "-", "…": "...", "·": "-", "•": "*"})


def _nearest(error: UnicodeError) -> tuple[str, int]:
    """What stands for a character that a terminal does not have: the nearest that every one has."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_NEAREST)
    return "".join(letter if letter.isascii() else "?" for letter in text), error.end


codecs.register_error("nearest", _nearest)


@click.group(cls=OfficeGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="commsched")
def main() -> None:
    """A content calendar that publishes to social media and press: approved, on time, never twice.

    Everything an office must keep lies in one folder, its home: --home DIR or COMMSCHED_HOME.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="nearest")  # a terminal of another alphabet gets what it can show
    if no := refusal(sys.platform):
        raise click.ClickException(translated(no))
    os.umask(0o077)  # what an office writes is its owner's only


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(f"commsched {__version__}")


for module in (run, people, channels, contacts, relays, apps, deliveries, cards, care):
    for command in module.COMMANDS:
        main.add_command(command)
privacy.add_to(main)

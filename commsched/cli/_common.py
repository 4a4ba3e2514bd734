"""What every command shares: where the office is, who acts from the command line, and how errors are reported."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from commsched.core.installation.settings import BadSettings
from commsched.core.text.languages import SOURCE, known
from commsched.core.text.messages import Message, OfficeError

if TYPE_CHECKING:
    from sqlalchemy import URL

    from commsched.services.kernel.context import Actor, Installation
    from commsched.store.models import Workspace

HOME = "commsched.home"


def language() -> str:
    """The shell's language where we speak it, else English."""
    said = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return known(said, SOURCE)


def translated(words: Message | str, **params: object) -> str:
    """A sentence in the shell's language."""
    from commsched.core.text.catalogues import translate as said

    return said(words, language(), **params)


def echo(words: Message | str, **params: object) -> None:
    """Print a sentence for the person on stderr; stdout carries only what a script reads."""
    click.echo(translated(words, **params), err=True)


def _remember(context: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value:
        context.meta[HOME] = value


def home_option() -> click.Option:
    return click.Option(
        ["--home"],
        metavar="DIR",
        expose_value=False,
        callback=_remember,
        is_eager=True,
        help="Where the office keeps everything. Else COMMSCHED_HOME, else the checkout or this folder.",
    )


class _BadSettings(click.ClickException):
    exit_code = BadSettings.exit_code


class OfficeCommand(click.Command):
    """A command with ``--home``, whose errors are one sentence on stderr and exit code 1; 2 for bad settings."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(home_option())

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except BadSettings as error:
            raise _BadSettings("\n".join(translated(words) for words in error.problems)) from error
        except OfficeError as error:
            field = f" ({error.field})" if error.field else ""
            raise click.ClickException(translated(error.words) + field) from error
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            raise click.ClickException(str(error)) from error
        except Exception as error:
            sentence = _of_the_database(error)
            if sentence is None:
                raise
            raise click.ClickException(sentence) from error


def _of_the_database(error: Exception) -> str | None:
    """A database that is locked, damaged or no longer fits, in a sentence; ``None`` for what is our own mistake."""
    from sqlalchemy.exc import DatabaseError, OperationalError

    from commsched.core.text.messages import N_
    from commsched.store.session import busy

    if type(error) not in (DatabaseError, OperationalError):
        return None
    assert isinstance(error, DatabaseError)
    detail = str(error.orig)
    if busy(error):
        return f"{translated(N_('The office is busy right now'))}: {detail}"
    return translated(N_("The database cannot be opened: %(detail)s"), detail=detail)


class OfficeGroup(click.Group):
    """A group that takes ``--home`` too, so that it may come before the subcommand."""

    command_class = OfficeCommand
    group_class = type

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(home_option())


def home() -> str | None:
    """The home that was named on the command line, if any."""
    folder: str | None = click.get_current_context().meta.get(HOME)
    return folder


def there_already() -> bool:
    """Whether the home holds an office already."""
    from commsched import bootstrap
    from commsched.services.ops.replacing import is_under_way

    folder = bootstrap.home_directory(home())
    exists = (folder / "commsched.db").exists() or is_under_way(folder)
    return exists or bool(bootstrap.database_named(folder))


def hold(folder: Path) -> None:
    """Mark the office in ``folder`` as open until the command ends, so that no restore replaces it during that time."""
    from commsched.services.ops.in_use import enter

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    click.get_current_context().call_on_close(enter(folder).release)


def warn_of_network_disk() -> None:
    """Say where the database lies before it is opened, if that is a place where it can be damaged."""
    from commsched import bootstrap
    from commsched.services.ops.network_disk import warning

    words = warning(bootstrap.database_file(bootstrap.home_directory(home())))
    if words is not None:
        echo(words)


def open_installation(*, new: bool = False, url: URL | None = None) -> Installation:
    """The office in the home. Without ``new`` there must be one already, so that a mistyped path does not create an
    office. ``url``: the database that it is founded in."""
    from commsched import bootstrap
    from commsched.core.text.messages import N_, NotFound

    folder = bootstrap.home_directory(home())
    if not new and not there_already():
        raise NotFound(
            N_("There is no office in %(home)s. Make one with “commsched init”."), "--home", home=str(folder)
        )
    hold(folder)
    installation = bootstrap.open_installation(home(), say=echo, url=url)
    click.get_current_context().call_on_close(installation.store.close)
    return installation


def workspace_and_actor(installation: Installation, slug: str | None) -> tuple[Workspace, Actor]:
    """The workspace called ``slug`` (or the only one), and the machine's administrator in it."""
    from commsched.services.accounts import machine_admin

    workspace = machine_admin.workspace(installation, slug or "")
    return workspace, machine_admin.actor(workspace)


Command = TypeVar("Command", bound="Callable[..., object] | click.Command")


def workspace_option(command: Command) -> Command:
    return click.option("--workspace", metavar="SLUG", help="The office's short name. Not needed if there is one.")(
        command
    )


def password_from(stdin: bool, *, required: bool) -> str | None:
    """The password: the first line of stdin, or asked for twice. ``None`` where it may be left out and was."""
    from commsched.core.text.messages import N_
    from commsched.services.accounts.passwords import LEAST

    if stdin or (required and not sys.stdin.isatty()):
        line = sys.stdin.readline().removeprefix("\ufeff").rstrip("\r\n")
        if not line:
            raise click.UsageError("Expected a password in the first line of stdin.")
        return line
    if not required:
        return None
    echo(N_("Choose a password of at least %(least)s characters."), least=LEAST)
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password


def table(rows: list[tuple[object, ...]], head: tuple[str, ...]) -> None:
    """Columns on stdout, as wide as they need to be."""
    cells = [head, *[tuple("" if cell is None else str(cell) for cell in row) for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    for row in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

"""Keeping an office well: is it whole, stop it, start it again, put it away, bring it back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from commsched.cli._common import (
    OfficeCommand,
    echo,
    home,
    open_installation,
    translated,
    workspace_and_actor,
    workspace_option,
)
from commsched.core.text.messages import N_, OfficeError

if TYPE_CHECKING:
    from commsched.services.ops.after_restore import Brought
    from commsched.services.ops.doctor import Finding

SIGNS = {"ok": "ok  ", "warn": "note", "fail": "FAIL"}


@click.command(cls=OfficeCommand)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(as_json: bool) -> None:
    """Examine everything: database, key, record, clock, disk, mail, channels. Exit code 1 if something needs help."""
    from sqlalchemy.exc import DBAPIError

    from commsched.core.installation.settings import BadSettings
    from commsched.core.text.messages import Message, NotFound
    from commsched.services.ops.doctor import Finding, examine, worst

    try:
        findings = examine(open_installation())
    except NotFound:
        raise
    except BadSettings as error:
        findings = [Finding("settings", "fail", words) for words in error.problems]
    except OfficeError as error:
        findings = [Finding("database", "fail", error.words)]
    except DBAPIError as error:
        detail = {"detail": str(error.orig)}
        findings = [Finding("database", "fail", Message(N_("The database cannot be opened: %(detail)s"), detail))]
        findings += _network_disk()
    whole = worst(findings)
    if as_json:
        _print_json(findings, whole)
    else:
        for finding in findings:
            click.echo(f"{SIGNS[finding.level]}  {finding.name}: {translated(finding.words)}")
            if finding.help and finding.level != "ok":
                click.echo(f"      {translated(finding.help)}")
    click.get_current_context().exit(1 if whole == "fail" else 0)


def _network_disk() -> list[Finding]:
    """Perhaps why the database cannot be opened."""
    from commsched import bootstrap
    from commsched.core.text.messages import Message
    from commsched.services.ops import network_disk
    from commsched.services.ops.doctor import Finding

    words = network_disk.warning(bootstrap.database_file(bootstrap.home_directory(home())))
    return [Finding("file system", "warn", words, Message(network_disk.HELP))] if words else []


def _print_json(findings: list[Finding], whole: str) -> None:
    import json

    rows = [
        {
            "name": finding.name,
            "level": finding.level,
            "message": translated(finding.words),
            "help": translated(finding.help) if finding.help else "",
        }
        for finding in findings
    ]
    click.echo(json.dumps({"ok": whole != "fail", "level": whole, "findings": rows}, ensure_ascii=False, indent=2))


@click.command(cls=OfficeCommand)
@workspace_option
@click.option("--reason", required=True, help="Why: everybody in the office is told.")
def pause(workspace: str, reason: str) -> None:
    """Stop everything of an office. Once this returns, nothing new goes out; a call under way cannot be recalled."""
    from commsched.services.workflow import pause as switch

    installation = open_installation()
    office, actor = workspace_and_actor(installation, workspace)
    switch.pause(installation, actor, reason)
    echo(N_("%(name)s is paused."), name=office.name)


@click.command(cls=OfficeCommand)
@workspace_option
@click.option(
    "--missed",
    type=click.Choice(["hold", "send"]),
    default="hold",
    show_default=True,
    help="What becomes of what fell due meanwhile. Never sent past its latest time.",
)
def resume(workspace: str, missed: str) -> None:
    """Start an office again after a pause."""
    from commsched.services.workflow import pause as switch

    installation = open_installation()
    office, actor = workspace_and_actor(installation, workspace)
    held = switch.resume(installation, actor, "send" if missed == "send" else "hold")
    echo(N_("%(name)s goes on. Held for a decision: %(held)s."), name=office.name, held=held)


@click.command(cls=OfficeCommand)
@click.option("--to", type=click.Path(path_type=Path), help="The file or folder. Else backups/ in the home.")
@click.option("--with-key", is_flag=True, help="Put secret.key in too: then guard the file, which opens every token.")
def backup(to: Path | None, with_key: bool) -> None:
    """Write the whole office to one file while it runs. Prints where."""
    from commsched.services.ops.backup import archive

    installation = open_installation()
    click.echo(archive(installation, to, with_key=with_key))
    if not with_key:
        echo(
            N_(
                "The key is not in it. Keep a copy of %(key)s somewhere else: without it tokens must be connected anew."
            ),
            key=str(installation.home / "secret.key"),
        )


@click.command(cls=OfficeCommand)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Put what is in the home aside, in backups/replaced-…, and restore there.")
def restore(file: Path, force: bool) -> None:
    """Bring an office back from a backup. Stop it first.

    It starts paused: whatever was not finished in the backup may have gone out since, and is read back before anybody
    resumes.
    """
    from commsched import bootstrap
    from commsched.core.text.messages import Conflict
    from commsched.engine.lock import EngineLock
    from commsched.services.ops import backup as archives
    from commsched.services.ops.after_restore import bring_back
    from commsched.services.ops.in_use import InUse

    folder = bootstrap.home_directory(home())
    if bootstrap.database_named(folder):
        raise Conflict(
            N_(
                "database_url, in commsched.toml or as COMMSCHED_DATABASE_URL, names another database than the one in "
                "the home, which a restore brings back. Restore without it."
            ),
            "database_url",
        )
    if not force:
        archives.refuse_full(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with EngineLock(folder) as engine, InUse(folder) as lock:
        if not engine.take() or not lock.alone():
            raise Conflict(N_("The office in %(home)s is running. Stop it first."), "--home", home=str(folder))
        brought = bring_back(file, folder, bootstrap.SystemClock().now(), bootstrap.open_copy)
    _tell_of(brought, folder)


def _tell_of(brought: Brought, folder: Path) -> None:
    from commsched.services.ops import backup as archives

    made_at = f"{brought.manifest.made_at:%Y-%m-%d %H:%M} UTC"
    echo(
        N_(
            "Restored to %(home)s, as it was %(at)s. It is paused; %(count)s deliveries are read back before you "
            "resume."
        ),
        home=str(folder),
        at=made_at,
        count=brought.settled.doubted,
    )
    _tell_of_own_pages(brought, made_at)
    for name in (*archives.LEAD_OUT, "mail_server"):
        if value := brought.settings.get(name):
            echo(N_("From the backup's settings: %(setting)s"), setting=f"{name} = {archives.without_password(value)}")
    if not brought.has_key:
        echo(
            N_(
                "The backup has no key. Put your copy of secret.key in the home before you start, or connect the "
                "channels again."
            )
        )


def _tell_of_own_pages(brought: Brought, made_at: str) -> None:
    """What is public the moment the pages are served again, pause or no pause."""
    took = brought.carried
    if took is None:
        echo(
            N_(
                "What was taken down or corrected on your own pages after %(at)s stands there again as it was, "
                "consents that ended since hold again, and people who were shut out since can sign in again: look "
                "through it as soon as it is started."
            ),
            at=made_at,
        )
        return
    echo(
        N_(
            "Carried over from what it replaces: take-downs %(takedowns)s, ended consents %(consents)s, people shut "
            "out %(people)s, keys ended %(keys)s, people who want no mail or were erased %(refusals)s. What was "
            "corrected on your own pages after %(at)s stands there again as it was: look through it as soon as it is "
            "started."
        ),
        takedowns=took.takedowns,
        consents=took.consents,
        people=took.persons,
        keys=took.tokens,
        refusals=took.refusals,
        at=made_at,
    )


COMMANDS = (doctor, pause, resume, backup, restore)

"""Commands for deliveries: list those that need a person, and answer whether one went out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from commsched.cli._common import (
    OfficeCommand,
    OfficeGroup,
    echo,
    open_installation,
    table,
    translated,
    workspace_and_actor,
    workspace_option,
)
from commsched.core.text.messages import N_, Invalid

if TYPE_CHECKING:
    from datetime import datetime

    from commsched.services.press.sums import Mailing
    from commsched.services.workflow.stops import Left

WIDTH = 30
"""Signs of a bar."""
WAITING = ("unknown", "held", "failed")


@click.group(cls=OfficeGroup)
def delivery() -> None:
    """See what stopped, and say what became of what nobody knows."""


@delivery.command("list")
@workspace_option
@click.option(
    "--state",
    "states",
    multiple=True,
    metavar="STATE",
    help="One or several states. Else those that wait for a person: unknown, held, failed.",
)
def list_deliveries(workspace: str, states: tuple[str, ...]) -> None:
    """List deliveries, newest first. Recipients whose fate nobody knows are told by number, with most of the
    address hidden."""
    from commsched.services.content import queries

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    with installation.store.read(actor.workspace) as session:
        deliveries = queries.deliveries(session, queries.Page(limit=queries.MOST), states or WAITING)
        doubts = queries.doubts(installation, session, deliveries)
    rows: list[tuple[object, ...]] = []
    for row in deliveries:
        whom = ", ".join(f"{doubt.number + 1} {doubt.whom}" for doubt in doubts.get(row.id, ()) if doubt.whom)
        rows.append((row.id, row.item_id, row.channel_id, row.state, row.reason, f"{row.due_at:%Y-%m-%d %H:%M}", whom))
    table(rows, ("id", "item", "channel", "state", "reason", "due (UTC)", "recipients"))


@delivery.command("resolve")
@workspace_option
@click.argument("id", type=int)
@click.option(
    "--as",
    "answer",
    type=click.Choice(["published", "not_published"]),
    required=True,
    help="Whether it is out. “not_published” holds it; sending it again is another decision.",
)
@click.option("--url", default="", help="Where it is out.")
@click.option(
    "--recipient",
    "recipients",
    multiple=True,
    type=click.IntRange(min=1),
    metavar="NUMBER",
    help="Of a list: the recipient the answer is about, by number. May be repeated.",
)
@click.option("--all", "everybody", is_flag=True, help="Of a list: all whose fate nobody knows get this answer.")
def resolve_delivery(
    workspace: str, id: int, answer: str, url: str, recipients: tuple[int, ...], everybody: bool
) -> None:
    """Answer whether an unknown delivery went out, for a list recipient by recipient."""
    from commsched.services.content import queries
    from commsched.services.workflow import resolve

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    with installation.store.read(actor.workspace) as session:
        asked = queries.doubts(installation, session, [resolve.load(session, id)]).get(id, [])
    if len([part for part in asked if part.whom]) > 1 and not recipients and not everybody:
        raise Invalid(
            N_("Nobody knows of %(count)s recipients. Name some with --recipient, or answer for --all."),
            "--recipient",
            count=len(asked),
        )
    parts = [number - 1 for number in recipients] if recipients and not everybody else None
    resolve.resolve(installation, actor, id, "published" if answer == "published" else "not_published", url, parts)
    echo(N_("That is written down."))


@delivery.command("drop")
@workspace_option
@click.argument("id", type=int)
def drop_delivery(workspace: str, id: int) -> None:
    """Let a delivery be: nothing more of it goes out there, also if it is under way. Says what had gone out."""
    from commsched.services.workflow import resolve

    installation = open_installation()
    _say_stopped(resolve.drop(installation, workspace_and_actor(installation, workspace)[1], id))


@delivery.command("watch")
@workspace_option
@click.argument("item", type=int)
@click.option("--every", type=click.FloatRange(min=0.2, max=3600), default=1.0, help="Seconds between two looks.")
def watch_deliveries(workspace: str, item: int, every: float) -> None:
    """Follow the mailings of the ITEM with that number until nothing more of them is on its way; then say for each list
    how many were chosen, sent, refused, unknown and stopped."""
    import time

    from commsched.services.content import items
    from commsched.services.press import estimate, sums

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    said = ""
    while True:
        with installation.store.read(actor.workspace) as session:
            rows = sums.mailings(session, items.load(session, item))
            ends = estimate.ends_at(installation, session, rows, installation.now())
        if not any(each.going for each in rows):
            break
        said = _say_progress(_progress(rows, ends), said)
        time.sleep(every)
    if said and sys.stderr.isatty():
        click.echo(err=True)
    counted = ("chosen", "sent", "refused", "unknown", "stopped", "waiting")
    lines = [(each.delivery, each.name, each.state, *(getattr(each.sums, name) for name in counted)) for each in rows]
    table(lines, ("delivery", "list", "state", *counted))


def _say_progress(line: str, before: str) -> str:
    """Tell how far it is, if that is not what was told ``before``; in a terminal always on the same line."""
    if line != before and sys.stderr.isatty():
        click.echo(f"\r{line:<{len(before)}}", err=True, nl=False)
    elif line != before:
        click.echo(line, err=True)
    return line


def _progress(rows: Sequence[Mailing], ends: datetime | None) -> str:
    """``[######........] 512/1000, done about 14:05 (UTC)``."""
    total = sum(each.sums.chosen for each in rows)
    done = sum(each.sums.done for each in rows)
    filled = WIDTH * done // total if total else 0
    about = translated(N_("done about %(when)s (UTC)"), when=f"{ends:%H:%M}") if ends else ""
    bar = f"[{'#' * filled}{'.' * (WIDTH - filled)}] {done}/{total}"
    return f"{bar}, {about}" if about else bar


@click.command(cls=OfficeCommand)
@workspace_option
@click.argument("item", type=int)
def cancel(workspace: str, item: int) -> None:
    """Cancel the ITEM with that number: nothing more of it goes out in any channel. A mailing stops before its next
    recipient, a thread before its next post; what had gone out is said."""
    from commsched.services.workflow import schedule

    installation = open_installation()
    _say_stopped(schedule.cancel(installation, workspace_and_actor(installation, workspace)[1], item))


def _say_stopped(left: Sequence[Left]) -> None:
    echo(N_("It is stopped."))
    for part in left:
        echo(
            N_("%(channel)s: %(out)s of %(of)s had gone out, and %(under_way)s more may."),
            channel=part.channel,
            out=part.out,
            of=part.of,
            under_way=part.under_way,
        )


COMMANDS = (delivery, cancel)

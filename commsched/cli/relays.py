"""An office's mail servers: list, add, test, remove; what receivers see of its domains."""

from __future__ import annotations

import click

from commsched.cli._common import (
    OfficeGroup,
    echo,
    open_installation,
    password_from,
    table,
    translated,
    workspace_and_actor,
    workspace_option,
)
from commsched.core.text.messages import N_


@click.group(cls=OfficeGroup)
def relay() -> None:
    """The mail servers that an office's press lists send through."""


@relay.command("list")
@workspace_option
def list_relays(workspace: str) -> None:
    """List the office's own mail servers, and how each is doing."""
    from commsched.services.mailing import condition, server

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    states = condition.of_office(installation, actor.workspace)
    rows: list[tuple[object, ...]] = []
    for row in server.of_office(installation, actor.workspace):
        state = states.get(row.id, condition.Condition())
        count = f"{state.today}/{row.per_day}" if row.per_day else str(state.today)
        trouble = "refuses" if state.trouble else "ok"
        rows.append((row.id, row.name, f"{row.host}:{row.port}", row.sender, trouble, count, ", ".join(state.lists)))
    table(rows, ("id", "name", "server", "sender", "state", "today", "lists"))


@relay.command("add")
@workspace_option
@click.option("--name", default="", metavar="NAME", help="What you call it.")
@click.option("--kind", default="host", metavar="KIND", help="microsoft, google, one, loopia, host or own.")
@click.option("--host", default="", metavar="HOST", help="The server; else what the kind has.")
@click.option("--port", type=click.IntRange(1, 65535), metavar="PORT")
@click.option(
    "--security", type=click.Choice(["required", "implicit", "none"]), help="STARTTLS, TLS from the start, none."
)
@click.option("--user", default="", metavar="USER")
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin.")
@click.option("--sender", default="", metavar="ADDRESS", help="The address mail comes from; else the user.")
@click.option("--sender-name", default="", metavar="NAME")
@click.option("--per-minute", type=click.IntRange(0), metavar="N", help="Messages a minute at most; 0: no limit.")
@click.option("--per-day", type=click.IntRange(0), metavar="N", help="Messages in 24 hours at most; 0: no limit.")
@click.option("--connections", type=click.IntRange(0, 100), metavar="N", help="Connections at once; 0: no limit.")
@click.option("--outgoing", default="", metavar="IP", help="The address that it sends from, for checking SPF.")
@click.option("--allow-private", is_flag=True, help="It may be in the network of this machine.")
@click.option(
    "--to", required=True, metavar="ADDRESS", help="Who gets the trial mail; it is kept if that gets through."
)
def add(
    workspace: str,
    name: str,
    kind: str,
    host: str,
    port: int | None,
    security: str | None,
    user: str,
    password_stdin: bool,
    sender: str,
    sender_name: str,
    per_minute: int | None,
    per_day: int | None,
    connections: int | None,
    outgoing: str,
    allow_private: bool,
    to: str,
) -> None:
    """Add a mail server of the office's own. It is tried by a mail, and kept if that gets through; prints its id."""
    from commsched.core.delivery.rates import Limits
    from commsched.services.mailing import server, trial
    from commsched.services.mailing.providers import provider

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    chosen = provider(kind)
    usual = chosen.limits
    limits = Limits(
        usual.per_minute if per_minute is None else per_minute,
        usual.per_day if per_day is None else per_day,
        usual.connections if connections is None else connections,
    )
    entered = server.Entered(
        host=host or chosen.host,
        port=port or chosen.port,
        security=security or chosen.security,
        user=user,
        password=password_from(password_stdin, required=False) or "",
        sender=sender,
        sender_name=sender_name,
        name=name,
        kind=chosen.key,
        limits=limits,
        outgoing=outgoing,
        private=allow_private,
    )
    click.echo(trial.keep_if_it_sends(installation, actor, entered, to, server.NEW))


@relay.command("test")
@workspace_option
@click.argument("number", type=int, metavar="ID")
@click.option("--to", required=True, metavar="ADDRESS", help="Who gets the trial mail.")
def test(workspace: str, number: int, to: str) -> None:
    """Send a trial mail through a mail server."""
    from commsched.services.mailing import trial

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    trial.send_trial(installation, actor, to, number)
    echo(N_("A trial mail is on its way to %(to)s: look there."), to=to)


@relay.command("remove")
@workspace_option
@click.argument("number", type=int, metavar="ID")
def remove(workspace: str, number: int) -> None:
    """Take a mail server away. Lists that send through it choose another first."""
    from commsched.services.mailing import server

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    server.take_away(installation, actor, number)


@relay.command("dns")
@workspace_option
def dns(workspace: str) -> None:
    """Say what receivers find in the DNS of the office's domains, and what to put there."""
    from commsched.services.mailing import dns_report

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    for report in dns_report.report(installation, actor.workspace, dns_report.resolver_of(installation)):
        for look in report.looks:
            click.echo(f"{look.state:8}{report.domain}  {look.name}: {translated(look.words)}")
            if look.record:
                click.echo(f"        {look.record.zone_line}")


COMMANDS = (relay,)

"""People and their tokens."""

from __future__ import annotations

import secrets

import click

from commsched.cli._common import (
    OfficeGroup,
    echo,
    open_installation,
    password_from,
    table,
    workspace_and_actor,
    workspace_option,
)
from commsched.core.text.messages import N_

ROLES = ("reader", "writer", "approver", "administrator")
_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from the first line of stdin.")
_email = click.option("--email", required=True, metavar="E", help="The person's e-mail address.")


@click.group(cls=OfficeGroup)
def person() -> None:
    """Let people in, change what they may do, shut them out."""


@person.command("add")
@workspace_option
@_email
@click.option("--role", required=True, type=click.Choice(ROLES, case_sensitive=False), help="What they may do.")
@click.option("--name", default="", help="What they are called.")
@click.option("--language", default="", help="sv or en; else the office's own.")
@_stdin
def add_person(workspace: str, email: str, role: str, name: str, language: str, password_stdin: bool) -> None:
    """Let somebody into an office. Without --password-stdin a password is made up and printed, this once."""
    from commsched.services.accounts import machine_admin, people

    chosen = password_from(password_stdin, required=False)
    installation = open_installation()
    office, actor = workspace_and_actor(installation, workspace)
    known = machine_admin.has_password(installation, email)
    password = chosen or secrets.token_urlsafe(12)
    invited = people.add_person(installation, actor, email, role, name=name, language=language, password=password)
    if invited.link:  # somebody who was here once, and comes back without a password
        machine_admin.give_password(installation, office, email, password)
    if known:
        echo(N_("%(email)s was already in another office here, and keeps the password from there."), email=email)
    elif not chosen:
        echo(N_("A password for %(email)s, shown this once. It can be changed after signing in:"), email=email)
        click.echo(password)


@person.command("list")
@workspace_option
def list_people(workspace: str) -> None:
    """List the people of an office."""
    from commsched.services.accounts import people

    installation = open_installation()
    office, _ = workspace_and_actor(installation, workspace)
    rows: list[tuple[object, ...]] = [
        (member.person.email, member.role, member.person.name, "" if member.person.active else "deactivated")
        for member in people.members(installation, office.id)
    ]
    table(rows, ("email", "role", "name", ""))


@person.command("role")
@workspace_option
@_email
@click.option("--role", required=True, type=click.Choice(ROLES, case_sensitive=False), help="What they may do now.")
def set_role(workspace: str, email: str, role: str) -> None:
    """Give a person another role."""
    from commsched.services.accounts import machine_admin
    from commsched.services.staff import leaving

    installation = open_installation()
    office, actor = workspace_and_actor(installation, workspace)
    leaving.set_role(installation, actor, machine_admin.member(installation, office, email).person_id, role)


@person.command("deactivate")
@workspace_option
@_email
def deactivate(workspace: str, email: str) -> None:
    """Shut a person out at once: sessions end and tokens stop. What they did stays in the record."""
    from commsched.services.staff import leaving

    installation = open_installation()
    office, _ = workspace_and_actor(installation, workspace)
    leaving.deactivate(installation, office, email)


@person.command("password")
@workspace_option
@_email
@_stdin
def set_password(workspace: str, email: str, password_stdin: bool) -> None:
    """Give a person a new password (asked for, or --password-stdin), also one who was shut out. Sessions end."""
    from commsched.services.accounts import machine_admin

    password = password_from(password_stdin, required=True)
    installation = open_installation()
    office, _ = workspace_and_actor(installation, workspace)
    machine_admin.give_password(installation, office, email, password or "")


@click.group(cls=OfficeGroup)
def token() -> None:
    """Keys for programs that use the HTTP API."""


@token.command("create")
@workspace_option
@_email
@click.option(
    "--role",
    type=click.Choice(ROLES, case_sensitive=False),
    default=None,
    help="The most it may do. Without it, as much as the person.",
)
@click.option("--name", default="command line", show_default=True, help="What it is for.")
def create_token(workspace: str, email: str, role: str | None, name: str) -> None:
    """Make a token for a person in an office. Prints the token and nothing else; it is shown this once."""
    from commsched.services.accounts import machine_admin, tokens

    installation = open_installation()
    office, _ = workspace_and_actor(installation, workspace)
    click.echo(
        tokens.create_token(installation, machine_admin.as_member(installation, office, email), name, role or "")
    )


@token.command("list")
@workspace_option
def list_tokens(workspace: str) -> None:
    """List the tokens in use, with the number that revoke takes."""
    from commsched.services.accounts import people, tokens

    installation = open_installation()
    office, _ = workspace_and_actor(installation, workspace)
    emails = {member.person_id: member.person.email for member in people.members(installation, office.id)}
    rows: list[tuple[object, ...]] = [
        (
            token.id,
            emails.get(token.person_id, ""),
            token.role or "-",
            token.name,
            f"{token.created_at:%Y-%m-%d}",
            f"{token.used_at:%Y-%m-%d}" if token.used_at else "-",
        )
        for token in tokens.tokens(installation, office.id)
    ]
    table(rows, ("id", "email", "role", "name", "created", "used"))


@token.command("revoke")
@workspace_option
@click.argument("id", type=int)
def revoke_token(workspace: str, id: int) -> None:
    """End the token with this number (see: token list). It stops working at once."""
    from commsched.services.accounts import tokens

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    tokens.revoke_token(installation, actor, id)


COMMANDS = (person, token)

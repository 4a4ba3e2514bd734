"""Channels: connect, check, list, take out of use."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from commsched.cli._common import (
    OfficeGroup,
    echo,
    open_installation,
    table,
    translated,
    workspace_and_actor,
    workspace_option,
)
from commsched.core.text.decoding import decode
from commsched.core.text.messages import N_

if TYPE_CHECKING:
    from commsched.core.platform.contract import Platform
    from commsched.services.kernel.context import Installation
    from commsched.services.proving.kit import Format
    from commsched.store.models import Channel, Workspace

FORMATS: Final = ("text", "picture", "thread", "video", "link", "edit", "delete")
"""As the kit has them, which is imported only when it is used. A test holds them together."""


@click.group(cls=OfficeGroup)
def channel() -> None:
    """Connect the accounts that an office publishes to."""


@channel.command("add")
@workspace_option
@click.option("--platform", required=True, metavar="P", help="Which kind it is: see “channel platforms”.")
@click.option("--name", required=True, metavar="N", help="What the office calls it.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting. KEY=@FILE reads it from a file, KEY=- from stdin, so that no secret stands in "
    "the shell's history.",
)
@click.option(
    "--allow-private/--public-only",
    default=None,
    help="Whether it may be on this machine's own network. Else: if its address is.",
)
def add_channel(
    workspace: str, platform: str, name: str, settings: tuple[str, ...], allow_private: bool | None
) -> None:
    """Connect an account, after a harmless call that proves that it works. Prints the channel's id, nothing else."""
    from commsched.services.channels import connect

    installation = open_installation()
    office, actor = workspace_and_actor(installation, workspace)
    kind = installation.platform(platform_key(platform, installation.platform_keys()))
    values = read_settings(settings, kind)
    wish = values.pop("allow_private", None)
    if allow_private is None:
        allow_private = wish.lower() in ("1", "true", "yes") if wish is not None else points_inside(kind, values)
    added = connect.connect(installation, actor, kind.key, name, values, allow_private=allow_private)
    click.echo(added.id)
    _tell_if_mute(installation, office, added)


def _tell_if_mute(installation: Installation, place: Workspace, channel: Channel) -> None:
    from commsched.services.channels import directory

    if directory.mute(installation, channel, place.is_demo):
        echo(
            N_("%(name)s reaches nobody until a mail server is set (smtp_url). What is sent there is held."),
            name=channel.name,
        )


def platform_key(wish: str, keys: tuple[str, ...]) -> str:
    """The platform that is meant: ``press-list`` and ``Press`` are ``presslist``. What fits nothing stays as it is."""
    plain = "".join(letter for letter in wish.lower() if letter.isalnum())
    near = [
        key for key in keys if len(plain) > 3 and (key.startswith(plain) or (len(key) > 3 and plain.startswith(key)))
    ]
    return plain if plain in keys else near[0] if len(near) == 1 else wish.strip()


def read_settings(settings: tuple[str, ...], platform: Platform) -> dict[str, str]:
    """``KEY=VALUE`` as a mapping; keys may be spelled ``base-url`` or ``BASE_URL``."""
    values: dict[str, str] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            raise click.UsageError(f"--set takes KEY=VALUE, and “{key[:40]}” is not that.")
        values[key.strip().lower().replace("-", "_")] = _value(value)
    return values


def _value(value: str) -> str:
    if value == "-":
        return decode(sys.stdin.buffer.read()).strip()
    if value.startswith("@") and len(value) > 1:
        path = Path(value[1:]).expanduser()
        if path.is_file():
            return decode(path.read_bytes()).strip()
        if "/" in value or "." in value:
            raise click.ClickException(f"There is no file {path}.")
    return value


def points_inside(platform: Platform, values: dict[str, str]) -> bool:
    """Whether an address among the settings leads to this machine's own network.

    Whoever has the command line of the machine can reach it anyway; a channel on the internet gets no such right.
    """
    import socket
    from urllib.parse import urlsplit

    from commsched.core.installation.ip_ranges import is_public

    names = {
        alias for s in platform.settings if s.kind == "url" or s.key == "base_url" for alias in (s.key, *s.aliases)
    }
    for key, value in values.items():
        host = urlsplit(value if "//" in value else f"//{value}").hostname if key in names else None
        if not host:
            continue
        try:
            addresses = {str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
        except (OSError, UnicodeError):
            continue
        if addresses and not any(is_public(ip) for ip in addresses):
            return True
    return False


@channel.command("list")
@workspace_option
@click.option("--archived", is_flag=True, help="Those that were taken out of use, too.")
def list_channels(workspace: str, archived: bool) -> None:
    """List the channels of an office and how they stand."""
    from commsched.services.channels import directory

    installation = open_installation()
    office, _ = workspace_and_actor(installation, workspace)
    now = installation.now()
    rows: list[tuple[object, ...]] = [
        (
            channel.id,
            channel.platform,
            channel.name,
            channel.account_name,
            directory.standing(channel, now),
            f"{channel.token_expires_at:%Y-%m-%d}" if channel.token_expires_at else "",
        )
        for channel in directory.channels(installation, office.id, archived)
    ]
    table(rows, ("id", "platform", "name", "account", "state", "expires"))


@channel.command("check")
@workspace_option
@click.argument("id", type=int, required=False)
def check_channel(workspace: str, id: int | None) -> None:
    """Make the harmless call again, for one channel or for all. Exit code 1 if any does not work."""
    from commsched.core.text.messages import OfficeError
    from commsched.services.channels import connect, directory

    installation = open_installation()
    office, actor = workspace_and_actor(installation, workspace)
    wanted = [id] if id is not None else [channel.id for channel in directory.channels(installation, office.id)]
    bad = 0
    for number in wanted:
        try:
            checked = connect.check_again(installation, actor, number)
            click.echo(f"{number}  ok  {checked.name}: {checked.account_name}")
            _tell_if_mute(installation, office, checked)
        except OfficeError as error:
            bad += 1
            click.echo(f"{number}  {translated(error.words)}", err=True)
    if bad:
        click.get_current_context().exit(1)


@channel.command("prove")
@workspace_option
@click.option(
    "--channel", "number", type=int, required=True, metavar="ID", help="Of a test account: see “channel list”."
)
@click.option("--format", "formats", multiple=True, type=click.Choice(FORMATS), help="Only this one; may be repeated.")
@click.option("--picture", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A picture of your own.")
@click.option("--video", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A short MP4 to post.")
@click.option("--keep", is_flag=True, help="Leave what was posted where it is, to be looked at.")
@click.option("--real-office", is_flag=True, help="The office is not for trying, and it is meant all the same.")
@click.option("--yes", is_flag=True, help="Publish without asking.")
def prove_channel(
    workspace: str,
    number: int,
    formats: tuple[str, ...],
    picture: Path | None,
    video: Path | None,
    keep: bool,
    real_office: bool,
    yes: bool,
) -> None:
    """Prove a channel on its network: post each format, read it back, compare, change it, take it down. What was seen
    stands in the register of proof. Exit code 1 if anything failed."""
    import secrets
    import time

    from commsched.services.proving import register

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    mark = f"{installation.now():%H:%M} {secrets.token_hex(2)}"
    kit, server = register.kit_for(installation, actor, number, mark, real_office=real_office)
    kit.wait = time.sleep
    kit.picture, kit.video = register.file_at(picture, kit.limits), register.file_at(video, kit.limits)
    wanted: list[Format] = [name for name in FORMATS if not formats or name in formats]
    echo(N_("This publishes on %(account)s, for everybody to see."), account=server or kit.context.account_name)
    if not yes and not click.confirm(translated(N_("Go on?")), default=False, err=True):
        raise click.Abort
    steps = []
    for step in kit.prove(wanted, keep):
        steps.append(step)
        click.echo(f"{step.format:<8} {step.state:<8} {translated(step.words)}")
        for words in step.notes:
            click.echo(f"{'':<17} {translated(words)}")
    register.write_down(installation, actor, kit.platform.key, server, steps, installation.now())
    for posted in kit.posted:
        echo(N_("It still stands: %(url)s"), url=posted.url or posted.id)
    if any(step.state == "failed" for step in steps):
        click.get_current_context().exit(1)


@channel.command("archive")
@workspace_option
@click.argument("id", type=int)
def archive_channel(workspace: str, id: int) -> None:
    """Take a channel out of use and forget its secrets. What it published stays; what waits on it is held."""
    from commsched.services.channels import manage

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    manage.archive(installation, actor, id)


@channel.command("forget")
@workspace_option
@click.argument("id", type=int)
@click.argument("address")
def forget_recipient(workspace: str, id: int, address: str) -> None:
    """Take one person off a list and keep nothing of them; ADDRESS may be “-” for stdin, so that it stands in no
    shell's history. What is approved goes out to the others. Exit code 1 if they were not on the list."""
    from commsched.services.channels import list_editing

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    if not list_editing.forget(installation, actor, id, _value(address)):
        echo(N_("That address is not on the list."))
        click.get_current_context().exit(1)


@channel.command("take-off")
@workspace_option
@click.argument("id", type=int)
@click.argument("address")
@click.option("--as", "state", type=click.Choice(["unsubscribed", "bounced"]), default="unsubscribed")
def take_off_recipient(workspace: str, id: int, address: str, state: Literal["unsubscribed", "bounced"]) -> None:
    """Write nothing more to one person on a list, however often it is pasted anew: they want no more mail, or it comes
    back. ADDRESS may be “-” for stdin. Their address is not kept. Exit code 1 if they were not on the list."""
    from commsched.services.channels import list_editing

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    if not list_editing.take_off(installation, actor, id, _value(address), state):
        echo(N_("That address is not on the list."))
        click.get_current_context().exit(1)


@channel.command("platforms")
def list_platforms() -> None:
    """List the platforms there are, each with its settings (those between asterisks are kept secret)."""
    from commsched import platforms

    for platform in platforms.all():
        click.echo(f"{platform.key}  {translated(platform.name)}")
        for setting in platform.settings:
            secret, needed = "*" if setting.secret else "", "" if setting.required else ", optional"
            default = f", else {setting.default}" if setting.default else ""
            also = f" (also: {', '.join(setting.aliases)})" if setting.aliases else ""
            choices = f": {' | '.join(value for value, _ in setting.choices)}" if setting.choices else ""
            click.echo(
                f"    {secret}{setting.key}{secret}  {translated(setting.label)}{choices}{needed}{default}{also}"
            )


COMMANDS = (channel,)

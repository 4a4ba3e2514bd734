"""The installation's own apps at the networks: set, list, take away."""

from __future__ import annotations

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
from commsched.cli.channels import platform_key, read_settings
from commsched.core.text.messages import N_


@click.group(cls=OfficeGroup)
def app() -> None:
    """What networks know this installation by, entered once so that every office signs in with a press."""


@app.command("set")
@workspace_option
@click.option("--platform", required=True, metavar="P", help="Which network: see “app list”.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting. KEY=@FILE reads it from a file, KEY=- from stdin, so that no secret stands in "
    "the shell's history.",
)
def set_app(workspace: str, platform: str, settings: tuple[str, ...]) -> None:
    """Keep an app's id and secret, encrypted. What is not named stays as it is."""
    from commsched.services.channels import apps

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    kind = installation.platform(platform_key(platform, installation.platform_keys()))
    apps.keep(installation, actor, kind.key, read_settings(settings, kind))
    echo(N_("Kept. From now on offices sign in at %(platform)s."), platform=translated(kind.name))


@app.command("remove")
@workspace_option
@click.option("--platform", required=True, metavar="P", help="Which network: see “app list”.")
def remove_app(workspace: str, platform: str) -> None:
    """Forget an app. What is connected stays connected as long as its access lasts."""
    from commsched.services.channels import apps

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    apps.take_away(installation, actor, platform_key(platform, installation.platform_keys()))


@app.command("list")
def list_apps() -> None:
    """List the networks that need an app, whether there is one, and the addresses to register there."""
    from commsched.services.accounts import machine_admin
    from commsched.services.channels import apps, authorize
    from commsched.services.kernel.apps import is_ready

    installation = open_installation()
    slugs = [office.slug for office in machine_admin.workspaces(installation)]
    rows: list[tuple[object, ...]] = []
    for platform in apps.wanting(installation):
        wanted = ", ".join(setting.key for setting in platform.app)
        addresses = " ".join(authorize.callback_address(installation, slug, platform.key) for slug in slugs)
        rows.append((platform.key, "yes" if is_ready(installation, platform) else "no", wanted, addresses))
    table(rows, ("platform", "ready", "settings", "addresses"))


COMMANDS = (app,)

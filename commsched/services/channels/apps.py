"""The installation's own apps at the networks, as whoever runs it enters them: once, for every office.

What a settings file says wins. Only whoever administers every office of the installation may set one, since every
office signs in through it.
"""

from __future__ import annotations

from collections.abc import Mapping

from commsched.core.platform.contract import Platform
from commsched.core.text.decoding import without_invisible
from commsched.core.text.messages import N_, Conflict, Invalid
from commsched.services.accounts import machine_admin
from commsched.services.channels.entered import MOST
from commsched.services.kernel import apps
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import PlatformApp
from commsched.store.session import EVERY_WORKSPACE


def wanting(installation: Installation) -> list[Platform]:
    """The platforms that know this installation by an app of its own."""
    every = (installation.platform(key) for key in installation.platform_keys())
    return sorted((platform for platform in every if platform.app), key=lambda platform: platform.key)


def may_set(installation: Installation, actor: Actor) -> bool:
    """Whether ``actor`` may enter apps: on the machine's command line, or as administrator of every office."""
    if actor.via == "cli" and actor.person is None:
        return True
    return machine_admin.administers_everything(installation, actor)


def plain_values(installation: Installation, platform: Platform) -> dict[str, str]:
    """What a page may show of what is kept: secrets never leave."""
    hidden = {setting.key for setting in platform.app if setting.secret}
    return {key: value for key, value in apps.app_of(installation, platform.key).items() if key not in hidden}


def keep(installation: Installation, actor: Actor, platform_key: str, entered: Mapping[str, str]) -> None:
    """Keep an app. What is left empty stays as it is. Raises :class:`Invalid` by setting, :class:`Conflict` where a
    settings file says it, or where ``actor`` does not administer every office."""
    platform = _allowed(installation, actor, platform_key)
    written = apps.fixed(installation, platform)
    for key in sorted(written):
        if entered.get(key, "").strip() not in ("", written[key]):
            words = N_("It is set in commsched.toml or the environment (%(name)s), which wins.")
            raise Conflict(words, key, name=apps.setting_name(platform.key, key))
    values = {key: value for key, value in _read(installation, platform, entered).items() if key not in written}
    sealed = installation.vault.seal_map(values)
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.merge(PlatformApp(platform=platform.key, settings=sealed, changed_at=installation.now()))
        note(session, installation, actor, "app.set", platform=platform.key, changed=sorted(entered))
    apps.forget(installation, platform.key)
    installation.wake()


def take_away(installation: Installation, actor: Actor, platform_key: str) -> None:
    """Forget an app. Channels that are connected keep their access as long as it lasts."""
    platform = _allowed(installation, actor, platform_key)
    with installation.store.write(EVERY_WORKSPACE) as session:
        row = session.get(PlatformApp, platform.key)
        if row is None:
            return
        session.delete(row)
        note(session, installation, actor, "app.removed", platform=platform.key)
    apps.forget(installation, platform.key)


def _allowed(installation: Installation, actor: Actor, platform_key: str) -> Platform:
    actor.require("administer")
    platform = installation.platform(platform_key)
    if not platform.app:
        raise Invalid(N_("%(platform)s needs no app of its own."), "platform", platform=platform.name)
    if not may_set(installation, actor):
        raise Conflict(N_("Only whoever administers every office of this installation can set it."))
    return platform


def _read(installation: Installation, platform: Platform, entered: Mapping[str, str]) -> dict[str, str]:
    """The app with what was entered, by key or alias. Another id leaves no secret of the one before behind."""
    typed = _by_key(platform, entered)
    kept = apps.app_of(installation, platform.key)
    secret = {setting.key for setting in platform.app if setting.secret}
    identifying = {setting.key for setting in platform.app if setting.required} - secret
    if any(kept.get(key) not in (None, value) for key, value in typed.items() if key in identifying):
        kept = {key: value for key, value in kept.items() if key not in secret}
    values = kept | typed
    for setting in platform.app:
        if setting.required and not (values.get(setting.key) or setting.default):
            raise Invalid(N_("This is needed."), setting.key)
        if len(values.get(setting.key, "")) > MOST:
            raise Invalid(N_("At most %(most)s characters."), setting.key, most=MOST)
    return values


def _by_key(platform: Platform, entered: Mapping[str, str]) -> dict[str, str]:
    """What was entered, by the settings' own keys; what was left empty is left out."""
    names = {alias: setting.key for setting in platform.app for alias in (setting.key, *setting.aliases)}
    unknown = [key for key in entered if key not in names]
    if unknown:
        words = N_("%(platform)s has no setting called “%(key)s”. It has: %(known)s.")
        known = ", ".join(setting.key for setting in platform.app)
        raise Invalid(words, unknown[0], platform=platform.name, key=unknown[0][:40], known=known)
    return {names[key]: without_invisible(value).strip() for key, value in entered.items() if value.strip()}

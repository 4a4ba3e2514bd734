"""What a person enters to connect a channel, read by what its platform asks for in the way that they connect it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commsched.core.platform.contract import Account, Platform, Setting
from commsched.core.platform.settings import Way
from commsched.core.text.decoding import without_invisible
from commsched.core.text.messages import N_, Invalid
from commsched.services.kernel.context import Actor
from commsched.store.models import Channel

MOST: Final = 10_000
"""Characters in one setting."""
MOST_LIST: Final = 3_000_000
"""Characters in a list of addresses, with their names: some fifty thousand people."""
Entries = tuple[dict[str, str], dict[str, str]]
"""(settings, secrets), by the settings' own keys."""


def main_way(platform: Platform) -> Way:
    """The way that a person is shown first: nobody copies a key where they may sign in instead."""
    return "oauth" if "oauth" in platform.connects else "keys"


def way_of(platform: Platform, channel: Channel) -> Way:
    """The way in which a channel got its access. Of one that was connected before it was written down, the pasted keys
    where the platform takes such."""
    for way in (channel.way, "keys", "oauth"):
        if way in platform.connects:
            return "oauth" if way == "oauth" else "keys"
    raise ValueError(f"{platform.key} cannot be connected at all")


def asked(platform: Platform, way: Way) -> tuple[Setting, ...]:
    """The settings that a person is asked for in ``way``."""
    return tuple(setting for setting in platform.settings if way in setting.ways)


def read_settings(platform: Platform, entered: Mapping[str, str], way: Way | None = None) -> Entries:
    """(settings, secrets) from what was entered, by key or alias; what is unknown or missing is named by its field.

    Only what is asked in ``way`` is read; ``None`` is the pasted keys, where the platform takes such.
    """
    chosen = way or ("keys" if "keys" in platform.connects else "oauth")
    names = {alias: s.key for s in platform.settings for alias in (s.key, *s.aliases)}
    unknown = [key for key in entered if key not in names]
    if unknown:
        raise Invalid(
            N_("%(platform)s has no setting called “%(key)s”. It has: %(known)s."),
            unknown[0],
            platform=platform.name,
            key=unknown[0][:40],
            known=", ".join(s.key for s in platform.settings),
        )
    values = {names[key]: without_invisible(value) for key, value in entered.items()}
    plain: dict[str, str] = {}
    secret: dict[str, str] = {}
    for setting in asked(platform, chosen):
        value = values.get(setting.key) or setting.default
        _check(setting, value)
        if value:
            (secret if setting.secret else plain)[setting.key] = value
    return plain, secret


def _check(setting: Setting, value: str) -> None:
    if setting.required and not value:
        raise Invalid(N_("This is needed."), setting.key)
    most = longest(setting)
    if len(value) > most:
        raise Invalid(N_("At most %(most)s characters."), setting.key, most=most)
    if setting.kind == "choice" and value and value not in dict(setting.choices):
        raise Invalid(N_("Choose one from the list."), setting.key)


def longest(setting: Setting) -> int:
    """How many characters a setting may have."""
    return MOST_LIST if setting.kind == "lines" else MOST


def with_account(platform: Platform, plain: Mapping[str, str], secret: Mapping[str, str], account: Account) -> Entries:
    """(settings, secrets) with what the platform found out of the account. An empty secret never overwrites, and what
    the platform calls secret is none of the plain settings, wherever it stood."""
    hidden = {setting.key for setting in platform.settings if setting.secret}
    facts = {key: str(value)[:MOST] for key, value in account.settings.items() if value}
    tokens = account.tokens.merged(dict(secret)) if account.tokens is not None else dict(secret)
    return (
        dict(plain) | {key: value for key, value in facts.items() if key not in hidden | {"allow_private"}},
        {key: value for key, value in facts.items() if key in hidden} | tokens,
    )


def named(platform: Platform, entered: Mapping[str, str]) -> set[str]:
    """The settings that ``entered`` speaks of, by key or alias."""
    return {s.key for s in platform.settings if {s.key, *s.aliases} & entered.keys()}


def refuse_operators(platform: Platform, actor: Actor, plain: Mapping[str, str], kept: Mapping[str, object]) -> None:
    """An administrator of an office is not the operator of the machine: no page makes it write where it likes."""
    for setting in platform.settings:
        changed = plain.get(setting.key, "") != kept.get(setting.key, "")
        if setting.operator and changed and actor.via != "cli":
            raise Invalid(
                N_(
                    "Only whoever runs this installation can choose it, with “commsched channel add”. Leave "
                    "it as it is."
                ),
                setting.key,
            )

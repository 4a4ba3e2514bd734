"""The fields that a platform asks people for: to connect a channel, and of the writer for each item."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from commsched.core.text.messages import N_

Way = Literal["keys", "oauth"]
"""How a channel gets its access: from keys that a person pastes, or because a person signs in at the platform."""


class Setting(msgspec.Struct, frozen=True):
    """One field of the connect form. ``secret`` ones are encrypted; labels and helps are msgids."""

    key: str
    label: str
    secret: bool = False
    required: bool = True
    default: str = ""
    help: str = ""
    kind: Literal["text", "url", "password", "lines", "choice", "bool", "person", "relay"] = "text"
    """A ``person`` is somebody of the office who may publish, known by their e-mail address; a ``relay`` is one of
    the office's mail servers, known by its number."""
    choices: tuple[tuple[str, str], ...] = ()
    aliases: tuple[str, ...] = ()
    note: str = ""
    """Said beside the label of one that is not ``required`` by itself, instead of "may be left empty"."""
    ways: tuple[Way, ...] = ("keys", "oauth")
    """In which ways of connecting a person is asked for it."""
    operator: bool = False
    """Reaches into the machine itself, so that only its own command line may set it."""


WAITS_FOR_EMBARGO = Setting(
    "waits_for_embargo",
    N_("Gets nothing before an embargo ends"),
    required=False,
    kind="bool",
    help=N_("Otherwise it may get a release before, with the embargo stated first."),
)
"""With which a person narrows one channel of a platform that may carry what is under embargo. Nothing widens it."""
YES: Final = ("1", "true", "yes", "on")


class Option(msgspec.Struct, frozen=True):
    """One thing a writer can choose for this channel in the composer (visibility, content warning …)."""

    key: str
    label: str
    kind: Literal["text", "choice", "bool", "long"] = "text"
    choices: tuple[tuple[str, str], ...] = ()
    default: str = ""
    help: str = ""

"""What a person does to connect Bluesky, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commsched.core.platform.settings import Way
from commsched.core.text.messages import N_

GUIDE: Final[Mapping[Way, tuple[str, ...]]] = {
    "oauth": (
        N_("Write the account's name here, and press the button."),
        N_("Sign in on the page of the account's own server, as that very account, and say yes."),
    ),
    "keys": (
        N_("In Bluesky: Settings → Privacy and security → App passwords → Add."),
        N_("Give it a name that you recognise later. It need not reach private messages."),
        N_("Copy the password here at once: it is shown only once."),
    ),
}

"""What a person does to connect Bluesky, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commsched.core.platform.settings import Way
from commsched.core.text.messages import N_

GUIDE: Final[Mapping[Way, tuple[str, ...]]] = {
    "keys": (
        N_("In Bluesky: Settings → Privacy and security → App passwords → Add."),
        N_("Give it a name that you recognise later. It need not reach private messages."),
        N_("Copy the password here at once: it is shown only once."),
    ),
}

"""What a person does to connect WordPress, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commsched.core.platform.settings import Way
from commsched.core.text.messages import N_

GUIDE: Final[Mapping[Way, tuple[str, ...]]] = {
    "oauth": (
        N_("Write the address of the site, as readers know it."),
        N_("Press the button, and sign in there as the user who is to be the author. Say yes."),
        N_("The site makes a password for this office alone, which you can withdraw there at any time."),
    ),
    "keys": (
        N_("On the site: Users → Profile → Application Passwords."),
        N_("Write a name that you recognise later, such as “The office”, and press Add."),
        N_("Copy the password here at once: it is shown only once."),
    ),
}

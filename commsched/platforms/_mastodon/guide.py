"""What a person does to connect Mastodon, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commsched.core.platform.settings import Way
from commsched.core.text.messages import N_

GUIDE: Final[Mapping[Way, tuple[str, ...]]] = {
    "oauth": (
        N_("Write the name of the account's server. It stands last in the account's own name: @name@server."),
        N_("Press the button, and sign in there to the account that the office posts from. Say yes."),
        N_("You come back here, and see the account's name and picture."),
    ),
    "keys": (
        N_("On the server: Preferences → Development → New application."),
        N_("Tick read:accounts, read:statuses, write:statuses and write:media, and save."),
        N_("Open the application, and copy “Your access token” here."),
    ),
}

"""What a person does to connect Telegram, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commsched.core.platform.settings import Way
from commsched.core.text.messages import N_

GUIDE: Final[Mapping[Way, tuple[str, ...]]] = {
    "keys": (
        N_("In Telegram: write /newbot to @BotFather, and choose a name. It answers with a token."),
        N_("Open your channel: Administrators → Add, and choose the bot. It needs the right to post messages."),
        N_("Write the channel's @name here, and copy the token here."),
    ),
}

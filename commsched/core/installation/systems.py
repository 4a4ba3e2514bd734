"""What the program runs on, in one sentence where it does not."""

from __future__ import annotations

from typing import Final

from commsched.core.text.messages import N_, Message

_WINDOWS: Final = N_("commsched does not run on Windows. Use Linux, for instance in WSL 2 or on a small server.")


def refusal(platform: str) -> Message | None:
    """Why it does not run on ``platform`` (``sys.platform``); ``None`` where it does."""
    return Message(_WINDOWS) if platform == "win32" else None

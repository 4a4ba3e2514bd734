"""An address on the web as people write it: without what every browser adds."""

from __future__ import annotations

import re
from typing import Final

_BARE: Final = re.compile(r"(?:[^\W_](?:[\w-]{0,62})\.)+[^\W\d_]{2,63}(?::\d{1,5})?(?:[/?#]\S*)?")


def whole_address(text: str) -> str:
    """``text`` with ``https://`` before it where that is all that it lacks: ``ljungpartiet.se/jobb``. What is no
    address stays as it was written, to be shown back to who wrote it."""
    return f"https://{text}" if _BARE.fullmatch(text) else text

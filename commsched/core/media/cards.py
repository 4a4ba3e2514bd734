"""What is known of share cards without drawing any: their sizes, and the look of an office that has chosen none."""

from __future__ import annotations

from typing import Final

Size = tuple[int, int]
"""Width and height in pixels."""
SIZES: Final[tuple[Size, ...]] = ((1200, 630), (1080, 1080), (1080, 1350), (1080, 1920), (1600, 900))
"""Link pages and Facebook; square; 4:5; story; X and slides."""

PRIMARY: Final = "#14532d"
ACCENT: Final = "#f2b705"
LIGHT: Final = "#faf7f0"
"""The paper."""
DARK: Final = "#14211b"
"""The ink."""
SANS: Final = "Inter"
SERIF: Final = "Source Serif 4"
MARGIN: Final = 0.062
"""As a share of the geometric mean of the two sides."""
COVERED: Final = (0.13, 0.15)
"""Top and bottom of a story, as shares of its height: what the apps lay over it (their buttons, the reply field)."""
MAX_FONT_BYTES: Final = 16 * 2**20
"""A font with every emoji in colour is 11 MB."""

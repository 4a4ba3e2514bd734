"""An address on the web is made whole, and what is none stays as it was written."""

from __future__ import annotations

import pytest

from commsched.core.content.links import whole_address


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ljungpartiet.se", "https://ljungpartiet.se"),
        ("www.ljungpartiet.se/jobb?a=1#b", "https://www.ljungpartiet.se/jobb?a=1#b"),
        ("\u00e5re.se:8080/x", "https://\u00e5re.se:8080/x"),
        ("https://ljungpartiet.se", "https://ljungpartiet.se"),
        ("http://ljungpartiet.se", "http://ljungpartiet.se"),
        ("ljungpartiet", "ljungpartiet"),
        ("info@ljungpartiet.se", "info@ljungpartiet.se"),
        ("mailto:info@ljungpartiet.se", "mailto:info@ljungpartiet.se"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("javascript.se:alert", "javascript.se:alert"),
        ("kl 7.30", "kl 7.30"),
        ("7.30", "7.30"),
        ("ett ljungpartiet.se", "ett ljungpartiet.se"),
        ("", ""),
        ("a." * 4000 + "!", "a." * 4000 + "!"),
    ],
)
def test_an_address_is_made_whole(typed: str, kept: str) -> None:
    assert whole_address(typed) == kept

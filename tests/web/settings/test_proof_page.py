"""The page of what is proved."""

from __future__ import annotations

from typing import Any

from commsched.core.text.messages import Message
from commsched.services.kernel.context import Installation
from commsched.services.proving import register
from commsched.services.proving.kit import Step
from tests.conftest import Cast


def test_it_shows_what_the_tests_and_the_networks_say(browse: Any, cast: Cast, installation: Installation) -> None:
    passed, failed = Step("text", "passed", Message("out")), Step("picture", "failed", Message("other"))
    register.write_down(
        installation, cast.actor(), "wordpress", "https://x.example", [passed, failed], installation.now()
    )
    shown = browse(cast.reader).get("~/channels/proof")
    assert shown.status_code == 200
    assert "WordPress" in shown.text
    assert 'class="wrong"' in shown.text
    for words in ("Alt-text", "Undertexter", "Svara på kommentarer", "Ett förlorat svar"):
        assert words in shown.text

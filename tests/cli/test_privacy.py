"""``contacts forget`` and ``contacts data``: for whoever runs the machine and is asked."""

from __future__ import annotations

import json

from click.testing import CliRunner

from commsched.cli.main import main
from tests.conftest import Cast
from tests.services.deliver.test_recipients import press

RED = "red@tidning.example"


def run(cast: Cast, *words: str, text: str = "") -> tuple[int, str]:
    given = CliRunner().invoke(
        main, ["contacts", *words, "--home", str(cast.installation.home), "--workspace", cast.place.slug], input=text
    )
    return given.exit_code, given.output


def test_a_person_is_shown_and_erased(cast: Cast) -> None:
    press(cast, RED, "p4@radio.example")
    code, shown = run(cast, "data", RED)
    assert (code, json.loads(shown)["lists"][0]["state"]) == (0, "active")
    assert "p4@radio.example" not in shown
    assert "<dl>" in run(cast, "data", "-", "--html", text=f"{RED}\n")[1]
    assert run(cast, "forget", "-", text=f"{RED}\n")[0] == 0
    code, shown = run(cast, "data", RED)
    assert (code, json.loads(shown)["refused"]) == (0, [{"why": "erased"}])
    assert run(cast, "forget", "nobody@tidning.example")[0] == 1
    assert run(cast, "forget", "ingen")[0] == 1

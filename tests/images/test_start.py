"""A process that draws nothing does not pay for drawing when it starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from commsched import images

_APP = """
import sys
from commsched.bootstrap import open_installation
from commsched.web.app import create_app
create_app(open_installation(sys.argv[1]))
print(sorted(name for name in sys.modules if name.startswith(("commsched.images.", "PIL"))))
"""


def test_making_the_web_app_loads_nothing_that_draws(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", _APP, str(tmp_path)], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_module_that_draws_is_loaded_when_it_is_touched() -> None:
    assert images.card.SIZES[0] == (1200, 630)
    assert set(images.__all__) <= set(dir(images)) | {name for name in images.__all__ if getattr(images, name)}
    with pytest.raises(AttributeError):
        _ = images.nothing  # type: ignore[attr-defined]

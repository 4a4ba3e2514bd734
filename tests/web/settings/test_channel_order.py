"""What an office connects first stands first."""

from __future__ import annotations

import re
from typing import Any

from tests.conftest import Cast


def test_channels_to_connect_stand_by_use(browse: Any, cast: Cast) -> None:
    page = browse(cast.administrator).get("~/channels/new").text
    offered = re.findall(r'href="[^"]*/channels/new/(\w+)"', page)
    assert offered[:5] == ["newsroom", "presslist", "facebook", "mastodon", "x"]
    assert set(offered[5:]) >= {"folder", "sandbox"}

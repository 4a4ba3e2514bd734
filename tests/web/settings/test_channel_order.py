"""What an office connects first stands first."""

from __future__ import annotations

import re
from typing import Any

from tests.conftest import Cast


def test_channels_to_connect_stand_by_use(browse: Any, cast: Cast) -> None:
    page = browse(cast.administrator).get("~/channels/new").text
    offered = re.findall(r'href="[^"]*/channels/new/(\w+)"', page)
    assert offered[:7] == ["newsroom", "presslist", "wordpress", "facebook", "instagram", "mastodon", "bluesky"]
    assert offered[-1] == "webhook"
    assert len(offered) == len(set(offered)) >= 12
    assert [page.index(heading) for heading in ("Kontorets egna platser", "Nätverk", "Andra sätt")]

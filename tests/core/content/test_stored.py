"""Revisions as the last release stored them: read, written again byte for byte, and still under the approved hash."""

from __future__ import annotations

import pytest

from commsched.core.content.model import canonical, digest, parse
from commsched.core.platform.channel_view import for_channel

STORED = {
    "72db97659610ee8ee773b748a79c6025380aad815de981af0b7c2cb92d5fc559": (
        '{"channels":[{"channel":3}],"text":"Bussen går."}'
    ),
    "d0febde0bae0431be6c3fc3e7147b52edbb3b6c421d7482644bf1a055c51d220": (
        '{"channels":[{"channel":1,"options":{"cw":"val"},"text":"Kort"},{"channel":2,"recipients":"x"}],'
        '"contact":"Karin Ek","correction":"Siffran.","corrects":"a1","embargo":"2026-11-26T06:00:00Z",'
        '"facts":"12 turer.","genre":"insändare","kind":"release","language":"en","lead":"Från mars.",'
        '"link":"https://x.example","pictures":[{"alt":"Torget","credit":"Olle","height":2,"sha256":"aa","width":3}],'
        '"quotes":[{"person":"Karin","text":"Bra!"}],"short":"Kort.","text":"Bussen går.","title":"Fler turer"}'
    ),
    "62759e1f59cf6b21f672e29178eeccac3430aa7711e775b53979b3a31805a3d3": (
        '{"channels":[{"channel":2,"crop":"1:1","options":{"visibility":"unlisted"},'
        '"pictures":[{"height":1,"of":"aa","sha256":"bb","width":1}]},{"channel":9,"recipients":"r","text":""}],'
        '"kind":"letter","language":"en","pictures":[{"alt":"Torg","sha256":"aa"}],"text":"Välkommen",'
        '"title":"Kallelse"}'
    ),
}


@pytest.mark.parametrize("approved", STORED)
def test_what_was_approved_in_the_last_release_has_the_same_hash_today(approved: str) -> None:
    data = STORED[approved].encode()
    assert digest(data) == approved
    assert canonical(parse(data)) == data


@pytest.mark.parametrize("data", STORED.values())
def test_a_channel_is_handed_the_very_content_that_was_approved(data: str) -> None:
    """Nothing of an item is copied on its way to a platform, so nothing can differ from what was approved."""
    content = parse(data)
    for one in content.channels:
        view = for_channel(content, one.channel, "uid", {})
        assert view.content is content
        assert view.text == content.text_on(one.channel)
        assert view.options == one.options

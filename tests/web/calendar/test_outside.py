"""What was posted by another way stands grey in the calendar: it leads out, and nothing can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from commsched.services.kernel.context import Installation
from commsched.store.models import OutsidePost
from tests import publications
from tests.conftest import NOW, Browser, Cast
from tests.network import Network, put_in


def posted(installation: Installation, cast: Cast, url: str = "https://net.example/h1") -> int:
    put_in(installation, Network())
    channel = publications.channel(installation, cast.place.id, "mastodon", name="Nätet")
    with installation.store.write(cast.place.id) as session:
        row = OutsidePost(
            channel_id=channel, remote_id="h1", url=url, text="<b>Kaffe</b> på torget", at=NOW + timedelta(hours=1)
        )
        session.add(row)
    return channel


@pytest.mark.parametrize("view", ["month", "week", "list"])
def test_it_is_grey_and_leads_out(
    browse: Callable[..., Browser], installation: Installation, cast: Cast, view: str
) -> None:
    browser = browse(cast.writer)
    assert "torget" not in browser.get(f"~/calendar/?view={view}").text
    posted(installation, cast)
    shown = browser.get(f"~/calendar/?view={view}").text
    assert "&lt;b&gt;Kaffe&lt;/b&gt; på torget" in shown
    chip = shown[shown.index('<li class="ev is-grey quiet outside') :].split("</li>")[0]
    assert 'href="https://net.example/h1" rel="noopener noreferrer"' in chip
    assert "/move" not in chip
    assert "Publicerat där för hand" in chip


def test_one_without_an_address_leads_nowhere(
    browse: Callable[..., Browser], installation: Installation, cast: Cast
) -> None:
    posted(installation, cast, "")
    shown = browse(cast.writer).get("~/calendar/").text
    assert "<span class=ev-o>" in shown


def test_it_is_narrowed_with_the_page(browse: Callable[..., Browser], installation: Installation, cast: Cast) -> None:
    channel, browser = posted(installation, cast), browse(cast.writer)
    other = publications.channel(installation, cast.place.id)
    assert "torget" in browser.get(f"~/calendar/?channel={channel}").text
    for narrow in (f"channel={other}", "state=writing", f"person={cast.writer.id}", "q=torget"):
        assert "Kaffe" not in browser.get(f"~/calendar/?{narrow}").text, narrow


def test_another_office_sees_none_of_it(browse: Callable[..., Browser], installation: Installation, cast: Cast) -> None:
    posted(installation, cast)
    assert "torget" not in browse(cast.stranger, cast.elsewhere.slug).get("~/calendar/").text

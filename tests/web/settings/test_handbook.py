"""The handbook inside the office."""

from __future__ import annotations

import re
from collections.abc import Callable

from commsched.web.settings import handbook
from tests.conftest import Browser, Cast

Browse = Callable[..., Browser]


def test_every_member_reads_it_and_its_pictures(browse: Browse, cast: Cast) -> None:
    browser = browse(cast.reader)
    page = browser.get("~/handbok/").text
    assert 'id="det-viktigaste"' in page
    pictures = re.findall(r'src="(/w/gruppen/handbok/pictures/[\w-]+\.png)"', page)
    assert pictures
    assert {browser.get(path, buffered=True).status_code for path in pictures} == {200}
    assert browser.get("~/handbok/pictures/x.txt").status_code == 404
    assert browser.get("~/handbok/pictures/..%2f..%2fpyproject.toml.png").status_code == 404


def test_every_line_of_the_contents_and_every_link_leads_to_a_heading() -> None:
    book = handbook.book()
    anchors = set(re.findall(r'<h[23] id="([^"]+)"', book.html))
    assert {heading.anchor for heading in book.headings} == anchors
    from urllib.parse import unquote

    links = {unquote(link) for link in re.findall(r'href="#([^"]+)"', book.html)}
    assert links <= anchors


def test_the_hints_of_empty_pages_lead_to_headings() -> None:
    from commsched.web.http.paths import templates

    more = {
        anchor
        for file in templates().rglob("*.html")
        for anchor in re.findall(r'empty\([^\n]*more="([^"]+)"', file.read_text("utf-8"))
    }
    assert more
    assert more <= {heading.anchor for heading in handbook.book().headings}


def test_who_is_not_in_the_office_does_not_read_it(browse: Browse, cast: Cast) -> None:
    assert browse().get("~/handbok/").status_code == 303
    assert browse(cast.stranger).get("~/handbok/").status_code == 404

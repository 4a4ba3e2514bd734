"""What people write becomes HTML that cannot hurt."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commsched.core.markup import contact_to_html, first_words, plain_to_html, to_html, to_plain

wild = st.text(st.one_of(st.characters(), st.sampled_from("<>&\"'`()[]!#*_-/:. \n"))) | st.sampled_from(
    ["<script>", "[x](javascript:alert(1))", "<javascript:alert(1)>", "![x](https://a.b/c)", "<img src=x onerror=y>",
     "https://a.b/\"onmouseover=x", "[a]: data:text/html,x\n[a]", "mailto:x@y.z\"onclick=z@a.b"]
)  # fmt: skip
SAFE = re.compile(
    r"</?(?:p|br|em|strong|s|ul|li|blockquote|h[2-4]|hr|code|pre)(?: /)?>|<ol(?: start=\"\d+\")?>|</ol>|</a>"
    r"|<a href=\"(?:https?://|mailto:|tel:|/|\.|#|\?|[^:\"<>]*(?=[\"]))[^\"<>]*\"(?: title=\"[^\"]*\")?"
    r"(?: rel=\"noopener nofollow ugc\")?>"
)


@settings(deadline=None)
@given(wild, wild)
def test_only_harmless_elements_come_out_of_anything(first: str, second: str) -> None:
    for make in (to_html, plain_to_html, contact_to_html):
        assert "<" not in SAFE.sub("", make(first + second))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# A\n## B\n# C", "<h2>A</h2>\n<h3>B</h3>\n<h2>C</h2>\n"),
        ("### A\n##### B", "<h2>A</h2>\n<h3>B</h3>\n"),
        ("rad ett\nrad två", "<p>rad ett<br>\nrad två</p>\n"),
        ("#regionen är bra", "<p>#regionen är bra</p>\n"),
    ],
)
def test_markdown_is_read_as_writers_mean_it(text: str, html: str) -> None:
    assert to_html(text) == html


def test_headings_inside_a_box_begin_lower() -> None:
    assert to_html("# A", top=3) == "<h3>A</h3>\n"


@pytest.mark.parametrize("make", [to_html, plain_to_html])
@pytest.mark.parametrize("end", [".", ")", ",", "!", "”", ""])
def test_a_bare_link_can_be_pressed_and_leaves_the_punctuation_outside(make: object, end: str) -> None:
    html = make(f"Läs https://example.org/a?b=1{end}")  # type: ignore[operator]
    assert 'href="https://example.org/a?b=1"' in html


def test_telephone_numbers_and_addresses_can_be_pressed_but_not_dates_and_numbers() -> None:
    html = contact_to_html("Eva <1>\n070-000 00 00, +46 70 123 45 67, eva@example.org, 2026-11-26, 556012-3456")
    assert re.findall(r'href="([^"]+)"', html) == ["tel:0700000000", "tel:+46701234567", "mailto:eva@example.org"]
    assert "Eva &lt;1&gt;<br>" in html


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Vi säger **ja** till *fler* `turer`.", "Vi säger ja till fler turer."),
        ("Så:\n\n- ett\n- två\n  - tre\n\nSlut.", "Så:\n\n- ett\n- två\n  - tre\n\nSlut."),
        ("1. ett\n2. två", "1. ett\n2. två"),
        ("## Rubrik\nrad ett\nrad två", "Rubrik\n\nrad ett\nrad två"),
        ("Läs [mer](https://x.se/a) på https://y.se.", "Läs mer (https://x.se/a) på https://y.se."),
        ("5 < 6 & 2 * 3 * 4", "5 < 6 & 2 * 3 * 4"),
    ],
)
def test_a_text_for_printing_has_no_marks(text: str, plain: str) -> None:
    assert to_plain(text) == plain


@settings(deadline=None)
@given(st.text(), st.integers(2, 50))
def test_the_first_words_fit_on_one_line(text: str, limit: int) -> None:
    line = first_words(text, limit)
    assert len(line) <= limit
    assert "\n" not in line

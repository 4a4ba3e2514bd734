"""What people write becomes HTML that cannot hurt."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commsched.core.content.markup import contact_to_html, first_words, plain_to_html, to_html, to_plain, with_scheme

wild = st.text(st.one_of(st.characters(), st.sampled_from("<>&\"'`()[]!#*_-/:. \n"))) | st.sampled_from(
    [
        "<script>",
        "[x](javascript:alert(1))",
        "<javascript:alert(1)>",
        "![x](https://a.b/c)",
        "<img src=x onerror=y>",
        'https://a.b/"onmouseover=x',
        "[a]: data:text/html,x\n[a]",
        'mailto:x@y.z"onclick=z@a.b',
    ]
)
SAFE = re.compile(
    r"</?(?:p|br|em|strong|s|ul|li|blockquote|h[2-4]|hr|code|pre)(?: /)?>|<ol(?: start=\"\d+\")?>|</ol>|</a>"
    r"|</?(?:table|thead|tbody|tr|th|td|sup|section)>|<t[hd] align=\"(?:left|right|center)\">"
    r"|<li id=\"n[0-9a-f]{6}-n\d+\">"
    r"|<a href=\"#n[0-9a-f]{6}-n\d+\" id=\"n[0-9a-f]{6}-r[\d-]+\" rel=\"noopener nofollow ugc\">"
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


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("Se https://sv.wikipedia.org/wiki/Åre_(ort) nu", "https://sv.wikipedia.org/wiki/%C3%85re_(ort)"),
        ("(https://a.example/x)", "https://a.example/x"),
        ("((https://a.example/x)).", "https://a.example/x"),
        ("**Läs mer: https://a.example/x**", "https://a.example/x"),
        ("_Läs https://a.example/x_", "https://a.example/x"),
        ("”https://a.example/x”.", "https://a.example/x"),
        ("https://a.example/a_b_c", "https://a.example/a_b_c"),
        ("Se HTTPS://a.example/x", "HTTPS://a.example/x"),
        ("- https://a.example/x\n- b", "https://a.example/x"),
        ("[beslutet](www.region.example/ja)", "https://www.region.example/ja"),
        ("[mejla](anna@x.example)", "mailto:anna@x.example"),
        ("<anna@x.example>", "mailto:anna@x.example"),
        ("[ring](tel:+468123)", "tel:+468123"),
        ("[x](a.example:8080/y)", "https://a.example:8080/y"),
        ("[a](//a.example/x)", "https://a.example/x"),
    ],
)
def test_a_link_leads_where_its_writer_meant(text: str, href: str) -> None:
    assert re.findall(r'href="([^"]+)"', to_html(text)) == [href]


def test_a_link_in_the_midst_of_other_marks_disturbs_none_of_them() -> None:
    assert "<strong>Läs mer: <a " in to_html("**Läs mer: https://a.example/x**")
    assert "**" not in to_html("**Läs mer: https://a.example/x**")
    assert to_html("`https://a.example`") == "<p><code>https://a.example</code></p>\n"
    html = to_html("[se https://a.example i dag](https://b.example)")
    assert html.count("<a ") == 1
    assert "se https://a.example i dag</a>" in html


@pytest.mark.parametrize("address", ["/ja", "#x", "sida", "?a=1", "../x"])
def test_a_link_that_leads_nowhere_from_a_mail_keeps_its_words_only(address: str) -> None:
    assert to_html(f"[beslutet]({address}) nu") == "<p>beslutet nu</p>\n"
    assert to_plain(f"[beslutet]({address}) nu") == "beslutet nu"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("https://å.example/Åre", "https://å.example/Åre"),
        ("<https://å.example/Å>", "https://å.example/Å"),
        ("[https://å.example/Å](https://å.example/Å)", "https://å.example/Å"),
        ("[anna@x.example](mailto:anna@x.example)", "anna@x.example"),
        ("[mejla](anna@x.example)", "mejla (anna@x.example)"),
        ("[beslut](www.x.example/å)", "beslut (https://www.x.example/å)"),
        ("[www.x.example](www.x.example)", "www.x.example"),
    ],
)
def test_an_address_is_printed_once(text: str, plain: str) -> None:
    assert to_plain(text) == plain


@pytest.mark.parametrize(
    "text",
    [
        "\tEtt stycke ur Word.",
        "    Ett stycke ur Word.",
        "Med vänlig hälsning\n--\nAnna",
        "Rubrik\n===",
        "2*3*4",
        "kolleg*innen och Freund*innen",
        "[^1]: https://x.example/not",
        "Not[^1]\n\n[^2]: se där",
    ],
)
def test_what_a_secretary_writes_is_no_programmers_mark(text: str) -> None:
    html = to_html(text)
    assert not re.search(r"<(?:pre|code|h\d|em)", html)
    shown = re.sub(r"<[^>]+>", "", html).split()
    assert shown == text.split()


def test_emphasis_is_still_emphasis() -> None:
    assert to_html("*fler* och **snabbare** och **Sam**arbete") == (
        "<p><em>fler</em> och <strong>snabbare</strong> och <strong>Sam</strong>arbete</p>\n"
    )


@pytest.mark.parametrize(
    ("shown", "tel"),
    [
        ("+46 (0)8-123 45 67", "+4681234567"),
        ("(08) 123 45 67", "081234567"),
        ("08\u00a0123\u00a045\u00a067", "081234567"),
        ("08\u2011123 45 67", "081234567"),
        ("+46\u00a070\u2013123 45 67", "+46701234567"),
        ("0701234567", "0701234567"),
        ("+46(0)701234567", "+46701234567"),
    ],
)
def test_every_way_to_write_a_telephone_number_can_be_pressed(shown: str, tel: str) -> None:
    assert f'<a href="tel:{tel}">{shown}</a>' in contact_to_html(f"Anna, {shown}, eller")


def test_addresses_without_a_scheme() -> None:
    assert with_scheme("javascript:alert(1)") == "javascript:alert(1)"  # the sanitiser's to refuse
    assert with_scheme("a.example") == "https://a.example"
    assert with_scheme("inte en adress") == ""


TABLE = "| År | Kronor |\n|---|--:|\n| 2025 | 41\\|000 |\n| 2026 | **3** |\n"


def test_a_table_is_a_table_in_html_and_columns_in_plain_text() -> None:
    html = to_html(TABLE)
    assert '<th>År</th>\n<th align="right">Kronor</th>' in html
    assert '<td>2026</td>\n<td align="right"><strong>3</strong></td>' in html
    assert to_plain(TABLE) == "År   | Kronor\n-----+-------\n2025 | 41|000\n2026 | 3"


def test_a_table_too_wide_for_a_mail_is_told_row_by_row() -> None:
    wide = f"| Ort | Beslut |\n|---|---|\n| Torp | {'ja ' * 30}|\n| Berg | nej |"
    assert to_plain(wide) == f"Ort: Torp\nBeslut: {('ja ' * 30).strip()}\n\nOrt: Berg\nBeslut: nej"


def test_footnotes_stand_at_the_end_and_lead_back() -> None:
    text = "Fler turer[^a] och[^b] igen[^a].\n\n[^b]: Två.\n[^a]: Källa: [SCB](https://scb.example)."
    html = to_html(text)
    anchors, ids = re.findall(r'href="#([^"]+)"', html), re.findall(r'id="([^"]+)"', html)
    assert sorted(set(anchors)) == sorted(ids), "every anchor leads somewhere"
    assert html.index("Två.") > html.index("<ol>") > html.index("igen")
    assert to_plain(text) == "Fler turer[1] och[2] igen[1].\n\n[1] Källa: SCB (https://scb.example).\n\n[2] Två."


def test_two_texts_on_a_page_have_anchors_of_their_own() -> None:
    first, second = (re.findall(r'id="([^"]+)"', to_html(f"{word}[^1]\n\n[^1]: Not")) for word in ("Ett", "Två"))
    assert not set(first) & set(second)

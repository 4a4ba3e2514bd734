"""What comes from Word, Google Docs and Outlook keeps its links, lists and bold, and is never made a picture.

The samples are written for these tests, in the shape that those programs put on the clipboard.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from commsched.services.kernel.context import Installation
from tests.conftest import Cast
from tests.e2e.test_bringing_back import PASTE, picture

WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word">
<head><meta name=Generator content="Microsoft Word 15"><style><!-- p.MsoNormal {margin:0cm;} --></style>
<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml><![endif]--></head>
<body lang=SV style='tab-interval:65.2pt'><!--StartFragment-->
<h1>Bakgrund<o:p></o:p></h1>
<p class=MsoNormal>Regionen <b style='mso-bidi-font-weight:normal'>satsar</b> p\xe5 <i>landet</i>. L\xe4s
<a href="https://region.example/beslut">beslutet</a>.<o:p></o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='font-family:Symbol;mso-bidi-font-family:Symbol'><span style='mso-list:Ignore'>\xb7<span
style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp; </span></span></span><![endif]>Fler turer<o:p></o:p></p>
<p class=MsoListParagraphCxSpMiddle style='margin-left:72.0pt;mso-list:l0 level2 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>o<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp; </span></span><![endif]>kv\xe4llar</p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>\xb7<span>&nbsp;&nbsp; </span></span><![endif]>L\xe4gre pris<o:p></o:p></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><![if !supportLists]><span
style='mso-list:Ignore'>1.<span>&nbsp; </span></span><![endif]>F\xf6rst</p>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><![if !supportLists]><span
style='mso-list:Ignore'>2.<span>&nbsp; </span></span><![endif]>Sedan</p>
<!--EndFragment--></body></html>"""
DOCS = """<meta charset='utf-8'><b style="font-weight:normal;" id="docs-internal-guid-1a2b3c4d-7fff">
<h2 dir="ltr"><span style="font-size:16pt;font-weight:700;">Bakgrund</span></h2>
<p dir="ltr" style="line-height:1.38;"><span style="font-weight:400;">Regionen </span><span
style="font-weight:700;">satsar</span><span style="font-weight:400;"> p\xe5 </span><span
style="font-style:italic;">landet</span><span>. L\xe4s </span><a
href="https://www.google.com/url?q=https://region.example/beslut&amp;sa=D&amp;source=docs"
style="text-decoration:none;"><span style="text-decoration:underline;">beslutet</span></a><span>.</span></p>
<ul style="padding-inline-start:48px;"><li dir="ltr" aria-level="1"><p dir="ltr" role="presentation"><span>Fler
turer</span></p></li><ul><li dir="ltr" aria-level="2"><p dir="ltr"><span>kv\xe4llar</span></p></li></ul>
<li dir="ltr" aria-level="1"><p dir="ltr"><span>L\xe4gre pris</span></p></li></ul>
<ol><li dir="ltr"><p dir="ltr"><span>F\xf6rst</span></p></li><li dir="ltr"><p dir="ltr"><span>Sedan</span></p></li></ol>
</b><br class="Apple-interchange-newline">"""
OUTLOOK = """<html><head><meta charset="utf-8"></head><body><!--StartFragment-->
<div class="elementToProof" style="font-family: Aptos, Arial; font-size: 12pt;"><h2>Bakgrund</h2></div>
<div class="elementToProof" style="font-family: Aptos;">Regionen <b>satsar</b> p\xe5 <i>landet</i>. L\xe4s&nbsp;<a
href="https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fregion.example%2Fbeslut&amp;data=05%7C01">beslutet</a>.</div>
<ul data-editing-info="{}"><li style="font-family: Aptos;"><div role="presentation">Fler turer</div></li>
<ul><li><div role="presentation">kv\xe4llar</div></li></ul>
<li><div class="elementToProof" role="presentation">L\xe4gre pris</div></li></ul>
<ol start="1"><li><div>F\xf6rst</div></li><li><div>Sedan</div></li></ol>
<div class="elementToProof"><br></div><!--EndFragment--></body></html>"""
PLAIN = "Bakgrund\r\nRegionen satsar p\xe5 landet. L\xe4s beslutet.\r\n\xb7 Fler turer\r\n\xb7 L\xe4gre pris"
SAMPLES = {"word": WORD, "docs": DOCS, "outlook": OUTLOOK}

RICH = (
    "## Bakgrund\n\nRegionen **satsar** p\xe5 _landet_. L\xe4s [beslutet](https://region.example/beslut).\n\n"
    "- Fler turer\n  - kv\xe4llar\n- L\xe4gre pris\n\n1. F\xf6rst\n2. Sedan"
)
LINES = (
    "Bakgrund\n\nRegionen satsar p\xe5 landet. L\xe4s beslutet (https://region.example/beslut).\n\n"
    "– Fler turer\n  – kv\xe4llar\n– L\xe4gre pris\n\n1. F\xf6rst\n2. Sedan"
)


@pytest.fixture
def page(visit: Any, cast: Cast, ticking: Installation) -> Any:
    opened = visit(cast.writer)
    opened.on("dialog", lambda dialog: dialog.accept())
    return opened


@pytest.mark.parametrize("program", SAMPLES)
def test_a_release_keeps_headings_links_lists_and_bold(page: Any, program: str) -> None:
    page.goto("/w/gruppen/write?kind=release")
    expect(page.locator("#rich-text")).to_be_visible()
    page.evaluate(PASTE, ["#rich-text", PLAIN, SAMPLES[program], picture(), "image.png"])
    expect(page.locator("[name=text]")).to_have_value(RICH)
    expect(page.locator("[data-way] li, [data-shots] li")).to_have_count(0)


@pytest.mark.parametrize("program", SAMPLES)
def test_a_post_gets_lists_as_lines_and_links_with_their_addresses(page: Any, program: str) -> None:
    page.goto("/w/gruppen/write")
    page.wait_for_timeout(300)
    page.evaluate(PASTE, ["[name=text]", PLAIN, SAMPLES[program], picture(), "image.png"])
    expect(page.locator("[name=text]")).to_have_value(LINES)
    expect(page.locator("[data-way] li, [data-shots] li")).to_have_count(0)


def test_plain_words_are_pasted_by_the_browser(page: Any) -> None:
    page.goto("/w/gruppen/write")
    page.wait_for_timeout(300)
    html = "<p class=MsoNormal>Bara <b>ord</b></p>"
    assert page.evaluate(PASTE, ["[name=text]", "Bara ord", html, picture(), "image.png"])


def test_nothing_that_runs_or_points_elsewhere_comes_along(page: Any) -> None:
    page.goto("/w/gruppen/write?kind=release")
    expect(page.locator("#rich-text")).to_be_visible()
    html = (
        "<p onclick='alert(1)'>Ett <a href='javascript:alert(1)'>ord</a><img src=x onerror='alert(1)'>"
        "<script>alert(1)</script><a href='#_Toc1'>innehåll</a></p><table><tr><td>a</td><td>b</td></tr></table>"
    )
    page.evaluate(PASTE, ["#rich-text", "Ett ord", html, "", ""])
    expect(page.locator("[name=text]")).to_have_value("Ett ordinnehåll\n\na · b")


def test_the_source_is_pasted_into_as_marks(page: Any) -> None:
    page.goto("/w/gruppen/write?kind=release")
    page.get_by_role("button", name="Källtext").click()
    page.evaluate(PASTE, ["#f-text", PLAIN, WORD, picture(), "image.png"])
    expect(page.locator("#f-text")).to_have_value(RICH)


EXCEL = (
    "<table border=0 style='width:96pt'><col width=64><tr height=20><td height=20>År</td>"
    + "<td class=xl66><p class=MsoNormal><b>Kronor</b></p></td></tr>"
    + "<tr><td>2026</td><td align=right>41|000<br>netto</td></tr></table>"
)


def test_a_table_out_of_word_or_excel_stays_a_table(page: Any) -> None:
    page.goto("/w/gruppen/write?kind=release")
    expect(page.locator("#rich-text")).to_be_visible()
    page.evaluate(PASTE, ["#rich-text", "År\tKronor", EXCEL, picture(), "image.png"])
    wanted = "| År | **Kronor** |\n| --- | --- |\n| 2026 | 41\\|000 netto |"
    expect(page.locator("[name=text]")).to_have_value(wanted)
    page.locator("#rich-text td").first.click()
    page.keyboard.press("End")
    page.keyboard.type("–27")
    expect(page.locator("[name=text]")).to_have_value(wanted.replace("2026", "2026–27"))

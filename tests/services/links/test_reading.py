"""What a page says of itself is read as networks read it, whatever the page is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commsched.services.links.reading import MOST_TITLE, PageFacts, read_page
from tests.core.kinds import same_each_time

HERE = "https://ljungpartiet.se/nyheter/buss"


def read(html: str, charset: str = "utf-8", encoding: str = "utf-8") -> PageFacts:
    return read_page(html.encode(encoding), HERE, charset)


def test_what_it_says_for_others_comes_before_what_it_says_for_browsers() -> None:
    html = """<title>Flik</title><meta name=description content="För sök">
    <meta property="og:title" content="Fler bussar &amp; tåg"><meta property="og:description" content="Alla turer.">
    <meta property="og:image" content="/bild.jpg"><meta name="twitter:title" content="X">"""
    assert read(html) == PageFacts("Fler bussar & tåg", "Alla turer.", "https://ljungpartiet.se/bild.jpg")


def test_a_plain_page_has_its_title_and_description() -> None:
    html = "<html><head><TITLE>\n Fler\n bussar </TITLE><META NAME='Description' CONTENT='Alla turer.'></head>"
    assert read(html) == PageFacts("Fler bussar", "Alla turer.", "")


@pytest.mark.parametrize(
    ("picture", "whole"),
    [
        ("https://cdn.example/a.png", "https://cdn.example/a.png"),
        ("//cdn.example/a.png", "https://cdn.example/a.png"),
        ("a.png", "https://ljungpartiet.se/nyheter/a.png"),
        ("data:image/png;base64,AAAA", ""),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("http://[", ""),
    ],
)
def test_a_pictures_address_is_whole_or_none(picture: str, whole: str) -> None:
    assert read(f'<meta property="og:image" content="{picture}">').picture == whole


def test_what_stands_in_a_script_or_a_comment_is_not_said() -> None:
    html = (
        "<script>var a = '<meta property=og:title content=Fel>'</script><!-- <title>Fel</title> --><title>Rätt</title>"
    )
    assert read(html).title == "Rätt"


@pytest.mark.parametrize(
    ("html", "charset", "encoding"),
    [
        ("<title>Räksmörgås</title>", "", "utf-8"),
        ("<title>Räksmörgås</title>", "", "cp1252"),
        ("<title>Räksmörgås</title>", "iso-8859-1", "latin-1"),
        ("<meta charset=iso-8859-1><title>Räksmörgås</title>", "", "latin-1"),
        ("<title>Räksmörgås</title>", "", "utf-16"),
        ("<title>Räksmörgås</title>", "no-such-thing", "utf-8"),
        ("<title>Räksmörgås</title>", "base64", "utf-8"),
        ("\ufeff<title>Räksmörgås</title>", "latin-1", "utf-8"),
    ],
)
def test_its_letters_are_read_as_it_says_or_as_they_are(html: str, charset: str, encoding: str) -> None:
    assert read(html, charset, encoding).title == "Räksmörgås"


def test_a_page_that_ends_in_the_middle_or_says_far_too_much_is_read_as_far_as_it_goes() -> None:
    assert read("<title>Fler bussar</title><meta property='og:desc").title == "Fler bussar"
    assert read("<title>Fler buss").title == ""
    assert len(read(f"<title>{'a' * 10_000}</title>").title) == MOST_TITLE


def test_a_title_has_no_signs_that_nobody_sees() -> None:
    assert read("<title>a\x00b\u202ec\nd</title>").title == "abc d"


@given(st.binary(max_size=400), st.text(max_size=12))
@same_each_time
def test_nothing_that_a_server_sends_raises(data: bytes, charset: str) -> None:
    read_page(data, HERE, charset)
    read_page(b"<meta property=og:image content=" + data + b"><title>" + data, HERE, charset)


@pytest.mark.parametrize("broken", ["<![<![", "<![endif]--><![x", "<!doctype [<!x"])
def test_a_declaration_that_is_none_ends_the_reading_and_nothing_else(broken: str) -> None:
    assert read(f"<title>Bussen</title>{broken}<title>Annat</title>").title == "Bussen"
    assert read(broken * 2000) == PageFacts("", "", "")

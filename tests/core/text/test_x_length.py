# ruff: noqa: E501  (the cases stand one on a line)
"""What X counts, held to the cases that X published with its rules (twitter-text, folder ``conformance``).

The texts and figures of those cases are facts that every program must agree on; the table of them here is our own.
"""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commsched.core.text.length import tidy
from commsched.core.text.x_length import URL_LENGTH, Link, links, weighted_length, x_length

LINKS = [
    ("http://example.com", ["http://example.com"]),
    ("http://ああ.com", ["http://ああ.com"]),
    ("http://あ-あ.com", ["http://あ-あ.com"]),
    ("text http://google.com", ["http://google.com"]),
    ("text http://foobar.com/#", ["http://foobar.com/#"]),
    ("text http://google.com/#foo", ["http://google.com/#foo"]),
    (
        "text http://google.com/#search?q=iphone%20-filter%3Alinks",
        ["http://google.com/#search?q=iphone%20-filter%3Alinks"],
    ),
    (
        "text http://twitter.com/#search?q=iphone%20-filter%3Alinks",
        ["http://twitter.com/#search?q=iphone%20-filter%3Alinks"],
    ),
    ("text http://somedomain.com/index.php?path=/abc/def/", ["http://somedomain.com/index.php?path=/abc/def/"]),
    (
        "text http://www.boingboing.net/2007/02/14/katamari_damacy_phon.html",
        ["http://www.boingboing.net/2007/02/14/katamari_damacy_phon.html"],
    ),
    ("text http://somehost.com:3000", ["http://somehost.com:3000"]),
    ("text http://xo.com/~matthew+%ff-x", ["http://xo.com/~matthew+%ff-x"]),
    ("text http://xo.com/~matthew+%ff-,.;x", ["http://xo.com/~matthew+%ff-,.;x"]),
    ("text http://xo.com/,.;x", ["http://xo.com/,.;x"]),
    ("text http://en.wikipedia.org/wiki/Primer_(film)", ["http://en.wikipedia.org/wiki/Primer_(film)"]),
    ("text http://www.ams.org/bookstore-getitem/item=mbk-59", ["http://www.ams.org/bookstore-getitem/item=mbk-59"]),
    ("text http://✪df.ws/ejp", ["http://✪df.ws/ejp"]),
    ("test http://example.comだよね.comtest/hogehoge", ["http://example.com"]),
    ("text http://chilp.it/?77e8fd", ["http://chilp.it/?77e8fd"]),
    ("text http://x.com/oneletterdomain", ["http://x.com/oneletterdomain"]),
    (
        "text http://msdn.microsoft.com/ja-jp/library/system.net.httpwebrequest(v=VS.100).aspx",
        ["http://msdn.microsoft.com/ja-jp/library/system.net.httpwebrequest(v=VS.100).aspx"],
    ),
    (
        "text https://www.youtube.com/watch?v=LOxOAuDHzaw&list=PLPoq910Q9jXhuH6pit_KwIsck9fEz_9U-",
        ["https://www.youtube.com/watch?v=LOxOAuDHzaw&list=PLPoq910Q9jXhuH6pit_KwIsck9fEz_9U-"],
    ),
    ("text http://no-tld", []),
    ("text http://tld-too-short.x", []),
    ("(http://twitter.com", ["http://twitter.com"]),
    ("text http://word-and-a-number-8-ftw.domain.com/", ["http://word-and-a-number-8-ftw.domain.com/"]),
    ("text http://domain.com-that-you-should-have-put-a-space-after", []),
    ("text http://foo.com?#foo text", ["http://foo.com?#foo"]),
    ("foo.com foo.net foo.org foo.edu foo.gov", ["foo.com", "foo.net", "foo.org", "foo.edu", "foo.gov"]),
    (
        "foo.baz foo.co.jp www.xxxxxxx.baz www.foo.co.uk wwwww.xxxxxxx foo.comm foo.somecom foo.govedu foo.jp",
        ["foo.co.jp", "www.foo.co.uk", "foo.jp"],
    ),
    ("t.co/abcde bit.ly/abcde", ["t.co/abcde", "bit.ly/abcde"]),
    ("http://foo.jp http://fooooo.jp", ["http://foo.jp", "http://fooooo.jp"]),
    ("Go to http://example.com/a+ or http://example.com/a-", ["http://example.com/a+", "http://example.com/a-"]),
    ("Go to http://example.com/view/slug-url-?foo=bar", ["http://example.com/view/slug-url-?foo=bar"]),
    (
        "Go to https://en.m.wikipedia.org/wiki/Hatfield–McCoy_feud please",
        ["https://en.m.wikipedia.org/wiki/Hatfield–McCoy_feud"],
    ),
    ("@user Try http:// example.com/path", ["example.com/path"]),
    (
        "これは日本語です。example.com/path/index.html中国語example.com/path한국",
        ["example.com/path/index.html", "example.com/path"],
    ),
    (
        "twitter.comこれは日本語です。example.com中国語t.co/abcde한국twitter.com example2.comテストtwitter.com/abcde",
        ["twitter.com", "example.com", "t.co/abcde", "twitter.com", "example2.com", "twitter.com/abcde"],
    ),
    (
        "http://twitter.com/これは日本語です。example.com中国語http://t.co/abcde한국twitter.comテストexample2.comテストhttp://twitter.com/abcde",
        [
            "http://twitter.com/",
            "example.com",
            "http://t.co/abcde",
            "twitter.com",
            "example2.com",
            "http://twitter.com/abcde",
        ],
    ),
    ("Go to http://twitter.com/Русские_слова", ["http://twitter.com/Русские_слова"]),
    ("twitter.jp日本語it.so中国語foo.jp it.so foo.jp", ["twitter.jp", "it.so", "foo.jp", "it.so", "foo.jp"]),
    ("Hello http://xn--はじめよう.com/index.html", []),
    ("text http://domain-dash_2314352345_dfasd.foo-cow_4352.com", []),
    ("Email me at name.al-lastname@foo.com or name.al+lastname@foo.com", []),
    ("Find my page at name.al-lastname.com", ["name.al-lastname.com"]),
    ("MLB.tv vine.co twitch.tv t.co", ["MLB.tv", "vine.co", "twitch.tv", "t.co"]),
    ("@user Try http://\xa0example.com/path", ["example.com/path"]),
    ("test http://sub_domain-dash.twitter.com", ["http://sub_domain-dash.twitter.com"]),
    ("test http://a.b.cd", ["http://a.b.cd"]),
    ("test http://a_b.c-d.com", ["http://a_b.c-d.com"]),
    ("test http://a-b.c.com", ["http://a-b.c.com"]),
    ("test http://twitter-dash.com", ["http://twitter-dash.com"]),
    (
        "http://www.bestbuy.com/site/Currie+Technologies+-+Ezip+400+Scooter/9885188.p?id=1218189013070&skuId=9885188",
        ["http://www.bestbuy.com/site/Currie+Technologies+-+Ezip+400+Scooter/9885188.p?id=1218189013070&skuId=9885188"],
    ),
    ("test http://-leadingdash.twitter.com", []),
    ("test http://leadingdash.-twitter.com", []),
    ("test http://trailingdash-.twitter.com", []),
    ("test http://trailingdash.twitter-.com", []),
    ("test http://_leadingunderscore.twitter.com", []),
    ("test http://leadingunderscore._twitter.com", []),
    ("test http://trailingunderscore_.twitter.com", []),
    ("test http://trailingunderscore.twitter_.com", []),
    ("test http://-twitter.com", []),
    ("test http://twitter-.com", []),
    ("test http://twitter_underscore.com", []),
    ("test http://twitter.c_o_m", []),
    ("test http://www.foo.com/foo/path-with-period./", ["http://www.foo.com/foo/path-with-period./"]),
    ("test http://www.foo.org.za/foo/bar/688.1", ["http://www.foo.org.za/foo/bar/688.1"]),
    (
        "test http://www.foo.com/bar-path/some.stm?param1=foo;param2=P1|0||P2|0",
        ["http://www.foo.com/bar-path/some.stm?param1=foo;param2=P1|0||P2|0"],
    ),
    ("test http://foo.com/bar/123/foo_&_bar/", ["http://foo.com/bar/123/foo_&_bar/"]),
    ("test http://www.cp.sc.edu/events/65 test", ["http://www.cp.sc.edu/events/65"]),
    ("http://www.andersondaradio.no.comunidades.net/ test test", ["http://www.andersondaradio.no.comunidades.net/"]),
    ("test ELPAÍS.com", ["ELPAÍS.com"]),
    ("test http://twitter.com/.", ["http://twitter.com/"]),
    (
        "Test a ton of periods http://example.com/path..........................................",
        ["http://example.com/path"],
    ),
    ("Test a ton of periods http://example.com/,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,", ["http://example.com/"]),
    (
        "Test a ton of periods http://example.com/path/!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!",
        ["http://example.com/path/"],
    ),
    ("#test.com @test.com #http://test.com @http://test.com #t.co/abcde @t.co/abcde", []),
    ("I really like http://t.co/pbY2NfTZ's website", ["http://t.co/pbY2NfTZ"]),
    ("Check this site out http://t.co/FNkPfmii- it's great", ["http://t.co/FNkPfmii"]),
    ("According to http://t.co/ulYGBYSo: the internet is cool", ["http://t.co/ulYGBYSo"]),
    (
        "I really like http://t.co/abcdefghijklmnopqrstuvwxyz0123456789",
        ["http://t.co/abcdefghijklmnopqrstuvwxyz0123456789"],
    ),
    ("I really like http://t.co/abcdefghijklmnopqrstuvwxyz012345678901234", []),
    ("example.comてすとですtwitter.みんなです", ["example.com", "twitter.みんな"]),
    (
        "http://twitter.com\nhttp://example.com\nhttp://example.com/path\nexample.com/path\nit.so\nit.so/abcde",
        [
            "http://twitter.com",
            "http://example.com",
            "http://example.com/path",
            "example.com/path",
            "it.so",
            "it.so/abcde",
        ],
    ),
    ("$http://twitter.com $twitter.com $http://t.co/abcde $t.co/abcde $t.co $TVI.CA $RBS.CA", []),
    ("long.test.tar.bz2 test.tar.bz2 tar.bz2", []),
    ("john.doe.gov@mail.com", []),
    ("john.doe.jp@mail.com", []),
    ("皆さん見てください！ http://google.com", ["http://google.com"]),
    (
        "http://www.foo.com?referer=https://t.co/abcde http://t.co/xyzzy",
        ["http://www.foo.com?referer=https://t.co/abcde", "http://t.co/xyzzy"],
    ),
    ("http://t.co http://t.co", ["http://t.co", "http://t.co"]),
    ("test http://xn--ls8h.XN--ls8h.la/", ["http://xn--ls8h.XN--ls8h.la/"]),
    (
        "test http://foobar.みんな/ http://foobar.中国/ http://foobar.پاکستان/ ",
        ["http://foobar.みんな/", "http://foobar.中国/", "http://foobar.پاکستان/"],
    ),
    (
        "\u2066\u202atest abcdef.com \u067e\u0627\u06a9\u0633\u062a\u0627\u0646 http://twitter.com/\u202c\u2069",
        ["abcdef.com", "http://twitter.com/"],
    ),
    (
        "This is a test \u2066\u202atwitter.com\u202c\u2069 \u2066\u202ahttp://foobar.\u067e\u0627\u06a9\u0633\u062a\u0627\u0646/\u202c\u2069\u2069 \u0642\u0637\u0631 \u0641\u0644\u0633\u0637\u064a\u0646 \u0639\u0645\u0627\u0646",
        ["twitter.com", "http://foobar.پاکستان/"],
    ),
    ("http://" + "あ" * 200 + ".com/path/index.html", []),
    ("http://exampleこれは日本語です.com/a http://" + "あ" * 300 + ".com/a", ["http://exampleこれは日本語です.com/a"]),
]
FAMILY = "👨\u200d👩\u200d👧\u200d👦"
KANA = "あいうえおかきくけこ"
FILL = "xxxxxxxxxx-"
WEIGHTS = [
    ("Hi http://test.co", 26),
    ("http://test.co", 23),
    ("285 chars-" + FILL * 25, 285),
    ("285 chars- http://www.twitter.com/jack " + FILL * 24, 11 + 23 + 1 + 264),
    (FILL * 24 + " http://www.twitter.com/jack ", 264 + 1 + 23 + 1),
    ("https://www.twitter.com/aloha " * 10, 240),
    ("故人西辞黄鹤楼，烟花三月下扬州。" * 10, 320),
    ("😷" * 160, 320),
    ("the" + "故人西辞黄鹤楼，烟花三月下扬州。" * 10, 323),
    ("A\u0301B", 2),
    ("A\ufb2c", 4),
    (f"H🐱☺{FAMILY}", 7),
    ("😷👾😡🔥💩", 10),
    ("🙋🏽👨\u200d🎤", 4),
    (FAMILY * 140, 280),
    ("1\u20e3", 2),
    ("1\ufe0f\u20e3", 2),
    ("Unicode 10.0 emoji: 🤪; 🧕; 🧕🏾; 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 34),
    ("Unicode 9.0 emoji: 🤠; 💃; 💃🏾", 29),
    ("\u2000\u2001\u200a\u200b \u2010\u2011\u2013\u2014\u2018\u2019\u201c\u201d\u2032\u2037", 15),
    ("a long label: https://" + "somesuperlongurl" * 5 + ".com", 14 + 8 + 80 + 4),
    ("randomurl" * 7 + "s.com", 68),
    (KANA * 12 + " http://" + KANA * 6 + ".com", 240 + 1 + 7 + 120 + 4),
    (KANA * 12 + " http://" + KANA * 2 + ".com", 240 + 1 + 23),
    ("ABC\u202a\uffffABC\ufffe", 12),
    ("\u2066\u202ahttp://foobar.پاکستان/\u202c\u2069", 31),
    ("©®™", 6),
]
UNITS = {
    "at": "@",
    "dots": "a.",
    "underscores": "a.com_",
    "hyphens": "a-.",
    "links": "https://a.se/",
    "links in parentheses": "(https://a.se ",
    "open parentheses": "https://a.se/(",
    "parentheses": "a.se/(((",
    "kana": "日.",
    "links among kana": "a.com日",
    "closing": "https://a.se!))",
    "families": "👩\u200d",
    "flags": "🇸",
    "schemes": "http://",
    "punycode": "xn--",
    "questions": "a.se?!",
    "accents": "é",
    "unicode domains": "рф.",
}


@pytest.mark.parametrize(("text", "expected"), LINKS)
def test_the_published_cases_of_links(text: str, expected: list[str]) -> None:
    assert [text[link.start : link.end] for link in links(text)] == expected


@pytest.mark.parametrize(("text", "weight"), WEIGHTS)
def test_the_published_cases_of_weights(text: str, weight: int) -> None:
    assert x_length(text) == weight


@pytest.mark.parametrize("domain", ["um", "tp", "xn--p1ai", "рф", "museum", "みんな", "vermögensberatung", "onion"])
def test_a_top_level_domain_makes_a_link(domain: str) -> None:
    assert x_length(f"https://twitter.{domain}") == URL_LENGTH


def test_a_link_that_is_too_long_is_none() -> None:
    assert x_length("https://a.se/" + "b" * 4_083) == URL_LENGTH
    assert x_length("https://a.se/" + "b" * 4_084) == 4_097
    assert x_length("https://t.co/" + "b" * 41) == 54


PIECES = [
    "http://",
    "https://",
    "www.",
    "example",
    ".se",
    ".com",
    ".",
    "-",
    "_",
    "/",
    "?",
    "(",
    ")",
    "@",
    " ",
    "å",
    "日本",
]


@given(
    st.lists(
        st.sampled_from([*PIECES, "a", "b1", "#", ":80", "!", "t.co/", "xn--p1ai", ".рф", "😀", "\n"]), max_size=20
    )
)
def test_links_stand_in_order_and_apart_and_each_costs_as_much(pieces: list[str]) -> None:
    text = tidy("".join(pieces))
    there = links(text)
    assert all(first.end <= second.start for first, second in pairwise(there))
    assert all("." in text[link.start : link.end] for link in there)
    outside = "".join(
        text[first.end : second.start] for first, second in pairwise([Link(0, 0), *there, Link(len(text), len(text))])
    )
    assert weighted_length(text) >= len(there) * URL_LENGTH
    assert weighted_length(text) <= len(there) * URL_LENGTH + 2 * len(outside)


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_a_hostile_text_costs_in_proportion_to_its_length(unit: str) -> None:
    def cost(length: int) -> float:
        text = (unit * (length // len(unit) + 1))[:length]
        best = 9.0
        for _ in range(3):
            started = time.thread_time()
            weighted_length(text)
            best = min(best, time.thread_time() - started)
        return best

    cost(100)
    half, whole = cost(20_000), cost(40_000)
    assert whole < 0.05 or whole < 3 * half

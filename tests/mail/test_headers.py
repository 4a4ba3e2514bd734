"""What is read in the list of a mail program is what was approved, letter by letter and space by space."""

from __future__ import annotations

import base64
import quopri
import random
import re
import unicodedata
from email.header import decode_header, make_header
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from commsched.core.delivery.outcome import Published, Rejected
from commsched.core.text.messages import Invalid
from commsched.mail.build import build
from commsched.mail.headers import CannotBuild, clean_address, plain_line, text_field
from commsched.mail.relay import default_sender, mailer_for
from tests.mail.test_build import LETTER, read

WORDS = [
    "ny",
    "rapport",
    "vårdköerna",
    "växer",
    "i",
    "hela",
    "länet",
    "–",
    "längst",
    "väntan",
    "Örnsköldsvik",
    "nämnden",
    "säger",
    "ja",
    "till",
    "fler",
    "turer",
    "på",
    "landsbygden",
    "”vi",
    "måste”",
    "kollektivtrafiken",
    "halva",
    "½",
    "€",
    "😀",
    "åtgärder",
    "Å",
    "den",
    "12",
    "maj",
    "Region",
    "Västernorrland:",
    "budget,",
    "nej;",
    "så",
    "här",
    "räksmörgås",
    "väldigtlångtsammansattordsomaldrigtarslut",
    "och",
    "en",
    "bit",
    "kl.",
    "10.30",
    "(S)",
    "🇸🇪",
    "§112",
    "A/B",
    "100",
    "%",
    "=?",
    "?=",
    "_",
    '"citat"',
]
HEADLINE = "Ny rapport: Vårdköerna växer i hela länet – längst väntan i Örnsköldsvik"


def unfold(raw: bytes) -> str:
    """A field's text as RFC 5322 (2.2.3) and RFC 2047 (6.2) have readers read it; written from those, not from ours."""
    value = raw.decode("ascii").partition(": ")[2].removesuffix("\r\n").replace("\r\n", "")
    word = re.compile(r"=\?([\w-]+)\?([bBqQ])\?([^? ]*)\?=")
    joined = re.sub(r"(\?=)[ \t]+(?==\?)", r"\1", value)
    whole, data, end = "", b"", 0
    for found in word.finditer(joined):
        between = joined[end : found.start()]
        if between:
            whole, data = whole + data.decode() + between, b""
        piece = found[3].replace("_", " ").encode()
        data += base64.b64decode(piece) if found[2] in "bB" else quopri.decodestring(piece)
        end = found.end()
    return whole + data.decode() + joined[end:]


def assert_read_right(raw: bytes, text: str) -> None:
    assert unfold(raw) == text
    assert str(make_header(decode_header(raw.decode("ascii").partition(": ")[2].replace("\r\n", "")))) == text
    for line in raw.split(b"\r\n"):
        assert len(line) <= 76 or not re.search(rb"=\?", line)
    for word in re.findall(rb"=\?[^ ]*\?=", raw):
        assert len(word) <= 75


def test_thousands_of_swedish_headlines_keep_their_spaces() -> None:
    chance = random.Random(7)
    headlines = [HEADLINE, *(" ".join(chance.choices(WORDS, k=chance.randint(1, 22))) for _ in range(4000))]
    for headline in headlines:
        assert_read_right(text_field("Subject", plain_line(headline)), headline[:400].rstrip())


@settings(deadline=None)
@given(
    st.text(
        st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs"), exclude_characters="\ufeff") | st.just(" ")
    )
)
def test_any_subject_comes_back_as_it_was(subject: str) -> None:
    line = plain_line(subject)
    assert line == " ".join(subject.split())[:400].rstrip(" \u200d")
    assert unfold(text_field("Subject", line)) == line


@pytest.mark.parametrize(
    "name",
    [
        "Region Västernorrlands väldigtlånga namn på sin presstjänst och en bit till",
        "Förnamn Ö",
        "Press, Gruppen",
        'Gruppen "Ja"',
        "a\\b",
        "Regiongruppen Press",
        "Grupp =?utf-8?q?x?=",
        "مجموعة الصحافة",
    ],
)
def test_a_senders_name_arrives_whole_and_the_address_is_never_in_it(name: str) -> None:
    built = build(replace(LETTER, sender_name=name))
    raw = built[built.index(b"From: ") : built.index(b"To: ")]
    if name.isascii():
        assert read(replace(LETTER, sender_name=name))["From"].addresses[0].display_name == name
    else:  # Python's own reader of names puts a space between two encoded words
        assert unfold(raw) == f"{name} <desk@example.org>"
    assert read(replace(LETTER, sender_name=name))["From"].addresses[0].addr_spec == "desk@example.org"


@pytest.mark.parametrize(
    "sign",
    [
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "می\u200cخواهم",
        "שלום\u200f!",
        "🫨",
        "\U0001fae9",
        "👩\u200d👩\u200d👧",
        "social\u00adtjänst",
    ],
)
def test_signs_that_carry_meaning_stay_in_the_subject(sign: str) -> None:
    assert plain_line(f"Nytt {sign} här") == f"Nytt {sign} här"


@pytest.mark.parametrize("control", ["\r\n", "\n", "\x0b", "\x85", "\u2028"])
def test_a_line_break_in_a_subject_is_a_space(control: str) -> None:
    assert plain_line(f"Ett{control}Bcc: x@y.se") == "Ett Bcc: x@y.se"


@pytest.mark.parametrize("domain", ["straße", "βόλος", "räksmörgås", "RÄKSMÖRGÅS", "ra\u0308ka"])
def test_an_address_is_sent_by_the_rule_it_was_checked_by(domain: str) -> None:
    letters = unicodedata.normalize("NFC", domain).lower().encode("punycode").decode()  # IDNA 2008: letters as they are
    domain, ascii_domain = f"{domain}.example", f"xn--{letters}.example"
    assert clean_address(f"red@{domain}") == f"red@{ascii_domain}"
    mail = build(replace(LETTER, to=f"red@{domain}", sender=f"a@{domain}", reply_to=f"b@{domain}"))
    assert mail.count(ascii_domain.encode()) == 3


def test_an_address_that_cannot_be_is_said_of_whom_it_is() -> None:
    for field, name in (("to", "to"), ("sender", "sender"), ("reply_to", "reply_to")):
        with pytest.raises(CannotBuild) as told:
            build(replace(LETTER, **{field: "inte en adress"}))
        assert told.value.field == name


@pytest.mark.parametrize(
    ("settings", "name", "address"),
    [
        ({"mail_from": "Gruppen <press@gruppen.example>"}, "Gruppen", "press@gruppen.example"),
        (
            {"mail_from": '"Gruppen, Väst" <press@gruppen.example>', "mail_name": "Pressen"},
            "Pressen",
            "press@gruppen.example",
        ),
        ({"mail_from": "press@åre.example"}, "commsched", "press@xn--re-xia.example"),
        ({"mail_from": "Redaktion@SVT <red@svt.example>"}, "Redaktion@SVT", "red@svt.example"),
        ({"base_url": "https://desk.example.org"}, "commsched", "commsched@desk.example.org"),
        ({}, "commsched", "commsched@localhost"),
    ],
)
def test_the_sender_is_read_once_with_its_name(settings: dict[str, str], name: str, address: str) -> None:
    assert default_sender(settings) == (name, address)


@pytest.mark.parametrize("mail_from", ["Gruppen", "Gruppen <press>", "press@gruppen", "a@b.example, c@d.example", "<>"])
def test_a_sender_that_is_none_is_told_of_at_the_start(mail_from: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as told:
        mailer_for({"mail_from": mail_from}, tmp_path)
    assert told.value.field == "mail_from"
    assert mail_from in str(told.value)


def test_a_mail_from_a_named_sender_leaves(tmp_path: Path) -> None:
    mailer = mailer_for({"mail_from": "Gruppen <press@gruppen.example>"}, tmp_path)
    assert isinstance(mailer.send(replace(LETTER, sender="", sender_name="")), Published)
    assert b"From: Gruppen <press@gruppen.example>\r\n" in next(tmp_path.glob("*.eml")).read_bytes()
    ours = mailer.send(replace(LETTER, sender="inte en adress"))
    assert isinstance(ours, Rejected)
    assert ours.why == "config"

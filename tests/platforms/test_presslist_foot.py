"""The foot of a press mail: who, why, and the ways out, in the reader's language, as two decoders read it."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from html import unescape

import fast_mail_parser
import pytest
from msgspec.structs import replace

from commsched.core.content.release import LanguageVersion
from commsched.core.delivery.outcome import Handles
from commsched.core.platform.email import Letterhead
from commsched.mail.build import build
from commsched.platforms.presslist import PLATFORM
from tests.channel_views import changed
from tests.platforms.test_presslist import RELEASE, Bag, context, stored

PAGE = "https://plan.example/n/gruppen/u/" + "Ab-_" * 18
HEAD = Letterhead(name="Regiongruppen", subscribe="https://plan.example/n/gruppen/subscribe")
SAYS = {
    ("sv", "interest"): "Du får det för att du bevakar det vi arbetar med, som journalist eller redaktion",
    ("sv", "consent"): "Du får det för att du har sagt ja till det (samtycke",
    ("sv", ""): "Du får det för att din adress står på vår presslista.",
    ("en", "interest"): "You get it because you cover what we work with",
    ("en", "consent"): "You get it because you have said yes to it (consent",
}


def read_by_two(raw: bytes) -> list[tuple[str, str]]:
    """Text and HTML, as the library that wrote it reads them, and as one that we did not write does."""
    ours = message_from_bytes(raw, policy=policy.default)
    bodies = [ours.get_body((kind,)) for kind in ("plain", "html")]
    theirs = fast_mail_parser.parse_email(raw)
    written = [str(body.get_content()) if body is not None else "" for body in bodies]
    return [(written[0], written[1]), (theirs.text_plain[0], theirs.text_html[0])]


def words_of(html: str) -> str:
    body = html.partition("</head>")[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


@pytest.mark.parametrize(("language", "basis"), SAYS)
def test_the_foot_says_who_and_why_and_leads_out(language: str, basis: str) -> None:
    bag = Bag()
    there = replace(context(bag), letterhead=lambda: HEAD)
    part = replace(stored(RELEASE), leave=PAGE, basis=basis, language=language)
    PLATFORM.publish(part, Handles(), there)
    (mail,) = bag.sent
    assert mail.headers["List-Subscribe"] == "<https://plan.example/n/gruppen/subscribe>"
    raw = build(mail)
    for text, html in read_by_two(raw):
        foot = text.replace("\r\n", "\n").partition("\n-- \n")[2]
        for said in (" ".join(foot.split()), words_of(html)):
            assert "Regiongruppen (press@gruppen.example)" in said
            assert SAYS[language, basis] in said
        for page in (PAGE, f"{PAGE}/lists", HEAD.subscribe):
            assert f": {page}\n" in foot
            assert f'href="{page}"' in html
        assert ('lang="en"' in html.partition("</head>")[2]) == (language == "en"), "only where it is another"


def test_each_in_one_mailing_reads_the_reason_that_is_theirs() -> None:
    bag = Bag()
    view = changed(RELEASE, versions=[LanguageVersion(language="en", title="Yes", text="The region says yes.")])
    parts = [
        replace(stored(view), basis=basis, language=language, leave=f"{PAGE}{number}")
        for number, (language, basis) in enumerate(
            [("sv", "interest"), ("sv", "consent"), ("en", "consent"), ("fi", "")]
        )
    ]
    list(PLATFORM.publish_all(parts, context(bag), lambda: False))
    said = [" ".join(text.split()) for mail in bag.sent for text in [build(mail).decode("ascii")]]
    texts = [read_by_two(build(mail))[0][0] for mail in bag.sent]
    assert len(said) == 4
    for number, key in enumerate([("sv", "interest"), ("sv", "consent"), ("en", "consent"), ("sv", "")]):
        assert SAYS[key] in texts[number]
        assert f"{PAGE}{number}/lists" in texts[number]
    assert "List-Subscribe" not in bag.sent[0].headers, "an office that has opened no list"


def test_what_an_approver_sees_below_the_words_is_the_foot() -> None:
    shown = PLATFORM.foot(RELEASE, replace(context(Bag()), letterhead=lambda: HEAD))
    assert shown[-4].startswith("Det här mejlet kommer från Regiongruppen (press@gruppen.example). Du får det för att")
    assert shown[-1] == "Prenumerera, eller låt en kollega göra det: https://plan.example/n/gruppen/subscribe"

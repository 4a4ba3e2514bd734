"""What our messages say to two decoders that we did not write, and that do not use Python's own."""

from __future__ import annotations

import unicodedata

import fast_mail_parser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from commsched.core.platform.email import mark
from commsched.core.text.clean import clean
from commsched.mail.build import build
from commsched.mail.headers import plain_line
from tests.mail.test_build import LETTER

words = st.text(
    st.one_of(
        st.sampled_from("abc åäö ÅÄÖ é 日本 🎉 <>&=.\"'?_\t\n"),
        st.characters(blacklist_categories=("Cs", "Cc"), max_codepoint=0x1FAFF),
    ),
    min_size=1,
    max_size=300,
)


def plain(text: str) -> str:
    """As far as decoders agree: one of them composes letters (NFC)."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(words, words)
def test_other_decoders_read_what_was_written(before: str, link: str) -> None:
    value = plain_line(link, 2000)
    mail = replace(
        LETTER,
        subject=before,
        text=f"{before}{mark('link')} slut\n",
        html=f"<p>Hej {mark('link')}</p>",
        marks={"link": link},
    )
    raw = build(mail)
    wanted = plain(f"{clean(before)}{value} slut")

    ours = fast_mail_parser.parse_email(raw)
    assert [plain(text) for text in ours.text_plain] == [wanted]
    assert plain(ours.subject) == plain(plain_line(before) or "–")

    import mailparser  # type: ignore[import-untyped]

    theirs = mailparser.parse_from_bytes(raw)
    assert [plain(text) for text in theirs.text_plain] == [wanted]
    assert theirs.to == [("", "red@example.org")]

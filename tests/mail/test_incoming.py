"""Messages from strangers: whatever is in them, they are read, bounded and harmless."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commsched.mail import incoming


def read(raw: str | bytes) -> incoming.Incoming:
    return incoming.read(raw.replace("\n", "\r\n").encode() if isinstance(raw, str) else raw)


def test_an_answer_is_read() -> None:
    mail = EmailMessage()
    mail["From"] = "Nora Åberg <nora@vk.example>"
    mail["To"] = "press@nord.example"
    mail["Subject"] = "Sv: Fler turer på landsbygden – ja"
    mail["Message-ID"] = "<svar@vk.example>"
    mail["In-Reply-To"] = "<a1@nord.example>"
    mail["References"] = "<rot@nord.example> <a1@nord.example>"
    mail.set_content("Hej!\nVem kan jag ringa?\n")
    mail.add_alternative("<p>Hej!</p><img src='https://spy.example/x.png'>", subtype="html")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="frågor.pdf")
    says = incoming.read(mail.as_bytes())
    assert (says.name, says.address, says.message_id) == ("Nora Åberg", "nora@vk.example", "svar@vk.example")
    assert says.subject == "Sv: Fler turer på landsbygden – ja"
    assert says.answers == ("a1@nord.example", "rot@nord.example")
    assert says.text == "Hej!\nVem kan jag ringa?"
    assert [(each.section, each.name, each.mime, each.encoding) for each in says.attachments] == [
        ("2", "frågor.pdf", "application/pdf", "base64")
    ]


@pytest.mark.parametrize(
    ("charset", "data"),
    [
        ("utf-8", "Sjukhuset i Östersund".encode("cp1252")),
        ("us-ascii", "Sjukhuset i Östersund".encode()),
        ("x-okänd", "Sjukhuset i Östersund".encode()),
        ("base64", "Sjukhuset i Östersund".encode()),
        ("unicode_escape", "Sjukhuset i Östersund".encode()),
        ("iso-8859-1", "Sjukhuset i Östersund".encode("latin-1")),
    ],
)
def test_a_wrong_charset_costs_no_letters(charset: str, data: bytes) -> None:
    head = f"From: a@b.example\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode()
    assert incoming.read(head + data).text == "Sjukhuset i Östersund"


def test_html_alone_becomes_words() -> None:
    raw = "From: a@b.example\nContent-Type: text/html\n\n<style>p{}</style><p>Hej&nbsp;du</p><script>x()</script>A<br>B"
    assert read(raw).text == "Hej du\nA\nB"


BOMBS = {
    "many headers": b"".join(b"X-%d: a\r\n" % n for n in range(50_000)) + b"\r\nHej",
    "one long header": b"Subject: " + b"=?utf-8?q?a?= " * 50_000 + b"\r\n\r\nHej",
    "references": b"References: " + b"<a@b> " * 50_000 + b"\r\n\r\nHej",
    "deep": b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(4000)),
    "many parts": b"Content-Type: multipart/mixed; boundary=B\r\n\r\n" + b"--B\r\n\r\nx\r\n" * 20_000,
    "addresses": b"From: " + b"<" * 100_000 + b"\r\nTo: " + b"a@b.example, " * 20_000 + b"\r\n\r\nHej",
    "parameters": b"Content-Type: text/plain; " + b"a*0=b; " * 30_000 + b"\r\n\r\nHej",
    "nothing": b"",
    "zeros": b"\x00" * 1000,
}


@pytest.mark.parametrize("raw", BOMBS.values(), ids=BOMBS.keys())
def test_no_message_makes_a_reader_wait(raw: bytes) -> None:
    begun = time.process_time()
    says = incoming.read(raw)
    assert time.process_time() - begun < 10
    assert len(says.subject) <= incoming.MOST_SUBJECT
    assert len(says.answers) <= incoming.MOST_IDS
    assert len(says.attachments) <= incoming.MOST_PARTS


def test_a_large_mail_is_read_by_its_beginning() -> None:
    raw = (
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: text/plain\r\n\r\n"
    )
    raw += (
        b"Bilden kommer.\r\n--B\r\nContent-Type: image/jpeg; name=bild.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    says = incoming.read(raw + b"QUJD" * 200_000)
    assert says.text == "Bilden kommer."
    assert says.cut
    assert [each.name for each in says.attachments] == ["bild.jpg"]


def test_names_cannot_lead_astray() -> None:
    raw = (
        'From: "chef@region.example\u202e" <a@b.example>\nContent-Type: application/x; name="../../etc/pass\nwd"\n'
        'Content-Disposition: attachment; filename="..\\\\..\\\\x.exe"\n\nx'
    )
    says = read(raw)
    assert says.address == "a@b.example"
    assert "\u202e" not in says.name
    assert "/" not in says.attachments[0].name
    assert "\\" not in says.attachments[0].name


@given(st.binary(max_size=600))
def test_any_bytes_are_read(raw: bytes) -> None:
    head = b"Subject: =?utf-8?b?" + raw[:100] + b"?=\r\nContent-Type: multipart/mixed; boundary=" + raw[:5]
    for message in (raw, head + b"\r\n\r\n" + raw):
        says = incoming.read(message)
        assert "\x00" not in says.text + says.subject + says.name

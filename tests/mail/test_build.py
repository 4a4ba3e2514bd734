"""From a message to bytes: right for every mail program, and nothing can be smuggled into a header."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from commsched.core.platform.contract import Email
from commsched.mail.build import CannotBuild, build, plain_line

LETTER = Email(
    message_id="abc@example.org",
    sender="desk@example.org",
    sender_name="Regiongruppen i Åre",
    to="red@example.org",
    subject="Rättelse: tåget går även på lördagar",
    text="Hej på er!\n",
    html="<p>Hej på er!</p>",
    reply_to="eva@example.org",
    date=datetime(2026, 11, 26, 6, 30, tzinfo=UTC),
    headers={
        "List-Unsubscribe": "<https://b.example/u/" + "x" * 99 + ">, <mailto:eva@example.org?subject=unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    },
)
NEWLINES = ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\x00"]
wild = st.text(
    st.one_of(
        st.characters(), st.sampled_from([*NEWLINES[1:], ":", "<", ">", "@", ",", '"', "=", "?", "\ud800", "\u202e"])
    ),
    max_size=80,
)


def read(message: Email) -> EmailMessage:
    parsed = message_from_bytes(build(message), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def test_swedish_letters_arrive_in_every_place() -> None:
    mail = read(LETTER)
    assert mail["Subject"] == "Rättelse: tåget går även på lördagar"
    assert mail["From"].addresses[0].display_name == "Regiongruppen i Åre"
    assert mail.get_body(("plain",)).get_content().strip() == "Hej på er!"  # type: ignore[union-attr]
    assert "Hej på er" in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]


def test_the_same_message_is_the_same_bytes() -> None:
    assert build(LETTER) == build(replace(LETTER))


def test_only_ascii_and_whole_line_ends_go_on_the_wire() -> None:
    raw = build(LETTER)
    raw.decode("ascii")
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


def test_unsubscribing_in_one_click_survives_long_addresses() -> None:
    mail = read(LETTER)
    assert mail["List-Unsubscribe"].startswith("<https://b.example/u/xxx")
    assert mail["List-Unsubscribe"].endswith("<mailto:eva@example.org?subject=unsubscribe>")
    assert b"=?utf-8?" not in build(LETTER).split(b"\r\n\r\n")[0].split(b"From:")[0]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("name", ["Bcc", "To", "Cc", "Subject", "X-Any", "Content-Type", "List-Id\r\nBcc"])
def test_no_other_header_can_be_added(name: str) -> None:
    with pytest.raises(CannotBuild):
        build(replace(LETTER, headers={name: "x@example.org"}))


@pytest.mark.parametrize(
    "missing", [{"date": None}, {"message_id": ""}, {"message_id": "a b@c"}, {"message_id": "a@b>\r\nX"}]
)
def test_a_message_without_date_or_id_is_not_built(missing: dict[str, None]) -> None:
    with pytest.raises(CannotBuild):
        build(replace(LETTER, **missing))


@pytest.mark.parametrize("newline", NEWLINES)
@pytest.mark.parametrize("place", ["subject", "sender_name"])
def test_every_known_line_end_is_only_a_space_in_a_header(place: str, newline: str) -> None:
    raw = build(replace(LETTER, **{place: f"Hej{newline}Bcc: spion@example.org"}))
    head = raw.split(b"\r\n\r\n")[0]
    assert not any(line.lower().startswith(b"bcc") for line in head.replace(b"\r", b"\n").split(b"\n"))
    assert not set(head) & (set(range(32)) - {10, 13})


@settings(deadline=None)
@given(subject=wild, name=wild, text=wild, html=wild)
def test_no_text_from_a_person_adds_a_header_or_a_recipient(subject: str, name: str, text: str, html: str) -> None:
    wanted = {
        "list-unsubscribe",
        "list-unsubscribe-post",
        "from",
        "to",
        "reply-to",
        "subject",
        "date",
        "message-id",
        "mime-version",
        "content-type",
    }
    if not html:
        wanted.add("content-transfer-encoding")
    raw = build(replace(LETTER, subject=subject, sender_name=name, text=text, html=html))
    head = raw.split(b"\r\n\r\n")[0]
    assert not set(head) - {10, 13} & set(range(32)), "a control character in the head"
    mail = message_from_bytes(raw, policy=policy.default)
    assert {key.lower() for key in mail} == wanted
    assert [(a.username, a.domain) for a in mail["To"].addresses] == [("red", "example.org")]
    assert [(a.username, a.domain) for a in mail["From"].addresses] == [("desk", "example.org")]
    assert len(list(mail.walk())) == (3 if html else 1)


@settings(deadline=None)
@given(to=wild, sender=wild, reply_to=wild)
def test_an_address_is_one_address_or_nothing_is_built(to: str, sender: str, reply_to: str) -> None:
    for values in ({"to": to}, {"sender": sender}, {"reply_to": reply_to}):
        try:
            mail = read(replace(LETTER, **values))
        except CannotBuild:
            continue
        for name in ("From", "To", "Reply-To"):
            assert mail[name] is None or len(mail[name].addresses) == 1
        assert mail["Bcc"] is mail["Cc"] is None


@settings(deadline=None)
@given(wild)
def test_a_line_is_one_line_however_often_it_is_cleaned(text: str) -> None:
    line = plain_line(text)
    assert len(line.splitlines()) <= 1
    assert plain_line(line) == line

"""Bodies that are encoded once: calendars, documents, and what differs from one recipient to the next."""

from __future__ import annotations

import io
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from commsched.core.platform.email import AttachedFile, Email, mark
from commsched.core.text.clean import clean
from commsched.mail._mime import stuffed
from commsched.mail.build import build, build_to_carry
from commsched.mail.headers import CannotBuild
from tests.mail.test_build import LETTER, NEWLINES, read, wild

CALENDAR = "\n".join(
    ["BEGIN:VCALENDAR", "METHOD:REQUEST", "BEGIN:VEVENT", "SUMMARY:Pressträff i Åre", "END:VEVENT", "END:VCALENDAR", ""]
)


PLAIN = replace(LETTER, headers={})


def parts(message: Email) -> list[EmailMessage]:
    return [part for part in read(message).walk() if not part.is_multipart()]


def document(name: str, data: bytes = b"%PDF-1.7", mime: str = "application/pdf") -> AttachedFile:
    return AttachedFile(name, mime, lambda: io.BytesIO(data))


def test_an_invitation_comes_as_a_form_of_the_message_and_as_a_file() -> None:
    mail = read(replace(LETTER, calendar=CALENDAR))
    assert mail.get_content_type() == "multipart/mixed"
    plain, html, form, file = parts(replace(LETTER, calendar=CALENDAR))
    assert [part.get_content_type() for part in (plain, html)] == ["text/plain", "text/html"]
    for part in (form, file):
        assert part["Content-Type"].params["method"] == "REQUEST"
        assert part.get_content().replace("\r\n", "\n") == CALENDAR
    assert (form.get_filename(), file.get_filename()) == (None, "invite.ics")
    assert file.get_content_disposition() == "attachment"


@pytest.mark.parametrize("text", ["BEGIN:VCALENDAR\n", "METHOD:REQUEST\n", "BEGIN:VCALENDAR\nMETHOD:request;x=1\n"])
def test_a_calendar_that_does_not_say_what_it_asks_for_is_not_sent(text: str) -> None:
    with pytest.raises(CannotBuild):
        build(replace(LETTER, calendar=text))


@pytest.mark.parametrize(
    "name", ["Rapport.pdf", "Gårdsråd – våren 2026.pdf", 'a"b;c.pdf', "å" * 90 + ".pdf", "../../etc/passwd.pdf"]
)
def test_a_document_arrives_under_its_name(name: str) -> None:
    message = replace(PLAIN, files=(document(name),))
    *_, file = parts(message)
    assert file.get_filename() == name.replace("/", "-")
    assert file.get_content() == b"%PDF-1.7"
    assert max(map(len, build(message).split(b"\r\n"))) <= 78


@pytest.mark.parametrize("newline", NEWLINES)
def test_no_name_of_a_document_adds_a_header(newline: str) -> None:
    message = replace(LETTER, files=(document(f"a{newline}Bcc: spion@example.org{newline}{newline}b.pdf"),))
    *_, file = parts(message)
    assert {key.lower() for key in file} == {"content-type", "content-transfer-encoding", "content-disposition"}


@pytest.mark.parametrize("mime", ["", "pdf", "message/partial", "multipart/mixed", "a/b\r\nBcc: x@y.z", "a/b; c=d"])
def test_a_document_of_a_strange_type_is_not_sent(mime: str) -> None:
    with pytest.raises(CannotBuild):
        build(replace(LETTER, files=(document("a.pdf", mime=mime),)))


def test_a_document_that_cannot_be_read_stops_the_message() -> None:
    def fail() -> io.BytesIO:
        raise OSError("gone")

    with pytest.raises(CannotBuild):
        build(replace(LETTER, files=(AttachedFile("a.pdf", "application/pdf", fail),)))


texts = st.lists(st.one_of(wild, st.just("x" * 74), st.sampled_from(["\n", " ", "."])), min_size=1, max_size=4)


@settings(deadline=None)
@given(texts, wild)
def test_a_filled_gap_is_the_same_as_the_words_in_its_place(pieces: list[str], value: str) -> None:
    """Decoded; and no line grows too long, whatever stands in the gap."""
    line = " ".join(clean(value).split()).rstrip("\u200d")
    with_gaps = replace(PLAIN, text=f"{mark('link').join(pieces)}.\n", html="", marks={"link": value})
    plain = replace(PLAIN, text=f"{line.join(map(clean, pieces))}.\n", html="")
    raw = build(with_gaps)
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert not set(raw.replace(b"\r\n", b"")) & set(b"\r\n")

    def said(data: bytes) -> str:
        mail = message_from_bytes(data, policy=policy.default)
        return str(mail.get_content()).replace("\r\n", "\n")

    assert said(raw) == said(build(plain))


def test_what_stands_in_a_gap_is_escaped_in_html_and_encoded_once_for_all() -> None:
    first, second = (
        replace(LETTER, text=mark("link"), html=f'<a href="{mark("link")}">', marks={"link": link})
        for link in ("https://a.example/?a=1&b=2", '"><script>')
    )
    plain, html = parts(first)
    assert plain.get_content().strip() == "https://a.example/?a=1&b=2"
    assert html.get_content().strip() == '<a href="https://a.example/?a=1&amp;b=2">'
    assert "<script>" not in parts(second)[1].get_content()


def test_a_mark_without_a_value_is_text_like_any_other() -> None:
    (plain,) = parts(replace(LETTER, text=f"{mark('link')} {mark('other')}", html="", marks={"link": "a"}))
    assert plain.get_content().strip() == f"a {mark('other')}"


def test_an_answer_names_what_it_answers() -> None:
    ids = " ".join(f"<{'x' * 30}{number}@paper.example>" for number in range(9))
    mail = read(replace(LETTER, headers={"In-Reply-To": "<a@paper.example>", "References": ids}))
    assert mail["In-Reply-To"] == "<a@paper.example>"
    assert mail["References"] == ids


@settings(max_examples=50)
@given(st.text(st.sampled_from(".a \n\r=å"), max_size=200), st.text(st.sampled_from(".a&"), min_size=1, max_size=90))
def test_what_smtp_carries_is_the_content_with_its_dots_doubled(text: str, page: str) -> None:
    for words in (text, f"{mark('leave')}\n{text}{mark('leave')}", f".\n{mark('leave')}"):
        message = replace(PLAIN, text=words, html=f"<p>{words}</p>", marks={"leave": page})
        built = build_to_carry(message)
        assert built.content == build(message)
        assert built.carried == stuffed(built.content)
        assert b"\r\n.\r\n" not in built.carried

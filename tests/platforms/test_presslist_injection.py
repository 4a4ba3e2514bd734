"""Whatever stands in whichever field, the mail that is built has the headers, the recipient and the parts that it would
have had without it: nothing that somebody typed becomes a line of its own in a header or in a calendar."""

from __future__ import annotations

import io
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import fast_mail_parser
import pytest
from icalendar import Calendar
from msgspec.structs import replace

from commsched.core.content.model import Attachment
from commsched.core.content.release import ContactPerson, Event, LanguageVersion, Quote
from commsched.core.delivery.outcome import Handles
from commsched.core.platform.contract import ChannelContext, ChannelView, Email
from commsched.core.platform.email import AttachedFile, InlineImage, Letterhead
from commsched.mail.build import build
from commsched.mail.headers import CannotBuild
from commsched.platforms.presslist import PLATFORM
from tests.channel_views import changed
from tests.platforms.test_presslist import RELEASE, Bag, context, stored

POISON = [
    "a\r\nBcc: evil@x.example\r\n\r\nX-Evil: 1\nATTENDEE:mailto:evil@x.example\rEND:VCALENDAR\rBEGIN:VCALENDAR",
    "a\u2028Bcc: evil@x.example\x85X-Evil: 1\x0bX-Evil: 1\x0cX-Evil: 1\0Bcc: evil@x.example\x1cX-Evil: 1",
    'a" <evil@x.example>, "b =?utf-8?q?a=0D=0ABcc=3A_evil=40x=2Eexample?=',
    'a"; filename="evil.exe"\r\nContent-Type: text/html\r\n\r\n--=_boundary\n.\n',
]
PICTURE = Attachment(sha256="ab" * 32, alt="En buss", width=10, height=10, mime="image/jpeg", credit="Anna Ek")
EVENT = Event(starts="2026-12-01T09:00:00Z", place="Regionhuset", address="Storgatan 1", people="Karin Lund")
WHOLE = changed(
    RELEASE,
    genre="pressinbjudan",
    event=EVENT,
    contacts=[ContactPerson(name="Eva Sand", role="pressansvarig", phone="070", email="eva@x.example", hours="8–17")],
    about="Om oss",
    correction="Siffran är rättad",
    pictures=(PICTURE,),
    versions=[LanguageVersion(language="en", title="Yes", lead="Lead", text="The region says yes.")],
)


def _content(name: str) -> Any:
    return lambda view, there, poison: (changed(view, **{name: poison}), there)


def _setting(name: str) -> Any:
    return lambda view, there, poison: (view, replace(there, settings=there.settings | {name: poison}))


def _there(name: str) -> Any:
    return lambda view, there, poison: (view, replace(there, **{name: poison}))


FIELDS: dict[str, Any] = {
    **{name: _content(name) for name in ("title", "lead", "text", "short", "facts", "about", "contact", "correction")},
    **{name: _setting(name) for name in ("sender", "sender_name", "reply_to")},
    **{name: _there(name) for name in ("account_name", "office_name")},
    "english headline": lambda v, t, p: (changed(v, versions=[LanguageVersion(language="en", title=p, text="x")]), t),
    "english words": lambda v, t, p: (
        changed(v, versions=[LanguageVersion(language="en", title="Yes", lead=p, text=p, about=p)]),
        t,
    ),
    "quote": lambda v, t, p: (changed(v, quotes=[Quote(text=p, person="A")]), t),
    "speaker": lambda v, t, p: (changed(v, quotes=[Quote(text="Hej", person=p, role=p)]), t),
    "contact person": lambda v, t, p: (changed(v, contacts=[ContactPerson(name=p, role=p, phone=p, hours=p)]), t),
    "contact's address": lambda v, t, p: (changed(v, contacts=[ContactPerson(name="A", email=p)]), t),
    "place": lambda v, t, p: (changed(v, event=replace(EVENT, place=p)), t),
    "street": lambda v, t, p: (changed(v, event=replace(EVENT, address=p)), t),
    "who takes part": lambda v, t, p: (changed(v, event=replace(EVENT, people=p)), t),
    "event's reply-to": lambda v, t, p: (changed(v, event=replace(EVENT, reply_to=p)), t),
    "alt text": lambda v, t, p: (changed(v, pictures=(replace(PICTURE, alt=p),)), t),
    "credit": lambda v, t, p: (changed(v, pictures=(replace(PICTURE, credit=p),)), t),
    "letterhead": lambda v, t, p: (v, replace(t, letterhead=lambda: Letterhead(name=p, about=p))),
    "subscribe page": lambda v, t, p: (
        v,
        replace(t, letterhead=lambda: Letterhead(subscribe=f"https://x.example/{p}")),
    ),
    "link of the list": lambda v, t, p: (v, replace(t, public_url=f"https://x.example/{p}")),
    "slug": lambda v, t, p: (v, replace(t, workspace=p)),
}


def mails(view: ChannelView, there: ChannelContext) -> list[Email]:
    """As the first to one reader, and as a correction to one who reads English."""
    bag = Bag()
    for language, corrects in (("sv", ""), ("en", "first@gruppen.example")):
        part = replace(stored(view), language=language, corrects=corrects, leave="https://x.example/n/g/u/token")
        PLATFORM.publish(part, Handles(), replace(there, mailer=bag))
    return bag.sent


def picture(_file: object) -> InlineImage:
    return InlineImage("picture-1", "image/jpeg", b"\xff\xd8", 10, 10)


THERE = replace(context(Bag()), mail_picture=picture, letterhead=lambda: Letterhead(name="Regiongruppen"))


def shape(raw: bytes) -> tuple[list[str], list[str], set[str]]:
    """Header names in order, the kinds of its parts, and the names of properties in its calendar."""
    read = message_from_bytes(raw, policy=policy.default)
    assert isinstance(read, EmailMessage)
    assert not [part.defects for part in read.walk() if part.defects]
    heads = [name for name in read.keys() if name != "List-Subscribe"]  # noqa: SIM118
    kinds = [part.get_content_type() for part in read.walk()]
    known: set[str] = set()
    for part in read.walk():
        if part.get_content_type() == "text/calendar":
            calendars = Calendar.from_ical(part.get_content(), multiple=True)
            assert len(calendars) == 1
            known |= {str(name) for each in calendars[0].walk() for name in each}
    return heads, kinds, known


PLAIN = [shape(build(mail)) for mail in mails(WHOLE, THERE)]


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_becomes_a_header_a_recipient_or_a_part(field: str) -> None:
    for poison in POISON:
        for number, mail in enumerate(mails(*FIELDS[field](WHOLE, THERE, poison))):
            try:
                raw = build(mail)
            except CannotBuild:
                assert field in ("sender", "reply_to"), "an address that is none is refused, and nothing else"
                continue
            heads, kinds, known = shape(raw)
            assert set(heads) <= set(PLAIN[number][0]) | {"Reply-To"}, (field, poison)
            assert len(heads) == len(set(heads)), (field, poison)
            assert kinds == PLAIN[number][1], (field, poison)
            assert known <= PLAIN[number][2] | {"ORGANIZER", "LOCATION", "DESCRIPTION", "CONTACT"}, (field, poison)
            assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
            theirs = fast_mail_parser.parse_email(raw)
            named = {name.lower(): values for name, values in theirs.headers.items()}
            assert "bcc" not in named
            assert "x-evil" not in named
            assert named["to"] == ["red@lansbladet.example"], (field, poison)


@pytest.mark.parametrize("poison", POISON)
def test_a_files_name_names_a_file_and_nothing_else(poison: str) -> None:
    (mail, *_more) = mails(WHOLE, THERE)
    file = AttachedFile(f"{poison}.pdf", "application/pdf", lambda: io.BytesIO(b"%PDF-1.7"))
    raw = build(replace(mail, files=(file,)))
    read = message_from_bytes(raw, policy=policy.default)
    (attached,) = [part for part in read.walk() if part.get_content_type() == "application/pdf"]
    assert attached.get_content() == b"%PDF-1.7"
    assert {name.lower() for name in attached.keys()} <= {  # noqa: SIM118
        "content-type",
        "content-disposition",
        "content-transfer-encoding",
    }
    assert (attached.get_filename() or "").endswith(".pdf")
    assert "Bcc" not in read
    assert "X-Evil" not in fast_mail_parser.parse_email(raw).headers

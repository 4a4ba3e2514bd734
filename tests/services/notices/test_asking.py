"""The mail that asks for an approval: who, when, where, the picture, and each part of a thread."""

from __future__ import annotations

from email import message_from_bytes, policy

import msgspec

from commsched.core.content.draft import PictureIn
from commsched.mail.build import build
from commsched.services.notices import outbox
from commsched.services.notices.mail_pictures import SIDE
from tests import writing
from tests.conftest import Cast, MailBag
from tests.services.desk import submitted


def test_it_says_who_asks_when_and_where(cast: Cast, mail: MailBag) -> None:
    submitted(cast)
    outbox.send_due(cast.installation)
    (letter,) = mail.sent
    assert letter.subject == f"{cast.writer.name.split()[0]} ber dig godkänna: tors 26 nov 12:00, Newsroom"
    for body in (letter.text, letter.html):
        assert f"{cast.writer.name} ber dig godkänna" in body


def test_each_part_of_a_thread_stands_on_lines_of_its_own(cast: Cast, mail: MailBag) -> None:
    submitted(cast, text="Ingen ska behöva åka.\n---\n1. Väntetiden\n---\n2. Vägen")
    outbox.send_due(cast.installation)
    (letter,) = mail.sent
    assert "  Ingen ska behöva åka.\n\n  1. Väntetiden\n\n  2. Vägen\n" in letter.text
    assert "---" not in letter.text + letter.html


def test_its_picture_comes_with_it_small_and_with_its_alt_text(cast: Cast, mail: MailBag) -> None:
    picture = writing.picture(cast.installation, cast, width=2000, height=1500)
    submitted(cast, media=[PictureIn(id=picture, alt="En buss vid Storgatan.")])
    outbox.send_due(cast.installation)
    (letter,) = mail.sent
    (image,) = letter.images
    assert (image.mime, len(image.data) < 60_000) == ("image/jpeg", True)
    assert f'src="cid:{image.name}" alt="En buss vid Storgatan."' in letter.html
    raw = build(msgspec.structs.replace(letter, sender="a@b.se"))
    assert raw == build(msgspec.structs.replace(letter, sender="a@b.se"))
    parsed = message_from_bytes(raw, policy=policy.default)
    kinds = [part.get_content_type() for part in parsed.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/jpeg"]
    part = list(parsed.walk())[-1]
    assert part["Content-ID"] == f"<{image.name}>"
    assert part.get_content() == image.data
    assert SIDE == 480


def test_a_picture_that_cannot_be_made_small_keeps_no_mail_back(cast: Cast, mail: MailBag) -> None:
    picture = writing.picture(cast.installation, cast)
    submitted(cast, media=[PictureIn(id=picture, alt="En buss.")])
    for path in (cast.installation.home / "media").rglob("*.jpg"):
        path.unlink()
    assert outbox.send_due(cast.installation) == 1
    assert mail.sent[0].images == ()
    assert "cid:" not in mail.sent[0].html

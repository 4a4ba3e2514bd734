"""The inbox's pages: what a stranger wrote is shown safely, and two who write at once lose nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from commsched.core.text.messages import Invalid
from commsched.mail.imap import BUSY, WRONG_PASSWORD
from commsched.store.models import InboxMessage
from commsched.web.inbox.words import parted
from tests.conftest import Cast
from tests.services.inbox.conftest import Letters, box, letter, mailbox, release, take_in

__all__ = ["box", "mailbox", "release", "take_in"]
TakeIn = Callable[..., InboxMessage]
ID = "a" * 40 + "@nord.example"


def test_an_answer_is_read_assigned_and_answered(browse: Any, cast: Cast, take_in: TakeIn, release: int) -> None:
    row = take_in(letter("Hej <b>du</b>\n<script>x()</script>", answers=ID))
    karin = browse(cast.writer)
    listed = karin.get("~/inbox/").text
    assert "Nora Berg" in listed
    assert "VK" in listed
    assert "Fler turer" in listed
    page = karin.get(f"~/inbox/{row.id}")
    assert "&lt;b&gt;du" in page.text
    assert "<script>x()" not in page.text
    assert "1 mejl väntar på svar" in listed
    assert f"/w/gruppen/items/{release}" in page.text
    assert karin.post(f"~/inbox/{row.id}/assign", {"person": cast.approver.id, "version": 1}).status_code == 303
    gunnar = browse(cast.approver)
    assert "Nora Berg" in gunnar.get("~/inbox/?tab=mine").text
    given = gunnar.post(f"~/inbox/{row.id}/answer", {"text": "Ring mig.", "version": 2})
    assert given.headers["Location"].endswith(f"/inbox/{row.id}")
    assert "Ring mig." in gunnar.get(f"~/inbox/{row.id}").text
    late = karin.post(f"~/inbox/{row.id}/answer", {"text": "Karins ord", "version": 2})
    assert late.status_code == 409
    assert "Karins ord" in late.text
    assert "Någon annan har gjort något med det" in late.text
    assert "Karin Ek har ett utkast" in gunnar.get(f"~/inbox/{row.id}").text


def test_who_is_writing_is_told_and_a_reader_writes_nothing(browse: Any, cast: Cast, take_in: TakeIn) -> None:
    row = take_in(letter())
    karin, gunnar = browse(cast.writer), browse(cast.approver)
    kept = karin.post(f"~/inbox/{row.id}/draft", {"text": "Hej"}, headers={"X-Requested-With": "fetch"})
    assert kept.json == {"version": 1, "writing": ""}
    assert gunnar.get(f"~/inbox/{row.id}/now").json["writing"] == "Karin Ek skriver ett svar."
    olle = browse(cast.reader)
    assert olle.get(f"~/inbox/{row.id}").status_code == 200
    assert olle.post(f"~/inbox/{row.id}/answer", {"text": "Hej", "version": 1}).status_code == 403


def test_html_and_files_are_made_harmless(browse: Any, cast: Cast, take_in: TakeIn, box: Letters) -> None:
    mail = letter("Hej")
    mail.add_alternative("<img src=https://spy.example/1><b onclick=x()>fet</b>", subtype="html")
    mail.add_attachment(b"<script>x()</script>", maintype="text", subtype="html", filename="x.html")
    row = take_in(mail)
    shown = browse(cast.writer).get(f"~/inbox/{row.id}/html").text
    assert "<b>fet</b>" in shown
    assert "spy.example" not in shown
    box.section = lambda uid, section, most: iter([b"<script>x()</script>"])  # type: ignore[method-assign, assignment]
    file = browse(cast.writer).get(f"~/inbox/{row.id}/files/0")
    assert file.mimetype == "application/octet-stream"
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in file.headers["Content-Security-Policy"]
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    file.close()
    box.trouble = Invalid(BUSY, "")
    told = browse(cast.writer).get(f"~/inbox/{row.id}/html", follow_redirects=True)
    assert "låst brevlådan" in told.text


def test_a_mailbox_is_set_up_with_a_sentence_about_what_is_wrong(browse: Any, cast: Cast, box: Letters) -> None:
    astrid = browse(cast.administrator)
    typed = {"host": "imap.nord.example", "port": "993", "security": "implicit", "user": "press@nord.example"}
    box.trouble = Invalid("The server does not accept this user with this password: %(answer)s", "secret", answer="no")
    wrong = astrid.post("~/inbox/mailboxes/", typed | {"password": "hemligt"})
    assert wrong.status_code == 422
    assert "godkänner inte" in wrong.text or "tar inte emot" in wrong.text or "lösenord" in wrong.text
    assert "hemligt" not in wrong.text
    assert 'value="imap.nord.example"' in wrong.text
    box.trouble = None
    assert astrid.post("~/inbox/mailboxes/", typed | {"password": "hemligt"}).status_code == 303
    page = astrid.get("~/inbox/mailboxes/").text
    assert "press@nord.example" in page
    assert "hemligt" not in page
    assert browse(cast.writer).post("~/inbox/mailboxes/", typed).status_code == 403
    assert astrid.post("~/inbox/mailboxes/keep", {"months": "6"}).status_code == 303
    assert 'value="6"' in astrid.get("~/inbox/mailboxes/").text


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Hej\n\n> citat\n> mer", "Hej"),
        ("Hej\n\nDen 26 nov skrev Elin <e@x.example>:\n> citat", "Hej"),
        ("Hej\n\nOn Thu, Elin wrote:\nquoted", "Hej"),
        ("Hej\n\nFrån: Elin\nÄmne: x", "Hej"),
        ("> citat först\nsedan svar", "> citat först\nsedan svar"),
        ("Jag kommer från: Umeå", "Jag kommer från: Umeå"),
    ],
)
def test_what_is_quoted_is_folded(text: str, new: str) -> None:
    assert parted(text).new == new


def test_what_is_wrong_with_a_mailbox_stands_on_the_mail_page_in_the_same_words(
    browse: Any, cast: Cast, box: Letters, take_in: TakeIn
) -> None:
    take_in(letter())
    box.trouble = Invalid(WRONG_PASSWORD, "secret", answer="nej")
    take_in()
    astrid = browse(cast.administrator)
    for page in ("~/inbox/mailboxes/", "~/mail-server/"):
        assert "Servern godtar inte den här användaren med det här lösenordet: nej" in astrid.get(page).text

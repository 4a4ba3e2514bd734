"""The documents of a release in its mail: as links, or as the very files, as decoders that are not ours read it."""

from __future__ import annotations

from io import BytesIO
from typing import Any, NoReturn

import fast_mail_parser
import pytest

from commsched.core.content.model import Attachment
from commsched.core.delivery.outcome import Handles
from commsched.core.media.documents import DOCUMENT_BYTES, FORMS, MAIL_BYTES, described, mailed_bytes, title_of
from commsched.core.platform.contract import AttachmentFile, ChannelView, Email
from commsched.mail.build import build
from commsched.mail.headers import CannotBuild
from commsched.platforms.presslist import PLATFORM
from tests.channel_views import changed
from tests.platforms.test_presslist import RELEASE, Bag, context, stored

DATA = {"Budgetförslag 2027": b"%PDF-1.7 budget", "Budgetförslag  2027": b"another"}
LIST = {"newsroom_link": "true"}


def with_documents(size: int = 1_150_000, view: ChannelView = RELEASE, **more: Any) -> ChannelView:
    documents, files = [], []
    for number, (title, data) in enumerate(DATA.items()):
        sha256, mime = str(number) * 64, FORMS["pdf"].mime
        documents.append(Attachment(kind="document", sha256=sha256, mime=mime, title=title, size=size))
        opened = lambda data=data: BytesIO(data)  # noqa: E731
        file = AttachmentFile(
            sha256=sha256, mime=mime, alt="", width=0, height=0, size=size, open=opened, kind="document", title=title
        )
        files.append(file)
    return changed(view, attachments=documents, other_files=tuple(files), **more)


def mailed(view: ChannelView, **settings: str) -> Email:
    bag = Bag()
    PLATFORM.publish(stored(view), Handles(), context(bag, **settings))
    (mail,) = bag.sent
    return mail


def test_they_go_as_links_that_say_kind_and_size() -> None:
    mail = mailed(with_documents(), **LIST)
    assert mail.files == ()
    link = f"https://plan.example/media/gruppen/documents/{'0' * 64}.pdf"
    assert f"Budgetförslag 2027 (PDF, 1,2 MB): {link}" in mail.text
    assert f'<a href="{link}"' in mail.html
    assert "Bifogat" not in mail.text + mail.html
    secret = mailed(with_documents(embargo="2030-01-01T06:00:00Z", view=RELEASE), **LIST)
    assert secret.files  # there is no secret address in this view, so nothing leads to them


@pytest.mark.parametrize("settings", [LIST | {"documents": "files"}, {}])
def test_they_come_as_files_where_the_list_says_so_or_nothing_leads_to_them(settings: dict[str, str]) -> None:
    mail = mailed(with_documents(), **settings)
    assert "Bifogat: Budgetförslag 2027 (PDF, 1,2 MB), " in mail.text
    assert "Bifogat: Budgetförslag 2027" in mail.html
    assert "/documents/" not in mail.text + mail.html
    theirs = fast_mail_parser.parse_email(build(mail))
    assert [(each.filename, each.content) for each in theirs.attachments] == [
        ("budgetforslag-2027.pdf", b"%PDF-1.7 budget"),
        ("budgetforslag-2027-2.pdf", b"another"),
    ]


def test_a_file_that_is_another_now_is_not_sent() -> None:
    def gone() -> NoReturn:
        raise OSError("another file")

    view = with_documents()
    files = tuple(AttachmentFile(**{**_fields(each), "open": gone}) for each in view.other_files)
    with pytest.raises(CannotBuild):
        build(mailed(changed(view, other_files=files)))


def _fields(file: AttachmentFile) -> dict[str, Any]:
    return {name: getattr(file, name) for name in file.__struct_fields__}


def test_more_than_a_mail_takes_is_told_before_the_night() -> None:
    """By what base64 makes of them, and only where they come with the mail."""
    for size, stops in ((MAIL_BYTES // 2, True), (MAIL_BYTES // 2 * 3 // 4 - 200_000, False)):
        view = with_documents(size)
        for settings, carried in (({}, True), (LIST, False), (LIST | {"documents": "files"}, True)):
            facts = PLATFORM.as_set({}, settings)
            told = [each for each in PLATFORM.check(view, facts) if each.field == "documents"]
            assert bool(told) is (stops and carried)
    assert mailed_bytes([57]) == 78  # a line of base64, as it travels
    assert mailed_bytes([DOCUMENT_BYTES]) < MAIL_BYTES


def test_what_a_link_says_and_what_a_file_is_called() -> None:
    assert described("Budget", FORMS["docx"].mime, 840_001, "sv") == "Budget (Word, 841 kB)"
    assert described("Budget", FORMS["pdf"].mime, 999_999_9, "en") == "Budget (PDF, 10.0 MB)"
    assert described("Budget", FORMS["txt"].mime, 0, "sv") == "Budget (TXT)"
    assert title_of("C:\\fakepath\\Budget_2027 (slutlig).PDF") == "Budget 2027 (slutlig)"

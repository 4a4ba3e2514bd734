"""What the office says of itself in public, and where its mail goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from commsched.mail.folder import FolderMailer
from tests.conftest import Browser, Cast
from tests.publications import channel


def test_what_the_office_says_of_itself_stands_in_the_newsroom(cast: Cast, browse: Callable[..., Browser]) -> None:
    channel(cast.office, cast.place.id, "newsroom")
    admin = browse(cast.administrator)
    kept = {"about": "Vi är regiongruppen.", "press_contact": "Elin, 070-000 00 00"}
    assert admin.post("~/settings/public", kept).status_code == 303
    assert "Vi är regiongruppen." in admin.get("~/settings/").text
    assert "Vi är regiongruppen." in browse().get("/n/gruppen/").text


def test_a_text_that_is_too_long_is_kept_and_pointed_at(cast: Cast, browse: Callable[..., Browser]) -> None:
    answer = browse(cast.administrator).post("~/settings/public", {"about": "å" * 2001, "press_contact": "Elin"})
    assert answer.status_code == 422
    assert "å" * 2001 in answer.text
    assert "2000" in answer.text


def test_the_settings_say_where_mail_goes(cast: Cast, browse: Callable[..., Browser]) -> None:
    page = browse(cast.administrator).get("~/settings/").text
    assert "E-post" in page


def test_where_no_mail_is_sent_it_says_so_and_names_the_folder_to_administrators_only(
    cast: Cast, browse: Callable[..., Browser], tmp_path: Path
) -> None:
    cast.office.mailer = FolderMailer(tmp_path / "mails", "kontoret@example.org")
    for person, told in ((cast.administrator, True), (cast.reader, False)):
        page = browse(person).get("~/about/").text
        assert "Inga mejl skickas och ingen nås" in page
        assert (str(tmp_path) in page) is told
    assert "Inga mejl skickas och ingen nås" in browse(cast.administrator).get("~/settings/").text

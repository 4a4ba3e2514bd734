"""What the office says of itself in public, and where its mail goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from commsched.mail.folder import FolderMailer
from commsched.store.models import AuditEntry, Channel
from tests import writing
from tests.conftest import Browser, Cast
from tests.publications import channel


def test_what_the_office_says_of_itself_stands_in_the_newsroom(cast: Cast, browse: Callable[..., Browser]) -> None:
    channel(cast.installation, cast.place.id, "newsroom")
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
    cast.installation.mailer = FolderMailer(tmp_path / "mails", "kontoret@example.org")
    for person, told in ((cast.administrator, True), (cast.reader, False)):
        page = browse(person).get("~/about/").text
        assert "Inga mejl skickas och ingen nås" in page
        assert (str(tmp_path) in page) is told
    assert "Inga mejl skickas och ingen nås" in browse(cast.administrator).get("~/settings/").text


def test_a_lists_addresses_are_seen_and_changed_by_administrators_only_and_the_log_says_so(
    cast: Cast, browse: Callable[..., Browser]
) -> None:
    papers = writing.press_list(cast.installation, cast, "red@tidning.example")
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Channel, papers).facts = {"recipients": 1}
    assert browse(cast.approver).get(f"~/channels/{papers}/addresses").status_code == 403
    admin = browse(cast.administrator)
    assert "red@tidning.example" not in admin.get(f"~/channels/{papers}").text
    shown = admin.get(f"~/channels/{papers}/addresses")
    assert "red@tidning.example" in shown.text
    assert "no-store" in shown.headers["Cache-Control"]
    wrong = admin.post(f"~/channels/{papers}/addresses", {"addresses": "red@tidning.example\ningen adress"})
    assert wrong.status_code == 422
    assert "ingen adress" in wrong.text
    lines = {"addresses": "red@tidning.example\np4@radio.example"}
    assert admin.post(f"~/channels/{papers}/addresses", lines).status_code == 303
    assert "2 adresser" in admin.get("~/channels/").text
    with cast.installation.store.read(cast.place.id) as session:
        actions = set(session.scalars(select(AuditEntry.action)))
        told = " ".join(str(facts) for facts in session.scalars(select(AuditEntry.facts)))
    assert {"channel.list_opened", "channel.list_changed"} <= actions
    assert "red@tidning.example" not in told
    room = channel(cast.installation, cast.place.id, "newsroom")
    assert admin.get(f"~/channels/{room}/addresses").status_code == 404


def test_the_offices_own_places_are_called_what_a_person_knows_them_by(
    cast: Cast, browse: Callable[..., Browser]
) -> None:
    folder = channel(
        cast.installation, cast.place.id, "folder", name="Arkiv", account="/srv/hem/published/3", account_name="3"
    )
    page = browse(cast.writer).get("~/channels/").text
    assert "published/3" in page
    told = browse(cast.writer).post("~/write/check", {"kind": "post", "text": "Hej", "channels": folder}).get_json()
    assert f"<strong>{cast.place.name}</strong>" in told["previews"]
    assert "<strong>3</strong>" not in told["previews"]


def test_changed_addresses_are_one_line_in_the_record(cast: Cast, browse: Callable[..., Browser]) -> None:
    papers = writing.press_list(cast.installation, cast, "red@tidning.example")
    lines = {"addresses": "red@tidning.example\np4@radio.example"}
    assert browse(cast.administrator).post(f"~/channels/{papers}/addresses", lines).status_code == 303
    with cast.installation.store.read(cast.place.id) as session:
        told = session.scalars(
            select(AuditEntry).where(AuditEntry.action.startswith("channel.")).order_by(AuditEntry.id)
        ).all()
    assert [one.action for one in told][-1:] == ["channel.list_changed"]
    assert "channel.reconnected" not in {one.action for one in told}
    assert told[-1].facts["count"] == 2


def test_a_list_from_before_shows_its_addresses_without_being_checked_again(
    cast: Cast, browse: Callable[..., Browser]
) -> None:
    papers = writing.press_list(cast.installation, cast, "red@tidning.example")
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Channel, papers).facts = {}
    assert f"/channels/{papers}/addresses" in browse(cast.administrator).get(f"~/channels/{papers}").text

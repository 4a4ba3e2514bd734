"""The mails that nobody got: an administrator reads their own office's, and uses nobody else's link."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import update

from commsched.core.text.messages import NotAllowed
from commsched.mail.folder import FolderMailer
from commsched.services.approval import confidential
from commsched.services.kernel.context import Installation
from commsched.services.mailing import unsent
from commsched.services.notices import outbox
from commsched.services.workflow import approve, editing
from commsched.store.models import Workspace
from commsched.store.session import EVERY_WORKSPACE
from tests import writing
from tests.conftest import Cast, SetClock


@pytest.fixture
def quiet(installation: Installation) -> Installation:
    """The installation without a mail server."""
    return msgspec.structs.replace(installation, mailer=FolderMailer(installation.home / "outbox", "a@example.org"))


def asked(quiet: Installation, cast: Cast) -> None:
    """Something waits for Gunnar, and his mail has become a file."""
    to = list(writing.channels(quiet, cast).values())
    writing.submitted(quiet, cast, to)
    assert outbox.send_due(quiet)


def links(mail: unsent.UnsentMail) -> list[str]:
    return [piece.url for piece in mail.pieces if piece.url]


def test_a_mail_is_read_but_anothers_link_is_withheld(quiet: Installation, cast: Cast) -> None:
    """With the link one approves in Gunnar's name, and nobody would know who did."""
    asked(quiet, cast)
    mails = [mail for mail in unsent.read(quiet, cast.actor()) if "gunnar@" in mail.to]
    assert [mail.asks for mail in mails] == [True]
    assert "godkänn" in mails[0].subject.lower()
    assert not any("/a/" in text for mail in mails for text in (*links(mail), *(p.text for p in mail.pieces)))
    assert "withheld" in {piece.kind for piece in mails[0].pieces}


def test_ones_own_link_is_pressed(quiet: Installation, cast: Cast) -> None:
    asked(quiet, cast)
    with quiet.store.write(cast.place.id) as session:
        from commsched.store.models import Notice

        session.execute(update(Notice).values(person_id=cast.administrator.id))
    own = [mail for mail in unsent.read(quiet, cast.actor()) if mail.asks]
    assert any("/a/" in url for url in links(own[0]))


def test_in_a_demo_every_link_is_pressed_and_the_newest_is_one_press_away(quiet: Installation, cast: Cast) -> None:
    with quiet.store.write(EVERY_WORKSPACE) as session:
        session.get_one(Workspace, cast.place.id).is_demo = True
    asked(quiet, cast)
    (mail,) = [mail for mail in unsent.read(quiet, cast.actor()) if mail.asks]
    (button,) = [piece for piece in mail.pieces if piece.kind == "button"]
    assert button.url.startswith("http://localhost/a/")
    newest = unsent.newest_request(quiet, cast.actor())
    assert newest == ("Gunnar Lind", button.url.removeprefix("http://localhost"))


def test_another_offices_mails_are_not_there(quiet: Installation, cast: Cast) -> None:
    asked(quiet, cast)
    assert unsent.read(quiet, cast.elsewhere_actor) == []
    assert unsent.count(quiet, cast.elsewhere_actor) == 0
    assert unsent.count(quiet, cast.actor()) >= 1
    with pytest.raises(NotAllowed):
        unsent.read(quiet, cast.actor("writer"))


def test_a_file_that_is_gone_is_said(quiet: Installation, cast: Cast) -> None:
    asked(quiet, cast)
    for file in Path(quiet.home / "outbox").iterdir():
        file.unlink()
    assert {mail.subject for mail in unsent.read(quiet, cast.actor())} == {""}
    assert unsent.newest_request(quiet, cast.actor()) is None


def test_a_text_is_taken_apart_at_its_links() -> None:
    text = "Hej <b>du</b>. Se https://example.org/x.\n\nLäs och avgör:\nhttp://localhost/a/hemlig\n\nHälsningar"
    pieces = list(unsent._pieces(text, True))
    assert [(piece.kind, piece.url) for piece in pieces if piece.kind != "text"] == [
        ("link", "https://example.org/x"),
        ("button", "http://localhost/a/hemlig"),
    ]
    assert pieces[0].text == "Hej <b>du</b>. Se "
    assert [piece.kind for piece in unsent._pieces(text, False)][3] == "withheld"


WORD = "avgångsvederlaget"


def _secret(quiet: Installation, cast: Cast) -> int:
    """Something about which only the writer and the approver know, and that waits for approval."""
    to = list(writing.channels(quiet, cast).values())
    about = writing.draft(to, title=f"Om {WORD}", text=f"Allt om {WORD}.")
    item = editing.create(quiet, cast.actor("writer"), about)
    confidential.restrict(quiet, cast.actor("writer"), item, {cast.approver.id})
    approve.submit(quiet, cast.actor("writer"), item, then_schedule=True)
    return item


def _all(mails: list[unsent.UnsentMail]) -> str:
    return " ".join(piece.text for mail in mails for piece in mail.pieces) + " ".join(mail.subject for mail in mails)


def test_a_mail_that_also_asks_about_something_confidential_is_kept_from_others(
    quiet: Installation, cast: Cast, clock: SetClock
) -> None:
    asked(quiet, cast)
    _secret(quiet, cast)
    to = list(writing.channels(quiet, cast).values())
    writing.submitted(quiet, cast, to)
    clock.forward(minutes=10)
    assert outbox.send_due(quiet)
    assert WORD not in _all(unsent.read(quiet, cast.actor()))


@pytest.mark.parametrize("kind", ["morning", "week"])
def test_a_mail_of_the_whole_office_is_its_readers_own(quiet: Installation, cast: Cast, kind: str) -> None:
    """It lists what its reader sees, which may be more than whoever looks here."""
    _secret(quiet, cast)
    with quiet.store.write(cast.place.id) as session:
        outbox.queue(session, quiet, [cast.approver.id], kind)
    assert outbox.send_due(quiet)
    mails = unsent.read(quiet, cast.actor())
    assert WORD not in _all(mails)

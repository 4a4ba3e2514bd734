"""What is told of a confidential item away from its page: the library, the week, acts on several, mails as files."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select

from commsched.core.content.draft import PictureIn
from commsched.mail.folder import FolderMailer
from commsched.services.approval import comments, confidential
from commsched.services.mailing import unsent
from commsched.services.media import details, library, search
from commsched.services.notices import outbox, week, wishes
from commsched.services.ops import chores
from commsched.services.planning import several
from commsched.store.models import Item, Media, Notice, Workspace
from commsched.store.sight import Sight
from tests import writing
from tests.conftest import Cast, MailBag, SetClock
from tests.services.desk import approve, editing, hash_of, look, publish_what_is_due, written
from tests.services.notices.test_week import MONDAY

WORD = "avgångsvederlaget"


def closed(cast: Cast, **more: object) -> int:
    """An item that the writer and the approver see, and the administrator does not."""
    item = written(cast, **({"text": f"Allt om {WORD}."} | more))
    confidential.restrict(cast.installation, cast.actor("writer"), item, {cast.approver.id})
    return item


def alt_of(cast: Cast, picture: int) -> tuple[str, int | None]:
    with cast.installation.store.read(cast.place.id) as session:
        row = session.get_one(Media, picture)
        return row.alt, row.alt_by


# -- the library -------------------------------------------------------------------------------------------------------


def with_picture(cast: Cast, text: str = "Avtalet på bordet.") -> tuple[int, int]:
    picture = writing.picture(cast.installation, cast, alt="")
    return closed(cast, media=[PictureIn(id=picture, alt=text)]), picture


def test_its_alt_text_is_taken_out_of_the_library_and_not_put_back_by_an_edit(cast: Cast) -> None:
    item, picture = with_picture(cast)
    assert alt_of(cast, picture) == ("", None)
    editing.save(
        cast.installation,
        cast.actor("writer"),
        item,
        writing.draft([], media=[PictureIn(id=picture, alt="Avtalet, sidan 2.")]),
    )
    assert alt_of(cast, picture) == ("", None)


def test_another_items_words_stay_when_it_becomes_confidential(cast: Cast) -> None:
    picture = writing.picture(cast.installation, cast, alt="")
    written(cast, media=[PictureIn(id=picture, alt="Bordet.")])
    closed(cast, media=[PictureIn(id=picture, alt="Avtalet på bordet.")])
    assert alt_of(cast, picture) == ("Bordet.", cast.writer.id)


def test_its_words_are_learned_when_it_is_opened(cast: Cast) -> None:
    item, picture = with_picture(cast)
    confidential.open_to_all(cast.installation, cast.actor("writer"), item)
    assert alt_of(cast, picture) == ("Avtalet på bordet.", cast.writer.id)


def test_its_words_are_learned_when_it_is_out(cast: Cast, clock: SetClock) -> None:
    item, picture = with_picture(cast)
    approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=True)
    approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))

    chores.run(cast.installation)
    assert alt_of(cast, picture) == ("", None)
    clock.at += timedelta(hours=6)
    publish_what_is_due(cast.installation)
    assert look(cast, item).state == "published"
    chores.run(cast.installation)
    assert alt_of(cast, picture) == ("Avtalet på bordet.", cast.writer.id)


@pytest.mark.parametrize(("role", "sees"), [("approver", True), ("administrator", False)])
def test_where_a_picture_is_used_is_told_to_those_named(cast: Cast, role: str, sees: bool) -> None:
    item, picture = with_picture(cast)
    with cast.installation.store.read(cast.actor(role).workspace) as session:
        used = details.uses(session, [picture], cast.installation.now())
    assert [use.item.id for use in used] == ([item] if sees else [])


# -- planning ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deed", several.DEEDS)
def test_an_act_on_several_neither_tells_of_it_nor_touches_it(cast: Cast, deed: several.Deed) -> None:
    item = closed(cast)
    before = look(cast, item).wall_time
    administrator = cast.actor("administrator")
    assert several.foresee(cast.installation, administrator, deed, [item], 1) == []
    assert several.carry_out(cast.installation, administrator, deed, {item: "free"}, 1) == []
    assert (look(cast, item).state, look(cast, item).wall_time) == ("draft", before)
    assert len(several.foresee(cast.installation, cast.actor("writer"), deed, [item], 1)) == 1


def test_the_week_names_it_to_those_named(cast: Cast, clock: SetClock) -> None:
    item = closed(cast, publish_at="2026-12-01T07:30")
    approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=True)
    for person, sees in ((cast.writer, True), (cast.approver, True), (cast.administrator, False)):
        with cast.installation.store.read(Sight(cast.place.id, person.id)) as session:
            lists = week.lists(session, session.get_one(Workspace, cast.place.id), "sv", MONDAY)
        assert (WORD in str(lists)) is sees, person.name


def test_the_morning_mail_names_it_to_those_named(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    item = closed(cast, publish_at="2026-11-27T18:00")
    approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=True)
    chores.run(cast.installation)  # on its first day an office gets none
    outbox.send_due(cast.installation)
    mail.sent.clear()
    clock.at += timedelta(days=1, hours=1)
    chores.run(cast.installation)
    outbox.send_due(cast.installation)
    mornings = {letter.to: WORD in letter.text for letter in mail.sent}
    assert mornings[cast.administrator.email] is False
    assert mornings[cast.approver.email] is True


# -- mails as files ----------------------------------------------------------------------------------------------------


@pytest.fixture
def quiet(cast: Cast) -> Cast:
    """The office without a mail server."""
    folder = FolderMailer(cast.installation.home / "outbox", "a@example.org")
    return dataclasses.replace(cast, installation=msgspec.structs.replace(cast.installation, mailer=folder))


def read(cast: Cast) -> str:
    return str(unsent.read(cast.installation, cast.actor("administrator")))


def test_mails_about_it_are_not_read_by_an_administrator(quiet: Cast) -> None:
    item = closed(quiet)
    approve.submit(quiet.installation, quiet.actor("writer"), item)
    comments.comment(quiet.installation, quiet.actor("approver"), item, f"Är {WORD} rätt?")
    assert outbox.send_due(quiet.installation)
    assert WORD not in read(quiet)


def test_a_mail_that_asks_for_several_is_not_read_where_it_is_one_of_them(quiet: Cast, clock: SetClock) -> None:
    approve.submit(quiet.installation, quiet.actor("writer"), written(quiet, text="Öppet."))
    outbox.send_due(quiet.installation)
    approve.submit(quiet.installation, quiet.actor("writer"), written(quiet, text="Öppet också."))
    approve.submit(quiet.installation, quiet.actor("writer"), closed(quiet))
    clock.forward(minutes=6)
    outbox.send_due(quiet.installation)
    text = read(quiet)
    assert "Öppet." in text
    assert WORD not in text


def test_anothers_mail_of_the_week_is_not_read(quiet: Cast, clock: SetClock) -> None:
    item = closed(quiet, publish_at="2026-12-01T07:30")
    approve.submit(quiet.installation, quiet.actor("writer"), item, then_schedule=True)
    wishes.set_week(quiet.installation, quiet.writer.id, 7)
    clock.at = MONDAY + timedelta(hours=1)
    chores.run(quiet.installation)
    outbox.send_due(quiet.installation)
    files = [file.read_text() for file in (quiet.installation.home / "outbox").iterdir()]
    assert any("v. 49" in text for text in files)
    mails = unsent.read(quiet.installation, quiet.actor("administrator"))
    assert not any("v. 49" in mail.subject for mail in mails)
    assert [(mail.subject, mail.pieces) for mail in mails if mail.closed and mail.to.startswith(quiet.writer.name)] == [
        ("", [])
    ]
    assert WORD not in read(quiet)


def test_a_sight_is_given_to_the_database_as_a_plain_number(cast: Cast) -> None:
    sight = Sight(cast.place.id, cast.writer.id)
    with cast.installation.store.read(sight) as session:
        assert session.scalar(select(Workspace.id).where(Workspace.id == sight)) == cast.place.id


# -- notices -----------------------------------------------------------------------------------------------------------


def test_no_notice_is_made_for_others_so_that_none_is_pushed(cast: Cast) -> None:
    """A mail is judged once more when it is written; a device is told at once of whatever there is."""
    item = closed(cast)
    people = [cast.administrator.id, cast.approver.id]
    with cast.installation.store.write(cast.place.id) as session:
        outbox.queue(session, cast.installation, people, "asked_to_approve", item=session.get_one(Item, item))
        session.flush()
        assert list(session.scalars(select(Notice.person_id).where(Notice.item_id == item))) == [cast.approver.id]


# -- the composer's pictures -------------------------------------------------------------------------------------------


def test_what_was_used_last_comes_first_but_a_confidential_use_moves_nothing(cast: Cast) -> None:
    old, newer, newest = (
        library.add(cast.installation, cast.actor("writer"), writing.photo(tone=tone), f"{tone}.jpg").media.id
        for tone in (10, 120, 230)
    )
    written(cast, media=[PictureIn(id=old, alt="Gammal.")])
    closed(cast, media=[PictureIn(id=newer, alt="Nyare.")])

    def order(role: str, words: str = "") -> list[int]:
        with cast.installation.store.read(cast.actor(role).workspace) as session:
            return [row.id for row in search.to_choose_from(session, words)]

    assert order("administrator") == [old, newest, newer]
    assert order("approver") == [newer, old, newest]
    assert order("writer", "gammal") == [old]

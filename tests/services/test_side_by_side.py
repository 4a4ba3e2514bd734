"""Two people, or two engines, at the same moment: neither loses what the other did, and whoever is second hears a
sentence. On SQLite the second waits at the door; on PostgreSQL both are inside, and rows and names are locked."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from commsched.core.text.messages import Conflict, OfficeError
from commsched.services.accounts import login_throttle, office_settings, people
from commsched.services.channels import connect
from commsched.services.content.items import Changed
from commsched.services.kernel import audit_log
from commsched.services.kernel.blobs import blob_of
from commsched.services.media import details, library, quota
from commsched.services.notices import outbox
from commsched.services.ops import chores
from commsched.services.staff import leaving
from commsched.services.workflow import editing, idempotency, pause
from commsched.store.models import Item, Media, Membership, Notice, Person, SignInTry, Workspace
from commsched.store.session import EVERY_WORKSPACE
from tests.conftest import PASSWORD, Cast, MailBag, SetClock
from tests.images import files
from tests.services import desk
from tests.side_by_side import side_by_side


def refused(ends: tuple[Any, Any], kind: type[OfficeError] = Conflict) -> list[OfficeError]:
    """Those of the two that were refused in a sentence; nothing else may have gone wrong."""
    wrong = [end for end in ends if isinstance(end, BaseException)]
    assert all(isinstance(end, kind) for end in wrong), wrong
    return wrong


def test_the_record_stays_one_chain(cast: Cast) -> None:
    """Design 10: a fork would read as tampering."""
    say = [lambda n=n: office_settings.update_public(cast.installation, cast.actor(), f"{n}", "") for n in range(2)]
    pausing = side_by_side(say[0], lambda: connect_newsroom(cast, "Pressrummet"))
    assert refused(pausing) == []
    with cast.installation.store.engine.connect() as connection:
        assert list(audit_log.broken(connection)) == []


def connect_newsroom(cast: Cast, name: str) -> Any:
    return connect.connect(cast.installation, cast.actor(), "newsroom", name, {})


def test_ten_guesses_are_ten_however_many_come_at_once(cast: Cast) -> None:
    installation = cast.installation
    under = [login_throttle.Limit("here", login_throttle.PER_PLACE)]
    for _ in range(login_throttle.PER_PLACE - 1):
        login_throttle.count(installation, under)
    ends = side_by_side(
        lambda: login_throttle.count(installation, under), lambda: login_throttle.count(installation, under)
    )
    assert len(refused(ends, login_throttle.TooManyTries)) == 1
    with installation.store.read(EVERY_WORKSPACE) as session:
        assert session.scalar(select(func.count(SignInTry.id))) == login_throttle.PER_PLACE


def test_two_engines_mail_each_notice_once(cast: Cast, mail: MailBag) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        outbox.queue(session, cast.installation, [cast.approver.id, cast.writer.id], "paused", by="Astrid", reason="x")
    ends = side_by_side(lambda: outbox.send_due(cast.installation), lambda: outbox.send_due(cast.installation))
    assert sum(ends) == 2
    assert len(mail.sent) == 2


def test_two_settings_of_one_office_are_both_kept(cast: Cast) -> None:
    ends = side_by_side(
        lambda: quota.set_room(cast.installation, cast.actor(), 500),
        lambda: office_settings.update_public(cast.installation, cast.actor(), "Vi är gruppen.", "Ring oss."),
    )
    assert refused(ends) == []
    kept = office_settings.get(cast.installation, cast.place.id).settings
    assert (kept["room_mb"], kept["about"], kept["press_contact"]) == (500, "Vi är gruppen.", "Ring oss.")


def test_what_is_written_down_of_a_picture_is_not_lost_to_who_hands_it_in_again(cast: Cast) -> None:
    actor, data = cast.actor("writer"), files.png()
    media = library.add(cast.installation, actor, data, "x.png", "En buss").media
    known = details.PictureDetails(alt="En buss", tags=("buss",))
    ends = side_by_side(
        lambda: details.write_down(cast.installation, actor, media.id, known),
        lambda: library.add(cast.installation, actor, data, facts={"from": "web"}),
    )
    assert refused(ends) == []
    with cast.installation.store.read(cast.place.id) as session:
        facts = session.get_one(Media, media.id).facts
    assert facts["tags"] == ["buss"]
    assert facts["from"] == "web"


def test_the_same_picture_twice_at_once_is_one(cast: Cast) -> None:
    actor, data = cast.actor("writer"), files.png()
    ends = side_by_side(
        lambda: library.add(cast.installation, actor, data), lambda: library.add(cast.installation, actor, data)
    )
    assert refused(ends) == []
    assert ends[0].media.id == ends[1].media.id


def test_a_file_that_is_just_being_taken_in_is_not_swept_away(cast: Cast) -> None:
    actor, data = cast.actor("writer"), files.png()
    gone = library.add(cast.installation, actor, data).media
    with cast.installation.store.write(cast.place.id) as session:
        quota.put_on_list(session, [(gone.sha256, gone.suffix)])
        session.delete(session.get_one(Media, gone.id))
    ends = side_by_side(lambda: library.add(cast.installation, actor, data), lambda: quota.sweep(cast.installation))
    assert refused(ends) == []
    assert blob_of(cast.installation, gone).exists()


def test_the_last_of_the_room_is_given_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = files.png(), files.jpeg()
    sizes = [library.add(cast.installation, cast.elsewhere_actor, one).media.size for one in pictures]
    monkeypatch.setattr(quota, "MB", 1)
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Workspace, cast.place.id).settings = {"room_mb": sum(sizes) - 1}
    ends = side_by_side(*(partial(library.add, cast.installation, cast.actor("writer"), one) for one in pictures))
    assert len(refused(ends, quota.Full)) == 1


def test_a_person_who_is_added_twice_at_once_is_one(cast: Cast) -> None:
    def add(actor: Any) -> Any:
        return people.add_person(cast.installation, actor, "ny@example.org", "writer", password=PASSWORD)

    assert refused(side_by_side(lambda: add(cast.actor()), lambda: add(cast.elsewhere_actor))) == []
    with cast.installation.store.read(EVERY_WORKSPACE) as session:
        person = session.scalars(select(Person).where(Person.email == "ny@example.org")).one()
        assert session.scalar(select(func.count(Membership.id)).where(Membership.person_id == person.id)) == 2


def test_who_is_second_hears_that_the_person_or_the_office_is_there(cast: Cast) -> None:
    def add() -> Any:
        return people.add_person(cast.installation, cast.actor(), "ny@example.org", "writer", password=PASSWORD)

    def found(email: str) -> Any:
        return people.create_workspace(cast.installation, "Nya gruppen", email, PASSWORD)

    assert len(refused(side_by_side(add, add))) == 1
    assert len(refused(side_by_side(lambda: found("a@example.org"), lambda: found("b@example.org")))) == 1


def test_two_channels_of_one_name_are_not_connected_at_once(cast: Cast) -> None:
    ends = side_by_side(lambda: connect_newsroom(cast, "Pressrummet"), lambda: connect_newsroom(cast, "pressrummet"))
    assert len(refused(ends)) == 1


def test_one_key_makes_one_item(cast: Cast) -> None:
    wish = desk.draft([])
    ends = side_by_side(
        lambda: idempotency.create(cast.installation, cast.actor("writer"), wish, "nyckel"),
        lambda: idempotency.create(cast.installation, cast.actor("writer"), wish, "nyckel"),
    )
    assert refused(ends) == []
    assert ends[0].item_id == ends[1].item_id
    pages = side_by_side(
        lambda: idempotency.save_new(cast.installation, cast.actor("writer"), wish, "sida"),
        lambda: idempotency.save_new(cast.installation, cast.actor("writer"), wish, "sida"),
    )
    assert refused(pages) == []
    assert pages[0] == pages[1]


def test_two_administrators_cannot_both_leave(cast: Cast) -> None:
    other = people.add_person(cast.installation, cast.actor(), "ny@example.org", "administrator").person
    ends = side_by_side(
        lambda: leaving.set_role(cast.installation, cast.actor(), cast.administrator.id, "writer"),
        lambda: leaving.set_role(cast.installation, cast.actor(), other.id, "writer"),
    )
    assert len(refused(ends)) == 1


def test_two_who_save_the_same_version_do_not_overwrite_each_other(cast: Cast) -> None:
    item = desk.written(cast)
    hashed = desk.hash_of(cast, item)

    def save(text: str) -> Any:
        with cast.installation.store.read(cast.place.id) as session:
            to = [int(one) for one in session.get_one(Item, item).channels.split(",") if one]
        return editing.save(cast.installation, cast.actor("writer"), item, desk.draft(to, text=text), hashed)

    ends = side_by_side(lambda: save("Den ena texten."), lambda: save("Den andra texten."))
    assert len(refused(ends, Changed)) == 1
    assert desk.look(cast, item).version == 2


def test_an_office_is_paused_once(cast: Cast) -> None:
    ends = side_by_side(
        lambda: pause.pause(cast.installation, cast.actor(), "Brand."),
        lambda: pause.pause(cast.installation, cast.actor("approver"), "Något annat."),
    )
    assert len(refused(ends)) == 1


def test_the_morning_mail_is_queued_once_by_two_engines(cast: Cast, clock: SetClock) -> None:
    desk.submitted(cast)
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Workspace, cast.place.id).settings = {"morning": "2026-11-25"}
    clock.forward(minutes=90)

    def chore() -> None:
        with cast.installation.store.write(cast.place.id) as session:
            chores.morning_mail(cast.installation, session, session.get_one(Workspace, cast.place.id))

    assert refused(side_by_side(chore, chore)) == []
    with cast.installation.store.read(cast.place.id) as session:
        people_told = list(session.scalars(select(Notice.person_id).where(Notice.kind == "morning")))
    assert people_told
    assert len(people_told) == len(set(people_told))


def test_what_waits_unapproved_is_held_once(cast: Cast, clock: SetClock) -> None:
    item = desk.submitted(cast)
    clock.forward(hours=6)

    def chore() -> None:
        with cast.installation.store.write(cast.place.id) as session:
            chores.hold_unapproved(cast.installation, session, session.get_one(Workspace, cast.place.id))

    assert refused(side_by_side(chore, chore)) == []
    assert desk.look(cast, item).state == "held"
    with cast.installation.store.read(cast.place.id) as session:
        told = list(session.scalars(select(Notice.person_id).where(Notice.kind == "held")))
    assert len(told) == len(set(told))

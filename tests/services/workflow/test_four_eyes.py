"""Two people have agreed to every word that goes out, each counted once; and whoever is asked can answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from commsched.core.approval.rules import Policy, Step
from commsched.core.content.draft import PictureIn
from commsched.core.text.messages import Conflict, Invalid, NotAllowed
from commsched.services.accounts import deputies, office_settings, people, policies
from commsched.services.approval import comments
from commsched.services.approval.approvers import Turn, turn
from commsched.services.content.items import current, load
from commsched.services.media import search
from commsched.services.notices import outbox
from commsched.services.ops import chores
from commsched.services.staff import leaving, succession
from commsched.services.views import today
from commsched.services.workflow import approval_links, approve, editing, schedule
from commsched.store.models import AuditEntry, Decision, Item, Media, Membership, Notice, Person, Workspace
from commsched.store.session import EVERY_WORKSPACE
from tests import writing
from tests.conftest import Cast, MailBag
from tests.publications import channel
from tests.services.desk import approved, deliveries, draft, hash_of, look, notices, scheduled, submitted, written
from tests.services.workflow.test_approve import policy, token_for


def now(cast: Cast, item: int) -> Turn:
    with cast.installation.store.read(cast.place.id) as session:
        row = load(session, item)
        return turn(cast.installation, session, row, current(session, row))


def yes(cast: Cast, who: str, item: int) -> None:
    approve.approve(cast.installation, cast.actor(who), item, hash_of(cast, item))


def record(cast: Cast, item: int) -> list[str]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(
            session.scalars(select(AuditEntry.action).where(AuditEntry.item_id == item).order_by(AuditEntry.id))
        )


def stand_in(cast: Cast, principal: Person, deputy: Person) -> None:
    at = cast.installation.now()
    deputies.set_deputy(cast.installation, cast.actor(), principal.id, deputy.id, at, at + timedelta(days=9))


def second(cast: Cast, role: str = "approver") -> Person:
    return people.add_person(cast.installation, cast.actor(), "eva@example.org", role, name="Eva Ström").person


def chain(cast: Cast, *steps: list[Person], need: Any = "any") -> None:
    policy(cast, Policy(steps=[Step(people=[one.id for one in some], need=need) for some in steps]))


# -- one human counts once ------------------------------------------------------------------------------


def test_who_has_said_yes_is_not_asked_again_in_mail_on_today_or_on_the_page(cast: Cast) -> None:
    chain(cast, [cast.approver, cast.administrator], need="all")
    item = submitted(cast)
    yes(cast, "approver", item)
    assert now(cast, item).asked == {cast.administrator.id}
    before = len(asked_mails(cast, cast.approver))
    cast.installation.clock.forward(hours=3, minutes=30)  # type: ignore[attr-defined]
    chores.run(cast.installation)  # the reminder
    assert len(asked_mails(cast, cast.approver)) == before
    at = cast.installation.now()
    shown = today.read_today(
        cast.installation, cast.actor("approver"), at, at + timedelta(days=1), at + timedelta(days=2)
    )
    assert item not in shown.mine
    with pytest.raises(NotAllowed, match="said yes already"):
        yes(cast, "approver", item)


def asked_mails(cast: Cast, person: Person) -> list[Notice]:
    with cast.installation.store.read(cast.place.id) as session:
        wanted = (Notice.person_id == person.id, Notice.kind.in_(outbox.ASKING))
        return list(session.scalars(select(Notice).where(*wanted).order_by(Notice.id)))


def test_one_person_is_not_both_pairs_of_eyes(cast: Cast) -> None:
    pair = [cast.approver, cast.administrator]
    chain(cast, pair, pair)
    item = submitted(cast)
    yes(cast, "approver", item)
    with pytest.raises(NotAllowed):
        yes(cast, "approver", item)
    assert now(cast, item).deciders == {cast.administrator.id}
    yes(cast, "administrator", item)
    assert look(cast, item).state == "scheduled"


def test_a_deputy_who_has_said_yes_does_not_fill_the_principals_place_too(cast: Cast) -> None:
    chain(cast, [cast.approver, cast.administrator], need="all")
    stand_in(cast, cast.administrator, cast.approver)
    item = submitted(cast)
    yes(cast, "approver", item)
    with pytest.raises(NotAllowed):
        yes(cast, "approver", item)
    assert look(cast, item).state == "in_review"
    yes(cast, "administrator", item)
    assert look(cast, item).state == "scheduled"


def test_who_said_yes_as_a_deputy_and_again_in_their_own_name_is_still_one_person(cast: Cast) -> None:
    chain(cast, [cast.administrator], [cast.approver])
    stand_in(cast, cast.administrator, cast.approver)
    item = submitted(cast)
    yes(cast, "approver", item)  # as the administrator's deputy
    with pytest.raises(NotAllowed):
        yes(cast, "approver", item)
    assert look(cast, item).state == "in_review"
    yes(cast, "administrator", item)
    assert look(cast, item).state == "scheduled"


def test_a_rule_that_takes_more_people_than_there_are_is_refused(cast: Cast) -> None:
    with cast.installation.store.read(cast.place.id) as session, pytest.raises(Invalid, match="different people"):
        policies.check_policy(session, Policy(steps=[Step(people=[cast.approver.id])] * 2))


# -- nobody's own words -----------------------------------------------------------------------------------


def test_the_leaders_deputy_does_not_approve_the_leaders_own_words(cast: Cast) -> None:
    chain(cast, [cast.approver])
    stand_in(cast, cast.approver, cast.administrator)
    item = editing.create(cast.installation, cast.actor("approver"), draft([channel(cast.installation, cast.place.id)]))
    approve.submit(cast.installation, cast.actor("approver"), item)
    with pytest.raises(NotAllowed):
        yes(cast, "administrator", item)


def test_the_deputy_of_somebody_who_may_not_approve_any_more_does_not_either(cast: Cast) -> None:
    third = second(cast)
    chain(cast, [cast.approver, third])
    stand_in(cast, cast.approver, cast.administrator)
    item = submitted(cast)
    assert cast.administrator.id in now(cast, item).asked
    leaving.set_role(cast.installation, cast.actor(), cast.approver.id, "writer")
    with pytest.raises(NotAllowed):
        yes(cast, "administrator", item)
    assert now(cast, item).asked == {third.id}


def test_the_deputy_of_somebody_whose_role_an_older_version_took_without_looking_does_not_count(cast: Cast) -> None:
    chain(cast, [cast.approver])
    stand_in(cast, cast.approver, cast.administrator)
    item = submitted(cast)
    with cast.installation.store.write(cast.place.id) as session:
        row = session.scalars(select(Membership).where(Membership.person_id == cast.approver.id)).one()
        row.role = "reader"
    with pytest.raises(NotAllowed):
        yes(cast, "administrator", item)


def test_who_wrote_it_does_not_approve_it_as_somebody_elses_deputy(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id)]
    chain(cast, [cast.approver])
    stand_in(cast, cast.approver, cast.administrator)
    item = submitted(cast, channels=to)
    editing.save(cast.installation, cast.actor(), item, draft(to, text="Administratörens ord."))
    approve.submit(cast.installation, cast.actor(), item)
    with pytest.raises(NotAllowed, match="your own"):
        yes(cast, "administrator", item)


@pytest.mark.parametrize("words", ["alt", "credit", "card"])
def test_words_written_in_the_library_are_their_writers_words(cast: Cast, words: str) -> None:
    picture = writing.picture(cast.installation, cast)
    given: int | PictureIn = picture
    if words == "card":
        with cast.installation.store.write(cast.place.id) as session:
            row = session.get_one(Media, picture)
            row.facts, row.person_id = row.facts | {"card": {"design": "quote"}}, cast.approver.id
        given = PictureIn(id=picture, alt="Ett citat.")
    else:
        alt, credit = ("En buss.", "") if words == "alt" else ("", "Foto: Gunnar")
        search.describe(cast.installation, cast.actor("approver"), picture, alt, credit)
        if words == "credit":
            given = PictureIn(id=picture, alt="En buss, sedd bakifrån.")
    item = submitted(cast, media=[given])
    with pytest.raises(NotAllowed, match="your own"):
        yes(cast, "approver", item)
    approve.accept(cast.installation, cast.actor("writer"), item, hash_of(cast, item))
    yes(cast, "approver", item)
    assert look(cast, item).state == "scheduled"


# -- a way that ends in a yes ---------------------------------------------------------------------------


def two(cast: Cast, leader: str) -> tuple[str, str]:
    """An office of two: Karin writes; the leader is approver (Karin administers) or administrator."""
    approves = cast.approver if leader == "approver" else cast.administrator
    role = "administrator" if leader == "approver" else "writer"
    if leader == "approver":
        leaving.set_role(cast.installation, cast.actor(), cast.writer.id, role)
    by = cast.actor("writer") if leader == "approver" else cast.actor()
    by = msgspec.structs.replace(by, role="administrator")
    for person in (cast.administrator, cast.approver, cast.reader):
        if person.id != approves.id:
            leaving.remove_person(cast.installation, by, person.id)
    return "writer", leader


ORDERS = ("", "w", "l", "wl", "lw", "lwl", "ll", "wlwl")
"""Who edits it after it was sent in, one after the other: the writer or the leader."""


@pytest.mark.parametrize("leader", ["approver", "administrator"])
@pytest.mark.parametrize("beginner", ["w", "l"])
@pytest.mark.parametrize("order", ORDERS)
def test_an_office_of_two_ends_in_a_yes_whatever_the_order_of_edits(
    cast: Cast, leader: str, beginner: str, order: str
) -> None:
    writer, boss = two(cast, leader)
    who = {"w": cast.actor(writer), "l": cast.actor(boss)}
    if leader == "approver":
        who["w"] = msgspec.structs.replace(who["w"], role="administrator")
    to = [channel(cast.installation, cast.place.id)]
    item = editing.create(cast.installation, who[beginner], draft(to, text=f"Början av {beginner} om fler turer."))
    approve.submit(cast.installation, who[beginner], item, then_schedule=True)
    for number, letter in enumerate(order):
        text = look(cast, item).search + f" {letter}{number}"
        editing.save(cast.installation, who[letter], item, draft(to, text=text))
        approve.submit(cast.installation, who[letter], item, then_schedule=True)
    if cast.writer.id in now(cast, item).acceptors:
        assert cast.writer.id in notices(cast.installation, cast.place.id, "asked_to_accept")
        approve.accept(cast.installation, who["w"], item, hash_of(cast, item))
    assert now(cast, item).asked, "the leader is asked, or who else may approve"
    asked = "w" if now(cast, item).asked == {cast.writer.id} else "l"
    approve.approve(cast.installation, who[asked], item, hash_of(cast, item))
    assert look(cast, item).state == "scheduled"


def test_only_what_was_seen_is_accepted_and_only_by_somebody_else(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item = submitted(cast, channels=to)
    editing.save(cast.installation, cast.actor("approver"), item, draft(to, text="Gruppledarens ord."))
    approve.submit(cast.installation, cast.actor("approver"), item)
    with pytest.raises(Conflict):
        approve.accept(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    with pytest.raises(Conflict):
        approve.accept(cast.installation, cast.actor("writer"), item, "0" * 64)
    assert now(cast, item).acceptors == {cast.writer.id}
    assert not now(cast, item).asked, "no administrator is bothered with what its writer can accept"


def test_accepting_another_version_than_the_one_sent_in_is_refused(cast: Cast) -> None:
    picture = writing.picture(cast.installation, cast)
    search.describe(cast.installation, cast.actor("approver"), picture, "En buss.", "")
    item = written(cast, media=[picture])
    with pytest.raises(Conflict, match="changed this"):
        approve.submit(cast.installation, cast.actor("writer"), item, accepting="0" * 64)
    approve.submit(cast.installation, cast.actor("writer"), item, accepting=hash_of(cast, item))
    assert now(cast, item).asked == {cast.approver.id}


def test_what_nobody_could_approve_is_not_sent_in(cast: Cast) -> None:
    for person in (cast.approver, cast.writer, cast.reader):
        leaving.remove_person(cast.installation, cast.actor(), person.id)
    item = editing.create(cast.installation, cast.actor(), draft([channel(cast.installation, cast.place.id)]))
    with pytest.raises(Conflict, match="Nobody here could approve"):
        approve.submit(cast.installation, cast.actor(), item)
    assert look(cast, item).state == "draft"


# -- moves ------------------------------------------------------------------------------------------------


def test_half_approved_and_moved_it_is_asked_for_again_and_can_be_approved(cast: Cast) -> None:
    chain(cast, [cast.approver], [cast.administrator])
    item = submitted(cast)
    yes(cast, "approver", item)
    schedule.move(cast.installation, cast.actor("writer"), item, "2026-12-01T12:00")
    assert now(cast, item).asked == {cast.approver.id}
    yes(cast, "approver", item)
    yes(cast, "administrator", item)
    assert look(cast, item).state == "scheduled"


def test_whose_yes_covers_the_new_time_is_not_asked_again(cast: Cast) -> None:
    chain(cast, [cast.approver, cast.administrator], need="all")
    item = submitted(cast)
    approve.approve(
        cast.installation,
        cast.actor("approver"),
        item,
        hash_of(cast, item),
        until=cast.installation.now() + timedelta(days=20),
    )
    yes(cast, "administrator", item)
    schedule.move(cast.installation, cast.actor("writer"), item, "2026-12-01T12:00", ask_again=True)
    assert now(cast, item).asked == {cast.administrator.id}
    yes(cast, "administrator", item)
    assert look(cast, item).state == "scheduled"


def test_sent_in_again_at_another_time_with_the_same_words_it_is_asked_for(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item = approved(cast, channels=to)
    editing.save(cast.installation, cast.actor("writer"), item, draft(to, text="Annat.", publish_at="2026-12-09T12:00"))
    editing.save(cast.installation, cast.actor("writer"), item, draft(to, publish_at="2026-12-09T12:00"))
    approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=True)
    assert look(cast, item).state == "in_review"
    yes(cast, "approver", item)
    assert look(cast, item).state == "scheduled"


def test_where_nobody_is_asked_whoever_moves_it_decides(cast: Cast) -> None:
    policy(cast, Policy())
    item = submitted(cast)
    schedule.move(cast.installation, cast.actor("writer"), item, "2026-12-09T12:00")
    assert look(cast, item).state == "scheduled"
    with pytest.raises(Conflict, match="no approval to take back"):
        approve.withdraw(cast.installation, cast.actor("approver"), item)


def test_what_was_held_and_gets_a_new_time_is_asked_for_again(cast: Cast) -> None:
    item = submitted(cast)
    cast.installation.clock.forward(hours=9)  # type: ignore[attr-defined]
    chores.run(cast.installation)
    before = len(asked_mails(cast, cast.approver))
    schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-27T12:00")
    assert look(cast, item).state == "in_review"
    assert len(asked_mails(cast, cast.approver)) == before + 1


# -- a no ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", ["changes", "withdraw"])
def test_a_no_stands_when_its_time_passes(cast: Cast, verdict: str) -> None:
    item = submitted(cast)
    if verdict == "changes":
        approve.request_changes(cast.installation, cast.actor("approver"), item, hash_of(cast, item), "Nej.")
    else:
        yes(cast, "approver", item)
        approve.withdraw(cast.installation, cast.actor("approver"), item)
    cast.installation.clock.forward(hours=5, minutes=5)  # type: ignore[attr-defined]
    chores.run(cast.installation)
    assert look(cast, item).state == "changes_requested"
    with pytest.raises(Conflict):
        yes(cast, "administrator", item)


def test_a_no_from_before_that_was_held_is_not_decided_by_somebody_else(cast: Cast) -> None:
    """As older versions left it."""
    item = submitted(cast)
    approve.request_changes(cast.installation, cast.actor("approver"), item, hash_of(cast, item), "Nej.")
    with cast.installation.store.write(cast.place.id) as session:
        row = session.get_one(Item, item)
        row.state, row.reason = "held", "unapproved"
    with pytest.raises(Conflict):
        yes(cast, "administrator", item)


# -- people leave ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["removed", "demoted"])
def test_what_waited_for_somebody_who_leaves_is_passed_on_and_told(cast: Cast, how: str) -> None:
    third = second(cast)
    chain(cast, [cast.approver, third], need="all")
    item = submitted(cast)
    yes(cast, "approver", item)
    deed: Callable[[], succession.PassedOn] = (
        (lambda: leaving.remove_person(cast.installation, cast.actor(), third.id))
        if how == "removed"
        else (lambda: leaving.set_role(cast.installation, cast.actor(), third.id, "reader"))
    )
    passed = deed()
    assert (passed.items, passed.names) == (1, "Astrid Holm")
    assert now(cast, item).asked == {cast.administrator.id}
    assert cast.administrator.id in notices(cast.installation, cast.place.id, "asked_to_approve")
    assert "approval.passed_on" in record(cast, item)
    with cast.installation.store.read(cast.place.id) as session:
        assert session.get_one(Workspace, cast.place.id).policy["steps"] == [
            {"people": [cast.approver.id], "need": "all"}
        ]
    yes(cast, "administrator", item)
    assert look(cast, item).state == "scheduled"


def test_nobody_leaves_while_something_waits_that_nobody_else_could_decide(cast: Cast) -> None:
    item = editing.create(cast.installation, cast.actor(), draft([channel(cast.installation, cast.place.id)]))
    approve.submit(cast.installation, cast.actor(), item)
    for person in (cast.writer, cast.reader):
        leaving.remove_person(cast.installation, cast.actor(), person.id)
    with pytest.raises(Conflict, match="nobody else here could decide"):
        leaving.remove_person(cast.installation, cast.actor(), cast.approver.id)
    assert now(cast, item).asked == {cast.approver.id}


def test_nobody_leaves_whom_the_rule_cannot_do_without(cast: Cast) -> None:
    pair = [cast.approver, cast.administrator]
    chain(cast, pair, pair)
    with pytest.raises(Conflict, match="cannot be followed"):
        leaving.set_role(cast.installation, cast.actor(), cast.approver.id, "writer")
    office_settings.set_policy(cast.installation, cast.actor(), Policy(steps=[Step()]))
    leaving.set_role(cast.installation, cast.actor(), cast.approver.id, "writer")


# -- the record ----------------------------------------------------------------------------------------------


def test_the_record_says_that_an_approval_fell_only_where_there_was_one(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item = submitted(cast, channels=to)
    editing.save(cast.installation, cast.actor("approver"), item, draft(to, text="Rättat av ledaren."))
    approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=True)
    approve.request_changes(cast.installation, cast.actor("approver"), item, hash_of(cast, item), "Nej.")
    assert "approval.voided" not in record(cast, item)
    other = scheduled(cast, channels=to, text="Ett annat ärende helt och hållet.")
    approve.withdraw(cast.installation, cast.actor("approver"), other)
    assert "approval.voided" not in record(cast, other)
    third = scheduled(cast, channels=to, text="Och ett tredje ärende, om broar.")
    editing.save(cast.installation, cast.actor("writer"), third, draft(to, text="Ändrat."))
    assert record(cast, third).count("approval.voided") == 1


def test_one_move_is_one_line(cast: Cast) -> None:
    item = scheduled(cast)
    before = record(cast, item)
    schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T13:00")
    assert record(cast, item)[len(before) :] == ["item.moved"]
    assert [row.state for row in deliveries(cast, item)][-1] == "waiting"


# -- links and mails ---------------------------------------------------------------------------------------------


def test_a_link_pressed_many_times_at_once_decides_once(cast: Cast) -> None:
    item = submitted(cast)
    token, hashed = token_for(cast, cast.approver.id), hash_of(cast, item)
    start, refused = threading.Barrier(4), []

    def press(verdict: str) -> None:
        start.wait()
        try:
            approval_links.decide(cast.installation, token, verdict, hashed, "Nej, vänta.")
        except Conflict as error:
            refused.append(error)

    threads = [threading.Thread(target=press, args=(verdict,)) for verdict in ("approve", "changes") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with cast.installation.store.read(cast.place.id) as session:
        assert len(session.scalars(select(Decision.id)).all()) == 1
    assert len(refused) == 3


def test_a_link_is_spent_in_the_decisions_own_transaction(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever has been seen of it before: the row itself is asked, and first."""
    item = submitted(cast)
    token, hashed = token_for(cast, cast.approver.id), hash_of(cast, item)
    seen = approval_links.open_link(cast.installation, token)
    approval_links.decide(cast.installation, token, "approve", hashed)
    monkeypatch.setattr(approval_links, "_open", lambda installation, session, token: seen)
    monkeypatch.setattr(approve, "request_changes_in", lambda *args: pytest.fail("it was spent"))
    with pytest.raises(approval_links.Spent):
        approval_links.decide(cast.installation, token, "changes", hashed, "Nej.")


def test_of_one_person_about_one_item_one_question_is_under_way(cast: Cast, mail: MailBag) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item = submitted(cast, channels=to)
    for number in range(5):
        editing.save(cast.installation, cast.actor("writer"), item, draft(to, text=f"Version {number} av texten."))
        approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=True)
    assert [row.state for row in asked_mails(cast, cast.approver)] == ["dropped"] * 5 + ["waiting"]
    outbox.send_due(cast.installation)
    assert len(mail.sent) == 1


def test_an_approval_wakes_the_engine(cast: Cast) -> None:
    woken: list[str] = []
    cast.installation.wake = lambda: woken.append("")
    item = submitted(cast)
    assert woken, "with nobody to ask it may be scheduled at once"
    woken.clear()
    approval_links.decide(cast.installation, token_for(cast, cast.approver.id), "approve", hash_of(cast, item))
    assert woken
    for deed in (
        lambda: yes(cast, "approver", submitted(cast, text="Något annat om bussar.")),
        lambda: approve.bypass(
            cast.installation,
            cast.actor("writer"),
            written(cast, text="Brådskande om is."),
            "Ingen går att nå på hela dagen.",
        ),
    ):
        woken.clear()
        deed()
        assert woken


# -- comments -----------------------------------------------------------------------------------------------------


def marks(cast: Cast, who: str) -> list[int]:
    with cast.installation.store.read(cast.place.id) as session:
        return [one.item.id for one in comments.unread(session, cast.actor(who).person, 9)]


def told(cast: Cast, mail: MailBag) -> list[str]:
    """Who got a mail about what was said."""
    cast.installation.clock.forward(minutes=10)  # type: ignore[attr-defined]
    mail.sent.clear()
    outbox.send_due(cast.installation)
    return sorted(one.to for one in mail.sent if "sagt" in one.subject.lower())


def test_a_comment_reaches_the_writer_who_is_asked_and_who_has_spoken_in_one_mail_a_stretch(
    cast: Cast, mail: MailBag
) -> None:
    item = submitted(cast)
    outbox.send_due(cast.installation)
    comments.comment(cast.installation, cast.actor("administrator"), item, "Stämmer siffran?")
    comments.comment(cast.installation, cast.actor("administrator"), item, "Och dagen?")
    assert marks(cast, "writer") == marks(cast, "approver") == [item]
    assert not marks(cast, "administrator"), "nobody gets their own"
    assert told(cast, mail) == sorted([cast.approver.email, cast.writer.email])
    assert "Stämmer siffran?" in mail.sent[0].text
    assert "Och dagen?" in mail.sent[0].text
    comments.comment(cast.installation, cast.actor("writer"), item, "Den är från i går.")
    assert told(cast, mail) == sorted([cast.approver.email, cast.administrator.email]), "who has spoken hears of it"


def test_who_has_read_it_is_not_mailed_and_who_has_left_neither(cast: Cast, mail: MailBag) -> None:
    item = submitted(cast)
    comments.comment(cast.installation, cast.actor("administrator"), item, "Stämmer siffran?")
    comments.read(cast.installation, cast.actor("writer"), item)
    with cast.installation.store.write(EVERY_WORKSPACE) as session:
        session.get_one(Person, cast.approver.id).active = False
    assert not marks(cast, "writer")
    assert told(cast, mail) == []


def test_what_is_said_with_a_decision_by_the_link_reaches_the_others(cast: Cast, mail: MailBag) -> None:
    item = submitted(cast)
    comments.comment(cast.installation, cast.actor("administrator"), item, "Stämmer siffran?")
    token = token_for(cast, cast.approver.id)
    told(cast, mail)
    approval_links.decide(cast.installation, token, "changes", hash_of(cast, item), "Byt siffran.")
    assert told(cast, mail) == [cast.administrator.email]
    assert "Byt siffran." in mail.sent[-1].text or "Byt siffran." in mail.sent[0].text
    assert notices(cast.installation, cast.place.id, "changes_requested") == {cast.writer.id}


def test_whoever_changes_the_handle_of_a_mention_does_not_approve_it(cast: Cast) -> None:
    """The mention book is anybody's who writes; what stands in a post because of it is somebody's words."""
    from commsched.services.content import mention_book

    to = [channel(cast.installation, cast.place.id, "x", name="X")]
    words = draft(to, text="Tack, @[Anna Berg], för i dag.")
    mention_book.keep(cast.installation, cast.actor("writer"), "Anna Berg", {"x": "@annaberg"})
    item = editing.create(cast.installation, cast.actor("writer"), words)
    approve.submit(cast.installation, cast.actor("writer"), item)
    first = hash_of(cast, item)
    mention_book.keep(cast.installation, cast.actor("approver"), "Anna Berg", {"x": "@rival"}, before="Anna Berg")
    editing.save(cast.installation, cast.actor("approver"), item, words)
    assert hash_of(cast, item) != first
    approve.submit(cast.installation, cast.actor("writer"), item)
    with pytest.raises(NotAllowed):
        approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))

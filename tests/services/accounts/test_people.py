"""Who belongs to an office, and that nobody gets into another one by it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commsched.core.text.messages import Conflict, Invalid, NotAllowed, NotFound
from commsched.core.text.slug import slug as short_name
from commsched.services.accounts import deputies, people, sessions, tokens
from commsched.services.kernel.context import Actor, Installation
from commsched.services.staff import leaving
from commsched.store.models import Person
from commsched.store.session import EVERY_WORKSPACE
from tests.conftest import PASSWORD, Cast


@pytest.mark.parametrize("role", ["reader", "writer", "approver"])
def test_only_an_administrator_looks_after_people(installation: Installation, cast: Cast, role: str) -> None:
    actor = cast.actor(role)
    with pytest.raises(NotAllowed):
        people.add_person(installation, actor, "ny@example.org", "writer")
    with pytest.raises(NotAllowed):
        leaving.set_role(installation, actor, cast.reader.id, "administrator")
    with pytest.raises(NotAllowed):
        people.reset_password(installation, actor, cast.reader.id)
    with pytest.raises(NotAllowed):
        leaving.remove_person(installation, actor, cast.reader.id)


def test_somebody_of_another_office_keeps_their_password(installation: Installation, cast: Cast) -> None:
    invited = people.add_person(installation, cast.actor(), "NILS@example.org ", "reader", password="något helt annat")
    assert invited.person.id == cast.stranger.id
    assert invited.link == ""
    assert sessions.sign_in(installation, "nils@example.org", PASSWORD)


def test_somebody_invited_elsewhere_gets_no_second_link_from_here(installation: Installation, cast: Cast) -> None:
    people.add_person(installation, cast.elsewhere_actor, "ny@example.org", "administrator")
    assert people.add_person(installation, cast.actor(), "ny@example.org", "reader").link == ""


def test_somebody_shut_out_elsewhere_is_not_let_in_from_here(installation: Installation, cast: Cast) -> None:
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.get_one(Person, cast.stranger.id).active = False
    with pytest.raises(Conflict):
        people.add_person(installation, cast.actor(), cast.stranger.email, "reader")


def test_who_left_can_come_back_with_a_new_password(installation: Installation, cast: Cast) -> None:
    leaving.remove_person(installation, cast.actor(), cast.writer.id)
    invited = people.add_person(installation, cast.actor(), cast.writer.email, "writer")
    people.use_password_link(installation, invited.link.rpartition("/")[2], "tillbaka igen nu")
    assert sessions.sign_in(installation, cast.writer.email, "tillbaka igen nu")


def test_who_was_shut_out_is_let_in_by_a_link(installation: Installation, cast: Cast) -> None:
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.get_one(Person, cast.writer.id).active = False
    link = people.reset_password(installation, cast.actor(), cast.writer.id)
    people.use_password_link(installation, link.rpartition("/")[2], "tillbaka igen nu")
    assert sessions.sign_in(installation, cast.writer.email, "tillbaka igen nu")


def test_a_link_for_another_person_cannot_be_made_from_ones_own(installation: Installation, cast: Cast) -> None:
    token = people.password_link(installation, cast.writer).rpartition("/")[2]
    for forged in (token[:-5] + ("A" if token[-5] != "A" else "B") + token[-4:], "x", "", token + ".x"):
        with pytest.raises(NotFound):
            people.read_password_link(installation, forged)


def test_nobody_of_another_office_is_touched(installation: Installation, cast: Cast) -> None:
    for deed in (people.reset_password, leaving.remove_person):
        with pytest.raises(NotFound):
            deed(installation, cast.actor(), cast.stranger.id)
    with pytest.raises(NotFound):
        leaving.set_role(installation, cast.actor(), cast.stranger.id, "reader")


@pytest.mark.parametrize("email", ["", "a", "a@", "@b.se", "a b@c.se", "a@b.se\nBcc: x@y.se", "x" * 300 + "@b.se"])
def test_what_is_no_address_is_refused(installation: Installation, cast: Cast, email: str) -> None:
    with pytest.raises(Invalid) as refused:
        people.add_person(installation, cast.actor(), email, "reader")
    assert refused.value.field == "email"


def test_a_name_is_one_line_without_control_characters() -> None:
    assert people.check_name(" Åsa\n\tÖberg\x00\x0b ") == "Åsa Öberg"
    assert people.check_name("Åsa\u202eÖberg A\u030a") == "ÅsaÖberg Å"
    assert people.check_name("علی\u200cرضا") == "علی\u200cرضا"
    with pytest.raises(Invalid):
        people.check_name("\u200f \u200d")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Regiongruppen Västra", "regiongruppen-vastra"),
        ("ÅÄÖ & Co.", "aao-co"),
        ("日本", ""),
        ("Łódź", "lodz"),
        ("Áŋŋel Đuođđara Ŧ", "annel-duoddara-t"),
        ("I" + "x" * 80, "i" + "x" * 59),
    ],
)
def test_an_address_is_made_of_the_name(name: str, slug: str) -> None:
    assert short_name(name, people.SLUG, whole_words=False) == slug


def test_two_offices_cannot_have_one_address(installation: Installation, cast: Cast) -> None:
    with pytest.raises(Conflict):
        people.create_workspace(installation, "GRUPPEN", "x@example.org", PASSWORD)


def test_an_office_is_not_half_made(installation: Installation) -> None:
    with pytest.raises(Invalid):
        people.create_workspace(installation, "Gruppen", "x@example.org", "kort")
    assert people.create_workspace(installation, "Gruppen", "x@example.org", PASSWORD)


def test_a_deputy_is_ended_by_their_principal_or_an_administrator(installation: Installation, cast: Cast) -> None:
    now = installation.now()
    row = deputies.set_deputy(
        installation, cast.actor("approver"), cast.approver.id, cast.administrator.id, now, now + timedelta(days=2)
    )
    with pytest.raises(NotAllowed):
        deputies.end_deputy(installation, cast.actor("writer"), row.id)
    deputies.end_deputy(installation, cast.actor("approver"), row.id)
    assert deputies.deputies(installation, cast.place.id) == []


def test_a_deputy_must_be_somebody_who_may_approve(installation: Installation, cast: Cast) -> None:
    now = installation.now()
    with pytest.raises(Invalid) as caught:
        deputies.set_deputy(
            installation, cast.actor("approver"), cast.approver.id, cast.writer.id, now, now + timedelta(days=2)
        )
    assert caught.value.field == "deputy"


def test_nobody_names_a_deputy_for_somebody_else(installation: Installation, cast: Cast) -> None:
    now = installation.now()
    with pytest.raises(NotAllowed):
        deputies.set_deputy(
            installation, cast.actor("writer"), cast.approver.id, cast.writer.id, now, now + timedelta(days=2)
        )


def test_a_deputy_comes_from_the_same_office(installation: Installation, cast: Cast) -> None:
    now = installation.now()
    with pytest.raises(NotFound):
        deputies.set_deputy(
            installation, cast.actor("approver"), cast.approver.id, cast.stranger.id, now, now + timedelta(days=2)
        )


def test_a_token_of_another_office_cannot_be_ended_from_here(installation: Installation, cast: Cast) -> None:
    tokens.create_token(installation, cast.elsewhere_actor, "theirs")
    theirs = tokens.tokens(installation, cast.elsewhere.id)[0]
    with pytest.raises(NotFound):
        tokens.revoke_token(installation, cast.actor(), theirs.id)


def test_an_actor_without_a_role_may_nothing() -> None:
    with pytest.raises(NotAllowed):
        Actor(1, "x", 1, "").require("read")

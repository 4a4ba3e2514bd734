"""A leader mends a word in what somebody wrote: who is asked to accept it, in which words, and what follows."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import msgspec
import pytest

from commsched.services.accounts import people
from commsched.services.approval.approvers import Turn, turn
from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.services.notices import outbox
from commsched.services.staff import leaving
from commsched.services.workflow import approve, editing
from commsched.store.models import Item, Person
from tests import writing
from tests.conftest import Browser, Cast, MailBag

Browse = Callable[..., Browser]


class Pair(msgspec.Struct):
    """Who begins an item, and who mends a word in it."""

    begins: Person
    mends: Person
    role: str
    """What the one who begins it is in the office."""


@pytest.fixture(params=["writer and approver", "administrator and approver", "writer and sole administrator"])
def pair(request: pytest.FixtureRequest, cast: Cast, installation: Installation) -> Pair:
    """The three offices of two that there are, with somebody more who may write."""
    people.add_person(installation, cast.actor(), "per@example.org", "writer", name="Per Alm")
    if request.param == "writer and approver":
        return Pair(cast.writer, cast.approver, "writer")
    if request.param == "administrator and approver":
        return Pair(cast.administrator, cast.approver, "administrator")
    leaving.set_role(installation, cast.actor(), cast.approver.id, "reader")
    return Pair(cast.writer, cast.administrator, "writer")


@pytest.fixture
def mended(installation: Installation, cast: Cast, pair: Pair) -> int:
    """Begun and sent in by the one, changed and sent in anew by the other."""
    to = [writing.channels(installation, cast)["x"]]
    number = writing.submitted(installation, cast, to, writer=acting(cast, pair.begins))
    editing.save(
        installation, acting(cast, pair.mends), number, writing.draft(to, text="Fler turer på linje 14 i vår.")
    )
    approve.submit(installation, acting(cast, pair.mends), number, then_schedule=True)
    return number


def acting(cast: Cast, person: Person):  # type: ignore[no-untyped-def]  # whatever the cast's actor is
    name = next(name for name in ("administrator", "approver", "writer") if getattr(cast, name).id == person.id)
    return cast.actor(name)


def read(installation: Installation, cast: Cast, number: int) -> tuple[Item, str, Turn]:
    with installation.store.read(cast.place.id) as session:
        item = items.load(session, number)
        revision = items.current(session, item)
        return item, revision.hash, turn(installation, session, item, revision)


def test_only_who_began_it_is_offered_to_accept_it_and_reads_the_name_of_the_other(
    browse: Browse, installation: Installation, cast: Cast, mail: MailBag, pair: Pair, mended: int
) -> None:
    assert "Godta ändringen" not in browse(pair.mends).get(f"~/items/{mended}").text
    refused = browse(pair.mends).post(f"~/items/{mended}/accept", {"hash": read(installation, cast, mended)[1]})
    assert refused.status_code == 409
    page = unescape(browse(pair.begins).get(f"~/items/{mended}").text)
    assert f"{pair.mends.name} har skrivit i det här" in page
    assert f"sedan kan {pair.mends.name} godkänna" in page
    assert f"Väntar på att {pair.begins.name} ska godta det som {pair.mends.name} skrev." in page
    outbox.send_due(installation)
    letter = mail.sent[-1]
    assert letter.to == pair.begins.email
    assert letter.subject.startswith(f"{pair.mends.name} har ändrat: ")
    assert f"kan {pair.mends.name} godkänna" in " ".join(letter.text.split())


def test_once_accepted_it_says_whom_it_waits_for_and_they_are_offered_nothing_but_their_yes(
    browse: Browse, installation: Installation, cast: Cast, pair: Pair, mended: int
) -> None:
    writer, leader = browse(pair.begins), browse(pair.mends)
    writer.post(f"~/items/{mended}/accept", {"hash": read(installation, cast, mended)[1]})
    assert f"Du har godtagit det. Nu väntar det på {pair.mends.name}." in unescape(writer.get(f"~/items/{mended}").text)
    page = unescape(leader.get(f"~/items/{mended}").text)
    assert "Godta ändringen" not in page
    assert f"Väntar på {pair.mends.name}." in page
    leader.post(f"~/items/{mended}/review", {"verdict": "approve", "hash": read(installation, cast, mended)[1]})
    assert read(installation, cast, mended)[0].state == "scheduled"


def test_the_page_of_the_approver_names_who_wrote_it_and_who_changed_it(
    browse: Browse, pair: Pair, mended: int
) -> None:
    page = unescape(browse(pair.mends).get(f"~/items/{mended}/review").text)
    assert f"Skrivet av {pair.begins.name}, ändrat av {pair.mends.name}." in page


def test_what_one_person_wrote_alone_is_said_to_be_theirs(
    browse: Browse, installation: Installation, cast: Cast, pair: Pair
) -> None:
    to = [writing.channels(installation, cast)["x"]]
    number = writing.submitted(installation, cast, to, writer=acting(cast, pair.begins))
    page = unescape(browse(pair.mends).get(f"~/items/{number}/review").text)
    assert f"Skrivet av {pair.begins.name}. " in page


def test_who_can_simply_approve_is_not_offered_to_accept(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    to = [writing.channels(installation, cast)["x"]]
    number = writing.submitted(installation, cast, to, writer=cast.actor())
    for person in (cast.approver, cast.writer):
        assert "Godta ändringen" not in browse(person).get(f"~/items/{number}").text


def test_several_names_in_a_mail_are_joined_as_people_say_them(
    browse: Browse, installation: Installation, cast: Cast, mail: MailBag
) -> None:
    to = [writing.channels(installation, cast)["x"]]
    number = writing.submitted(installation, cast, to)
    for who in ("approver", "administrator"):
        text = f"Fler turer på linje 14. Ändrat av {who}."
        editing.save(installation, cast.actor(who), number, writing.draft(to, text=text))
        approve.submit(installation, cast.actor(who), number, then_schedule=True)
    outbox.send_due(installation)
    asked = read(installation, cast, number)[2]
    assert asked.own == {cast.approver.id, cast.administrator.id}
    sent = {one.to: one for one in mail.sent}
    assert sent[cast.writer.email].subject.startswith("Astrid Holm och Gunnar Lind har ändrat: ")
    page = unescape(browse(cast.writer).get(f"~/items/{number}").text)
    assert "Astrid Holm och Gunnar Lind har skrivit i det här" in page

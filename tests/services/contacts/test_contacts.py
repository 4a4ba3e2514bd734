"""People on lists are contacts: made once whoever brings them, never written to once they said no, and lists that fill
themselves follow them."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import delete, select, update

from commsched.core.contacts.facts import ContactIn
from commsched.core.contacts.segment import Segment
from commsched.services.channels import connect, directory, list_editing
from commsched.services.contacts import arrivals, contacts, membership, segments, suppression
from commsched.services.contacts.consent import Grounds
from commsched.store.models import Contact, ContactEvent, ListRecipient, Part
from tests.conftest import Cast
from tests.services.deliver.test_recipients import press, release

PASTED = 'Berg, Bo;Länsbladet;bo@x.example\n"Öberg, Åsa" <ASA@y.example>\ntips@z.example'


def pasted(cast: Cast, text: str = PASTED, name: str = "Pressen") -> int:
    return connect.connect(cast.installation, cast.actor(), "presslist", name, {"addresses": text}).id


def everybody(cast: Cast) -> dict[str, tuple[str, str]]:
    unseal = cast.installation.vault.unseal
    with cast.installation.store.read(cast.place.id) as session:
        rows = session.scalars(select(Contact).order_by(Contact.id))
        return {unseal(row.address): (unseal(row.name), row.outlet) for row in rows}


def on_list(cast: Cast, number: int) -> list[str]:
    active = select(ListRecipient).where(ListRecipient.channel_id == number, ListRecipient.state == "active")
    with cast.installation.store.read(cast.place.id) as session:
        return [
            cast.installation.vault.unseal(row.address)
            for row in session.scalars(active.order_by(ListRecipient.position, ListRecipient.id))
        ]


def digest(cast: Cast, number: int) -> str:
    return directory.get(cast.installation, cast.place.id, number).list_digest


def refuse(cast: Cast, address: str, reason: Literal["unsubscribed", "bounced", "erased"] = "unsubscribed") -> None:
    with cast.installation.store.write(cast.place.id) as session:
        blind = cast.installation.vault.blind(address)
        suppression.add(cast.installation, session, cast.place.id, "press", blind, reason)


def create(cast: Cast, *people: ContactIn) -> None:
    sealed = [contacts.seal(cast.installation, person) for person in people]
    with cast.installation.store.write(cast.place.id) as session:
        contacts.create(cast.installation, session, cast.place.id, "press", sealed, "entered")
        numbers = [
            row.id for row in contacts.known(session, cast.place.id, "press", [s.blind for s in sealed]).values()
        ]
        segments.follow(cast.installation, session, cast.place.id, "press", numbers)


def members(cast: Cast, *addresses: str) -> list[membership.Member]:
    blinds = [cast.installation.vault.blind(address) for address in addresses]
    with cast.installation.store.read(cast.place.id) as session:
        rows = session.scalars(select(Contact).where(Contact.blind.in_(blinds)).order_by(Contact.id))
        return [membership.Member(row.id, row.blind, row.address) for row in rows]


def test_a_list_that_is_pasted_makes_contacts_once(cast: Cast) -> None:
    number = pasted(cast)
    pasted(cast, "Bo Berg <BO@x.example>\nny@x.example", "Den andra")
    who = everybody(cast)
    assert list(who) == ["bo@x.example", "ASA@y.example", "tips@z.example", "ny@x.example"]
    assert who["bo@x.example"] == ("Bo Berg", "Länsbladet")
    assert who["ASA@y.example"] == ("Åsa Öberg", "")
    with cast.installation.store.read(cast.place.id) as session:
        for row in session.scalars(select(ListRecipient).where(ListRecipient.channel_id == number)):
            assert session.get_one(Contact, row.contact_id).blind == row.blind
        for contact in session.scalars(select(Contact)):
            assert "@" not in contact.address + contact.name
            assert contact.world == "press"
        basis = session.scalars(select(ContactEvent).where(ContactEvent.act == "basis")).all()
    assert len(basis) == 4
    assert {(row.basis, row.source) for row in basis} == {("interest", "pasted")}


def test_a_name_that_was_missing_is_filled_in_and_no_other_is_changed(cast: Cast) -> None:
    pasted(cast, "tips@z.example\nBo Berg <bo@x.example>")
    pasted(cast, "Tips <tips@z.example>\nBosse <bo@x.example>", "Den andra")
    assert everybody(cast) == {"tips@z.example": ("Tips", ""), "bo@x.example": ("Bo Berg", "")}


def test_another_office_has_contacts_of_its_own(cast: Cast) -> None:
    pasted(cast)
    connect.connect(cast.installation, cast.elsewhere_actor, "presslist", "Deras", {"addresses": "bo@x.example"})
    with cast.installation.store.read(cast.elsewhere.id) as session:
        (theirs,) = session.scalars(select(Contact)).all()
    assert cast.installation.vault.unseal(theirs.name) == ""


def test_who_is_never_written_to_is_left_out_however_they_are_pasted(cast: Cast) -> None:
    refuse(cast, "bo@x.example", "erased")
    number = pasted(cast)
    assert on_list(cast, number) == ["ASA@y.example", "tips@z.example"]
    assert "bo@x.example" not in everybody(cast)
    with cast.installation.store.write(cast.place.id) as session:
        session.execute(
            update(Contact).where(Contact.id == members(cast, "tips@z.example")[0].contact).values(state="bounced")
        )
    list_editing.change_list(cast.installation, cast.actor(), number, f"{PASTED}\nBo <Bo@X.example>")
    assert on_list(cast, number) == ["ASA@y.example"]
    told = list_editing.left_out(cast.installation, cast.actor(), number, PASTED)
    assert [(who.line, who.address, who.reason) for who in told] == [
        (1, "bo@x.example", "erased"),
        (3, "tips@z.example", "bounced"),
    ]


def test_removing_needs_no_new_approval_and_adding_does(cast: Cast) -> None:
    number = pasted(cast)
    first = digest(cast, number)
    fewer = "tips@z.example\nbo@x.example"
    list_editing.change_list(cast.installation, cast.actor(), number, fewer)
    assert digest(cast, number) == first
    list_editing.change_list(cast.installation, cast.actor(), number, PASTED)
    back = digest(cast, number)
    assert back != first, "somebody who was removed is added, although the words are the first ones"
    with cast.installation.store.write(cast.place.id) as session:
        assert membership.part(session, number, [members(cast, "bo@x.example")[0].contact]) == 1
    assert digest(cast, number) == back
    assert on_list(cast, number) == ["ASA@y.example", "tips@z.example"]


def test_who_joins_a_list_makes_it_another_one_and_who_has_left_stays_away(cast: Cast) -> None:
    number = pasted(cast)
    create(cast, ContactIn("ny@x.example"), ContactIn("nej@x.example"), ContactIn("borta@x.example"))
    refuse(cast, "nej@x.example")
    list_editing.take_off(cast.installation, cast.actor(), number, "tips@z.example", "unsubscribed")
    before = digest(cast, number)
    everyone = members(cast, "ny@x.example", "nej@x.example", "bo@x.example", "tips@z.example")
    with cast.installation.store.write(cast.place.id) as session:
        assert membership.join(cast.installation, session, number, everyone, "entered") == 1
    after = digest(cast, number)
    assert after != before
    assert on_list(cast, number) == ["bo@x.example", "ASA@y.example", "ny@x.example"]
    assert directory.get(cast.installation, cast.place.id, number).facts == {"recipients": 3}
    with cast.installation.store.write(cast.place.id) as session:
        assert membership.join(cast.installation, session, number, everyone, "entered") == 0
    assert digest(cast, number) == after
    assert list_editing.open_list(cast.installation, cast.actor(), number).splitlines()[-1] == "ny@x.example"


def test_a_list_that_fills_itself_follows_who_changes(cast: Cast) -> None:
    number = pasted(cast)
    create(
        cast, ContactIn("vard@x.example", beats=("vård",)), ContactIn("en@x.example", beats=("vård",), language="en")
    )
    with cast.installation.store.write(cast.place.id) as session:
        segments.fill(cast.installation, session, number, Segment(beats=("vård",), languages=("sv",)))
    assert on_list(cast, number) == ["vard@x.example"]
    first = digest(cast, number)
    create(cast, ContactIn("skola@x.example", beats=("skola",)))
    assert digest(cast, number) == first
    create(cast, ContactIn("ny@x.example", beats=("skola", "vård")))
    second = digest(cast, number)
    assert second != first
    assert on_list(cast, number) == ["vard@x.example", "ny@x.example"]
    gone = members(cast, "vard@x.example")[0].contact
    with cast.installation.store.write(cast.place.id) as session:
        session.execute(update(Contact).where(Contact.id == gone).values(beats=["sport"]))
        segments.follow(cast.installation, session, cast.place.id, "press", [gone])
    assert on_list(cast, number) == ["ny@x.example"]
    assert digest(cast, number) == second


def test_a_list_that_fills_itself_takes_nobody_of_another_world(cast: Cast) -> None:
    number = pasted(cast)
    sealed = [contacts.seal(cast.installation, ContactIn("medlem@x.example", beats=("vård",)))]
    with cast.installation.store.write(cast.place.id) as session:
        contacts.create(cast.installation, session, cast.place.id, "member", sealed, "entered", "", Grounds("consent"))
        segments.fill(cast.installation, session, number, Segment(beats=("vård",)))
        ids = list(session.scalars(select(Contact.id).where(Contact.world == "member")))
        segments.follow(cast.installation, session, cast.place.id, "member", ids)
    assert on_list(cast, number) == []


def test_people_of_an_earlier_version_become_contacts_in_batches(cast: Cast) -> None:
    number = pasted(
        cast, f"Namn;Tidning;E-post\nBerg, Bo;Länsbladet;bo@x.example\n{PASTED.splitlines()[1]}\ntips@z.example"
    )
    with cast.installation.store.write(cast.place.id) as session:
        session.execute(update(ListRecipient).values(contact_id=None))
        session.execute(delete(Contact))
    before, arrivals_at_once = digest(cast, number), arrivals.AT_ONCE
    arrivals.AT_ONCE = 2  # type: ignore[misc]
    try:
        assert arrivals.arrive(cast.installation) == 3
        assert arrivals.arrive(cast.installation) == 0
    finally:
        arrivals.AT_ONCE = arrivals_at_once  # type: ignore[misc]
    assert everybody(cast)["bo@x.example"] == ("Bo Berg", "Länsbladet")
    assert everybody(cast)["ASA@y.example"] == ("Åsa Öberg", "")
    assert digest(cast, number) == before
    with cast.installation.store.read(cast.place.id) as session:
        assert (
            session.scalar(
                select(ListRecipient.id).where(ListRecipient.contact_id.is_(None), ListRecipient.state == "active")
            )
            is None
        )


def test_a_list_that_cannot_be_read_stops_no_other(cast: Cast) -> None:
    broken, whole = pasted(cast, "a@x.example"), pasted(cast, "b@x.example", "Hel")
    with cast.installation.store.write(cast.place.id) as session:
        session.execute(update(ListRecipient).values(contact_id=None))
        session.execute(update(ListRecipient).where(ListRecipient.channel_id == broken).values(address="skräp"))
        session.execute(delete(Contact))
    assert arrivals.arrive(cast.installation) == 1
    assert on_list(cast, whole) == ["b@x.example"]


def test_a_recipient_gets_the_language_of_their_contact(cast: Cast) -> None:
    number = press(cast)
    with cast.installation.store.write(cast.place.id) as session:
        session.execute(
            update(Contact).where(Contact.id == members(cast, "p4@radio.example")[0].contact).values(language="fi")
        )
    release(cast, number)
    with cast.installation.store.read(cast.place.id) as session:
        frozen = select(Part.language).where(Part.role == "recipient").order_by(Part.number)
        assert list(session.scalars(frozen)) == ["", "fi", ""]

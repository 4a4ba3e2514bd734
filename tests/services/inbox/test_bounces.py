"""A bounce follows only from proof: it changes nothing where it proves nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, select, update

from commsched.core.text.messages import Conflict
from commsched.mail import verp
from commsched.services.contacts import leave_links
from commsched.services.inbox import bounces, messages
from commsched.services.inbox.sorting import details_of, verp_key
from commsched.store.models import Channel, Contact, ContactEvent, InboxMessage, ListRecipient, PartBounce
from tests.conftest import Cast, SetClock
from tests.mail.test_bounces import FULL, LATE, POLICY, POSTFIX, report
from tests.services.inbox.conftest import letter, parts

TakeIn = Callable[..., InboxMessage]
ID = "a" * 40 + "@nord.example"
FOREIGN = "Content-Type: text/rfc822-headers\n\nSubject: Fler turer\n"


def bounce(fields: str = POSTFIX, *, to: str = "press@nord.example", message_id: str = "") -> bytes:
    returned = f"Content-Type: text/rfc822-headers\n\nMessage-ID: <{message_id}>\n" if message_id else FOREIGN
    raw = report(fields, returned=returned).replace("press+b12.aaaaaaaaaaaaaaaa@nord.example", to)
    return raw.replace("Original-Envelope-Id: env-77\n", "").strip().encode()


def contact(cast: Cast) -> Contact:
    with cast.installation.store.read(cast.place.id) as session:
        return session.scalars(select(Contact)).one()


def marks(cast: Cast) -> list[PartBounce]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(PartBounce)))


def returns_to(cast: Cast, place: int = 0) -> str:
    return verp.envelope("press@nord.example", parts(cast)[place].id, verp_key(cast.installation))


def test_a_hard_bounce_to_its_own_address_stops_the_mail_and_stands_beside_who_it_is_about(
    take_in: TakeIn, cast: Cast, release: int
) -> None:
    row = take_in(bounce(to=returns_to(cast)))
    assert (row.kind, row.state, row.item_id) == ("bounce", "done", release)
    (mark,) = marks(cast)
    assert (mark.part_id, mark.kind, mark.proof, mark.status) == (parts(cast)[0].id, "hard", "verp", "5.1.1")
    assert cast.installation.vault.unseal(mark.words).startswith("550 5.1.1")
    assert parts(cast)[0].state == "published", "that it was sent stays true"
    assert contact(cast).state == "bounced"
    with cast.installation.store.read(cast.place.id) as session:
        assert session.scalars(select(ContactEvent.act)).all() == ["bounced"]


def test_the_message_that_comes_back_proves_it_too(take_in: TakeIn, cast: Cast, release: int) -> None:
    take_in(bounce(message_id=ID))
    assert [(mark.proof, mark.kind) for mark in marks(cast)] == [("message", "hard")]
    assert contact(cast).state == "bounced"


@pytest.mark.parametrize(
    "forged",
    [
        {"message_id": "nagonannans@nord.example"},
        {"to": "press+b1.aaaaaaaaaaaaaaaa@nord.example", "message_id": "x@y.example"},
        {"fields": POSTFIX.replace("nora", "chefen").replace("Nora", "chefen")},
    ],
    ids=["another mail", "a guessed address", "nobody we wrote to"],
)
def test_a_bounce_that_proves_nothing_changes_nothing(
    take_in: TakeIn, cast: Cast, release: int, forged: dict[str, str]
) -> None:
    row = take_in(bounce(**forged))
    assert row.kind == "bounce"
    assert marks(cast) == []
    assert (contact(cast).state, contact(cast).score) == ("active", 0)
    assert [verdict.counted for verdict in details_of(cast.installation, row).verdicts] == [""]


def test_an_address_alone_counts_little_and_only_of_late(
    take_in: TakeIn, cast: Cast, release: int, clock: SetClock
) -> None:
    take_in(bounce())
    assert [(mark.proof, mark.kind) for mark in marks(cast)] == [("address", "soft")]
    assert (contact(cast).state, contact(cast).score) == ("active", 10)
    take_in(bounce().replace(b"Undelivered Mail", b"Undelivered Mail again"))
    assert contact(cast).score == 10, "the same recipient of the same mailing counts once"


def test_an_address_alone_stops_nobody_however_often_it_is_named(
    take_in: TakeIn, cast: Cast, release: int, clock: SetClock
) -> None:
    for number in range(6):  # after each of six mailings
        with cast.installation.store.write(cast.place.id) as session:
            session.execute(delete(PartBounce))
        take_in(bounce().replace(b"Undelivered Mail", b"Undelivered Mail %d" % number))
    assert (contact(cast).state, contact(cast).score) == ("active", bounces.UNPROVEN)


def test_an_address_alone_says_nothing_of_an_old_mailing(
    take_in: TakeIn, cast: Cast, release: int, clock: SetClock
) -> None:
    clock.forward(days=8)
    take_in(bounce())
    assert marks(cast) == []


def test_a_mail_that_a_person_forwards_is_a_persons(take_in: TakeIn, cast: Cast, release: int) -> None:
    mail = letter("Den här kom tillbaka, varför?")
    mail.add_attachment(bounce(message_id=ID), maintype="application", subtype="octet-stream", filename="b.eml")
    assert take_in(mail).kind == "letter"
    assert (marks(cast), contact(cast).state) == ([], "active")


def test_soft_bounces_add_up_and_fade(take_in: TakeIn, cast: Cast, release: int, clock: SetClock) -> None:
    assert bounces.faded(40, clock.now(), clock.forward(days=7)) == 30
    assert bounces.faded(10, clock.now(), clock.forward(days=90)) == 0
    with cast.installation.store.write(cast.place.id) as session:
        row = session.scalars(select(Contact)).one()
        row.score, row.scored_at = 45, clock.now()
    clock.forward(days=1)
    take_in(bounce(FULL, to=returns_to(cast)))
    assert (contact(cast).state, contact(cast).score) == ("bounced", 54)


def test_policy_is_about_us_and_a_delay_is_only_noted(take_in: TakeIn, cast: Cast, release: int) -> None:
    row = take_in(bounce(LATE, to=returns_to(cast)))
    assert (row.kind, [mark.kind for mark in marks(cast)], contact(cast).score) == ("delayed", ["delayed"], 0)
    take_in(bounce(POLICY, to=returns_to(cast)))
    assert ([mark.kind for mark in marks(cast)], contact(cast).state) == (["soft"], "active")
    take_in(bounce(to=returns_to(cast)))
    assert ([mark.kind for mark in marks(cast)], contact(cast).state) == (["hard"], "bounced")


def test_an_address_without_a_contact_is_passed_over_on_its_lists(take_in: TakeIn, cast: Cast, release: int) -> None:
    seal, blind = cast.installation.vault.seal, cast.installation.vault.blind("per@nt.example")
    with cast.installation.store.write(cast.place.id) as session:
        channel = session.scalars(select(Channel.id)).one()
        session.add(
            ListRecipient(
                channel_id=channel,
                position=1,
                blind=blind,
                address=seal("per@nt.example"),
                since=cast.installation.now(),
            )
        )
    row = take_in(bounce(POSTFIX.replace("nora", "per").replace("Nora", "per"), to=returns_to(cast, 1)))
    with cast.installation.store.read(cast.place.id) as session:
        assert session.scalars(select(ListRecipient.state)).one() == "bounced"
    assert messages.open_one(cast.installation, cast.actor(), row.id).list_state == "bounced"
    messages.restore_address(cast.installation, cast.actor("writer"), row.id)
    with cast.installation.store.read(cast.place.id) as session:
        kept = session.scalars(select(ListRecipient)).one()
        assert (kept.state, bool(kept.address)) == ("active", True)
    with pytest.raises(Conflict):
        messages.restore_address(cast.installation, cast.actor("writer"), row.id)


def test_a_person_undoes_what_a_bounce_did(take_in: TakeIn, cast: Cast, release: int) -> None:
    row = take_in(bounce(to=returns_to(cast)))
    messages.restore_address(cast.installation, cast.actor("writer"), row.id)
    assert (contact(cast).state, contact(cast).score) == ("active", 0)


def test_who_left_by_their_own_word_stays_away(take_in: TakeIn, cast: Cast, release: int) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        session.scalars(select(Contact)).one().state = "unsubscribed"
    take_in(bounce(to=returns_to(cast)))
    assert contact(cast).state == "unsubscribed"


def test_an_automatic_answer_is_folded_away_beside_what_it_is_about(take_in: TakeIn, cast: Cast, release: int) -> None:
    row = take_in(letter("Åter 7 december.", Subject="Autosvar: Fler turer", To=returns_to(cast)))
    assert (row.kind, row.state, row.item_id) == ("automatic", "done", release)
    assert messages.read(cast.installation, cast.actor()).lines == []
    assert len(messages.read(cast.installation, cast.actor(), "folded").lines) == 1


def test_a_mail_that_says_unsubscribe_leaves(take_in: TakeIn, cast: Cast, release: int) -> None:
    seal, blind = cast.installation.vault.seal, cast.installation.vault.blind("nora@vk.example")
    with cast.installation.store.write(cast.place.id) as session:
        channel = session.scalars(select(Channel.id)).one()
        session.add(
            ListRecipient(
                channel_id=channel,
                position=1,
                blind=blind,
                address=seal("nora@vk.example"),
                since=cast.installation.now(),
            )
        )
    forged = take_in(letter("", Subject="unsubscribe"))
    assert (forged.kind, forged.state) == ("letter", "new"), "anybody writes in her name: a person decides"
    foreign = leave_links.token(cast.installation, channel + 99, blind)
    other = letter("", Subject=f"unsubscribe {foreign}", Message_ID="<n2@vk.example>")
    assert take_in(other).kind == "letter", "a list of nobody's here"
    stranger = letter("", answers=ID, From="x@nt.example", Subject="unsubscribe", Message_ID="<n3@vk.example>")
    assert take_in(stranger).kind == "letter", "another who has her mail"
    with cast.installation.store.read(cast.place.id) as session:
        assert session.scalars(select(ListRecipient.state)).one() == "active"
    own = leave_links.token(cast.installation, channel, blind)
    ways = {
        "the secret of the mail": letter("", From="nora@hem.example", Subject=f"unsubscribe {own}"),
        "an answer to the mail": letter("", answers=ID, Subject="Unsubscribe"),
        "the mail's own return address": letter("", To=returns_to(cast), Subject="avregistrera"),
    }
    for number, (way, mail) in enumerate(ways.items()):
        mail.replace_header("Message-ID", f"<w{number}@vk.example>")
        with cast.installation.store.write(cast.place.id) as session:
            session.execute(update(ListRecipient).values(state="active"))
        assert take_in(mail).kind == "leave", way
        with cast.installation.store.read(cast.place.id) as session:
            assert session.scalars(select(ListRecipient.state)).one() == "unsubscribed", way

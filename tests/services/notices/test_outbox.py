"""Telling people by mail: nothing is lost, nobody outside is told, and every letter says what to press."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from commsched.core.delivery.outcome import Published, Rejected, Retry, Unknown
from commsched.mail.build import build
from commsched.services.kernel.context import Installation
from commsched.services.notices import kinds, outbox
from commsched.store.models import Delivery, Item, Membership, Notice, Person
from commsched.store.session import EVERY_WORKSPACE
from tests import publications
from tests.conftest import NOW, Cast, MailBag, SetClock


@pytest.fixture
def item(installation: Installation, cast: Cast) -> Item:
    """A release that waits for approval."""
    channel = publications.channel(installation, cast.place.id, name="Pressrummet")
    made = publications.published(
        installation,
        cast.place.id,
        channel,
        at=NOW + timedelta(hours=2),
        state="waiting",
        kind="release",
        title="Ja till fler turer",
        lead="Från den 15 december går närtrafiken även på lördagar.",
        text="Text.",
    )
    with installation.store.write(cast.place.id) as session:
        session.get_one(Item, made.id).state = "in_review"
    return made


def tell(
    installation: Installation, cast: Cast, kind: str, item: Item | None = None, who: str = "approver", **facts: Any
) -> None:
    with installation.store.write(cast.place.id) as session:
        row = session.get_one(Item, item.id) if item else None
        outbox.queue(session, installation, [getattr(cast, who).id], kind, item=row, **facts)


def rows(installation: Installation) -> list[Notice]:
    with installation.store.read(EVERY_WORKSPACE) as session:
        return list(session.scalars(select(Notice).order_by(Notice.id)))


def test_an_approver_gets_a_link_what_it_is_about_and_when(
    installation: Installation, cast: Cast, item: Item, mail: MailBag
) -> None:
    tell(installation, cast, "asked_to_approve", item, link_token="hemlig-länk")
    assert outbox.send_due(installation) == 1
    (letter,) = mail.sent
    assert (letter.to, letter.subject) == (
        "gunnar@example.org",
        "Någon ber dig godkänna: Ja till fler turer (tors 26 nov 09:00, Pressrummet)",
    )
    assert letter.sender_name == "Regiongruppen"
    for body in (letter.text, letter.html):
        for words in (
            "http://localhost/a/hemlig-länk",
            "tors 26 nov 09:00",
            "Pressrummet",
            "närtrafiken även",
            "Läs och ta ställning",
        ):
            assert words in body, words
    assert letter.headers["Auto-Submitted"] == "auto-generated"
    assert letter.headers["References"] == f"<item-{item.uid}@localhost>", "all about one item stand together"
    assert build(letter.__class__(**{name: getattr(letter, name) for name in letter.__slots__} | {"sender": "a@b.se"}))


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("https://press.gruppen.example/", "press.gruppen.example"),
        ("http://127.0.0.1:8080", "127.0.0.1"),
        ("http://[::1]:8080", "commsched.invalid"),
        ("https://väst.example", "commsched.invalid"),
        ("", "commsched.invalid"),
    ],
)
def test_a_message_has_the_installations_own_name_and_keeps_it(
    installation: Installation, cast: Cast, item: Item, mail: MailBag, base_url: str, host: str
) -> None:
    installation.settings["base_url"] = base_url
    tell(installation, cast, "approved", item)
    tell(installation, cast, "resumed")
    outbox.send_due(installation)
    with installation.store.write(EVERY_WORKSPACE) as session:
        for row in session.scalars(select(Notice)):
            row.state, row.next_at = "waiting", None
    outbox.send_due(installation)
    first, second, *again = mail.sent
    assert [one.message_id for one in again] == [first.message_id, second.message_id]
    assert first.message_id.endswith(f"@{host}")
    assert first.headers["References"] == f"<item-{item.uid}@{host}>"
    assert "References" not in second.headers
    for one in (first, second):
        raw = build(msgspec.structs.replace(one, sender="a@b.se"))
        assert f"@{host}>".encode() in raw


def test_the_links_secret_is_never_in_the_store_in_clear_and_goes_when_the_mail_has_gone(
    installation: Installation, cast: Cast, item: Item
) -> None:
    tell(installation, cast, "asked_to_approve", item, link_token="hemlig")
    assert rows(installation)[0].link_token
    assert "hemlig" not in str(vars(rows(installation)[0]))
    outbox.send_due(installation)
    assert (rows(installation)[0].state, rows(installation)[0].link_token) == ("sent", "")


def test_a_reader_gets_their_own_language(installation: Installation, cast: Cast, item: Item, mail: MailBag) -> None:
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.get_one(Person, cast.approver.id).language = "en"
    tell(installation, cast, "asked_to_approve", item, link_token="x")
    outbox.send_due(installation)
    assert mail.sent[0].subject == "Somebody asks you to approve: Ja till fler turer (Thu 26 Nov 09:00, Pressrummet)"
    assert "Read and decide" in mail.sent[0].text
    assert "Planned for: Thu 26 Nov 09:00" in mail.sent[0].text


FACTS = {
    "asked_to_approve": {"link_token": "x"},
    "reminder": {"link_token": "x"},
    "nudged": {"link_token": "x", "by": "Karin Ek"},
    "taken_down": {"by": "Elin", "comment": "Fel person på bilden."},
    "comment_words": {"count": 2},
    "comments_wait": {"count": 3, "hours": 12},
    "inbox_assigned": {"by": "Karin Ek", "message": 7},
    "inbox_came": {"message": 7},
    "remove_by_hand": {"channel": "LinkedIn", "url": "https://example.org/1"},
    "held": {"reason": "late", "channel": "Mastodon", "delivery": 1, "detail": "", "out": 0, "of": 1},
    "failed": {"reason": "rejected", "channel": "X", "detail": "403 Forbidden <b>", "out": 1, "of": 3, "delivery": 1},
    "by_hand": {"channel": "LinkedIn", "delivery": 1},
    "unknown_ask": {"reason": "ask", "channel": "X", "detail": "timeout", "out": 0, "of": 1, "delivery": 1},
    "changes_requested": {"by": "Gunnar Lind", "comment": "Byt <b>rubrik</b>.\nOch ta bort siffran."},
    "asked_to_accept": {"by": "Gunnar Lind", "hash": ""},
    "commented": {"by": "Karin Ek", "since": "2026-11-26T06:00:00+00:00"},
    "approved": {"by": "Gunnar Lind"},
    "proposed": {"by": "Gunnar Lind", "comment": "Siffran <b>14</b>."},
    "fact_right": {"by": "Anna Ek", "comment": ""},
    "fact_wrong": {"by": "Anna Ek", "comment": "Det är <b>14</b>."},
    "to_be_mended": {"by": "Gunnar Lind", "comment": "Siffran är fel."},
    "decision_undone": {"by": "Gunnar Lind"},
    "bypass_used": {"by": "Karin Ek", "reason": "Brådskande rättelse"},
    "token_expiring": {"channel": "Mastodon", "days": 13},
    "access_died": {"channel": "Mastodon"},
    "relay_refused": {"relay": "smtp.exempel.example"},
    "consent_ending": {
        "days": 7,
        "pictures": [
            {"name": "Torget <b>", "until": "2026-12-24", "who": "Anna Ek"},
            {"name": "", "until": "", "who": "Bo Ek"},
        ],
    },
    "paused": {"by": "Karin Ek", "reason": "Olycka i länet"},
    "resumed": {"by": "Karin Ek"},
    "scheduler_stopped": {"trouble": "stumbles"},
    "overdue": {"trouble": "overdue"},
    "well_again": {"trouble": "clock"},
    "pages_stopped": {"trouble": "pages"},
    "times_shifted": {"count": 2},
    "morning": {"day": "2026-11-26"},
    "week": {},
    "invited": {"by": "Karin Ek", "link_token": "http://localhost/password/x"},
    "new_password": {"link_token": "http://localhost/password/x"},
}


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("kind", list(kinds.KINDS))
def test_every_letter_is_whole_in_both_languages(
    installation: Installation, cast: Cast, item: Item, mail: MailBag, kind: str, language: str
) -> None:
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.get_one(Person, cast.approver.id).language = language
    tell(installation, cast, kind, item, **FACTS[kind])
    assert outbox.send_due(installation) == 1, rows(installation)[0].detail
    (letter,) = mail.sent
    text = letter.subject + letter.text + letter.html
    assert not re.search(r"%\(|\{\{|None|Undefined", text)
    assert "<b>" not in letter.html, "what people wrote is shown, not obeyed"
    assert re.search(r"http://localhost/\S+", letter.text)
    assert 'href="http://localhost/' in letter.html
    assert "\n\n\n\n" not in letter.text


def test_every_kind_of_letter_is_tried_above() -> None:
    assert set(FACTS) == set(kinds.KINDS)


def test_what_stopped_is_told_with_why_and_the_answer(
    installation: Installation, cast: Cast, item: Item, mail: MailBag
) -> None:
    tell(installation, cast, "failed", item, "writer", **FACTS["failed"])
    outbox.send_due(installation)
    text = mail.sent[0].text
    assert "”Ja till fler turer” nådde inte alla i kanalen X." in text
    assert "403 Forbidden <b>" in text
    assert "Ute hittills: 1 av 3" in text
    tell(installation, cast, "failed", item, "writer", **FACTS["failed"] | {"out": 0})
    outbox.send_due(installation)
    assert "”Ja till fler turer” kunde inte publiceras i kanalen X." in mail.sent[-1].text


def test_a_kind_that_has_no_letter_is_refused_where_it_is_queued(installation: Installation, cast: Cast) -> None:
    with pytest.raises(KeyError):
        tell(installation, cast, "nonsense")


def test_a_notice_belongs_to_the_deed_that_caused_it(installation: Installation, cast: Cast, item: Item) -> None:
    with pytest.raises(RuntimeError), installation.store.write(cast.place.id) as session:  # noqa: PT012
        outbox.queue(session, installation, [cast.approver.id], "paused", by="Karin")
        raise RuntimeError("the deed fails")
    assert rows(installation) == []


def test_nobody_is_told_twice_for_one_deed(installation: Installation, cast: Cast) -> None:
    with installation.store.write(cast.place.id) as session:
        outbox.queue(session, installation, [cast.approver.id, cast.approver.id], "paused", by="Karin")
    assert len(rows(installation)) == 1


def test_who_has_left_the_office_is_not_told(installation: Installation, cast: Cast, item: Item, mail: MailBag) -> None:
    tell(installation, cast, "held", item, "writer", reason="late")
    tell(installation, cast, "held", item, "reader", reason="late")
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.get_one(Person, cast.writer.id).active = False
        session.delete(session.scalars(select(Membership).where(Membership.person_id == cast.reader.id)).one())
    assert outbox.send_due(installation) == 0
    assert mail.sent == []
    assert {row.state for row in rows(installation)} == {"dropped"}


def test_an_approval_that_has_been_given_is_not_asked_for_any_more(
    installation: Installation, cast: Cast, item: Item, mail: MailBag
) -> None:
    tell(installation, cast, "reminder", item, link_token="x")
    with installation.store.write(cast.place.id) as session:
        session.get_one(Item, item.id).state = "approved"
    assert outbox.send_due(installation) == 0
    assert mail.sent == []


def test_a_relay_that_is_away_is_tried_again_later_with_longer_waits(
    installation: Installation, cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    mail.answer = Retry("refused", whole_channel=True)
    tell(installation, cast, "paused", by="Karin")
    tell(installation, cast, "resumed", by="Karin")
    assert outbox.send_due(installation) == 0
    assert len(mail.sent) == 1, "one try is enough to know that nobody is there"
    assert [row.tries for row in rows(installation)] == [1, 0]
    assert outbox.send_due(installation) == 0
    assert len(mail.sent) == 1
    clock.forward(minutes=1)
    mail.answer = Published("250")
    assert outbox.send_due(installation) == 2
    first, again = mail.sent[:2]
    assert first.message_id == again.message_id
    assert first.date == again.date


def test_it_gives_up_in_the_end(installation: Installation, cast: Cast, mail: MailBag, clock: SetClock) -> None:
    mail.answer = Retry("450 later")
    tell(installation, cast, "paused", by="Karin")
    for _ in range(50):
        outbox.send_due(installation)
        clock.forward(hours=6)
    assert len(mail.sent) == outbox.MOST_TRIES
    assert (rows(installation)[0].state, rows(installation)[0].detail) == ("failed", "450 later")


def test_what_may_lie_in_the_inbox_is_not_sent_again(
    installation: Installation, cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    mail.answer = Unknown("lost")
    tell(installation, cast, "paused", by="Karin")
    outbox.send_due(installation)
    clock.forward(days=1)
    outbox.send_due(installation)
    assert len(mail.sent) == 1


def test_an_address_that_refuses_is_final_but_a_password_can_be_mended(
    installation: Installation, cast: Cast, mail: MailBag
) -> None:
    tell(installation, cast, "paused", by="Karin")
    mail.answer = Rejected("550 5.1.1", "address")
    outbox.send_due(installation)
    tell(installation, cast, "resumed", by="Karin")
    mail.answer = Rejected("535", "token")
    outbox.send_due(installation)
    assert [row.state for row in rows(installation)] == ["failed", "waiting"]


def test_one_call_takes_only_so_many(installation: Installation, cast: Cast, mail: MailBag) -> None:
    for _ in range(5):
        tell(installation, cast, "paused", by="Karin")
    assert [outbox.send_due(installation, 2) for _ in range(4)] == [2, 2, 1, 0]
    assert len({letter.message_id for letter in mail.sent}) == 5


def test_what_was_claimed_before_a_crash_is_tried_again(
    installation: Installation, cast: Cast, mail: MailBag, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_message: object) -> None:
        raise KeyboardInterrupt

    tell(installation, cast, "paused", by="Karin")
    with monkeypatch.context() as during:
        during.setattr(mail, "send", crash)
        with pytest.raises(KeyboardInterrupt):
            outbox.send_due(installation)
    assert outbox.send_due(installation) == 0, "somebody else may have it in hand"
    clock.forward(minutes=11)
    assert outbox.send_due(installation) == 1


def test_one_letter_that_cannot_be_written_stops_no_other(
    installation: Installation, cast: Cast, item: Item, mail: MailBag, caplog: pytest.LogCaptureFixture
) -> None:
    tell(installation, cast, "token_expiring", channel="X", days="inga alls")
    tell(installation, cast, "paused", by="Karin")
    with caplog.at_level(logging.CRITICAL):
        assert outbox.send_due(installation) == 1
    assert [row.state for row in rows(installation)] == ["failed", "sent"]


# The morning


def test_the_morning_mail_says_what_did_not_go_out_what_waits_and_what_goes_out_today(
    installation: Installation, cast: Cast, item: Item, mail: MailBag
) -> None:
    channel = publications.channel(installation, cast.place.id, "sandbox", name="Väggen")
    stopped = publications.published(
        installation,
        cast.place.id,
        channel,
        at=NOW - timedelta(hours=9),
        state="held",
        text="x",
        title="Nattens inlägg",
    )
    with installation.store.write(cast.place.id) as session:
        session.scalars(select(Delivery).where(Delivery.item_id == stopped.id)).one().reason = "late"
    publications.published(
        installation, cast.place.id, channel, at=NOW + timedelta(days=1), state="waiting", text="x", title="I morgon"
    )
    tell(installation, cast, "morning", who="writer")
    outbox.send_due(installation)
    text = mail.sent[0].text
    assert mail.sent[0].subject == "I dag, torsdag 26 november"
    assert re.search(r"behöver ett svar\n  - ons 25 nov 22:00  Nattens inlägg · Väggen – .+sent", text)
    assert re.search(r"Väntar på godkännande\n  - tors 26 nov 09:00  Ja till fler turer", text)
    assert re.search(r"Går ut i dag\n  - 09:00  Ja till fler turer · Pressrummet", text)
    assert "I morgon" not in text


def test_a_list_with_nothing_in_it_says_so(installation: Installation, cast: Cast, mail: MailBag) -> None:
    tell(installation, cast, "morning", who="writer")
    outbox.send_due(installation)
    assert mail.sent[0].text.count("\n  Inget.\n") == 3


def test_the_morning_mail_tells_an_office_of_itself_only(
    installation: Installation, cast: Cast, item: Item, mail: MailBag
) -> None:
    with installation.store.write(cast.elsewhere.id) as session:
        outbox.queue(session, installation, [cast.stranger.id], "morning")
    outbox.send_due(installation)
    assert "fler turer" not in mail.sent[0].text


@pytest.mark.parametrize(("days", "said"), [(0, "i dag"), (1, "i morgon"), (13, "om 13 dagar")])
def test_an_access_that_runs_out_says_when(
    installation: Installation, cast: Cast, mail: MailBag, days: int, said: str
) -> None:
    tell(installation, cast, "token_expiring", channel="Mastodon", days=days)
    outbox.send_due(installation)
    assert f"Åtkomsten till Mastodon går ut {said}." in mail.sent[0].text

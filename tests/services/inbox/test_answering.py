"""Answers go out once, from the office's own address, and two who write at once both keep their words."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select

from commsched.core.delivery.outcome import Published, Rejected, Retry, Unknown
from commsched.core.text.messages import Conflict, Invalid, NotAllowed, NotFound
from commsched.mail.build import build
from commsched.services.inbox import answering, drafts, keeping, messages, originals, rounds
from commsched.services.notices import outbox
from commsched.store.models import AuditEntry, InboxMessage, InboxReply, Mailbox, Notice, Workspace
from tests.conftest import Cast, MailBag, SetClock
from tests.services import desk
from tests.services.inbox.conftest import Letters, letter, rows

TakeIn = Callable[..., InboxMessage]
ID = "a" * 40 + "@nord.example"


def replies(cast: Cast) -> list[InboxReply]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(InboxReply).order_by(InboxReply.id)))


def test_an_answer_goes_out_with_the_threads_headers(
    take_in: TakeIn, cast: Cast, release: int, mail: MailBag, clock: SetClock
) -> None:
    row = take_in(letter(answers=ID))
    answering.answer(cast.installation, cast.actor("writer"), row.id, "Ring Elin, 070-000 00 00.", row.version)
    assert replies(cast)[0].state == "waiting"
    assert "Ring" not in str(vars(replies(cast)[0]))
    assert rounds.send_due(cast.installation) == 1
    (sent,) = mail.sent
    assert (sent.sender, sent.sender_name, sent.to) == ("press@nord.example", "Regiongruppen", "nora@vk.example")
    assert sent.subject == "Sv: Fler turer"
    assert sent.headers == {"In-Reply-To": "<n1@vk.example>", "References": f"<{ID}> <n1@vk.example>"}
    assert f"References: <{ID}>".encode() in build(sent)
    (kept,) = replies(cast)
    assert (kept.state, kept.mail_id) == ("sent", sent.message_id)
    assert (rows(cast)[0].state, rows(cast)[0].answered_by) == ("answered", cast.writer.id)
    again = take_in(letter("Tack!", Message_ID="<n2@vk.example>", answers=sent.message_id))
    assert (again.thread, again.item_id, again.state) == (row.thread, release, "new")
    talk = messages.open_one(cast.installation, cast.actor(), again.id)
    assert [type(each).__name__ for each in talk.thread] == ["Shown", "Sent", "Shown"]
    with cast.installation.store.read(cast.place.id) as session:
        said = str([entry.facts for entry in session.scalars(select(AuditEntry))])
    assert "nora" not in said
    assert "Ring" not in said


@pytest.mark.parametrize(
    ("outcome", "state", "due"),
    [
        (Published("250"), "sent", False),
        (Unknown("lost"), "unknown", False),
        (Retry("later"), "waiting", True),
        (Rejected("550 no", "address"), "failed", False),
    ],
)
def test_what_the_server_says_is_what_the_row_says(
    take_in: TakeIn, cast: Cast, mail: MailBag, outcome: Published | Unknown | Retry | Rejected, state: str, due: bool
) -> None:
    mail.answer = outcome
    row = take_in(letter())
    answering.answer(cast.installation, cast.actor(), row.id, "Hej", row.version)
    rounds.send_due(cast.installation)
    assert (replies(cast)[0].state, replies(cast)[0].next_at is not None) == (state, due)
    assert len(mail.sent) == 1


def test_what_a_dead_process_had_begun_is_never_sent_again_by_itself(
    take_in: TakeIn, cast: Cast, mail: MailBag, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = take_in(letter())
    number = answering.answer(cast.installation, cast.actor(), row.id, "Hej", row.version)

    def dies(_message: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(mail, "send", dies)
    with pytest.raises(KeyboardInterrupt):
        answering.send_next(cast.installation)
    monkeypatch.undo()
    assert replies(cast)[0].state == "sending"
    assert rounds.send_due(cast.installation) == 0
    clock.forward(minutes=11)
    assert rounds.send_due(cast.installation) == 0
    assert (replies(cast)[0].state, mail.sent) == ("unknown", [])
    answering.decide(cast.installation, cast.actor("writer"), number, out=False)
    assert rounds.send_due(cast.installation) == 1
    assert (replies(cast)[0].state, len(mail.sent)) == ("sent", 1)
    with pytest.raises(Conflict):
        answering.decide(cast.installation, cast.actor("writer"), number, out=False)


def test_a_pause_holds_answers_and_after_a_restore_a_person_decides(
    take_in: TakeIn, cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    row = take_in(letter())
    answering.answer(cast.installation, cast.actor(), row.id, "Hej", row.version)
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Workspace, cast.place.id).paused_at = clock.now()
    assert (rounds.send_due(cast.installation), mail.sent) == (0, [])
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Workspace, cast.place.id).paused_at = None
    assert answering.doubt(cast.installation) == 1
    assert (rounds.send_due(cast.installation), mail.sent) == (0, [])
    assert replies(cast)[0].state == "unknown"


def test_a_person_says_that_it_is_out(take_in: TakeIn, cast: Cast, mail: MailBag) -> None:
    mail.answer = Unknown("lost")
    row = take_in(letter())
    number = answering.answer(cast.installation, cast.actor(), row.id, "Hej", row.version)
    rounds.send_due(cast.installation)
    answering.decide(cast.installation, cast.actor("writer"), number, out=True)
    rounds.send_due(cast.installation)
    assert (replies(cast)[0].state, len(mail.sent)) == ("sent", 1)


def test_two_who_answer_at_once_are_told_and_keep_their_words(take_in: TakeIn, cast: Cast, mail: MailBag) -> None:
    row = take_in(letter())
    installation, karin, gunnar = cast.installation, cast.actor("writer"), cast.actor("approver")
    drafts.save(installation, karin, row.id, "Karins ord")
    drafts.save(installation, gunnar, row.id, "Gunnars ord")
    with installation.store.read(cast.place.id) as session:
        both = drafts.of_message(installation, session, row.id)
    assert {(draft.who, draft.text, draft.now) for draft in both} == {
        ("Karin Ek", "Karins ord", True),
        ("Gunnar Lind", "Gunnars ord", True),
    }
    answering.answer(installation, karin, row.id, "Karins ord", row.version)
    with pytest.raises(Conflict):
        answering.answer(installation, gunnar, row.id, "Gunnars ord", row.version)
    rounds.send_due(installation)
    assert len(mail.sent) == 1
    with installation.store.read(cast.place.id) as session:
        assert [draft.text for draft in drafts.of_message(installation, session, row.id)] == ["Gunnars ord"]
    answering.answer(installation, gunnar, row.id, "Gunnars ord", row.version + 1)
    assert len(replies(cast)) == 2, "knowing what the other said, they may"


def test_a_draft_is_nobody_elses_and_goes_when_it_is_emptied(take_in: TakeIn, cast: Cast, clock: SetClock) -> None:
    row = take_in(letter())
    drafts.save(cast.installation, cast.actor("writer"), row.id, "Hej")
    clock.forward(minutes=3)
    with cast.installation.store.read(cast.place.id) as session:
        (draft,) = drafts.of_message(cast.installation, session, row.id)
    assert not draft.now
    drafts.save(cast.installation, cast.actor("writer"), row.id, " ")
    with cast.installation.store.read(cast.place.id) as session:
        assert drafts.of_message(cast.installation, session, row.id) == []
    with pytest.raises(NotAllowed):
        drafts.save(cast.installation, cast.actor("reader"), row.id, "Hej")


def test_a_letter_is_assigned_and_whoever_has_it_is_told(take_in: TakeIn, cast: Cast, mail: MailBag) -> None:
    row = take_in(letter())
    messages.assign(cast.installation, cast.actor("approver"), row.id, cast.writer.id, row.version)
    assert [line.row.id for line in messages.read(cast.installation, cast.actor("writer"), "mine").lines] == [row.id]
    assert desk.notices(cast.installation, cast.place.id, "inbox_assigned") == {cast.writer.id}
    outbox.send_due(cast.installation)
    assert f"/w/gruppen/inbox/{row.id}" in mail.sent[0].text
    with pytest.raises(Conflict):
        messages.assign(cast.installation, cast.actor(), row.id, 0, row.version)
    with pytest.raises(Invalid):
        messages.assign(cast.installation, cast.actor(), row.id, cast.reader.id, row.version + 1)
    take_in(letter("Mer", Message_ID="<n3@vk.example>", answers="n1@vk.example"))
    with cast.installation.store.read(cast.place.id) as session:
        assert "inbox_came" in session.scalars(select(Notice.kind)).all()


def test_who_has_seen_it_is_told_and_what_needs_no_answer_is_put_aside(take_in: TakeIn, cast: Cast) -> None:
    row = take_in(letter())
    for role in ("reader", "writer", "reader"):
        messages.look(cast.installation, cast.actor(role), row.id)
    messages.write_note(cast.installation, cast.actor("writer"), row.id, "Jag ringer henne.")
    talk = messages.open_one(cast.installation, cast.actor(), row.id)
    assert [who for who, _ in talk.looked] == ["Olle Sand", "Karin Ek"]
    assert [(who, text) for who, text, _ in talk.notes] == [("Karin Ek", "Jag ringer henne.")]
    messages.put_aside(cast.installation, cast.actor("writer"), row.id, row.version)
    assert messages.read(cast.installation, cast.actor()).counts["new"] == 0
    messages.put_aside(cast.installation, cast.actor("writer"), row.id, row.version + 1, back=True)
    assert messages.read(cast.installation, cast.actor()).counts["new"] == 1


def test_another_office_sees_none_of_it(take_in: TakeIn, cast: Cast) -> None:
    row = take_in(letter())
    assert messages.read(cast.installation, cast.elsewhere_actor, "all").lines == []
    with pytest.raises(NotFound):
        messages.open_one(cast.installation, cast.elsewhere_actor, row.id)


# -- copies ----------------------------------------------------------------------------------------


@pytest.fixture
def copied(cast: Cast, mailbox: int) -> Callable[[str], None]:
    def rule(what: str) -> None:
        with cast.installation.store.write(cast.place.id) as session:
            box = session.get_one(Mailbox, mailbox)
            box.forward_what, box.forward_to = what, cast.installation.vault.seal("kansli@distrikt.example")

    return rule


def test_copies_go_to_the_district_by_the_rule(
    take_in: TakeIn, cast: Cast, mail: MailBag, copied: Callable[[str], None]
) -> None:
    copied("answers")
    take_in(letter(), letter("Åter måndag", Message_ID="<2@a>", Subject="Autosvar: x"))
    rounds.send_due(cast.installation)
    (sent,) = mail.sent
    assert (sent.to, sent.subject, sent.headers) == (
        "kansli@distrikt.example",
        "Vb: Sv: Fler turer",
        {"Auto-Submitted": "auto-generated"},
    )
    read = message_from_bytes(build(sent), policy=policy.default)
    (attached,) = [part for part in read.walk() if part.get_content_type() == "message/rfc822"]
    inner = attached.get_payload(0)
    assert (inner["Message-ID"], inner["Subject"]) == ("<n1@vk.example>", "Sv: Fler turer")  # type: ignore[index]
    copied("everything")
    take_in(letter("Åter tisdag", Message_ID="<3@a>", Subject="Autosvar: x"))
    rounds.send_due(cast.installation)
    assert len(mail.sent) == 2


def test_a_copy_never_comes_round_again(
    take_in: TakeIn, cast: Cast, mail: MailBag, copied: Callable[[str], None]
) -> None:
    copied("everything")
    take_in(letter())
    rounds.send_due(cast.installation)
    ours = mail.sent[0].message_id
    take_in(
        letter("Tillbaka", Message_ID=f"<{ours}>", From="x@annan.example"),
        letter("Svar på kopian", Message_ID="<4@a>", answers=ours, From="x@annan.example"),
        letter("Från distriktet", Message_ID="<5@a>", From="kansli@distrikt.example"),
        letter("Från oss", Message_ID="<6@a>", From="press@nord.example"),
    )
    rounds.send_due(cast.installation)
    assert len(mail.sent) == 1


def test_a_message_that_cannot_be_sent_as_it_is_goes_along_as_a_file(
    take_in: TakeIn, cast: Cast, mail: MailBag, copied: Callable[[str], None]
) -> None:
    copied("answers")
    take_in(b"From: a@b.example\r\nMessage-ID: <x@y>\r\nSubject: Hej\r\n\r\n\xe5" + b"x" * 2000 + b"\r")
    rounds.send_due(cast.installation)
    read = message_from_bytes(build(mail.sent[0]), policy=policy.default)
    (attached,) = list(read.iter_attachments())
    assert attached.get_content_type() == "application/octet-stream"
    assert attached.get_content().endswith(b"x\r")


def test_a_flood_is_not_sent_on(
    take_in: TakeIn, cast: Cast, mail: MailBag, copied: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commsched.services.inbox.forwarding.MOST", 2)
    copied("answers")
    take_in(*[letter(f"Nr {number}", Message_ID=f"<f{number}@a>") for number in range(5)])
    rounds.send_due(cast.installation)
    assert (len(mail.sent), len(rows(cast))) == (2, 5)


# -- how long --------------------------------------------------------------------------------------


def test_letters_are_forgotten_after_a_year_and_when_somebody_asks(
    take_in: TakeIn, cast: Cast, clock: SetClock
) -> None:
    row = take_in(letter())
    answering.answer(cast.installation, cast.actor(), row.id, "Hej", row.version)
    messages.write_note(cast.installation, cast.actor(), row.id, "Ring Nora")
    with cast.installation.store.write(cast.place.id) as session:
        assert keeping.erase_person(cast.installation, session, cast.installation.vault.blind("NORA@vk.example")) == 1
    kept = rows(cast)[0]
    assert (kept.subject, kept.sender, kept.address, kept.text, kept.details, kept.sender_blind) == ("",) * 6
    assert (replies(cast)[0].state, replies(cast)[0].text) == ("failed", "")
    assert messages.open_one(cast.installation, cast.actor(), row.id).notes == []
    take_in(letter("Ett år", Message_ID="<y@a>"))
    clock.forward(days=367)
    with cast.installation.store.write(cast.place.id) as session:
        keeping.forget(cast.installation, session, cast.place)
    assert all(each.erased_at for each in rows(cast))
    with pytest.raises(Invalid):
        keeping.keep(cast.installation, cast.actor(), 0)


# -- what is fetched when somebody asks --------------------------------------------------------------


def test_html_is_shown_without_what_fetches_runs_or_covers(take_in: TakeIn, cast: Cast, box: Letters) -> None:
    mail = letter("Hej")
    mail.add_alternative(
        "<style>body{display:none}</style><p style='position:fixed'>Hej <a href='javascript:x()'>a</a>"
        "<a href='https://vk.example/' onclick='x()'>b</a></p><img src='https://spy.example/1.png'>"
        "<iframe src='https://spy.example'></iframe><form action='https://spy.example'><input></form><script>x()</script>",
        subtype="html",
    )
    row = take_in(mail)
    shown = originals.html_of(cast.installation, cast.actor("reader"), row.id)
    assert "https://vk.example/" in shown
    for poison in ("spy", "style", "script", "onclick", "img", "iframe", "form", "javascript"):
        assert poison not in shown


def test_an_attachment_is_fetched_when_asked_for(
    take_in: TakeIn, cast: Cast, box: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = letter("Hej")
    mail.add_attachment(b"\x00fil" * 50_000, maintype="application", subtype="x-evil", filename="../fil.html")
    row = take_in(mail)
    assert row.attachments == 1
    asked = []

    def section(uid: int, section: str, most: int) -> list[bytes]:
        asked.append((uid, section))
        payload = mail.get_payload()[1].get_payload().encode()  # type: ignore[union-attr, index]
        return [payload[begun : begun + 777] for begun in range(0, len(payload), 777)]

    monkeypatch.setattr(box, "section", section)
    file = originals.attachment(cast.installation, cast.actor(), row.id, 0)
    with file.data:
        assert file.data.read() == b"\x00fil" * 50_000
    assert (asked, file.name) == ([(1, "2")], "_fil.html")
    with pytest.raises(NotFound):
        originals.attachment(cast.installation, cast.actor(), row.id, 1)
    box.messages.clear()
    with pytest.raises(Conflict):
        originals.attachment(cast.installation, cast.actor(), row.id, 0)

"""The watch over what others write under the office's posts."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from commsched.core.delivery.outcome import CannotTell, Rejected, Unknown
from commsched.core.platform.figures import Reply
from commsched.core.text.messages import Conflict, Invalid, NotAllowed, NotFound
from commsched.services.followup import keeping, replies, turns, watch, watch_settings
from commsched.services.kernel.context import Installation
from commsched.store.models import AuditEntry, Channel, Listening, RemoteComment, Workspace
from tests import publications
from tests.conftest import Cast, SetClock
from tests.network import Network, put_in
from tests.services import desk

Say = Callable[..., int]


def row(cast: Cast, number: int) -> RemoteComment:
    with cast.installation.store.read(cast.place.id) as session:
        return watch.load(session, number)


def actions(cast: Cast) -> list[tuple[str, dict[str, object]]]:
    with cast.installation.store.read(cast.place.id) as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.action.startswith("watch.")).order_by(AuditEntry.id))
        return [(entry.action, entry.facts) for entry in rows]


def test_a_comment_is_read_once_and_belongs_to_what_it_answers(say: Say, cast: Cast, item: int) -> None:
    first = say("Bra!")
    assert say("Bra!") == first
    kept = row(cast, first)
    assert (kept.item_id, kept.text, kept.author, kept.seen_at) == (item, "Bra!", "Maj", None)


def test_our_own_words_are_no_comment(network: Network, cast: Cast, clock: SetClock, item: int) -> None:
    at = cast.installation.now()
    network.written = [Reply("p1", "p1", "Vi", "Del två", at), Reply("r9", "någon annans", "X", "x", at)]
    clock.forward(minutes=16)
    replies.read_next(cast.installation)
    with cast.installation.store.read(cast.place.id) as session:
        assert list(session.scalars(select(RemoteComment))) == []


def test_what_comes_in_is_hostile(say: Say, cast: Cast) -> None:
    kept = row(cast, say("a\x00b" + "x" * 9000, author="M" * 900, url="javascript:alert(1)", handle="h" * 900))
    assert (len(kept.text), len(kept.author), kept.url, len(kept.handle)) == (replies.MOST_TEXT, 200, "", 500)
    assert "\x00" not in kept.text


def test_somebody_looks_and_the_record_says_so(say: Say, cast: Cast, clock: SetClock) -> None:
    one, other = say(name="r1"), say("Hej", name="r2")
    assert [seen.row.id for seen in watch.read(cast.installation, cast.actor("reader")).comments] == [one, other]
    assert watch.look(cast.installation, cast.actor("writer"), [one]) == 1
    assert watch.read(cast.installation, cast.actor("writer")).waiting == 1, "only what was on their page"
    assert row(cast, one).seen_by == cast.writer.id
    assert watch.look(cast.installation, cast.actor("approver"), [one]) == 0, "somebody was first"
    assert row(cast, one).seen_by == cast.writer.id
    said = actions(cast)
    assert [(action, facts["count"], facts["left"]) for action, facts in said] == [
        ("watch.looked", 1, 1),
        ("watch.looked", 0, 1),
    ]
    assert "Bra!" not in str(said)
    assert "Maj" not in str(said)


def test_what_was_changed_is_new_again(say: Say, cast: Cast) -> None:
    number = say("Bra!")
    watch.look(cast.installation, cast.actor("writer"), [number])
    say("Bra!")
    assert row(cast, number).seen_at is not None
    say("Nu står det något annat")
    assert (row(cast, number).seen_at, row(cast, number).text) == (None, "Nu står det något annat")


def test_it_is_hidden_there_and_shown_again(say: Say, cast: Cast, network: Network) -> None:
    number = say()
    watch.hide(cast.installation, cast.actor("writer"), number)
    assert (network.hidden, row(cast, number).hidden, row(cast, number).seen_by) == ({"r1"}, True, cast.writer.id)
    watch.hide(cast.installation, cast.actor("writer"), number, hidden=False)
    assert (network.hidden, row(cast, number).hidden) == (set(), False)
    assert [action for action, _facts in actions(cast)] == ["watch.hid", "watch.showed"]


@pytest.mark.parametrize("answer", [Unknown("timeout"), Rejected("no", "permission"), RuntimeError("bug")], ids=str)
def test_what_the_network_did_not_say_is_not_done(say: Say, cast: Cast, network: Network, answer: object) -> None:
    number = say()
    network.answers = [answer]  # type: ignore[list-item]
    with pytest.raises(Conflict):
        watch.hide(cast.installation, cast.actor("writer"), number)
    assert (row(cast, number).hidden, row(cast, number).seen_at) == (False, None)
    assert [action for action, _facts in actions(cast)] == ["watch.failed"]


def test_it_is_reported_once_and_with_a_reason(say: Say, cast: Cast, network: Network) -> None:
    number = say()
    with pytest.raises(Invalid):
        watch.report(cast.installation, cast.actor("writer"), number, " ")
    watch.report(cast.installation, cast.actor("writer"), number, "Hot")
    with pytest.raises(Conflict):
        watch.report(cast.installation, cast.actor("writer"), number, "Hot")
    assert network.calls.count(("report", "r1")) == 1


def test_what_a_network_cannot_is_not_asked_of_it(cast: Cast, say: Say, network: Network) -> None:
    number = say()
    network.can = frozenset({"replies"})  # type: ignore[misc]
    for deed in (watch.hide, lambda *of: watch.report(*of, "Hot")):
        with pytest.raises(Conflict):
            deed(cast.installation, cast.actor("writer"), number)
    assert not {"hide", "report"} & {call for call, _about in network.calls}


def test_who_may_not(say: Say, cast: Cast) -> None:
    number = say()
    for deed in (
        lambda actor: watch.look(cast.installation, actor, [number]),
        lambda actor: watch.hide(cast.installation, actor, number),
        lambda actor: watch.report(cast.installation, actor, number, "Hot"),
    ):
        with pytest.raises(NotAllowed):
            deed(cast.actor("reader"))
    with pytest.raises(NotFound):
        watch.hide(cast.installation, cast.elsewhere_actor, number)
    assert watch.look(cast.installation, cast.elsewhere_actor, [number]) == 0
    assert watch.read(cast.installation, cast.elsewhere_actor).comments == []


def test_a_silent_network_is_asked_later_and_said(network: Network, cast: Cast, clock: SetClock, item: int) -> None:
    network.silent = True
    clock.forward(minutes=16)
    assert replies.read_next(cast.installation)
    assert not replies.read_next(cast.installation)
    with cast.installation.store.read(cast.place.id) as session:
        kept = session.scalars(select(Listening)).one()
        assert (kept.trouble, kept.replies_at) == ("stumm", cast.installation.now() + turns.LATER)
    assert isinstance(network.replies([], clock.at, None), CannotTell)  # type: ignore[arg-type]


def test_two_engines_ask_once(network: Network, cast: Cast, clock: SetClock, item: int) -> None:
    clock.forward(minutes=16)
    assert [replies.read_next(cast.installation) for _ in range(2)] == [True, False]


def test_a_channel_that_rests_is_left_in_peace(network: Network, cast: Cast, clock: SetClock, item: int) -> None:
    clock.forward(minutes=16)
    with cast.installation.store.write(cast.place.id) as session:
        session.scalars(select(Channel)).one().not_before = clock.at + timedelta(hours=1)
    assert not replies.read_next(cast.installation)


@pytest.mark.parametrize(
    ("text", "words", "word"),
    [
        ("Era IDIOTER!", ["idiot"], "idiot"),
        ("i d i o t", ["idiot"], ""),
        ("Åk hem nu", ["åk hem"], "åk hem"),
        ("Åker hemåt", ["åk hem"], ""),
        ("en basket", ["as"], ""),
        ("vilket as", ["as"], "as"),
        ("Ett dödshot", ["hot"], ""),
        ("landsförrädarna", ["förrädare"], "förrädare"),
        ("", ["x"], ""),
        ("x", [], ""),
    ],
)
def test_the_office_s_own_words(text: str, words: list[str], word: str) -> None:
    assert watch_settings.first_word(text, words) == word


def tended(cast: Cast) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        place = session.get_one(Workspace, cast.place.id)
        keeping.tell(cast.installation, session, place)
        keeping.forget(cast.installation, session, place)


def test_one_is_told_of_words_at_once_and_of_waiting_after_hours(
    say: Say, cast: Cast, installation: Installation, clock: SetClock
) -> None:
    watch_settings.keep(installation, cast.actor(), "idiot\n\n  förrädare ", 3, 30)
    say("Bra!")
    tended(cast)
    assert not desk.notices(installation, cast.place.id, "comment_words")
    say("Idioter", name="r2")
    tended(cast)
    assert desk.notices(installation, cast.place.id, "comment_words") == {
        cast.writer.id,
        cast.approver.id,
        cast.administrator.id,
    }
    assert not desk.notices(installation, cast.place.id, "comments_wait")
    clock.forward(hours=3)
    tended(cast)
    tended(cast)
    with installation.store.read(cast.place.id) as session:
        from commsched.store.models import Notice

        told = [(one.kind, one.facts) for one in session.scalars(select(Notice)) if one.kind == "comments_wait"]
    assert [facts["count"] for _kind, facts in told] == [1, 1, 1], "once, to each"


def test_words_and_writers_go_and_the_record_stays(say: Say, cast: Cast, clock: SetClock) -> None:
    number = say("Något personligt")
    watch.look(cast.installation, cast.actor("writer"), [number])
    clock.forward(days=90)
    tended(cast)
    kept = row(cast, number)
    assert (kept.text, kept.author, kept.url, kept.handle) == ("", "", "", "")
    assert kept.remote_id.startswith("sha256:")
    assert kept.seen_by == cast.writer.id
    with pytest.raises(Conflict):
        watch.hide(cast.installation, cast.actor("writer"), number)
    assert actions(cast)[-1][0] == "watch.erased"


def test_what_was_forgotten_is_not_learned_again(network: Network, say: Say, cast: Cast, clock: SetClock) -> None:
    watch_settings.keep(cast.installation, cast.actor(), "", 12, 7)
    number = say("Något personligt")
    clock.forward(days=7)
    tended(cast)
    with cast.installation.store.write(cast.place.id) as session:
        session.scalars(select(Listening)).one().replies_read_at = None
    replies.read_next(cast.installation)
    with cast.installation.store.read(cast.place.id) as session:
        assert list(session.scalars(select(RemoteComment.id))) == [number]


def test_a_demo_s_invented_accounts_are_never_asked(cast: Cast, installation: Installation, clock: SetClock) -> None:
    network = put_in(installation, Network())
    with installation.store.write(cast.place.id) as session:
        session.get_one(Workspace, cast.place.id).is_demo = True
    channel = publications.channel(installation, cast.place.id, "mastodon")
    publications.published(installation, cast.place.id, channel, at=clock.at, text="x", parts=["published"])
    turns.arrange(installation)
    assert not replies.read_next(installation)
    assert network.calls == []


TOO_MANY = "\n".join(map(str, range(201)))


@pytest.mark.parametrize(("typed", "hours", "days"), [("x" * 61, 1, 30), ("", 0, 30), ("", 1, 6), (TOO_MANY, 1, 30)])
def test_settings_have_bounds(cast: Cast, typed: str, hours: int, days: int) -> None:
    with pytest.raises(Invalid):
        watch_settings.keep(cast.installation, cast.actor(), typed, hours, days)
    with pytest.raises(NotAllowed):
        watch_settings.keep(cast.installation, cast.actor("writer"), "", 1, 30)


def test_an_id_that_no_database_takes_blinds_nobody(network: Network, say: Say, cast: Cast, clock: SetClock) -> None:
    """One comment that cannot be kept as it was told would hide all the others."""
    kept: dict[str, Any] = {"answers": "p1", "at": cast.installation.now()}
    network.written = [Reply(id="a\x00\ud800", text="\x00\ud800Hej", author="\ud800", handle="\ud800", **kept)]
    network.written += [Reply(id="\ud800", text="utan namn", author="", **kept)]
    say("Bra!", name="r1")
    with cast.installation.store.read(cast.place.id) as session:
        rows = session.execute(select(RemoteComment.remote_id, RemoteComment.text).order_by(RemoteComment.id)).all()
    assert [tuple(row) for row in rows] == [("a", "Hej"), ("r1", "Bra!")]


def test_no_comment_keeps_the_office_waiting() -> None:
    """A comment of single letters was compared with each of two hundred words, letter by letter."""
    words = [f"skällsord{number}aktig" for number in range(150)] + [f"gå hem{number}" for number in range(50)]
    began = time.process_time()
    for _ in range(20):
        assert watch_settings.first_word("a b c d e f " * 420, words) == ""
    assert time.process_time() - began < 5

"""Some words are checked by somebody without an account: once, within seven days, and approvals stand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from commsched.core.text.messages import Conflict, Invalid, NotAllowed, NotFound
from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.services.review import fact_checks
from commsched.store.models import AuditEntry, FactCheck, Notice
from tests.conftest import Cast, MailBag, SetClock
from tests.services.desk import TEXT, hash_of, look, scheduled, written


def ask(cast: Cast, item: int, who: str = "writer", **more: str) -> int:
    given = {"name": "Anna Ek", "passage_": TEXT, "question": "Stämmer det?"} | more
    return fact_checks.ask(cast.installation, cast.actor(who), item, **given)


def row(cast: Cast, number: int) -> FactCheck:
    with cast.installation.store.read(cast.place.id) as session:
        return session.scalar(select(FactCheck).where(FactCheck.id == number))  # type: ignore[return-value]


def token(cast: Cast, number: int) -> str:
    return cast.installation.vault.unseal(row(cast, number).token)


def answer(installation: Installation, secret: str, verdict: str = "right", words: str = "") -> None:
    fact_checks.answer(installation, secret, verdict, words)


def test_an_answer_lies_beside_the_item_and_voids_nothing(cast: Cast) -> None:
    item = scheduled(cast)
    before = hash_of(cast, item), look(cast, item).updated_at, look(cast, item).version
    number = ask(cast, item)
    answer(cast.installation, token(cast, number), words="Jag har räknat.")
    kept = row(cast, number)
    assert (kept.verdict, kept.words, kept.answered_at) == ("right", "Jag har räknat.", cast.installation.now())
    assert kept.token == ""
    assert look(cast, item).state == "scheduled"
    assert (hash_of(cast, item), look(cast, item).updated_at, look(cast, item).version) == before
    with cast.installation.store.read(cast.place.id) as session:
        said = session.execute(select(AuditEntry.actor, AuditEntry.action).where(AuditEntry.item_id == item)).all()
        told = session.execute(select(Notice.person_id, Notice.kind).where(Notice.kind == "fact_right")).all()
    assert tuple(said[-1]) == ("Anna Ek", "fact.right")
    assert [tuple(one) for one in told] == [(cast.writer.id, "fact_right")]


def test_it_is_answered_once(cast: Cast) -> None:
    number = ask(cast, written(cast))
    secret = token(cast, number)
    answer(cast.installation, secret)
    with pytest.raises(Conflict):
        answer(cast.installation, secret, "wrong", "Ångrar mig.")
    assert row(cast, number).verdict == "right"


@pytest.mark.parametrize(("verdict", "words"), [("perhaps", "x"), ("wrong", ""), ("", "")])
def test_half_an_answer_is_none(cast: Cast, verdict: str, words: str) -> None:
    number = ask(cast, written(cast))
    with pytest.raises(Invalid):
        answer(cast.installation, token(cast, number), verdict, words)
    assert row(cast, number).verdict == ""


def test_the_link_lives_for_seven_days(cast: Cast, clock: SetClock) -> None:
    number = ask(cast, written(cast))
    secret = token(cast, number)
    clock.forward(days=7, minutes=-1)
    assert fact_checks.open_link(cast.installation, secret).passage == TEXT
    clock.forward(minutes=1)
    with pytest.raises(NotFound):
        fact_checks.open_link(cast.installation, secret)
    with pytest.raises(NotFound):
        answer(cast.installation, secret)


def test_a_question_that_is_taken_back_leads_nowhere(cast: Cast) -> None:
    item = written(cast)
    number = ask(cast, item)
    secret = token(cast, number)
    fact_checks.revoke(cast.installation, cast.actor("writer"), item, number)
    with pytest.raises(NotFound):
        fact_checks.open_link(cast.installation, secret)
    with pytest.raises(Conflict):
        fact_checks.revoke(cast.installation, cast.actor("writer"), item, number)
    answered = ask(cast, item)
    answer(cast.installation, token(cast, answered))
    with pytest.raises(Conflict):
        fact_checks.revoke(cast.installation, cast.actor("writer"), item, answered)


def test_who_asks_belongs_to_the_office_and_may_write(cast: Cast) -> None:
    item = written(cast)
    with pytest.raises(NotAllowed):
        ask(cast, item, "reader")
    with pytest.raises(NotFound):
        fact_checks.ask(cast.installation, cast.elsewhere_actor, item, "Anna Ek", TEXT)
    for lacking in ({"name": ""}, {"passage_": " "}, {"email": "anna"}):
        with pytest.raises(Invalid):
            ask(cast, item, **lacking)


def test_nobody_asks_by_the_hundred(cast: Cast, clock: SetClock) -> None:
    item = written(cast)
    for _ in range(fact_checks.MOST_OPEN):
        ask(cast, item)
    with pytest.raises(Conflict):
        ask(cast, item)
    for _ in range(fact_checks.MOST_A_DAY - fact_checks.MOST_OPEN):
        ask(cast, written(cast, text=f"{TEXT} {_}"))
    with pytest.raises(Conflict):
        ask(cast, written(cast, text="Något annat."))
    clock.forward(days=1, minutes=1)
    ask(cast, written(cast, text="Något tredje."))


def test_the_question_is_mailed_with_the_words_and_the_link_alone(cast: Cast, mail: MailBag) -> None:
    item = written(cast, title="Hemlig rubrik")
    number = ask(cast, item, email="anna@example.org")
    before = len(mail.sent)
    assert fact_checks.mail(cast.installation, cast.actor("writer"), item, number)
    letter = mail.sent[before]
    assert letter.to == "anna@example.org"
    assert f"/f/{token(cast, number)}" in letter.text
    assert TEXT in letter.text
    assert "Hemlig rubrik" not in letter.text + letter.subject + letter.html
    silent = ask(cast, item)
    assert not fact_checks.mail(cast.installation, cast.actor("writer"), item, silent)


def test_what_is_long_over_is_not_copied_again(cast: Cast, clock: SetClock) -> None:
    item = written(cast)
    number = ask(cast, item)
    assert fact_checks.address_of(cast.installation, row(cast, number)).endswith(token(cast, number))
    clock.forward(days=8)
    assert fact_checks.address_of(cast.installation, row(cast, number)) == ""
    with cast.installation.store.read(cast.place.id) as session:
        assert len(fact_checks.of_item(session, items.load(session, item).id)) == 1
    assert timedelta(days=7) == fact_checks.LIFETIME

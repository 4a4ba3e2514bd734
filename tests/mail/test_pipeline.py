"""Many messages over one connection: each has its own answer, and what got none is unknown only if it had begun."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from msgspec.structs import replace

from commsched.core.delivery.outcome import Outcome, Published, Rejected, Retry, Unknown
from commsched.core.platform.email import Email
from commsched.mail.connection import Patience, read_url
from commsched.mail.relay import SmtpMailer
from tests.mail.servers import DROP, Relay, Script
from tests.mail.test_build import LETTER

PEOPLE = [f"red{number}@tidning.example" for number in range(5)]
PIPELINING = b"250-relay\r\n250-PIPELINING\r\n250 SIZE 1000000"
SHORT = Patience(connect=2, command=1.0, answer=1.0, total=6)
Answers = dict[str, dict[str, bytes]]


@contextmanager
def relay(to: Answers | None = None, ehlo: bytes = PIPELINING) -> Iterator[tuple[SmtpMailer, Script]]:
    script = Script(ehlo=ehlo, to=to if to is not None else {"nobody": {}})
    server = Relay(script)
    mailer = SmtpMailer(read_url(server.url), "press@gruppen.example", patience=SHORT)
    try:
        yield mailer, script
    finally:
        mailer.close()
        server.close()


def letters(people: list[str] = PEOPLE) -> list[Email]:
    return [
        replace(LETTER, to=to, message_id=f"{number}@gruppen.example", text=f"Hej.\n.\n..slut {to}\n")
        for number, to in enumerate(people)
    ]


def sent(mailer: SmtpMailer, halt: Callable[[], bool] = lambda: False) -> list[Outcome | None]:
    return list(mailer.send_all(letters(), halt))


def kinds(outcomes: list[Outcome | None]) -> list[str]:
    return [type(outcome).__name__ if outcome else "-" for outcome in outcomes]


def test_a_group_goes_over_one_connection_each_to_its_own() -> None:
    with relay() as (mailer, script):
        outcomes = sent(mailer)
        assert kinds(outcomes) == ["Published"] * 5
        assert [outcome.id for outcome in outcomes if isinstance(outcome, Published)] == [
            f"{number}@gruppen.example" for number in range(5)
        ]
        assert script.connections == 1
        assert [to for to, _ in script.messages] == PEOPLE
        for to, content in script.messages:
            assert b"To: " + to.encode() in content
            assert b"..slut " + to.encode() in content
        assert kinds(sent(mailer)) == ["Published"] * 5
        assert script.connections == 1, "it is used again"


@pytest.mark.parametrize("ehlo", [PIPELINING, b"250-relay\r\n250 SIZE 1000000"])
@pytest.mark.parametrize("data", [b"554 5.5.1 no valid recipients", b"354 go ahead"])
def test_who_is_refused_stops_nobody_else(ehlo: bytes, data: bytes) -> None:
    refused = {"rcpt": b"550 5.1.1 unknown user", "data": data, "content": b"554 5.5.1 for nobody"}
    later = {"rcpt": b"451 4.2.0 later", "data": data, "content": b"554 5.5.1 for nobody"}
    content = {"content": b"554 5.6.0 not wanted"}
    with relay({PEOPLE[0]: refused, PEOPLE[2]: later, PEOPLE[3]: content}, ehlo) as (mailer, script):
        outcomes = sent(mailer)
        assert kinds(outcomes) == ["Rejected", "Published", "Retry", "Rejected", "Published"]
        assert isinstance(outcomes[0], Rejected)
        assert outcomes[0].why == "address"
        assert isinstance(outcomes[2], Retry)
        assert not outcomes[2].whole_channel
        assert [to for to, said in script.messages if said] == [PEOPLE[1], PEOPLE[3], PEOPLE[4]]
        assert kinds(sent(mailer)) == kinds(outcomes), "the connection is in order afterwards"


def test_a_lost_answer_is_that_messages_alone_and_the_next_was_not_sent() -> None:
    with relay({PEOPLE[1]: {"content": DROP}}) as (mailer, script):
        outcomes = sent(mailer)
        assert kinds(outcomes) == ["Published", "Unknown", "-", "-", "-"]
        assert [to for to, _ in script.messages] == PEOPLE[:2]


def test_a_connection_lost_before_the_content_sent_nothing() -> None:
    with relay({PEOPLE[2]: {"rcpt": DROP}}) as (mailer, script):
        outcomes = sent(mailer)
        assert kinds(outcomes) == ["Published", "Published", "Retry", "-", "-"]
        assert isinstance(outcomes[2], Retry)
        assert outcomes[2].whole_channel
        assert [to for to, _ in script.messages] == PEOPLE[:2]


@pytest.mark.parametrize("ehlo", [PIPELINING, b"250 relay"])
@pytest.mark.parametrize("answer", [b"421 4.3.2 shutting down", b"451 4.7.1 too many"])
@pytest.mark.parametrize("step", ["rcpt", "content"])
def test_what_concerns_all_stops_all_and_nothing_of_the_next_is_sent(ehlo: bytes, answer: bytes, step: str) -> None:
    with relay({PEOPLE[1]: {step: answer}}, ehlo) as (mailer, script):
        outcomes = sent(mailer)
        assert kinds(outcomes) == ["Published", "Retry", "-", "-", "-"]
        assert isinstance(outcomes[1], Retry)
        assert outcomes[1].whole_channel
        assert not {to for to, said in script.messages if said} & set(PEOPLE[2:])
        script.to.clear()
        assert kinds(list(mailer.send_all(letters(PEOPLE[2:]), lambda: False))) == ["Published"] * 3


@pytest.mark.parametrize("answer", [b"garbage", b"999 what", b"150 hm"])
def test_an_answer_to_the_content_that_is_none_is_unknown(answer: bytes) -> None:
    with relay({PEOPLE[0]: {"content": answer}}) as (mailer, _):
        outcomes = sent(mailer)
        assert kinds(outcomes) == ["Unknown", "-", "-", "-", "-"]
        assert isinstance(outcomes[0], Unknown)


@pytest.mark.parametrize("ehlo", [PIPELINING, b"250 relay"])
def test_a_halt_stops_between_two_messages(ehlo: bytes) -> None:
    with relay(ehlo=ehlo) as (mailer, script):
        outcomes: list[Outcome | None] = []
        for outcome in mailer.send_all(letters(), lambda: bool(outcomes)):
            outcomes.append(outcome)
        begun = [outcome for outcome in outcomes if outcome]
        assert len(outcomes) == len(PEOPLE)
        assert 1 <= len(begun) <= 2, "the message on the wire, and the one whose commands had left"
        assert len(script.messages) == len(begun)
        assert outcomes[len(begun) :] == [None] * (len(PEOPLE) - len(begun))
        assert kinds(sent(mailer)) == ["Published"] * 5


def test_one_that_cannot_be_built_is_refused_and_the_others_go() -> None:
    with relay() as (mailer, script):
        people = [PEOPLE[0], "not an address", PEOPLE[2]]
        outcomes = list(mailer.send_all(letters(people), lambda: False))
        assert kinds(outcomes) == ["Published", "Rejected", "Published"]
        assert isinstance(outcomes[1], Rejected)
        assert outcomes[1].why == "address"
        assert len(script.messages) == 2


class Broken:
    def sign(self, message: bytes) -> bytes:
        raise KeyError("a bug")


def test_one_whose_building_breaks_costs_nobody_else_an_answer() -> None:
    with relay() as (mailer, _):
        mails = letters()
        mails[1] = replace(mails[1], signer=Broken())
        assert kinds(list(mailer.send_all(mails, lambda: False))) == ["Published", "Rejected", *["Published"] * 3]


def test_a_server_that_is_silent_after_the_content_leaves_one_unknown_within_the_time() -> None:
    from tests.mail.servers import STALL

    with relay({PEOPLE[0]: {"content": STALL}}) as (mailer, _):
        start = time.monotonic()
        assert kinds(sent(mailer)) == ["Unknown", "-", "-", "-", "-"]
        assert time.monotonic() - start < 40


def test_a_relay_that_is_not_there_costs_one_a_try() -> None:
    mailer = SmtpMailer(read_url("smtp://127.0.0.1:9"), "press@gruppen.example", patience=SHORT)
    assert kinds(sent(mailer)) == ["Retry", "-", "-", "-", "-"]

"""The sandbox: every way it can go wrong, and nothing that depends on luck."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest

from commsched.core.delivery.outcome import Absent, CannotTell, Found, Handles, Published, Rejected, Retry, Unknown
from commsched.core.platform.contract import AttachmentFile, ChannelContext, ConnectError
from commsched.platforms.sandbox import BEHAVIOURS, PLATFORM
from tests.channel_views import channel_view

NOW = datetime(2026, 11, 26, 6, 30, 10, tzinfo=UTC)
PICTURE = AttachmentFile(sha256="0" * 64, mime="image/jpeg", alt="En buss", width=1, height=1, size=1, open=BytesIO)
POST = channel_view(kind="post", title="", text="Första\n---\nAndra", uid="abc", pictures=(PICTURE,))


def context(behaviour: str = "", now: datetime = NOW) -> ChannelContext:
    settings = {"behaviour": behaviour} if behaviour else {}
    return ChannelContext(
        channel=7,
        settings=settings,
        secrets={},
        now=lambda: now,
        http=None,
        public_url="https://plan.example",
        workspace="gruppen",
    )


def test_a_thread_is_divided_and_the_pictures_go_first() -> None:
    first, second = PLATFORM.parts(POST)
    assert (first.text, first.role, first.pictures) == ("Första", "post", (PICTURE,))
    assert (second.text, second.role, second.pictures) == ("Andra", "reply", ())
    assert first.key != second.key


def test_as_usual_it_is_published_on_the_wall() -> None:
    first, second = PLATFORM.parts(POST)
    assert PLATFORM.publish(first, Handles(), context()) == Published(
        "abc-0", "https://plan.example/wall/gruppen/7#abc-0"
    )
    assert PLATFORM.publish(second, Handles(), context("normal")) == Published(
        "abc-1", "https://plan.example/wall/gruppen/7#abc-1"
    )
    assert PLATFORM.find(first, Handles(), NOW, context()) == Absent()
    assert isinstance(PLATFORM.delete("abc-0", context()), Published)


def test_it_can_refuse() -> None:
    assert isinstance(PLATFORM.publish(PLATFORM.parts(POST)[0], Handles(), context("rejects")), Rejected)


def test_it_can_limit_and_says_when_it_will_take_it() -> None:
    part = PLATFORM.parts(POST)[0]
    limited = PLATFORM.publish(part, Handles(), context("rate-limited"))
    assert isinstance(limited, Retry)
    assert limited.whole_channel
    assert limited.after == NOW + timedelta(seconds=20)
    assert isinstance(PLATFORM.publish(part, Handles(), context("rate-limited", limited.after)), Published)


def test_it_can_lose_an_answer_that_is_then_read_back() -> None:
    part = PLATFORM.parts(POST)[0]
    assert isinstance(PLATFORM.publish(part, Handles(), context("lost answer")), Unknown)
    assert PLATFORM.find(part, Handles(), NOW, context("lost answer")) == Found(
        "abc-0", "https://plan.example/wall/gruppen/7#abc-0"
    )


def test_it_can_be_slow() -> None:
    part = PLATFORM.parts(POST)[0]
    assert isinstance(PLATFORM.publish(part, Handles(), context("slow")), Unknown)
    assert PLATFORM.find(part, Handles(), NOW, context("slow")) == CannotTell("not there yet")
    assert isinstance(PLATFORM.find(part, Handles(), NOW, context("slow", NOW + timedelta(seconds=30))), Found)


def test_it_can_need_a_person() -> None:
    part = PLATFORM.parts(POST)[0]
    assert isinstance(PLATFORM.publish(part, Handles(), context("needs a person")), Unknown)
    finding = PLATFORM.find(part, Handles(), NOW, context("needs a person"))
    assert isinstance(finding, CannotTell)
    assert finding.final


def test_connecting_knows_its_behaviours() -> None:
    for behaviour, _ in BEHAVIOURS:
        assert PLATFORM.connect(context(behaviour)).url == "https://plan.example/wall/gruppen/7"
    with pytest.raises(ConnectError) as refused:
        PLATFORM.connect(context("elak"))
    assert refused.value.field == "behaviour"


def test_it_counts_the_longest_part_in_characters_as_a_reader_sees_them() -> None:
    assert PLATFORM.count("👩‍👩‍👧" * 3 + "\n---\nå", {}) == 3
    assert PLATFORM.limits({}).characters == 500


@pytest.mark.parametrize(
    ("text", "pictures", "field"),
    [("x" * 501, 0, "text"), ("x\n---\n" + "x" * 501, 0, "text"), (" ", 0, "text"), ("x", 5, "pictures")],
)
def test_what_does_not_fit_is_said_before_it_is_sent(text: str, pictures: int, field: str) -> None:
    problems = PLATFORM.check(channel_view(kind="post", title="", text=text, pictures=(PICTURE,) * pictures), {})
    assert [(problem.level, problem.field) for problem in problems] == [("block", field)]
    assert PLATFORM.check(channel_view(kind="post", title="", text="x" * 500, pictures=(PICTURE,) * 4), {}) == []

"""X, driven through tweepy against a simulator built from X's documentation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest.mock import ANY

import pytest
from msgspec.structs import replace

from commsched.core.delivery.outcome import Absent, CannotTell, Found, Handles, Published, Rejected, Retry, Unknown
from commsched.core.platform.contract import ChannelContext, ConnectError
from commsched.platforms import get
from tests.platforms._office import PNG, context, hurried, just_now, lose, part, picture, send, view
from tests.sims._server import Answer
from tests.sims.x import BEARER, KEYS, USER, XSimulator

x = get("x")


@pytest.fixture
def sim() -> Iterator[XSimulator]:
    with XSimulator() as simulator:
        yield simulator


@pytest.fixture
def on(sim: XSimulator) -> ChannelContext:
    return context({"base_url": sim.url}, KEYS, account=USER["id"])


def test_four_keys_connect_the_account(sim: XSimulator, on: ChannelContext) -> None:
    account = x.connect(on)
    assert (account.id, account.name, account.url) == (USER["id"], "@oppna_listan", "https://x.com/oppna_listan")


def test_a_user_token_connects_it_too(sim: XSimulator) -> None:
    bearer = context({"base_url": sim.url}, {"bearer_token": BEARER})
    assert x.connect(bearer).id == USER["id"]
    assert isinstance(send(x, part(x, "Hej"), bearer), Published)


def test_names_from_elsewhere_are_understood(sim: XSimulator) -> None:
    keys = {
        "consumer_key": KEYS["api_key"],
        "consumer_secret": KEYS["api_secret"],
        "access_token": KEYS["access_token"],
        "access_token_secret": KEYS["access_secret"],
    }
    assert x.connect(context({"url": sim.url}, keys)).id == USER["id"]


@pytest.mark.parametrize("missing", list(KEYS))
def test_a_missing_key_is_named(sim: XSimulator, missing: str) -> None:
    with pytest.raises(ConnectError) as refused:
        x.connect(context({"base_url": sim.url}, {**KEYS, missing: ""}))
    assert refused.value.field == missing
    assert sim.calls == []


def test_a_wrong_secret_is_refused_in_words_by_the_field(sim: XSimulator) -> None:
    with pytest.raises(ConnectError) as refused:
        x.connect(context({"base_url": sim.url}, {**KEYS, "access_secret": "wrong-secret"}))
    assert refused.value.field == "access_token"
    assert "wrong-secret" not in str(refused.value)


def test_keys_that_may_only_read_are_told_so(sim: XSimulator, on: ChannelContext) -> None:
    sim.access_level = "read"
    with pytest.raises(ConnectError, match="only read"):
        x.connect(on)


def test_a_post_goes_out_as_it_was_written(sim: XSimulator, on: ChannelContext) -> None:
    outcome = send(x, part(x, "Ja till fler turer & bättre tåg <3\r\nLäs: https://example.se/tur\ufeff"), on)
    assert isinstance(outcome, Published)
    assert outcome.url == f"https://x.com/i/status/{outcome.id}"
    assert [post["said"] for post in sim.posts] == ["Ja till fler turer & bättre tåg <3\nLäs: https://example.se/tur"]


def test_pictures_go_out_with_their_alt_text(sim: XSimulator, on: ChannelContext) -> None:
    one = part(x, "Två bilder", picture("Torget i regn"), picture("Torget i sol", "image/jpeg"))
    assert isinstance(send(x, one, on), Published)
    assert sim.posts[0]["alts"] == ["Torget i regn", "Torget i sol"]
    assert [each["bytes"] for each in sim.media.values()] == [PNG, PNG]


def test_a_gif_is_uploaded_as_one(sim: XSimulator, on: ChannelContext) -> None:
    assert isinstance(send(x, part(x, "Rörligt", picture(mime="image/gif")), on), Published)
    assert [each["category"] for each in sim.media.values()] == ["tweet_gif"]


def test_a_thread_hangs_together(sim: XSimulator, on: ChannelContext) -> None:
    first, second = x.parts(view("Ett\n---\nTvå", picture()))
    assert (first.role, len(first.pictures), second.role, second.pictures) == ("post", 1, "reply", ())
    out = send(x, first, on)
    assert isinstance(out, Published)
    assert isinstance(send(x, replace(second, parent=out.id), on), Published)
    assert [post["parent"] for post in sim.posts] == ["", out.id]


def test_a_reply_that_x_forbids_waits_for_a_person(sim: XSimulator, on: ChannelContext) -> None:
    sim.self_replies = False
    first, second = x.parts(view("Ett\n---\nTvå"))
    out = send(x, first, on)
    assert isinstance(out, Published)
    refused = send(x, replace(second, parent=out.id), on)
    assert isinstance(refused, Rejected)
    assert refused.why == "permission"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("400", Rejected("", "content")),
        ("401", Rejected("", "token")),
        ("402", Rejected("", "money")),
        ("403", Rejected("", "permission")),
        ("404", Rejected("", "content")),
        ("413", Rejected("", "content")),
        ("duplicate", Unknown("")),
        ("408", Unknown("")),
        ("500", Unknown("")),
        ("503", Unknown("")),
        ("html_503", Unknown("")),
        ("timeout_after_accept", Unknown("")),
        ("timeout_before_accept", Unknown("")),
        ("reset_after_accept", Unknown("")),
        ("reset_before_accept", Unknown("")),
        ("500_after_accept", Unknown("")),
        ("malformed_after_accept", Unknown("")),
        ("empty_after_accept", Unknown("")),
        ("list_after_accept", Unknown("")),
        ("huge_after_accept", Unknown("")),
        ("redirect", Rejected("", "config")),
    ],
)
def test_every_answer_has_its_outcome(sim: XSimulator, on: ChannelContext, fault: str, expected: object) -> None:
    sim.faults.append(fault)
    with hurried(on, fault):
        outcome = send(x, part(x, "Hej"), on)
    assert type(outcome) is type(expected)
    assert getattr(outcome, "why", None) == getattr(expected, "why", None)
    assert outcome.detail
    assert len([call for call in sim.calls if call.path == "/2/tweets"]) == 1
    assert not any(secret in outcome.detail for secret in KEYS.values())


@pytest.mark.parametrize("fault", ["slow_drip", "slow_headers"])
def test_a_server_that_drips_is_given_up_on(sim: XSimulator, fault: str) -> None:
    sim.faults.append(fault)
    on = context({"base_url": sim.url}, KEYS, deadline=1.5, timeout=60.0)
    started = datetime.now(UTC)
    assert isinstance(send(x, part(x, "Hej"), on), Unknown)
    assert datetime.now(UTC) - started < timedelta(seconds=40)
    assert len(sim.posts) == 1


def test_a_rate_limit_says_when_and_stops_the_whole_channel(sim: XSimulator, on: ChannelContext) -> None:
    sim.faults.append("429")
    outcome = send(x, part(x, "Hej"), on)
    assert outcome == Retry(outcome.detail, datetime.fromtimestamp(sim.reset_at, UTC), whole_channel=True)


@pytest.mark.parametrize(
    ("headers", "wait"), [({}, 900), ({"retry-after": "120"}, 120), ({"x-rate-limit-reset": "1"}, 900)]
)
def test_a_rate_limit_without_a_word_for_when_waits_a_whole_window(
    sim: XSimulator, on: ChannelContext, headers: dict[str, str], wait: int
) -> None:
    now = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)
    on.now = lambda: now
    answer = Answer(429, {"title": "Too Many Requests"}, headers)
    sim.refusal = lambda fault: answer  # type: ignore[method-assign]
    sim.faults.append("429")
    outcome = send(x, part(x, "Hej"), on)
    assert outcome == Retry(outcome.detail, now + timedelta(seconds=wait), whole_channel=True)


def test_a_busy_server_that_says_when_is_believed(sim: XSimulator, on: ChannelContext) -> None:
    now = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)
    on.now = lambda: now
    sim.refusal = lambda fault: Answer(503, {}, {"retry-after": "120"})  # type: ignore[method-assign]
    sim.faults.append("503")
    assert send(x, part(x, "Hej"), on) == Unknown(ANY, now + timedelta(seconds=120))


@pytest.mark.parametrize("fault", ["wall_403", "wall_406", "wall_413"])
def test_a_wall_before_x_is_not_its_no(sim: XSimulator, on: ChannelContext, fault: str) -> None:
    sim.faults += [fault, f"prepare:{fault}", f"read:{fault}"]
    assert isinstance(send(x, part(x, "Hej"), on), Retry)
    assert isinstance(send(x, part(x, "Hej", picture()), on), Retry)
    with pytest.raises(ConnectError, match="could not be reached"):
        x.connect(on)
    assert sim.posts == []


def test_an_answer_without_an_id_is_not_called_published(sim: XSimulator, on: ChannelContext) -> None:
    for said in ({"data": {"id": None}}, {"data": {}}, {"ok": True}):
        sim.handle = lambda call, said=said: Answer(200, said)  # type: ignore[method-assign, misc]
        assert isinstance(send(x, part(x, "Hej"), on), Unknown)
        assert isinstance(send(x, part(x, "Hej", picture()), on), Retry)


def test_the_same_words_of_another_item_are_not_taken_for_this_one(sim: XSimulator, on: ChannelContext) -> None:
    since = just_now()
    out = send(x, part(x, "Samma ord"), on)
    assert isinstance(out, Published)
    lost = replace(part(x, "Samma ord"), others=frozenset({out.id}))
    assert isinstance(x.find(lost, Handles(), since, on), Absent)


def test_a_used_up_day_waits_for_the_day_not_the_quarter() -> None:
    from commsched.platforms._x.client import _reset

    now = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)
    soon, tomorrow = int(now.timestamp()) + 600, int(now.timestamp()) + 80_000
    headers = {
        "x-rate-limit-remaining": "99",
        "x-rate-limit-reset": str(soon),
        "x-user-limit-24hour-remaining": "0",
        "x-user-limit-24hour-reset": str(tomorrow),
    }
    assert _reset(headers, now) == datetime.fromtimestamp(tomorrow, UTC)
    assert _reset({"x-rate-limit-reset": "soon"}, now) is None
    assert _reset({"x-rate-limit-reset": str(soon - 900)}, now) is None


def test_a_server_that_is_not_there_proves_that_nothing_was_sent() -> None:
    nowhere = context({"base_url": "http://127.0.0.1:1"}, KEYS)
    outcome = send(x, part(x, "Hej"), nowhere)
    assert isinstance(outcome, Retry)
    assert outcome.whole_channel


@pytest.mark.parametrize("fault", ["timeout_after_accept", "500_after_accept", "reset_before_accept", "html_503"])
def test_a_lost_upload_is_simply_tried_again(sim: XSimulator, on: ChannelContext, fault: str) -> None:
    sim.faults.append(f"prepare:{fault}")
    one = part(x, "Med bild", picture())
    with hurried(on, fault):
        assert isinstance(send(x, one, on), Retry)
    assert isinstance(send(x, one, on), Published)
    assert len(sim.posts) == 1


def test_a_refused_upload_is_not(sim: XSimulator, on: ChannelContext) -> None:
    sim.faults.append("prepare:400")
    assert isinstance(send(x, part(x, "Med bild", picture()), on), Rejected)


TEXTS = [
    "Ja till fler turer på linje 4",
    "Läs mer på www.svt.se och https://example.se/en/lang/adress/ nu & sen <hej>",
    "Rad ett\n\nRad två   med mellanslag",
    "Emoji 👨‍👩‍👧‍👦 och €",
    "Slutar med länk https://example.se",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("pictures", [0, 1])
def test_what_went_out_unseen_is_found_again(sim: XSimulator, on: ChannelContext, text: str, pictures: int) -> None:
    since = just_now()
    for other in ("Före", "En annan"):
        send(x, part(x, other), on)
    sim.faults.append("timeout_after_accept")
    one = part(x, text, *[picture()] * pictures)
    assert isinstance(lose(x, one, on), Unknown)
    send(x, part(x, "Efter"), on)
    assert x.find(one, Handles(), since, on) == Found(
        sim.posts[2]["id"], f"https://x.com/i/status/{sim.posts[2]['id']}"
    )


def test_what_did_not_go_out_is_absent_and_never_resent_by_itself(sim: XSimulator, on: ChannelContext) -> None:
    sim.faults.append("reset_before_accept")
    one = part(x, "Hej")
    assert isinstance(send(x, one, on), Unknown)
    assert isinstance(x.find(one, Handles(), just_now(), on), Absent)
    assert not x.resend_if_absent


def test_reading_back_goes_through_every_page(sim: XSimulator, on: ChannelContext) -> None:
    since = just_now()
    sim.budget = 10_000
    for number in range(130):
        sim.posts.append({"id": str(number), "text": f"nr {number}", "said": "", "created_at": "2099", "parent": ""})
    assert isinstance(x.find(part(x, "nr 0"), Handles(), since, on), Found)
    assert isinstance(x.find(part(x, "nr 200"), Handles(), since, on), Absent)
    for number in range(130, 700):
        sim.posts.append({"id": str(number), "text": f"nr {number}", "said": "", "created_at": "2099", "parent": ""})
    assert isinstance(x.find(part(x, "nr 0"), Handles(), since, on), CannotTell)


def test_the_same_words_with_another_picture_or_parent_are_another_post(sim: XSimulator, on: ChannelContext) -> None:
    since = just_now()
    send(x, part(x, "Hej"), on)
    assert isinstance(x.find(part(x, "Hej", picture()), Handles(), since, on), Absent)
    assert isinstance(x.find(replace(part(x, "Hej"), parent="77"), Handles(), since, on), Absent)


@pytest.mark.parametrize("fault", ["read:500", "read:429", "read:html_503", "read:malformed_after_accept", "read:401"])
def test_a_failed_reading_back_proves_nothing(sim: XSimulator, on: ChannelContext, fault: str) -> None:
    sim.faults.append(fault)
    assert isinstance(x.find(part(x, "Hej"), Handles(), just_now(), on), CannotTell)


def test_a_post_can_be_taken_down_twice(sim: XSimulator, on: ChannelContext) -> None:
    out = send(x, part(x, "Ångrar mig"), on)
    assert isinstance(out, Published)
    assert isinstance(x.delete(out.id, on), Published)
    assert sim.posts == []
    assert isinstance(x.delete(out.id, on), Published)
    sim.faults.append("401")
    assert isinstance(x.delete(out.id, on), Rejected)


def messages(text: str, *pictures: object) -> list[tuple[str, str]]:
    return [(p.level, str(p.words)) for p in x.check(view(text, *pictures), {})]  # type: ignore[arg-type]


def test_what_is_needed_together_is_not_called_optional() -> None:
    notes = {setting.key: setting.note for setting in x.settings if setting.secret}
    assert {notes[key] for key in KEYS} == {"all four are needed"}
    assert notes["bearer_token"] == "only where the four keys are not given"


def test_the_cost_of_a_link_is_shown() -> None:
    assert x.cost(view("Utan länk")) == 0.015
    assert x.cost(view("Med länk example.se")) == 0.2
    assert x.cost(view("Ett https://a.se\n---\nTvå", picture())) == 0.22
    assert x.cost(view("Länken står för sig", link="https://example.se/a")) == 0.2
    assert messages("Hej") == []
    [(level, words)] = messages("Läs https://example.se")
    assert level == "warn"
    assert "$0.20" in words


@pytest.mark.parametrize(
    ("shape", "frames", "most"),
    [((400, 300), 350, 0), ((400, 300), 351, 350), ((1280, 1080), 217, 0), ((1280, 1080), 218, 217)],
)
def test_a_gif_with_more_frames_than_x_takes_is_told_before(shape: tuple[int, int], frames: int, most: int) -> None:
    found = x.check(view("Hej", picture(mime="image/gif", shape=shape, frames=frames)), {})
    told = [(one.level, one.words.params["count"], one.words.params["most"]) for one in found]
    assert told == ([("block", frames, most)] if most else [])


def test_what_moves_and_is_no_gif_is_told_to_stand_still() -> None:
    [(level, words)] = messages("Hej", picture(mime="image/webp", frames=2))
    assert level == "warn"
    assert "shows only its first picture" in words
    assert messages("Hej", picture(mime="image/webp")) == []


def test_what_x_would_refuse_is_said_before() -> None:
    assert messages("a" * 280) == []
    assert [level for level, _ in messages("a" * 281)] == ["block"]
    assert [level for level, _ in messages("Hej", *[picture()] * 5)] == ["block"]
    assert [level for level, _ in messages("Hej", picture(mime="image/gif"), picture())] == ["block"]
    assert [level for level, _ in messages("Hej", picture(size=5_000_001))] == ["block"]
    assert messages("Hej", picture(mime="image/gif", size=14_000_000)) == []
    assert [level for level, _ in messages("Hej", picture(mime="image/gif", size=16_000_000))] == ["block"]
    assert [level for level, _ in messages("Hej", picture(shape=(9000, 1000)))] == ["block"]
    assert messages("Hej", picture(shape=(8192, 8192))) == []
    assert [level for level, _ in messages("Hej", picture(mime="image/gif", shape=(1400, 1080)))] == ["block"]
    assert messages("Hej", picture(mime="image/gif", shape=(1280, 1080))) == []
    assert [level for level, _ in messages("Köp $ABC och $DEF")] == ["block"]
    assert messages("Det kostar $5 och $10") == []
    assert [level for level, _ in messages("Ett\n---\nTvå")] == ["warn"]

"""Servers that are only compatible with Mastodon, and answers that are not the server's own: nothing goes out twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from msgspec.structs import replace

from commsched.core.delivery.outcome import Absent, CannotTell, Found, Handles, Outcome, Published, Retry, Unknown
from commsched.core.platform.contract import ChannelContext, ConnectError
from commsched.platforms import get
from tests.platforms._office import context, just_now, part, picture, send, view
from tests.sims.mastodon import MASTODON, TOKEN, MastodonSimulator

mastodon = get("mastodon")


@pytest.fixture
def sim() -> Iterator[MastodonSimulator]:
    with MastodonSimulator() as simulator:
        yield simulator


@pytest.fixture
def on(sim: MastodonSimulator) -> ChannelContext:
    return context({"base_url": sim.url}, {"access_token": TOKEN}, account="1")


COUSINS = [
    ("2.7.2 (compatible; Pleroma 2.6.3)", "", "pleroma"),
    ("2.7.2 (compatible; Akkoma 3.13.2)", "", "akkoma"),
    ("0.17.3+git-1a2b3c4", "https://github.com/superseriousbusiness/gotosocial", "gotosocial"),
    ("4.0.0 (compatible; Mitra 3.10.0)", "", "mitra"),
    ("2.8.0 (compatible; Friendica 2024.12)", "https://git.friendi.ca/friendica/friendica", "friendica"),
    ("4.2.1 (compatible; Sharkey 2024.9.4)", "https://activitypub.software/TransFem-org/Sharkey", "sharkey"),
    ("4.2.1 (compatible; Iceshrimp.NET/2025.1)", "", "Iceshrimp.NET"),
    ("3.5.3 (compatible; Pixelfed 0.12.4)", "", "pixelfed"),
    ("4.3.1", "https://git.example/our/own/server", "ownserver"),
    ("4.3.1", "", "gotosocial"),
    ("4.3.1 (compatible; Bridge 1.0)", MASTODON, "mastodon"),
    ("", "", ""),
]


@pytest.mark.parametrize(("version", "source", "software"), COUSINS, ids=[one[2] or "nameless" for one in COUSINS])
@pytest.mark.parametrize("second", [True, False], ids=["v2", "v1"])
def test_a_server_that_is_only_compatible_is_not_trusted_to_keep_a_key(
    sim: MastodonSimulator, on: ChannelContext, version: str, source: str, software: str, second: bool
) -> None:
    sim.version, sim.source_url, sim.software, sim.second_version = version, source, software, second
    facts = mastodon.connect(on).facts
    assert facts["keeps_key"] is False
    assert not mastodon.resends(facts)


@pytest.mark.parametrize(
    ("version", "source", "software"),
    [
        ("4.3.1", MASTODON, "mastodon"),
        ("4.5.0-alpha.1+glitch", "https://github.com/glitch-soc/mastodon", "mastodon"),
        ("4.3.1", "https://git.example/region/our-fork-of-mastodon", "mastodon"),
        ("3.5.3", "", "mastodon"),
    ],
)
def test_mastodon_itself_and_its_forks_keep_the_key(
    sim: MastodonSimulator, on: ChannelContext, version: str, source: str, software: str
) -> None:
    sim.version, sim.source_url, sim.software = version, source, software
    assert mastodon.resends(mastodon.connect(on).facts)


def test_a_channel_connected_before_this_was_asked_is_not_trusted() -> None:
    assert not mastodon.resends({"domain": "social.example", "characters": 500})


def test_the_token_is_not_shown_to_whoever_is_asked_what_the_server_is(
    sim: MastodonSimulator, on: ChannelContext
) -> None:
    sim.source_url = ""
    mastodon.connect(on)
    asked = [call for call in sim.calls if "nodeinfo" in call.path]
    assert asked
    assert not any("authorization" in call.headers for call in asked)


def test_a_post_whose_words_come_back_changed_is_no_reason_to_send_it_again(
    sim: MastodonSimulator, on: ChannelContext
) -> None:
    sim.renders_markdown, sim.keeps_key = True, False
    one = part(mastodon, "**Ny rapport** om busstrafiken")
    since = just_now()
    sim.faults.append("500_after_accept")
    assert isinstance(send(mastodon, one, on), Unknown)
    assert isinstance(mastodon.find(one, Handles(), since, on), Found | CannotTell)


def test_a_status_of_ours_that_the_store_does_not_know_means_that_nobody_can_tell(
    sim: MastodonSimulator, on: ChannelContext
) -> None:
    since, one = just_now(), part(mastodon, "Ja till fler turer")
    assert isinstance(mastodon.find(one, Handles(), since, on), Absent)
    stranger = sim.say_it("Något helt annat")
    finding = mastodon.find(one, Handles(), since, on)
    assert isinstance(finding, CannotTell)
    assert not finding.final
    for name in ("id", "url"):
        known = replace(one, others=frozenset({stranger[name]}))
        assert isinstance(mastodon.find(known, Handles(), since, on), Absent)


def test_the_same_words_published_by_another_item_are_not_taken_for_this_one(
    sim: MastodonSimulator, on: ChannelContext
) -> None:
    since = just_now()
    first, second = (part(mastodon, "Samma ord", key=key) for key in ("a", "b"))
    out = send(mastodon, first, on)
    assert isinstance(out, Published)
    lost = replace(second, others=frozenset({out.id}))
    assert isinstance(mastodon.find(lost, Handles(), since, on), Absent)
    twin = sim.say_it("Samma ord")
    assert mastodon.find(lost, Handles(), since, on) == Found(twin["id"], twin["url"])


@pytest.mark.parametrize("said", [{"ok": True}, {"id": None}, {"id": ""}, {}], ids=str)
def test_an_answer_without_an_id_is_not_called_published(sim: MastodonSimulator, on: ChannelContext, said: Any) -> None:
    sim.status_answer = said
    assert isinstance(send(mastodon, part(mastodon, "Hej"), on), Unknown)


@pytest.mark.parametrize("said", [{"ok": True}, {"id": None, "url": "https://m.example/1.png"}], ids=str)
def test_a_picture_without_an_id_is_not_uploaded(sim: MastodonSimulator, on: ChannelContext, said: Any) -> None:
    sim.media_answer = said
    outcome = send(mastodon, part(mastodon, "Hej", picture()), on)
    assert isinstance(outcome, Retry)
    assert sim.statuses == []


@pytest.mark.parametrize("missing", ["id", "acct"])
def test_an_account_without_an_id_or_a_name_is_not_connected(
    sim: MastodonSimulator, on: ChannelContext, missing: str
) -> None:
    del sim.account[missing]
    with pytest.raises(ConnectError) as refused:
        mastodon.connect(on)
    assert refused.value.field == "base_url"


@pytest.mark.parametrize(
    ("shape", "mime", "limit", "most"),
    [
        ((8000, 6000), "image/jpeg", 33_177_600, "6651 × 4988"),
        ((8000, 6000), "image/jpeg", 0, "6651 × 4988"),
        ((4000, 3000), "image/jpeg", 33_177_600, ""),
        ((4000, 3000), "image/jpeg", 1_000_000, "1154 × 866"),
        ((1400, 800), "image/gif", 33_177_600, "1269 × 725"),
        ((1280, 720), "image/gif", 33_177_600, ""),
    ],
)
def test_a_picture_with_more_pixels_than_the_server_takes_is_told_before_it_is_approved(
    sim: MastodonSimulator, on: ChannelContext, shape: tuple[int, int], mime: str, limit: int, most: str
) -> None:
    sim.limits = {"image_matrix_limit": limit} if limit else {}
    facts = mastodon.connect(on).facts
    problems = mastodon.check(view("Hej", picture(mime=mime, shape=shape)), facts)
    assert [problem.words.params["most"] for problem in problems if problem.blocks] == ([most] if most else [])


def test_what_moves_and_is_no_gif_is_told_to_stand_still(sim: MastodonSimulator, on: ChannelContext) -> None:
    facts = mastodon.connect(on).facts
    (problem,) = mastodon.check(view("Hej", picture(mime="image/webp", frames=12)), facts)
    assert (problem.level, problem.words.params["number"]) == ("warn", 1)
    assert mastodon.check(view("Hej", picture(mime="image/gif", frames=600, shape=(40, 30))), facts) == []


WALLS = ["wall_403", "wall_406", "wall_413"]


@pytest.mark.parametrize("fault", WALLS)
def test_a_wall_before_the_server_is_not_the_servers_no(sim: MastodonSimulator, on: ChannelContext, fault: str) -> None:
    sim.faults.append(fault)
    outcome = send(mastodon, part(mastodon, "Hej"), on)
    assert isinstance(outcome, Retry)
    assert outcome.whole_channel
    assert "Just a moment" in outcome.detail
    assert sim.statuses == []


@pytest.mark.parametrize("fault", WALLS)
def test_a_wall_before_an_upload_is_not_the_servers_no(sim: MastodonSimulator, on: ChannelContext, fault: str) -> None:
    sim.faults.append(f"prepare:{fault}")
    assert isinstance(send(mastodon, part(mastodon, "Hej", picture()), on), Retry)


def test_a_page_instead_of_an_answer_may_have_been_anything(sim: MastodonSimulator, on: ChannelContext) -> None:
    sim.faults.append("wall_200")
    assert isinstance(send(mastodon, part(mastodon, "Hej"), on), Unknown)


@pytest.mark.parametrize("fault", ["wall_403", "wall_406", "wall_200"])
def test_connecting_through_a_wall_says_that_the_server_was_not_reached(
    sim: MastodonSimulator, on: ChannelContext, fault: str
) -> None:
    sim.faults.append(f"read:{fault}")
    with pytest.raises(ConnectError, match="could not be reached") as refused:
        mastodon.connect(on)
    assert refused.value.field == "base_url"
    assert "right" not in str(refused.value)


def ends(outcome: Outcome) -> datetime | None:
    assert isinstance(outcome, Retry | Unknown)
    return outcome.after


@pytest.mark.parametrize("status", ["429", "503"])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_server_that_says_when_to_come_back_is_believed(
    sim: MastodonSimulator, on: ChannelContext, status: str, form: str
) -> None:
    when = (datetime.now(UTC) + timedelta(seconds=120)).replace(microsecond=0)
    sim.headers["retry-after"] = "120" if form == "seconds" else format_datetime(when, usegmt=True)
    sim.faults.append(status)
    after = ends(send(mastodon, part(mastodon, "Hej"), on))
    assert after is not None
    assert abs(after - when) < timedelta(seconds=5)
    sim.faults.append(f"read:{status}")
    finding = mastodon.find(part(mastodon, "Hej"), Handles(), just_now(), on)
    assert isinstance(finding, CannotTell)
    assert finding.after is not None
    assert abs(finding.after - when) < timedelta(seconds=5)


@pytest.mark.parametrize("said", ["soon", "-5", "99999999999", "Thu, 01 Jan 1970 00:00:00 GMT", ""])
def test_a_word_for_when_that_is_none_is_not_believed(sim: MastodonSimulator, on: ChannelContext, said: str) -> None:
    sim.headers["retry-after"] = said
    sim.faults.append("503")
    after = ends(send(mastodon, part(mastodon, "Hej"), on))
    assert after is None or after <= datetime.now(UTC) + timedelta(days=1)


def test_a_server_that_points_elsewhere_is_not_followed_and_says_where(
    sim: MastodonSimulator, on: ChannelContext
) -> None:
    sim.faults.append("read:redirect")
    with pytest.raises(ConnectError, match=r"http://127\.0\.0\.1:9/elsewhere") as refused:
        mastodon.connect(on)
    assert refused.value.field == "base_url"


# -- what each of them takes, as it spells it ---------------------------------------------------------

PLEROMA = {
    "max_toot_chars": 5000,
    "upload_limit": 20_000_000,
    "description_limit": 5000,
    "max_media_attachments": 1000,
    "poll_limits": {"max_options": 20, "max_option_chars": 200, "min_expiration": 0, "max_expiration": 31_536_000},
}
GOTOSOCIAL = {
    "configuration": {
        "statuses": {"max_characters": 5000, "max_media_attachments": 6, "characters_reserved_per_url": 25},
        "media_attachments": {
            "supported_mime_types": ["image/jpeg", "image/png", "video/mp4", "video/webm"],
            "image_size_limit": 41_943_040,
            "video_size_limit": 41_943_040,
            "description_limit": 1500,
        },
        "polls": {
            "max_options": 6,
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2_629_746,
        },
    }
}
PIXELFED = {
    "configuration": {
        "statuses": {"max_characters": 500, "max_media_attachments": 20, "characters_reserved_per_url": 23},
        "media_attachments": {"supported_mime_types": ["image/jpeg", "image/png"], "image_size_limit": 15_360_000},
    }
}
SHARKEY = {
    "configuration": {
        "statuses": {"max_characters": 3000, "max_media_attachments": 16, "characters_reserved_per_url": 23},
        "media_attachments": {"image_size_limit": 10_485_760},
        "polls": {
            "max_options": 10,
            "max_characters_per_option": 150,
            "min_expiration": 50,
            "max_expiration": 2_629_746,
        },
    }
}
TAKES = [
    ("pleroma", PLEROMA, (5000, 1000, 20_000_000, 5000), (1, 20_000_000), (20, 200)),
    ("akkoma", PLEROMA, (5000, 1000, 20_000_000, 5000), (1, 20_000_000), (20, 200)),
    ("gotosocial", GOTOSOCIAL, (5000, 6, 41_943_040, 1500), (1, 41_943_040), (6, 50)),
    ("pixelfed", PIXELFED, (500, 20, 15_360_000, 1500), (0, 103_809_024), (0, 50)),
    ("sharkey", SHARKEY, (3000, 16, 10_485_760, 1500), (1, 103_809_024), (10, 150)),
]


@pytest.mark.parametrize(("software", "says", "posts", "videos", "polls"), TAKES, ids=[each[0] for each in TAKES])
@pytest.mark.parametrize("second", [True, False], ids=["v2", "v1"])
def test_each_server_is_held_to_what_it_says_that_it_takes(
    sim: MastodonSimulator,
    on: ChannelContext,
    software: str,
    says: dict[str, Any],
    posts: tuple[int, ...],
    videos: tuple[int, int],
    polls: tuple[int, int],
    second: bool,
) -> None:
    sim.version, sim.source_url = f"2.7.2 (compatible; {software} 1)", ""
    sim.software, sim.description, sim.second_version = software, says, second
    facts = mastodon.connect(on).facts
    limits = mastodon.limits(facts)
    assert (limits.characters, limits.pictures, limits.picture_bytes, limits.alt_characters) == posts
    assert (limits.videos, limits.video_bytes) == videos
    assert (facts["polls"]["choices"], facts["polls"]["characters"]) == polls  # type: ignore[index]
    assert (facts["software"], facts["keeps_key"]) == (software, False)


def test_a_server_made_for_pictures_is_told_of_before(sim: MastodonSimulator, on: ChannelContext) -> None:
    sim.software, sim.description = "pixelfed", PIXELFED
    facts = mastodon.connect(on).facts
    (problem,) = mastodon.check(view("Hej"), facts)
    assert (problem.level, problem.field) == ("warn", "pictures")
    assert mastodon.check(view("Hej", picture()), facts) == []

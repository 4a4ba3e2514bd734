"""Mastodon, driven through Mastodon.py against a real server, straight and over a wire that fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from commsched.core.delivery.outcome import Absent, CannotTell, Found, Handles, Published, Rejected, Retry, Unknown
from commsched.core.platform.contract import ChannelContext, ConnectError, Part
from commsched.platforms import get
from tests.peers.mastodon import TOKEN, Server, mastodon_server
from tests.platforms._office import context, hurried, just_now, lose, part, picture, send, view
from tests.sims.proxy import MastodonProxy

__all__ = ["mastodon_server"]
pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("mastodon")]
mastodon = get("mastodon")


@pytest.fixture
def proxy(mastodon_server: Server) -> Iterator[MastodonProxy]:
    with MastodonProxy(mastodon_server.url) as between:
        yield between


@pytest.fixture
def on(mastodon_server: Server, proxy: MastodonProxy) -> ChannelContext:
    me = mastodon_server.get("/api/v1/accounts/verify_credentials")
    return context({"base_url": proxy.url}, {"access_token": TOKEN}, account=str(me["id"]))


def fresh(text: str) -> str:
    """``text`` with something of its own, because the server is shared by the tests of this file."""
    return f"{text} {uuid4().hex[:8]}"


def said(server: Server, text: str) -> list[dict[str, Any]]:
    word = text.rsplit(maxsplit=1)[-1]
    return [status for status in server.statuses() if word in status["content"]]


def lone(server: Server, one: Part) -> Part:
    """``one``, on an account of whose other posts the store knows."""
    return replace(one, others=frozenset(status["id"] for status in server.statuses()))


def test_the_server_tells_its_limits_when_it_is_connected(on: ChannelContext) -> None:
    account = mastodon.connect(on)
    assert account.id == on.account
    assert account.name.startswith("@")
    limits = mastodon.limits(account.facts)
    assert (limits.characters, limits.pictures, limits.picture_bytes) == (500, 4, 10_485_760)
    assert limits.picture_types == ("image/jpeg", "image/png", "image/gif", "image/webp")


@pytest.mark.parametrize("alias", ["url", "instance", "api_base_url"])
def test_names_from_elsewhere_are_understood(proxy: MastodonProxy, alias: str) -> None:
    assert mastodon.connect(context({alias: proxy.url + "/"}, {"token": TOKEN})).id


def test_a_wrong_token_is_refused_without_being_repeated(proxy: MastodonProxy) -> None:
    with pytest.raises(ConnectError) as refused:
        mastodon.connect(context({"base_url": proxy.url}, {"access_token": "wrong-token-0001"}))
    assert refused.value.field == "access_token"
    assert "wrong-token-0001" not in str(refused.value)


@pytest.mark.parametrize(
    ("scopes", "missing"),
    [
        (["read", "write"], ""),
        (["read", "write:statuses", "write:media"], ""),
        (["read"], "write:statuses, write:media"),
        (["profile", "read", "write:statuses"], "write:media"),
        ([], ""),
    ],
)
def test_a_token_that_may_not_publish_is_told_so(scopes: list[str], missing: str) -> None:
    from commsched.platforms.mastodon import _require_rights

    client = SimpleNamespace(app_verify_credentials=lambda: {"scopes": scopes})
    if not missing:
        _require_rights(client)
        return
    with pytest.raises(ConnectError, match=missing):
        _require_rights(client)


def test_a_token_that_is_the_name_of_a_file_is_not_read(proxy: MastodonProxy, tmp_path: Any) -> None:
    secret = tmp_path / "secret.key"
    secret.write_text("the office's own key\n")
    with pytest.raises(ConnectError):
        mastodon.connect(context({"base_url": proxy.url}, {"access_token": str(secret)}))
    assert all("the office's own key" not in str(call.headers) for call in proxy.calls)


@pytest.mark.parametrize(
    "address", ["", "not an address", "ftp://m.example", "https://", "https://u:p@m.example", "https://m:x"]
)
def test_an_address_that_is_none_is_refused_by_its_field(address: str) -> None:
    with pytest.raises(ConnectError) as refused:
        mastodon.connect(context({"base_url": address}, {"access_token": TOKEN}))
    assert refused.value.field == "base_url"


def test_a_token_does_not_cross_the_internet_in_the_clear() -> None:
    outside = context({"base_url": "http://mastodon.example", "allow_private": ""}, {"access_token": TOKEN})
    with pytest.raises(ConnectError, match="https"):
        mastodon.connect(outside)


def test_a_server_that_answers_in_html_is_not_a_mastodon_server(proxy: MastodonProxy, on: ChannelContext) -> None:
    proxy.faults.append("read:html_503")
    with pytest.raises(ConnectError) as refused:
        mastodon.connect(on)
    assert refused.value.field == "base_url"


def test_a_post_goes_out_as_it_was_written(mastodon_server: Server, on: ChannelContext) -> None:
    text = fresh("Ja till fler turer & tåg <3")
    options = {"visibility": "unlisted", "content_warning": "Budget"}
    outcome = send(mastodon, part(mastodon, text, options=options), on)
    assert isinstance(outcome, Published)
    [status] = said(mastodon_server, text)
    assert (status["id"], status["url"]) == (outcome.id, outcome.url)
    assert (status["visibility"], status["spoiler_text"], status["sensitive"]) == ("unlisted", "Budget", True)
    assert (status["language"]) == "sv"


def test_pictures_go_out_with_their_alt_text(mastodon_server: Server, on: ChannelContext) -> None:
    text = fresh("Två bilder")
    one = part(mastodon, text, picture("Torget i regn"), picture("Torget i sol"))
    assert isinstance(send(mastodon, one, on), Published)
    [status] = said(mastodon_server, text)
    assert [media["description"] for media in status["media_attachments"]] == ["Torget i regn", "Torget i sol"]


def test_a_thread_hangs_together(mastodon_server: Server, on: ChannelContext) -> None:
    text = fresh("Ett\n---\nTvå")
    first, second = mastodon.parts(view(text, picture()))
    assert (first.role, len(first.pictures), second.role, second.pictures) == ("post", 1, "reply", ())
    out = send(mastodon, first, on)
    assert isinstance(out, Published)
    assert isinstance(send(mastodon, replace(second, parent=out.id), on), Published)
    assert [status["in_reply_to_id"] for status in said(mastodon_server, text)] == [out.id]


def test_the_same_key_makes_one_post(mastodon_server: Server, on: ChannelContext) -> None:
    text = fresh("En gång")
    one = part(mastodon, text)
    assert send(mastodon, one, on) == send(mastodon, one, on)
    assert len(said(mastodon_server, text)) == 1


def test_one_post_is_one_call(proxy: MastodonProxy, on: ChannelContext) -> None:
    send(mastodon, part(mastodon, fresh("Snabbt")), on)
    assert [(call.method, call.path) for call in proxy.calls] == [("POST", "/api/v1/statuses")]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("401", Rejected("", "token")),
        ("403", Rejected("", "permission")),
        ("404", Rejected("", "content")),
        ("422 Validation failed: Text limit of 500 characters exceeded", Rejected("", "content")),
        ("422 Cannot attach files that have not finished processing. Try again in a moment!", Retry("")),
        ("429", Retry("")),
        ("500", Unknown("")),
        ("502", Unknown("")),
        ("503", Unknown("")),
        ("504", Unknown("")),
        ("html_503", Unknown("")),
        ("500_after_accept", Unknown("")),
        ("timeout_after_accept", Unknown("")),
        ("timeout_before_accept", Unknown("")),
        ("reset_after_accept", Unknown("")),
        ("reset_before_accept", Unknown("")),
        ("malformed_after_accept", Unknown("")),
        ("empty_after_accept", Unknown("")),
        ("list_after_accept", Unknown("")),
        ("huge_after_accept", Unknown("")),
        ("redirect", Rejected("", "config")),
    ],
)
def test_every_answer_has_its_outcome(proxy: MastodonProxy, on: ChannelContext, fault: str, expected: object) -> None:
    proxy.faults.append(fault)
    with hurried(on, fault):
        outcome = send(mastodon, part(mastodon, fresh("Hej")), on)
    assert type(outcome) is type(expected)
    assert getattr(outcome, "why", None) == getattr(expected, "why", None)
    assert outcome.detail
    assert TOKEN not in outcome.detail
    assert len(proxy.calls) == 1


@pytest.mark.parametrize("fault", ["slow_drip", "slow_headers"])
def test_a_server_that_drips_is_given_up_on(proxy: MastodonProxy, fault: str) -> None:
    on = context({"base_url": proxy.url}, {"access_token": TOKEN}, deadline=1.5, timeout=60.0)
    proxy.faults.append(fault)
    started = datetime.now(UTC)
    assert isinstance(send(mastodon, part(mastodon, fresh("Hej")), on), Unknown)
    assert datetime.now(UTC) - started < timedelta(seconds=40)


def test_a_rate_limit_says_when_and_stops_the_whole_channel(proxy: MastodonProxy, on: ChannelContext) -> None:
    reset = (datetime.now(UTC) + timedelta(minutes=5)).replace(microsecond=0)
    proxy.reset_header = reset.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    proxy.faults.append("429")
    outcome = send(mastodon, part(mastodon, fresh("Hej")), on)
    assert isinstance(outcome, Retry)
    assert outcome.whole_channel
    assert outcome.after is not None
    assert abs(outcome.after - reset) < timedelta(seconds=5)


def test_a_rate_limit_header_nobody_can_read_is_not_taken_for_a_refusal(on: ChannelContext) -> None:
    from mastodon.errors import MastodonRatelimitError

    error = MastodonRatelimitError("Rate limit time calculations failed: x")
    assert isinstance(mastodon.outcome(error, on), Unknown)


def test_a_server_that_is_not_there_proves_that_nothing_was_sent(on: ChannelContext) -> None:
    on.settings["base_url"] = "http://127.0.0.1:1"
    outcome = send(mastodon, part(mastodon, fresh("Hej")), on)
    assert isinstance(outcome, Retry)
    assert outcome.whole_channel


@pytest.mark.parametrize("fault", ["timeout_after_accept", "500_after_accept", "reset_before_accept", "html_503"])
def test_a_lost_upload_is_simply_tried_again(
    mastodon_server: Server, proxy: MastodonProxy, on: ChannelContext, fault: str
) -> None:
    text = fresh("Med bild")
    one = part(mastodon, text, picture())
    proxy.faults.append(f"prepare:{fault}")
    with hurried(on, fault):
        assert isinstance(send(mastodon, one, on), Retry)
    assert isinstance(send(mastodon, one, on), Published)
    assert len(said(mastodon_server, text)) == 1


def test_a_picture_still_being_processed_is_waited_for_without_sleeping(on: ChannelContext) -> None:
    handles = Handles({"media": "1,2", "pending": "2"})
    waiting = mastodon.post(
        SimpleNamespace(media=lambda _: {"id": "2", "url": None}), part(mastodon, "Hej"), handles, on
    )
    assert isinstance(waiting, Retry)
    assert waiting.after is not None
    assert waiting.after > on.now()
    ready = SimpleNamespace(media=lambda _: {"url": "https://m.example/2"}, status_post=lambda *_, **__: {"id": "7"})
    assert mastodon.post(ready, part(mastodon, "Hej"), handles, on) == Published("7")


def test_a_picture_that_vanished_meanwhile_is_told(proxy: MastodonProxy, on: ChannelContext) -> None:
    one = part(mastodon, fresh("Med bild"), picture())
    assert isinstance(mastodon.publish(one, Handles({"media": "404", "pending": "404"}), on), Rejected)


TEXTS = [
    "Ja till fler turer på linje 4 & fler tåg <3",
    "Läs https://www.region.example.se/trafik/linje-4/en-mycket-lang-adress?x=1&y=2 nu",
    "Rad ett\n\nRad två   med mellanslag\nRad tre",
    "Tack @mock@localhost och #linje4 👨‍👩‍👧‍👦",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("pictures", [0, 1])
def test_what_went_out_unseen_is_found_again(
    mastodon_server: Server, proxy: MastodonProxy, on: ChannelContext, text: str, pictures: int
) -> None:
    since = just_now()
    text = fresh(text)
    one = part(mastodon, text, *[picture()] * pictures)
    proxy.faults.append("timeout_after_accept")
    assert isinstance(lose(mastodon, one, on), Unknown)
    send(mastodon, part(mastodon, fresh("Efter")), on)
    [status] = said(mastodon_server, text)
    assert mastodon.find(one, Handles(), since, on) == Found(status["id"], status["url"])


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (
            "Läs https://www.region.example.se/trafik/linje-4?x=1&y=2 nu",
            '<p>Läs <a href="https://www.region.example.se/trafik/linje-4?x=1&amp;y=2" rel="nofollow">'
            '<span class="invisible">https://www.</span><span class="ellipsis">region.example.se/trafik/li</span>'
            '<span class="invisible">nje-4?x=1&amp;y=2</span></a> nu</p>',
        ),
        (
            "Tack @anna@mastodon.example, och #linje4!\n\nHej & hå <3\nSlut",
            '<p>Tack <span class="h-card" translate="no"><a href="https://mastodon.example/@anna" class="mention">'
            '@<span>anna</span></a></span>, och <a href="https://m.example/tags/linje4" class="mention hashtag" '
            'rel="tag">#<span>linje4</span></a>!</p><p>Hej &amp; hå &lt;3<br />Slut</p>',
        ),
    ],
)
def test_a_post_is_known_again_in_the_html_that_servers_make_of_it(written: str, kept: str) -> None:
    from commsched.platforms._mastodon.client import is_it

    assert is_it({"content": kept}, part(mastodon, written))
    assert not is_it({"content": kept}, part(mastodon, written + " mer"))


def test_what_did_not_go_out_may_be_resent_with_its_key(
    mastodon_server: Server, proxy: MastodonProxy, on: ChannelContext
) -> None:
    proxy.faults.append("reset_before_accept")
    one = part(mastodon, fresh("Hej"))
    assert isinstance(send(mastodon, one, on), Unknown)
    assert isinstance(mastodon.find(lone(mastodon_server, one), Handles(), just_now(), on), Absent)
    assert mastodon.resends(mastodon.connect(on).facts)


def test_what_is_not_there_is_absent_however_long_ago_the_call_was(mastodon_server: Server, on: ChannelContext) -> None:
    """After a restore the whole time since the backup is read back. Whether absence may send again is another question
    (:data:`Platform.resend_within`)."""
    one = lone(mastodon_server, part(mastodon, fresh("Hej")))
    assert isinstance(mastodon.find(one, Handles(), just_now() - timedelta(hours=20), on), Absent)
    assert mastodon.resend_within == timedelta(minutes=45), "the server keeps the key for an hour"


def test_the_same_words_with_another_picture_or_parent_are_another_post(
    mastodon_server: Server, on: ChannelContext
) -> None:
    since, text = just_now(), fresh("Hej")
    send(mastodon, part(mastodon, text), on)
    for other in (part(mastodon, text, picture()), replace(part(mastodon, text), parent="77")):
        assert isinstance(mastodon.find(other, Handles(), since, on), CannotTell), "it may be this, changed"
        assert isinstance(mastodon.find(lone(mastodon_server, other), Handles(), since, on), Absent)


def test_reading_back_stops_at_a_bounded_number_of_pages(on: ChannelContext) -> None:
    class Busy:
        asked = 0

        def account_statuses(self, *_: object, **__: object) -> list[dict[str, Any]]:
            self.asked += 1
            return [{"id": str(self.asked), "created_at": datetime.now(UTC), "content": "<p>annat</p>"}]

    busy = Busy()
    on.account = "1"
    assert isinstance(mastodon.look(busy, part(mastodon, "Hej"), Handles(), just_now(), on), CannotTell)
    assert busy.asked == 5


@pytest.mark.parametrize("fault", ["read:500", "read:429", "read:html_503", "read:malformed_after_accept", "read:401"])
def test_a_failed_reading_back_proves_nothing(proxy: MastodonProxy, on: ChannelContext, fault: str) -> None:
    proxy.faults.append(fault)
    assert isinstance(mastodon.find(part(mastodon, "Hej"), Handles(), just_now(), on), CannotTell)


def test_a_post_can_be_taken_down_twice(mastodon_server: Server, proxy: MastodonProxy, on: ChannelContext) -> None:
    text = fresh("Ångrar mig")
    out = send(mastodon, part(mastodon, text), on)
    assert isinstance(out, Published)
    assert isinstance(mastodon.delete(out.id, on), Published)
    assert said(mastodon_server, text) == []
    assert isinstance(mastodon.delete(out.id, on), Published)
    proxy.faults.append("401")
    assert isinstance(mastodon.delete(out.id, on), Rejected)


def test_what_the_server_would_refuse_is_said_before() -> None:
    def fields(text: str, *pictures: Any, facts: dict[str, Any] | None = None, **more: Any) -> list[str]:
        return [problem.field for problem in mastodon.check(view(text, *pictures, **more), facts or {})]

    assert fields("a" * 500) == []
    assert fields("a" * 501) == ["text"]
    assert fields("a" * 501, facts={"characters": 1000}) == []
    assert fields("a" * 498, options={"content_warning": "abc"}) == ["text"]
    assert fields("kort\n---\n" + "a" * 501) == ["text"]
    assert fields("a" * 490 + " https://example.se/en/mycket/lang/adress") == ["text"]
    assert fields("") == ["text"]
    assert fields("", picture()) == []
    assert fields("Hej", *[picture()] * 5) == ["pictures"]
    assert fields("Hej", picture(alt=" ")) == ["pictures"]
    assert fields("Hej", picture(alt="a" * 1501)) == ["pictures"]
    assert fields("Hej", picture(mime="image/tiff")) == ["pictures"]
    assert fields("Hej", picture(size=20_000_000)) == ["pictures"]


def test_a_thread_is_as_long_as_its_longest_part() -> None:
    assert mastodon.count("ett\n---\ntvåtvå", {}) == 6

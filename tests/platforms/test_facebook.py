"""Facebook Pages, driven through facebook-sdk against a simulator of the Graph API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
from msgspec.structs import replace

from commsched.core.delivery.outcome import Absent, CannotTell, Found, Handles, Published, Rejected, Retry, Unknown
from commsched.core.platform.contract import ChannelContext, ConnectError, Part
from commsched.platforms import get
from tests.platforms._office import NOW, PNG, context, hurried, just_now, lose, part, picture, send, view
from tests.sims._server import Answer
from tests.sims.facebook import PAGE, TOKEN, FacebookSimulator

facebook = get("facebook")


@pytest.fixture
def sim() -> Iterator[FacebookSimulator]:
    with FacebookSimulator() as simulator:
        yield simulator


@pytest.fixture
def on(sim: FacebookSimulator) -> ChannelContext:
    return context({"base_url": sim.url, "page_id": PAGE["id"]}, {"access_token": TOKEN}, account=PAGE["id"])


def prepared(one: Part, on: ChannelContext) -> Handles:
    handles = facebook.prepare(one, on)
    assert isinstance(handles, Handles)
    return handles


def test_the_pages_token_connects_it(sim: FacebookSimulator, on: ChannelContext) -> None:
    account = facebook.connect(on)
    assert (account.id, account.name, account.url, account.expires_at) == (PAGE["id"], PAGE["name"], PAGE["link"], None)
    assert all(call.path.startswith("/v25.0/") for call in sim.calls)


def test_the_graph_version_is_a_setting(sim: FacebookSimulator, on: ChannelContext) -> None:
    on.settings["graph_version"] = "v26.0"
    facebook.connect(on)
    assert sim.calls[-1].path.startswith("/v26.0/")
    on.settings["graph_version"] = "v3.1"
    with pytest.raises(ConnectError):
        facebook.connect(on)
    on.settings["graph_version"] = "26"
    with pytest.raises(ConnectError) as refused:
        facebook.connect(on)
    assert refused.value.field == "graph_version"


def test_a_token_that_will_die_says_when(sim: FacebookSimulator, on: ChannelContext) -> None:
    sim.expires_at = int(NOW.timestamp())
    assert facebook.connect(on).expires_at == NOW


def test_an_app_that_may_not_inspect_its_token_still_connects(sim: FacebookSimulator, on: ChannelContext) -> None:
    sim.may_inspect = False
    assert facebook.connect(on).expires_at is None


@pytest.mark.parametrize("kind", ["USER", "SYSTEM_USER"])
@pytest.mark.parametrize("may_inspect", [True, False])
def test_a_persons_token_is_told_from_the_pages(
    sim: FacebookSimulator, on: ChannelContext, kind: str, may_inspect: bool
) -> None:
    sim.token_type, sim.may_inspect = kind, may_inspect
    with pytest.raises(ConnectError, match="person's token") as refused:
        facebook.connect(on)
    assert refused.value.field == "access_token"


def test_a_missing_right_is_named(sim: FacebookSimulator, on: ChannelContext) -> None:
    sim.scopes.remove("pages_manage_posts")
    with pytest.raises(ConnectError, match="pages_manage_posts"):
        facebook.connect(on)


def test_a_page_that_is_not_there_is_blamed_and_a_silent_server_too(sim: FacebookSimulator, on: ChannelContext) -> None:
    on.settings["page_id"] = "1"
    with pytest.raises(ConnectError) as refused:
        facebook.connect(on)
    assert refused.value.field == "page_id"
    on.settings["base_url"] = "http://127.0.0.1:1"
    with pytest.raises(ConnectError) as unreached:
        facebook.connect(on)
    assert unreached.value.field == "base_url"


def test_a_wrong_token_is_refused_without_being_repeated(sim: FacebookSimulator) -> None:
    wrong = context({"base_url": sim.url, "page_id": PAGE["id"]}, {"page_token": "EAAB-wrong-token"})
    with pytest.raises(ConnectError) as refused:
        facebook.connect(wrong)
    assert refused.value.field == "access_token"
    assert "EAAB-wrong-token" not in str(refused.value)


@pytest.mark.parametrize("page", ["", "not a page", "../me", "1/feed"])
def test_a_page_id_that_is_none_is_refused_before_any_call(
    sim: FacebookSimulator, on: ChannelContext, page: str
) -> None:
    on.settings["page_id"] = page
    with pytest.raises(ConnectError) as refused:
        facebook.connect(on)
    assert refused.value.field == "page_id"
    assert sim.calls == []


def test_nothing_is_seen_before_it_is_published(sim: FacebookSimulator, on: ChannelContext) -> None:
    one = part(facebook, "Ja till fler turer", link="https://example.se/a")
    handles = prepared(one, on)
    assert sim.posts == []
    outcome = facebook.publish(one, handles, on)
    post = handles.values["post"]
    assert outcome == Published(post, f"https://www.facebook.com/{post}")
    assert [(each["message"], each["link"]) for each in sim.posts] == [("Ja till fler turer", "https://example.se/a")]


def test_a_thread_elsewhere_is_one_post_here(sim: FacebookSimulator, on: ChannelContext) -> None:
    [one] = facebook.parts(view("Ett\n---\nTvå"))
    assert isinstance(send(facebook, one, on), Published)
    assert [post["message"] for post in sim.posts] == ["Ett\n\nTvå"]


def test_publishing_twice_makes_one_post(sim: FacebookSimulator, on: ChannelContext) -> None:
    one = part(facebook, "Ja till fler turer")
    handles = prepared(one, on)
    assert facebook.publish(one, handles, on) == facebook.publish(one, handles, on)
    assert len(sim.posts) == 1


def test_pictures_go_out_with_their_alt_text_and_the_link_in_the_words(
    sim: FacebookSimulator, on: ChannelContext
) -> None:
    pictures = (picture("Torget i regn"), picture("Torget i sol", "image/jpeg"))
    one = part(facebook, "Hej", *pictures, link="https://example.se/a")
    assert isinstance(send(facebook, one, on), Published)
    [post] = sim.posts
    assert (post["alts"], post["message"], post["link"]) == (
        ["Torget i regn", "Torget i sol"],
        "Hej\n\nhttps://example.se/a",
        "",
    )
    assert [each["bytes"] for each in sim.objects.values() if each["kind"] == "photo"] == [PNG, PNG]


def test_a_picture_alone_is_enough(sim: FacebookSimulator, on: ChannelContext) -> None:
    assert isinstance(send(facebook, part(facebook, "", picture()), on), Published)


def commented(on: ChannelContext) -> Part:
    first, comment = facebook.parts(view("Inlägg", options={"first_comment": "Länk i kommentaren"}))
    out = send(facebook, first, on)
    assert isinstance(out, Published)
    return replace(comment, parent=out.id)


def test_the_first_comment_follows_the_post(sim: FacebookSimulator, on: ChannelContext) -> None:
    comment = commented(on)
    assert comment.role == "comment"
    assert isinstance(send(facebook, comment, on), Published)
    assert [(each["parent"], each["message"]) for each in sim.comments] == [(comment.parent, "Länk i kommentaren")]


ANSWERS = [
    ("graph:4", Retry("")),
    ("graph:17", Retry("")),
    ("graph:32", Retry("")),
    ("graph:341", Retry("")),
    ("graph:613", Retry("")),
    ("graph:80001", Retry("")),
    ("graph:80002", Retry("")),
    ("graph:368/1390008", Retry("")),
    ("graph:368", Rejected("", "permission")),
    ("graph:190/458", Rejected("", "token")),
    ("graph:190/460", Rejected("", "token")),
    ("graph:190/463", Rejected("", "token")),
    ("graph:190/467", Rejected("", "token")),
    ("graph:190@401", Rejected("", "token")),
    ("graph:102", Rejected("", "token")),
    ("graph:10", Rejected("", "permission")),
    ("graph:200@403", Rejected("", "permission")),
    ("graph:299", Rejected("", "permission")),
    ("graph:1404078", Rejected("", "permission")),
    ("graph:100/4854002", Rejected("", "permission")),
    ("graph:100", Rejected("", "content")),
    ("graph:1609008", Rejected("", "content")),
    ("graph:2061006", Rejected("", "content")),
    ("graph:506", Unknown("")),
    ("graph:100/1366051", Unknown("")),
    ("graph:1", Unknown("")),
    ("graph:2", Unknown("")),
    ("graph:2@500", Unknown("")),
    ("graph:99@500", Unknown("")),
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
]


@pytest.mark.parametrize(("fault", "expected"), ANSWERS)
def test_every_answer_has_its_outcome(sim: FacebookSimulator, on: ChannelContext, fault: str, expected: object) -> None:
    one = part(facebook, "Hej")
    handles = prepared(one, on)
    before = len(sim.calls)
    sim.faults.append(fault)
    with hurried(on, fault):
        outcome = facebook.publish(one, handles, on)
    assert type(outcome) is type(expected)
    assert getattr(outcome, "why", None) == getattr(expected, "why", None)
    assert outcome.detail
    assert TOKEN not in outcome.detail
    assert len(sim.calls) == before + 1
    if fault.startswith("graph:"):
        assert "AbCdEfGhIjK" in outcome.detail
    if isinstance(outcome, Retry):
        assert outcome.whole_channel


def test_already_posted_this_is_not_a_policy_block(sim: FacebookSimulator) -> None:
    from commsched.platforms._meta.errors import MetaError, outcome

    refused = requests.Response()
    refused.status_code = 400
    refused._content = b'{"error": {"code": 368, "message": "It looks like you already posted this"}}'
    error = MetaError(refused.json(), refused)
    assert isinstance(outcome(error, "words", context({}, {})), Unknown)


def test_an_answer_without_an_id_is_not_called_published(sim: FacebookSimulator, on: ChannelContext) -> None:
    comment = commented(on)
    sim.handle = lambda call: Answer(200, {"id": None})  # type: ignore[method-assign]
    assert isinstance(facebook.publish(comment, Handles(), on), Unknown)
    assert isinstance(facebook.prepare(part(facebook, "Hej"), on), Retry)
    assert isinstance(facebook.prepare(part(facebook, "Hej", picture()), on), Retry)


@pytest.mark.parametrize("fault", ["wall_403", "wall_406", "wall_413"])
def test_a_wall_before_facebook_is_not_its_no(sim: FacebookSimulator, on: ChannelContext, fault: str) -> None:
    one = part(facebook, "Hej")
    handles = prepared(one, on)
    sim.faults += [fault, f"prepare:{fault}", f"read:{fault}"]
    assert isinstance(facebook.publish(one, handles, on), Retry)
    assert isinstance(facebook.prepare(one, on), Retry)
    with pytest.raises(ConnectError, match="could not be reached"):
        facebook.connect(on)


def test_the_same_words_of_another_item_are_not_taken_for_this_one(sim: FacebookSimulator, on: ChannelContext) -> None:
    sim.tells_is_published = False
    since = just_now()
    out = send(facebook, part(facebook, "Samma ord"), on)
    assert isinstance(out, Published)
    lost = replace(part(facebook, "Samma ord"), others=frozenset({out.id}))
    assert isinstance(facebook.find(lost, Handles({"post": "1_404"}), since, on), CannotTell)


def test_the_usage_header_says_when_to_come_back(sim: FacebookSimulator, on: ChannelContext) -> None:
    on.now = lambda: NOW
    sim.faults.append("prepare:regain:17")
    outcome = send(facebook, part(facebook, "Hej"), on)
    assert outcome == Retry(outcome.detail, NOW + timedelta(minutes=17), whole_channel=True)


@pytest.mark.parametrize(
    "fault", ["graph:1", "graph:2", "timeout_after_accept", "500_after_accept", "reset_before_accept", "slow_drip"]
)
def test_what_is_lost_before_anyone_could_see_it_is_tried_again(sim: FacebookSimulator, fault: str) -> None:
    settings = {"base_url": sim.url, "page_id": PAGE["id"]}
    on = context(settings, {"access_token": TOKEN})
    impatient = context(settings, {"access_token": TOKEN}, deadline=1.5)
    one = part(facebook, "Hej", picture())
    sim.faults.append(f"prepare:{fault}")
    assert isinstance(send(facebook, one, impatient), Retry)
    assert isinstance(send(facebook, one, on), Published)
    assert len(sim.posts) == 1


@pytest.mark.parametrize("fault", ["slow_drip", "slow_headers"])
def test_a_server_that_drips_is_given_up_on(sim: FacebookSimulator, fault: str) -> None:
    settings = {"base_url": sim.url, "page_id": PAGE["id"]}
    on = context(settings, {"access_token": TOKEN}, deadline=1.5, timeout=60.0)
    one = part(facebook, "Hej")
    handles = prepared(one, on)
    sim.faults.append(fault)
    started = datetime.now(UTC)
    assert isinstance(facebook.publish(one, handles, on), Unknown)
    assert datetime.now(UTC) - started < timedelta(seconds=40)


def test_a_server_that_is_not_there_proves_that_nothing_was_sent(on: ChannelContext) -> None:
    on.settings["base_url"] = "http://127.0.0.1:1"
    outcome = facebook.publish(part(facebook, "Hej"), Handles({"post": "1_2"}), on)
    assert isinstance(outcome, Retry)
    assert outcome.whole_channel


@pytest.mark.parametrize("fault", ["timeout_after_accept", "graph:1", "reset_before_accept"])
def test_the_post_itself_is_asked_whether_it_is_out(sim: FacebookSimulator, on: ChannelContext, fault: str) -> None:
    since = just_now()
    one = part(facebook, "Hej")
    handles = prepared(one, on)
    sim.faults.append(fault)
    with hurried(on, fault):
        assert isinstance(facebook.publish(one, handles, on), Unknown)
    finding = facebook.find(one, handles, since, on)
    assert isinstance(finding, Found if sim.posts else Absent)
    assert facebook.resend_if_absent
    assert isinstance(facebook.publish(one, handles, on), Published)
    assert len(sim.posts) == 1


def test_where_the_post_cannot_say_the_pages_own_list_is_read(sim: FacebookSimulator, on: ChannelContext) -> None:
    sim.tells_is_published = False
    since = just_now()
    one = part(facebook, "Ja till fler turer")
    handles = prepared(one, on)
    assert facebook.find(one, handles, since, on) == CannotTell(
        "the post cannot be asked, and is not among the Page's latest", final=True
    )
    facebook.publish(one, handles, on)
    for number in range(120):
        send(facebook, part(facebook, f"nr {number}"), on)
    assert isinstance(facebook.find(one, handles, since, on), Found)
    assert isinstance(facebook.find(one, Handles({"post": "1_404"}), since, on), Found)


def test_a_comment_that_is_not_seen_goes_to_a_person(sim: FacebookSimulator, on: ChannelContext) -> None:
    since = just_now()
    comment = commented(on)
    finding = facebook.find(comment, Handles(), since, on)
    assert isinstance(finding, CannotTell)
    assert finding.final
    sim.faults.append("timeout_after_accept")
    assert isinstance(lose(facebook, comment, on), Unknown)
    assert isinstance(facebook.find(comment, Handles(), since, on), Found)


@pytest.mark.parametrize("fault", ["read:graph:2", "read:html_503", "read:graph:190", "read:timeout_before_accept"])
def test_a_failed_reading_back_proves_nothing(sim: FacebookSimulator, on: ChannelContext, fault: str) -> None:
    one = part(facebook, "Hej")
    handles = prepared(one, on)
    sim.faults.append(fault)
    with hurried(on, fault):
        finding = facebook.find(one, handles, just_now(), on)
    assert isinstance(finding, CannotTell)
    assert not finding.final
    assert TOKEN not in finding.detail


def test_a_post_can_be_taken_down_twice(sim: FacebookSimulator, on: ChannelContext) -> None:
    out = send(facebook, part(facebook, "Ångrar mig"), on)
    assert isinstance(out, Published)
    assert isinstance(facebook.delete(out.id, on), Published)
    assert sim.posts == []
    assert isinstance(facebook.delete(out.id, on), Published)
    sim.faults.append("graph:200")
    assert isinstance(facebook.delete(out.id, on), Rejected)


def test_publishing_what_was_never_prepared_is_refused(sim: FacebookSimulator, on: ChannelContext) -> None:
    assert isinstance(facebook.publish(part(facebook, "Hej"), Handles(), on), Rejected)
    assert sim.calls == []


def fields(text: str, *pictures: object, **more: object) -> list[tuple[str, str]]:
    found = facebook.check(view(text, *pictures, **more), {})  # type: ignore[arg-type]
    return [(problem.level, problem.field) for problem in found]


def test_what_facebook_would_refuse_is_said_before() -> None:
    assert fields("å" * 63_206) == []
    assert fields("å" * 63_207) == [("block", "text")]
    assert fields(" \n") == [("block", "text")]
    assert fields("", picture()) == fields("", link="https://example.se") == []
    assert fields("Hej", picture(mime="image/webp")) == [("block", "pictures")]
    assert fields("Hej", picture(size=4_000_001)) == [("block", "pictures")]
    assert fields("Hej", *[picture()] * 11) == [("block", "pictures")]
    assert fields("Hej", options={"first_comment": "k" * 8_001}) == [("block", "first_comment")]

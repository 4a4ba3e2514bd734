"""Instagram, driven against a simulator of its content publishing API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from msgspec.structs import replace
from PIL import Image

from commsched.core.delivery.outcome import (
    Absent,
    CannotTell,
    Found,
    Handles,
    Pending,
    Published,
    Rejected,
    Retry,
    Unknown,
)
from commsched.core.platform.contract import AttachmentFile, ChannelContext, ConnectError, DeadToken, Part, Progress
from commsched.platforms import get
from tests.platforms._office import context, hurried, just_now, lose, part, send, view
from tests.sims._server import Answer
from tests.sims.instagram import ACCOUNT, RENEWED, TOKEN, USERNAME, InstagramSimulator

instagram = get("instagram")


def jpeg(width: int = 40, height: int = 40) -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "JPEG")
    return file.getvalue()


def photo(
    alt: str = "Torget i regn", shape: tuple[int, int] = (40, 40), name: str = "a", **more: object
) -> AttachmentFile:
    data = jpeg(*shape)
    values = {"mime": "image/jpeg", "size": len(data)} | more
    return AttachmentFile(
        sha256=name * 64,
        alt=alt,
        width=shape[0],
        height=shape[1],
        open=lambda: BytesIO(data),
        **values,  # type: ignore[arg-type]
    )


def video(seconds: int = 20, name: str = "f") -> AttachmentFile:
    return photo("Ett tal", (108, 192), name, mime="video/mp4", kind="video", duration=seconds * 1000)


def address(file: AttachmentFile) -> str:
    return f"https://kansli.example/m/1-2-{file.sha256[:3]}/{file.sha256}.jpg"


@pytest.fixture
def sim() -> Iterator[InstagramSimulator]:
    with InstagramSimulator() as simulator:
        yield simulator


@pytest.fixture
def on(sim: InstagramSimulator) -> ChannelContext:
    def offer(file: AttachmentFile) -> str:
        with file.open() as stream:
            sim.files[address(file)] = stream.read()
        return address(file)

    wire = context({"base_url": sim.url, "user_id": ACCOUNT}, {"access_token": TOKEN}, account=ACCOUNT)
    wire.media_address = offer
    return wire


def prepared(one: Part, on: ChannelContext) -> Handles:
    handles = instagram.prepare(one, on)
    assert isinstance(handles, Handles)
    return handles


def test_the_account_is_named_by_a_harmless_call(sim: InstagramSimulator, on: ChannelContext) -> None:
    account = instagram.connect(on)
    assert (account.id, account.name, account.expires_at) == (ACCOUNT, f"@{USERNAME}", None)
    assert account.url == f"https://www.instagram.com/{USERNAME}/"
    assert account.picture.startswith("https://")
    assert {call.method for call in sim.calls} == {"GET"}


def test_a_token_says_when_it_dies_and_what_it_may(sim: InstagramSimulator, on: ChannelContext) -> None:
    sim.expires_at = 1_800_000_000
    assert instagram.connect(on).expires_at == datetime.fromtimestamp(1_800_000_000, UTC)
    sim.scopes.remove("instagram_content_publish")
    with pytest.raises(DeadToken, match="instagram_content_publish"):
        instagram.connect(on)
    sim.may_inspect = False
    assert instagram.connect(on).expires_at is None


def test_instagrams_own_login_is_another_way_in(sim: InstagramSimulator, on: ChannelContext) -> None:
    on.settings["login"] = "instagram"
    assert instagram.connect(on).id == ACCOUNT
    on.settings["user_id"] = "17841400000000002"
    with pytest.raises(DeadToken, match="another account"):
        instagram.connect(on)


def test_the_server_follows_the_login() -> None:
    def asked(settings: dict[str, str]) -> str:
        wire = context({"user_id": ACCOUNT, **settings}, {"access_token": TOKEN})
        return str(instagram.client(wire).base_url)  # type: ignore[attr-defined]

    assert asked({}) == "https://graph.facebook.com"
    assert asked({"login": "instagram"}) == "https://graph.instagram.com"
    assert asked({"login": "instagram", "base_url": "http://127.0.0.1:1"}) == "http://127.0.0.1:1"


def test_a_token_of_instagram_login_is_renewed(sim: InstagramSimulator, on: ChannelContext) -> None:
    on.settings["login"] = "instagram"
    tokens = instagram.refresh(on)
    assert tokens.secrets == {"access_token": RENEWED}
    assert tokens.access_until is not None
    assert timedelta(days=59) < tokens.access_until - on.now() <= timedelta(days=60)
    with pytest.raises(DeadToken):
        instagram.refresh(on)
    sim.own_token = TOKEN
    sim.faults.append("read:html_503")
    with pytest.raises(ConnectError) as refused:
        instagram.refresh(on)
    assert not isinstance(refused.value, DeadToken)


def test_a_pages_token_has_nothing_to_renew(sim: InstagramSimulator, on: ChannelContext) -> None:
    with pytest.raises(DeadToken):
        instagram.refresh(on)
    assert {call.method for call in sim.calls} == {"GET"}
    sim.faults += ["read:html_503"]
    with pytest.raises(ConnectError) as refused:
        instagram.refresh(on)
    assert not isinstance(refused.value, DeadToken), "what could not be asked has not said no"


def test_a_picture_goes_out_with_its_words_and_nothing_is_seen_before(
    sim: InstagramSimulator, on: ChannelContext
) -> None:
    options = {"collaborators": "@anna, bertil", "tagged": "cecilia", "place": "10415"}
    one = part(instagram, "Ja till fler turer #buss", photo(), link="https://example.se/a", options=options)
    handles = prepared(one, on)
    assert sim.media == []
    outcome = instagram.publish(one, handles, on)
    [post] = sim.media
    assert outcome == Published(post["id"], post["permalink"])
    container = post["container"]
    assert container["caption"] == "Ja till fler turer #buss\n\nhttps://example.se/a"
    assert (container["alt_text"], container["image_url"]) == ("Torget i regn", address(one.pictures[0]))
    assert json.loads(container["collaborators"]) == ["anna", "bertil"]
    assert json.loads(container["user_tags"]) == [{"username": "cecilia", "x": 0.5, "y": 0.5}]
    assert container["location_id"] == "10415"


def test_several_pictures_are_a_carousel_in_order(sim: InstagramSimulator, on: ChannelContext) -> None:
    pictures = (photo("Ett", name="1"), photo("Två", name="2"), photo("Tre", name="3"))
    one = part(instagram, "Tre bilder", *pictures, options={"tagged": "anna"})
    assert isinstance(send(instagram, one, on), Published)
    [post] = sim.media
    children = [sim.containers[each] for each in post["container"]["children"].split(",")]
    assert [child["alt_text"] for child in children] == ["Ett", "Två", "Tre"]
    assert [("user_tags" in child) for child in children] == [True, False, False]
    assert post["container"]["caption"] == "Tre bilder"


def test_a_video_alone_is_a_reel(sim: InstagramSimulator, on: ChannelContext) -> None:
    one = part(instagram, "Talet", other_files=(video(),), options={"tagged": "anna"})
    assert isinstance(send(instagram, one, on), Published)
    container = sim.media[0]["container"]
    assert (container["media_type"], container["share_to_feed"]) == ("REELS", "true")
    assert json.loads(container["user_tags"]) == [{"username": "anna"}]


def test_a_video_among_pictures_is_a_part_of_the_carousel(sim: InstagramSimulator, on: ChannelContext) -> None:
    one = part(instagram, "Båda", photo(), other_files=(video(),))
    assert isinstance(send(instagram, one, on), Published)
    kinds = [sim.containers[each]["kind"] for each in sim.media[0]["container"]["children"].split(",")]
    assert kinds == ["IMAGE", "VIDEO"]


def test_what_is_being_worked_on_is_looked_at_again_and_made_once(sim: InstagramSimulator, on: ChannelContext) -> None:
    sim.polls = 1
    kept: list[Handles] = []
    one = part(instagram, "Två", photo(name="1"), photo(name="2"))
    answers: list[object] = []
    for _ in range(8):
        progress = Progress(kept[-1] if kept else Handles(complete=False), kept.append)
        answers.append(instagram.prepare(replace(one, progress=progress), on))
        if isinstance(answers[-1], Handles):
            break
        assert isinstance(answers[-1], Pending)
        assert on.now() < answers[-1].until < on.now() + timedelta(minutes=1)
    assert isinstance(answers[-1], Handles)
    assert len(sim.containers) == 3
    assert isinstance(instagram.publish(one, answers[-1], on), Published)


def test_a_kill_between_two_pieces_makes_none_twice(sim: InstagramSimulator, on: ChannelContext) -> None:
    kept: list[Handles] = []
    one = part(instagram, "Två", photo(name="1"), photo(name="2"))
    sim.faults += ["prepare:late_accept"]
    assert isinstance(instagram.prepare(replace(one, progress=Progress(write=kept.append)), on), Retry)
    handles = instagram.prepare(replace(one, progress=Progress(Handles({"file0": "x"}, complete=False))), on)
    assert isinstance(handles, Rejected), "a container that is not there is not made up"


def test_a_container_that_failed_is_made_anew_a_few_times(sim: InstagramSimulator, on: ChannelContext) -> None:
    one = part(instagram, "Hej", photo())
    kept = [Handles(complete=False)]
    outcomes: list[object] = []
    for _ in range(3):
        outcomes.append(instagram.prepare(replace(one, progress=Progress(kept[-1], kept.append)), on))
        for container in sim.containers.values():
            container.update(status_code="ERROR", status="Error: Media download has failed.")
        outcomes.append(instagram.prepare(replace(one, progress=Progress(kept[-1], kept.append)), on))
    assert [type(each) for each in outcomes[1::2]] == [Retry, Retry, Rejected]
    assert "download has failed" in str(outcomes[-1].detail)  # type: ignore[attr-defined]


def test_publishing_twice_makes_one_post(sim: InstagramSimulator, on: ChannelContext) -> None:
    one = part(instagram, "Ja till fler turer", photo())
    handles = prepared(one, on)
    first, second = (instagram.publish(one, handles, on) for _ in range(2))
    assert first == second
    assert len(sim.media) == 1


def test_what_is_out_and_not_seen_yet_is_not_published_again(sim: InstagramSimulator, on: ChannelContext) -> None:
    one = part(instagram, "Ja till fler turer", photo())
    handles = prepared(one, on)
    assert isinstance(instagram.publish(one, handles, on), Published)
    sim.media[0]["caption"] = "någon annans ord"
    assert isinstance(instagram.publish(one, handles, on), Unknown)
    finding = instagram.find(one, handles, just_now(), on)
    assert isinstance(finding, CannotTell)
    assert not finding.final
    assert len(sim.media) == 1


def test_what_is_out_and_cannot_be_looked_for_is_unknown(sim: InstagramSimulator, on: ChannelContext) -> None:
    one = part(instagram, "Hej", photo())
    handles = prepared(one, on)
    assert isinstance(instagram.publish(one, handles, on), Published)
    usual = sim.handle
    broken = Answer(400, {"error": {"code": 100, "message": "no"}})
    sim.handle = lambda call: broken if call.path.endswith("/media") else usual(call)  # type: ignore[method-assign]
    assert isinstance(instagram.publish(one, handles, on), Unknown)
    assert len(sim.media) == 1


@pytest.mark.parametrize(
    ("state", "expected"), [("EXPIRED", Rejected), ("ERROR", Rejected), ("IN_PROGRESS", Retry), ("STRANGE", Retry)]
)
def test_a_container_that_is_not_ready_is_not_published(
    sim: InstagramSimulator, on: ChannelContext, state: str, expected: type
) -> None:
    one = part(instagram, "Hej", photo())
    handles = prepared(one, on)
    sim.containers[handles.values["container"]].update(status_code=state, polls=5)
    assert isinstance(instagram.publish(one, handles, on), expected)
    assert not [call for call in sim.calls if call.path.endswith("media_publish")]


ANSWERS = [
    ("graph:4", Retry("")),
    ("graph:80002", Retry("")),
    ("graph:368/1390008", Retry("")),
    ("graph:9/2207042", Retry("")),
    ("graph:9007/2207027", Retry("")),
    ("graph:368", Rejected("", "permission")),
    ("graph:190/460", Rejected("", "token")),
    ("graph:190/459", Rejected("", "token")),
    ("graph:100/464", Rejected("", "token")),
    ("graph:10", Rejected("", "permission")),
    ("graph:25/2207050", Rejected("", "permission")),
    ("graph:4/2207051", Rejected("", "permission")),
    ("graph:36003/2207009", Rejected("", "content")),
    ("graph:36004/2207010", Rejected("", "content")),
    ("graph:100", Rejected("", "content")),
    ("graph:-1/2207001@500", Unknown("")),
    ("graph:1", Unknown("")),
    ("graph:2", Unknown("")),
    ("graph:2@500", Unknown("")),
    ("html_503", Unknown("")),
    ("500_after_accept", Unknown("")),
    ("timeout_after_accept", Unknown("")),
    ("timeout_before_accept", Unknown("")),
    ("reset_after_accept", Unknown("")),
    ("malformed_after_accept", Unknown("")),
    ("empty_after_accept", Unknown("")),
    ("list_after_accept", Unknown("")),
    ("wall_403", Retry("")),
    ("redirect", Rejected("", "config")),
]


@pytest.mark.parametrize(("fault", "expected"), ANSWERS)
def test_every_answer_has_its_outcome(
    sim: InstagramSimulator, on: ChannelContext, fault: str, expected: object
) -> None:
    one = part(instagram, "Hej", photo())
    handles = prepared(one, on)
    sim.faults.append(fault)
    with hurried(on, fault):
        outcome = instagram.publish(one, handles, on)
    assert type(outcome) is type(expected)
    assert getattr(outcome, "why", None) == getattr(expected, "why", None)
    assert outcome.detail
    assert TOKEN not in outcome.detail
    assert len([call for call in sim.calls if call.path.endswith("media_publish")]) == 1


@pytest.mark.parametrize(
    "fault", ["timeout_after_accept", "reset_after_accept", "500_after_accept", "graph:1", "graph:2"]
)
def test_a_lost_answer_is_read_back_and_never_doubled(sim: InstagramSimulator, on: ChannelContext, fault: str) -> None:
    since = just_now()
    one = part(instagram, "Hej", photo())
    handles = prepared(one, on)
    sim.faults.append(fault)
    with hurried(on, fault):
        assert isinstance(instagram.publish(one, handles, on), Unknown)
    finding = instagram.find(one, handles, since, on)
    assert isinstance(finding, Found if sim.media else Absent)
    assert isinstance(instagram.publish(one, handles, on), Published)
    assert len(sim.media) == 1


def test_the_newest_post_is_not_taken_for_this_one(sim: InstagramSimulator, on: ChannelContext) -> None:
    since = just_now()
    one = part(instagram, "Hej", photo())
    handles = prepared(one, on)
    assert isinstance(send(instagram, part(instagram, "Något annat", photo()), on), Published)
    assert isinstance(instagram.find(one, handles, since, on), Absent)
    out = send(instagram, part(instagram, "Hej", photo()), on)
    assert isinstance(out, Published)
    assert isinstance(instagram.find(replace(one, others=frozenset({out.id})), handles, since, on), Absent)
    assert isinstance(instagram.find(one, Handles({"container": "19404"}), since, on), CannotTell)
    assert isinstance(instagram.find(one, Handles(), since - timedelta(days=1), on), Found)


@pytest.mark.parametrize("fault", ["read:graph:2", "read:html_503", "read:graph:190", "read:timeout_before_accept"])
def test_a_failed_reading_back_proves_nothing(sim: InstagramSimulator, on: ChannelContext, fault: str) -> None:
    one = part(instagram, "Hej", photo())
    handles = prepared(one, on)
    sim.faults.append(fault)
    with hurried(on, fault):
        finding = instagram.find(one, handles, just_now(), on)
    assert isinstance(finding, CannotTell)
    assert TOKEN not in finding.detail


def test_a_state_that_cannot_be_read_publishes_nothing(sim: InstagramSimulator, on: ChannelContext) -> None:
    one = part(instagram, "Hej", photo())
    handles = prepared(one, on)
    sim.faults.append("read:graph:2")
    assert isinstance(instagram.publish(one, handles, on), Retry)
    assert sim.media == []


def test_a_post_is_out_where_its_address_cannot_be_asked(sim: InstagramSimulator, on: ChannelContext) -> None:
    one = part(instagram, "Hej", photo())
    handles = prepared(one, on)
    sim.on("GET", r"never", lambda *_: Answer(200, {}))
    broken, sim._medium = sim._medium, None  # type: ignore[assignment, method-assign]
    sim.edges = [(m, p, replace_handle(e)) if e.handle == broken else (m, p, e) for m, p, e in sim.edges]
    outcome = instagram.publish(one, handles, on)
    assert isinstance(outcome, Published)
    assert outcome.url == ""


def replace_handle(edge: object) -> object:
    from dataclasses import replace as changed

    return changed(edge, handle=lambda *_: Answer(500, b"<h1>sorry"))  # type: ignore[type-var]


def test_a_full_day_is_waited_for_before_anything_is_made(sim: InstagramSimulator, on: ChannelContext) -> None:
    sim.quota_used = sim.quota_total
    outcome = instagram.prepare(part(instagram, "Hej", photo()), on)
    assert isinstance(outcome, Retry)
    assert outcome.whole_channel
    assert sim.containers == {}


def test_without_a_public_address_nothing_is_asked(sim: InstagramSimulator, on: ChannelContext) -> None:
    on.media_address = lambda file: ""
    outcome = instagram.prepare(part(instagram, "Hej", photo()), on)
    assert isinstance(outcome, Rejected)
    assert outcome.why == "config"
    assert sim.calls == []


def test_an_address_that_cannot_be_fetched_is_told(sim: InstagramSimulator, on: ChannelContext) -> None:
    on.media_address = address
    outcome = instagram.prepare(part(instagram, "Hej", photo()), on)
    assert isinstance(outcome, Rejected)
    assert "could not be fetched" in outcome.detail
    assert address(photo()) not in outcome.detail


def test_publishing_what_was_never_prepared_is_refused(sim: InstagramSimulator, on: ChannelContext) -> None:
    assert isinstance(instagram.publish(part(instagram, "Hej", photo()), Handles(), on), Rejected)
    assert sim.calls == []


def test_a_post_can_be_taken_down_twice(sim: InstagramSimulator, on: ChannelContext) -> None:
    out = send(instagram, part(instagram, "Ångrar mig", photo()), on)
    assert isinstance(out, Published)
    assert isinstance(instagram.delete(out.id, on), Published)
    assert sim.media == []
    assert isinstance(instagram.delete(out.id, on), Published)
    on.settings["login"] = "instagram"
    assert isinstance(instagram.delete(out.id, on), Rejected)


def test_figures_are_told_of_what_is_there(sim: InstagramSimulator, on: ChannelContext) -> None:
    out = send(instagram, part(instagram, "Hej", photo()), on)
    assert isinstance(out, Published)
    figures = instagram.metrics([out.id, "18404"], on)
    assert isinstance(figures, dict)
    assert list(figures) == [out.id]
    told = figures[out.id]
    assert (told.views, told.likes, told.comments, told.shares) == (900, 40, 3, 5)


def test_what_others_wrote_is_read_hidden_and_answered(sim: InstagramSimulator, on: ChannelContext) -> None:
    on.account_name, since = f"@{USERNAME}", just_now()
    out = send(instagram, part(instagram, "Hej", photo()), on)
    assert isinstance(out, Published)
    first = sim.answer(out.id, "Bra!")
    sim.answer(first, "Eller inte")
    sim.answer(out.id, "Tack", USERNAME)
    replies = instagram.replies([out.id, "18404"], since, on)
    assert isinstance(replies, list)
    assert {(each.text, each.author, each.answers) for each in replies} == {
        ("Bra!", "@maj", out.id),
        ("Eller inte", "@maj", out.id),
    }
    bra = next(each for each in replies if each.id == first)
    assert isinstance(instagram.hide(bra, True, on), Published)
    again = instagram.replies([out.id], since, on)
    assert isinstance(again, list)
    assert {each.text: each.hidden for each in again} == {"Bra!": True, "Eller inte": False}
    answer = replace(part(instagram, "Tack!", photo()), role="reply", text="Tack!", parent=first)
    assert isinstance(instagram.publish(answer, Handles(), on), Published)
    assert sim.comments[-1]["parent"] == first
    assert isinstance(instagram.find(answer, Handles(), since, on), Found)


def test_what_was_posted_by_whatever_way_is_told(sim: InstagramSimulator, on: ChannelContext) -> None:
    since = just_now()
    assert isinstance(send(instagram, part(instagram, "Ett", photo()), on), Published)
    recent = instagram.recent(since, on)
    assert isinstance(recent, list)
    assert [each.text for each in recent] == ["Ett"]
    sim.faults.append("read:graph:2")
    assert isinstance(instagram.recent(since, on), CannotTell)


def commented(on: ChannelContext) -> Part:
    first, comment = instagram.parts(view("Inlägg", photo(), options={"first_comment": "Länk i kommentaren"}))
    out = send(instagram, first, on)
    assert isinstance(out, Published)
    return replace(comment, parent=out.id)


def test_the_first_comment_follows_the_post(sim: InstagramSimulator, on: ChannelContext) -> None:
    since = just_now()
    comment = commented(on)
    finding = instagram.find(comment, Handles(), since, on)
    assert isinstance(finding, CannotTell)
    assert finding.final
    sim.faults.append("timeout_after_accept")
    assert isinstance(lose(instagram, comment, on), Unknown)
    assert isinstance(instagram.find(comment, Handles(), since, on), Found)
    assert [each["text"] for each in sim.comments] == ["Länk i kommentaren"]


@pytest.mark.parametrize("account", ["", "oppnalistan", "../me", "1/media"])
def test_an_account_that_is_no_number_is_refused_before_any_call(
    sim: InstagramSimulator, on: ChannelContext, account: str
) -> None:
    on.settings["user_id"] = account
    with pytest.raises(ConnectError) as refused:
        instagram.connect(on)
    assert refused.value.field == "user_id"
    assert sim.calls == []


def test_a_server_that_drips_is_given_up_on(sim: InstagramSimulator, on: ChannelContext) -> None:
    impatient = context(dict(on.settings), dict(on.secrets), deadline=1.5, timeout=60.0)
    one = part(instagram, "Hej", photo())
    handles = prepared(one, on)
    sim.faults.append("slow_drip")
    assert isinstance(instagram.publish(one, handles, impatient), Unknown)


def fields(text: str, *pictures: AttachmentFile, **more: object) -> list[tuple[str, str]]:
    problems = instagram.check(view(text, *pictures, **more), {})  # type: ignore[arg-type]
    return [(problem.level, problem.field) for problem in problems]


def test_what_instagram_would_refuse_is_said_before() -> None:
    assert fields("å" * 2_200, photo()) == []
    assert fields("å" * 2_201, photo()) == [("block", "text")]
    assert fields("Hej") == [("block", "pictures")]
    assert fields("", photo()) == []
    assert fields("#a " * 5, photo()) == []
    assert fields("#a " * 6, photo()) == [("warn", "text")]
    assert fields("#a " * 31, photo()) == [("block", "text")]
    assert fields("@a " * 20, photo()) == []
    assert fields("@a " * 21, photo()) == [("block", "text")]
    assert fields("Hej", photo(mime="image/png")) == [("block", "pictures")]
    assert fields("Hej", photo(size=8_000_001)) == [("block", "pictures")]
    assert fields("Hej", *[photo()] * 11) == [("block", "pictures")]
    assert fields("Hej", photo(), link="https://example.se") == [("warn", "link")]
    assert fields("Hej", photo(), options={"first_comment": "k" * 2_201}) == [("block", "first_comment")]
    assert fields("Hej", photo(), options={"collaborators": "a b c d"}) == [("block", "collaborators")]
    assert fields("Hej", photo(), options={"tagged": "å"}) == [("block", "tagged")]
    assert fields("Hej", photo(), options={"place": "Storgatan"}) == [("block", "place")]
    assert fields("Hej", other_files=(video(),)) == []
    assert fields("Hej", photo(), other_files=(video(61),)) == [("block", "attachments")]


@pytest.mark.parametrize(
    ("size", "crop"),
    [
        ((80, 100), ""),
        ((191, 100), ""),
        ((1080, 1351), ""),
        ((9, 16), "Upright, 4:5"),
        ((16, 9), ""),
        ((20, 9), "Landscape, 1.91:1"),
    ],
)
def test_a_shape_it_does_not_take_is_offered_as_a_crop(size: tuple[int, int], crop: str) -> None:
    problems = instagram.check(view("Hej", photo(shape=size)), {})
    assert [(problem.level, problem.field) for problem in problems] == ([("block", "pictures")] if crop else [])
    assert not crop or crop in str(problems[0].words)


def test_a_carousel_of_several_shapes_is_warned_of() -> None:
    assert fields("Hej", photo(shape=(40, 40)), photo(shape=(40, 50))) == [("warn", "pictures")]
    assert fields("Hej", photo(shape=(40, 40)), photo(shape=(80, 80))) == []

"""The whole of the platform contract, by a platform of another package over HTTP: nothing here knows it by name."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
import requests
from msgspec.structs import replace
from sqlalchemy import select

import commsched.platforms as registry
from commsched.core.content.draft import PictureIn
from commsched.core.delivery.outcome import CannotTell, Found, Handles, Pending, Published, Rejected
from commsched.core.platform.contract import ChannelContext, ConnectError, DeadToken, Platform, Progress
from commsched.core.text import catalogues, languages
from commsched.core.text.messages import Invalid
from commsched.platforms._http.network import Session
from commsched.services.channels import authorize, connect, directory, renewal
from commsched.services.deliver import calls
from commsched.services.deliver.claims import LEASE
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel.context import Installation
from commsched.services.media import library
from commsched.store.models import Attempt, Channel, Part, PendingAuthorization
from commsched.store.session import EVERY_WORKSPACE
from commsched.web.http.headers import POLICY
from tests import writing
from tests.conftest import Browser, Cast, SetClock
from tests.platforms._office import PNG, context, part, picture, send
from tests.services import desk
from tests.sims.platform import Crash
from tests.sims.reference_platform import PLATFORM as HERE
from tests.sims.reference_server import ReferenceServer

PACKAGE = Path(__file__).parent.parent / "sims" / "reference_platform"


def _forget() -> None:
    for cached in (registry._others, registry.keys, registry.get, registry.shown_in):
        cached.cache_clear()
    for place in languages._places[1:]:
        languages.remove(place)


def distribution(folder: Path, points: str) -> None:
    """A distribution as an installer leaves it, with nothing but its entry points."""
    info = folder / "commsched_reference-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: commsched-reference\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[commsched.platforms]\n{points}\n")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """The platform, found by its entry point in a folder that Python looks into."""
    folder = tmp_path / "site"
    distribution(folder, "reference = commsched_reference:PLATFORM\nmastodon = os:sep\nbroken = nowhere:PLATFORM")
    shutil.copytree(PACKAGE, folder / "commsched_reference")
    monkeypatch.syspath_prepend(str(folder))
    _forget()
    yield registry.get("reference")
    _forget()
    sys.modules.pop("commsched_reference", None)


@pytest.fixture
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as running:
        yield running


@pytest.fixture
def inside(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """An office whose channels may speak to this machine in the clear."""
    monkeypatch.setattr(installation, "http", lambda _private: Session(guard=None, deadline=30.0))
    kept = connect.read_settings

    def read(platform: Platform, given: Any, *way: Any) -> tuple[dict[str, str], dict[str, str]]:
        plain, secret = kept(platform, given, *way)
        return plain | {"allow_private": "1"}, secret

    monkeypatch.setattr(connect, "read_settings", read)
    return installation


def say_yes(address: str) -> str:
    """What the browser does at the platform: the person says yes, and is sent back to this path."""
    answer = requests.get(address, allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


def connected(installed: Platform, server: ReferenceServer, inside: Installation, cast: Cast) -> Channel:
    """A channel that its administrator has authorized."""
    given = {"base_url": server.url, "client_id": "app"}
    address = authorize.begin(inside, cast.actor(), installed.key, "Nätet", given)
    query = urlsplit(say_yes(address)).query
    answer = dict(pair.split("=") for pair in query.split("&"))
    channel = authorize.finish(inside, cast.actor(), installed.key, answer)
    assert isinstance(channel, Channel)
    return channel


def secrets(inside: Installation, channel: Channel) -> dict[str, str]:
    return inside.vault.unseal_map(directory.get(inside, channel.workspace_id, channel.id).secrets)


@pytest.fixture
def channel(installed: Platform, server: ReferenceServer, inside: Installation, cast: Cast) -> Channel:
    return connected(installed, server, inside, cast)


@pytest.fixture
def on(server: ReferenceServer) -> ChannelContext:
    """The platform's own view of a channel that is connected."""
    server.access = "access-0001"
    return context({"base_url": server.url, "client_id": "app"}, {"access_token": server.access}, account="7")


# -- another package's ------------------------------------------------------------------------------


def test_a_platform_comes_from_another_package(installed: Platform) -> None:
    assert type(installed).__module__ == "commsched_reference"
    assert "reference" in set(registry.keys())
    assert catalogues.translate(installed.name, "sv") == "Referensnätet"
    assert "reference-look" in (registry.preview("reference") or "")


def test_no_package_takes_the_place_of_ours_and_a_broken_one_stops_no_other(installed: Platform) -> None:
    assert registry.get("mastodon").name == "Mastodon"
    with pytest.raises(Invalid, match="cannot be loaded"):
        registry.get("broken")
    assert {"mastodon", "reference"} <= {platform.key for platform in registry.all()}
    assert registry.preview("mastodon") is None


def test_its_preview_speaks_the_persons_language(
    installed: Platform, channel: Channel, cast: Cast, browse: Callable[..., Browser]
) -> None:
    item = desk.written(cast, channels=[channel.id])
    assert "Som referensnätet visar det" in browse(cast.writer).get(f"~/items/{item}").text


# -- authorizing ------------------------------------------------------------------------------------


def test_a_person_says_yes_at_the_platform_and_comes_back_with_a_channel(
    installed: Platform, server: ReferenceServer, inside: Installation, cast: Cast, browse: Callable[..., Browser]
) -> None:
    admin = browse(cast.administrator)
    page = admin.post("~/channels/new/reference", {"base_url": server.url, "client_id": "app"})
    with inside.store.read(EVERY_WORKSPACE) as session:
        assert session.scalars(select(PendingAuthorization)).one().person_id == cast.administrator.id
    links = [piece.split('"')[0].replace("&amp;", "&") for piece in page.text.split('href="')]
    (address,) = [link for link in links if link.startswith(f"{server.url}/authorize")]
    assert "code_challenge_method=S256" in address
    back = say_yes(address)
    assert browse(cast.stranger, slug=cast.elsewhere.slug).get(back).status_code in (403, 404)
    assert admin.get(back).status_code == 303
    (channel,) = directory.channels(inside, cast.place.id)
    assert (channel.account, channel.account_name) == ("7", "kansli")
    assert secrets(inside, channel)["access_token"] == server.access
    assert channel.token_expires_at is None, "it is renewed by itself, so nobody is warned of a date"
    assert admin.get(back).status_code == 409, "an answer is good for once"


def test_an_answer_counts_only_for_who_began_in_time_and_on_that_platform(
    installed: Platform, server: ReferenceServer, inside: Installation, cast: Cast, clock: SetClock
) -> None:
    def begun() -> dict[str, str]:
        given = {"base_url": server.url, "client_id": "app"}
        query = urlsplit(say_yes(authorize.begin(inside, cast.actor(), "reference", "", given))).query
        return dict(pair.split("=") for pair in query.split("&"))

    other = connect.Actor(cast.writer.id, "Karin", cast.place.id, "administrator")
    for actor, key in ((other, "reference"), (cast.elsewhere_actor, "reference"), (cast.actor(), "sandbox")):
        with pytest.raises(Exception, match=r"Begin again|keys"):
            authorize.finish(inside, actor, key, begun())
    late = begun()
    clock.forward(minutes=16)
    with pytest.raises(Exception, match="Begin again"):
        authorize.finish(inside, cast.actor(), "reference", late)
    with pytest.raises(Exception, match="Begin again"):
        authorize.finish(inside, cast.actor(), "reference", begun() | {"state": "guessed"})
    assert directory.channels(inside, cast.place.id) == []


def test_a_code_that_was_given_to_another_question_is_worth_nothing(
    installed: Platform, server: ReferenceServer, inside: Installation, cast: Cast
) -> None:
    """Whoever slips a code of theirs into somebody's answer does not know the verifier that it would be traded with."""

    def answered() -> dict[str, str]:
        given = {"base_url": server.url, "client_id": "app"}
        query = urlsplit(say_yes(authorize.begin(inside, cast.actor(), "reference", "", given))).query
        return dict(pair.split("=") for pair in query.split("&"))

    mine, theirs = answered(), answered()
    with pytest.raises(ConnectError, match="no access"):
        authorize.finish(inside, cast.actor(), "reference", mine | {"code": theirs["code"]})
    assert directory.channels(inside, cast.place.id) == []


def test_a_no_at_the_platform_is_told_in_words(
    installed: Platform, server: ReferenceServer, inside: Installation, cast: Cast
) -> None:
    given = {"base_url": server.url, "client_id": "app"}
    query = urlsplit(say_yes(authorize.begin(inside, cast.actor(), "reference", "", given))).query
    answer = {"state": dict(pair.split("=") for pair in query.split("&"))["state"], "error": "access_denied"}
    with pytest.raises(Exception, match="did not let the office in"):
        authorize.finish(inside, cast.actor(), "reference", answer)


def test_only_the_page_with_the_form_may_lead_to_the_provider(
    installed: Platform, cast: Cast, browse: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(installed), "provider", lambda self, settings: "https://net.example/oauth")
    admin = browse(cast.administrator)
    allowed = POLICY.replace("form-action 'self'", "form-action 'self' https://net.example")
    assert admin.get("~/channels/new/reference").headers["Content-Security-Policy"] == allowed
    for path in ("~/channels/new", "~/channels/", "~/channels/new/mastodon"):
        assert admin.get(path).headers["Content-Security-Policy"] == POLICY


# -- renewing ---------------------------------------------------------------------------------------


def test_an_access_is_renewed_before_it_runs_out_and_once(
    channel: Channel, server: ReferenceServer, inside: Installation, clock: SetClock
) -> None:
    assert renewal.renew_due(inside) == 0
    clock.forward(seconds=server.lasts * 0.8 + 1)
    assert renewal.renew_due(inside) == 1
    assert renewal.renew_due(inside) == 0
    assert server.renewals == 1
    assert secrets(inside, channel) == {"access_token": server.access, "refresh_token": server.refresh}


def test_an_empty_answer_never_overwrites(
    channel: Channel, server: ReferenceServer, inside: Installation, clock: SetClock
) -> None:
    before = secrets(inside, channel)
    server.says_nothing = True
    assert renewal.renew(inside, channel.workspace_id, channel.id) == "later"
    assert secrets(inside, channel) == before
    assert directory.get(inside, channel.workspace_id, channel.id).state == "ok"


def test_two_do_not_renew_at_once(channel: Channel, server: ReferenceServer, inside: Installation) -> None:
    asked: list[str] = []
    handle = server.handle

    def meanwhile(call: Any) -> Any:
        if call.path == "/token":
            asked.append(renewal.renew(inside, channel.workspace_id, channel.id))
        return handle(call)

    server.handle = meanwhile  # type: ignore[method-assign]
    assert renewal.renew(inside, channel.workspace_id, channel.id) == "renewed"
    assert (asked, server.renewals) == (["later"], 1)


def test_what_cannot_be_renewed_stops_the_channel_and_is_told(
    channel: Channel, server: ReferenceServer, inside: Installation, cast: Cast
) -> None:
    server.refresh = "another"
    assert renewal.renew(inside, channel.workspace_id, channel.id) == "refused"
    assert directory.get(inside, channel.workspace_id, channel.id).state == "broken"
    assert desk.notices(inside, cast.place.id, "access_died") == {cast.administrator.id}


def test_a_call_that_is_told_that_the_token_ran_out_renews_it_and_goes_out_once(
    channel: Channel, server: ReferenceServer, inside: Installation, cast: Cast, clock: SetClock
) -> None:
    item = desk.scheduled(cast, channels=[channel.id])
    clock.forward(hours=5)
    server.access = "revoked at the platform"
    desk.publish_what_is_due(inside)
    assert [row.state for row in desk.deliveries(cast, item)] == ["published"]
    assert (len(server.posts), server.renewals) == (1, 1)
    with inside.store.read(EVERY_WORKSPACE) as session:
        assert list(session.scalars(select(Attempt.outcome).order_by(Attempt.id))) == ["retry", "published"]


# -- preparing --------------------------------------------------------------------------------------


def with_picture(inside: Installation, cast: Cast, channel: Channel) -> int:
    """An item with a picture that waits for noon."""
    photo = library.add(inside, cast.actor("writer"), writing.photo()).media
    said = [PictureIn(id=photo.id, alt="Torget")]
    return desk.scheduled(cast, channels=[channel.id], media=said)


@pytest.fixture
def large_pieces(installed: Platform, monkeypatch: pytest.MonkeyPatch) -> int:
    size = 400
    monkeypatch.setattr(sys.modules[type(installed).__module__], "PIECE", size)
    return size


def test_an_upload_that_was_killed_goes_on_where_it_was(
    channel: Channel,
    server: ReferenceServer,
    inside: Installation,
    cast: Cast,
    clock: SetClock,
    large_pieces: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    item = with_picture(inside, cast, channel)
    clock.forward(hours=5)
    saved, keep = [], calls.save_progress

    def killed(*given: Any) -> None:
        keep(*given)
        saved.append(given)
        if len(saved) == 3:
            raise Crash

    monkeypatch.setattr(calls, "save_progress", killed)
    with pytest.raises(Crash):
        Dispatcher(inside).run()
    assert len(server.pieces) == 2
    clock.forward(seconds=LEASE.total_seconds() + 1)
    Dispatcher(inside).run()
    assert [row.state for row in desk.deliveries(cast, item)] == ["published"]
    sent = sum(length for _offset, length in server.pieces)
    assert [offset for offset, _length in server.pieces] == list(range(0, sent, large_pieces)), "no piece twice"
    assert len(server.uploads) == 1
    assert len(server.uploads["m1"]) == sent


def test_a_platform_that_is_still_working_is_looked_at_again_and_no_try_is_counted(
    channel: Channel, server: ReferenceServer, inside: Installation, cast: Cast, clock: SetClock
) -> None:
    item = with_picture(inside, cast, channel)
    server.working = 3
    clock.forward(hours=5)
    for looks_left in (2, 1, 0):
        Dispatcher(inside).run()
        (row,) = desk.deliveries(cast, item)
        assert (row.state, row.reason, server.working) == ("waiting", "processing", looks_left)
        assert row.next_at == clock.now() + timedelta(seconds=20)
        with inside.store.read(EVERY_WORKSPACE) as session:
            assert session.scalars(select(Part.tries)).one() == 0
        clock.forward(seconds=21)
    Dispatcher(inside).run()
    assert [row.state for row in desk.deliveries(cast, item)] == ["published"]
    assert len(server.uploads) == len(server.posts) == 1


def test_nobody_waits_for_a_platform_past_the_latest_time(
    channel: Channel, server: ReferenceServer, inside: Installation, cast: Cast, clock: SetClock
) -> None:
    item = with_picture(inside, cast, channel)
    server.working = 10_000
    clock.forward(hours=5)
    (row,) = desk.deliveries(cast, item)
    clock.at = row.latest_at - timedelta(seconds=5)
    Dispatcher(inside).run()
    assert [(row.state, row.reason) for row in desk.deliveries(cast, item)] == [("held", "late")]
    assert server.posts == {}


def test_what_was_saved_is_where_the_next_try_begins(server: ReferenceServer, on: ChannelContext) -> None:
    kept: list[Handles] = []
    one = replace(part(HERE, "Med bild", picture()), progress=Progress(write=kept.append))
    assert isinstance(HERE.prepare(one, on), Handles)
    again = replace(one, progress=Progress(kept[1], kept.append))
    server.working = 1
    assert isinstance(HERE.prepare(again, on), Pending)
    assert [offset for offset, _length in server.pieces].count(0) == 1
    assert server.uploads["m1"] == PNG


# -- the rest of it ---------------------------------------------------------------------------------


def test_what_is_out_can_be_changed_counted_answered_and_taken_down(
    server: ReferenceServer, on: ChannelContext
) -> None:
    out = send(HERE, part(HERE, "Hej"), on)
    assert out == Published("p1", f"{server.url}/posts/p1")
    since = datetime.now(UTC) - timedelta(seconds=5)
    assert HERE.find(part(HERE, "Hej"), Handles(), since, on) == Found("p1", out.url)
    assert isinstance(HERE.edit(part(HERE, "Hej igen"), "p1", on), Published)
    assert server.posts["p1"]["text"] == "Hej igen"
    figures = HERE.metrics(["p1", "gone"], on)
    assert isinstance(figures, dict)
    assert (list(figures), figures["p1"].views, figures["p1"].shares) == (["p1"], 10, None)
    (reply,) = HERE.replies(["p1"], since, on)  # type: ignore[misc]
    assert (reply.answers, reply.text) == ("p1", "Bra!")
    assert HERE.hide(reply, True, on) == HERE.report(reply, "Hot", on) == Published("r1")
    assert (server.hidden, server.reports) == ({"r1": True}, [("r1", "Hot")])
    assert isinstance(HERE.hide(msgspec.structs.replace(reply, id="r9"), True, on), Rejected)
    (posted,) = HERE.recent(since, on)  # type: ignore[misc]
    assert (posted.id, posted.url, posted.text) == ("p1", out.url, "Hej igen")
    assert HERE.delete("p1", on) == Published("p1", detail="deleted")
    assert HERE.delete("p1", on) == Published("p1", detail="was already gone")


def test_an_access_that_ran_out_is_a_refusal_whatever_was_asked(server: ReferenceServer, on: ChannelContext) -> None:
    server.access = "another"
    assert HERE.publish(part(HERE, "Hej"), Handles(), on).why == "token"  # type: ignore[union-attr]
    assert isinstance(HERE.metrics(["p1"], on), CannotTell)
    assert isinstance(HERE.replies(["p1"], datetime.now(UTC), on), CannotTell)
    assert isinstance(HERE.delete("p1", on), Rejected)
    with pytest.raises(DeadToken):
        HERE.connect(on)

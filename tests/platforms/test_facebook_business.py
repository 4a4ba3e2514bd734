"""Meta's own SDK and the simulators: it drives them, and what we send is held to the schemas it is made from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from facebook_business.adobjects.advideo import AdVideo
from facebook_business.adobjects.comment import Comment
from facebook_business.adobjects.igcomment import IGComment
from facebook_business.adobjects.igmedia import IGMedia
from facebook_business.adobjects.iguser import IGUser
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.pagepost import PagePost
from facebook_business.api import FacebookAdsApi, FacebookSession
from facebook_business.exceptions import FacebookRequestError
from msgspec.structs import replace

from commsched.core.content.model import Captions
from commsched.core.delivery.outcome import Handles, Published
from commsched.platforms import get
from tests.platforms._office import PNG, context, part, picture, send
from tests.platforms.test_facebook_more import SAID, filmed
from tests.platforms.test_instagram import address, photo, video
from tests.sims._server import Call
from tests.sims.facebook import PAGE, TOKEN, FacebookSimulator
from tests.sims.instagram import ACCOUNT, InstagramSimulator
from tests.sims.instagram import TOKEN as IG_TOKEN

facebook, instagram = get("facebook"), get("instagram")


def api(url: str, token: str) -> Any:
    """The SDK, turned to a simulator."""
    session = FacebookSession(access_token=token)
    session.GRAPH = url
    session.requests.trust_env = False
    return FacebookAdsApi(session, api_version="v25.0")


@pytest.fixture
def page() -> Iterator[tuple[FacebookSimulator, Any]]:
    with FacebookSimulator() as sim:
        yield sim, api(sim.url, TOKEN)


@pytest.fixture
def profile() -> Iterator[tuple[InstagramSimulator, Any]]:
    with InstagramSimulator() as sim:
        sim.fetch = lambda url: b"" if "gone" in url else photo().open().read()
        yield sim, api(sim.url, IG_TOKEN)


def test_the_sdk_publishes_on_a_page_as_we_do(page: tuple[FacebookSimulator, Any]) -> None:
    sim, sdk = page
    ours = Page(PAGE["id"], api=sdk)
    assert ours.api_get(fields=["name", "link"])["name"] == PAGE["name"]
    about = {"published": False, "alt_text_custom": "Torget"}
    made = sdk.call("POST", (PAGE["id"], "photos"), about, files={"source": BytesIO(PNG)}).json()
    post = ours.create_feed(
        params={"message": "Hej", "published": False, "attached_media": [{"media_fbid": made["id"]}]}
    )
    assert sim.posts == []
    PagePost(post["id"], api=sdk).api_update(params={"is_published": True})
    assert [(each["message"], each["alts"]) for each in sim.posts] == [("Hej", ["Torget"])]
    PagePost(post["id"], api=sdk).create_comment(params={"message": "Mer"})
    [comment] = PagePost(post["id"], api=sdk).get_comments(fields=["message", "from"])
    assert comment["message"] == "Mer"
    listed = ours.get_published_posts(fields=["id", "message", "created_time", "permalink_url"])
    assert [each["id"] for each in listed] == [post["id"]]
    [metric] = sdk.call("GET", (post["id"], "insights"), {"metric": "post_media_view"}).json()["data"]
    assert metric["values"][0]["value"] == 1200
    sdk.call("DELETE", (post["id"],))
    assert sim.posts == []


def test_the_sdk_publishes_on_instagram_as_we_do(profile: tuple[InstagramSimulator, Any]) -> None:
    sim, sdk = profile
    ours = IGUser(ACCOUNT, api=sdk)
    made = ours.create_media(
        params={
            "image_url": "https://kansli.example/m/1/a.jpg",
            "caption": "Hej",
            "alt_text": "Torget",
            "user_tags": [{"username": "anna", "x": 0.5, "y": 0.5}],
        }
    )
    state = sdk.call("GET", (made["id"],), {"fields": "status_code"}).json()
    assert state["status_code"] == "FINISHED"
    out = ours.create_media_publish(params={"creation_id": int(made["id"])})
    assert [each["id"] for each in sim.media] == [out["id"]]
    [shown] = ours.get_media(fields=["caption", "permalink", "timestamp"])
    assert shown["caption"] == "Hej"
    assert ours.get_content_publishing_limit(fields=["quota_usage", "config"])[0]["quota_usage"] == 1
    IGMedia(out["id"], api=sdk).create_comment(params={"message": "Mer"})
    IGMedia(out["id"], api=sdk).api_delete()
    assert sim.media == []


def test_the_simulators_refuse_as_the_sdk_expects(page: tuple[FacebookSimulator, Any]) -> None:
    sim, sdk = page
    for act, code in (
        (lambda: sdk.call("POST", (PAGE["id"], "feed"), {"message": "Hej", "colour": "red"}), 100),
        (lambda: sdk.call("GET", (PAGE["id"],), {"fields": "weather"}), 100),
        (lambda: api(sim.url, "wrong").call("GET", (PAGE["id"],)), 190),
        (lambda: sdk.call("GET", (PAGE["id"],), api_version="v3.1"), 2635),
        (lambda: sdk.call("POST", (PAGE["id"], "weather")), 100),
    ):
        with pytest.raises(FacebookRequestError) as refused:
            act()
        assert refused.value.api_error_code() == code
        assert refused.value.body()["error"]["fbtrace_id"]


FILES = {"source", "video_file_chunk", "captions_file"}
EDGES: list[tuple[str, Callable[[], Any]]] = [
    (f"{PAGE['id']}/feed", lambda: Page(PAGE["id"]).create_feed(pending=True)),
    (f"{PAGE['id']}/photos", lambda: Page(PAGE["id"]).create_photo(pending=True)),
    (f"{PAGE['id']}/videos", lambda: Page(PAGE["id"]).create_video(pending=True)),
    ("/captions", lambda: AdVideo("1").create_cap_t_i_on(pending=True)),
    ("_1/comments", lambda: PagePost("1").create_comment(pending=True)),
    ("post", lambda: PagePost("1").api_update(pending=True)),
    ("video", lambda: AdVideo("1").api_update(pending=True)),
    ("comment", lambda: Comment("1").api_update(pending=True)),
    (f"{ACCOUNT}/media", lambda: IGUser(ACCOUNT).create_media(pending=True)),
    (f"{ACCOUNT}/media_publish", lambda: IGUser(ACCOUNT).create_media_publish(pending=True)),
    ("ig/comments", lambda: IGMedia("1").create_comment(pending=True)),
    ("ig comment", lambda: IGComment("1").api_update(pending=True)),
]


def unknown(calls: list[Call], ends: str, edge: str) -> set[str]:
    """The parameters in ``calls`` to addresses that end with ``ends`` that Meta's schema for ``edge`` does not have."""
    make = dict(EDGES)[edge]
    known = set(make()._param_checker._type_check_info) | FILES | {"access_token"}
    sent = [call for call in calls if call.method == "POST" and call.path.endswith(ends)]
    assert sent, f"nothing was sent to {ends}"
    return {name for call in sent for name in (*call.form, *call.files)} - known


def test_what_we_send_to_a_page_is_in_metas_schemas(page: tuple[FacebookSimulator, Any]) -> None:
    sim, _sdk = page
    FacebookAdsApi.set_default_api(_sdk)
    on = context({"base_url": sim.url, "page_id": PAGE["id"]}, {"access_token": TOKEN}, account=PAGE["id"])
    post = part(facebook, "Hej", picture(), options={"first_comment": "Mer"})
    out, linked = send(facebook, post, on), send(facebook, part(facebook, "Hej", link="https://example.se"), on)
    film = send(facebook, filmed(Captions(text=SAID)), on)
    assert isinstance(out, Published)
    assert isinstance(linked, Published)
    assert isinstance(film, Published)
    comment = facebook.publish(replace(post, role="comment", parent=out.id, text="Mer"), Handles(), on)
    assert isinstance(comment, Published)
    assert isinstance(facebook.edit(post, out.id, on), Published)
    assert isinstance(facebook.edit(filmed(), film.id, on), Published)
    other = sim.comment(out.id, "Bra!")
    [reply] = facebook.replies([out.id], on.now().replace(year=2020), on)  # type: ignore[misc]
    assert isinstance(facebook.hide(reply, True, on), Published)
    for ends, edge in (
        (f"{PAGE['id']}/feed", f"{PAGE['id']}/feed"),
        (f"{PAGE['id']}/photos", f"{PAGE['id']}/photos"),
        (f"{PAGE['id']}/videos", f"{PAGE['id']}/videos"),
        ("/captions", "/captions"),
        (f"{out.id}/comments", "_1/comments"),
        (f"/{out.id}", "post"),
        (f"/{film.id}", "video"),
        (f"/{other}", "comment"),
    ):
        assert unknown(sim.calls, ends, edge) == set(), ends


def test_what_we_send_to_instagram_is_in_metas_schemas(profile: tuple[InstagramSimulator, Any]) -> None:
    sim, _sdk = profile
    FacebookAdsApi.set_default_api(_sdk)
    on = context({"base_url": sim.url, "user_id": ACCOUNT}, {"access_token": IG_TOKEN}, account=ACCOUNT)
    on.media_address = address
    options = {"collaborators": "anna", "tagged": "bertil", "place": "1"}
    one = part(instagram, "Hej", photo(), options=options)
    out = send(instagram, one, on)
    assert isinstance(out, Published)
    assert isinstance(send(instagram, part(instagram, "Två", photo(), photo(), options=options), on), Published)
    assert isinstance(send(instagram, part(instagram, "Tal", other_files=(video(),)), on), Published)
    comment = replace(one, role="comment", parent=out.id, root=out.id, text="Mer")
    assert isinstance(instagram.publish(comment, Handles(), on), Published)
    other = sim.answer(out.id, "Bra!")
    replies = instagram.replies([out.id], on.now().replace(year=2020), on)
    assert isinstance(replies, list)
    assert isinstance(instagram.hide(next(each for each in replies if each.id == other), True, on), Published)
    for ends, edge in (
        (f"{ACCOUNT}/media", f"{ACCOUNT}/media"),
        (f"{ACCOUNT}/media_publish", f"{ACCOUNT}/media_publish"),
        (f"{out.id}/comments", "ig/comments"),
        (f"/{other}", "ig comment"),
    ):
        assert unknown(sim.calls, ends, edge) == set(), ends


def test_the_json_in_our_forms_is_json(profile: tuple[InstagramSimulator, Any]) -> None:
    sim, _sdk = profile
    on = context({"base_url": sim.url, "user_id": ACCOUNT}, {"access_token": IG_TOKEN}, account=ACCOUNT)
    on.media_address = address
    send(instagram, part(instagram, "Hej", photo(), options={"tagged": "@anna"}), on)
    [made] = [call.form for call in sim.calls if call.method == "POST" and call.path.endswith("/media")]
    assert json.loads(made["user_tags"]) == [{"username": "anna", "x": 0.5, "y": 0.5}]

"""WordPress: the same tests against a simulator and against a real site, so that each checks the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from msgspec.structs import replace

from commsched.core.content.release import Quote
from commsched.core.delivery.outcome import Absent, CannotTell, Found, Handles, Published, Rejected, Retry, Unknown
from commsched.core.platform.access import Handshake
from commsched.core.platform.contract import AttachmentFile, ChannelContext, ConnectError, DeadToken, Part, Progress
from commsched.platforms import get
from commsched.platforms._wordpress.body import as_blocks, blocks
from tests.peers import wordpress as peer
from tests.platforms._office import context, hurried, part, picture, send, view
from tests.sims._server import Simulator
from tests.sims.wordpress import Between, WordPressSimulator, ago

wordpress = get("wordpress")
_REAL = pytest.param("real", marks=[pytest.mark.peer, pytest.mark.xdist_group("wordpress")])


@dataclass
class Place:
    """A site, real or not: where we reach it, who may sign in, and what goes wrong on the way."""

    url: str
    passwords: dict[str, str]
    faults: list[str]
    way: Simulator
    facts: dict[str, Any] = field(default_factory=dict)

    def on(self, role: str = "editor") -> ChannelContext:
        """A channel that signs in as a user of that role, and has been connected."""
        settings, secrets = {"base_url": self.url, "username": role}, {"application_password": self.passwords[role]}
        return context(settings, secrets, facts=self.facts or {"root": f"{self.url}/wp-json/", "moderates": True})

    def ask(self, path: str, method: str = "GET", role: str = "administrator", **options: Any) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            session.auth = (role, self.passwords[role])
            answer = session.request(method, f"{self.url}/wp-json/wp/v2{path}", timeout=60, **options)
        answer.raise_for_status()
        return answer.json()

    def entry(self, outcome: object, kind: str = "posts") -> dict[str, Any]:
        assert isinstance(outcome, Published | Found), outcome
        return self.ask(f"/{kind}/{outcome.id.rpartition('/')[2]}", params={"context": "edit"})


@contextmanager
def real_site() -> Iterator[peer.Server]:
    lacking = peer.missing()
    if lacking:
        assert os.environ.get("CI") != "true", lacking
        pytest.skip(lacking)
    with peer.serve() as server:
        yield server


@pytest.fixture(scope="session")
def sites() -> Iterator[dict[str, Any]]:
    """The real site, started when the first test asks for it."""
    with ExitStack() as stack:
        yield {"start": lambda: stack.enter_context(real_site())}


@pytest.fixture(params=["sim", _REAL])
def place(request: pytest.FixtureRequest, sites: dict[str, Any]) -> Iterator[Place]:
    if request.param == "sim":
        with WordPressSimulator() as sim:
            yield Place(sim.url, sim.passwords, sim.faults, sim)
        return
    if "server" not in sites:
        sites["server"] = sites["start"]()
    server = sites["server"]
    with Between(server.url) as way:
        yield Place(way.url, server.passwords, way.faults, way)


@pytest.fixture
def sim() -> Iterator[WordPressSimulator]:
    with WordPressSimulator() as simulator:
        yield simulator


def at(sim: WordPressSimulator, role: str = "editor") -> ChannelContext:
    return context({"base_url": sim.site, "username": role}, {"application_password": sim.passwords[role]})


def fresh(text: str, *pictures: AttachmentFile, title: str = "", **more: Any) -> Part:
    """A part that no test before has sent to the same site."""
    return part(wordpress, text, *pictures, title=title or text, key=os.urandom(16).hex(), **more)


def prepared(which: Part, on: ChannelContext) -> Handles:
    handles = wordpress.prepare(which, on)
    assert isinstance(handles, Handles), handles
    return handles


# What the site is told, and shows


def test_a_user_who_may_publish_connects_it(place: Place) -> None:
    account = wordpress.connect(place.on())
    assert (account.name, account.url) == ("Ljungpartiet", place.url)
    assert account.facts == {
        "root": f"{place.url}/wp-json/",
        "posts": True,
        "pages": True,
        "uploads": True,
        "moderates": True,
    }


def test_a_contributor_is_told_when_connecting_and_refused_when_publishing(place: Place) -> None:
    with pytest.raises(DeadToken, match="not publish") as refused:
        wordpress.connect(place.on("contributor"))
    assert refused.value.field == "username"
    which, on = fresh("Får inte publicera"), place.on("contributor")
    outcome = wordpress.publish(which, prepared(which, on), on)
    assert isinstance(outcome, Rejected)
    assert outcome.why == "permission"
    assert "rest_cannot_publish" in outcome.detail
    assert isinstance(wordpress.find(which, Handles(), ago(60), on), Absent), "the draft is there, and nobody sees it"


def test_an_author_may_publish_posts_but_no_pages(place: Place) -> None:
    facts = wordpress.connect(place.on("author")).facts
    assert (facts["posts"], facts["pages"]) == (True, False)
    page = view("Om oss", title="Om oss", options={"type": "page"})
    assert [problem.field for problem in wordpress.check(page, facts) if problem.blocks] == ["options"]
    assert not wordpress.check(replace(page, options={}), facts)


def test_a_wrong_password_is_told(place: Place) -> None:
    on = place.on()
    on.secrets["application_password"] = "wrong wrong wrong"
    with pytest.raises(DeadToken) as refused:
        wordpress.connect(on)
    assert refused.value.field == "application_password"
    outcome = wordpress.prepare(fresh("Fel lösenord"), on)
    assert isinstance(outcome, Rejected)
    assert outcome.why == "token"
    assert "wrong wrong" not in outcome.detail


def test_it_is_a_draft_until_it_is_published(place: Place) -> None:
    which, on = fresh("Ny busslinje till torget"), place.on()
    handles = prepared(which, on)
    [draft] = place.ask("/posts", params={"status": "any", "slug": _slug(which)})
    assert draft["status"] == "draft"
    assert isinstance(wordpress.find(which, handles, ago(60), on), Absent)
    outcome = wordpress.publish(which, handles, on)
    entry = place.entry(outcome)
    assert entry["status"] == "publish"
    assert entry["slug"] == _slug(which)
    assert isinstance(outcome, Published)
    assert _slug(which) in outcome.url
    assert isinstance(wordpress.publish(which, handles, on), Published), "it may be repeated: it is the same entry"
    assert len(place.ask("/posts", params={"slug": _slug(which)})) == 1


def _slug(which: Part) -> str:
    from commsched.platforms._wordpress.entries import slug_of

    return slug_of(which)


def test_a_whole_release_goes_out_word_by_word(place: Place) -> None:
    which = fresh(
        "## Förslaget\n\nVi vill **bygga** om [torget](https://ljung.example/torget).\n\n- träd\n- bänkar & bord",
        picture("Torget i dag"),
        picture("Torget efteråt"),
        kind="release",
        title="Torget: 3 < 4 & [galleri]",
        lead="Torget byggs om.",
        quotes=[Quote(text="Äntligen!", person="Elin Ljung")],
        contact="Elin Ljung, 070-123 45 67",
        facts="Torget är *stort*.",
        short="Kort.",
        options={"categories": "Pressmeddelanden", "tags": "torget, trafik", "excerpt": "I korthet <b>"},
    )
    entry = place.entry(send(wordpress, which, place.on()))
    assert entry["title"]["raw"] == "Torget: 3 &lt; 4 &amp; &#91;galleri&#93;"
    assert entry["excerpt"]["raw"] == "I korthet &lt;b&gt;"
    body = entry["content"]["raw"]
    assert body == blocks(which.view, _images(body, place)), "the site changed nothing"
    for words in (
        "<strong>Torget byggs om.</strong>",
        "Äntligen!",
        "Elin Ljung",
        'href="tel:0701234567"',
        "bänkar &amp; bord",
    ):
        assert words in body
    assert "Kort." not in body
    first = place.ask(f"/media/{entry['featured_media']}", params={"context": "edit"})
    assert first["alt_text"] == "Torget i dag"
    assert "Torget efteråt" in body
    assert "Torget i dag" not in body
    names = {
        term["name"] for kind in ("categories", "tags") for term in place.ask(f"/{kind}") if term["id"] in entry[kind]
    }
    assert names == {"Pressmeddelanden", "torget", "trafik"}


def _images(body: str, place: Place) -> list[Any]:
    import re

    from commsched.platforms._wordpress.body import Image

    found = re.findall(r'<img src="([^"]*)" alt="([^"]*)" class="wp-image-(\d+)"', body)
    return [Image(number, url, alt) for url, alt, number in found]


def test_a_page_is_a_page(place: Place) -> None:
    on = place.on()
    outcome = send(wordpress, fresh("Om partiet", options={"type": "page", "tags": "torget"}), on)
    assert isinstance(outcome, Published)
    assert outcome.id.startswith("pages/")
    assert place.entry(outcome, "pages")["status"] == "publish"
    assert isinstance(wordpress.delete(outcome.id, on), Published)
    assert place.entry(outcome, "pages")["status"] == "trash"


def test_a_category_is_made_where_the_user_may_and_else_told_of(place: Place) -> None:
    name = f"Ny kategori {os.urandom(4).hex()}"
    outcome = wordpress.prepare(fresh("Kategori", options={"categories": name}), place.on("author"))
    assert isinstance(outcome, Rejected)
    assert (outcome.why, name in outcome.detail) == ("content", True)
    assert isinstance(send(wordpress, fresh("Kategori", options={"categories": name}), place.on()), Published)
    assert isinstance(
        send(wordpress, fresh("Igen", options={"categories": name.upper()}), place.on("author")), Published
    )


def test_a_file_that_the_site_forbids_is_not_tried_again(place: Place) -> None:
    lie = AttachmentFile(
        sha256="ab" * 32, mime="image/png", alt="x", width=1, height=1, size=3, open=lambda: BytesIO(b"MZ.")
    )
    outcome = wordpress.prepare(fresh("Otillåten", lie), place.on())
    assert isinstance(outcome, Rejected), "WordPress answers 500 here, which elsewhere is no answer at all"
    assert outcome.why == "content"


# What is lost on the way


@pytest.mark.parametrize(
    "fault", ["timeout_after_accept", "reset_after_accept", "500_after_accept", "malformed_after_accept"]
)
def test_a_lost_answer_of_publishing_is_found_again(place: Place, fault: str) -> None:
    which, on = fresh("Svaret kom bort"), place.on()
    handles = prepared(which, on)
    place.faults.append(fault)
    if "timeout" in fault:
        on.timeout = 1.5  # a real site takes its time to do it, and then the answer never comes
    assert isinstance(wordpress.publish(which, handles, on), Unknown)
    on.timeout = 15.0
    found = wordpress.find(which, handles, ago(60), on)
    assert isinstance(found, Found)
    assert place.entry(found)["status"] == "publish"
    assert len(place.ask("/posts", params={"slug": _slug(which)})) == 1


def test_a_call_that_never_arrived_leaves_a_draft(place: Place) -> None:
    which, on = fresh("Kom aldrig fram"), place.on()
    handles = prepared(which, on)
    place.faults.append("reset_before_accept")
    assert isinstance(wordpress.publish(which, handles, on), Unknown)
    assert isinstance(wordpress.find(which, handles, ago(60), on), Absent)
    assert isinstance(wordpress.publish(which, handles, on), Published)


def test_a_draft_and_a_picture_whose_answers_were_lost_are_taken_again(place: Place) -> None:
    which, on = fresh("Utkastet kom bort", picture()), place.on()
    before = len(place.ask("/media", params={"per_page": 100}))
    for fault in ("prepare:reset_after_accept", "prepare:reset_after_accept"):
        place.faults.append(fault)
        assert isinstance(wordpress.prepare(which, on), Retry)
    outcome = send(wordpress, which, on)
    assert place.entry(outcome)["slug"] == _slug(which)
    assert len(place.ask("/media", params={"per_page": 100})) == before + 1
    assert len(place.ask("/posts", params={"slug": _slug(which), "status": "any"})) == 1


def test_what_is_done_is_kept_after_every_piece() -> None:
    with WordPressSimulator() as sim:
        kept: list[Handles] = []
        which = replace(fresh("Bit för bit", picture("a"), picture("b")), progress=Progress(write=kept.append))
        prepared(which, at(sim))
        assert [sorted(each.values) for each in kept] == [
            ["media0"],
            ["media0", "media1"],
            ["categories", "media0", "media1", "tags", "terms"],
        ]
        sim.calls.clear()
        prepared(replace(which, progress=Progress(kept[-1])), at(sim))
        assert not [call for call in sim.calls if call.method == "POST"], "the draft is there already"


def test_what_somebody_has_done_to_the_entry_is_left_to_people(place: Place) -> None:
    which, on = fresh("Någon ändrade"), place.on()
    handles = prepared(which, on)
    place.ask(f"/posts/{handles.values['post']}", "POST", json={"status": "private"})
    assert wordpress.find(which, handles, ago(60), on) == CannotTell(
        "somebody has changed the post on the site", final=True
    )
    place.ask(
        f"/posts/{handles.values['post']}", "DELETE", params={"force": "true"} if "127" not in place.url else None
    )
    assert isinstance(wordpress.find(which, handles, ago(60), on), CannotTell)


# What is changed and taken down afterwards


def test_what_was_published_is_changed_in_its_place(place: Place) -> None:
    on = place.on()
    outcome = send(wordpress, fresh("Med stavfle", picture("Före")), on)
    before = place.entry(outcome)
    assert isinstance(outcome, Published)
    edited = wordpress.edit(fresh("Utan stavfel", picture("Efter")), outcome.id, on)
    assert edited == outcome
    after = place.entry(edited)
    assert (after["slug"], after["link"], after["date_gmt"]) == (before["slug"], before["link"], before["date_gmt"])
    assert "Utan stavfel" in after["content"]["raw"]
    assert place.ask(f"/media/{after['featured_media']}")["alt_text"] == "Efter"
    assert place.entry(wordpress.edit(fresh("Utan bild"), outcome.id, on))["featured_media"] == 0
    gone = wordpress.edit(fresh("Finns inte"), "999999", on)
    assert isinstance(gone, Rejected)


def test_what_is_taken_down_lies_in_the_sites_bin(place: Place) -> None:
    on = place.on()
    outcome = send(wordpress, fresh("Tas ned"), on)
    assert isinstance(outcome, Published)
    for _ in range(2):
        assert isinstance(wordpress.delete(outcome.id, on), Published), "what is gone already is a success"
    assert place.entry(outcome)["status"] == "trash"
    assert isinstance(wordpress.delete("999999", on), Published)


def test_what_the_site_published_by_whatever_way_is_seen(place: Place) -> None:
    on, since = place.on(), datetime.now(UTC) - timedelta(seconds=2)
    mine = send(wordpress, fresh("Härifrån & därifrån"), on)
    other = place.ask(
        "/posts", "POST", json={"title": "För hand", "content": "<p>x</p>", "status": "publish", "slug": "for-hand"}
    )
    recent = wordpress.recent(since, on)
    assert isinstance(recent, list)
    assert isinstance(mine, Published)
    texts = {entry.id: entry.text for entry in recent}
    assert texts[mine.id] == "Härifrån & därifrån"
    assert texts[str(other["id"])] == "För hand"
    assert wordpress.recent(datetime.now(UTC) + timedelta(hours=1), on) == []


# What readers write


def test_comments_are_read_hidden_shown_and_answered(place: Place) -> None:
    on, since = place.on(), ago(5)
    outcome = send(wordpress, fresh("Vad tycker ni?"), on)
    assert isinstance(outcome, Published)
    written = place.ask(
        "/comments", "POST", "author", json={"post": int(outcome.id), "content": "Bra!\n\nHeja <b>er</b>"}
    )
    on.account = wordpress.connect(on).id
    [reply] = _replies(on, outcome, since)
    assert (reply.id, reply.answers, reply.hidden) == (str(written["id"]), outcome.id, False)
    assert reply.text.startswith("Bra!")
    assert isinstance(wordpress.hide(reply, True, on), Published)
    assert isinstance(wordpress.hide(reply, True, on), Published)
    assert [each.hidden for each in _replies(on, outcome, since)] == [True]
    assert isinstance(wordpress.hide(reply, False, on), Published)
    answer = replace(fresh("Tack för det! 1 < 2"), role="comment", parent=reply.id)
    handles = prepared(answer, on)
    said = wordpress.publish(answer, handles, on)
    assert isinstance(said, Published)
    found = wordpress.find(answer, handles, since, on)
    assert isinstance(found, Found)
    assert found.id == said.id
    assert isinstance(wordpress.publish(answer, handles, on), Unknown | Retry | Rejected), "never twice"
    assert [each.id for each in _replies(on, outcome, since)] == [reply.id], "our own answer is none of them"


def _replies(on: ChannelContext, outcome: Published, since: datetime) -> list[Any]:
    replies = wordpress.replies([outcome.id], since, on)
    assert isinstance(replies, list), replies
    return replies


def test_an_author_reads_comments_and_may_not_hide_them(place: Place) -> None:
    on = place.on()
    outcome = send(wordpress, fresh("En annans"), on)
    assert isinstance(outcome, Published)
    place.ask("/comments", "POST", "administrator", json={"post": int(outcome.id), "content": "Hm"})
    place.facts = {"root": f"{place.url}/wp-json/", "moderates": False}
    [reply] = _replies(place.on("author"), outcome, ago(60))
    hidden = wordpress.hide(reply, True, place.on("author"))
    assert isinstance(hidden, Rejected)
    assert hidden.why == "permission"


# Where the site is


@pytest.mark.parametrize(("folder", "pretty"), [("", True), ("/blogg", True), ("", False), ("/blogg", False)])
def test_the_api_is_where_the_site_says(folder: str, pretty: bool) -> None:
    with WordPressSimulator(folder, pretty) as sim:
        on = at(sim)
        on.facts = wordpress.connect(on).facts
        assert on.facts["root"] == sim.root
        assert isinstance(send(wordpress, fresh("Hej"), on), Published)


@pytest.mark.parametrize("typed", ["/", "/wp-admin/", "/wp-login.php", "/wp-json/", "/blogg/wp-admin"])
def test_the_address_may_be_the_one_that_people_sign_in_at(typed: str) -> None:
    with WordPressSimulator("/blogg" if "blogg" in typed else "") as sim:
        on = at(sim)
        on.settings["base_url"] = f"{sim.url}{typed}"
        assert wordpress.connect(on).url == sim.site


def test_a_password_goes_to_no_other_host(sim: WordPressSimulator) -> None:
    on = at(sim)
    on.settings["base_url"] = sim.url.replace("127.0.0.1", "localhost")
    with pytest.raises(ConnectError, match="points elsewhere") as refused:
        wordpress.connect(on)
    assert refused.value.field == "base_url"
    assert not any("authorization" in call.headers for call in sim.calls)


def test_it_needs_https_outside_the_house(sim: WordPressSimulator) -> None:
    on = at(sim)
    del on.settings["allow_private"]
    with pytest.raises(ConnectError, match="https") as refused:
        wordpress.connect(on)
    assert refused.value.field == "base_url"


# Signing in at the site


def test_the_sites_own_page_lets_it_in(sim: WordPressSimulator) -> None:
    on = context({"base_url": sim.site}, {}, office_name="Ljungpartiet")
    assert wordpress.provider({"base_url": "ljung.example/blogg"}) == "https://ljung.example"
    assert wordpress.provider({"base_url": "https://[x"}) == ""
    on.handshake = Handshake("https://kansli.example/w/l/channels/wordpress/callback", "state-1", "verifier-1")
    address = urlsplit(wordpress.authorize(on).address)
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{sim.site}/wp-admin/authorize-application.php"
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert asked["success_url"] == asked["reject_url"] == f"{on.handshake.redirect_uri}?state=state-1"
    assert "Ljungpartiet" in asked["app_name"]
    answer = {"state": "state-1", "site_url": sim.site, "user_login": "editor", "password": sim.passwords["editor"]}
    [account] = wordpress.callback(on, answer)
    assert account.tokens is not None
    assert account.tokens.secrets == {"application_password": sim.passwords["editor"]}
    assert account.settings == {"username": "editor"}


@pytest.mark.parametrize("answer", [{"success": "false"}, {}, {"user_login": "editor"}])
def test_who_says_no_connects_nothing(sim: WordPressSimulator, answer: dict[str, str]) -> None:
    with pytest.raises(ConnectError, match="did not let"):
        wordpress.callback(context({"base_url": sim.site}, {}), answer)


def test_a_site_that_lets_no_programs_in_says_so(sim: WordPressSimulator) -> None:
    sim.lets_programs_in = False
    on = context({"base_url": sim.site}, {})
    on.handshake = Handshake("https://kansli.example/cb", "s", "v")
    with pytest.raises(ConnectError, match="switched off") as refused:
        wordpress.authorize(on)
    assert refused.value.field == "base_url"


@pytest.mark.peer
@pytest.mark.xdist_group("wordpress")
@pytest.mark.browser
def test_a_person_signs_in_at_a_real_site(sites: dict[str, Any]) -> None:
    """The very pages that a secretary meets: WordPress's sign-in, its question, and the way back."""
    if "server" not in sites:
        sites["server"] = sites["start"]()
    server = sites["server"]
    on = context({"base_url": server.url}, {}, office_name="Ljungpartiet")
    on.handshake = Handshake("https://kansli.example/cb", "state-1", "v")
    answer = _sign_in(wordpress.authorize(on).address)
    assert answer["state"] == "state-1"
    [account] = wordpress.callback(on, answer)
    assert account.settings == {"username": "editor"}
    assert isinstance(send(wordpress, fresh("Inloggad"), on), Published)


def _sign_in(address: str) -> dict[str, str]:
    """By WordPress's own forms, as a browser would send them."""
    import re
    from html import unescape

    with requests.Session() as session:
        session.trust_env = False
        login = session.get(address, timeout=30)
        form = {"log": "editor", "pwd": "Prova-lugnt-1", "testcookie": "1", "redirect_to": address}
        asked = session.post(login.url.partition("?")[0], data=form, timeout=30)
        hidden = dict(
            re.findall(
                r"<input type=['\"]hidden['\"][^>]*name=['\"]([^'\"]+)['\"][^>]*value=['\"]([^'\"]*)['\"]", asked.text
            )
        )
        hidden = {name: unescape(value) for name, value in hidden.items()}
        target = address.partition("?")[0]
        name = parse_qs(urlsplit(address).query)["app_name"][0]
        back = session.post(
            target, data={**hidden, "app_name": name, "approve": "1"}, timeout=30, allow_redirects=False
        )
    assert back.status_code == 302, back.text[:2000]
    return {name: values[0] for name, values in parse_qs(urlsplit(back.headers["location"]).query).items()}


# What refusals mean


@pytest.mark.parametrize(
    ("fault", "kind", "why"),
    [
        ("wp:401:rest_not_logged_in", Rejected, "token"),
        ("wp:403:rest_cannot_publish", Rejected, "permission"),
        ("wp:400:rest_invalid_param", Rejected, "content"),
        ("wp:404:rest_post_invalid_id", Rejected, "config"),
        ("wp:429:too_many", Retry, None),
        ("wp:500:internal_server_error", Unknown, None),
        ("wp:409:comment_duplicate", Unknown, None),
        ("html_503", Unknown, None),
        ("wall_403", Retry, None),
        ("wall_413", Rejected, "content"),
        ("wall_200", Unknown, None),
        ("empty_after_accept", Unknown, None),
        ("list_after_accept", Unknown, None),
        ("redirect", Rejected, "config"),
    ],
)
def test_each_refusal_has_its_outcome(sim: WordPressSimulator, fault: str, kind: type, why: str | None) -> None:
    which, on = fresh("Nej"), at(sim)
    handles = prepared(which, on)
    sim.faults.append(fault)
    outcome = wordpress.publish(which, handles, on)
    assert isinstance(outcome, kind)
    assert getattr(outcome, "why", None) == why
    assert sim.passwords["editor"] not in str(outcome)


@pytest.mark.parametrize(
    "fault", ["timeout_before_accept", "reset_before_accept", "wp:500:internal_server_error", "wall_200"]
)
def test_what_nobody_sees_may_be_tried_again(sim: WordPressSimulator, fault: str) -> None:
    sim.faults.append(f"prepare:{fault}")
    on = at(sim)
    with hurried(on, fault):
        assert isinstance(wordpress.prepare(fresh("Nej"), on), Retry)


def test_an_entry_that_was_never_made_is_not_published(sim: WordPressSimulator) -> None:
    for values in ({}, {"post": "../1"}, {"post": "1"}):
        outcome = wordpress.publish(fresh("Hej", picture()), Handles(values), at(sim))
        assert isinstance(outcome, Rejected)
    assert not sim.calls


def test_a_site_that_reviews_first_is_told_of(sim: WordPressSimulator) -> None:
    from commsched.platforms._wordpress.entries import published

    outcome = published({"id": 1, "status": "pending"}, "posts")
    assert isinstance(outcome, Rejected)
    with pytest.raises(ValueError, match="future"):
        published({"id": 1, "status": "future"}, "posts")


# The body


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>a &amp; b<br>c</p>", "<!-- wp:paragraph -->\n<p>a &amp; b<br>c</p>\n<!-- /wp:paragraph -->"),
        ("<h3>R</h3>", '<!-- wp:heading {"level":3} -->\n<h3 class="wp-block-heading">R</h3>\n<!-- /wp:heading -->'),
        (
            "<ol><li>a<ul><li>b</li></ul></li></ol>",
            '<!-- wp:list {"ordered":true} -->\n<ol><li>a<ul><li>b</li></ul></li></ol>\n<!-- /wp:list -->',
        ),
        ("", ""),
    ],
)
def test_each_outermost_element_is_a_block(html: str, expected: str) -> None:
    assert as_blocks(html) == expected


def test_nothing_that_is_written_is_run_by_the_site() -> None:
    said = view("[gallery ids=1] <!-- wp:html --><script>alert(1)</script>", kind="release", title="T")
    html = blocks(said)
    assert "[" not in html
    assert "<script" not in html
    assert html.count("<!-- wp:html") == 0


def test_the_marks_of_a_thread_become_rules_and_a_post_begins_with_its_headline() -> None:
    which = fresh("Första delen\n---\nAndra delen", title=" ")
    assert blocks(which.view).count("wp:separator") == 2
    assert _slug(which).startswith("forsta-delen-")

"""The preview is what goes out: for every platform, what its followers or files get is compared with what is shown."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from commsched.core.content.draft import PictureIn, VariantIn
from commsched.core.content.release import Quote
from commsched.core.delivery.outcome import Handles, Published
from commsched.core.platform.channel_view import for_channel
from commsched.core.platform.contract import ChannelContext, Part
from commsched.platforms import get
from commsched.services.accounts import people
from commsched.services.contacts import lists
from commsched.services.content import check, compose, items
from commsched.services.kernel.context import Installation
from commsched.services.notices import outbox
from commsched.services.views import preview
from commsched.services.workflow import editing
from tests import writing
from tests.channel_views import changed, channel_view
from tests.conftest import Browser, Cast, MailBag
from tests.peers.mastodon import TOKEN as MASTODON
from tests.peers.mastodon import Server, mastodon_server
from tests.platforms._office import context
from tests.publications import channel
from tests.sims.bluesky import HANDLE as BLUE
from tests.sims.bluesky import PASSWORD as BLUE_PASSWORD
from tests.sims.bluesky import BlueskySimulator
from tests.sims.facebook import PAGE, TOKEN, FacebookSimulator
from tests.sims.x import KEYS, USER, XSimulator

__all__ = ["mastodon_server"]
Browse = Callable[..., Browser]
LINK = "https://gruppen.example.org/linje14"
ALTS = ("En buss vid hållplatsen.", "Torget i skymningen.")


def bare(shown: str) -> str:
    """The words of a page: what a reader sees, white space folded."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", shown)).split())


def words(text: str) -> str:
    return " ".join(text.replace("**", "").split())


def item(installation: Installation, cast: Cast, number: int, **more: Any) -> int:
    """A release or a post with all there is to it, on one channel, its pictures cropped to squares."""
    media = [
        PictureIn(id=writing.picture(installation, cast, width=800 + n, height=600), alt=alt)
        for n, alt in enumerate(ALTS)
    ]
    given = {
        "variants": {str(number): VariantIn(crop="1:1")},
        "media": media,
        "link": LINK,
        "text": "Regionen **säger** ja.\n\nMer i går.",
    } | more
    return editing.create(installation, cast.actor("writer"), writing.draft([number], **given))


def on_facebook(sim: Any) -> ChannelContext:
    return context({"base_url": sim.url, "page_id": PAGE["id"]}, {"access_token": TOKEN}, account=PAGE["id"])


def on_x(sim: Any) -> ChannelContext:
    return context({"base_url": sim.url}, KEYS, account=USER["id"])


def send(installation: Installation, cast: Cast, item_id: int, key: str, on: ChannelContext) -> preview.Preview:
    """Publish every part as the publisher does, by the same content; returns the preview made of it."""
    with installation.store.read(cast.place.id) as session:
        content = items.current(session, items.load(session, item_id)).parsed()
        uid = items.load(session, item_id).uid
        (look,) = preview.previews(installation, content, check.judge(installation, session, content, uid=uid), uid)
        files = compose.stored(installation, session, content)
        people = lists.lines(installation, session, look.channel)
    platform = get(key)
    view = for_channel(content, look.channel.id, uid, files, people)
    parent = root = ""
    for part in platform.parts(view):
        one = msgspec.structs.replace(
            part,
            key=part.key or f"{uid}-{part.number}",
            parent=parent,
            root=root,
            message_id=f"{part.message_id}@x.example" if part.message_id else "",
            basis="interest" if part.role == "recipient" else "",  # as it is frozen with who gets it
        )
        handles: Any = platform.prepare(one, on) if platform.needs_prepare(one) else Handles()
        assert isinstance(handles, Handles)
        result = platform.publish(one, handles, on)
        assert isinstance(result, Published), result
        parent, root = result.id, root or result.id
    return look


def shown(browse: Browse, cast: Cast, item_id: int) -> str:
    """The preview on the item's page."""
    page: str = browse(cast.writer).get(f"~/items/{item_id}").text
    start = page.index('class="looks')
    return page[start : page.index("</section>", page.rindex("look-card"))]


def pictures_in(shown: str) -> list[str]:
    """The files that the preview shows, by their hash."""
    return re.findall(r'<img src="[^"]*/pictures/([0-9a-f]{64})\?small=1"', shown)


@pytest.mark.parametrize(("key", "sim", "on"), [("facebook", FacebookSimulator, on_facebook), ("x", XSimulator, on_x)])
@pytest.mark.parametrize("with_pictures", [True, False])
def test_what_the_networks_got_is_what_was_shown(
    browse: Browse, installation: Installation, cast: Cast, key: str, sim: Any, on: Any, with_pictures: bool
) -> None:
    number = channel(installation, cast.place.id, key, account_name="Regiongruppen Västra")
    item_id = item(
        installation, cast, number, text="Första delen.\n---\nAndra delen.", **({} if with_pictures else {"media": []})
    )
    with sim() as there:
        look = send(installation, cast, item_id, key, on(there))
        posts = there.posts
        posts = posts() if callable(posts) else posts
        got = [dict(post) for post in posts]
        files = [one["bytes"] for one in (there.media if key == "x" else there.objects).values() if "bytes" in one]
    preview_html = shown(browse, cast, item_id)
    told = bare(preview_html)
    for post in got:
        for line in (post.get("said") or post.get("message") or "").splitlines():
            assert words(line) in told
        if post.get("link"):
            assert post["link"] in told
        for alt in post["alts"]:
            assert alt in told
    assert look.sender == "Regiongruppen Västra"
    assert look.sender in told
    hashes = pictures_in(preview_html)
    assert len(hashes) == len(files) == (2 if with_pictures else 0)
    with installation.store.read(cast.place.id) as session:
        content = items.current(session, items.load(session, item_id)).parsed()
    assert hashes == [one.sha256 for one in content.pictures_on(number)], "the squares that go out"
    if with_pictures:
        assert all(one.width == one.height for one in content.pictures_on(number))


@pytest.mark.parametrize("with_pictures", [True, False])
def test_what_bluesky_got_is_what_was_shown(
    browse: Browse, installation: Installation, cast: Cast, with_pictures: bool
) -> None:
    number = channel(installation, cast.place.id, "bluesky", account_name="@gruppen.example")
    text = "Första delen, https://gruppen.example/nyheter/2026/bussen.\n---\nAndra delen."
    item_id = item(installation, cast, number, text=text, **({} if with_pictures else {"media": []}))
    with BlueskySimulator() as there:
        on = context({"base_url": there.url, "handle": BLUE}, {"app_password": BLUE_PASSWORD})
        account = get("bluesky").connect(on)
        assert account.tokens is not None
        on.secrets |= account.tokens.secrets
        on.account = account.id
        send(installation, cast, item_id, "bluesky", on)
    preview_html = shown(browse, cast, item_id)
    told = bare(preview_html)
    first, second = there.records.values()
    assert second["reply"]["root"]["cid"]
    for record in (first, second):
        assert all(words(line) in told for line in record["text"].splitlines())
    assert "gruppen.example/nyheter/2026…" in told
    images = first["embed"].get("images", [])
    assert len(images) == len(pictures_in(preview_html)) == (2 if with_pictures else 0)
    assert all(image["alt"] in told for image in images)


@pytest.mark.peer
@pytest.mark.xdist_group("mastodon")
def test_what_mastodon_got_is_what_was_shown(
    browse: Browse, installation: Installation, cast: Cast, mastodon_server: Server
) -> None:
    number = channel(installation, cast.place.id, "mastodon", account_name="@grupp@social.example")
    mark = uuid4().hex[:8]
    item_id = item(
        installation,
        cast,
        number,
        text=f"Första delen {mark}.\n---\nAndra delen {mark}.",
        variants={str(number): VariantIn(crop="1:1", options={"content_warning": "Om en olycka"})},
    )
    me = mastodon_server.get("/api/v1/accounts/verify_credentials")
    there = context({"base_url": mastodon_server.url}, {"access_token": MASTODON}, account=str(me["id"]))
    look = send(installation, cast, item_id, "mastodon", there)
    got = [one for one in mastodon_server.statuses() if mark in one["content"]]
    assert len(got) == 2
    preview_html = shown(browse, cast, item_id)
    told = bare(preview_html)
    for status in got:
        for line in re.split(r"<br ?/?>|</p>", status["content"]):
            assert bare(line) in told
        assert status["spoiler_text"] in told
        assert all(one["description"] in told for one in status["media_attachments"])
    assert sum(len(one["media_attachments"]) for one in got) == len(pictures_in(preview_html)) == 2
    assert look.sender == "@grupp@social.example"
    assert look.sender in told


def release(installation: Installation, cast: Cast, number: int, **more: Any) -> int:
    return item(
        installation,
        cast,
        number,
        **(
            {
                "kind": "release",
                "title": "Ja till fler turer",
                "lead": "Ingressen står här.",
                "short": "Notisen.",
                "facts": "- 41 000 resor",
                "quotes": [Quote(text="Äntligen!", person="Karin Lund")],
                "contact": "Eva Sandström, 070-000 00 00",
            }
            | more
        ),
    )


def plain_lines(text: str) -> list[str]:
    return [words(line.lstrip("–-• ")) for line in text.splitlines() if line.strip(" -–")]


@pytest.mark.parametrize("sender_name", ["", "Pressen i gruppen"])
def test_the_press_mail_is_what_was_shown(
    browse: Browse, installation: Installation, cast: Cast, sender_name: str
) -> None:
    settings = {"newsroom_link": "1", "reply_to": "eva@gruppen.example", "sender_name": sender_name}
    secrets = installation.vault.seal_map({"addresses": "red@tidning.example"})
    number = channel(
        installation, cast.place.id, "presslist", settings=settings, secrets=secrets, account_name="presslist"
    )
    item_id = release(installation, cast, number)
    bag = MailBag()
    on = ChannelContext(
        channel=number,
        settings=settings,
        secrets={},
        now=installation.now,
        http=None,
        mailer=bag,
        public_url=installation.base_url,
        workspace="gruppen",
        office_name=cast.place.name,
    )
    look = send(installation, cast, item_id, "presslist", on)
    (letter,) = bag.sent
    preview_html = shown(browse, cast, item_id)
    told = bare(preview_html)
    for line in plain_lines(letter.text):
        if line.startswith("Bilden i tryckkvalitet:"):
            line = "Redaktionerna hämtar tryckkvalitet i ert pressrum"
        if line.startswith("Vill du inte få våra pressutskick?"):
            line = "Vill du inte få våra pressutskick?"  # each recipient's own way out is made when it is sent
        assert line.casefold() in told.casefold(), line
    assert letter.subject in told
    assert letter.sender_name == look.sender == (sender_name or cast.place.name)
    assert f"Från {letter.sender_name}" in told
    assert preview_html.count("<img") == 1, "the first picture comes small with the mail, and no other"
    assert "första bilden följer med" in bare(browse(cast.writer).get(f"~/items/{item_id}").text)


def test_an_english_reader_sees_the_words_that_go_out(browse: Browse, installation: Installation, cast: Cast) -> None:
    """A Swedish release goes out as a ”Pressmeddelande”, whatever language whoever looks at it reads the pages in."""
    number = channel(installation, cast.place.id, "newsroom")
    item_id = release(installation, cast, number)
    people.set_own(installation, cast.writer.id, language="en")
    look = shown(browse, cast, item_id)
    assert 'class="look-kicker">Pressmeddelande<' in look


def test_a_correction_tells_an_editor_at_once_that_it_is_one(installation: Installation, cast: Cast) -> None:
    """In the subject and first in the mail, in the preview and in what is sent."""
    from commsched.platforms import presslist

    view = channel_view(kind="release", title="Fler turer", text="Hej.", correction="Det är fem turer.", language="sv")
    list_ = presslist.PLATFORM
    on = ChannelContext(
        channel=1, settings={}, secrets={}, now=installation.now, http=None, mailer=MailBag(), workspace="gruppen"
    )
    assert list_.subject(view, on) == "Rättelse: Fler turer"
    assert list_.subject(changed(view, title="Rättelse: fler turer"), on) == "Rättelse: fler turer"
    assert list_.subject(changed(view, correction=""), on) == "Fler turer"
    part = Part(number=0, role="recipient", text="Hej.", view=view, recipient="red@x.example", message_id="1@x")
    letter = list_.message(part, on)
    assert letter.subject == "Rättelse: Fler turer"
    assert letter.text.startswith("PRESSMEDDELANDE\n\nFler turer\n\nRättat: Det är fem turer.")
    assert "Rättat: Det är fem turer." in letter.html


def test_the_file_is_what_was_shown(browse: Browse, installation: Installation, cast: Cast, tmp_path: Path) -> None:
    number = channel(installation, cast.place.id, "folder", account_name="0")
    item_id = release(installation, cast, number)
    on = ChannelContext(
        channel=number, settings={"path": str(tmp_path / "out")}, secrets={}, now=installation.now, http=None
    )
    send(installation, cast, item_id, "folder", on)
    (folder,) = (tmp_path / "out").iterdir()
    preview_html = shown(browse, cast, item_id)
    told = bare(preview_html)
    assert words((folder / "text.txt").read_text()) in words(told)
    facts = json.loads((folder / "item.json").read_text())
    assert [one["sha256"] for one in facts["pictures"]] == pictures_in(preview_html)
    assert all(one["alt"] in told for one in facts["pictures"])


@pytest.mark.parametrize("kind", ["release", "post"])
def test_the_newsroom_is_what_was_shown(
    browse: Browse, installation: Installation, cast: Cast, app: Any, kind: str
) -> None:
    from commsched.services.workflow import approve
    from tests.services import desk

    number = channel(installation, cast.place.id, "newsroom", name="Pressrum")
    item_id = (
        release(installation, cast, number)
        if kind == "release"
        else item(installation, cast, number, text="Fler turer.")
    )
    preview_html = shown(browse, cast, item_id)
    approve.submit(installation, cast.actor("writer"), item_id, then_schedule=True)
    approve.approve(installation, cast.actor("approver"), item_id, desk.hash_of(cast, item_id))
    installation.clock.at = items_time(installation, cast, item_id)  # type: ignore[attr-defined]
    desk.publish_what_is_due(installation)
    (row,) = desk.deliveries(cast, item_id)
    assert row.state == "published", row.reason
    page = app.test_client().get(row.url.removeprefix("http://localhost")).text
    story = bare(page[page.index("<article") : page.index("</article>")])
    told = bare(preview_html)
    for sentence in ("Ja till fler turer", "Ingressen står här.", "Regionen säger ja.", "Äntligen!", "Karin Lund"):
        assert (sentence in story) == (sentence in told), sentence
    assert LINK.removeprefix("https://") in story
    assert LINK in told
    article = page[page.index("<article") : page.index('class="more')]
    for alt in ALTS:
        assert f'alt="{alt}"' in article
        assert alt in told
    if kind == "post":
        assert preview_html.index("Fler turer") < preview_html.index("<img"), "a post's pictures stand below its text"


def items_time(installation: Installation, cast: Cast, item_id: int) -> Any:
    with installation.store.read(cast.place.id) as session:
        return items.load(session, item_id).publish_at


def test_the_sandbox_wall_is_what_was_shown(browse: Browse, installation: Installation, cast: Cast) -> None:
    number = channel(installation, cast.place.id, "sandbox", name="Väggen", account_name="Sandbox")
    item_id = item(installation, cast, number, text="Första delen.\n---\nAndra delen.")
    on = ChannelContext(channel=number, settings={}, secrets={}, now=installation.now, http=None, workspace="gruppen")
    look = send(installation, cast, item_id, "sandbox", on)
    told = bare(shown(browse, cast, item_id))
    assert look.sender == cast.place.name
    for part in look.parts:
        assert words(part.text) in told
    assert all(alt in told for alt in ALTS)


def test_the_mailed_link_shows_the_same_names_as_the_office(
    browse: Browse, installation: Installation, cast: Cast, mail: MailBag
) -> None:
    papers = writing.press_list(installation, cast)
    folder = channel(installation, cast.place.id, "folder", name="0", account_name="0")
    item_id = writing.submitted(installation, cast, [papers, folder], kind="release", title="Rubrik", contact="Eva")
    outbox.send_due(installation)
    found = re.search(r"https?://\S+?(/a/\S+)", mail.sent[-1].text)
    assert found
    inside = browse(cast.approver).get(f"~/items/{item_id}/review").text
    outside = browse().get(found[1]).text
    names = re.findall(r'class="look-who">.*?<strong>(.*?)</strong>', inside, re.S)
    assert re.findall(r'class="look-who">.*?<strong>(.*?)</strong>', outside, re.S) == names == [cast.place.name]
    assert f"<dt>Från</dt><dd>{cast.place.name}</dd>" in outside
    assert f"<dt>Från</dt><dd>{cast.place.name}</dd>" in inside


def test_alt_texts_can_be_read_by_whoever_approves(browse: Browse, installation: Installation, cast: Cast) -> None:
    number = channel(installation, cast.place.id, "newsroom", name="Pressrum")
    item_id = item(installation, cast, number)
    for path in (f"~/items/{item_id}", f"~/items/{item_id}/review"):
        seen = browse(cast.approver).get(path).text
        for alt in ALTS:
            assert alt in bare(seen), path
        assert 'target="_blank" rel="noopener" aria-label="Bild 1 i full storlek' in seen

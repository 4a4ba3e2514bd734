"""Feeds become drafts, each entry once, and never anything more; hostile ones become a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from commsched.core.text.messages import Invalid, NotAllowed, NotFound
from commsched.platforms._http.network import Session
from commsched.services.channels.connect import connect
from commsched.services.content import items
from commsched.services.feeds import book, reading
from commsched.services.feeds.parsing import MOST_BYTES, Unreadable, parse
from commsched.services.kernel.context import Installation
from commsched.store.models import AuditEntry, Delivery, Item, NewsEntry, NewsFeed, Notice
from tests.conftest import Cast, SetClock
from tests.sims._server import Answer, Call, Simulator, Stage

RSS = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0">
<channel><title>Riksnytt</title>{items}</channel></rss>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Atomnytt</title>
<entry><id>urn:1</id><title type="html">A &amp;amp; B</title><link href="https://riks.example/1"/>
<summary type="html">&lt;p&gt;Första&lt;br&gt;stycket&lt;script&gt;x&lt;/script&gt;&lt;/p&gt;</summary></entry>
</feed>"""


def rss(*numbers: int) -> bytes:
    entries = (
        f"<item><guid>n-{n}</guid><title>Nyhet {n}</title><link>https://riks.example/{n}</link>"
        f"<description>Det här är nyhet {n}.</description></item>"
        for n in numbers
    )
    return RSS.format(items="".join(entries)).encode()


class FeedServer(Simulator):
    """One feed, which knows what it has told."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.etag, self.status = rss(2, 1), '"a"', 200
        self.moves: dict[str, str] = {}

    def stage(self, call: Call) -> Stage:
        return "read"

    def handle(self, call: Call) -> Answer:
        if call.path in self.moves:
            return Answer(302, b"", {"location": self.moves[call.path]})
        if self.status == 200 and call.headers.get("if-none-match") == self.etag:
            return Answer(304, b"")
        headers = {"content-type": "application/rss+xml", "ETag": self.etag}
        return Answer(self.status, self.body, headers)

    def tell(self, *numbers: int) -> None:
        self.body, self.etag = rss(*numbers), f'"{numbers}"'

    def refusal(self, fault: str) -> Answer:
        raise AssertionError(fault)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as simulator:
        yield simulator


@pytest.fixture
def office(installation: Installation) -> Installation:
    """Where a feed may stand on this very machine."""
    return replace(installation, http=lambda private: Session(guard=None, deadline=5.0))


def add(office: Installation, cast: Cast, server: FeedServer, *channels: int) -> NewsFeed:
    book.add(office, cast.actor("writer"), f"{server.url}/feed", channels)
    return only(cast)


def only(cast: Cast) -> NewsFeed:
    with cast.installation.store.read(cast.place.id) as session:
        return session.scalars(select(NewsFeed)).one()


def drafts(cast: Cast) -> list[Item]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(Item).order_by(Item.id)))


def test_what_stands_in_it_already_is_old_and_what_comes_becomes_drafts_once(
    office: Installation, cast: Cast, clock: SetClock, server: FeedServer
) -> None:
    room = connect(office, cast.actor(), "newsroom", "Pressrum", {}).id
    assert add(office, cast, server, room).name == "Riksnytt"
    assert not reading.read_due(office)
    server.tell(4, 3, 2, 1)
    clock.forward(minutes=31)
    assert reading.read_due(office)
    assert [row.title for row in drafts(cast)] == ["Nyhet 3", "Nyhet 4"]
    for _ in range(3):
        clock.forward(minutes=31)
        assert reading.read_due(office)
    server.etag = '"forgotten"'
    clock.forward(minutes=31)
    reading.read_due(office)
    assert len(drafts(cast)) == 2
    with office.store.read(cast.place.id) as session:
        content = items.current(session, drafts(cast)[1]).parsed()
        assert session.scalars(select(Delivery)).all() == [], "nothing is ever posted by itself"
        assert session.scalars(select(Notice)).all() == []
    assert content.text == "Nyhet 4\n\nDet här är nyhet 4."
    assert content.link == "https://riks.example/4"
    assert [channel.channel for channel in content.channels] == [room]
    assert {row.state for row in drafts(cast)} == {"draft"}
    assert {row.author_id for row in drafts(cast)} == {None}
    with office.store.read(cast.place.id) as session:
        [shown] = book.feeds(session)
    assert (shown.drafts, shown.on, shown.trouble) == (2, True, None)


def test_only_what_is_new_is_asked_for(office: Installation, cast: Cast, clock: SetClock, server: FeedServer) -> None:
    add(office, cast, server)
    clock.forward(minutes=31)
    reading.read_due(office)
    assert server.calls[-1].headers["if-none-match"] == '"a"'
    assert (only(cast).failures, only(cast).etag) == (0, '"a"')


def test_a_broken_feed_is_told_on_its_page_and_asked_at_longer_intervals(
    office: Installation, cast: Cast, clock: SetClock, server: FeedServer
) -> None:
    add(office, cast, server)
    server.status, waits = 503, []
    for _ in range(8):
        row = only(cast)
        assert row.next_at is not None
        clock.forward(seconds=(row.next_at - clock.at).total_seconds() + 1)
        assert reading.read_due(office)
        after = only(cast).next_at
        assert after is not None
        waits.append(after - clock.at)
    assert waits == sorted(waits)
    assert waits[-1] == reading.AT_MOST
    with office.store.read(cast.place.id) as session:
        [shown] = book.feeds(session)
        assert shown.trouble is not None
        assert "error" in shown.trouble.message
        assert session.scalars(select(Notice)).all() == []
    server.status = 200
    clock.forward(hours=25)
    reading.read_due(office)
    assert (only(cast).failures, only(cast).trouble) == (0, {})


def test_one_that_has_lost_its_memory_makes_few_drafts(
    office: Installation, cast: Cast, clock: SetClock, server: FeedServer
) -> None:
    add(office, cast, server)
    server.tell(*range(140, 100, -1))
    clock.forward(minutes=31)
    reading.read_due(office)
    assert [row.title for row in drafts(cast)][-1] == "Nyhet 140"
    assert len(drafts(cast)) == reading.MOST_DRAFTS
    with office.store.read(cast.place.id) as session:
        assert len(session.scalars(select(NewsEntry)).all()) == 2 * 42, "by its id, and by what it says"


def test_it_is_switched_off_and_on_and_removed_and_its_drafts_stay(
    office: Installation, cast: Cast, clock: SetClock, server: FeedServer
) -> None:
    number = add(office, cast, server).id
    book.switch(office, cast.actor("writer"), number, False)
    server.tell(3)
    clock.forward(hours=5)
    assert not reading.read_due(office)
    book.switch(office, cast.actor("writer"), number, True)
    assert reading.read_due(office)
    assert len(drafts(cast)) == 1
    book.change(office, cast.actor("writer"), number, "Riket", [])
    assert only(cast).name == "Riket"
    book.remove(office, cast.actor("writer"), number)
    assert len(drafts(cast)) == 1
    with pytest.raises(NotFound):
        book.remove(office, cast.actor("writer"), number)


def test_a_few_moves_are_followed(office: Installation, cast: Cast, server: FeedServer) -> None:
    server.moves = {"/old": "/older", "/older": "/feed"}
    book.add(office, cast.actor("writer"), f"{server.url}/old", [])
    server.moves = {"/round": "/round"}
    with pytest.raises(Invalid, match="on and on"):
        book.add(office, cast.actor("writer"), f"{server.url}/round", [])


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://riks.example/feed", "javascript:alert(1)"])
def test_a_move_elsewhere_than_to_the_web_is_none(
    office: Installation, cast: Cast, server: FeedServer, target: str
) -> None:
    server.moves = {"/feed": target}
    with pytest.raises(Invalid):
        book.add(office, cast.actor("writer"), f"{server.url}/feed", [])


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/feed", "http://localhost/feed", "http://169.254.169.254/latest", "http://[::1]/"]
)
def test_no_private_network_is_reached(installation: Installation, cast: Cast, url: str) -> None:
    guarded = replace(installation, http=lambda private: Session(deadline=5.0))
    with pytest.raises(Invalid) as refused:
        book.add(guarded, cast.actor("writer"), url, [])
    assert refused.value.field == "url"


@pytest.mark.parametrize(
    "url", ["", "javascript:alert(1)", "/etc/passwd", "file:///etc/passwd", "https://" + "x" * 1000]
)
def test_what_is_no_address_is_refused(office: Installation, cast: Cast, url: str) -> None:
    with pytest.raises(Invalid) as refused:
        book.add(office, cast.actor("writer"), url, [])
    assert refused.value.field == "url"


def test_the_same_feed_is_not_added_twice_and_readers_add_none(
    office: Installation, cast: Cast, server: FeedServer
) -> None:
    add(office, cast, server)
    with pytest.raises(Invalid, match="already"):
        add(office, cast, server)
    with pytest.raises(NotAllowed):
        book.add(office, cast.actor("reader"), f"{server.url}/other", [])


def test_channels_that_are_gone_or_anothers_are_left_out(office: Installation, cast: Cast, server: FeedServer) -> None:
    assert add(office, cast, server, 999, 1000).channels == ""


# Hostile feeds

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1 or str()};" * 10}">' for n in range(1, 10))
    + ']><rss version="2.0"><channel><title>&lol9;</title></channel></rss>'
)
READS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    '<rss version="2.0"><channel><title>&f;</title></channel></rss>'
)


@pytest.mark.parametrize(
    "data",
    [
        BOMB.encode(),
        BOMB.encode("utf-16"),
        READS.encode(),
        b"",
        b"\x00" * 1000,
        b"<html><title>Inloggning</title></html>",
        b"/etc/passwd",
        b"http://127.0.0.1/",
        b"<rss" * 10_000,
        b'<rss version="2.0">' + b"<a>" * 100_000,
        b"x" * (MOST_BYTES + 1),
        b'{"version": "https://jsonfeed.org/version/1"',
    ],
    ids=["bomb", "bomb-utf16", "file", "empty", "nul", "html", "path", "address", "nested", "deep", "huge", "json"],
)
def test_what_is_no_honest_feed_is_told_in_words(data: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        parse(data, "application/rss+xml")
    assert refused.value.words.message


def test_only_words_and_links_on_the_web_are_taken() -> None:
    feed = parse(ATOM.encode())
    [entry] = feed.entries
    assert (feed.name, entry.title, entry.words) == ("Atomnytt", "A & B", "Första stycket")
    for link in ("javascript:alert(1)", "http://127.0.0.1/hemligt", "http://kansliet.local/x", "data:text/html,x", ""):
        item = f"<item><guid>g</guid><title>T</title><link>{link}</link></item>"
        [entry] = parse(RSS.format(items=item).encode()).entries
        assert entry.link == ""


def test_entries_are_few_short_and_each_once() -> None:
    many = "".join(f"<item><guid>{n % 60}</guid><title>{'å' * 2000}</title></item>" for n in range(300))
    feed = parse(RSS.format(items=many).encode())
    assert len(feed.entries) <= 50
    assert all(len(entry.title) <= 300 for entry in feed.entries)


def test_an_entry_without_a_name_of_its_own_is_known_by_its_link_or_words() -> None:
    entries = "<item><title>A</title></item><item><title>B</title></item><item></item>"
    feed = parse(RSS.format(items=entries).encode())
    assert [entry.title for entry in feed.entries] == ["A", "B"]
    assert len({entry.guid for entry in feed.entries}) == 2


def test_what_cannot_be_kept_makes_no_draft_and_is_not_tried_for_ever(
    office: Installation, cast: Cast, clock: SetClock, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise Invalid("no", "text")

    add(office, cast, server)
    server.tell(3)
    clock.forward(minutes=31)
    monkeypatch.setattr("commsched.services.workflow.editing.ready", refuse)
    reading.read_due(office)
    monkeypatch.undo()
    clock.forward(minutes=31)
    reading.read_due(office)
    assert drafts(cast) == []


def test_a_site_that_gives_everything_new_ids_makes_no_second_drafts(
    office: Installation, cast: Cast, clock: SetClock, server: FeedServer
) -> None:
    add(office, cast, server)
    server.tell(3, 2, 1)
    clock.forward(minutes=31)
    reading.read_due(office)
    assert [row.title for row in drafts(cast)] == ["Nyhet 3"]
    moved = rss(4, 3, 2, 1).replace(b"<guid>n-", b"<guid>https://www.riks.example/?p=")
    server.body, server.etag = moved.replace(b"<link>https://", b"<link>http://www."), '"moved"'
    clock.forward(minutes=31)
    reading.read_due(office)
    assert [row.title for row in drafts(cast)] == ["Nyhet 3", "Nyhet 4"]


def test_one_that_calls_everything_new_every_time_buries_nobody(
    office: Installation, cast: Cast, clock: SetClock, server: FeedServer
) -> None:
    add(office, cast, server)
    for reads in range(reading.MOST_A_DAY // reading.MOST_DRAFTS + 2):
        server.tell(*range(1000 + 20 * reads, 1020 + 20 * reads))
        clock.forward(minutes=31)
        assert reading.read_due(office)
    assert len(drafts(cast)) == reading.MOST_A_DAY
    assert only(cast).trouble["message"] == reading.TOO_MANY
    server.tell(5000)
    clock.forward(hours=25)
    reading.read_due(office)
    assert drafts(cast)[-1].title == "Nyhet 5000"
    assert only(cast).trouble == {}


@pytest.mark.parametrize("to", ["https://[::1", "//[x", "http://a:b:c/", "javascript:alert(1)", "https://exa mple/"])
def test_a_move_to_no_address_is_a_sentence(office: Installation, cast: Cast, server: FeedServer, to: str) -> None:
    server.moves["/feed"] = to
    with pytest.raises(Invalid):
        add(office, cast, server)


def test_a_key_in_the_address_stands_in_no_record(office: Installation, cast: Cast, server: FeedServer) -> None:
    server.body = RSS.format(items="").replace("<title>Riksnytt</title>", "").encode()
    address = server.url.replace("http://", "http://kansli:hemligt@")
    book.add(office, cast.actor("writer"), f"{address}/feed?key=s3cret", [])
    with office.store.read(cast.place.id) as session:
        [line] = session.scalars(select(AuditEntry).where(AuditEntry.action == "news_feed.added")).all()
        [shown] = book.feeds(session)
    said = f"{line.facts} {shown.feed.name} {shown.address}"
    assert f"{server.url}/feed" in said
    assert "hemligt" not in said
    assert "s3cret" not in said

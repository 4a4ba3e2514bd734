"""What the office makes of a release: the PDF beforehand, the list of who comes, a draft of posts."""

from __future__ import annotations

import re
from typing import Any

import pytest

from commsched.core.content.draft import DraftIn
from commsched.core.content.release import Event
from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.services.press import answers
from commsched.services.press.answers import Invitation, Reply
from commsched.services.workflow import editing
from commsched.store.models import Item
from tests import publications
from tests.conftest import Cast

RELEASE = DraftIn(kind="release", title="Ja till fler turer", lead="Ingressen.", text="Brödtext.")


@pytest.fixture
def item(installation: Installation, cast: Cast, ticking: Installation) -> int:
    room = publications.channel(installation, cast.place.id)
    publications.channel(installation, cast.place.id, "sandbox", name="Väggen")
    draft = DraftIn(kind="release", title=RELEASE.title, lead=RELEASE.lead, text=RELEASE.text, channels=[room])
    return editing.create(installation, cast.actor("writer"), draft)


def test_the_pdf_is_seen_before_anybody_else_has_it(browse: Any, cast: Cast, item: int) -> None:
    given = browse(cast.writer).client.get(f"/w/gruppen/items/{item}/release.pdf", buffered=True)
    assert given.data.startswith(b"%PDF-")
    assert given.headers["Cache-Control"] == "private, no-cache"
    page = browse(cast.writer).get(f"~/items/{item}").text
    assert f'href="/w/gruppen/items/{item}/release.pdf"' in page


def test_posts_are_proposed_as_a_draft_and_once(browse: Any, cast: Cast, installation: Installation, item: int) -> None:
    browser = browse(cast.writer)
    first = browser.post(f"~/items/{item}/propose-posts", {})
    assert first.status_code == 303
    again = browser.post(f"~/items/{item}/propose-posts", {})
    assert again.headers["Location"] == first.headers["Location"]
    number = int(re.findall(r"\d+", first.headers["Location"])[-1])
    with installation.store.read(cast.place.id) as session:
        row = session.get_one(Item, number)
        content = items.load_whole(session, number)[1].parsed()
    assert (row.state, row.kind) == ("draft", "post")
    assert content.text.startswith("Ja till fler turer\n\nIngressen.")
    assert content.text.endswith(f"/n/gruppen/ja-till-fler-turer-{_uid(installation, cast, item)[:8]}")


def _uid(installation: Installation, cast: Cast, item: int) -> str:
    with installation.store.read(cast.place.id) as session:
        return session.get_one(Item, item).uid


def test_the_list_of_who_comes_has_no_formula_in_it(
    browse: Any, cast: Cast, installation: Installation, item: int
) -> None:
    assert "Ingen har svarat än" in browse(cast.writer).get(f"~/items/{item}/answers").text
    with installation.store.read(cast.place.id) as session:
        content = items.load_whole(session, item)[1].parsed()
    event = Event(starts="2027-01-01T10:00:00Z")
    invitation = Invitation(cast.place.id, item, content, event)
    answers.give(installation, invitation, Reply(True, '=HYPERLINK("x")', "Länsbladet", "a@b.example"))
    answers.give(installation, invitation, Reply(False, "Bo", "Radion", "bo@b.example"))
    page = browse(cast.writer).get(f"~/items/{item}/answers").text
    assert "1 kommer. 1 har förhinder." in page
    table = browse(cast.writer).get(f"~/items/{item}/answers.csv")
    assert "'=HYPERLINK" in table.text
    assert table.headers["Cache-Control"] == "no-store"

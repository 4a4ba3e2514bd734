"""The mention book: what is approved is what goes out, whatever becomes of the book."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from commsched.core.content.draft import DraftIn
from commsched.core.text.messages import Conflict, Invalid, NotAllowed, NotFound
from commsched.services.content import items, mention_book
from commsched.services.kernel.context import Installation
from commsched.services.workflow import approve, editing
from commsched.store.models import AuditEntry, Item, Revision, Workspace
from tests import writing
from tests.conftest import Cast
from tests.sims.platform import Faulty
from tests.sims.scenes import due, outcome
from tests.sims.world import WRITER, World

NAME = "Regionrådet Anna Berg"


def keep(installation: Installation, cast: Cast, x: str = "@annaberg", before: str = "") -> None:
    mention_book.keep(installation, cast.actor("writer"), NAME, {"x": x, "mastodon": "@anna@social.example"}, before)


def test_what_was_approved_goes_out_though_the_handle_was_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Faulty, "mentions", "x")
    writer = world.actor(WRITER)
    mention_book.keep(world.installation, writer, NAME, {"x": "annaberg"})
    whole = world._draft
    monkeypatch.setattr(world, "_draft", lambda *given: _mentioning(whole(*given)))
    due(world)
    mention_book.keep(world.installation, writer, NAME, {"x": "nagon_annan"}, NAME)
    mention_book.remove(world.installation, writer, NAME)
    world.settle()
    assert outcome(world) == ("published", "", 1)
    assert world.wall.seen[0].text == "Idag: @annaberg"


def _mentioning(draft: DraftIn) -> DraftIn:
    draft.text = f"Idag: @[{NAME}]"
    return draft


def test_a_save_after_the_handle_was_changed_ends_the_approval(installation: Installation, cast: Cast) -> None:
    to = writing.channels(installation, cast)
    keep(installation, cast)
    draft = writing.draft([to["x"]], text=f"Idag talar @[{NAME}] i fullmäktige om fler turer på landet.")
    number = editing.create(installation, cast.actor("writer"), draft)
    approve.submit(installation, cast.actor("writer"), number)
    first = _hash(installation, cast, number)
    approve.approve(installation, cast.actor("approver"), number, first)
    editing.save(installation, cast.actor("writer"), number, draft)
    assert (_hash(installation, cast, number), _state(installation, cast, number)) == (first, "approved")
    keep(installation, cast, x="@annab", before=NAME)
    assert (_hash(installation, cast, number), _state(installation, cast, number)) == (first, "approved")
    editing.save(installation, cast.actor("writer"), number, draft)
    assert _hash(installation, cast, number) != first
    assert _state(installation, cast, number) != "approved"


def _hash(installation: Installation, cast: Cast, number: int) -> str:
    with installation.store.read(cast.place.id) as session:
        return items.current(session, items.load(session, number)).hash


def _state(installation: Installation, cast: Cast, number: int) -> str:
    with installation.store.read(cast.place.id) as session:
        return items.load(session, number).state


def test_each_channel_counts_its_own_form_and_says_where_it_cannot(installation: Installation, cast: Cast) -> None:
    to = writing.channels(installation, cast)
    mention_book.keep(installation, cast.actor("writer"), NAME, {"mastodon": "anna@social.example"})
    draft = DraftIn(text=f"@[{NAME}]", channels=[to["mastodon"], to["x"]])
    number = editing.create(installation, cast.actor("writer"), draft)
    with installation.store.read(cast.place.id) as session:
        general, checked = items.problems(installation, session, items.load(session, number))
        assert items.load(session, number).title == NAME
    counts = {each.platform: each.count for each in checked}
    assert counts == {"mastodon": len("@anna"), "x": len(NAME)}
    told = {each.platform: [note.params.get("network") for note in each.notes] for each in checked}
    assert told == {"mastodon": [], "x": ["X"]}
    assert not general


def test_a_name_that_is_not_in_the_book_stops_it(installation: Installation, cast: Cast) -> None:
    to = writing.channels(installation, cast)
    draft = DraftIn(text="@[Bo Ek] talar", channels=[to["mastodon"]])
    number = editing.create(installation, cast.actor("writer"), draft)
    with installation.store.read(cast.place.id) as session:
        general, _checked = items.problems(installation, session, items.load(session, number))
    assert [(problem.field, problem.blocks, problem.words.params["name"]) for problem in general] == [
        ("text", True, "Bo Ek")
    ]
    with pytest.raises(approve.Blocked):
        approve.submit(installation, cast.actor("writer"), number)


def test_the_book_is_kept_by_those_who_write_and_is_on_the_record(installation: Installation, cast: Cast) -> None:
    keep(installation, cast)
    with pytest.raises(Conflict):
        keep(installation, cast)
    keep(installation, cast, x="annab", before=NAME)
    with installation.store.read(cast.place.id) as session:
        (entry,) = mention_book.entries(session.get_one(Workspace, cast.place.id))
        deeds = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("mentions%"))).all()
    assert (entry.x, len(deeds)) == ("@annab", 2)
    with pytest.raises(NotFound):
        mention_book.remove(installation, cast.actor("writer"), "Bo Ek")
    with pytest.raises(NotAllowed):
        mention_book.remove(installation, cast.actor("reader"), NAME)
    mention_book.remove(installation, cast.actor("writer"), NAME.upper())


def test_hashtags_are_kept_as_words_and_those_used_most_come_first(installation: Installation, cast: Cast) -> None:
    writer = cast.actor("writer")
    assert mention_book.keep_tags(installation, writer, "#Vård, skola\n#vård kollektivtrafik") == [
        "Vård",
        "skola",
        "kollektivtrafik",
    ]
    with pytest.raises(Invalid):
        mention_book.keep_tags(installation, writer, "#2026")
    for text in ("#buss #buss &#123;", "#Buss https://a.se/#top och #tåg", "1#nej #båt #tåg #buss"):
        editing.create(installation, writer, DraftIn(text=text))
    with installation.store.read(cast.place.id) as session:
        assert mention_book.used_tags(session) == ["buss", "tåg", "båt"]
        assert session.scalar(select(Revision.id).join(Item, Item.revision_id == Revision.id).limit(1))

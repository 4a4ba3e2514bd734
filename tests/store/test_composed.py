"""Å is å however it was typed: what is kept and what is asked are in one form."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from commsched.core.content.draft import DraftIn
from commsched.services.accounts import passwords, sessions
from commsched.services.kernel.context import Installation
from commsched.services.media import library
from commsched.services.workflow import editing
from commsched.store import migrate
from commsched.store.models import Channel, Item, Media, Person, Workspace
from commsched.store.session import EVERY_WORKSPACE, Store
from tests.conftest import NOW, Cast
from tests.images import files
from tests.store import older

WORD = "Vårdcentralen i Älvsbyn"
APART = unicodedata.normalize("NFD", WORD)


def test_a_title_is_kept_in_one_form(cast: Cast) -> None:
    item = editing.create(cast.installation, cast.actor("writer"), DraftIn(title=APART, text=APART))
    with cast.installation.store.read(cast.place.id) as session:
        row = session.get_one(Item, item)
        assert row.title == WORD
        assert unicodedata.is_normalized("NFC", row.search)


def test_a_pictures_name_and_description_are_too(cast: Cast) -> None:
    media = library.add(cast.installation, cast.actor("writer"), files.png(), f"{APART}.png", APART).media
    with cast.installation.store.read(cast.place.id) as session:
        row = session.get_one(Media, media.id)
        assert (row.filename, row.alt) == (WORD, WORD) or (row.filename, row.alt) == (f"{WORD}.png", WORD)


@pytest.mark.parametrize("kind", [Workspace, Channel, Person])
def test_every_text_column_is(kind: Any) -> None:
    assert kind(name=APART).name == WORD


def test_what_was_typed_on_a_mac_is_found_from_a_telephone(cast: Cast, browse: Any) -> None:
    item = editing.create(cast.installation, cast.actor("writer"), DraftIn(title=APART, text="Nytt tak."))
    assert f"/items/{item}" in browse(cast.reader).get("~/search", query_string={"q": "Älvsbyn"}).text


@pytest.mark.parametrize(("chosen", "typed"), [(WORD, APART), (APART, WORD), (APART, APART)])
def test_a_password_is_the_same_on_every_keyboard(
    installation: Installation, cast: Cast, chosen: str, typed: str
) -> None:
    assert passwords.matches(passwords.hash_password(chosen), typed)
    fresh = sessions.change_password(installation, cast.writer.id, "regionbudget i tid", chosen)
    assert fresh
    assert sessions.sign_in(installation, cast.writer.email, typed)


def test_what_was_there_is_brought_into_that_form(tmp_path: Path) -> None:
    older.first(tmp_path / "commsched.db")
    store = Store(f"sqlite:///{tmp_path / 'commsched.db'}")
    with store.ledger() as connection:
        connection.execute(text("UPDATE item SET title = :word, search = :word WHERE id = 2"), {"word": APART})
        connection.execute(text("UPDATE media SET filename = :word, alt = :word WHERE id = 1"), {"word": APART})
        connection.execute(text("UPDATE person SET name = :word WHERE id = 1"), {"word": APART})
    migrate.ready(store, tmp_path / "backups", NOW)
    with store.read(EVERY_WORKSPACE) as session:
        row = session.get_one(Item, 2)
        assert (row.title, unicodedata.is_normalized("NFC", row.search)) == (WORD, True)
        assert session.scalars(select(Media.alt).where(Media.id == 1)).one() == WORD
        assert session.scalars(select(Person.name).where(Person.id == 1)).one() == WORD
        assert session.get_one(Item, 1).title == "Text 1"
        assert isinstance(row.created_at, datetime)
    store.close()

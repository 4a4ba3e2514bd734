"""Whatever door a text comes in by, it is kept as the one rule of ``core.text.clean`` has it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from commsched.core.content.draft import DraftIn, SourceIn, VariantIn
from commsched.core.content.fields import TEXT_FIELDS
from commsched.core.content.model import Content
from commsched.core.text.clean import settled
from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.services.workflow import editing
from commsched.store.models import Item
from commsched.web.composer.fields import from_form
from tests import publications
from tests.conftest import Browser, Cast

TYPED = "Va\u030adan\x00 \x1fhän\x07der\x85rad\u2028två \u202eexe\u202c\ufeff slut"
NAMES = [field.name for field in TEXT_FIELDS if field.shape != "choice" and field.name != "correction"]


def by_form(browser: Browser, installation: Installation, cast: Cast) -> None:
    more = {"source-text": TYPED, "source-url": "https://a.example/\x00b"}
    typed = dict.fromkeys(NAMES, TYPED)
    given = browser.post("~/write", {"kind": "release", "language": "sv", "do": "save"} | typed | more)
    assert given.status_code == 303


def by_service(browser: Browser, installation: Installation, cast: Cast) -> None:
    """As the API and the demo hand it in."""
    given = DraftIn(kind="release", sources=[SourceIn(text=TYPED, url="https://a.example/\x00b")])
    for name in NAMES:
        setattr(given, name, TYPED)
    editing.create(installation, cast.actor("writer"), given)


@pytest.mark.parametrize("door", [by_form, by_service])
def test_control_characters_are_taken_out_by_one_rule(
    browse: Callable[..., Browser],
    installation: Installation,
    cast: Cast,
    door: Callable[[Browser, Installation, Cast], None],
) -> None:
    door(browse(cast.writer), installation, cast)
    with installation.store.read(cast.place.id) as session:
        item = session.scalars(select(Item).order_by(Item.id.desc()).limit(1)).one()
        revision = items.current(session, item)
        content: Content = revision.parsed()
    for field in TEXT_FIELDS:
        if field.name in NAMES:
            assert getattr(content, field.name) == field.kept(settled(TYPED)), field.name
    assert revision.sources == [{"text": settled(TYPED), "url": "https://a.example/b"}]


def test_the_form_only_parses() -> None:
    """What is shown back is what was typed, but for the line breaks that a browser makes of its own."""
    typed = from_form(MultiDict({"text": "Va\u030ad\x0bnu\r\noch sen\ufeff", "own": "7", "own-7": "\x1f"}))
    assert typed.texts["text"] == "Va\u030ad\x0bnu\noch sen\ufeff"
    assert typed.own == {7: "\x1f"}


def test_a_channels_own_text_that_is_the_text_is_none_however_it_was_typed(
    installation: Installation, cast: Cast
) -> None:
    channel = publications.channel(installation, cast.place.id)
    given = DraftIn(
        text="Vårt möte", channels=[channel], variants={str(channel): VariantIn(text="Va\u030art\x00 möte")}
    )
    number = editing.create(installation, cast.actor("writer"), given)
    with installation.store.read(cast.place.id) as session:
        assert items.current(session, items.load(session, number)).parsed().channels[0].text is None

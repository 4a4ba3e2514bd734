"""Whatever door a text comes in by, it is kept as the one rule of ``core.text.clean`` has it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from commsched.core.content.draft import DraftIn
from commsched.core.content.fields import TEXT_FIELDS
from commsched.core.content.model import Content
from commsched.core.text.clean import settled
from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.services.workflow import editing
from commsched.store.models import Item
from tests.conftest import Browser, Cast

TYPED = "Va\u030adan\x00 \x1fhän\x07der\x85rad\u2028två \u202eexe\u202c\ufeff slut"
NAMES = [field.name for field in TEXT_FIELDS if field.shape != "choice" and field.name != "correction"]


def by_form(browser: Browser, installation: Installation, cast: Cast) -> None:
    given = browser.post("~/write", {"kind": "release", "language": "sv", "do": "save"} | dict.fromkeys(NAMES, TYPED))
    assert given.status_code == 303


def by_service(browser: Browser, installation: Installation, cast: Cast) -> None:
    """As the API and the demo hand it in."""
    given = DraftIn(kind="release")
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
        content: Content = items.current(session, item).parsed()
    for field in TEXT_FIELDS:
        if field.name in NAMES:
            assert getattr(content, field.name) == field.kept(settled(TYPED)), field.name

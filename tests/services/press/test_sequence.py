"""A correction of an invitation counts its event on, so that calendars put it in the place of what it corrects."""

from __future__ import annotations

from msgspec.structs import replace

from commsched.core.content.release import Event
from commsched.services.content import items
from commsched.services.content.drafts import as_draft
from commsched.services.kernel.context import Installation
from commsched.services.workflow import corrections, editing
from commsched.store.models import Item
from tests import publications
from tests.conftest import NOW, Cast

EVENT = Event(starts="2027-01-10T10:00:00Z", place="Regionens hus")


def sequence(installation: Installation, cast: Cast, number: int) -> int:
    with installation.store.read(cast.place.id) as session:
        event = items.load_whole(session, number)[1].parsed().event
    assert event is not None
    return event.sequence


def test_each_correction_is_one_further(installation: Installation, cast: Cast, ticking: Installation) -> None:
    room, writer = publications.channel(installation, cast.place.id), cast.actor("writer")
    words = {"kind": "release", "genre": "pressinbjudan", "title": "Pressträff", "text": "Kom."}
    first = publications.published(installation, cast.place.id, room, at=NOW, event=EVENT, **words)
    again = corrections.begin(installation, writer, first.id)
    assert sequence(installation, cast, again) == 1
    with installation.store.read(cast.place.id) as session:
        item, revision = items.load_whole(session, again)[:2]
        draft = as_draft(installation, session, item, revision)
    editing.save(installation, writer, again, replace(draft, correction="Ny tid."))
    assert sequence(installation, cast, again) == 1, "saving it again does not count"
    with installation.store.write(cast.place.id) as session:
        session.get_one(Item, again).state = "published"
    assert sequence(installation, cast, corrections.begin(installation, writer, first.id)) == 2

"""What people say is kept without what nobody sees: it is read on public pages, in mails and on the record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import inspect, select, text

from commsched.services.accounts import office_settings as places
from commsched.services.accounts import people
from commsched.services.approval import comments
from commsched.services.design import brand
from commsched.services.kernel import brand_kit
from commsched.services.media import details, library, search, uploads
from commsched.services.workflow import approve, pause, takedown
from commsched.store.models import Comment, Decision, Media, Takedown, Upload, Workspace
from tests import publications
from tests.conftest import NOW, Cast
from tests.images import files
from tests.services.desk import hash_of, submitted

ODD = "\x00\x1b\u202e\u2067"
SAID = f" Fel{ODD} namn på den som talade "
KEPT = "Fel namn på den som talade"


def newest(cast: Cast, kind: Any) -> Any:
    with cast.installation.store.read(cast.place.id) as session:
        return session.scalars(select(kind).order_by(kind.id.desc()).limit(1)).one()


def office_row(cast: Cast) -> Workspace:
    with cast.installation.store.read(cast.place.id) as session:
        return session.get_one(Workspace, cast.place.id)


@pytest.fixture(autouse=True)
def nothing_odd_is_kept(cast: Cast) -> Any:
    """Whatever a test here does, no table has any of it afterwards."""
    yield
    with cast.installation.store.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = connection.execute(text(f'SELECT * FROM "{table}"'))
            kept = "".join(value for row in rows for value in row if isinstance(value, str))
            for sign in ODD:
                assert sign not in kept, table
                assert f"\\u{ord(sign):04x}" not in kept, table


def test_why_something_is_taken_down(cast: Cast) -> None:
    room = publications.channel(cast.installation, cast.place.id)
    item = publications.published(
        cast.installation, cast.place.id, room, at=NOW - timedelta(hours=1), kind="release", title="Ja", text="Ja."
    )
    takedown.take_down(cast.installation, cast.actor(), item.id, SAID)
    assert newest(cast, Takedown).reason == KEPT


def test_why_everything_is_paused(cast: Cast) -> None:
    pause.pause(cast.installation, cast.actor(), SAID)
    assert office_row(cast).pause_reason == KEPT
    pause.say_why(cast.installation, cast.actor(), f"{SAID}\x0bigen")
    assert office_row(cast).pause_reason == f"{KEPT} \nigen"


def test_what_is_said_of_an_item(cast: Cast) -> None:
    item = submitted(cast)
    comments.comment(cast.installation, cast.actor("writer"), item, SAID)
    assert newest(cast, Comment).body == KEPT
    approve.request_changes(cast.installation, cast.actor("approver"), item, hash_of(cast, item), SAID)
    assert newest(cast, Decision).comment == KEPT


def test_why_something_goes_out_without_approval(cast: Cast) -> None:
    item = submitted(cast)
    approve.bypass(cast.installation, cast.actor(), item, SAID)
    assert newest(cast, Decision).comment == KEPT


def test_what_is_nothing_to_see_says_nothing(cast: Cast) -> None:
    item = submitted(cast)
    for say in (
        lambda: comments.comment(cast.installation, cast.actor("writer"), item, ODD),
        lambda: pause.pause(cast.installation, cast.actor(), ODD),
        lambda: approve.bypass(cast.installation, cast.actor(), item, ODD * 5),
    ):
        with pytest.raises(people.Invalid):
            say()


def test_what_is_written_of_a_picture(cast: Cast) -> None:
    installation, writer = cast.installation, cast.actor("writer")
    media = library.add(installation, writer, files.jpeg((90, 60)), f"bild{ODD}.jpg", SAID, SAID).media.id
    assert (newest(cast, Media).alt, newest(cast, Media).credit) == (KEPT, KEPT)
    search.describe(installation, writer, media, SAID, SAID)
    assert (newest(cast, Media).alt, newest(cast, Media).credit) == (KEPT, KEPT)
    known = details.PictureDetails(SAID, SAID, SAID, (SAID, ODD), ((SAID, None),))
    details.write_down(installation, writer, media, known)
    row = newest(cast, Media)
    assert (row.alt, row.credit, row.facts["licence"], row.facts["tags"]) == (KEPT, KEPT, KEPT, [KEPT])
    assert row.facts["persons"][0]["name"] == KEPT


def test_what_a_file_is_called(cast: Cast) -> None:
    uploads.begin(cast.installation, cast.actor("writer"), 10, f" bild{ODD}.jpg")
    assert newest(cast, Upload).filename == "bild.jpg"


def test_what_an_office_says_of_itself(cast: Cast) -> None:
    places.update_public(cast.installation, cast.actor(), SAID, SAID)
    brand.save(cast.installation, cast.actor(), brand_kit.Kit(name=SAID))
    said = office_row(cast).settings
    assert (said["about"], said["press_contact"]) == (KEPT, KEPT)
    assert brand.get(cast.installation, cast.place.id).name == KEPT

"""A picture that nobody has described keeps the first words that a post gives it."""

from __future__ import annotations

from commsched.core.content.draft import PictureIn
from commsched.services.kernel.context import Installation
from commsched.services.media import details, library
from commsched.services.media.details import PictureDetails
from commsched.services.workflow import editing
from commsched.store.models import Media
from tests import writing
from tests.conftest import Cast


def write(installation: Installation, cast: Cast, picture: int, alt: str | None, item: int | None = None) -> int:
    draft = writing.draft([], media=[PictureIn(id=picture, alt=alt)])
    if item is None:
        return editing.create(installation, cast.actor("writer"), draft)
    editing.save(installation, cast.actor("writer"), item, draft)
    return item


def alt_of(installation: Installation, cast: Cast, picture: int) -> str:
    with installation.store.read(cast.place.id) as session:
        return session.get_one(Media, picture).alt


def test_the_first_words_become_the_pictures_and_follow_the_post_they_are_written_in(
    installation: Installation, cast: Cast
) -> None:
    picture = writing.picture(installation, cast, alt="")
    item = write(installation, cast, picture, "En b")
    write(installation, cast, picture, "En buss vid torget.", item)
    assert alt_of(installation, cast, picture) == "En buss vid torget."
    with installation.store.read(cast.place.id) as session:
        assert session.get_one(Media, picture).alt_by == cast.writer.id
    again = library.add(installation, cast.actor("writer"), writing.photo(), "samma.jpg")
    assert (again.again, again.media.alt) == (True, "En buss vid torget.")


def test_another_posts_words_stay_its_own(installation: Installation, cast: Cast) -> None:
    picture = writing.picture(installation, cast, alt="")
    first = write(installation, cast, picture, "En buss vid torget.")
    second = write(installation, cast, picture, "Jonas på bussen.")
    assert alt_of(installation, cast, picture) == "En buss vid torget."
    write(installation, cast, picture, "", first)
    write(installation, cast, picture, "Jonas på bussen igen.", second)
    assert alt_of(installation, cast, picture) == "En buss vid torget.", "an emptied field takes nothing away"


def test_what_the_library_says_is_changed_in_the_library_only(installation: Installation, cast: Cast) -> None:
    picture = writing.picture(installation, cast, alt="")
    item = write(installation, cast, picture, "En buss vid torget.")
    details.write_down(installation, cast.actor("administrator"), picture, PictureDetails(alt="Linje 14 vid torget."))
    write(installation, cast, picture, "Något annat.", item)
    assert alt_of(installation, cast, picture) == "Linje 14 vid torget."
    described = library.add(installation, cast.actor("writer"), writing.photo(tone=90), "ny.jpg", "Redan beskriven.")
    write(installation, cast, described.media.id, "Postens egna ord.")
    assert alt_of(installation, cast, described.media.id) == "Redan beskriven."

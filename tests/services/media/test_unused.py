"""Pictures that nothing uses leave, rows and files together, whatever happens on the way; and there is only so much
room."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from io import BytesIO
from typing import Any, BinaryIO

import pytest
from sqlalchemy import select, update

from commsched.core.content.draft import PictureIn
from commsched.core.media.sizes import MB, size
from commsched.services.design.brand import save
from commsched.services.kernel.blobs import blob_of, key_of
from commsched.services.kernel.brand_kit import Kit
from commsched.services.kernel.context import Actor, Installation
from commsched.services.media import library, provenance, quota, search
from commsched.services.media import unused as cleanup
from commsched.services.ops import chores, doctor
from commsched.services.workflow import editing
from commsched.store.models import AuditEntry, Derivative, GoneFile, Likeness, Media, Video, Workspace
from commsched.store.session import EVERY_WORKSPACE
from tests import writing
from tests.blobs import folder_of
from tests.conftest import Cast, SetClock


def unused(installation: Installation, cast: Cast, days: int | None = None) -> set[int]:
    with installation.store.read(cast.place.id) as session:
        before = None if days is None else cleanup.old(installation.now(), days)
        return {row.id for row in cleanup.unused(session, session.get_one(Workspace, cast.place.id), before).rows}


def files(installation: Installation) -> set[str]:
    """Everything on the disk that came of pictures."""
    folders = (folder_of(installation), installation.home / "cache")
    return {
        str(path.relative_to(installation.home)) for folder in folders for path in folder.rglob("*") if path.is_file()
    }


def test_what_is_anywhere_is_not_unused(installation: Installation, cast: Cast) -> None:
    """Not even what only an older version of a draft has, which can be brought back."""
    writer = cast.actor("writer")
    names = ("drafted", "dropped", "source", "logo", "poster", "free")
    one = {name: writing.picture(installation, cast, height=300 + 10 * place) for place, name in enumerate(names)}
    editing.create(installation, writer, writing.draft([], media=[PictureIn(id=one["drafted"])]))
    item = editing.create(installation, writer, writing.draft([], media=[PictureIn(id=one["dropped"])]))
    editing.save(installation, writer, item, writing.draft([], text="Utan bild"))
    save(installation, cast.actor(), Kit(logo_on_dark=one["logo"]))
    with installation.store.write(cast.place.id) as session:
        provenance.derive(session, session.get_one(Media, one["free"]), [one["source"]])
        session.add(
            Video(
                sha256="v",
                suffix=".mp4",
                mime="video/mp4",
                width=1,
                height=1,
                size=1,
                duration=1,
                filename="film",
                poster_id=one["poster"],
                created_at=installation.now(),
            )
        )
    assert unused(installation, cast) == {one["free"]}
    assert {row.id for row in cleanup.remove(installation, writer, list(one.values()))} == {one["free"]}
    assert unused(installation, cast) == {one["source"]}


def test_only_what_is_old_enough_is_proposed(installation: Installation, cast: Cast, clock: SetClock) -> None:
    old = writing.picture(installation, cast)
    clock.forward(days=60)
    new = writing.picture(installation, cast, height=300)
    assert unused(installation, cast, 30) == {old}
    assert unused(installation, cast) == {old, new}


def test_the_rows_go_and_the_files_with_them(installation: Installation, cast: Cast) -> None:
    number = writing.picture(installation, cast)
    kept = files(installation)
    other = writing.picture(installation, cast, height=400)
    with installation.store.write(cast.place.id) as session:
        row = session.get_one(Media, other)
        search.file_of(installation, row, small=True)
        session.add(
            Derivative(
                media_id=other,
                recipe="square",
                sha256="d" * 64,
                suffix=".jpg",
                mime="image/jpeg",
                width=1,
                height=1,
                size=1,
                created_at=installation.now(),
            )
        )
    installation.blobs.keep(key_of("d" * 64, ".jpg"), BytesIO(b"x"))
    assert len(files(installation)) == len(kept) + 3
    (gone,) = cleanup.remove(installation, cast.actor("writer"), [other])
    assert gone.id == other
    assert files(installation) == kept
    with installation.store.read(EVERY_WORKSPACE) as session:
        assert list(session.scalars(select(Media.id))) == [number]
        assert set(session.scalars(select(Likeness.media_id))) <= {number}
        assert list(session.scalars(select(GoneFile))) == []
        assert (
            session.scalars(select(AuditEntry).where(AuditEntry.action == "picture.removed")).one().facts["count"] == 1
        )


def elsewhere(cast: Cast) -> Actor:
    return cast.elsewhere_actor


def test_another_offices_copy_keeps_its_file(installation: Installation, cast: Cast) -> None:
    data = writing.photo()
    mine = library.add(installation, cast.actor("writer"), data).media
    theirs = library.add(installation, elsewhere(cast), data).media
    file = blob_of(installation, mine)
    cleanup.remove(installation, cast.actor("writer"), [mine.id, theirs.id])
    assert file.exists()
    cleanup.remove(installation, elsewhere(cast), [theirs.id])
    assert not file.exists()


def test_a_picture_added_while_its_file_leaves_is_whole(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worst moment: the file is seen to lie there, is taken away, and only then is the row written."""
    data = writing.photo()
    first = library.add(installation, cast.actor("writer"), data).media
    kind = type(installation.blobs)
    real, calls = kind.put, list[str]()

    def and_then_it_goes(self: Any, source: BinaryIO, suffix: str = "", sha256: str = "", room: str = "") -> str:
        key: str = real(self, source, suffix, sha256, room)
        calls.append(key)
        if len(calls) == 1:
            cleanup.remove(installation, cast.actor("writer"), [first.id])
            assert not self.exists(key)
        return key

    monkeypatch.setattr(kind, "put", and_then_it_goes)
    again = library.add(installation, cast.actor("writer"), data)
    assert not again.again
    assert blob_of(installation, again.media).read()


def test_a_file_that_cannot_be_removed_is_tried_again(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = library.add(installation, cast.actor("writer"), writing.photo()).media

    def refuse(self: Any, key: str) -> None:
        raise PermissionError(key)

    with monkeypatch.context() as patched:
        patched.setattr(type(installation.blobs), "delete", refuse)
        cleanup.remove(installation, cast.actor("writer"), [row.id])
    file = blob_of(installation, row)
    assert file.exists()
    assert quota.orphans(installation) == []
    chores.run(installation)
    assert not file.exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from commsched.bootstrap import open_installation
from commsched.services.media import quota, unused
from commsched.services.kernel.context import Actor

when, home, pictures = sys.argv[1], sys.argv[2], [int(one) for one in sys.argv[3:]]
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
unlinked = []
real = Path.unlink
def unlink(path, missing_ok=False):
    if when == "first file" and unlinked: die()
    unlinked.append(path); real(path, missing_ok)
if when == "rows": quota.sweep = die
if when == "first file": Path.unlink = unlink
if when == "files": quota._unlink = lambda office, file, real=quota._unlink: real(office, file) and False or die()
unused.remove(open_installation(home), Actor(1, "Karin", 1, "writer"), pictures)
"""


@pytest.mark.parametrize("when", ["rows", "first file", "files"])
def test_a_kill_in_the_middle_leaves_nothing_half(installation: Installation, cast: Cast, when: str) -> None:
    """Every row has its file, and after the next chores every file its row."""
    keep = writing.picture(installation, cast)
    gone = [writing.picture(installation, cast, height=300 + 10 * place) for place in range(4)]
    with installation.store.read(cast.place.id) as session:
        for number in gone:
            search.file_of(installation, session.get_one(Media, number), small=True)
    command = [sys.executable, "-c", KILLED, when, str(installation.home), *map(str, gone)]
    where = {"COMMSCHED_DATABASE_URL": installation.store.url.render_as_string(hide_password=False)}
    ended = subprocess.run(command, timeout=60, check=False, env=os.environ | where)
    assert ended.returncode == -signal.SIGKILL
    with installation.store.read(EVERY_WORKSPACE) as session:
        rows = list(session.scalars(select(Media)))
    assert [row.id for row in rows] == [keep]
    assert blob_of(installation, rows[0]).exists()
    assert len(files(installation)) > 1
    chores.run(installation)
    assert files(installation) == {f"media/{blob_of(installation, rows[0]).key}"}


def test_the_doctor_names_files_that_belong_to_nothing(installation: Installation, cast: Cast) -> None:
    writing.picture(installation, cast)

    def finding() -> tuple[str, str]:
        (one,) = [one for one in doctor.examine(installation) if one.name == "orphans"]
        return one.level, str(one.words)

    assert finding()[0] == "ok"
    installation.blobs.keep("ab/abc.jpg", BytesIO(b"x"))
    level, words = finding()
    assert level == "warn"
    assert "ab/abc.jpg" in words


@pytest.fixture
def little(installation: Installation, cast: Cast) -> None:
    """Ten megabytes, all but one taken by something."""
    writing.picture(installation, cast, height=200)
    quota.set_room(installation, cast.actor(), quota.LEAST_MB)
    with installation.store.write(cast.place.id) as session:
        session.execute(update(Media).values(size=quota.LEAST_MB * MB - 1000))


@pytest.mark.usefixtures("little")
def test_a_full_office_takes_no_more_and_says_what_to_do(installation: Installation, cast: Cast) -> None:
    before = files(installation)
    with pytest.raises(quota.Full, match=r"may take 10 MB, and 1 MB of that is left\. Clean up") as refused:
        library.add(installation, cast.actor("writer"), writing.photo())
    assert (refused.value.status, refused.value.field) == (413, "file")
    assert files(installation) == before
    library.add(installation, elsewhere(cast), writing.photo())
    quota.set_room(installation, cast.actor(), 20)
    library.add(installation, cast.actor("writer"), writing.photo())


@pytest.mark.usefixtures("little")
def test_what_is_here_already_takes_no_room(installation: Installation, cast: Cast) -> None:
    added = library.add(installation, cast.actor("writer"), writing.photo(height=200), alt="Ny text")
    assert added.again
    assert added.media.alt == "Ny text"


@pytest.mark.parametrize(("number", "words"), [(0, "0 MB"), (1, "1 MB"), (840 * MB, "840 MB"), (5 * 2**30, "5 GB")])
def test_sizes_are_said_in_whole_units(number: int, words: str) -> None:
    assert size(number) == words

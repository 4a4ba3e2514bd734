"""Blobs: the same whatever they lie in, whole after a crash, and reached by their keys only."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

import pytest

from commsched.core.content.draft import PictureIn
from commsched.services.deliver.types import KEPT
from commsched.services.kernel.blobs import Blobs, LocalBlobs, forms_of, key_of
from commsched.services.kernel.context import Installation
from commsched.services.media import library, search, unused
from commsched.services.ops import backup, doctor
from tests import writing
from tests.blobs import MemoryBlobs
from tests.conftest import Cast, SetClock
from tests.publications import channel
from tests.services import desk

DATA = b"a picture"
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(params=["folder", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return LocalBlobs(tmp_path / "media") if request.param == "folder" else MemoryBlobs()


def test_a_file_is_found_under_the_hash_of_its_bytes(blobs: Blobs) -> None:
    key = blobs.put(BytesIO(DATA), ".png")
    assert key == key_of(SHA, ".png") == blobs.put(BytesIO(DATA), ".png", SHA)
    assert blobs.exists(key)
    assert (blobs.read(key), blobs.size(key)) == (DATA, len(DATA))
    with blobs.open(key) as stream:
        assert stream.read(2) == b"a "
        assert (stream.seek(2), stream.read()) == (2, DATA[2:])
    with blobs.local(key) as path:
        assert path.read_bytes() == DATA
    assert list(blobs.keys("")) == [key]


def test_bytes_of_another_hash_are_refused_and_leave_nothing(blobs: Blobs) -> None:
    with pytest.raises(ValueError, match="hash"):
        blobs.put(BytesIO(b"another"), ".png", SHA)
    assert list(blobs.keys("")) == []


def test_what_is_not_there_is_said_to_be(blobs: Blobs) -> None:
    key = key_of(SHA, ".png")
    assert not blobs.exists(key)
    for ask in (blobs.open, blobs.read, blobs.size, blobs.path):
        with pytest.raises(FileNotFoundError):
            ask(key)
    with pytest.raises(FileNotFoundError), blobs.local(key):
        pass
    blobs.delete(key)


def test_a_finished_file_is_taken_over(blobs: Blobs, tmp_path: Path) -> None:
    for _again in range(2):
        new = tmp_path / "new"
        new.write_bytes(DATA)
        assert blobs.take(new, ".mp4", SHA) == key_of(SHA, ".mp4")
        assert not new.exists()
    assert blobs.read(key_of(SHA, ".mp4")) == DATA


def test_keys_are_listed_by_how_they_begin(blobs: Blobs) -> None:
    font = blobs.put(BytesIO(DATA), ".ttf", room="fonts")
    picture = blobs.put(BytesIO(DATA), ".png")
    assert (font, picture) == (f"fonts/{SHA}.ttf", f"{SHA[:2]}/{SHA}.png")
    assert list(blobs.keys("fonts/")) == [font]
    assert list(blobs.keys(picture[:9])) == [picture]
    assert list(blobs.keys("nothing/")) == []
    blobs.delete(font)
    assert list(blobs.keys("")) == [picture]


def test_a_file_put_in_the_place_of_another_is_noticed(blobs: Blobs) -> None:
    key = key_of(SHA, ".png")
    blobs.keep(key, BytesIO(DATA))
    with blobs.open(key) as stream:
        before = blobs.stamp(stream)
    with blobs.open(key) as stream:
        assert blobs.stamp(stream) == before
    blobs.delete(key)
    blobs.keep(key, BytesIO(b"a Picture"))
    with blobs.open(key) as stream:
        assert blobs.stamp(stream) != before


@pytest.mark.parametrize("key", ["../outside", "/etc/passwd", "ab/../../x", ""])
def test_a_key_leads_nowhere_but_into_the_folder(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        LocalBlobs(tmp_path).read(key)


def test_a_source_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 0:
                raise OSError("the disk it came from is gone")
            return super().read(1)

    with pytest.raises(OSError, match="gone"):
        LocalBlobs(tmp_path / "media").put(Broken(DATA), ".png", SHA)
    assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == []


def test_an_office_works_on_blobs_that_are_no_folder(
    installation: Installation, cast: Cast, clock: SetClock, tmp_path: Path
) -> None:
    """From intake to what goes out, backup and deletion: nobody looks for a file where none is."""
    installation.blobs, installation.cache = MemoryBlobs(), MemoryBlobs()
    folder = channel(installation, cast.place.id, "folder", name="Mappen", account="x")
    number = writing.picture(installation, cast)
    row = library.find(installation, cast.actor("writer"), number)
    assert search.file_of(installation, row, small=True).size() < row.size
    assert len(list(forms_of(installation, row.sha256))) == 1
    desk.approved(cast, channels=[folder], media=[PictureIn(id=number)])
    clock.forward(hours=5, minutes=1)
    assert desk.publish_what_is_due(installation) >= 1
    [file] = (installation.home / "published").rglob("*.jpg")
    assert hashlib.sha256(file.read_bytes()).hexdigest() == row.sha256
    assert {finding.level for finding in doctor.examine(installation) if finding.name in ("media", "orphans")} == {"ok"}
    other = writing.picture(installation, cast, height=300)
    unused.remove(installation, cast.actor("writer"), [other])
    assert list(installation.blobs.keys("")) == [key_of(row.sha256, row.suffix)]
    assert not (installation.home / "media").exists()
    if installation.store.is_sqlite:
        taken = tmp_path / "restored"
        taken.mkdir()
        backup.take_out(backup.archive(installation), taken)
        assert LocalBlobs(taken / "media").read(key_of(row.sha256, row.suffix)) == file.read_bytes()


def test_a_large_file_is_checked_but_not_kept_in_memory(installation: Installation) -> None:
    from commsched.core.platform.contract import AttachmentFile
    from commsched.services.deliver.calls import read_pictures

    data = b"\xff" * (KEPT + 1)
    for content in (DATA, data):
        key = installation.blobs.put(BytesIO(content), ".png")
        sha256 = hashlib.sha256(content).hexdigest()
        wanted = AttachmentFile(sha256=sha256, mime="image/png", alt="", width=1, height=1, size=0, open=BytesIO)
        verified = read_pictures(installation, (wanted,)).files[sha256]
        assert (verified.data is None, verified.size) == (content is data, len(content))
        with verified.open() as stream:
            assert stream.read() == content
    installation.blobs.delete(key)
    installation.blobs.keep(key, BytesIO(b"\xfe" * (KEPT + 1)))
    with pytest.raises(OSError, match="not the file"):
        verified.open()
    assert read_pictures(installation, (wanted,)).missing == sha256

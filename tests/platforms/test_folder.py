"""Publishing into a folder: whole or not at all, and never twice."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from msgspec.structs import replace

from commsched.core.content.release import Quote
from commsched.core.delivery.outcome import Absent, CannotTell, Found, Handles, Published, Rejected, Retry
from commsched.core.platform.contract import AttachmentFile, ChannelContext, ConnectError
from commsched.platforms.folder import PLATFORM
from tests.channel_views import changed, channel_view

NOW = datetime(2026, 11, 26, 6, 30, tzinfo=UTC)
PICTURE = AttachmentFile(
    sha256="ab" * 32,
    mime="image/png",
    alt="En buss",
    width=2,
    height=1,
    size=3,
    open=lambda: BytesIO(b"png"),
    credit="Anna Ek",
)
RELEASE = channel_view(
    kind="release",
    title="Rubrik åäö",
    text="Text.",
    lead="Ingress.",
    facts="Fakta.",
    contact="Eva",
    quotes=[Quote(text="Ja!", person="Karin")],
    pictures=(PICTURE,),
    uid="abc",
)
PART = replace(PLATFORM.parts(RELEASE)[0], key="delivery-1")


def wire(home: Path, **settings: str) -> ChannelContext:
    return ChannelContext(channel=4, settings=settings, secrets={}, now=lambda: NOW, http=None, home=str(home))


def test_a_publication_is_a_folder_with_text_facts_and_pictures(tmp_path: Path) -> None:
    assert PLATFORM.find(PART, Handles(), NOW, wire(tmp_path)) == CannotTell(
        f"the folder {tmp_path / 'published' / '4'} is not there"
    )
    outcome = PLATFORM.publish(PART, Handles(), wire(tmp_path))
    made = tmp_path / "published" / "4" / "delivery-1"
    assert outcome == Published("delivery-1", detail=str(made))
    told = json.loads((made / "item.json").read_text("utf-8"))
    assert (told["title"], told["quotes"]) == ("Rubrik åäö", [{"text": "Ja!", "person": "Karin"}])
    (picture,) = told["pictures"]
    assert (picture["alt"], picture["credit"]) == ("En buss", "Anna Ek")
    assert (made / picture["file"]).read_bytes() == b"png"
    assert (made / "text.txt").read_text("utf-8").startswith("Rubrik åäö\n\nIngress.\n\nText.\n\n– Ja!\nKarin")
    assert PLATFORM.find(PART, Handles(), NOW, wire(tmp_path)) == Found("delivery-1")


def test_a_repeat_changes_nothing(tmp_path: Path) -> None:
    PLATFORM.publish(PART, Handles(), wire(tmp_path))
    other = replace(PART, text="Något annat", view=changed(RELEASE, title="Annat"))
    assert isinstance(PLATFORM.publish(other, Handles(), wire(tmp_path)), Published)
    (made,) = (tmp_path / "published" / "4").iterdir()
    assert "Rubrik åäö" in (made / "text.txt").read_text("utf-8")


def test_a_full_disk_leaves_nothing_behind_and_may_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as during:
        during.setattr("commsched.platforms.folder.os.fsync", full)
        assert isinstance(PLATFORM.publish(PART, Handles(), wire(tmp_path)), Retry)
    assert list((tmp_path / "published" / "4").iterdir()) == []
    assert PLATFORM.find(PART, Handles(), NOW, wire(tmp_path)) == Absent()
    assert isinstance(PLATFORM.publish(PART, Handles(), wire(tmp_path)), Published)


def test_a_picture_that_is_missing_publishes_nothing(tmp_path: Path) -> None:
    def gone() -> BytesIO:
        raise FileNotFoundError(2, "No such file", "x.png")

    part = replace(PART, pictures=(replace(PICTURE, open=gone),))
    assert isinstance(PLATFORM.publish(part, Handles(), wire(tmp_path)), Rejected)
    assert list((tmp_path / "published" / "4").iterdir()) == []


@pytest.mark.parametrize("key", ["../../outside", "/etc/x", "a/b", ".hidden", "", "x" * 300, "åäö"])
def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path, key: str) -> None:
    outcome = PLATFORM.publish(replace(PART, key=key), Handles(), wire(tmp_path))
    assert isinstance(outcome, Published)
    (made,) = (tmp_path / "published" / "4").iterdir()
    assert made.name == outcome.id
    assert PLATFORM.find(replace(PART, key=key), Handles(), NOW, wire(tmp_path)) == Found(outcome.id)


def test_taking_down_removes_that_publication_only(tmp_path: Path) -> None:
    for key in ("one", "two"):
        PLATFORM.publish(replace(PART, key=key), Handles(), wire(tmp_path))
    assert isinstance(PLATFORM.delete("one", wire(tmp_path)), Published)
    assert isinstance(PLATFORM.delete("one", wire(tmp_path)), Published), "gone is gone"
    assert isinstance(PLATFORM.delete("../4", wire(tmp_path)), Rejected)
    assert [path.name for path in (tmp_path / "published" / "4").iterdir()] == ["two"]


def test_connecting_proves_that_the_folder_can_be_written_to(tmp_path: Path) -> None:
    account = PLATFORM.connect(wire(tmp_path, path=str(tmp_path / "out")))
    assert (account.name, list((tmp_path / "out").iterdir())) == (f"{tmp_path.name}/out", [])
    (tmp_path / "file").write_text("")
    for path in ("relative/path", str(tmp_path / "file" / "x"), "/proc/nothing/here", "/a\0b"):
        with pytest.raises(ConnectError) as refused:
            PLATFORM.connect(wire(tmp_path, path=path))
        assert refused.value.field == "path"


def test_the_check_is_the_same_as_everywhere() -> None:
    assert [problem.field for problem in PLATFORM.check(replace(RELEASE, text="", pictures=()), {})] == ["text"]
    assert PLATFORM.check(RELEASE, {}) == []


def test_others_read_what_is_published_whatever_the_program_keeps_to_itself(tmp_path: Path) -> None:
    kept = os.umask(0o077)
    try:
        PLATFORM.publish(PART, Handles(), wire(tmp_path))
    finally:
        os.umask(kept)
    made = tmp_path / "published" / "4" / "delivery-1"
    assert {path.stat().st_mode & 0o777 for path in made.iterdir()} == {0o644}
    assert made.parent.stat().st_mode & made.stat().st_mode & 0o777 == 0o755

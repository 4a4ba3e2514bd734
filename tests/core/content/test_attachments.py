"""What goes with the words has a kind; a list of pictures says, and hashes, what it always did."""

from __future__ import annotations

import msgspec
import pytest

from commsched.core.approval.authorship import fields
from commsched.core.content.changes import compare
from commsched.core.content.model import (
    ENDINGS,
    Attachment,
    Captions,
    ChannelContent,
    Content,
    Rendition,
    canonical,
    digest,
    parse,
)

OLD = (
    b'{"channels":[{"channel":1},{"channel":3,"crop":"1:1","pictures":[{"height":600,"of":"'
    + b"a" * 64
    + b'","sha256":"'
    + b"c" * 64
    + '","width":600}]}],"kind":"release","pictures":[{"alt":"Torget i snö","credit":"Anna Ek","height":800,'.encode()
    + b'"sha256":"'
    + b"a" * 64
    + b'","width":1200},{"mime":"image/png","sha256":"'
    + b"b" * 64
    + '"}],"text":"Bussen går.","title":"Fler turer"}'.encode()
)
"""A revision as it was stored when content had nothing but pictures."""
OLD_HASH = "46c5e394a441ed07805982af2e496a5cf7ea0cc0558a3da8285f463584a279ab"
VIDEO = Attachment(
    kind="video",
    sha256="d" * 64,
    mime="video/mp4",
    alt="Bussen kör",
    width=1080,
    height=1920,
    duration=12_000,
    poster="e" * 64,
    captions=[Captions(text="WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nHej\n")],
)
PAPER = Attachment(kind="document", sha256="f" * 64, mime="application/pdf", title="Budgeten 2027")


def test_a_revision_of_pictures_keeps_its_bytes_and_its_hash() -> None:
    content = parse(OLD)
    assert digest(OLD) == OLD_HASH
    assert canonical(content) == OLD
    assert [(each.kind, each.sha256) for each in content.attachments] == [("picture", "a" * 64), ("picture", "b" * 64)]
    assert content.pictures == content.attachments
    assert content.pictures_on(3)[0].sha256 == "c" * 64
    assert content.stills() == {"a" * 64, "b" * 64}
    assert set(fields(OLD)) == {"channels", "kind", "pictures", "text", "title", "crop-3"}


def test_the_same_pictures_written_today_are_the_same_bytes() -> None:
    made = Rendition(of="a" * 64, sha256="c" * 64, width=600, height=600)
    content = Content(
        kind="release",
        title="Fler turer",
        text="Bussen går.",
        attachments=[
            Attachment(sha256="a" * 64, alt="Torget i snö", width=1200, height=800, credit="Anna Ek"),
            Attachment(kind="picture", sha256="b" * 64, mime="image/png", captions=[], title="", duration=0),
        ],
        channels=[ChannelContent(channel=3, crop="1:1", pictures=[made]), ChannelContent(channel=1)],
    )
    assert canonical(content) == OLD


def test_videos_and_documents_are_in_the_hash_with_all_that_a_reader_meets() -> None:
    content = Content(text="a", attachments=[Attachment(sha256="a" * 64), VIDEO, PAPER])
    assert parse(canonical(content)) == content
    seen = {digest(canonical(content))}
    changed = {"alt": "x", "duration": 1, "poster": "", "captions": [Captions(text="WEBVTT\n", language="en")]}
    for name, value in changed.items():
        other = msgspec.structs.replace(VIDEO, **{name: value})
        seen.add(digest(canonical(msgspec.structs.replace(content, attachments=[other, PAPER]))))
    for attachments in ([VIDEO, PAPER], [PAPER, VIDEO], [VIDEO, msgspec.structs.replace(PAPER, title="Utkast")]):
        seen.add(digest(canonical(msgspec.structs.replace(content, attachments=attachments))))
    assert len(seen) == 1 + len(changed) + 3


def test_pictures_are_those_among_the_attachments() -> None:
    content = Content(attachments=[VIDEO, Attachment(sha256="a" * 64), PAPER], channels=[ChannelContent(channel=1)])
    assert [each.sha256 for each in content.pictures] == ["a" * 64]
    assert content.videos == [VIDEO]
    assert content.pictures_on(1) == content.pictures
    assert content.attachments_on(1) == content.attachments
    assert content.files() == {"a" * 64, "d" * 64, "f" * 64}
    assert content.stills() == {"a" * 64, "e" * 64}


def test_who_compares_two_versions_reads_the_captions_that_changed() -> None:
    later = msgspec.structs.replace(VIDEO, captions=[Captions(text="WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nTjena\n")])
    (change,) = compare(Content(attachments=[VIDEO]), Content(attachments=[later]), {})
    assert change.field == "attachments"
    assert {(piece.kind, piece.text) for piece in change.pieces} >= {("gone", "Hej"), ("new", "Tjena")}
    assert compare(Content(attachments=[VIDEO]), Content(attachments=[VIDEO]), {}) == []


@pytest.mark.parametrize("mime", ["image/jpeg", "video/mp4", "video/quicktime", "video/webm", "application/pdf"])
def test_every_kind_of_file_has_an_ending(mime: str) -> None:
    assert ENDINGS[mime].startswith(".")

"""Uploads: a picture in one piece, a video in the pieces that LinkedIn asks for, and the wait until both are ready."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import BinaryIO, Final

import msgspec

from commsched.core.delivery.outcome import Handles, Outcome, Pending, Rejected
from commsched.core.platform.contract import AttachmentFile, ChannelContext, Part
from commsched.core.text.messages import N_
from commsched.platforms._linkedin.client import LinkedIn, encoded
from commsched.platforms._linkedin.rules import has_article
from commsched.platforms._shared.answers import read

_SOON: Final = timedelta(seconds=10)
"""How long LinkedIn is given to work on what it got, before it is asked again."""


class _Image(msgspec.Struct):
    uploadUrl: str
    image: str


class _Piece(msgspec.Struct):
    uploadUrl: str
    firstByte: int
    lastByte: int


class _Video(msgspec.Struct):
    video: str
    uploadInstructions: list[_Piece]
    uploadToken: str = ""
    captionsUploadUrl: object = None


def files_of(part: Part) -> tuple[AttachmentFile, ...]:
    """The pictures that are uploaded with ``part``: its own, or its card's."""
    card = part.view.card_picture
    return (card,) if card is not None and has_article(part) else part.pictures


def video_of(part: Part) -> AttachmentFile | None:
    return next((file for file in part.other_files if file.kind == "video"), None)


def upload(client: LinkedIn, part: Part, author: str, context: ChannelContext) -> Handles | Pending | Outcome:
    """Everything that goes with ``part``. What was sent by an earlier try is not sent again."""
    kept = dict(part.progress.handles.values)
    for number, picture in enumerate(files_of(part)):
        if f"image{number}" not in kept:
            kept[f"image{number}"] = _image(client, picture, author)
            part.progress.save(**kept)
    video = video_of(part)
    if video is not None and "video" not in kept:
        _film(client, video, part, author, kept)
    ready = {name: urn for name, urn in kept.items() if name == "video" or name.startswith("image")}
    return _when_ready(client, ready, context) or Handles(ready)


def _when_ready(client: LinkedIn, urns: Mapping[str, str], context: ChannelContext) -> Pending | Outcome | None:
    for name, urn in urns.items():
        status = client.read(f"{'videos' if name == 'video' else 'images'}/{encoded(urn)}").get("status")
        if status == "PROCESSING_FAILED":
            return Rejected(N_("LinkedIn could not use a file: it is broken, or of a kind that it does not take"))
        if status != "AVAILABLE":
            return Pending(context.now() + _SOON, N_("LinkedIn is still working on what was uploaded"))
    return None


def _image(client: LinkedIn, picture: AttachmentFile, author: str) -> str:
    answer = client.ask("POST", "images?action=initializeUpload", {"initializeUploadRequest": {"owner": author}})
    begun = read(_value(answer.json()), _Image)
    with picture.open() as stream:
        client.put(begun.uploadUrl, stream)
    return begun.image


def _film(client: LinkedIn, video: AttachmentFile, part: Part, author: str, kept: dict[str, str]) -> None:
    """Send a video piece by piece and close it; ``kept`` says how far an earlier try came."""
    if "begun" not in kept:
        asked = {"owner": author, "fileSizeBytes": video.size, "uploadThumbnail": False}
        asked |= {"uploadCaptions": bool(video.captions)}
        answer = client.ask("POST", "videos?action=initializeUpload", {"initializeUploadRequest": asked})
        begun = read(_value(answer.json()), _Video)
        kept |= {"begun": msgspec.json.encode(begun).decode(), "etags": "[]"}
        part.progress.save(**kept)
    begun, etags = msgspec.json.decode(kept["begun"], type=_Video), list[str](json.loads(kept["etags"]))
    with video.open() as stream:
        for piece in begun.uploadInstructions[len(etags) :]:
            response = client.put(piece.uploadUrl, _Window(stream, piece.firstByte, piece.lastByte + 1))
            etags.append(_etag(response.headers))
            kept["etags"] = json.dumps(etags)
            part.progress.save(**kept)
    if video.captions and begun.captionsUploadUrl:
        client.put(begun.captionsUploadUrl, subrip(video.captions[0].text).encode())
    closing = {"video": begun.video, "uploadToken": begun.uploadToken, "uploadedPartIds": etags}
    client.ask("POST", "videos?action=finalizeUpload", {"finalizeUploadRequest": closing})
    kept["video"] = begun.video
    part.progress.save(**kept)


def subrip(webvtt: str) -> str:
    """The captions as SRT: the only kind that LinkedIn takes."""
    cues = [cue for cue in webvtt.strip().split("\n\n") if "-->" in cue.split("\n")[0]]
    return "\n\n".join(_numbered(number, cue) for number, cue in enumerate(cues, 1)) + "\n"


def _numbered(number: int, cue: str) -> str:
    times, _, words = cue.partition("\n")
    return f"{number}\n{times.replace('.', ',')}\n{words}"


def _value(answer: object) -> object:
    return answer.get("value") if isinstance(answer, Mapping) else None


def _etag(headers: Mapping[str, str]) -> str:
    """The name of a piece that has come; raises :class:`ValueError` where there is none."""
    etag = str(headers.get("ETag") or "").strip('"')
    if not etag:
        raise ValueError("a piece was taken without being named")
    return etag


class _Window:
    """A part of a stream, from ``start`` to before ``end``, that is read as a whole file is."""

    def __init__(self, stream: BinaryIO, start: int, end: int) -> None:
        self._stream, self._size, self._end = stream, end - start, end
        stream.seek(start)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read(64 * 1024):
            yield piece

    def read(self, size: int = -1, /) -> bytes:
        left = self._end - self._stream.tell()
        return self._stream.read(left if size < 0 else min(size, left))

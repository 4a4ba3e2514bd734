"""A video on its way to X, in pieces: begun, appended, finalized, then worked on by X; and its captions after it.

What is there is kept after every piece, so that after a kill the upload goes on where it was. X forgets an upload that
is not used within a day: one that was begun long ago is begun anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Final

import msgspec
from tweepy.errors import BadRequest, HTTPException, NotFound

from commsched.core.content.model import Captions
from commsched.core.delivery.outcome import Handles, Outcome, Pending, Rejected
from commsched.core.platform.contract import AttachmentFile, ChannelContext, Part
from commsched.core.text.messages import N_
from commsched.platforms._shared.answers import read

if TYPE_CHECKING:
    from commsched.platforms._x.client import Client

PIECE: Final = 4 * 1024 * 1024
"""Bytes to a piece; X takes 5 MB."""
_LASTS: Final = timedelta(hours=20)
"""How long an upload is gone on with: X keeps what is not published for 24 hours."""
_LOOK: Final = timedelta(seconds=20)
_LONGEST_LOOK: Final = timedelta(minutes=10)
_NAMES: Final = {"sv": "Svenska", "en": "English", "fi": "Suomi", "se": "Davvisámegiella", "ar": "العربية"}


class _Processing(msgspec.Struct):
    state: str = ""
    check_after_secs: object = None


class _Upload(msgspec.Struct):
    processing_info: _Processing | None = None


class _Answer(msgspec.Struct):
    data: _Upload


def send(client: Client, part: Part, context: ChannelContext) -> Handles | Pending | Outcome:
    """Send the part's one video and its captions as far as it goes now: all is there, X is still working, or X cannot
    use it."""
    (video,) = part.other_files
    kept = _begun(part, context.now())
    if "video" not in kept:
        kept = _begin(client, part, video, context.now())
    _append(client, part, video, kept)
    processing = _finish(client, part, kept)
    if processing is not None and processing.state == "failed":
        part.progress.save()
        return Rejected(N_("X could not read the video"), "content")
    if processing is not None and processing.state != "succeeded":
        return Pending(context.now() + _wait(processing), N_("X is still working on the video"))
    _caption(client, part, video, kept)
    return Handles({"media": kept["video"]})


def _begun(part: Part, now: datetime) -> dict[str, str]:
    """What earlier tries left; nothing, where X will have forgotten it."""
    kept = dict(part.progress.handles.values)
    begun = kept.get("begun", "")
    return kept if begun and now - datetime.fromisoformat(begun) < _LASTS else {}


def _begin(client: Client, part: Part, video: AttachmentFile, now: datetime) -> dict[str, str]:
    kept = {"video": client.begin_upload("tweet_video", video.mime, video.size), "sent": "0", "begun": now.isoformat()}
    part.progress.save(**kept)
    return kept


def _append(client: Client, part: Part, video: AttachmentFile, kept: dict[str, str]) -> None:
    """Send the pieces that are not there yet, each kept before the next. A piece whose answer was lost is sent again
    under its own number, which X puts in its own place."""
    if int(kept["sent"]) * PIECE >= video.size:
        return
    with video.open() as stream:
        stream.seek(int(kept["sent"]) * PIECE)
        while piece := stream.read(PIECE):
            try:
                client.append_upload(kept["video"], int(kept["sent"]), BytesIO(piece))
            except (BadRequest, NotFound):
                part.progress.save()  # what X does not know any more is begun anew the next time
                raise
            kept["sent"] = str(int(kept["sent"]) + 1)
            part.progress.save(**kept)


def _finish(client: Client, part: Part, kept: dict[str, str]) -> _Processing | None:
    """How far X is with the video; ``None`` where it has nothing more to do."""
    if "whole" in kept:
        return read(client.upload_status(kept["video"]), _Answer).data.processing_info
    try:
        answer = client.finish_upload(kept["video"])
    except (BadRequest, NotFound) as refusal:
        answer = _finished_before(client, part, kept, refusal)
    kept["whole"] = "1"
    part.progress.save(**kept)
    return read(answer, _Answer).data.processing_info


def _finished_before(client: Client, part: Part, kept: dict[str, str], refusal: HTTPException) -> object:
    """How far X is, where it refuses to finish what it has finished: only the answer to that was lost. Raises
    ``refusal`` for anything else, and the upload is begun anew the next time."""
    try:
        return client.upload_status(kept["video"])
    except (BadRequest, NotFound):
        part.progress.save()
        raise refusal from None


def _wait(processing: _Processing) -> timedelta:
    seconds = processing.check_after_secs
    known = isinstance(seconds, int) and not isinstance(seconds, bool) and seconds > 0
    return min(timedelta(seconds=int(str(seconds))), _LONGEST_LOOK) if known else _LOOK


def _caption(client: Client, part: Part, video: AttachmentFile, kept: dict[str, str]) -> None:
    """Put the captions on the video, one track for each language; X takes WebVTT as it is. Those that are in its
    pictures already are not said twice."""
    for number, captions in enumerate(() if video.burnt else video.captions):
        if int(kept.get("captions", "0")) > number:
            continue
        data = captions.text.encode()
        track = client.begin_upload("subtitles", "text/vtt", len(data))
        client.append_upload(track, 0, BytesIO(data))
        client.finish_upload(track)
        client.put_captions(kept["video"], track, captions.language.upper(), _name_of(captions))
        kept["captions"] = str(number + 1)
        part.progress.save(**kept)


def _name_of(captions: Captions) -> str:
    return _NAMES.get(captions.language.lower(), captions.language.upper())

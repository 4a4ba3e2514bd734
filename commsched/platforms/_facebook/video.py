"""A video on a Page: sent in pieces, with its captions, and unpublished until all of it is worked through."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Final

import msgspec

from commsched.core.delivery.outcome import Handles, Outcome, Pending, Rejected
from commsched.core.media.captions import srt
from commsched.core.platform.contract import AttachmentFile, ChannelContext, Part
from commsched.core.text.messages import N_
from commsched.platforms._facebook.graph import Graph
from commsched.platforms._meta.errors import MetaError
from commsched.platforms._shared.answers import detail, read

_MOST: Final = 8 * 1024 * 1024
"""Bytes of a piece that are held in memory, however many Facebook asks for."""
_AGAIN: Final = timedelta(seconds=20)
_COUNTRIES: Final = {"sv": "sv_SE", "en": "en_US", "nb": "nb_NO", "nn": "nn_NO", "da": "da_DK", "ar": "ar_AR"}
"""The locale by which Facebook knows a language's captions, where it is not the language twice (``fi_FI``)."""


_ELSEWHERE: Final = 1363037
"""The piece does not begin where the upload goes on."""


class _Session(msgspec.Struct):
    """An upload that has begun. Numbers come as text."""

    upload_session_id: str
    video_id: str
    start_offset: str = "0"


class _Next(msgspec.Struct):
    start_offset: str


class _Phase(msgspec.Struct):
    video_status: str = ""


class _State(msgspec.Struct):
    status: _Phase = msgspec.field(default_factory=_Phase)


def upload(graph: Graph, page: str, part: Part, context: ChannelContext) -> Handles | Pending | Outcome:
    """Go on with the upload of the part's video from where an earlier try was, and wait until Facebook has worked
    through it."""
    video = next(file for file in part.other_files if file.kind == "video")
    values = dict(part.progress.handles.values)
    if not values.get("video"):
        begun = read(graph.post(f"{page}/videos", upload_phase="start", file_size=str(video.size)), _Session)
        values |= {"session": begun.upload_session_id, "video": begun.video_id, "next": begun.start_offset}
        part.progress.save(**values)
    if values.get("sent") != "1":
        _send_pieces(graph, page, video, part, values)
        about = {"description": part.text} if part.text else {}
        graph.post(
            f"{page}/videos", upload_phase="finish", upload_session_id=values["session"], published="false", **about
        )
        values["sent"] = "1"
        part.progress.save(**values)
    _caption(graph, video, part, values)
    return _ready(graph, values, context)


def _send_pieces(graph: Graph, page: str, video: AttachmentFile, part: Part, values: dict[str, str]) -> None:
    at = int(values["next"])
    with video.open() as stream:
        while at < video.size:
            stream.seek(at)
            after = _send_piece(graph, page, ("video", BytesIO(stream.read(_MOST)), video.mime), values["session"], at)
            if after <= at:
                raise ValueError("Facebook asks for the same piece again")
            at, values["next"] = after, str(after)
            part.progress.save(**values)


def _send_piece(graph: Graph, page: str, piece: tuple[str, BytesIO, str], session: str, at: int) -> int:
    """Send a piece that begins at ``at``; returns where the next one does. A piece whose answer was lost is there
    already: Facebook then says from where it goes on."""
    form = {"upload_phase": "transfer", "upload_session_id": session, "start_offset": str(at)}
    try:
        answer: object = graph.send(f"{page}/videos", "video_file_chunk", piece, **form)
    except MetaError as error:
        answer = error.error.get("error_data")
        if error.subcode != _ELSEWHERE or not isinstance(answer, dict):
            raise
    return int(read(answer, _Next).start_offset)


def _caption(graph: Graph, video: AttachmentFile, part: Part, values: dict[str, str]) -> None:
    """Send the captions, each language once."""
    for captions in video.captions:
        language = captions.language[:2].lower()
        locale = _COUNTRIES.get(language, f"{language}_{language.upper()}")
        if values.get(f"captions_{locale}") == "1":
            continue
        file = (f"captions.{locale}.srt", BytesIO(srt(captions.text).encode()), "application/x-subrip")
        graph.send(f"{values['video']}/captions", "captions_file", file, default_locale=locale)
        values[f"captions_{locale}"] = "1"
        part.progress.save(**values)


def _ready(graph: Graph, values: dict[str, str], context: ChannelContext) -> Handles | Pending | Outcome:
    answer = graph.get(values["video"], fields="id,status")
    status = read(answer, _State).status.video_status
    match status:
        case "ready":
            return Handles({"video": values["video"]})
        case "error" | "expired":
            return Rejected(detail(f"Facebook could not use the video: {answer.get('status')}", context), "content")
    return Pending(context.now() + _AGAIN, N_("the network is still working on it"))

"""Uploads that go on where they broke off, as tus 1.0.0 has it: HEAD tells how much is here, PATCH adds to it.

Only a person who may write begins one, only they go on with it, and every piece carries the form's token. When the
whole file is here, a POST adds it to the library and returns the result.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import UTC
from email.utils import format_datetime
from functools import wraps
from pathlib import Path
from typing import Final, ParamSpec

from flask import Blueprint, Response, jsonify, make_response, request, url_for
from flask.typing import ResponseReturnValue

from commsched.core.access.routes import allow
from commsched.core.media.sizes import PICTURE_BYTES, VIDEO_BYTES
from commsched.core.text.messages import OfficeError
from commsched.services.documents import library as documents
from commsched.services.media import library, uploads, videos
from commsched.store.models import Upload
from commsched.web.components.documents import document_url, document_words
from commsched.web.components.pictures import describe_added
from commsched.web.http.i18n import translated
from commsched.web.http.request_context import actor, installation

bp = Blueprint("uploads", __name__, url_prefix="/w/<slug>/pictures/uploads")

VERSION: Final = "1.0.0"
_TYPE: Final = "application/offset+octet-stream"
_LATER: Final = 423
"""Another file is being taken in. The uploaded file is kept, and the script tries again."""
P = ParamSpec("P")


@bp.after_request
def _say_version(answer: Response) -> Response:
    answer.headers["Tus-Resumable"] = VERSION
    if request.method == "OPTIONS":
        answer.headers |= {
            "Tus-Version": VERSION,
            "Tus-Max-Size": str(VIDEO_BYTES),
            "Tus-Extension": "creation,expiration,termination",
        }
    return answer


def _spoken(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Answer errors to the script as a sentence in JSON, not as a page."""

    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if request.headers.get("Tus-Resumable", VERSION) != VERSION:
            return make_response(jsonify(words=""), 412, {"Tus-Version": VERSION})
        try:
            return view(*args, **kwargs)
        except OfficeError as error:
            if error.status >= 500:
                raise
            return jsonify(words=translated(error.words)), error.status

    return wrapped


@bp.post("")
@allow("write")
@_spoken
def begin() -> ResponseReturnValue:
    """Make room for a file: ``Upload-Length``, and in ``Upload-Metadata`` its ``filename`` and ``filetype``."""
    about = _metadata(request.headers.get("Upload-Metadata", ""))
    row = uploads.begin(
        installation(), actor(), _number("Upload-Length"), about.get("filename", ""), about.get("filetype", "")
    )
    return make_response("", 201, {"Location": url_for("uploads.state", uid=row.uid)} | _expiry(row))


def _number(name: str) -> int:
    value = request.headers.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else -1


def _metadata(header: str) -> dict[str, str]:
    """Pairs of a key and, in Base64, its value; what cannot be read is left out."""
    pairs: dict[str, str] = {}
    for pair in header.split(",")[:20]:
        key, _space, value = pair.strip().partition(" ")
        try:
            pairs[key] = base64.b64decode(value, validate=True).decode()[:1000]
        except (binascii.Error, UnicodeDecodeError):
            continue
    return pairs


def _expiry(row: Upload) -> dict[str, str]:
    return {"Upload-Expires": format_datetime((row.created_at + uploads.KEPT).astimezone(UTC), usegmt=True)}


@bp.get("/<uid>")
@allow("write")
@_spoken
def state(uid: str) -> ResponseReturnValue:
    """How much of it is here. A script asks with HEAD."""
    row = uploads.find(installation(), actor(), uid)
    offset = uploads.offset(installation(), row)
    headers = {"Upload-Offset": str(offset), "Upload-Length": str(row.length), "Cache-Control": "no-store"}
    return make_response(jsonify(offset=offset, length=row.length), 200, headers | _expiry(row))


@bp.patch("/<uid>")
@allow("write")
@_spoken
def append(uid: str) -> ResponseReturnValue:
    """Add a piece, which begins at ``Upload-Offset``."""
    if request.mimetype != _TYPE:
        return jsonify(words=""), 415
    now = uploads.append(installation(), actor(), uid, _number("Upload-Offset"), request.stream)
    return make_response("", 204, {"Upload-Offset": str(now)})


@bp.delete("/<uid>")
@allow("write")
@_spoken
def cancel(uid: str) -> ResponseReturnValue:
    uploads.cancel(installation(), actor(), uid)
    return "", 204


@bp.post("/<uid>")
@allow("write")
@_spoken
def finish(uid: str) -> ResponseReturnValue:
    """Take the whole file in. The answer is the library's: what was taken, and a sentence for what was not.
    ``?as=document``: as what goes with a release, else as a picture or a video."""
    take = _take_document if request.args.get("as") == "document" else _take
    return jsonify(uploads.finish(installation(), actor(), uid, take))


def _take_document(path: Path, filename: str) -> dict[str, object]:
    try:
        row = documents.add(installation(), actor(), path, filename).document
    except OfficeError as error:
        if error.status >= 500 or error.status == _LATER:
            raise
        return {"documents": [], "refused": [f"{filename[:80]}: {translated(error.words)}"]}
    about = {"id": row.id, "title": row.title, "words": document_words(row), "url": document_url(row.sha256)}
    return {"documents": [about], "refused": []}


def _picture(path: Path) -> bytes:
    """What is no video is read at once, and so never when it is as large as one may be."""
    length = path.stat().st_size
    if length > PICTURE_BYTES:
        raise uploads.too_large(length, PICTURE_BYTES)
    return path.read_bytes()


def _take(path: Path, filename: str) -> dict[str, object]:
    """A picture or a video: its content says which."""
    try:
        with path.open("rb") as file:
            film = videos.is_video(file.read(videos.HEAD))
        if film:
            taken = videos.add(installation(), actor(), path, filename)
            seen = {"id": taken.video.id, "url": url_for("videos.show", number=taken.video.id)}
            return {"pictures": [describe_added(taken.poster)], "videos": [seen], "refused": []}
        added = library.add(installation(), actor(), _picture(path), filename)
    except OfficeError as error:
        if error.status >= 500 or error.status == _LATER:
            raise
        return {"pictures": [], "videos": [], "refused": [f"{filename[:80]}: {translated(error.words)}"]}
    return {"pictures": [describe_added(added)], "videos": [], "refused": []}

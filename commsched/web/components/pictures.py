"""Pictures on any page: taken in from a form, served, and addressed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from flask import Response, request, url_for
from werkzeug.datastructures import FileStorage

from commsched.core.text.messages import OfficeError
from commsched.services.kernel.blobs import File
from commsched.services.media import library, search, videos
from commsched.services.media.library import Added
from commsched.store.models import LinkPage
from commsched.web.components import files
from commsched.web.http.i18n import _, translated
from commsched.web.http.request_context import actor, installation


def take_in(files: Iterable[FileStorage], with_videos: bool = False) -> tuple[list[Added], list[str]]:
    """Put the files in the library; returns the pictures added, and a sentence for each file that was refused. A video,
    where videos are accepted, is represented by its poster."""
    taken: list[Added] = []
    refused: list[str] = []
    for number, file in enumerate(files):
        name = (file.filename or "")[:80]
        if number >= MOST_AT_ONCE:
            refused.append(_("At most %(most)s pictures at a time.", most=MOST_AT_ONCE))
            break
        try:
            taken.append(_take_one(file, with_videos))
        except OfficeError as error:
            if error.status >= 500:
                raise
            refused.append(f"{name}: {translated(error.words)}")
    return taken, refused


def _take_one(file: FileStorage, with_videos: bool) -> Added:
    head = file.stream.read(videos.HEAD)
    file.stream.seek(0)
    if with_videos and videos.is_video(head):
        return videos.add_from(installation(), actor(), file.stream, file.filename or "").poster
    return library.add(installation(), actor(), file.read(), file.filename or "")


def describe_added(added: Added) -> dict[str, object]:
    """A picture that was taken in, as the pages' scripts know it."""
    row, old = added.media, added.like[0] if added.like else None
    return {
        "id": row.id,
        "sha256": row.sha256,
        "alt": row.alt,
        "name": row.filename,
        "again": added.again,
        "like": [other.id for other in added.like],
        "note": translated(added.note) if added.note else "",
        "old": {"id": old.id, "sha256": old.sha256, "alt": old.alt, "name": old.filename} if old else None,
    }


def numbers(texts: Iterable[str]) -> list[int]:
    """The ids among ``texts``; what is no id is left out."""
    numbers = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 16]
    return list(dict.fromkeys(numbers))[:500]


def picture_url(sha256: str, small: bool = False) -> str:
    """Where a signed-in person's browser finds a picture."""
    return url_for("pictures.file", sha256=sha256, small=1 if small else None)


def serve(row: search.Row | LinkPage, small: bool) -> Response:
    """The bytes never change under their name. A picture is a picture only, whatever a browser guesses."""
    etag = f"{row.sha256[:32]}{'s' if small else ''}"
    if etag in request.if_none_match:
        response = Response(status=304)
        response.set_etag(etag)
    else:
        response = files.send(search.file_of(installation(), row, small), etag)
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.headers["Content-Disposition"] = "inline"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def serve_portrait(file: File) -> Response:
    """The picture of an account at a network. It is a picture only, whatever a browser guesses."""
    response = files.send(file, hashlib.sha256(file.key.encode()).hexdigest()[:32])
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Disposition"] = "inline"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


MOST_AT_ONCE = 20

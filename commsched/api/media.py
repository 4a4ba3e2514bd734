"""Pictures: in through the safe intake, out as they will be published."""

from __future__ import annotations

from flask import Response, request
from werkzeug.wsgi import wrap_file

from commsched.api import bodies, schemas, serializers
from commsched.api.problems import WrongType
from commsched.api.routing import ID, Paged, WithHeaders, actor, installation, page, paged, route, section
from commsched.core.text.messages import N_, Invalid, NotFound
from commsched.services.kernel.blobs import blob_of
from commsched.services.media import library, provenance, videos
from commsched.store.models import Media

bp = section("media")
ONE = f"/media/<{ID}:id>"


@route(
    bp,
    "POST",
    "/media",
    "write",
    "Put a picture in the library",
    body=bodies.Upload,
    answer=schemas.MediaOut,
    status=201,
    errors=(422,),
    media_type="multipart/form-data",
)
def add_picture() -> WithHeaders[schemas.MediaOut]:
    if request.mimetype != "multipart/form-data":
        raise WrongType(N_("Send the picture as multipart/form-data, in the field “file”."), "Content-Type")
    file = request.files.get("file")
    if file is None:
        raise Invalid(N_("Send the picture as multipart/form-data, in the field “file”."), "file")
    added = library.add(
        installation(),
        actor(),
        file.read(),
        file.filename or "",
        request.form.get("alt", ""),
        request.form.get("credit", ""),
    )
    answer = serializers.added(installation(), added, _credit(added.media))
    return WithHeaders(answer, {"Location": f"{installation().base_url}/api/v1/media/{answer.id}"})


@route(bp, "GET", ONE, "read", "Show what is known of a picture", answer=schemas.MediaOut, errors=(404,))
def get_picture(id: int) -> schemas.MediaOut:
    row = library.find(installation(), actor(), id)
    return serializers.media(installation(), row, _credit(row))


def _credit(row: Media) -> str:
    """The credit line shown with the picture. A card without one of its own takes those of the pictures it was drawn
    from."""
    with installation().store.read(actor().workspace) as session:
        return provenance.credits_of(session, [row])[row.id]


@route(bp, "GET", f"{ONE}/file", "read", "The picture itself", answer=bytes, errors=(404,), media_type="image/*")
def get_picture_file(id: int) -> Response:
    row = library.find(installation(), actor(), id)
    file = blob_of(installation(), row)
    if not file.exists():
        raise NotFound(N_("The picture's file is missing. Restore it from a backup, or upload it again."))
    size, stream = file.size(), file.open()
    answer = Response(wrap_file(request.environ, stream), content_type=row.mime, direct_passthrough=True)
    answer.call_on_close(stream.close)
    answer.content_length = size
    answer.set_etag(row.sha256)
    answer.make_conditional(request, accept_ranges=True, complete_length=size)
    return answer


@route(
    bp,
    "GET",
    "/videos",
    "read",
    "List the videos of the library, newest first",
    answer=list[schemas.VideoOut],
    errors=(422,),
    paged=True,
)
def list_videos() -> Paged:
    asked = page()
    with installation().store.read(actor().workspace) as session:
        rows = [video for video, _poster in videos.newest(session, asked.before, asked.limit)]
    return paged(rows, serializers.video, asked, lambda row: int(row.id))

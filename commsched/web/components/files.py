"""A stored file as an answer: as a stream, whole or the part that was asked for."""

from __future__ import annotations

from datetime import datetime

from flask import Response, request
from werkzeug.wsgi import wrap_file

from commsched.services.kernel.blobs import File


def send(file: File, etag: str, *, name: str = "", mime: str = "", changed: datetime | None = None) -> Response:
    """Answer with the bytes of ``file``, the range that a player asks for, or 304 where the browser has them.

    Bytes never change under their ``etag``; ``changed`` is since when they are there, for whoever knows no tags. With
    ``name`` the browser saves them under it. Raises :class:`FileNotFoundError` where the file has gone.
    """
    if etag in request.if_none_match or _is_known(changed):
        response = Response(status=304)
        response.set_etag(etag)
        return response
    size, stream = file.size(), file.open()
    response = Response(wrap_file(request.environ, stream), mimetype=mime or file.mime, direct_passthrough=True)
    response.call_on_close(stream.close)
    response.content_length = size
    response.set_etag(etag)
    if changed is not None:
        response.last_modified = changed
    if name:
        response.headers.set("Content-Disposition", "attachment", filename=name)
    try:
        response.make_conditional(request.environ, accept_ranges=True, complete_length=size)
    except BaseException:  # a range that there is not
        stream.close()
        raise
    return response


def _is_known(changed: datetime | None) -> bool:
    """Whether somebody who asks by the time, and not by a tag, has it already. HTTP counts whole seconds."""
    since = request.if_modified_since
    if changed is None or since is None or request.if_none_match:
        return False
    return changed.replace(microsecond=0) <= since

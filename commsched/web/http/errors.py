"""When something cannot be done: a page that says what happened, what it means for the posts, and what to press."""

from __future__ import annotations

import errno
import logging
from typing import Final

import msgspec
from flask import Flask, Response, current_app, g, jsonify, make_response, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from commsched.core.text.messages import N_, Message, OfficeError
from commsched.store.session import busy, damaged
from commsched.web.http.authorization import by_token
from commsched.web.http.csrf import BadForm
from commsched.web.http.i18n import translated
from commsched.web.http.request_context import page

log = logging.getLogger("commsched.web")


class Trouble(msgspec.Struct, frozen=True):
    """``what`` happened, and what it ``means``: msgids."""

    what: str
    means: str
    icon: str = "circle-alert"


TROUBLES: Final = {
    400: Trouble(N_("That request could not be read"), N_("Nothing was changed. Go back and try again.")),
    401: Trouble(
        N_("You are signed out"),
        N_(
            "Nothing was saved just now, but what you typed is still on the page before. Sign in in a new tab, "
            "then go back there and copy it."
        ),
        "log-out",
    ),
    403: Trouble(
        N_("Your role does not allow this."),
        N_("Nothing was changed. An administrator of the office can give you another role."),
        "hand",
    ),
    404: Trouble(
        N_("There is no such page"),
        N_("It may have been moved or removed, or it belongs to an office that you are not in."),
        "search",
    ),
    405: Trouble(
        N_("That cannot be done from here"), N_("Nothing was changed. Go back and use the buttons on the page.")
    ),
    409: Trouble(
        N_("Somebody else was there first"), N_("Nothing was overwritten. Look at what changed and try again.")
    ),
    413: Trouble(
        N_("That is too large"),
        N_(
            "Nothing was saved. A picture may be at most 25 MB, a table of contacts at most 20 MB; make them smaller "
            "or add fewer at a time."
        ),
    ),
    422: Trouble(N_("Something needs to be corrected"), N_("Nothing was changed. Go back and try again.")),
    429: Trouble(
        N_("Too many attempts"), N_("Wait a while and try again. What is scheduled goes out as usual."), "clock"
    ),
    500: Trouble(
        N_("Something went wrong here"),
        N_(
            "Nothing was half done: what was saved before is still there, "
            "and what is scheduled is untouched. Try again; if it happens again, tell whoever runs this "
            "installation."
        ),
        "triangle-alert",
    ),
    503: Trouble(
        N_("The office is busy right now"),
        N_("Nothing was lost and nothing was sent twice. Wait a few seconds and try again."),
        "loader",
    ),
    507: Trouble(
        N_("The disk is full"),
        N_(
            "Nothing was saved just now, but nothing that was saved before is lost. "
            "Nothing is sent until there is room again. Tell whoever runs this installation."
        ),
        "triangle-alert",
    ),
}
CODES: Final = {
    400: "malformed",
    401: "token",
    403: "forbidden",
    404: "not-found",
    405: "method",
    409: "conflict",
    413: "too-large",
    415: "content-type",
    422: "invalid",
    429: "too-many",
    500: "internal",
    503: "busy",
    507: "disk-full",
}
"""The error code for programs, used as the end of the problem's type."""
FORM: Final = Trouble(
    N_("This page had been open too long"),
    N_("To be safe, nothing was changed. Go back, reload the page and try again; copy what you typed first."),
    "clock",
)


DAMAGED: Final = Trouble(
    N_("The database is damaged"),
    N_(
        "Part of what the office keeps cannot be read any more, and what is scheduled may not go out. Ask whoever runs "
        "this installation to stop it, keep a copy of its folder and restore the latest backup. Until then: what must "
        "be said, say by hand."
    ),
    "triangle-alert",
)


def install(app: Flask) -> None:
    """Answer every error in words: as a page, or as a problem document under ``/api/``."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(BadForm, lambda _error: answer(400, FORM, code="form"))
    app.register_error_handler(OfficeError, _office)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(OSError, _disk)
    app.register_error_handler(Exception, _unexpected)


def _http(error: HTTPException) -> HTTPException | Response:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    trouble = TROUBLES.get(error.code) or TROUBLES[500 if error.code >= 500 else 400]
    response = answer(error.code, trouble, code=CODES.get(error.code, ""), field=_field(error.code))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    if error.code == 401 and by_token():
        response.headers["WWW-Authenticate"] = 'Bearer realm="commsched"'
    return response


def _field(status: int) -> str:
    """The field at fault, where that is known without reading the request."""
    return "file" if status == 413 and request.mimetype == "multipart/form-data" else ""


def _office(error: OfficeError) -> Response:
    if error.status >= 500:
        log.error("%s", error)
    response = answer(error.status, TROUBLES.get(error.status, TROUBLES[400]), error.words, error.code, error.field)
    if hasattr(error, "retry_after"):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _database(error: DBAPIError) -> Response:
    if damaged(error):
        log.error("the database is damaged: %s %s: %s", request.method, request.url_rule, error.orig)
        return answer(500, DAMAGED, code="damaged")
    if busy(error):
        log.warning("the database is locked: %s", error.orig)
        return _later(answer(503, TROUBLES[503], code="busy"))
    if "full" in str(error.orig).lower():
        log.error("the disk is full: %s", error.orig)
        return answer(507, TROUBLES[507], code="disk-full")
    return _unexpected(error)


def _disk(error: OSError) -> Response:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        log.error("the disk is full: %s", error)
        return answer(507, TROUBLES[507], code="disk-full")
    return _unexpected(error)


def _later(response: Response) -> Response:
    response.headers["Retry-After"] = "5"
    return response


def _unexpected(error: Exception) -> Response:
    if current_app.config["TESTING"]:
        raise error
    rule = request.url_rule.rule if request.url_rule else "(no such address)"  # an address itself may open something
    log.exception("unexpected: %s %s", request.method, rule, exc_info=error)
    return answer(500, TROUBLES[500], code="internal")


def answer(status: int, trouble: Trouble, words: Message | None = None, code: str = "", field: str = "") -> Response:
    """The trouble as a page, or as an RFC 9457 problem document for a program."""
    if by_token():
        return problem(status, translated(trouble.what), translated(words or trouble.means), code, field)
    body = page("http/error.html", status=status, trouble=trouble, words=words)
    return make_response(body, status)


def problem(status: int, title: str, detail: str, code: str = "", field: str = "", **more: object) -> Response:
    """An RFC 9457 problem document; ``field`` names what in the request it concerns."""
    kind = f"urn:commsched:problem:{code}" if code else "about:blank"
    body = {"type": kind, "title": title, "status": status, "detail": detail, "code": code} | more
    if field:
        body["field"] = field
    g.problem = body
    response = jsonify(body)
    response.status_code = status
    response.content_type = "application/problem+json"
    return response

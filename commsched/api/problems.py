"""Errors as RFC 9457 problem documents, in the person's language, naming the field."""

from __future__ import annotations

from typing import Final

import msgspec
from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from commsched.api.schemas import ProblemDocument, ProblemOut
from commsched.core.text.catalogues import translate
from commsched.core.text.field_errors import Reason, read_error
from commsched.core.text.languages import DEFAULT
from commsched.core.text.messages import N_, Invalid, OfficeError, Problem
from commsched.core.timing.wall_time import Fold, Gap
from commsched.services.content.items import Changed
from commsched.services.design.studio import Unfit
from commsched.services.workflow.approve import Blocked

TITLES: Final = {
    400: N_("The request could not be read"),
    401: N_("A valid token is needed"),
    403: N_("Your role does not allow this"),
    404: N_("There is no such thing here"),
    405: N_("That cannot be done here"),
    409: N_("Its state does not allow this"),
    412: N_("It has been changed since you read it"),
    413: N_("That is too large"),
    415: N_("That kind of content is not taken here"),
    422: N_("Something in the request is wrong"),
    428: N_("Say which version you have read"),
    429: N_("Too many requests"),
    500: N_("Something went wrong here"),
}

OWN_TITLES: Final = {"quota": N_("There is no room left")}
"""Of errors whose status says something else than they mean, by their code."""

DETAILS: Final = {
    400: N_("The request is not one that can be understood."),
    401: N_("Send a token that is in use: “Authorization: Bearer …”."),
    403: N_("The token, or its person, would need a role that may do this."),
    404: N_("There is nothing at this address."),
    405: N_("This address does not take that method."),
    413: N_("At most %(most)s MB are taken in one request."),
}
CODES: Final = {401: "token", 403: "forbidden", 404: "not-found", 405: "method", 413: "too-large"}


class Unreadable(OfficeError):
    """The body is not JSON (400)."""

    status, code = 400, "malformed"


class WrongType(OfficeError):
    """The body is of another kind than the route takes (415)."""

    status, code = 415, "content-type"


class Stale(OfficeError):
    """``If-Match`` names a revision that no longer stands (412)."""

    status, code = 412, "stale"

    def __init__(self, current: str) -> None:
        self.current = current
        super().__init__(N_("Somebody else has changed this. Read it again, then send your change."), "If-Match")


class NoIfMatch(OfficeError):
    """A change must say which revision it started from (428)."""

    status, code = 428, "if-match"

    def __init__(self) -> None:
        super().__init__(N_("Send the hash of the revision that you read in the header If-Match."), "If-Match")


class TooFast(OfficeError):
    """A token asks more than anybody needs to (429)."""

    status, code = 429, "too-many"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(N_("This token asks too often. Wait a moment."))


def install(bp: Blueprint) -> None:
    """Answer the errors of ``bp``'s routes in problem documents; the app does so for what never reached a route."""
    bp.register_error_handler(OfficeError, document)
    bp.register_error_handler(OverflowError, _too_large)
    bp.register_error_handler(HTTPException, _refusal)


def astray() -> Response | None:
    """The answer to a request under ``/api/`` that leads to no route."""
    error = request.routing_exception
    if error is None or not request.path.startswith("/api/") or (error.code or 0) < 400:
        return None
    answer = _refusal(error)
    assert isinstance(answer, Response), "an error is answered by a document"
    return answer


def _refusal(error: HTTPException) -> Response | HTTPException:
    """What Flask, or the authoriser, refuses before a view is reached."""
    status = error.code or 500
    if error.response is not None or status not in DETAILS:
        return error
    params = {"most": (request.max_content_length or 0) // 1_000_000} if status == 413 else {}
    field = "file" if status == 413 and request.mimetype == "multipart/form-data" else ""
    refused = OfficeError(DETAILS[status], field, **params)
    refused.status, refused.code = status, CODES.get(status, "malformed")
    answer = document(refused)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="commsched"'
    return answer


def _title(error: OfficeError) -> str:
    return OWN_TITLES.get(error.code) or TITLES.get(error.status, TITLES[500 if error.status >= 500 else 400])


def document(error: OfficeError) -> Response:
    """The error as a problem document, with everything it carries that a program can use."""
    language = g.get("language") or DEFAULT
    body = ProblemDocument(
        type=f"urn:commsched:problem:{error.code}",
        title=translate(_title(error), language),
        status=error.status,
        detail=translate(error.words, language),
        code=error.code,
        field=error.field,
    )
    if isinstance(error, Blocked | Unfit):
        body.problems = [in_language(problem, language) for problem in error.problems]
    if isinstance(error, Gap | Fold):
        body.choices = list(error.choices)
    if isinstance(error, Changed):
        body.current = error.current.hash
    if isinstance(error, Stale):
        body.current = error.current
    response = Response(msgspec.json.encode(body), error.status, content_type="application/problem+json")
    response.headers["Content-Language"] = language
    if body.current:
        response.headers["ETag"] = f'"{body.current}"'
    if hasattr(error, "retry_after"):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _too_large(_error: OverflowError) -> Response:
    return document(Invalid(N_("A number is larger than any there is here.")))


def in_language(problem: Problem, language: str, channel: int | None = None) -> ProblemOut:
    """A problem of a draft in words."""
    return ProblemOut(problem.level, problem.field, translate(problem.words, language), channel)


_REASONS: Final[dict[Reason, str]] = {
    "unknown": N_("There is no field called “%(name)s”."),
    "missing": N_("This is needed."),
    "choice": N_("%(value)s is not one of the choices."),
    "characters": N_("At most %(most)s characters."),
    "items": N_("At most %(most)s of them."),
    "type": N_("This must be of the type %(wanted)s, and it is %(got)s."),
    "other": N_("This value cannot be used."),
}


def invalid(error: msgspec.ValidationError) -> Invalid:
    """The error with the field as a path (``media.0.alt``) and the sentence in our own words."""
    fault = read_error(error)
    return Invalid(_REASONS[fault.reason], ".".join(fault.path), **fault.params)

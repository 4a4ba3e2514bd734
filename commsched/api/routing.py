"""One declaration a route: who may call it, what it takes, what it answers. The OpenAPI document reads the same."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Sequence
from types import GenericAlias
from typing import Final, Generic, TypeVar, cast

import msgspec
from flask import Blueprint, Response, current_app, g, request

from commsched.api import problems
from commsched.api.problems import Unreadable, WrongType
from commsched.api.rate_limit import TokenBucket
from commsched.core.access.roles import Permission
from commsched.core.access.routes import allow, public
from commsched.core.text.catalogues import preferred
from commsched.core.text.clean import require_readable
from commsched.core.text.messages import N_, Invalid
from commsched.services.content.queries import MOST, Page
from commsched.services.kernel.context import Actor, Installation

PREFIX: Final = "/api/v1"
MOST_JSON: Final = 16 * 1024 * 1024
"""Bytes of a JSON body. Far above the longest text that is accepted, so that a text that is too long gets an error
naming its field: a million characters become twelve million bytes when a client escapes each of them."""
ID: Final = "int(max=9223372036854775807)"
"""The converter for ids in addresses: a number larger than the store can hold is answered 404."""
pace = TokenBucket()
View = TypeVar("View", bound=Callable[..., object])
T = TypeVar("T")
Body = TypeVar("Body", covariant=True)


class Param(msgspec.Struct, frozen=True):
    """A query parameter or a request header."""

    name: str
    about: str
    where: str = "query"
    type: str = "string"
    required: bool = False
    many: bool = False


class Operation(msgspec.Struct, frozen=True):
    """What a route promises, as OpenAPI needs it."""

    summary: str
    permission: Permission | None
    body: type[msgspec.Struct] | None
    body_required: bool
    answer: type | GenericAlias | None
    status: int
    params: tuple[Param, ...]
    errors: tuple[int, ...]
    media_type: str
    paged: bool
    tag: str


PAGED: Final = (
    Param("limit", f"Rows in the answer, at most {MOST}.", type="integer"),
    Param("cursor", "Where to go on: from the Link header of the answer before."),
)


class Paged(msgspec.Struct, frozen=True):
    """Rows, and the cursor of the page after, if there is one."""

    rows: Sequence[object]
    next: int | None


class WithHeaders(msgspec.Struct, Generic[Body], frozen=True):
    """An answer with headers of its own."""

    body: Body
    headers: dict[str, str]


def section(name: str) -> Blueprint:
    """A blueprint under ``/api/v1`` whose errors are problem documents."""
    bp = Blueprint(f"api_{name}", __name__, url_prefix=PREFIX)
    problems.install(bp)
    bp.before_request(_language)
    return bp


def _language() -> None:
    """A program that says which language it wants gets it; otherwise the person's own stays."""
    header = request.headers.get("Accept-Language", "")
    if wish := preferred(header, ""):
        g.language = wish


def route(
    bp: Blueprint,
    method: str,
    path: str,
    permission: Permission | None,
    summary: str,
    *,
    body: type[msgspec.Struct] | None = None,
    answer: type | GenericAlias | None = None,
    status: int = 200,
    params: Iterable[Param] = (),
    errors: Iterable[int] = (),
    media_type: str = "application/json",
    paged: bool = False,
) -> Callable[[View], View]:
    """Register a view. A JSON ``body`` is read into its struct and handed to the view as ``body``.

    ``permission`` None means anyone, which only the description of the API itself is for.
    """

    operation = Operation(
        summary,
        permission,
        body,
        body is not None and _needs(body),
        answer,
        status,
        (*params, *(PAGED if paged else ())),
        tuple(errors),
        media_type,
        paged,
        bp.name.removeprefix("api_"),
    )

    def register(view: View) -> View:
        run = _runner(view, operation)
        declared = allow(permission)(run) if permission else public(run)
        bp.add_url_rule(path, endpoint=view.__name__, view_func=declared, methods=[method], strict_slashes=False)
        return view

    return register


def _runner(view: Callable[..., object], operation: Operation) -> Callable[..., Response]:
    """What Flask calls: ``view``, paced, with the body read and the answer written as ``operation`` promises."""

    def run(**values: object) -> Response:
        if operation.permission is not None:
            pace.step(request.headers.get("Authorization", ""), installation().now())
        if operation.body is not None and operation.media_type == "application/json":
            values["body"] = read(operation.body)
        return respond(view(**values), operation.status)

    run.operation = operation  # type: ignore[attr-defined]  # where the description of the API finds it
    return run


def _needs(body: type[msgspec.Struct]) -> bool:
    return any(field.required for field in msgspec.structs.fields(body))


def installation() -> Installation:
    return cast(Installation, current_app.config["OFFICE"])


def actor() -> Actor:
    """The person who asks, as the authoriser has established."""
    return cast(Actor, g.actor)


def read_json() -> object:
    """The body as plain objects; nothing at all counts as ``{}``. Raises :class:`Unreadable`, :class:`WrongType`."""
    request.max_content_length = MOST_JSON
    data = request.get_data().removeprefix(codecs.BOM_UTF8)  # some programs on Windows begin every text with it
    if not data.strip():
        return {}
    if not _says_json(request.mimetype, data):
        raise WrongType(N_("Send JSON, with Content-Type: application/json."), "Content-Type")
    try:
        plain = msgspec.json.decode(data)
        if rb"\u0000" in data:
            plain = _without_nul(plain)
        _refuse_overmarked(plain)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(N_("The body is not JSON that can be read.")) from error
    return plain


def _without_nul(plain: object) -> object:
    """A NUL is no part of any text (:func:`commsched.core.text.clean.clean` leaves it out too), and PostgreSQL cannot
    be asked about one."""
    if isinstance(plain, str):
        return plain.replace("\0", "")
    if isinstance(plain, dict):
        return {_without_nul(key): _without_nul(value) for key, value in plain.items()}
    return [_without_nul(value) for value in plain] if isinstance(plain, list) else plain


def _refuse_overmarked(plain: object, field: str = "") -> None:
    """Before anything looks at the texts: see :mod:`commsched.core.text.clean`."""
    if isinstance(plain, str):
        require_readable(plain, field)
    elif isinstance(plain, dict):
        for key, value in plain.items():
            _refuse_overmarked(key, field)
            _refuse_overmarked(value, field or key[:80])
    elif isinstance(plain, list):
        for value in plain:
            _refuse_overmarked(value, field)


def _says_json(mimetype: str, data: bytes) -> bool:
    """Whether the body is declared as JSON or has no type. curl declares every body as a form, so a form that begins
    like an object counts too."""
    if mimetype == "application/x-www-form-urlencoded":
        return data.lstrip().startswith(b"{")
    return mimetype in ("", "application/json", "text/json") or mimetype.endswith("+json")


def read(kind: type[T]) -> T:
    """The body as a ``kind``. Numbers may come as text, as they do from shells; every other type must match."""
    return convert(read_json(), kind)


def convert(plain: object, kind: type[T]) -> T:
    try:
        return msgspec.convert(plain, kind, strict=False)
    except msgspec.ValidationError as error:
        raise problems.invalid(error) from error


def respond(answer: object, status: int) -> Response:
    """``answer`` as JSON; a page of rows says where the next one is in a ``Link`` header (RFC 8288)."""
    if isinstance(answer, Response):
        return answer
    headers: dict[str, str] = {}
    if isinstance(answer, WithHeaders):
        headers, answer = answer.headers, answer.body
    if isinstance(answer, Paged):
        headers |= _link(answer.next)
        answer = answer.rows
    data = answer.encode() if isinstance(answer, str) else msgspec.json.encode(answer)
    response = Response(data, status, content_type="application/json")
    response.headers.update(headers)
    return response


def _link(cursor: int | None) -> dict[str, str]:
    if cursor is None:
        return {}
    from urllib.parse import urlencode

    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    query = urlencode([*kept, ("cursor", str(cursor))])
    return {"Link": f'<{installation().base_url}{request.path}?{query}>; rel="next"'}


def page() -> Page:
    """Which page is asked for, from ``limit`` and ``cursor``."""
    before, limit = number("cursor"), number("limit")
    if limit is not None and not 1 <= limit <= MOST:
        raise Invalid(N_("Choose a number from 1 to %(most)s."), "limit", most=MOST)
    return Page(before, limit or 50)


def number(name: str) -> int | None:
    """A whole number from the query, or ``None`` where it is not there."""
    value = request.args.get(name, "").strip()
    if not value:
        return None
    if not (value.isascii() and value.isdigit()) or len(value) > 18:
        raise Invalid(N_("“%(value)s” is not a number."), name, value=value[:40])
    return int(value)


def several(name: str) -> tuple[str, ...]:
    """Values from the query: ``?state=held&state=failed`` or ``?state=held,failed``."""
    return tuple(piece.strip() for value in request.args.getlist(name) for piece in value.split(",") if piece.strip())


def paged(rows: Sequence[T], show: Callable[[T], object], page_: Page, key: Callable[[T], int]) -> Paged:
    """The rows shown, and the cursor after them if the page is full."""
    return Paged([show(row) for row in rows], key(rows[-1]) if len(rows) == page_.limit else None)

"""The OpenAPI 3.1 document: written from the routes that are registered and the structs that they read and write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import GenericAlias
from typing import Final, get_args, get_origin

import msgspec
from flask import Flask, current_app

from commsched import __version__
from commsched.api.problems import TITLES, astray
from commsched.api.routing import PREFIX, Operation, Param, installation, route, section
from commsched.api.schemas import ProblemDocument
from commsched.core.text.json_values import JsonObject

bp = section("openapi")
bp.before_app_request(astray)
REF: Final = "#/components/schemas/{name}"
_VARIABLE: Final = re.compile(r"<(?:[^:<>]+:)?(\w+)>")
ALWAYS: Final = (401, 403, 429)
ABOUT: Final = (
    "Write, approve, schedule and follow what an office says in public. A token belongs to a person in an office. "
    "Times in answers are RFC 3339 in UTC; times in requests may also be wall time in the office's zone. "
    "Errors are problem documents (RFC 9457). Lists are arrays; the Link header names the next page."
)


def operations(app: Flask) -> Iterator[tuple[str, str, str, Operation]]:
    """Every route of the API as (path, method, endpoint, what it promises), by path."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if not rule.rule.startswith(PREFIX):
            continue
        operation = getattr(app.view_functions[rule.endpoint], "operation", None)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if not isinstance(operation, Operation):
                raise RuntimeError(f"{rule.rule} does not say what it promises")
            yield _VARIABLE.sub(r"{\1}", rule.rule.removeprefix(PREFIX)), method.lower(), rule.endpoint, operation


def document(app: Flask, base_url: str) -> JsonObject:
    """The whole document."""
    paths: dict[str, JsonObject] = {}
    kinds: list[type | GenericAlias] = [ProblemDocument]
    for path, method, endpoint, operation in operations(app):
        kinds += [kind for kind in (operation.body, operation.answer) if kind is not None and kind is not bytes]
        paths.setdefault(path, {})[method] = _operation(path, endpoint, operation)
    _, components = msgspec.json.schema_components(kinds, ref_template=REF)
    return {
        "openapi": "3.1.0",
        "info": {"title": "commsched", "version": __version__, "description": ABOUT},
        "servers": [{"url": base_url + PREFIX}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(path: str, endpoint: str, operation: Operation) -> JsonObject:
    description: JsonObject = {
        "operationId": endpoint.partition(".")[2],
        "tags": [operation.tag],
        "summary": operation.summary,
        "responses": _responses(operation),
    }
    variables = [_variable(name) for name in re.findall(r"{(\w+)}", path)]
    if params := variables + [_param(param) for param in operation.params]:
        description["parameters"] = params
    if operation.permission is None:
        description["security"] = []
    else:
        description["description"] = f"Needs a role with the permission “{operation.permission}”."
    if operation.body is not None:
        content = {operation.media_type: {"schema": _schema(operation.body)}}
        description["requestBody"] = {"required": operation.body_required, "content": content}
    return description


def _responses(operation: Operation) -> JsonObject:
    media = "application/json" if operation.media_type == "multipart/form-data" else operation.media_type
    good: JsonObject = {
        "description": "Done.",
        "content": {
            media: {
                "schema": {} if operation.answer is None or operation.answer is bytes else _schema(operation.answer)
            }
        },
    }
    if operation.paged:
        good["headers"] = {"Link": {"description": "The next page, rel=next.", "schema": {"type": "string"}}}
    body = (400, 413, 415, 422) if operation.body is not None else ()
    statuses = {*operation.errors, *body, *(ALWAYS if operation.permission else ()), 503, 507}
    problem = {"application/problem+json": {"schema": _schema(ProblemDocument)}}
    answers = {
        str(status): {"description": TITLES.get(status, TITLES[500]), "content": problem} for status in sorted(statuses)
    }
    return {str(operation.status): good} | answers


def _schema(kind: type | GenericAlias) -> JsonObject:
    if get_origin(kind) is list:
        return {"type": "array", "items": _schema(get_args(kind)[0])}
    return {"$ref": REF.format(name=kind.__name__)}


def _variable(name: str) -> JsonObject:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}


def _param(param: Param) -> JsonObject:
    schema: JsonObject = {"type": param.type}
    if param.type == "integer":
        schema["minimum"] = 0
    if param.many:
        schema = {"type": "array", "items": schema}
    parameter: JsonObject = {"name": param.name, "in": param.where, "description": param.about, "schema": schema}
    return parameter | ({"required": True} if param.required else {})


@route(bp, "GET", "/openapi.json", None, "This description")
def get_description() -> JsonObject:
    return document(current_app._get_current_object(), installation().base_url)  # type: ignore[attr-defined]

"""Every route of the app, as tests walk through them: the list is read from the app itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import IntegerConverter

from commsched.core.access.routes import Access, access_of

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """One method of one route, with a path that fits its rule."""

    endpoint: str
    method: str
    path: str
    access: Access

    @property
    def api(self) -> bool:
        return self.path.startswith("/api/")

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.endpoint})"


def routes(app: Flask, slug: str) -> Iterator[Route]:
    """All of them; ids are filled with 1, words with ``x``."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        access = access_of(app.view_functions[rule.endpoint])
        assert access is not None, rule.endpoint
        values = {name: _value(rule._converters[name], name, slug) for name in rule.arguments}
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(rule.endpoint, method, adapter.build(rule.endpoint, values, method=method), access)


def _value(converter: object, name: str, slug: str) -> object:
    if name == "slug":
        return slug
    return 1 if isinstance(converter, IntegerConverter) else "x"

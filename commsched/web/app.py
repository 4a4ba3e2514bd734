"""The web app, put together from its pages. ``create_app`` is handed an office; it finds the page modules itself."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader, FunctionLoader
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map, Rule

from commsched import platforms
from commsched.services.kernel.context import Installation
from commsched.web.components import answered, mail_status
from commsched.web.http import authorization, compress, errors, headers, i18n, nav
from commsched.web.http.paths import templates

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FEATURES = (
    "session",
    "desk",
    "items",
    "composer",
    "calendar",
    "media",
    "design",
    "settings",
    "channels",
    "contacts",
    "public",
    "watch",
    "press",
    "inbox",
    "presskit",
)
PACKAGES = (*(f"commsched.web.{feature}" for feature in FEATURES), "commsched.api")
"""Where page modules are looked for; each module with a ``bp`` is registered, others are left alone."""
MOST_BYTES = 40 * 1024 * 1024
"""The largest request: a few pictures. Anything above is refused while it is read."""
MOST_FORM_BYTES = 4 * 1024 * 1024
"""The largest form without files, in bytes. It is large, so that a text that is far too long comes back in the form."""


class _Id(IntegerConverter):
    """What the store can count to; a larger number in an address is simply not there. It must not match at all: what
    is refused after matching leaves its rule's methods behind, and is answered 405."""

    regex = r"\d{1,18}"

    def __init__(self, map: Map, fixed_digits: int = 0, min: int | None = None, max: int | None = 2**63 - 1) -> None:
        super().__init__(map, fixed_digits=fixed_digits, min=min, max=max)


class _LateRule(Rule):
    """A rule whose address builder is compiled when the first address is built with it. Werkzeug compiles two for
    every route at start, which is a fifth of the time a small app takes to begin."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        builders: list[Callable[..., tuple[str, str]]] = []

        compile_now = super()._compile_builder

        def late(rule: Rule, **values: object) -> tuple[str, str]:
            if not builders:
                builders.append(compile_now(append_unknown))
            return builders[0](rule, **values)

        return late


def create_app(installation: Installation, *, testing: bool = False, packages: Iterable[str] = PACKAGES) -> Flask:
    """The Flask app of ``installation``. Raises ``RuntimeError`` for a route that does not say who may enter."""
    app = Flask("commsched.web", template_folder=str(templates()), static_folder=None)
    app.config.update(
        OFFICE=installation,
        TESTING=testing,
        SECRET_KEY=installation.vault.derive("flash"),
        FORM_KEY=installation.vault.derive("forms"),
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_FORM_BYTES,
    )
    _cookies(app, installation)
    app.wsgi_app = _without_nul(app.wsgi_app)  # type: ignore[assignment, method-assign]
    _proxies(app, installation.settings.get("trusted_proxies", ""))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_loader = ChoiceLoader([FileSystemLoader(str(templates())), FunctionLoader(_brought)])
    app.url_rule_class = _LateRule
    app.url_map.converters["int"] = _Id
    for part in (compress, headers, authorization, errors, i18n, mail_status, answered, nav):
        part.install(app)
    for module in sorted(_pages(packages), key=lambda module: module.__name__):
        app.register_blueprint(module.bp)
        nav.add(app, getattr(module, "NAV", ()))
    if forgotten := authorization.undeclared(app):
        raise RuntimeError(f"routes that do not say who may enter: {', '.join(forgotten)}")
    return app


def _brought(name: str) -> str | None:
    """The preview that another package brings for its platform."""
    folder, _slash, file = name.partition("/")
    return platforms.preview(file.removesuffix(".html")) if folder == "previews" else None


def _pages(packages: Iterable[str]) -> Iterable[ModuleType]:
    """Every module with pages in ``packages`` and the rooms within them."""
    for package in packages:
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            continue
        for info in pkgutil.walk_packages(spec.submodule_search_locations, f"{package}."):
            module = import_module(info.name)
            if hasattr(module, "bp"):
                yield module


def _cookies(app: Flask, installation: Installation) -> None:
    wish = installation.settings.get("secure_cookies", "")
    secure = wish.lower() in ("1", "true", "yes") if wish else installation.base_url.startswith("https://")
    app.config.update(
        SESSION_COOKIE_NAME="__Host-said" if secure else "said",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )


def _proxies(app: Flask, count: str) -> None:
    """Believe ``X-Forwarded-*`` from that many proxies, and from none unless the installation says so."""
    if count.isdigit() and int(count):
        hops = int(count)
        inner = _bare_address(app.wsgi_app)
        app.wsgi_app = ProxyFix(inner, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _bare_address(app: WSGIApplication) -> WSGIApplication:
    """Some proxies write the visitor's port behind the address: it is the same visitor with every port."""

    def bare(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        environ["REMOTE_ADDR"] = without_port(environ.get("REMOTE_ADDR", ""))
        return app(environ, start)

    return bare


def _without_nul(app: WSGIApplication) -> WSGIApplication:
    """An address with a NUL in it leads nowhere, on any store: PostgreSQL cannot even be asked for one. It becomes
    U+FFFD, Unicode's own sign for what cannot be represented."""

    def readable(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        environ["PATH_INFO"] = environ.get("PATH_INFO", "").replace("\0", "\xef\xbf\xbd")
        environ["QUERY_STRING"] = environ.get("QUERY_STRING", "").replace("%00", "%EF%BF%BD").replace("\0", "%EF%BF%BD")
        return app(environ, start)

    return readable


def without_port(address: str) -> str:
    """``203.0.113.9:5001`` and ``[2001:db8::1]:443`` without brackets and port; anything else as it is."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address

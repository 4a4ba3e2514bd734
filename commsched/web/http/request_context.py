"""Who asks, in which language, and for which office: what a request carries, and what every template gets of it."""

from __future__ import annotations

from flask import current_app, g, has_request_context, render_template, request

from commsched.core.access.roles import Permission, may
from commsched.core.text.catalogues import translate
from commsched.core.text.languages import DEFAULT
from commsched.core.text.languages import names as language_names
from commsched.services.accounts.sessions import CurrentWorkspace
from commsched.services.kernel import heartbeats
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.heartbeats import goes


def language() -> str:
    """The language of this request's answer."""
    return str(g.get("language") or DEFAULT) if has_request_context() else DEFAULT


def installation() -> Installation:
    """The installation that this app serves."""
    served: Installation = current_app.config["OFFICE"]
    return served


def actor() -> Actor:
    """Who is asking, in a workspace page."""
    signed_in: Actor = g.actor
    return signed_in


def place() -> CurrentWorkspace:
    """The workspace of a workspace page."""
    workspace: CurrentWorkspace = g.place
    return workspace


def page(template: str, **context: object) -> str:
    """Render ``template``."""
    return render_template(template, **context)


def zone() -> str:
    """The time zone of this request's office; Stockholm's where the page belongs to none."""
    workspace = g.get("place")
    return workspace.zone if workspace else "Europe/Stockholm"


def _beats() -> bool | None:
    """Whether the scheduler's clock goes; ``None`` where nobody is signed in to ask."""
    visitor = g.get("visitor")
    if visitor is None or visitor.place is None:
        return None
    return not visitor.trouble and goes(visitor.heartbeat, installation().now())


def _trouble() -> str:
    """Why nothing is published, where the scheduler does not go."""
    return translate(heartbeats.words(g.visitor.trouble)[0], language())


def may_here(permission: Permission) -> bool:
    """Whether whoever asks may do that in this office."""
    return g.get("actor") is not None and may(g.actor.role, permission)


def template_context() -> dict[str, object]:
    """What every template gets."""
    return {
        "language": language(),
        "languages": language_names(),
        "visitor": g.get("visitor"),
        "actor": g.get("actor"),
        "place": g.get("place"),
        "may": may_here,
        "beats": _beats(),
        "now": installation().now(),
        "theme": _theme(),
        "rail_is_narrow": rail_is_narrow(),
        "zone": zone(),
        "trouble": _trouble,
    }


def rail_is_narrow() -> bool:
    """Whether the menu on a desk shall show its icons alone: this browser's choice."""
    return request.cookies.get("rail") == "narrow"


def _theme() -> str:
    wish = request.cookies.get("theme", "")
    return wish if wish in ("light", "dark") else ""

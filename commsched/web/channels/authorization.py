"""The way to a platform's own page, where a person authorizes a channel."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import make_response, redirect
from werkzeug.wrappers import Response

from commsched.core.platform.contract import Platform
from commsched.core.text.messages import N_, Invalid
from commsched.web.http.headers import POLICY
from commsched.web.http.request_context import page


def origin(address: str) -> str:
    """``https://host[:port]`` of ``address``; empty for what is no address of a server."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    fine = parts.scheme in ("https", "http") and parts.netloc and not set(parts.netloc) & set(" ;,'\"")
    return f"{parts.scheme}://{parts.netloc}" if fine else ""


def may_leave(answer: Response, platform: Platform, settings: Mapping[str, str]) -> Response:
    """Allow the form on the page ``answer`` to be redirected to the platform's own server, where that is known.

    Browsers apply ``form-action`` to every redirect that follows a form.
    """
    provider = origin(platform.provider(settings)) if "oauth" in platform.connects else ""
    if provider:
        answer.headers["Content-Security-Policy"] = POLICY.replace(
            "form-action 'self'", f"form-action 'self' {provider}"
        )
    return answer


def leave(platform: Platform, address: str) -> Response:
    """Send the browser to ``address``: by a redirect where the form's page allowed that server, else by a page with a
    link. Raises :class:`Invalid` for what is no address."""
    provider = origin(address)
    if not provider:
        raise Invalid(N_("“%(url)s” is not the address of a server."), url=address[:100])
    if provider == origin(platform.provider({})):
        return redirect(address, 303)
    return make_response(page("channels/leave.html", kind=platform, address=address, host=urlsplit(address).hostname))

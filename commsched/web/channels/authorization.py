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
    """``https://host[:port]`` of an address; empty for what is none."""
    parts = urlsplit(address)
    fine = parts.scheme in ("https", "http") and parts.netloc and not set(parts.netloc) & set(" ;,'\"")
    return f"{parts.scheme}://{parts.netloc}" if fine else ""


def may_leave(answer: Response, platform: Platform, settings: Mapping[str, str]) -> Response:
    """``answer``, a page whose form may be answered by a redirect to the platform, where it is known which one.

    Browsers hold a form's whole way to ``form-action``, also where it is sent on to.
    """
    provider = origin(platform.provider(settings)) if platform.connects == "oauth" else ""
    if provider:
        answer.headers["Content-Security-Policy"] = POLICY.replace(
            "form-action 'self'", f"form-action 'self' {provider}"
        )
    return answer


def leave(platform: Platform, address: str) -> Response:
    """On to ``address``: at once where the form's page allowed it, else by a link that a person follows."""
    provider = origin(address)
    if not provider:
        raise Invalid(N_("“%(url)s” is not the address of a server."), url=address[:100])
    if provider == origin(platform.provider({})):
        return redirect(address, 303)
    return make_response(page("channels/leave.html", kind=platform, address=address, host=urlsplit(address).hostname))

"""``/metrics`` in Prometheus' text format: figures about publishing, and no content."""

from __future__ import annotations

import hmac
import ipaddress
from math import isinf

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import NotFound

from commsched.core.access.routes import public
from commsched.core.delivery.lifecycle import DELIVERY_STATES
from commsched.services.kernel.context import Installation
from commsched.services.ops.metrics import OUTCOMES, Figures, figures

bp = Blueprint("metrics", __name__)


@bp.get("/metrics")
@public
def metrics() -> Response:
    """Answers requests from this machine, and those that carry the token in the setting ``metrics_token``."""
    installation: Installation = current_app.config["OFFICE"]
    if not _welcome(installation.settings.get("metrics_token", "")):
        raise NotFound
    return Response(write(figures(installation)), content_type="text/plain; version=0.0.4; charset=utf-8")


def _welcome(token: str) -> bool:
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if token:
        return hmac.compare_digest(sent.encode(), token.encode())
    # behind a proxy on the same machine everybody seems to be here
    forwarded = any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-IP"))
    try:
        return not forwarded and ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def write(now: Figures) -> str:
    """The figures in the text format, every state and outcome there even at nought."""
    lines = [
        *_head("commsched_deliveries", "gauge", "Deliveries by state."),
        *(f'commsched_deliveries{{state="{state}"}} {now.deliveries.get(state, 0)}' for state in DELIVERY_STATES),
        *_head("commsched_attempts_total", "counter", "Finished attempts by outcome."),
        *(f'commsched_attempts_total{{outcome="{value}"}} {now.attempts.get(value, 0)}' for value in OUTCOMES),
        *_head("commsched_attempts_open", "gauge", "Attempts under way."),
        f"commsched_attempts_open {now.attempts.get('', 0)}",
        *_head("commsched_due_lag_seconds", "gauge", "How long the oldest due delivery has waited."),
        f"commsched_due_lag_seconds {now.lag:.3f}",
        *_head("commsched_workspaces_paused", "gauge", "Offices that are paused."),
        f"commsched_workspaces_paused {now.paused}",
    ]
    lines += [
        *_head("commsched_overdue", "gauge", "Deliveries that wait past their time although nothing keeps them."),
        f"commsched_overdue {now.overdue}",
        *_head("commsched_scheduler_going", "gauge", "Whether the scheduler publishes."),
        f"commsched_scheduler_going {int(not now.trouble)}",
    ]
    if now.heartbeat_age is not None:
        age = "+Inf" if isinf(now.heartbeat_age) else f"{now.heartbeat_age:.3f}"
        lines += [
            *_head("commsched_heartbeat_age_seconds", "gauge", "Since the scheduler's clock last ticked."),
            f"commsched_heartbeat_age_seconds {age}",
        ]
    return "\n".join(lines) + "\n"


def _head(name: str, kind: str, about: str) -> tuple[str, str]:
    return f"# HELP {name} {about}", f"# TYPE {name} {kind}"

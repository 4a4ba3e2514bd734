"""What an adapter is handed for one channel: decrypted settings, an HTTP session, the clock, the mailer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from commsched.core.platform.contract import ChannelContext
from commsched.core.timing.skew import Skew
from commsched.services.kernel.context import Installation

TIMEOUT = 20.0
"""Seconds that one whole call may take."""


def make_context(
    installation: Installation,
    *,
    workspace: str,
    channel: int = 0,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    facts: Mapping[str, Any] | None = None,
    account: str = "",
    account_name: str = "",
    language: str = "sv",
    office_name: str = "",
) -> ChannelContext:
    """A wire for one channel, or for one about to be connected (``channel`` 0).

    Only a channel added from the machine's own command line may reach private addresses.
    """
    return ChannelContext(
        channel=channel,
        settings={key: str(value) for key, value in settings.items()},
        secrets=dict(secrets),
        now=installation.now,
        http=_heard(installation, _session(installation, settings)),
        timeout=TIMEOUT,
        facts=dict(facts or {}),
        account=account,
        account_name=account_name,
        mailer=installation.mailer,
        public_url=installation.base_url,
        workspace=workspace,
        language=language,
        office_name=office_name,
        home=str(installation.home),
    )


def _session(installation: Installation, settings: Mapping[str, Any]) -> Any:
    """The session, which asks a proxy for the port in the channel's own address, and for no other odd one."""
    from urllib.parse import urlsplit

    http = installation.http(str(settings.get("allow_private", "")) == "1")
    address = str(settings.get("base_url", ""))
    try:
        port = urlsplit(address if "://" in address else f"https://{address}").port
    except ValueError:  # the adapter says what is wrong with it
        port = None
    return http.with_port(port) if port and hasattr(http, "with_port") else http


def _heard(installation: Installation, http: Any) -> Any:
    """The session, whose every answer also says what time it is where it was given."""
    hooks: dict[str, list[Any]] = getattr(http, "hooks", {"response": []})
    if not any(getattr(one, "skew", None) is installation.skew for one in hooks["response"]):
        hooks["response"].append(_Listener(installation.skew, installation))
    return http


class _Listener:
    """Called with every answer (a hook of ``requests``); never the reason why a call fails."""

    def __init__(self, skew: Skew, installation: Installation) -> None:
        self.skew, self.installation = skew, installation

    def __call__(self, response: Any, *_rest: Any, **_more: Any) -> None:
        from email.utils import parsedate_to_datetime
        from urllib.parse import urlsplit

        said = response.headers.get("Date", "")
        if not said or response.headers.get("Age", "0").strip() != "0":  # kept by a cache, from another time
            return
        try:
            theirs = parsedate_to_datetime(said)
        except (ValueError, TypeError, IndexError, OverflowError):
            return
        theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
        self.skew.hear(urlsplit(response.url or "").hostname or "", theirs, self.installation.now())

"""What an adapter is handed for one channel: decrypted settings, an HTTP session, the clock, the mailer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commsched.core.platform import Wire
from commsched.flow.context import Office

TIMEOUT = 20.0
"""Seconds that one whole call may take."""


def make_wire(
    office: Office,
    *,
    workspace: str,
    channel: int = 0,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    facts: Mapping[str, Any] | None = None,
    account: str = "",
    account_name: str = "",
    language: str = "sv",
) -> Wire:
    """A wire for one channel, or for one about to be connected (``channel`` 0).

    Only a channel added from the machine's own command line may reach private addresses.
    """
    return Wire(
        channel=channel,
        settings={key: str(value) for key, value in settings.items()},
        secrets=dict(secrets),
        now=office.now,
        http=office.http(str(settings.get("allow_private", "")) == "1"),
        timeout=TIMEOUT,
        facts=dict(facts or {}),
        account=account,
        account_name=account_name,
        mailer=office.mailer,
        public_url=office.base_url,
        workspace=workspace,
        language=language,
        home=str(office.home),
    )

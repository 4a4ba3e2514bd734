"""What an adapter is handed for one channel: decrypted settings, an HTTP session, the clock, the mailer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING

from commsched.core.content.model import ENDINGS
from commsched.core.installation import signed_addresses
from commsched.core.platform.contract import AttachmentFile, ChannelContext
from commsched.core.timing.skew import Skew
from commsched.mail import verp
from commsched.services.kernel import _mail_looks
from commsched.services.kernel.apps import app_of
from commsched.services.kernel.budgets import BudgetListener, listens
from commsched.services.kernel.context import Installation, mailer_of

if TYPE_CHECKING:
    import requests

TIMEOUT = 20.0
"""Seconds that one whole call may take."""


def make_context(
    installation: Installation,
    *,
    platform: str,
    workspace: str,
    channel: int = 0,
    settings: Mapping[str, object],
    secrets: Mapping[str, str],
    facts: Mapping[str, object] | None = None,
    account: str = "",
    account_name: str = "",
    language: str = "sv",
    office_name: str = "",
    zone: str = "UTC",
) -> ChannelContext:
    """The context for one channel on ``platform`` (its key), or for one about to be connected (``channel`` 0).

    Only a channel added from the machine's own command line may reach private addresses.
    """
    return ChannelContext(
        channel=channel,
        settings={key: str(value) for key, value in settings.items()},
        secrets=dict(secrets),
        now=installation.now,
        http=_counted(installation, platform, channel, session_for(installation, settings)),
        timeout=TIMEOUT,
        facts=dict(facts or {}),
        account=account,
        account_name=account_name,
        mailer=mailer_of(installation, settings.get("relay", ""), workspace),
        public_url=installation.base_url,
        workspace=workspace,
        language=language,
        office_name=office_name,
        zone=zone,
        home=str(installation.home),
        media_address=partial(_media_address, installation, channel, str(settings.get("allow_private", "")) == "1"),
        letterhead=partial(_mail_looks.letterhead, installation, workspace),
        mail_picture=partial(_mail_looks.small, installation),
        app=app_of(installation, platform),
        return_address=partial(_return_address, installation),
        client_key=partial(installation.vault.derive, f"client-key:{platform}"),
    )


def _return_address(installation: Installation, sender: str, part: int) -> str:
    return verp.envelope(sender, part, installation.vault.derive("verp"))


def _media_address(installation: Installation, channel: int, private: bool, file: AttachmentFile) -> str:
    """Where a network fetches ``file`` for a while. Empty where it could not reach this installation; one inside the
    house (``private``) can."""
    suffix = ENDINGS.get(file.mime, "")
    if not channel or not suffix or not (private or signed_addresses.is_reachable(installation.base_url)):
        return ""
    key, grant = (
        installation.vault.derive(signed_addresses.PURPOSE),
        signed_addresses.Grant(channel, file.sha256, suffix),
    )
    return installation.base_url + signed_addresses.path(key, grant, installation.now())


def session_for(installation: Installation, settings: Mapping[str, object]) -> requests.Session:
    """The HTTP session with which a channel of such ``settings`` is asked. It compares clocks as it goes."""
    return _heard(installation, _session(installation, settings))


def _session(installation: Installation, settings: Mapping[str, object]) -> requests.Session:
    """The HTTP session. Through a proxy it may use the port in the channel's own address, and no other unusual port."""
    from urllib.parse import urlsplit

    http = installation.http(str(settings.get("allow_private", "")) == "1")
    address = str(settings.get("base_url", ""))
    try:
        port = urlsplit(address if "://" in address else f"https://{address}").port
    except ValueError:  # the adapter says what is wrong with it
        port = None
    with_port: Callable[[int], requests.Session] | None = getattr(http, "with_port", None)
    return with_port(port) if port and with_port is not None else http


def _heard(installation: Installation, http: requests.Session) -> requests.Session:
    """``session`` with a hook that compares the ``Date`` of every response with this computer's clock."""
    hooks: dict[str, list[Callable[..., object]]] = getattr(http, "hooks", {"response": []})
    if not any(getattr(hook, "skew", None) is installation.skew for hook in hooks["response"]):
        hooks["response"].append(_Listener(installation.skew, installation))
    return http


def _counted(installation: Installation, platform: str, channel: int, http: requests.Session) -> requests.Session:
    """A session of the channel's own, its connections shared, that hears what the platform still allows it."""
    with_hook: Callable[[Callable[..., object]], requests.Session] | None = getattr(http, "with_hook", None)
    if not channel or with_hook is None:
        return http
    known = installation.platform(platform)
    return with_hook(BudgetListener(installation, known, channel)) if listens(known) else http


class _Listener:
    """A response hook of ``requests``. It ignores everything it cannot parse, so that it never makes a call fail."""

    def __init__(self, skew: Skew, installation: Installation) -> None:
        self.skew, self.installation = skew, installation

    def __call__(self, response: requests.Response, *_rest: object, **_more: object) -> None:
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

"""What receivers find in the DNS for each domain of an office's mail, by the relay that it leaves through."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from sqlalchemy import select

from commsched.core.text.recipients import is_address
from commsched.mail import dns_checks
from commsched.mail.connection import read_url
from commsched.mail.dns_checks import Look, NoDns, Resolve, Sends
from commsched.services.kernel.context import Installation
from commsched.services.mailing import dkim_keys, server
from commsched.services.mailing.providers import PROVIDERS, Provider, provider
from commsched.store.models import Channel, DkimKey, MailServer
from commsched.store.session import EVERY_WORKSPACE

MOST: Final = 10
"""Domains looked at in one go."""


class Report(msgspec.Struct, frozen=True):
    """One domain. ``relay`` is the name of what its mail leaves through."""

    domain: str
    relay: str
    looks: list[Look]

    @property
    def is_good(self) -> bool:
        return all(look.state in ("ok", "unknown") for look in self.looks)


def resolver_of(installation: Installation) -> Resolve:
    """How this installation asks the DNS."""
    return installation.dns or dns_checks.resolver()


def report(installation: Installation, workspace: int, resolve: Resolve) -> list[Report]:
    """Every domain of the office, as receivers see it. Takes seconds: nothing of the store is held meanwhile."""
    relays, keys = _relays(installation, workspace), dkim_keys.of_office(installation, workspace)
    reports = []
    for domain in dkim_keys.domains(installation, workspace)[:MOST]:
        relay = relays.get(domain) or _default(installation)
        looks = dns_checks.check(domain, _sends(domain, relay, keys, resolve), resolve)
        reports.append(Report(domain, (relay.name or relay.host) if relay else "", looks))
    return reports


def _relays(installation: Installation, workspace: int) -> dict[str, MailServer]:
    """The relay that each domain's mail leaves through: by the lists that send from it, else by its own sender."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        mine = MailServer.workspace_id.is_(None) | (MailServer.workspace_id == int(workspace))
        rows = {row.id: row for row in session.scalars(select(MailServer).where(mine, MailServer.host != ""))}
    with installation.store.read(workspace) as session:
        lists = list(session.scalars(select(Channel).where(Channel.platform == "presslist")))
    by_sender = {_domain(row.sender): row for row in rows.values()}
    for channel in lists:
        relay = rows.get(int(chosen)) if (chosen := str(channel.settings.get("relay") or "")).isdecimal() else None
        sender = str(channel.settings.get("sender", ""))
        if relay is not None and channel.state != "archived" and is_address(sender):
            by_sender[_domain(sender)] = relay
    return by_sender


def _default(installation: Installation) -> MailServer | None:
    """The installation's relay, also where a settings file names it."""
    url = installation.settings.get("smtp_url", "").strip()
    return MailServer(host=read_url(url).host, name="", kind="", outgoing="") if url else server.get(installation)


def _sends(domain: str, relay: MailServer | None, keys: Iterable[DkimKey], resolve: Resolve) -> Sends:
    ours = tuple((key.selector, key.public) for key in keys if key.domain == domain and key.state != "retired")
    if relay is None:
        return Sends(keys=ours)
    known = _provider(relay)
    addresses = tuple(relay.outgoing.replace(",", " ").split())
    if not addresses and not known.includes and relay.kind == "own":
        addresses = _of_host(relay.host, resolve)
    include = known.includes[0] if known.includes and not addresses else ""
    return Sends(include, addresses, ours, bool(known.signs_in), relay.sender if is_address(relay.sender or "") else "")


def _provider(relay: MailServer) -> Provider:
    """Whose server it is: as was chosen, else by its name."""
    named = next((each for each in PROVIDERS.values() if each.host and each.host == relay.host), None)
    return named or provider(relay.kind)


def _of_host(host: str, resolve: Resolve) -> tuple[str, ...]:
    """An office's own server most often sends from the address that it is reached at."""
    try:
        return tuple(resolve(host, "A"))
    except NoDns:
        return ()


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()

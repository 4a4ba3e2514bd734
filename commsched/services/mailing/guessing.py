"""What mail server an address has: by its domain, by what its DNS says (RFC 6186), by whose customer it is."""

from __future__ import annotations

import contextlib

import msgspec

from commsched.mail.connection import Security
from commsched.mail.dns_checks import NoDns, Resolve
from commsched.services.mailing.providers import GUESSES, of_mail_servers


class Guess(msgspec.Struct, frozen=True):
    """What to fill in. ``kind`` is a provider's key, empty where it is not known."""

    host: str = ""
    port: int = 587
    security: Security = "required"
    kind: str = ""


def guess(address: str, resolve: Resolve) -> Guess:
    """The server that takes mail from ``address``; without a host where nothing can be said of it."""
    domain = address.rpartition("@")[2].strip().lower()
    if domain in GUESSES:
        return Guess(*GUESSES[domain])
    with contextlib.suppress(NoDns):
        servers = tuple(text.partition(" ")[2] for text in sorted(resolve(domain, "MX")))
        provider = of_mail_servers(servers)
        if provider is not None and provider.host:
            return Guess(provider.host, provider.port, provider.security, provider.key)
        return _published(domain, resolve) or (Guess(f"smtp.{domain}") if resolve(f"smtp.{domain}", "A") else Guess())
    return Guess()


def _published(domain: str, resolve: Resolve) -> Guess | None:
    """What the domain itself says: encrypted from the start before STARTTLS (RFC 8314)."""
    services: tuple[tuple[str, Security], ...] = (("_submissions._tcp", "implicit"), ("_submission._tcp", "required"))
    for service, security in services:
        for text in sorted(resolve(f"{service}.{domain}", "SRV")):
            words = text.split()
            if len(words) == 4 and words[2].isdecimal() and words[3] != ".":
                return Guess(words[3].rstrip("."), int(words[2]), security)
    return None

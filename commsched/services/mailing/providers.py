"""Mail providers as an office chooses them: what each needs, how much it takes, and whom one signs in at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from commsched.core.delivery.rates import Limits
from commsched.core.text.messages import N_
from commsched.mail.connection import Security


class Provider(msgspec.Struct, frozen=True):
    """One choice on the page. Words are msgids."""

    key: str
    name: str
    needs: tuple[str, ...]
    """What to have at hand, in order."""
    host: str = ""
    port: int = 587
    security: Security = "required"
    limits: Limits = Limits()
    signs_in: str = ""
    """At whom one signs in by a button instead of a password: a key of :data:`SIGN_INS`."""
    domains: tuple[str, ...] = ()
    """The ends of the names of mail servers (MX) that tell that a domain is its customer."""
    includes: tuple[str, ...] = ()
    """What an SPF record of a customer includes."""
    address: str = ""
    """Where its own words about this are."""


class SignIn(msgspec.Struct, frozen=True):
    """Whose OAuth2 it is. ``app`` names the app that the installation is known by there."""

    key: str
    name: str
    app: str
    authorize: str
    token: str
    scope: str
    """To send, and to read the mailbox: its answers are read by the same access."""
    register: str
    """What whoever runs the installation does once, a msgid."""


SIGN_INS: Final[Mapping[str, SignIn]] = {
    "microsoft": SignIn(
        "microsoft",
        "Microsoft 365",
        "microsoftmail",
        "/%(tenant)s/oauth2/v2.0/authorize",
        "/%(tenant)s/oauth2/v2.0/token",
        "offline_access https://outlook.office.com/SMTP.Send https://outlook.office.com/IMAP.AccessAsUser.All",
        N_(
            "Register an app in Microsoft Entra (App registrations), with the permissions SMTP.Send and "
            "IMAP.AccessAsUser.All and the address below, and enter its id and secret."
        ),
    ),
    "google": SignIn(
        "google",
        "Google Workspace",
        "googlemail",
        "/o/oauth2/v2/auth?access_type=offline&prompt=consent",
        "/token",
        "https://mail.google.com/",
        N_(
            "Make an OAuth client (web application) in the Google Cloud console, with the address below, and enter its "
            "id and secret."
        ),
    ),
}
SERVERS: Final[Mapping[str, tuple[str, str]]] = {
    "microsoft": ("https://login.microsoftonline.com",) * 2,
    "google": ("https://accounts.google.com", "https://oauth2.googleapis.com"),
}
"""Where one authorizes, and where tokens are had."""

PROVIDERS: Final[Mapping[str, Provider]] = {
    provider.key: provider
    for provider in (
        Provider(
            "microsoft",
            "Microsoft 365",
            (
                N_("An account with a mailbox, such as press@your-domain."),
                N_("Whoever runs your Microsoft 365 allows “Authenticated SMTP” for that mailbox."),
                N_("30 messages a minute and 10,000 a day go out, so a list of 300 takes about ten minutes."),
            ),
            "smtp.office365.com",
            limits=Limits(30, 10_000, 3),
            signs_in="microsoft",
            domains=(".mail.protection.outlook.com", ".mx.microsoft"),
            includes=("spf.protection.outlook.com",),
        ),
        Provider(
            "google",
            "Google Workspace",
            (
                N_("An account with a mailbox, such as press@your-domain."),
                N_("Sign in with the button; or make an app password in the account, if your Google allows that."),
                N_("2,000 messages a day go out at most."),
            ),
            "smtp.gmail.com",
            limits=Limits(0, 2_000, 3),
            signs_in="google",
            domains=(".google.com", ".googlemail.com"),
            includes=("_spf.google.com",),
        ),
        Provider(
            "one",
            "one.com",
            (N_("The mailbox's address and password: the same as in webmail."),),
            "send.one.com",
            465,
            "implicit",
            Limits(20, 2_000, 2),
            domains=(".one.com",),
            includes=("_custspf.one.com",),
        ),
        Provider(
            "loopia",
            "Loopia",
            (N_("The mailbox's address and password: the same as in webmail."),),
            "mailcluster.loopia.se",
            limits=Limits(20, 2_000, 2),
            domains=(".loopia.se",),
            includes=("spf.loopia.se",),
        ),
        Provider(
            "host",
            N_("Another mail provider"),
            (
                N_("The mailbox's address and password: the same as in your mail program."),
                N_("The server's name, which is guessed from the address. Your provider calls it “outgoing” or SMTP."),
            ),
            limits=Limits(30, 2_000, 2),
        ),
        Provider(
            "own",
            N_("Our own mail server"),
            (
                N_("The server's name, and that it takes mail from this machine or with a password."),
                N_("The address it sends from, if you want SPF to be checked for it."),
            ),
        ),
    )
}
GUESSES: Final[Mapping[str, tuple[str, int, Security]]] = {
    "gmail.com": ("smtp.gmail.com", 587, "required"),
    "outlook.com": ("smtp.office365.com", 587, "required"),
    "hotmail.com": ("smtp.office365.com", 587, "required"),
    "icloud.com": ("smtp.mail.me.com", 587, "required"),
    "telia.com": ("mailout.telia.com", 465, "implicit"),
    "bredband.net": ("smtp.bredband.net", 587, "required"),
    "fastmail.com": ("smtp.fastmail.com", 465, "implicit"),
    "binero.se": ("smtp.binero.se", 587, "required"),
}
"""The servers of addresses whose domain says it all."""


def provider(key: str) -> Provider:
    """The provider, or the one that fits all."""
    return PROVIDERS.get(key) or PROVIDERS["host"]


def of_mail_servers(names: tuple[str, ...]) -> Provider | None:
    """Whose customer a domain with these mail servers (MX) is, as far as that is known."""
    for name in names:
        for each in PROVIDERS.values():
            if any(f".{name.rstrip('.').lower()}".endswith(end) for end in each.domains):
                return each
    return None

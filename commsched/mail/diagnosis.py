"""Why a mail server cannot be used, in sentences for whoever just typed it: each by the field that is wrong."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from typing import Final

from commsched.core.delivery.outcome import Outcome, Published, Rejected, Unknown
from commsched.core.installation.ip_ranges import PrivateAddress
from commsched.core.text.messages import N_, Invalid
from commsched.mail.connection import Connection, Dial, Patience, Relay
from commsched.mail.headers import clean_address
from commsched.mail.relay import SmtpMailer
from commsched.mail.smtp_replies import text_of

PATIENCE: Final = Patience(connect=8.0, command=10.0, answer=20.0, total=30.0)
"""Somebody waits at a page."""


def examine(relay: Relay, dial: Dial) -> None:
    """Connect, encrypt and sign in, and send nothing. Raises :class:`Invalid` by the field that is wrong."""
    context = ssl.create_default_context(cafile=relay.ca or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    line = Connection(relay, PATIENCE, context, dial)
    try:
        with line.deadline(PATIENCE.connect + PATIENCE.command):
            line.open()
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        raise _sentence(error, relay) from error
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            line.close()


def _sentence(error: Exception, relay: Relay) -> Invalid:
    where: dict[str, object] = {"host": relay.host, "port": relay.port}
    for kind, field, words in _SENTENCES:
        if isinstance(error, kind):
            return Invalid(words, field, **where)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        answer = text_of(error.smtp_code, error.smtp_error)
        return Invalid(
            N_("The server does not accept this user with this password: %(answer)s"), "password", answer=answer
        )
    if isinstance(error, smtplib.SMTPResponseException):
        answer = text_of(error.smtp_code, error.smtp_error)
        return Invalid(N_("%(host)s does not let us in: %(answer)s"), "host", host=relay.host, answer=answer)
    return Invalid(
        N_("%(host)s ended the connection on port %(port)s before it answered."),
        "port",
        host=relay.host,
        port=relay.port,
    )


_SENTENCES: Final[tuple[tuple[type[Exception], str, str], ...]] = (
    (
        PrivateAddress,
        "host",
        N_(
            "%(host)s is in the network of this machine, where no page may point. Whoever runs the installation can "
            "write it in commsched.toml (smtp_url)."
        ),
    ),
    (socket.gaierror, "host", N_("There is no server called %(host)s.")),
    (UnicodeError, "host", N_("There is no server called %(host)s.")),
    (
        ConnectionRefusedError,
        "port",
        N_("%(host)s refuses connections on port %(port)s. Usual ports are 587 and 465."),
    ),
    (
        ssl.SSLCertVerificationError,
        "host",
        N_("The certificate of %(host)s is not valid for that name. Write the name that your mail provider gives."),
    ),
    (
        ssl.SSLError,
        "security",
        N_("On port %(port)s %(host)s does not encrypt this way. With 587 choose STARTTLS, with 465 from the start."),
    ),
    (
        smtplib.SMTPNotSupportedError,
        "security",
        N_("%(host)s does not offer this on port %(port)s. With 587 choose STARTTLS, with 465 from the start."),
    ),
    (
        TimeoutError,
        "port",
        N_("%(host)s does not answer on port %(port)s. Usual ports are 587 and 465."),
    ),
)
"""In this order: the first kind that fits."""


def check_sent(outcome: Outcome, sender: str, to: str) -> None:
    """Raise :class:`Invalid` where the trial mail from ``sender`` was not taken. A lost answer is no refusal."""
    if isinstance(outcome, Published | Unknown):
        return
    if isinstance(outcome, Rejected) and outcome.why in ("config", "permission"):
        raise Invalid(
            N_("The server does not let %(sender)s send: %(answer)s"), "sender", sender=sender, answer=outcome.detail
        )
    if isinstance(outcome, Rejected) and outcome.why == "address":
        raise Invalid(N_("The server takes no mail to %(to)s: %(answer)s"), "", to=to, answer=outcome.detail)
    raise Invalid(N_("The server did not take the trial mail: %(answer)s"), "", answer=outcome.detail)


def refuses_sender(mailer: SmtpMailer, sender: str) -> str:
    """The relay's words where it refuses mail from ``sender``; empty where it takes it, or cannot be asked just now.
    Nothing is sent."""
    line = mailer.connection(fresh=True)
    if not isinstance(line, Connection):
        return ""
    try:
        with line.deadline(PATIENCE.command):
            code, answer = line.mail(clean_address(sender, "sender"))
            return text_of(code, answer) if code >= 500 else ""
    except (OSError, smtplib.SMTPException, ValueError):
        return ""
    finally:
        line.close()

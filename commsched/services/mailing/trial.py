"""A trial mail to whoever asks for it, with a sentence about what is wrong where it does not get through."""

from __future__ import annotations

from typing import Final

from commsched.core.platform.contract import Email, Mailer
from commsched.core.text.catalogues import gettext
from commsched.core.text.messages import N_, Conflict
from commsched.mail.connection import Dial
from commsched.mail.diagnosis import PATIENCE, check_sent, examine
from commsched.mail.live import LiveMailer, Server
from commsched.mail.relay import SmtpMailer
from commsched.services.kernel.context import Actor, Installation, mailer_of
from commsched.services.kernel.server_slots import waiting_for_a_server
from commsched.services.mailing import server as servers
from commsched.services.mailing import states
from commsched.services.notices.letters import Letter, host_of, render
from commsched.store.models import Workspace
from commsched.store.session import EVERY_WORKSPACE
from commsched.store.vault import new_token

_EVERYBODYS: Final = N_("Those who approve get a mail from now on, and so does the press list.")
_OWN: Final = N_("A press list that chooses this mail server goes out through it.")


def keep_if_it_sends(
    installation: Installation, actor: Actor, entered: servers.Entered, to: str, number: int = servers.ROW
) -> int:
    """Try the server by a mail to ``to``, and keep it if that was taken; returns its number. Raises :class:`Invalid` by
    the field that is wrong; then nothing is kept."""
    servers.check_may(installation, actor, number)
    server = servers.server_of(installation, entered, number)
    try_it(installation, actor, server, to, own=number != servers.ROW)
    return servers.keep(installation, actor, server, number, entered)


def send_trial(installation: Installation, actor: Actor, to: str, number: int = servers.ROW) -> None:
    """A trial mail through a relay of the office. Raises :class:`Invalid` where it is not taken; where it is, whatever
    waits for the relay goes on."""
    actor.require("administer")
    if number != servers.ROW:
        servers.find(installation, actor, number)
    mailer = mailer_of(installation, "" if number == servers.ROW else number)
    if mailer is None or not mailer.reaches():
        raise Conflict(N_("No mail server is set."))
    with waiting_for_a_server(actor):
        _send(installation, actor, mailer, to, mailer.sender, own=number != servers.ROW)
    with installation.store.write(EVERY_WORKSPACE) as session:
        states.settle(session.connection(), number, installation.now())
    installation.wake()


def try_it(installation: Installation, actor: Actor, server: Server, to: str, own: bool = True) -> None:
    """Sign in and send a mail to ``to``. ``own``: the server is the office's, for its press lists."""
    dial = _dial(installation, server)
    mailer = SmtpMailer(server.relay, server.sender, server.sender_name, PATIENCE, dial=dial)
    with waiting_for_a_server(actor):
        examine(server.relay, dial)
        try:
            _send(installation, actor, mailer, to, server.sender, own)
        finally:
            mailer.close()


def _dial(installation: Installation, server: Server) -> Dial:
    if installation.relays is not None:
        return installation.relays.house if server.private else installation.relays.dial
    mailer = installation.mailer
    if not isinstance(mailer, LiveMailer):
        raise Conflict(N_("The mail server is set in commsched.toml or the environment (smtp_url), which wins."))
    return mailer.dial


def _send(installation: Installation, actor: Actor, mailer: Mailer, to: str, sender: str, own: bool) -> None:
    with installation.store.read(actor.workspace) as session:
        office = session.get_one(Workspace, actor.workspace)
    letter = Letter(
        subject=gettext(actor.language, N_("A trial mail from %(office)s")) % {"office": office.name},
        what=gettext(actor.language, N_("Mail gets through.")),
        means=gettext(actor.language, _OWN if own else _EVERYBODYS),
        press=gettext(actor.language, N_("Open the office")),
        url=f"{installation.base_url}/w/{office.slug}/",
        workspace=office.name,
        language=actor.language,
    )
    text, html = render(letter)
    outcome = mailer.send(
        Email(
            message_id=f"trial-{new_token(9).replace('-', 'x').replace('_', 'y')}@{host_of(installation)}",
            sender="",
            sender_name="",
            to=to,
            subject=letter.subject,
            text=text,
            html=html,
            date=installation.now(),
            headers={"Auto-Submitted": "auto-generated"},  # it may come to the mailbox that the office reads
        )
    )
    check_sent(outcome, sender, to)

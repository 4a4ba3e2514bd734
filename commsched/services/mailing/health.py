"""Whether mail can leave, and whether it will be believed: what is wrong is told by the doctor and on the page, not at
night by a mail that does not leave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.delivery.outcome import Published
from commsched.core.platform.contract import Mailer
from commsched.core.text.catalogues import own_words
from commsched.core.text.messages import N_, Message
from commsched.core.text.recipients import is_address
from commsched.mail.diagnosis import refuses_sender
from commsched.mail.live import LiveMailer
from commsched.mail.relay import SmtpMailer
from commsched.services.kernel.context import Installation, mailer_of
from commsched.services.mailing import dns_report
from commsched.services.mailing.dns_report import resolver_of
from commsched.store.models import Channel, MailServer, RelayState, Workspace
from commsched.store.session import EVERY_WORKSPACE


class Look(msgspec.Struct, frozen=True):
    """One finding, with what to do."""

    state: Literal["ok", "warn", "fail"]
    words: Message
    help: Message | None = None


_PAGE = Message(N_("Look under Settings → E-mail."))
_LIST = Message(N_("Open the list under Channels and write an address there."))


def quick(session: Session, installation: Installation) -> Iterator[Look]:
    """What is wrong that the store and the settings can say: asked often, so nothing of a network is."""
    sender = installation.mailer.sender if installation.mailer else ""
    if installation.settings.get("smtp_url", "").strip() and not is_address(sender):
        words = N_("Mail is to come from “%(address)s”, which is no e-mail address.")
        yield Look("fail", Message(words, {"address": sender[:100]}), Message(N_("Set mail_from in commsched.toml.")))
    wanted = select(RelayState.relay, MailServer.name).outerjoin(MailServer, MailServer.id == RelayState.relay)
    for relay, name in session.execute(wanted.where(RelayState.trouble != "", RelayState.domain == "")):
        words = N_("The mail server %(name)s does not let us in.")
        yield Look("fail", Message(words, {"name": name or relay}), _PAGE)
    own = MailServer.sender != "", MailServer.host != "", MailServer.workspace_id.is_not(None)
    for row in session.scalars(select(MailServer).where(*own)):
        if not is_address(row.sender):
            words = N_("The mail server %(name)s is to send from “%(address)s”, which is no e-mail address.")
            yield Look("fail", Message(words, {"name": row.name, "address": row.sender[:100]}), _PAGE)
    yield from lists(session)


def lists(session: Session) -> Iterator[Look]:
    """What is wrong with the lists that the session sees."""
    for channel in session.scalars(select(Channel).where(Channel.platform == "presslist", Channel.state != "archived")):
        yield from _addresses(channel)


def _addresses(channel: Channel) -> Iterator[Look]:
    """A sender or a Reply-To that is no address: it would stop the list at its time."""
    sentences = {
        "sender": N_("The list %(name)s is to be sent from “%(address)s”, which is no e-mail address."),
        "reply_to": N_("Answers to the list %(name)s are to go to “%(address)s”, which is no e-mail address."),
    }
    for key, words in sentences.items():
        address = str(channel.settings.get(key, "")).strip()
        if address and not is_address(address):
            yield Look("fail", Message(words, {"name": channel.name, "address": address[:100]}), _LIST)


def relay(mailer: Mailer, where: Message) -> Look:
    """Whether a relay answers and lets us in. Asks it."""
    answer = mailer.verify()
    if isinstance(answer, Published):
        return Look("ok", where)
    return Look("fail", Message(N_("The mail relay cannot be used: %(detail)s"), {"detail": own_words(answer.detail)}))


def looks(installation: Installation) -> Iterator[Look]:
    """Everything, asking each relay and the DNS. A demo is left out: it sends nothing."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        yield from quick(session, installation)
        own = MailServer.workspace_id == Workspace.id
        wanted = select(MailServer, Workspace.slug).join(Workspace, own)
        rows = session.execute(wanted.where(MailServer.host != "", Workspace.is_demo.is_(False))).all()
        offices = list(session.scalars(select(Workspace).where(Workspace.is_demo.is_(False))))
    for row, slug in rows:
        mailer = installation.relays.of(str(row.id), slug) if installation.relays is not None else None
        if mailer is not None:
            yield relay(mailer, Message(N_("%(name)s lets us in."), {"name": row.name}))
    yield from _senders(installation)
    for office in offices:
        yield from _domains(installation, office)


def _senders(installation: Installation) -> Iterator[Look]:
    """The senders that lists' relays refuse: it would come out at the time of the list. Each is asked about once."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        wanted = select(Channel, Workspace.slug).join(Workspace, Workspace.id == Channel.workspace_id)
        rows = session.execute(
            wanted.where(Channel.platform == "presslist", Channel.state != "archived", Workspace.is_demo.is_(False))
        ).all()
    asked: dict[tuple[str, str], str] = {}
    for channel, slug in rows:
        relay_number, sender = str(channel.settings.get("relay") or ""), str(channel.settings.get("sender", "")).strip()
        if not is_address(sender):
            continue
        if (relay_number, sender) not in asked:
            asked[relay_number, sender] = _refusal(mailer_of(installation, relay_number, slug), sender)
        if asked[relay_number, sender]:
            words = N_("The mail server of the list %(name)s takes no mail from %(sender)s: %(answer)s")
            about = {"name": channel.name, "sender": sender, "answer": asked[relay_number, sender]}
            yield Look("fail", Message(words, about), _LIST)


def _refusal(mailer: Mailer | None, sender: str) -> str:
    smtp = mailer.smtp if isinstance(mailer, LiveMailer) else mailer
    return refuses_sender(smtp, sender) if isinstance(smtp, SmtpMailer) else ""


def _domains(installation: Installation, office: Workspace) -> Iterator[Look]:
    """What receivers see of the office's domains, for the office that sends anything at all."""
    if not installation.mailer.reaches() and not _has_own(installation, office):
        return
    for report in dns_report.report(installation, office.id, resolver_of(installation)):
        if report.is_good:
            words = N_("%(domain)s: receivers find SPF, DKIM and DMARC as they should be.")
            yield Look("ok", Message(words, {"domain": report.domain}))
        for look in report.looks:
            if look.state in ("warn", "fail"):
                help_ = Message("%(line)s", {"line": look.record.zone_line}) if look.record else None
                yield Look("warn", look.words, help_)


def _has_own(installation: Installation, office: Workspace) -> bool:
    own = (MailServer.workspace_id == office.id, MailServer.host != "")
    with installation.store.read(EVERY_WORKSPACE) as session:
        return session.scalar(select(MailServer.id).where(*own).limit(1)) is not None

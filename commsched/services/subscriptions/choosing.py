"""What stands behind a recipient's own link: the lists that they are on, those they could be on, and their language."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.text.languages import known
from commsched.core.text.messages import N_, Invalid
from commsched.services.contacts.suppression import PRESS, is_suppressed
from commsched.services.kernel.context import Installation
from commsched.services.subscriptions import leaving, offers, questions, subscribing
from commsched.services.subscriptions.leaving import LISTS, Recipient
from commsched.services.subscriptions.offers import Offer
from commsched.services.subscriptions.questions import Kind, Question
from commsched.services.subscriptions.subscribing import Wish
from commsched.store.models import Channel, Contact, ListRecipient, Workspace
from commsched.store.session import again


class Choice(msgspec.Struct, frozen=True):
    """A list that may be ticked; ``on`` where its mails come today. A list without a name is not open: it can be left,
    and not come back to by oneself."""

    channel: int
    name: str
    about: str
    on: bool


class Choices(msgspec.Struct, frozen=True):
    """``address`` is empty where the office does not know it any more; then nothing can be added here. ``gone`` where
    nothing at all is sent to them."""

    lists: tuple[Choice, ...]
    address: str
    language: str
    words: str
    gone: bool


def choices(installation: Installation, whom: Recipient, language: str = "") -> Choices:
    """What ``whom`` may choose, in the order of the office's page."""
    with installation.store.read(whom.workspace) as session:
        office = session.get_one(Workspace, whom.workspace)
        opened = offers.open_now(session, office, language)
        on = _on(session, whom)
        contact = _contact(session, whom)
        gone = is_suppressed(session, whom.workspace, PRESS, whom.blind)
    gone = gone or (contact is not None and contact.state in ("unsubscribed", "bounced"))
    named = {offer.channel: offer for offer in opened.lists}
    others = [Offer(channel, "") for channel in sorted(on) if channel not in named]
    sealed = contact.address if contact is not None else next(iter(on.values()), "")
    return Choices(
        tuple(
            Choice(offer.channel, offer.name, offer.about, offer.channel in on and not gone)
            for offer in (*opened.lists, *others)
        ),
        installation.vault.unseal(sealed) if sealed else "",
        (contact.language if contact is not None else "") or office.language,
        opened.words,
        gone,
    )


def _on(session: Session, whom: Recipient) -> dict[int, str]:
    """The lists that write to them, and the address there, sealed."""
    mine = (ListRecipient.workspace_id == whom.workspace, ListRecipient.blind == whom.blind)
    wanted = select(ListRecipient.channel_id, ListRecipient.address).join(
        Channel, Channel.id == ListRecipient.channel_id
    )
    live = (ListRecipient.state == "active", Channel.state != "archived", Channel.platform.in_(LISTS))
    return {row[0]: row[1] for row in session.execute(wanted.where(*mine, *live))}


def _contact(session: Session, whom: Recipient) -> Contact | None:
    mine = (Contact.workspace_id == whom.workspace, Contact.world == PRESS, Contact.blind == whom.blind)
    return session.scalar(select(Contact).where(*mine))


def choose(
    installation: Installation, whom: Recipient, wanted: Collection[int], language: str, visitor: str
) -> tuple[str, ...]:
    """Leave what is not ticked, at once; what is ticked anew begins by the answer to a mail, as everywhere. Returns the
    names of the lists that such a mail asks about."""
    shown = choices(installation, whom)
    new = tuple(each.channel for each in shown.lists if each.channel in wanted and not each.on and each.name)
    if new and not shown.address:
        raise Invalid(N_("The office does not know your address any more. Subscribe anew instead."), "list")
    for each in shown.lists:
        if each.on and each.channel not in wanted:
            leaving.leave(installation, msgspec.structs.replace(whom, channel=each.channel))
    _speak(installation, whom, language)
    if new:
        wish = Wish(shown.address, lists=new, language=language, visitor=visitor)
        subscribing.ask(installation, whom.workspace, wish)
    return tuple(each.name for each in shown.lists if each.channel in new)


def ask_about(installation: Installation, whom: Recipient, kind: Kind, language: str, visitor: str) -> None:
    """Ask by mail whether it is really they who want to see, or to have erased, what is kept of them. Raises
    :class:`Invalid` where no address is left to ask at."""
    shown = choices(installation, whom)
    if not shown.address:
        raise Invalid(N_("The office does not know your address any more. Write to the office instead."))
    sealed = installation.vault.seal(shown.address)
    again(lambda: _ask_about(installation, whom, kind, sealed, language, visitor))
    installation.wake()


def _ask_about(
    installation: Installation, whom: Recipient, kind: Kind, sealed: str, language: str, visitor: str
) -> None:
    now = installation.now()
    with installation.store.write(whom.workspace) as session:
        if subscribing.may_ask(session, whom.workspace, f"{kind} {whom.blind}", visitor, now):
            question = Question(kind, whom.workspace, whom.blind, now)
            questions.ask(installation, session, question, PRESS, sealed, language)


def _speak(installation: Installation, whom: Recipient, language: str) -> None:
    with installation.store.write(whom.workspace) as session:
        contact = leaving.known(session, whom.workspace, whom.blind)
        if contact is not None and language and contact.language != known(language):
            contact.language, contact.changed_at = known(language), installation.now()

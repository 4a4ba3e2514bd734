"""Everything that an office keeps of one person, as a file for them: JSON for programs, HTML for reading (GDPR article
15)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from markupsafe import Markup, escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.text.catalogues import gettext
from commsched.core.text.messages import N_
from commsched.core.text.recipients import is_address
from commsched.services.contacts import consent, suppression
from commsched.services.contacts.suppression import PRESS
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import (
    Channel,
    Contact,
    Delivery,
    InboxMessage,
    Item,
    ListRecipient,
    Part,
    PressAnswer,
    Workspace,
)

Row = dict[str, str]

_HEADINGS: Final = {
    "contact": N_("Who you are"),
    "agreed": N_("What you have agreed to"),
    "lists": N_("Lists that you are on, or have left"),
    "mailings": N_("What was sent to you"),
    "letters": N_("What you have written to us"),
    "invitations": N_("What you have answered to invitations"),
    "refused": N_("What is not sent to you"),
}
_NOTHING: Final = N_("Nothing.")
_ABOUT: Final = N_("What %(office)s keeps of %(address)s")


class OwnData(msgspec.Struct, frozen=True):
    """What is kept of ``address``. Moments are ISO 8601 in UTC; every other value is as it is kept."""

    office: str
    address: str
    made_at: str
    contact: list[Row]
    agreed: list[Row]
    lists: list[Row]
    mailings: list[Row]
    letters: list[Row]
    invitations: list[Row]
    refused: list[Row]

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, section) for section in _HEADINGS)


def take(installation: Installation, actor: Actor, address: str) -> OwnData:
    """For an administrator who answers a person's question. That it was taken stands in the record."""
    actor.require("administer")
    with installation.store.write(actor.workspace) as session:
        note(session, installation, actor, "contact.data_taken")
        return collect(installation, session, actor.workspace, installation.vault.blind(address), address.strip())


def collect(installation: Installation, session: Session, workspace: int, blind: str, address: str = "") -> OwnData:
    """Everything about the person ``blind``. ``address``, where whoever asks knows it; else it is looked for."""
    office = session.get_one(Workspace, workspace)
    mine = (Contact.workspace_id == workspace, Contact.world == PRESS, Contact.blind == blind)
    contact = session.scalar(select(Contact).where(*mine))
    lists, sealed = _lists(session, workspace, blind)
    if not is_address(address):
        address = installation.vault.unseal(contact.address if contact is not None else sealed)
    return OwnData(
        office.name,
        address,
        _iso(installation.now()),
        [_contact(installation, contact)] if contact is not None else [],
        [_said(said) for said in consent.history(session, contact.id)] if contact is not None else [],
        lists,
        _mailings(session, workspace, blind),
        _letters(installation, session, workspace, blind),
        _invitations(installation, session, workspace, blind),
        [{"why": why} for why in suppression.suppressed(session, workspace, PRESS, [blind]).values()],
    )


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _contact(installation: Installation, row: Contact) -> Row:
    vault = installation.vault
    return {
        "name": vault.unseal(row.name),
        "outlet": row.outlet,
        "beats": ", ".join(row.beats),
        "areas": ", ".join(row.areas),
        "language": row.language,
        "notes": vault.unseal(row.notes),
        "state": row.state,
        "since": _iso(row.since),
        "source": row.source,
        "created_at": _iso(row.created_at),
    }


def _said(said: consent.Said) -> Row:
    words = {"basis": said.basis, "list": said.list, "words": said.words, "source": said.source}
    words |= {"how": said.how, "given_on": said.given_on, "proof": said.proof}
    return {"what": said.act, "at": _iso(said.at)} | {key: value for key, value in words.items() if value}


def _lists(session: Session, workspace: int, blind: str) -> tuple[list[Row], str]:
    wanted = select(Channel.name, ListRecipient.state, ListRecipient.since, ListRecipient.source, ListRecipient.address)
    mine = (ListRecipient.workspace_id == workspace, ListRecipient.blind == blind)
    rows = session.execute(
        wanted.join(Channel, Channel.id == ListRecipient.channel_id).where(*mine).order_by(Channel.name)
    ).all()
    sealed = next((row[4] for row in rows if row[4]), "")
    return [{"list": row[0], "state": row[1], "since": _iso(row[2]), "source": row[3]} for row in rows], sealed


def _mailings(session: Session, workspace: int, blind: str) -> list[Row]:
    wanted = (
        select(Item.title, Channel.name, Part.state, Part.finished_at)
        .join(Delivery, Delivery.id == Part.delivery_id)
        .join(Item, Item.id == Delivery.item_id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(Part.role == "recipient", Part.blind == blind, Delivery.workspace_id == workspace)
    )
    rows = session.execute(wanted.order_by(Part.id)).all()
    return [{"title": r[0], "list": r[1], "state": r[2], "at": _iso(r[3]) if r[3] else ""} for r in rows]


def _letters(installation: Installation, session: Session, workspace: int, blind: str) -> list[Row]:
    vault = installation.vault
    mine = (InboxMessage.workspace_id == workspace, InboxMessage.sender_blind == blind)
    rows = session.scalars(select(InboxMessage).where(*mine).order_by(InboxMessage.at)).all()
    return [{"at": _iso(row.at), "subject": vault.unseal(row.subject), "text": vault.unseal(row.text)} for row in rows]


def _invitations(installation: Installation, session: Session, workspace: int, blind: str) -> list[Row]:
    wanted = select(PressAnswer, Item.title).join(Item, Item.id == PressAnswer.item_id)
    mine = (PressAnswer.workspace_id == workspace, PressAnswer.blind == blind)
    return [
        {"title": title, "at": _iso(row.at), "comes": "1" if row.coming else "0"}
        | {"answer": installation.vault.unseal(row.secret)}
        for row, title in session.execute(wanted.where(*mine).order_by(PressAnswer.at)).all()
    ]


def as_json(data: OwnData) -> bytes:
    return msgspec.json.format(msgspec.json.encode(data), indent=2)


def as_html(data: OwnData, language: str) -> str:
    """A page that can be read without this program: every word of it is escaped, and it loads nothing."""
    title = gettext(language, _ABOUT) % {"office": data.office, "address": data.address}
    parts = [
        Markup('<!doctype html><html lang="{}"><head><meta charset="utf-8"><title>{}</title></head><body>').format(
            language, title
        ),
        Markup("<h1>{}</h1><p>{}</p>").format(title, data.made_at),
    ]
    for section, heading in _HEADINGS.items():
        parts.append(Markup("<h2>{}</h2>").format(gettext(language, heading)))
        rows: list[Row] = getattr(data, section)
        parts += [_table(row) for row in rows] or [Markup("<p>{}</p>").format(gettext(language, _NOTHING))]
    return str(Markup("").join([*parts, Markup("</body></html>")]))


def _table(row: Row) -> Markup:
    lines = (
        Markup("<dt>{}</dt><dd>{}</dd>").format(name, Markup("<br>").join(escape(line) for line in value.splitlines()))
        for name, value in row.items()
        if value
    )
    return Markup("<dl>{}</dl>").format(Markup("").join(lines))

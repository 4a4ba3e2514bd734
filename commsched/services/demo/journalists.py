"""The demo's journalists: invented people at invented newspapers, as a district's office would know them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from commsched.core.contacts.facts import ContactIn, terms
from commsched.core.contacts.segment import Segment
from commsched.services.channels import list_editing
from commsched.services.contacts import book
from commsched.services.contacts.suppression import PRESS
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import Contact

PEOPLE: Final = """
redaktionen@almebladet.example|Nyhetsredaktionen|Almebladet||Almeby||Öppen 7–22. Helger: vänta till söndag 16.
nyheter@radioalven.example|Morgonredaktionen|Radio Älven||||
tips@storhedeposten.example|Tipsmejlen|Storhedeposten||Storhed||
maria.lindskog@almebladet.example|Maria Lindskog|Almebladet|sjukvård, äldreomsorg|Almeby||Ring hellre än mejla.
per-olof.nyberg@almebladet.example|Per-Olof Nyberg|Almebladet|politik, ekonomi|Almeby, Storhed||
sara.haddad@radioalven.example|Sara Haddad|Radio Älven|sjukvård, politik|hela regionen||Bjud in två dagar före.
johan.westin@radioalven.example|Johan Westin|Radio Älven|kollektivtrafik, miljö|hela regionen||
elina.koskinen@sisu.example|Elina Koskinen|Sisu-uutiset|politik, kultur|hela regionen|fi|
anders.brolin@storhedeposten.example|Anders Brolin|Storhedeposten|kollektivtrafik, ekonomi|Storhed||
fatima.elamin@storhedeposten.example|Fatima Elamin|Storhedeposten|sjukvård, skola|Storhed||
ledare@storhedeposten.example|Ledarredaktionen|Storhedeposten|debatt|Storhed||Debattartiklar högst 4 000 tecken.
lars.engdahl@vardfokus.example|Lars Engdahl|Vård i fokus|sjukvård|||
karin.oman@skogsbygden.example|Karin Öman|Skogsbygdens Tidning|miljö, landsbygd|Norrskog||
tove.rask@norden-press.example|Tove Rask|Norden Press|politik||en|
"""
"""Address, name, newspaper, beats, areas, language, notes."""


def furnish(installation: Installation, actor: Actor, channel: int) -> None:
    """Fill the office's contacts, some of them on its list, and a list that fills itself."""
    with installation.store.read(actor.workspace) as session:
        known = {row.blind: row.id for row in session.scalars(select(Contact).where(Contact.world == PRESS))}
    for place, line in enumerate(PEOPLE.strip().splitlines()):
        address, name, outlet, beats, areas, language, notes = line.split("|")
        person = ContactIn(address, name, outlet, terms(beats), terms(areas), language, notes)
        number = known.get(installation.vault.blind(address))
        if number is not None:
            book.change(installation, actor, PRESS, number, person)
        else:
            book.add(installation, actor, PRESS, person, (channel,) if place % 2 else ())
    list_editing.make_list(installation, actor, "Vårdreportrar", segment=Segment(beats=("sjukvård", "äldreomsorg")))

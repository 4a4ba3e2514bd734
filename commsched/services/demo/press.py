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
"""What the press has of the demo's office beside its releases: the standing press kit, and who comes to a meeting."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select

from commsched.core.content.draft import EventIn
from commsched.core.text.json_values import JsonObject
from commsched.services.demo.events import DemoOffice
from commsched.services.kernel.context import Installation
from commsched.services.press import answers, standing
from commsched.services.press.answers import Reply
from commsched.services.press.standing import Wish
from commsched.store.models import Item, Revision

_PEOPLE: Final = (
    Wish(
        "Jonas Ahlmarker",
        "gruppledare i regionfullmäktige",
        "Född 1974 och uppvuxen i Storhede. Undersköterska i botten, i regionfullmäktige sedan 2014 och gruppledare"
        " sedan 2022. Arbetar mest med vårdens tillgänglighet.",
    ),
    Wish(
        "Maj-Britt Ståhlhammar",
        "ledamot i kollektivtrafiknämnden",
        "Född 1961, bor i Kvarnsele. Har kört linjebuss i tjugo år och sitter i nämnden sedan 2018.",
    ),
)
_PORTRAITS: Final = ("hall", "bus")
_ANSWERS: Final = (
    Reply(True, "Åsa Lindqvist", "Storhedeposten", "asa@storhedeposten.example", "070-174 06 71", "Jonas, 11.00"),
    Reply(True, "Mikael Öberg", "Radio Mellanälven", "mikael@radio.example", "", "Direktsändning 10.45 om det går"),
    Reply(False, "Redaktionen", "Kvarnsele Allehanda", "redaktion@allehanda.example", "", "Ring oss gärna efteråt."),
)


def event(said: JsonObject, day: date) -> EventIn:
    """The event of an invitation that goes out on ``day``."""
    held = day + timedelta(days=said["days"])
    return EventIn(
        starts=f"{held.isoformat()}T{said['at']}",
        ends=f"{held.isoformat()}T{said['ends']}",
        place=said["place"],
        address=said["address"],
        people=said["people"],
        reply_by=f"{(day + timedelta(days=said['reply'])).isoformat()}T16:00",
    )


def furnish(then: Installation, place: DemoOffice, pictures: Mapping[tuple[str, str], int]) -> None:
    """The people of the press kit, and the answers to the invitation."""
    for wish, key in zip(_PEOPLE, _PORTRAITS, strict=True):
        whole = Wish(wish.name, wish.role, wish.biography, pictures["", key])
        standing.save(then, place.writer.actor, whole)
    with then.store.read(place.writer.actor.workspace) as session:
        rows = session.execute(
            select(Item.uid, Revision).join(Revision, Revision.id == Item.revision_id).where(Item.state == "published")
        ).all()
        uids = [uid for uid, revision in rows if revision.parsed().event is not None]
    for uid in uids:
        invitation = answers.of_item(then, place.writer.actor.workspace, uid)
        for reply in _ANSWERS:
            answers.give(then, invitation, reply)

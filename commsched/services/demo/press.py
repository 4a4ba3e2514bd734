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

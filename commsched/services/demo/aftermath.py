"""What came of the demo's releases: who opened their pages, what was taken from them, and what the press wrote."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from commsched.core.timing.wall_time import zone_of
from commsched.services.demo.events import DemoOffice
from commsched.services.kernel.context import Installation
from commsched.services.press import coverage
from commsched.services.press.coverage import ArticleIn
from commsched.store.models import Delivery, Item, Visits

_PAGE: Final = (41, 63, 22, 12, 8, 5, 4, 3, 3, 2)
"""How often a page is opened, day by day from when it went out."""
_TAKEN: Final = (("picture", 6), ("kit", 3), ("pdf", 4), ("text", 2))
_ARTICLES: Final = (
    (
        "budget",
        1,
        "https://almebladet.example/nyheter/fast-lakare-till-alla-over-75",
        "Almebladet",
        "positive",
        "Ljungpartiet lovar fast läkare till alla över 75",
        "Uppslag. Jonas citeras tre gånger.",
    ),
    (
        "budget",
        1,
        "https://radioalven.example/inslag/4471",
        "Radio Älven",
        "neutral",
        "Oppositionens budget: så vill de korta köerna",
        "Inslag i morgonsändningen, 2 minuter.",
    ),
    (
        "budget",
        2,
        "https://storhedeposten.example/ledare/ofinansierat-lofte",
        "Storhedeposten",
        "negative",
        "Ledare: Ett löfte utan pengar",
        "De har fel siffra för 2027. Vi har mejlat.",
    ),
    (
        "förlossningen",
        1,
        "https://almebladet.example/nyheter/besked-kravs-om-forlossningen",
        "Almebladet",
        "positive",
        "Krav på besked om förlossningen i Kvarnsele",
        "",
    ),
)  # release, days after, link, outlet, tone, headline, note


def come(installation: Installation, place: DemoOffice, now: datetime) -> None:
    """Let readers come and articles be noted."""
    actor = place.writer.actor
    with installation.store.read(actor.workspace) as session:
        out = select(Item.id, Item.title, Delivery.published_at).join(Delivery, Delivery.item_id == Item.id)
        out = out.where(Item.kind == "release", Delivery.channel_id == place.channels["news"])
        releases = [(row[0], row[1], row[2]) for row in session.execute(out) if row[2] is not None]
    with installation.store.write(actor.workspace) as session:
        for turn, (number, _title, at) in enumerate(releases):
            session.add_all(_visits(actor.workspace, number, at.astimezone(zone_of(place.zone)), now, turn))
    for word, days, link, outlet, tone, title, words in _ARTICLES:
        for number, name, at in releases:
            when = at + timedelta(days=days, hours=2)
            if word in name.casefold() and when < now:
                day = when.astimezone(zone_of(place.zone)).date().isoformat()
                coverage.add(installation, actor, number, ArticleIn(link, outlet, title, tone, day, words))


def _visits(workspace: int, item: int, first: datetime, now: datetime, turn: int) -> list[Visits]:
    moments = [first + timedelta(days=n) for n in range(len(_PAGE))]
    days = [moment.date().isoformat() for moment in moments if moment <= now]
    kept = [(day, "page", count + turn * 3) for day, count in zip(days, _PAGE, strict=False)]
    kept += [(days[0], what, count + turn) for what, count in _TAKEN]
    return [Visits(workspace_id=workspace, item_id=item, day=day, what=what, count=count) for day, what, count in kept]

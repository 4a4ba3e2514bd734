# ruff: noqa: E501  (lines of HTML stay whole)
"""The calendar's weeks with a thousand posts: our page beside a plain ORM version of it, and beside the floor.

``python -m bench.calendar [--posts 1000] [--rounds 7] [--pages 12]``

All three say the same about the same rows and are asked for in the same process, a few pages of each in turn, so that
a busy machine slows them alike: trust the ratios. *Ours* is the whole request: session, authoriser, stamp, page.
*ORM* is the same request written plainly: entities with ``selectinload``, chips by a Jinja macro. *Floor* is
``sqlite3`` and f-strings with nothing around them. None compresses, except where the table says so.
"""

from __future__ import annotations

import argparse
import gzip
import re
import sqlite3
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import event, insert, select
from sqlalchemy.orm import Session, foreign, relationship, selectinload
from werkzeug.test import EnvironBuilder

from commsched.bootstrap import open_installation
from commsched.core.access.routes import allow
from commsched.core.timing import dates
from commsched.services.accounts import people
from commsched.services.accounts.sessions import sign_in
from commsched.services.kernel.context import Installation
from commsched.services.views import calendar
from commsched.store.models import Channel, Delivery, Item, Media, PictureUse, Revision
from commsched.web.app import create_app
from commsched.web.calendar import chips, filters
from commsched.web.calendar import routes as pages
from commsched.web.calendar.span import span
from commsched.web.http import i18n, request_context
from commsched.web.http.badges import STATES as BADGES

NOW = datetime(2026, 11, 12, 9, 3, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Stockholm")
CHANNELS = 20
MINUTES = 6 * 7 * 24 * 60
"""The page's five weeks, and the one before, which it tells as dots."""
STATES = ("published",) * 4 + ("scheduled",) * 4 + ("draft", "in_review", "approved", "held")
SUBJECTS = (
    "Fler turer på linje",
    "Ny läkarmottagning i",
    "Debatt: rädda nattbussen till",
    "Öppet möte i",
    "Så röstade vi om",
)
PLACES = ("Älvmo", "Storhede", "Kvarnsele", "Björkåsa", "Almekulla")


class Still:
    """A clock that stands, so that every page is of the same moment."""

    def now(self) -> datetime:
        return NOW


def furnish(installation: Installation, posts: int) -> int:
    """An office with ``posts`` posts in six weeks, two deliveries each, over twenty channels."""
    place, person = people.create_workspace(
        installation, "Mätgruppen", "m@example.org", "mätningens lösenord", slug="m"
    )
    kinds = ("sandbox", "newsroom", "folder")
    with installation.store.write(place.id) as session:
        rows = [
            {
                "workspace_id": place.id,
                "platform": kinds[n % 3],
                "name": f"Kanal {n + 1}",
                "created_at": NOW,
                "settings": {},
                "facts": {},
                "policy": {},
            }
            for n in range(CHANNELS)
        ]
        session.execute(insert(Channel), rows)
    start = datetime(2026, 11, 2, 0, 0, tzinfo=ZONE)
    items, revisions, deliveries = [], [], []
    for n in range(posts):
        at = (start + timedelta(minutes=n * MINUTES // posts)).astimezone(UTC)
        one, other = n % CHANNELS + 1, (n * 7 + 3) % CHANNELS + 1
        title = f"{SUBJECTS[n % 5]} {PLACES[n * 3 % 5]} & andra nyheter nummer {n}"
        body = f'{{"channels":[{{"channel":{one}}}],"text":"{title}. {"Mer text. " * 40}"}}'.encode()
        items.append(
            {
                "id": n + 1,
                "uid": uuid.uuid4().hex,
                "workspace_id": place.id,
                "kind": "post",
                "title": title,
                "state": STATES[n % len(STATES)],
                "author_id": person.id,
                "revision_id": n + 1,
                "version": 1,
                "publish_at": at,
                "latest_at": at + timedelta(hours=2),
                "created_at": NOW,
                "updated_at": NOW,
                "search": title.casefold() * 8,
                "channels": f",{one},{other},",
                "policy": {},
            }
        )
        revisions.append(
            {
                "id": n + 1,
                "workspace_id": place.id,
                "item_id": n + 1,
                "number": 1,
                "content": body,
                "hash": "0" * 64,
                "sources": [],
                "created_at": NOW,
            }
        )
        deliveries += [
            {
                "uid": uuid.uuid4().hex,
                "workspace_id": place.id,
                "item_id": n + 1,
                "revision_id": n + 1,
                "channel_id": channel,
                "due_at": at,
                "latest_at": at,
                "created_at": NOW,
            }
            for channel in (one, other)
        ]
    with installation.store.write(place.id) as session:
        for table, some in ((Item, items), (Revision, revisions), (Delivery, deliveries)):
            session.execute(insert(table), some)
    return place.id


# -- the plain ORM version ------------------------------------------------------------------------------------------

CHIP = """{% macro chip(row, base) %}{% set look = STATES[row.shown] %}{% set word = said(look.word) %}<li class="ev is-{{ look.tone }}{{ ' quiet' if
 row.shown in QUIET }}"><a class=ev-a href="{{ base }}/items/{{ row.id }}" id=i{{ row.id }}>{% if row.picture %}<img class=ev-p
 src="{{ base }}/pictures/{{ row.picture }}?small=1" alt loading=lazy>{% endif %}<span class=ev-l title="{{ word }}"><svg class=ev-i
 aria-hidden=true><use href="#s-{{ row.shown }}"/></svg><time>{{ row.wall.strftime('%H:%M') }}</time> <span
 class=nets>{% for d in row.deliveries %}<svg role=img><title>{{ d.channel.name }}</title><use href="#n-{{ d.channel.id }}"/></svg>{% endfor %}</span> <span
 class=ev-t id=t{{ row.id }}>{{ row.title or _("Untitled") }}</span></span><span class=ev-s>{{ word }}</span>{% if row.near %}<span class=ev-c title="{{ _('Within an hour of another post in the same channel') }}"><svg
 aria-hidden=true><use href="#s-alert"/></svg>{{ _("Too close") }}</span>{% endif %}</a>{% if row.moves %}<a class=ev-m
 href="{{ base }}/calendar/{{ row.id }}/move" aria-label="{{ _('Move …') }}" aria-describedby=t{{ row.id }}></a>{% endif %}</li>{% endmacro %}"""


def add_plain(app: Flask, installation: Installation) -> None:
    """The page as one writes it first: entities, relations loaded with them, a macro for each chip."""
    Item.deliveries = relationship(Delivery, primaryjoin=foreign(Delivery.item_id) == Item.id, order_by=Delivery.id)  # type: ignore[attr-defined]
    Delivery.channel = relationship(Channel, primaryjoin=foreign(Delivery.channel_id) == Channel.id, viewonly=True)  # type: ignore[attr-defined]
    macro = app.jinja_env.from_string(CHIP)

    @allow("read")
    def plain() -> str:
        today = dates.local(NOW, "Europe/Stockholm")
        shown = span("month", today.date(), "Europe/Stockholm", today.date())
        wanted = calendar.CalendarFilter()
        with installation.store.read(request_context.actor().workspace) as session:
            found = session.scalars(
                select(Item)
                .where(Item.publish_at >= shown.start, Item.publish_at < shown.end, Item.state != "cancelled")
                .order_by(Item.publish_at, Item.id)
                .options(selectinload(Item.deliveries).selectinload(Delivery.channel))  # type: ignore[attr-defined]
            ).all()
            channels = {row.id: (row.name, row.platform, row.state) for row in session.scalars(select(Channel))}
            near = _near(found)
            pictures = _pictures(session, [row.revision_id for row in found])
            draw = macro.make_module({"said": i18n.translated, "QUIET": chips.QUIET}).chip  # type: ignore[attr-defined]
            placed = []
            for row in found:
                row.wall, row.shown = row.publish_at.astimezone(ZONE), row.state
                row.picture = pictures.get(row.revision_id, "")
                row.moves, row.near = row.state not in calendar.FIXED, row.id in near
                quiet = row.shown in chips.QUIET
                placed.append(chips.Placed(row.wall, str(draw(row, "/w/m")), BADGES[row.shown].tone, quiet))
            around = calendar.Around(
                channels,
                {m.person_id: m.person.name for m in people.members(installation, request_context.actor().workspace)},
            )
            days = pages._days(shown, placed, today)
            return request_context.page(
                "calendar/month.html",
                address=filters.Address(shown, wanted),
                span=shown,
                wanted=wanted,
                around=around,
                narrow=filters,
                days=days[7:],
                before=days[:7],
                strip=pages._strip(days, today.date()),
                total=len(found),
                join=pages._join,
                SHOWN=pages.SHOWN,
                loose=[],
                sprite=chips.sprite(around),
                close=[],
                closes=0,
                today=today,
                week=dates.week,
                dates=dates,
            )

    app.add_url_rule("/w/<slug>/plain", "calendar.plain", plain)


def _pictures(session: Session, revisions: list[int | None]) -> dict[int, str]:
    uses = select(PictureUse.revision_id, Media.sha256).join(Media, Media.id == PictureUse.media_id)
    return {row[0]: row[1] for row in session.execute(uses.where(PictureUse.revision_id.in_(revisions)))}


def _near(found: Any) -> set[int]:
    last: dict[int, Any] = {}
    near = set()
    for row in found:
        for delivery in row.deliveries:
            before = last.get(delivery.channel.id)
            if (
                before is not None
                and row.publish_at - before.publish_at < timedelta(hours=1)
                and row.publish_at > NOW
                and row.state not in calendar.FIXED
            ):
                near |= {one.id for one in (before, row) if one.state not in calendar.FIXED}
            last[delivery.channel.id] = row
    return near


# -- the floor --------------------------------------------------------------------------------------------------------


def floor(path: Path, shell: str, looks: dict[str, tuple[str, str, str]], start: int, end: int) -> Callable[[], bytes]:
    """Raw SQL and string formatting: the same chips between the same head and foot, and nothing else."""
    connection = sqlite3.connect(path)
    head, foot = shell.split("<!--days-->")
    sql = """SELECT i.id, i.publish_at, i.state, i.title, d.channel_id, c.name FROM item i
             JOIN delivery d ON d.item_id = i.id JOIN channel c ON c.id = d.channel_id
             WHERE i.workspace_id = 1 AND i.publish_at >= ? AND i.publish_at < ? AND i.state != 'cancelled'
             ORDER BY i.publish_at, i.id, d.id"""

    def page() -> bytes:
        found: dict[int, tuple[Any, list[str]]] = {}
        for row in connection.execute(sql, (start, end)):
            net = f'<svg role=img><title>{row[5]}</title><use href="#n-{row[4]}"/></svg>'
            if row[0] in found:
                found[row[0]][1].append(net)
            else:
                found[row[0]] = (row, [net])
        parts = [head]
        for number, (row, nets) in found.items():
            wall = datetime.fromtimestamp(row[1] // 1_000_000, ZONE)
            tone, drawn, word = looks[row[2]]
            moves = row[2] not in calendar.FIXED
            quiet = " quiet" if row[2] in chips.QUIET else ""
            parts.append(
                f'<li class="ev is-{tone}{quiet}"><a class=ev-a href="/w/m/items/{number}" id=i{number}>'
                f'<span class=ev-l title="{word}"><svg class=ev-i aria-hidden=true><use href="#s-{drawn}"/></svg>'
                f"<time>{wall:%H:%M}</time> <span class=nets>{''.join(nets)}</span> <span class=ev-t id=t{number}>"
                f"{escape(row[3])}</span></span><span class=ev-s>{word}</span></a>"
            )
            if moves:
                parts.append(
                    f'<a class=ev-m href="/w/m/calendar/{number}/move" aria-label="Flytta …" aria-describedby=t{number}></a>'
                )
            parts.append("</li>")
        return "".join([*parts, foot]).encode()

    return page


# -- measuring --------------------------------------------------------------------------------------------------------


def cpu(work: Callable[[], object], times: int) -> float:
    """CPU milliseconds of one call."""
    before = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - before) * 1000 / times


def measure(works: dict[str, Callable[[], object]], rounds: int, times: int) -> dict[str, float]:
    """The median of ``rounds``, all of them in turn in each."""
    for work in works.values():
        work()
    seen: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            seen[name].append(cpu(work, times))
    return {name: statistics.median(values) for name, values in seen.items()}


class Counter:
    """Statements that read or write, as the driver gets them."""

    def __init__(self, installation: Installation) -> None:
        self.number = 0
        event.listen(installation.store.engine, "before_cursor_execute", self._count)

    def _count(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self.number += not statement.startswith(("BEGIN", "PRAGMA"))


def run(posts: int, rounds: int, times: int) -> dict[str, float]:
    """Everything the table shows."""
    with tempfile.TemporaryDirectory() as folder:
        installation = open_installation(folder, clock=Still())
        furnish(installation, posts)
        app = create_app(installation)
        add_plain(app, installation)
        client = app.test_client()
        client.set_cookie("session", sign_in(installation, "m@example.org", "mätningens lösenord"))
        figures = _figures(app, client, installation, rounds, times)
        installation.store.close()
        return figures


def _figures(app: Flask, client: Any, installation: Installation, rounds: int, times: int) -> dict[str, float]:
    def get(path: str, status: int = 200, **headers: str) -> Any:
        given = client.get(path, headers=headers)
        assert given.status_code == status, (path, given.status_code)
        return given

    def call(path: str, **headers: str) -> Callable[[], object]:
        """The request as the server hands it to the app, without a test client's own work."""
        built = EnvironBuilder(
            path, headers={"Cookie": f"session={client.get_cookie('session').value}"} | headers
        ).get_environ()
        return lambda: b"".join(app.wsgi_app(dict(built), lambda _status, _headers, _error=None: lambda _data: None))

    ours, month = "/w/m/calendar/", span("month", NOW.date(), "Europe/Stockholm", NOW.date())
    first = get(ours)
    etag = first.headers["ETag"]
    get(ours, 304, **{"If-None-Match": etag})
    pairs = zip(_chips(first.text), _chips(get("/w/m/plain").text), strict=True)
    differ = [(mine, plain) for mine, plain in pairs if mine != plain]
    assert not differ, f"the two pages must say the same: {differ[0]}"
    counter = Counter(installation)
    get(ours)
    statements, counter.number = counter.number, 0
    get("/w/m/plain")
    plain_statements, counter.number = counter.number, 0
    get(ours, 304, **{"If-None-Match": etag})
    same_statements = counter.number
    packed = get(ours, **{"Accept-Encoding": "gzip"})
    with app.test_request_context():
        looks = chips.Chips(calendar.Around({}, {}), ZONE, "", True).looks
    shell = re.sub(r'(?s)(<div class="month">).*(</div>\s*<p class="cal-foot)', r"\1<!--days-->\2", first.text)
    micros = [int(moment.timestamp() * 1_000_000) for moment in (month.start, month.end)]
    lowest = floor(installation.home / "commsched.db", shell, looks, *micros)
    times_cpu = measure(
        {
            "ours": call(ours),
            "orm": call("/w/m/plain"),
            "floor": lowest,
            "packed": call(ours, **{"Accept-Encoding": "gzip"}),
            "304": call(ours, **{"If-None-Match": etag}),
        },
        rounds,
        times,
    )
    return times_cpu | {
        "sql": statements,
        "orm_sql": plain_statements,
        "304_sql": same_statements,
        "kb": len(first.data) / 1024,
        "gz_kb": len(packed.data) / 1024,
        "whole": len(gzip.decompress(packed.data)) == len(first.data),
        "times_orm": times_cpu["orm"] / times_cpu["ours"],
        "times_floor": times_cpu["ours"] / times_cpu["floor"],
    }


def _chips(html: str) -> list[str]:
    """What the chips of a page say, whatever their line breaks."""
    return ["".join(one.split()) for one in re.findall(r'(?s)<li class="ev .*?</li>', html)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pages", type=int, default=12)
    given = parser.parse_args()
    got = run(given.posts, given.rounds, given.pages)
    print(
        f"Six weeks with {given.posts} posts, {2 * given.posts} deliveries, {CHANNELS} channels; CPU ms a page, one core\n"
    )
    print("| page | CPU ms | pages/s | SQL |\n|---|---|---|---|")
    for name, key, sql in (
        ("ours", "ours", got["sql"]),
        ("ours, compressed", "packed", got["sql"]),
        ("plain ORM (selectinload)", "orm", got["orm_sql"]),
        ("raw sqlite3 and f-strings", "floor", 1),
        ("ours, unchanged (304)", "304", got["304_sql"]),
    ):
        print(f"| {name} | {got[key]:.2f} | {1000 / got[key]:.0f} | {sql:.0f} |")
    print(
        f"\n{got['times_orm']:.1f} times the ORM page (goal: at least 3) · {got['times_floor']:.1f} times the floor's time "
        f"(goal: under 4) · {got['kb']:.0f} KB, {got['gz_kb']:.0f} KB compressed (goal: at most 60)"
    )


if __name__ == "__main__":
    main()

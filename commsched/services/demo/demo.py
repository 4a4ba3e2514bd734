"""The demo: an invented office with a month behind it and a month ahead, made by the same use cases that people use.

Its past is lived through, one event after the other, on a clock that is set: written, approved, sent by the real
courier. So its record, decisions and attempts are what they would have been, and ``doctor`` has nothing to say.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Final

import msgspec
from sqlalchemy import delete, event, select, update
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session

from commsched.core.content.draft import ContactIn, DraftIn, QuoteIn, SourceIn, VersionIn
from commsched.core.content.mentions import entry_of
from commsched.core.platform.contract import Account
from commsched.core.text.json_values import JsonObject
from commsched.core.text.messages import N_, Conflict
from commsched.core.timing.dates import long_day
from commsched.core.timing.wall_time import zone_of
from commsched.images.tools.sketch import sketch
from commsched.services.accounts import last_office, people
from commsched.services.contacts import lists
from commsched.services.demo import aftermath, documents, events, journalists, letters, mail_servers, press
from commsched.services.demo.events import DemoOffice, DemoPerson, Past, PlannedItem
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.channel_context import make_context
from commsched.services.kernel.context import Actor, Installation
from commsched.services.media import library
from commsched.services.subscriptions import offers
from commsched.services.subscriptions.offers import Offer, Offers
from commsched.services.upkeep.calling import PRETENDED
from commsched.services.workflow import approve, editing
from commsched.store.models import Channel, Delivery, Item, Notice, Workspace
from commsched.store.models import Person as PersonRow
from commsched.store.session import EVERY_WORKSPACE

PASSWORD: Final = "prova-lugnt"  # noqa: S105 (printed for everybody: nothing in the office is real)
LEADER: Final = "gruppledare för Ljungpartiet"
ABOUT: Final = (
    "Ljungpartiet är ett regionparti i Mellanälven med sju ledamöter i regionfullmäktige. Vi arbetar för vård nära "
    "hemmet, hållbara arbetsvillkor och kollektivtrafik i hela länet."
)
SOON: Final = timedelta(seconds=75)
"""How long after the start something goes out, so that one can watch."""
BORN: Final = timedelta(days=45)
"""How long ago the office was founded."""

_OFFERED: Final = {
    "Presslistan": ("Pressmeddelanden", "Allt vi skickar till pressen, ungefär en gång i veckan."),
    "Lokalredaktionerna": ("Nytt från kommunerna", "Det som rör en enda kommun, några gånger i månaden."),
}
"""What the lists are called where people subscribe, and what comes by them."""
_CHANNELS: Final[tuple[tuple[str, str, str, dict[str, str], dict[str, str]], ...]] = (
    ("wall", "sandbox", "Väggen", {"readers": "1"}, {}),
    ("news", "newsroom", "Pressrummet", {}, {}),
    ("folder", "folder", "Arkivmappen", {}, {}),
    (
        "press",
        "presslist",
        "Presslistan",
        {},
        {
            "addresses": "redaktionen@almebladet.example\nnyheter@radioalven.example\ntips@storhedeposten.example",
        },
    ),
    (
        "local",
        "presslist",
        "Lokalredaktionerna",
        {},
        {
            "addresses": "nyheter@radioalven.example\nkvarnsele@almebladet.example\nlokalt@storhedeposten.example\n"
            "red@fjallbygden.example\nnyhetschefen@svbygd.example\np4@alvdalsradion.example",
        },
    ),
    ("trouble", "sandbox", "Krånglande väggen", {"behaviour": "needs a person"}, {}),
    (
        "x",
        "x",
        "X",
        {"base_url": "https://api.x.example"},
        {
            "api_key": "demo",
            "api_secret": "demo",
            "access_token": "demo",
            "access_secret": "demo",
        },
    ),
)
_PRETENDED: Final = {"x": Account(PRETENDED, "@ljungpartiet", "")}
"""Invented accounts on real platforms, to write and preview for. The demo schedules nothing to them. Their servers do
not exist, so a post that a person sends there fails with an error."""
_DATE: Final = re.compile(r"\{([+-]\d+)\}")


class NotADemo(Conflict):
    """The home holds a real office, which the demo never touches."""

    code = "not-a-demo"


class SignInInfo(msgspec.Struct, frozen=True):
    """How one of the demo's people signs in."""

    name: str
    title: str
    role: str
    email: str
    password: str


class DemoInfo(msgspec.Struct, frozen=True):
    """What the command prints when the demo has started."""

    slug: str
    name: str
    people: tuple[SignInInfo, ...]
    soon: datetime
    """When something goes out, to be watched, by the office's own clock: the one its pages show."""


Pictures = dict[tuple[str, str], int]
"""Picture ids by office (empty for the first one, ``other``) and by their key in the script."""


def furnish(installation: Installation) -> DemoInfo:
    """Make the demo's office, unless it is there already; either way something goes out in about a minute.

    Raises :class:`NotADemo` where the store holds an office that is not a demo.
    """
    said = tomllib.loads((files("commsched.services.demo") / "demo.toml").read_text("utf-8"))
    with installation.store.read(EVERY_WORKSPACE) as session:
        workspaces = list(session.scalars(select(Workspace)))
    if any(not place.is_demo for place in workspaces):
        raise NotADemo(N_("This home holds a real office. The demo needs a home of its own."))
    if not any(place.slug == said["office"]["slug"] for place in workspaces):
        _found(installation, said)
    return _info(said, _soon(installation, said))


def _info(said: JsonObject, soon: datetime) -> DemoInfo:
    known = tuple(SignInInfo(p["name"], p["title"], p["role"], p["email"], PASSWORD) for p in said["people"])
    return DemoInfo(said["office"]["slug"], said["office"]["name"], known, soon)


def _found(installation: Installation, said: JsonObject) -> None:
    """Both offices, their people and channels, and everything that has happened since."""
    now = installation.now()
    past = Past(now - BORN)
    then = msgspec.structs.replace(installation, clock=past, wake=lambda: None)
    hurry = _hurry(installation)
    try:
        main = _place(then, said, "name", "slug")
        other = _place(then, said, "district", "district_slug")
        for person in (main.writer, main.leader):
            last_office.choose_office(then, person.actor.person or 0, said["office"]["slug"])
        pictures = _pictures(then, main, said, "") | _pictures(then, other, said, "other")
        attached = documents.furnish(then, main.writer.actor)
        plans = [_plan(main, entry, now, pictures, "", attached) for entry in said["items"]]
        plans += [_plan(other, entry, now, pictures, "other") for entry in said["district"]]
        mails = letters.happenings(then, main, now)
        events.live(then, past, [plan for plan in plans if plan], now, mails)
        press.furnish(then, main, pictures)
        aftermath.come(installation, main, now)
        mail_servers.furnish(installation, main.writer.actor, main.channels["press"])
        _forget_mail(installation, now)
    finally:
        hurry()


def _hurry(installation: Installation) -> Callable[[], None]:
    """Two months in a second: while they are made up, nothing waits for the disk. Returns what ends the hurry."""
    if not installation.store.is_sqlite:
        return lambda: None

    def quick(connection: DBAPIConnection, _record: object) -> None:
        connection.cursor().execute("PRAGMA synchronous=OFF")

    event.listen(installation.store.engine, "connect", quick)
    installation.store.engine.dispose()

    def end() -> None:
        event.remove(installation.store.engine, "connect", quick)
        installation.store.engine.dispose()

    return end


# -- the offices ----------------------------------------------------------------------------------------------------


def _place(installation: Installation, said: JsonObject, name: str, slug: str) -> DemoOffice:
    """One workspace with its people and channels."""
    first, second = said["people"]
    title, short = said["office"][name], said["office"][slug]
    workspace, writer = people.create_workspace(
        installation, title, first["email"], PASSWORD, person_name=first["name"], slug=short, is_demo=True
    )
    founder = Actor(writer.id, first["name"], workspace.id, "administrator")
    invited = people.add_person(
        installation, founder, second["email"], second["role"], name=second["name"], password=PASSWORD
    )
    facts = {"about": said["office"]["about"], "press_contact": said["office"]["contact"]}
    book = [entry_of(each["name"], each) for each in said["office"]["mentions"]]
    facts |= {"mentions": [msgspec.to_builtins(entry) for entry in book], "hashtags": said["office"]["hashtags"]}
    facts |= {"watch": {"words": ["idiot", "förrädare"], "hours": 12, "days": 90}}
    with installation.store.write(workspace.id) as session:
        session.execute(update(Workspace).where(Workspace.id == workspace.id).values(settings=facts))
        numbers = {channel[0]: _channel(installation, session, founder, short, *channel[1:]) for channel in _CHANNELS}
    leader = Actor(invited.person.id, second["name"], workspace.id, second["role"])
    if name == "name":
        journalists.furnish(installation, founder, numbers["press"])
    return DemoOffice(workspace.zone, DemoPerson(founder), DemoPerson(leader), numbers)


def _channel(
    installation: Installation,
    session: Session,
    actor: Actor,
    place: str,
    platform: str,
    name: str,
    settings: dict[str, str],
    secrets: dict[str, str],
) -> int:
    row = Channel(
        workspace_id=actor.workspace,
        platform=platform,
        name=name,
        settings=settings,
        secrets=installation.vault.seal_map({key: value for key, value in secrets.items() if key != lists.LIST}),
        created_at=installation.now(),
        checked_at=installation.now(),
    )
    session.add(row)
    session.flush()
    context = make_context(
        installation, platform=row.platform, workspace=place, channel=row.id, settings=settings, secrets=secrets
    )
    account = _PRETENDED.get(platform) or installation.platform(platform).connect(context)
    row.account, row.account_name, row.account_url, row.facts = account.id, account.name, account.url, account.facts
    if lists.LIST in secrets:
        people = lists.seal(installation, secrets[lists.LIST])
        row.list_digest = lists.keep(installation, session, row.id, actor.workspace, people, "pasted")
        office = session.get_one(Workspace, actor.workspace)
        opened = (*offers.of(office.settings).lists, Offer(row.id, *_OFFERED[name]))
        office.settings = office.settings | {offers.KEY: msgspec.to_builtins(Offers(opened))}
    note(session, installation, actor, "channel.connected", channel=row.id, name=name, platform=platform)
    return row.id


def _pictures(installation: Installation, place: DemoOffice, said: JsonObject, kind: str) -> Pictures:
    numbers = {}
    for picture in said["pictures"]:
        taken = library.add(
            installation, place.writer.actor, sketch(picture["key"]), picture["file"], picture["alt"], "Ljungpartiet"
        )
        numbers[kind, picture["key"]] = taken.media.id
    return numbers


# -- what is said ---------------------------------------------------------------------------------------------------


def _plan(
    place: DemoOffice,
    entry: JsonObject,
    now: datetime,
    pictures: Pictures,
    kind: str,
    attached: Mapping[str, int] | None = None,
) -> PlannedItem:
    at = _moment(place, entry, now)
    state = entry.get("state") or ("published" if at and at <= now - timedelta(minutes=1) else "scheduled")
    if state == "draft" and at and at <= now:
        at = None
    draft = _draft(place, entry, at or now, pictures, kind, timed=at is not None)
    draft.documents = [(attached or {})[key] for key in entry.get("documents", [])]
    return PlannedItem(
        place,
        draft,
        at,
        state,
        entry.get("comment", ""),
    )


def _moment(place: DemoOffice, entry: JsonObject, now: datetime) -> datetime | None:
    """When it goes out: on a weekday some weeks from now, or some days or hours from now."""
    local = now.astimezone(zone_of(place.zone))
    if "hours" in entry:
        return (now + timedelta(hours=entry["hours"])).replace(second=0, microsecond=0)
    if "week" in entry:
        day = local.date() + timedelta(weeks=entry["week"], days=entry["day"] - local.isoweekday())
    elif "in_days" in entry:
        day = local.date() + timedelta(days=entry["in_days"])
    else:
        return None
    hour, minute = map(int, entry["at"].split(":"))
    wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone_of(place.zone))
    return wall.astimezone(now.tzinfo)


def _draft(place: DemoOffice, entry: JsonObject, at: datetime, pictures: Pictures, kind: str, timed: bool) -> DraftIn:
    day = at.astimezone(zone_of(place.zone)).date()

    def put(text: str) -> str:
        return _DATE.sub(lambda match: long_day(day + timedelta(days=int(match[1])), "sv"), text.strip())

    picture = pictures.get((kind, entry.get("picture") or ""))
    release = entry.get("kind") == "release"
    return DraftIn(
        kind=entry.get("kind", "post"),
        title=entry.get("title", ""),
        text=put(entry["text"]),
        lead=put(entry.get("lead", "")),
        genre=entry.get("genre", "pressmeddelande"),
        short=put(entry.get("short", "")),
        facts=put(entry.get("facts", "")),
        quotes=[QuoteIn(text=entry["quote"], person=place.leader.actor.name, role=LEADER)]
        if entry.get("quote")
        else [],
        contacts=[_contact(place)] if release else [],
        about=ABOUT if release else "",
        versions=[msgspec.convert(version, VersionIn) for version in entry.get("versions", [])],
        channels=[place.channels[key] for key in entry["channels"]],
        media=[picture] if picture else [],
        event=press.event(entry["event"], day) if "event" in entry else None,
        sources=[_source(text) for text in entry.get("sources", [])],
        publish_at=at.isoformat() if timed else None,
    )


def _contact(place: DemoOffice) -> ContactIn:
    email = "elin@ljungpartiet.example"
    return ContactIn(
        name=place.writer.actor.name, role="kanslist", phone="070-174 06 33", email=email, hours="vardagar 8–17"
    )


def _source(text: str) -> SourceIn:
    return SourceIn(url=text) if text.startswith("https://") else SourceIn(text=text)


# -- now ------------------------------------------------------------------------------------------------------------


def _soon(installation: Installation, said: JsonObject) -> datetime:
    """Something that goes out in about a minute; on a second start too, unless one is on its way already."""
    now = installation.now()
    slug, (writer, leader) = said["office"]["slug"], said["people"]
    with installation.store.read(EVERY_WORKSPACE) as session:
        place = session.scalars(select(Workspace).where(Workspace.slug == slug)).one()
        rows = {row.email: row.id for row in session.scalars(select(PersonRow))}
        near = select(Delivery.due_at).where(
            Delivery.workspace_id == place.id,
            Delivery.state == "waiting",
            Delivery.due_at > now,
            Delivery.due_at <= now + 2 * SOON,
        )
        already = session.scalar(near.order_by(Delivery.due_at).limit(1))
        channels = {
            row.name: row.id for row in session.scalars(select(Channel).where(Channel.workspace_id == place.id))
        }
        count = len(list(session.scalars(select(Item.id).where(Item.workspace_id == place.id))))
    local = zone_of(place.zone)
    if already is not None or place.paused_at is not None:
        return (already or now).astimezone(local)
    entry = dict(said["soon"][count % len(said["soon"])])
    first, second = (DemoPerson(Actor(rows[p["email"]], p["name"], place.id, p["role"])) for p in (writer, leader))
    setting = DemoOffice(place.zone, first, second, {"wall": channels["Väggen"], "folder": channels["Arkivmappen"]})
    at = now + SOON
    draft = _draft(setting, entry | {"channels": ["wall", "folder"], "picture": None}, at, {}, "", timed=True)
    item = editing.create(installation, setting.writer.actor, draft)
    approve.submit(installation, setting.writer.actor, item, then_schedule=True)
    events.say_yes(installation, setting.leader.actor, item)
    return at.astimezone(local)


def _forget_mail(installation: Installation, now: datetime) -> None:
    """The past's letters were read long ago. Those that still ask for something are sent when the engine starts."""
    asking = select(Item.id).where(Item.state == "in_review")
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(delete(Notice).where(Notice.item_id.is_(None) | Notice.item_id.not_in(asking)))
        session.execute(update(Notice).values(next_at=now))

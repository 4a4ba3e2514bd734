"""Press contacts and lists over the API."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from flask import request

from commsched.api import bodies
from commsched.api.problems import Stale
from commsched.api.routing import ID, Paged, Param, actor, installation, number, page, route, section
from commsched.core.contacts.facts import MOST_NOTES, MOST_TERMS, ContactIn, terms_of
from commsched.core.contacts.segment import Segment, segment_of
from commsched.core.content.draft import Line
from commsched.services.channels import list_editing
from commsched.services.contacts import book, consent, search
from commsched.services.contacts.suppression import PRESS
from commsched.store.models import Channel

bp = section("contacts")
Terms = Annotated[list[Line], msgspec.Meta(max_length=MOST_TERMS)]


class ContactOut(msgspec.Struct):
    id: int
    name: str
    address: str
    outlet: str
    beats: list[str]
    areas: list[str]
    language: str
    """Which language they read; empty for the office's own."""
    state: str
    """``active``, ``unconfirmed``, ``unsubscribed`` or ``bounced``."""


class ContactDetails(ContactOut):
    notes: str
    lists: list[int]
    """The channels that write to them."""
    refused: str
    """Why nothing is sent to them, if so."""
    grounds: GroundsOut | None
    """Why they may be written to, as it stands today."""
    stamp: str
    """Another whenever anything of the above is. In If-Match it keeps a change from overwriting somebody else's."""


class GroundsBody(bodies.In):
    """Why they may be written to. A consent says when and how it was given, and to which text."""

    basis: Literal["interest", "consent"]
    words: Annotated[str, msgspec.Meta(max_length=consent.MOST_WHY)] = ""
    """Why it is their work, or the text that they said yes to."""
    how: Line = ""
    given_on: Annotated[str, msgspec.Meta(max_length=10)] = ""
    """The day, as ISO 8601 writes it."""
    proof: Line = ""
    """Where what proves it is kept."""


class GroundsOut(msgspec.Struct):
    basis: str
    words: str
    how: str
    given_on: str
    proof: str
    at: str
    """When it was written down."""
    source: str
    """By whom, or from which file."""


class ContactBody(bodies.In):
    """A journalist or a newsroom. ``lists`` are those that people fill; left out, they stay as they are. ``grounds``
    say why they may be written to; left out, a new contact rests on legitimate interest, and one that is changed on
    what stands."""

    address: Line
    name: Line = ""
    outlet: Line = ""
    beats: Terms = msgspec.field(default_factory=list)
    areas: Terms = msgspec.field(default_factory=list)
    language: Annotated[str, msgspec.Meta(max_length=8)] = ""
    notes: Annotated[str, msgspec.Meta(max_length=MOST_NOTES)] = ""
    lists: Annotated[list[int], msgspec.Meta(max_length=200)] | None = None
    grounds: GroundsBody | None = None


class SegmentOut(msgspec.Struct):
    beats: list[str]
    areas: list[str]
    languages: list[str]


class ListOut(msgspec.Struct):
    id: int
    name: str
    recipients: int
    segment: SegmentOut | None
    """Of a list that fills itself: whom it is for."""


class ListBody(bodies.In):
    """A new press list: of pasted ``addresses``, or one that fills itself, or an empty one. ``grounds`` say why those
    who are new may be written to; left out, it is legitimate interest."""

    name: Line
    addresses: Annotated[str, msgspec.Meta(max_length=4_000_000)] = ""
    beats: Terms = msgspec.field(default_factory=list)
    areas: Terms = msgspec.field(default_factory=list)
    languages: Annotated[list[Line], msgspec.Meta(max_length=20)] = msgspec.field(default_factory=list)
    grounds: GroundsBody | None = None


def _grounds(body: GroundsBody | None) -> consent.Grounds:
    return consent.Grounds(**msgspec.structs.asdict(body)) if body is not None else consent.Grounds()


def _out(person: search.Person) -> ContactOut:
    return ContactOut(
        person.id, person.name, person.address, person.outlet, person.beats, person.areas, person.language, person.state
    )


def _details(contact_id: int) -> ContactDetails:
    entry = book.entry(installation(), actor(), PRESS, contact_id)
    facts = entry.facts
    with installation().store.read(actor().workspace) as session:
        said = consent.standing_basis(session, contact_id)
    return ContactDetails(
        id=entry.row.id,
        name=facts.name,
        address=facts.address,
        outlet=facts.outlet,
        beats=list(facts.beats),
        areas=list(facts.areas),
        language=facts.language,
        state=entry.row.state,
        notes=facts.notes,
        lists=sorted(entry.on),
        refused=entry.refused,
        grounds=_said(said) if said is not None else None,
        stamp=entry.stamp,
    )


def _said(said: consent.Said) -> GroundsOut:
    at = said.at.isoformat(timespec="seconds")
    return GroundsOut(said.basis, said.words, said.how, said.given_on, said.proof, at, said.source)


def _contact(body: ContactBody) -> ContactIn:
    return ContactIn(
        address=body.address,
        name=body.name,
        outlet=body.outlet,
        beats=tuple(body.beats),
        areas=tuple(body.areas),
        language=body.language,
        notes=body.notes,
    )


def _list(channel: Channel) -> ListOut:
    segment = segment_of(channel.segment)
    shown = SegmentOut(list(segment.beats), list(segment.areas), list(segment.languages)) if segment else None
    return ListOut(channel.id, channel.name, int(channel.facts.get("recipients", 0)), shown)


@route(
    bp,
    "GET",
    "/contacts",
    "write",
    "Press contacts, by newspaper",
    answer=list[ContactOut],
    params=(
        Param("q", "Pieces of name, address or newspaper, all of which must be there."),
        Param("list", "Only those on this list.", type="integer"),
        Param("beat", "Only those who write about this."),
        Param("area", "Only those in this area."),
        Param("language", "Only those who read this language."),
        Param("state", "Only those in this state."),
    ),
    paged=True,
    errors=(422,),
)
def list_contacts() -> Paged:
    asked, query = page(), request.args
    wanted = search.Wanted(
        words=query.get("q", "")[:200],
        channel=number("list") or 0,
        beat=query.get("beat", "")[:60],
        area=query.get("area", "")[:60],
        language=query.get("language", ""),
        state=query.get("state", ""),
        after=asked.before or 0,
    )
    with installation().store.read(actor().workspace) as session:
        shown = search.look(installation(), session, int(actor().workspace), PRESS, wanted, asked.limit)
    return Paged([_out(person) for person in shown.people], shown.next or None)


@route(
    bp,
    "POST",
    "/contacts",
    "write",
    "Add a press contact; an address that is never written to is refused with the reason",
    body=ContactBody,
    answer=ContactDetails,
    status=201,
    errors=(409, 422),
)
def add_contact(body: ContactBody) -> ContactDetails:
    return _details(book.add(installation(), actor(), PRESS, _contact(body), body.lists or (), _grounds(body.grounds)))


@route(
    bp,
    "GET",
    f"/contacts/<{ID}:id>",
    "write",
    "A press contact",
    answer=ContactDetails,
    errors=(404,),
)
def get_contact(id: int) -> ContactDetails:
    return _details(id)


@route(
    bp,
    "PUT",
    f"/contacts/<{ID}:id>",
    "write",
    "Change a press contact; lists that fill themselves follow",
    body=ContactBody,
    answer=ContactDetails,
    params=(
        Param("If-Match", "The contact's stamp, as it was read. Left out, nobody's change is looked for.", "header"),
    ),
    errors=(404, 409, 412, 422),
)
def change_contact(id: int, body: ContactBody) -> ContactDetails:
    why = _grounds(body.grounds)
    if body.grounds is not None:
        consent.checked(why, installation().now().date(), actor().language)  # before anything is kept
    expected = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    try:
        book.change(installation(), actor(), PRESS, id, _contact(body), body.lists, "" if expected == "*" else expected)
    except book.Changed as error:
        raise Stale(book.entry(installation(), actor(), PRESS, id).stamp) from error
    if body.grounds is not None:
        consent.record(installation(), actor(), PRESS, id, why)
    return _details(id)


@route(
    bp,
    "POST",
    f"/contacts/<{ID}:id>/remove",
    "write",
    "Take a press contact away, from every list too, and keep nothing of it",
    body=bodies.Nothing,
    answer=list[ContactOut],
    errors=(404,),
)
def remove_contact(id: int, body: bodies.Nothing) -> list[ContactOut]:
    book.remove(installation(), actor(), PRESS, id)
    return []


@route(bp, "GET", "/lists", "write", "The press lists, by name", answer=list[ListOut])
def list_lists() -> list[ListOut]:
    with installation().store.read(actor().workspace) as session:
        return [_list(channel) for channel in search.press_lists(session)]


@route(
    bp,
    "POST",
    "/lists",
    "administer",
    "Make a press list, which is a channel that releases can be sent to",
    body=ListBody,
    answer=ListOut,
    status=201,
    errors=(409, 422),
)
def make_press_list(body: ListBody) -> ListOut:
    languages = tuple(language for language in book.LANGUAGES if language in body.languages)
    segment = Segment(terms_of(body.beats), terms_of(body.areas), languages)
    channel = list_editing.make_list(
        installation(), actor(), body.name, body.addresses, segment, _grounds(body.grounds)
    )
    return _list(list_editing.list_of(installation(), actor(), channel.id))

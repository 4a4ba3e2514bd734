"""Press contacts: looking through them, adding one, a contact's own page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from flask import Blueprint, request
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.contacts.facts import MOST_NOTES, ContactIn, terms
from commsched.core.text.messages import N_
from commsched.services.contacts import book, consent, search
from commsched.services.contacts.suppression import PRESS
from commsched.web.components import grounds
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

bp = Blueprint("contacts", __name__, url_prefix="/w/<slug>/contacts")
NAV = NavEntry("contacts.index", N_("Press contacts"), "contact", order=52, permission="write")
LANGUAGE_WORDS: Final = {
    "sv": N_("Swedish"),
    "en": N_("English"),
    "fi": N_("Finnish"),
    "nb": N_("Norwegian"),
    "da": N_("Danish"),
    "ar": N_("Arabic"),
    "so": N_("Somali"),
    "se": N_("Northern Sami"),
}
STATE_WORDS: Final = {
    "active": N_("Gets mail"),
    "unconfirmed": N_("Has yet to answer"),
    "unsubscribed": N_("Wants no mail"),
    "bounced": N_("Cannot be reached"),
}
STATE_TONES: Final = {"active": "green", "unconfirmed": "amber", "unsubscribed": "grey", "bounced": "red"}
EVENT_WORDS: Final = {
    "basis": N_("It was written down why they get mail"),
    "asked": N_("Was asked by mail whether they want this"),
    "confirmed": N_("Said yes"),
    "unsubscribed": N_("Said that they want no more"),
    "joined": N_("Came to a list"),
    "left": N_("Left a list"),
    "bounced": N_("Mail came back"),
}
SOURCE_WORDS: Final = {
    "pasted": N_("pasted into a list"),
    "imported": N_("imported from a file"),
    "entered": N_("added by hand"),
    "subscribed": N_("subscribed on your page"),
    "migrated": N_("on a list of an earlier version"),
}


@bp.context_processor
def _words() -> dict[str, object]:
    return {
        "LANGUAGE_WORDS": LANGUAGE_WORDS,
        "STATE_WORDS": STATE_WORDS,
        "STATE_TONES": STATE_TONES,
        "EVENT_WORDS": EVENT_WORDS,
        "SOURCE_WORDS": SOURCE_WORDS,
        "list_options": lambda lists: [(channel.id, channel.name) for channel in lists],
        "usual_why": grounds.usual_why,
        "BASES": consent.BASES,
        "same": lambda words: [(word, word) for word in words],
        "words_of": lambda words: [(key, translated(word)) for key, word in words.items()],
    }


def wanted() -> search.Wanted:
    """What the address asks for."""
    asked = request.args

    def number(name: str) -> int:
        value = asked.get(name, "")
        return int(value) if value.isascii() and value.isdecimal() and len(value) < 18 else 0

    return search.Wanted(
        words=asked.get("q", "").strip()[:200],
        channel=number("list"),
        beat=asked.get("beat", "")[:60],
        area=asked.get("area", "")[:60],
        language=asked.get("language", "")[:8],
        state=asked.get("state", "")[:12],
        after=number("after"),
    )


@bp.get("/")
@allow("write")
def index() -> str:
    asked = wanted()
    with installation().store.read(actor().workspace) as session:
        workspace = int(actor().workspace)
        shown = search.look(installation(), session, workspace, PRESS, asked)
        lists = search.press_lists(session)
        beats, areas = search.terms(session, workspace, PRESS)
        total, active = search.count(session, workspace, PRESS)
    return page(
        "contacts/index.html",
        asked=asked,
        shown=shown,
        lists=lists,
        beats=beats,
        areas=[(area, area[:1].upper() + area[1:]) for area in areas],
        total=total,
        active=active,
        query=_query(),
    )


def _query() -> dict[str, str]:
    """What the address asks for, to go on with on the next page."""
    return {name: value for name, value in request.args.items() if value and name != "after"}


def person(form: Form) -> ContactIn:
    """The contact that was typed."""
    return ContactIn(
        address=form.needed("address", 254),
        name=form.text("name", 200),
        outlet=form.text("outlet", 200),
        beats=terms(form.text("beats", 2000)),
        areas=terms(form.text("areas", 2000)),
        language=form.text("language", 8),
        notes=form.text("notes", MOST_NOTES),
    )


def chosen(form: Form) -> set[int]:
    """The lists that are ticked."""
    return {int(value) for value in form.many("lists") if value.isascii() and value.isdecimal() and len(value) < 18}


@bp.get("/new")
@allow("write")
def new() -> str:
    return _new(Form())


def _new(form: Form) -> str:
    with installation().store.read(actor().workspace) as session:
        lists = search.press_lists(session)
        beats, areas = search.terms(session, int(actor().workspace), PRESS)
    return page("contacts/person.html", form=form, entry=None, lists=lists, beats=beats, areas=areas, on=set())


@bp.post("/new")
@allow("write")
def add() -> Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        number = book.add(installation(), actor(), PRESS, person(form), chosen(form), grounds.read(form))
        return done(_("The contact is added."), "contacts.show", contact_id=number)
    return _new(form), form.status


@bp.get("/<int:contact_id>")
@allow("write")
def show(contact_id: int) -> str:
    return _show(contact_id, Form())


def _show(contact_id: int, form: Form, mine: ContactIn | None = None) -> str:
    """The contact's page; with ``mine``, what was typed while somebody else saved another version, beside that."""
    entry = book.entry(installation(), actor(), PRESS, contact_id)
    with installation().store.read(actor().workspace) as session:
        lists = search.press_lists(session)
        beats, areas = search.terms(session, int(actor().workspace), PRESS)
    return page(
        "contacts/person.html",
        form=form,
        entry=entry,
        lists=lists,
        names={channel.id: channel.name for channel in lists},
        differs=_differs(entry, mine, form, {row.id: row.name for row in lists if not row.segment}) if mine else [],
        beats=beats,
        areas=areas,
        on=entry.on,
        basis=next((said for said in entry.events if said.basis and said.act != "asked"), None),
        why=book.WHY_REFUSED.get(entry.refused, ""),
    )


@bp.post("/<int:contact_id>")
@allow("write")
def change(contact_id: int) -> Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        try:
            book.change(installation(), actor(), PRESS, contact_id, person(form), chosen(form), form.text("stamp", 64))
        except book.Changed as error:
            form.fail("", translated(error.words), error.status)
            return _show(contact_id, form, person(form)), form.status
        return done(_("The contact is saved."), "contacts.show", contact_id=contact_id)
    return _show(contact_id, form), form.status


def _differs(entry: book.Entry, mine: ContactIn, form: Form, names: Mapping[int, str]) -> list[tuple[str, str, str]]:
    """Where what stands now is not what was typed: what it is called, what stands, what was typed."""

    def rows(facts: ContactIn, on: Collection[int]) -> dict[str, str]:
        listed = sorted(names[number] for number in on if number in names)
        return {
            _("Name"): facts.name,
            _("E-mail address"): facts.address,
            _("Newspaper or newsroom"): facts.outlet,
            _("Writes about"): ", ".join(facts.beats),
            _("Area"): ", ".join(facts.areas),
            _("Reads releases in"): translated(LANGUAGE_WORDS.get(facts.language, N_("The office’s language"))),
            _("Notes"): facts.notes,
            _("Lists"): ", ".join(listed),
        }

    stands, typed = rows(entry.facts, entry.on), rows(mine, chosen(form))
    return [(label, stands[label], typed[label]) for label in stands if stands[label] != typed[label]]


@bp.post("/<int:contact_id>/basis")
@allow("write")
def basis(contact_id: int) -> Response | tuple[str, int]:
    """Another reason why they are written to, beside those that were written down before."""
    form = Form.read()
    with form.catch():
        consent.record(installation(), actor(), PRESS, contact_id, grounds.read(form))
        return done(_("It is written down why they get mail."), "contacts.show", contact_id=contact_id)
    return _show(contact_id, form), form.status


@bp.post("/<int:contact_id>/remove")
@allow("write")
def remove(contact_id: int) -> Response:
    book.remove(installation(), actor(), PRESS, contact_id)
    return done(_("The contact is taken away, from every list too."), "contacts.index")

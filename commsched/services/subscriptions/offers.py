"""Which of an office's lists anybody may subscribe to, under which name, and the words that they say yes to.

Kept in the office's settings under :data:`KEY`: a list is open from the moment that its name is there, and closed when
an administrator takes the mark away. What somebody has said yes to is kept with them, so other words void nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.text.catalogues import gettext
from commsched.core.text.clean import line, passage
from commsched.core.text.messages import N_, Invalid
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.subscriptions.leaving import LISTS
from commsched.store import locks
from commsched.store.models import Channel, Workspace

KEY: Final = "subscribe"
MOST_NAME: Final = 100
MOST_ABOUT: Final = 300
MOST_WORDS: Final = 2000
USUAL_WORDS: Final = N_(
    "I want press releases from %(office)s by e-mail. For that, %(office)s keeps my name, my newsroom and my address. "
    "I can say no at any time, by the link in each mail, and have everything erased."
)


class Offer(msgspec.Struct, frozen=True):
    """An open list as the public sees it. ``channel`` is its id."""

    channel: int
    name: str
    about: str = ""


class Offers(msgspec.Struct, frozen=True):
    """What an office has opened, and its own words; empty words are :data:`USUAL_WORDS`."""

    lists: tuple[Offer, ...] = ()
    words: str = ""


class Open(msgspec.Struct, frozen=True):
    """What may be subscribed to now: the lists that are open and in use, and the words that are said yes to."""

    lists: tuple[Offer, ...]
    words: str


def of(settings: Mapping[str, object]) -> Offers:
    """What an office's settings say. Whether its lists are in use, :func:`open_now` knows."""
    try:
        return msgspec.convert(settings.get(KEY, {}), Offers)
    except msgspec.ValidationError:
        return Offers()


def open_now(session: Session, workspace: Workspace, language: str = "") -> Open:
    """The open lists that are in use, in the order they were written in, and the words in ``language`` (the office's
    own words are in the office's own)."""
    offered = of(workspace.settings)
    in_use = set()
    if offered.lists:
        live = (Channel.id.in_([offer.channel for offer in offered.lists]), Channel.platform.in_(LISTS))
        in_use = set(session.scalars(select(Channel.id).where(*live, Channel.state != "archived")))
    usual = gettext(language or workspace.language, USUAL_WORDS) % {"office": workspace.name}
    return Open(tuple(offer for offer in offered.lists if offer.channel in in_use), offered.words or usual)


def lists_of(installation: Installation, workspace: int) -> list[Channel]:
    """Every list of the office that could be opened."""
    live = select(Channel).where(Channel.platform.in_(LISTS), Channel.state != "archived").order_by(Channel.name)
    with installation.store.read(workspace) as session:
        return list(session.scalars(live))


def update(installation: Installation, actor: Actor, new: Offers) -> None:
    """Open those lists and no others. Raises :class:`Invalid` by the fields ``words``, ``name-ID`` and ``about-ID``."""
    actor.require("administer")
    known = {channel.id for channel in lists_of(installation, actor.workspace)}
    lists = tuple(_checked(offer) for offer in new.lists if offer.channel in known)
    words = passage(new.words, "words")
    if len(words) > MOST_WORDS:
        raise Invalid(N_("At most %(most)s characters."), "words", most=MOST_WORDS)
    with installation.store.write(actor.workspace) as session:
        row = locks.row(session, Workspace, actor.workspace)
        wanted = msgspec.to_builtins(Offers(lists, words))
        if row.settings.get(KEY) != wanted:
            row.settings = row.settings | {KEY: wanted}
            note(session, installation, actor, "workspace.settings", changed=[KEY])


def _checked(offer: Offer) -> Offer:
    name = line(offer.name, f"name-{offer.channel}")
    about = line(offer.about, f"about-{offer.channel}")
    if not name:
        raise Invalid(N_("A list that is open needs a name that strangers understand."), f"name-{offer.channel}")
    for value, most, field in ((name, MOST_NAME, "name"), (about, MOST_ABOUT, "about")):
        if len(value) > most:
            raise Invalid(N_("At most %(most)s characters."), f"{field}-{offer.channel}", most=most)
    return Offer(offer.channel, name, about)

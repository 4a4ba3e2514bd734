"""What the pages say about e-mail. Where no mail server is set, they must not claim that anyone gets a mail."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask, g

from commsched.services.approval.approvers import Turn, called, turn
from commsched.services.approval.comments import Reached
from commsched.services.content import items
from commsched.services.kernel import context
from commsched.services.kernel.members import people_with
from commsched.services.mailing import server
from commsched.services.views import item_view
from commsched.store.models import Channel, Item
from commsched.web.http.i18n import _, said_all, said_list
from commsched.web.http.request_context import actor, installation


def mailed() -> bool:
    """Whether notices are sent by mail."""
    return installation().mailer.reaches()


def own_relays() -> list[tuple[str, str]]:
    """The office's own mail servers, for a list to choose from."""
    return [(str(row.id), row.name) for row in server.of_office(installation(), actor().workspace)]


def filed(platform: str) -> bool:
    """Whether what "went out" there only became files: a demo without a mail server."""
    return context.filed(installation(), platform, _is_demo())


def mute(channel: Channel) -> bool:
    """Whether a channel can send nothing because no mail server is set."""
    return channel.state != "archived" and context.mute(
        installation(), channel.platform, _is_demo(), channel.settings.get("relay", "")
    )


def as_told(state: str, platforms: Iterable[str]) -> str:
    """``state`` as it is shown: a delivery that only became files on every one of ``platforms`` is not called
    published."""
    keys = list(platforms)
    return "filed" if state == "published" and keys and all(filed(platform) for platform in keys) else state


def sent_in(number: int) -> str:
    """The sentence after an item was submitted. Where no mail is sent, it names the people to tell in person."""
    item, names = _waits_for(number)
    if item.state == "scheduled":
        return _("It is scheduled.")
    if item.state == "approved":
        return _("It is ready, and waits for a time.")
    if mailed() or not names:
        return _("It is sent for approval.")
    return _("It waits for approval. No mail server is set, so tell %(names)s yourself.", names=said_list(names))


def accepted(number: int) -> str:
    """The sentence after others' words were accepted. Where no mail is sent, it names the people to tell in person."""
    item, names = _waits_for(number)
    if item.state != "in_review" or not names:
        return " ".join((_("You have accepted it."), sent_in(number)))
    sentence = _("You have accepted it. Now it waits for %(names)s.", names=said_list(names))
    return sentence if mailed() else " ".join((sentence, _("No mail server is set, so tell them yourself.")))


def commented(reached: Reached) -> str:
    """The sentence after a comment: who of those it names gets to know."""
    sentences = [_("Your comment is there.")]
    if reached.told:
        sentences.append(_("%(names)s gets to know.", names=said_all(reached.told)))
    if reached.not_told:
        sentences.append(_("%(names)s may not see this, and is not told.", names=said_all(reached.not_told)))
    return " ".join(sentences)


def reminded(names: list[str]) -> str:
    """The sentence after ``names`` were reminded."""
    if mailed():
        return _("A mail goes to %(names)s.", names=said_all(names))
    return _("No mail server is set, so tell %(names)s yourself.", names=said_all(names))


def taken_down() -> str:
    """The sentence after an item was taken down. Where no mail is sent, it names the people to tell in person."""
    if mailed():
        return _("It is taken down. Those who approve are told.")
    with installation().store.read(actor().workspace) as session:
        names = called(session, people_with(session, "approve") - {actor().person})
    if not names:
        return _("It is taken down.")
    return _(
        "It is taken down. No mail server is set, so tell %(names)s yourself.",
        names=said_all(names),
    )


def _waits_for(number: int) -> tuple[Item, list[str]]:
    with installation().store.read(actor().workspace) as session:
        item = items.load(session, number)
        now = turn(installation(), session, item, items.current(session, item)) if item.state == "in_review" else Turn()
        return item, sorted(item_view.names(session, now.asked | now.acceptors).values())


def _is_demo() -> bool:
    place = g.get("place")
    return bool(place and place.is_demo)


def install(app: Flask) -> None:
    app.jinja_env.globals.update(mailed=mailed, filed=filed, mute=mute, as_told=as_told, own_relays=own_relays)

"""The presses within the form that change what stands in it: a set of channels, a text divided into a thread."""

from __future__ import annotations

from collections.abc import Callable

from flask import request

from commsched.core.content.links import whole_address
from commsched.core.platform.threads import offered
from commsched.core.text.messages import Invalid
from commsched.services.channels import sets
from commsched.services.kernel import members
from commsched.services.links.pages import link_shown, look_up
from commsched.services.views.preview import Preview
from commsched.web.composer.fields import Before, Fields, numbers
from commsched.web.http.forms import Form
from commsched.web.http.i18n import translated
from commsched.web.http.request_context import actor, installation

COMMON = 0
"""How the text of all channels is known among those that were divided."""


def pressed(fields: Fields, press: str, form: Form, look: Callable[[Fields], list[Preview]]) -> bool:
    """Do what ``press`` says, where it is one of these, and tell whether it was. ``look`` shows what is typed as its
    channels would say it."""
    verb, _, what = press.partition(":")
    if verb == "thread":
        divide(fields, numbers(what), look(fields))
    elif verb == "look":
        look_up(installation(), actor(), link_shown(whole_address(fields.texts["link"].strip()), fields.texts["text"]))
    elif verb == "whole":
        for number in numbers(what):
            put_together(fields, number)
    else:
        return _pressed_set(fields, verb, what, form)
    return True


def divide(fields: Fields, wanted: list[int], previews: list[Preview]) -> None:
    """Divide the texts of the channels ``wanted`` into threads. The common text is divided where no other channel says
    it too; else the channel gets a text of its own."""
    for preview in previews:
        number = preview.channel.id
        if number not in wanted:
            continue
        thread = offered(installation().platform(preview.channel.platform), preview.view, preview.channel.facts)
        if thread is None:
            continue
        alone = number not in fields.own and fields.channels == [number]
        place = COMMON if alone else number
        was = Before(fields.texts["text"]) if alone else Before(fields.own.get(number, ""), number in fields.own)
        fields.whole.setdefault(place, was).broken = thread.broken
        if alone:
            fields.texts["text"] = thread.text
        else:
            fields.own[number] = thread.text


def put_together(fields: Fields, number: int) -> None:
    """Bring back what stood there before it was divided."""
    was = fields.whole.pop(number, None)
    if was is None:
        return
    if number == COMMON:
        fields.texts["text"] = was.text
    elif was.own:
        fields.own[number] = was.text
    else:
        fields.own.pop(number, None)


def texts_of(fields: Fields) -> dict[str, str | None]:
    """Every text that can be divided, by the name of its field; ``None`` for a channel without one of its own."""
    own: dict[str, str | None] = {f"own-{number}": fields.own.get(number) for number in fields.channels}
    return own | {"text": fields.texts["text"]}


def _pressed_set(fields: Fields, verb: str, name: str, form: Form) -> bool:
    """The office's sets of channels: choose one, keep the present choice as one, take one away."""
    if verb == "set":
        with installation().store.read(actor().workspace) as session:
            known = sets.channel_sets(members.workspace_of(session, actor()))
        fields.channels = list(known.get(name, fields.channels))
    elif verb == "keep-set":
        try:
            sets.keep(installation(), actor(), request.form.get("set_name", "")[:200], fields.channels)
        except Invalid as error:
            form.fail("channels", translated(error.words))
    elif verb == "drop-set":
        sets.remove(installation(), actor(), name)
    return verb in ("set", "keep-set", "drop-set")

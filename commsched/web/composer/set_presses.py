"""The presses on the office's sets of channels: choose one, keep the present choice as one, take one away."""

from __future__ import annotations

from flask import request

from commsched.core.text.messages import Invalid
from commsched.services.channels import sets
from commsched.services.kernel import members
from commsched.web.composer.fields import Fields
from commsched.web.http.forms import Form
from commsched.web.http.i18n import translated
from commsched.web.http.request_context import actor, installation


def pressed(fields: Fields, press: str, form: Form) -> bool:
    """Do what ``press`` says, where it is about a set, and tell whether it was."""
    verb, _, name = press.partition(":")
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

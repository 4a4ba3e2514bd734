"""What the bar under the composer says: what will happen, and what the button will do."""

from __future__ import annotations

import re
from typing import Final

import msgspec
from markupsafe import Markup, escape

from commsched.core.timing import dates
from commsched.core.timing.wall_time import Moment
from commsched.store.models import Item
from commsched.web.composer.view_model import View
from commsched.web.http.i18n import _, ngettext, said_all, said_list, translated
from commsched.web.http.request_context import installation, language

_MARKED: Final = re.compile(r"https?://[^\s<>\"]++|(?<![\w/@.#-])[#@](?:[.@-]*+\w++)++")
"""Possessive, so that hostile text costs no more than its length."""


class Bar(msgspec.Struct, frozen=True):
    """``press`` is what the button does, ``label`` what stands on it; ``words`` stand beside it."""

    press: str
    label: str
    words: str
    warning: str = ""
    save: str = ""
    """On the button that only saves: what it costs, where it costs anything."""
    when: str = ""
    """The time it goes out, or that one is to be chosen."""


def bar(view: View, item: Item | None) -> Bar:
    """What a press on the button leads to, as things stand in the form."""
    return Bar(_press(view), _label(view), _words(view), _warning(item), _save(item), _short(view))


def _label(view: View) -> str:
    """As much of what the button does as there is room for: the time stands beside it already."""
    ahead = view.ahead
    if not ahead.steps and view.publish and not view.when_approved:
        return _("Schedule")
    if not ahead.accepts and len(ahead.names) == 1:
        return _("Send to %(name)s", name=ahead.names[0])
    return _press(view)


def _short(view: View) -> str:
    """The time alone, on the button that opens its choices."""
    if view.when_approved:
        return _("As soon as it is approved") if view.ahead.steps else _("At once")
    return _when(view) if view.publish is not None else _("Choose a time")


def _when(view: View) -> str:
    first = _moments(view)[0]
    return dates.when(first.at, first.zone, language(), installation().now())


def _moments(view: View) -> list[Moment]:
    """The times at which something goes out, in order, each once."""
    assert view.publish is not None
    own = [view.own.get(preview.channel.id, view.publish) for preview in view.previews] or [view.publish]
    return sorted({moment.at: moment for moment in own}.values(), key=lambda moment: moment.at)


def _press(view: View) -> str:
    ahead = view.ahead
    if not ahead.steps:
        if view.when_approved:
            return _("Publish now")
        return _("Schedule for %(when)s", when=_when(view)) if view.publish else _("Make ready")
    if not ahead.names and ahead.acceptors:
        return _("Save, and ask %(names)s to accept it", names=said_list(ahead.acceptors))
    if ahead.accepts:
        return _("Send in, then accept what %(names)s wrote", names=said_all(ahead.own))
    if len(ahead.names) == 1:
        return _("Send to %(name)s for approval", name=ahead.names[0])
    return _("Send for approval")


def _words(view: View) -> str:
    many = len(view.previews)
    if not many:
        return _("Choose where it should go out.")
    if "publish_at" in view.faults and view.publish is not None:
        return translated(view.faults["publish_at"])
    if "publish_at" in view.faults:
        return _("The time is not clear yet: see its field.")
    if view.when_approved:
        return _at_once(view, many)
    if view.publish is None:
        return ngettext("No time chosen yet, %(n)s channel.", "No time chosen yet, %(n)s channels.", many)
    if len(_moments(view)) > 1:
        return _several(view, many)
    if not view.ahead.steps:
        return ngettext(
            "Goes out %(when)s in %(n)s channel.", "Goes out %(when)s in %(n)s channels.", many, when=_when(view)
        )
    return ngettext(
        "Goes out %(when)s in %(n)s channel, once it is approved.",
        "Goes out %(when)s in %(n)s channels, once it is approved.",
        many,
        when=_when(view),
    )


def _at_once(view: View, many: int) -> str:
    if view.ahead.steps:
        return ngettext(
            "Goes out as soon as it is approved, in %(n)s channel.",
            "Goes out as soon as it is approved, in %(n)s channels.",
            many,
        )
    return ngettext("Goes out at once, in %(n)s channel.", "Goes out at once, in %(n)s channels.", many)


def _several(view: View, many: int) -> str:
    """The words where the channels go out at different times."""
    if not view.ahead.steps:
        return _("Goes out in %(n)s channels, the first %(when)s.", n=many, when=_when(view))
    return _("Goes out in %(n)s channels, the first %(when)s, once it is approved.", n=many, when=_when(view))


def _warning(item: Item | None) -> str:
    if item is None or item.state not in ("in_review", "approved", "scheduled"):
        return ""
    if item.state == "in_review":
        return _(
            "It is being looked at. What you save takes the place of what waits for approval. "
            "What you write is kept in this browser until you save."
        )
    return _("It is approved. If you save a change it must be approved again, and does not go out before that.")


def _save(item: Item | None) -> str:
    if item is None or item.state not in ("in_review", "approved", "scheduled"):
        return _("Save draft")
    return _("Save the new version") if item.state == "in_review" else _("Save without approval")


def marked(text: str) -> Markup:
    """``text`` with links, tags and names coloured as networks do, and nothing in it that a browser would run."""
    pieces, end = [], 0
    for match in _MARKED.finditer(text):
        pieces += [escape(text[end : match.start()]), Markup('<span class="look-link">%s</span>') % match.group()]
        end = match.end()
    return Markup("").join([*pieces, escape(text[end:])])

"""What an embargo does to what is written, in two sentences: who gets it before, and when it opens to everybody."""

from __future__ import annotations

from datetime import datetime

from commsched.core.timing import dates
from commsched.services.views.preview import Preview
from commsched.web.composer.parse import Meant
from commsched.web.composer.view_model import View
from commsched.web.http.i18n import _, said_all
from commsched.web.http.request_context import installation, language, place


def effects(view: View, meant: Meant) -> list[str]:
    """The sentences; none without an embargo or a channel."""
    end = meant.times.embargo
    if end is None:
        return []
    early, public = _parted(view)
    sentences = []
    if early:
        names = said_all([each.channel.name for each in early])
        sentences.append(
            _("%(names)s get it %(when)s, with the embargo stated first.", names=names, when=_start(view, early))
        )
    if public:
        opens = max([end, *(at for each in public if (at := _at(view, each)) is not None)])
        names = said_all([each.channel.name for each in public])
        sentences.append(_("%(names)s: open to everybody %(when)s, not before.", names=names, when=_said(opens)))
    return sentences


def _parted(view: View) -> tuple[list[Preview], list[Preview]]:
    """The channels that may carry an embargo, and those that are public."""
    early: list[Preview] = []
    public: list[Preview] = []
    for each in view.previews:
        platform = installation().platform(each.channel.platform)
        (early if platform.carries_embargo(each.channel.settings) else public).append(each)
    return early, public


def _at(view: View, preview: Preview) -> datetime | None:
    moment = view.own.get(preview.channel.id, view.publish)
    return moment.at if moment else None


def _start(view: View, early: list[Preview]) -> str:
    if view.when_approved:
        return _("as soon as it is approved")
    moments = [at for each in early if (at := _at(view, each)) is not None]
    return _said(min(moments)) if moments else _("at the time in the bar")


def _said(at: datetime) -> str:
    return dates.when(at, place().zone, language(), installation().now())

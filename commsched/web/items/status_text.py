"""Where an item stands, in words: what it is, what must happen next, and by whom."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

import msgspec
from flask import g

from commsched.core.delivery.lifecycle import REASONS
from commsched.core.text.messages import N_, Message
from commsched.core.timing import dates
from commsched.services.content import times
from commsched.services.content.queries import Reach
from commsched.services.views.item_view import ItemView
from commsched.services.views.review import Review
from commsched.services.workflow.stops import Left
from commsched.store.models import Attempt, Decision, Delivery
from commsched.web.components import mail_status
from commsched.web.http.i18n import _, decimal, ngettext, said_all, said_list, translated
from commsched.web.http.request_context import installation, language


class StatusText(msgspec.Struct, frozen=True):
    """``now`` says where it stands, ``then`` what must happen next. ``quote`` are somebody's own words."""

    now: str
    then: str = ""
    quote: str = ""
    stops: bool = False
    """It is planned, but will be held: red."""


_BY_HAND: Final = "by_hand"
"""The reason of a delivery that was handed to a person."""


def when(seen: ItemView, zone: str) -> str:
    """When it goes out; the first of several times."""
    return dates.when(seen.plan.first, zone, language(), installation().now()) if seen.plan.first else ""


def movable_alone(seen: ItemView) -> list[int]:
    """The channels that can be given another time than the others: nothing of it is out or under way there."""
    if seen.item.state in ("published", "cancelled") or seen.plan.item is None or len(seen.plan.channels) < 2:
        return []
    fixed = {row.channel_id for row in seen.deliveries if row.state in times.UNDER_WAY or row.stop}
    fixed |= {row.channel_id for row in seen.deliveries if row.state == "waiting" and _begun_here(seen, row)}
    return [channel for channel in seen.plan.channels if channel not in fixed]


def rest_at(seen: ItemView) -> str:
    """The wall time that "another time" begins with: the item's, or, where that is past for all that is left, the
    first of the channels' own."""
    left = seen.plan.narrowed(movable_alone(seen))
    rest = left.channels and not left.followers and len(left.channels) < len(seen.plan.channels)
    return left.times[0].wall if rest else seen.item.wall_time


def where(shown: Review, zone: str, filed: Collection[int] = ()) -> StatusText:
    """The item's state as a person would put it. ``filed``: the channels where what went out only became files."""
    seen = shown.seen
    stops = _unfit_pictures(seen)
    if stops:
        return StatusText(_("It does not go out as it is."), " ".join(stops), stops=True)
    if seen.item.state == "in_review":
        return _in_review(shown, zone)
    if seen.item.state == "published":
        return _published(seen, zone, filed)
    tell = _TELL.get(seen.item.state)
    return tell(seen, shown.names, zone) if tell else StatusText("")


def _unfit_pictures(seen: ItemView) -> list[str]:
    """Why something planned will be held for a picture's sake: a consent may end after the approval."""
    if seen.item.state not in ("approved", "scheduled"):
        return []
    reasons = [
        translated(problem.words)
        for row in seen.checked
        for problem in row.problems
        if problem.blocks and problem.field == "media"
    ]
    return list(dict.fromkeys(reasons))


def _draft(seen: ItemView, _names: list[str], _zone: str) -> StatusText:
    return StatusText(_("A draft. Only the office sees it."), _("Send it for approval when it is done."))


def _from(seen: ItemView, zone: str) -> str:
    """As :func:`when`, in a sentence about all of it: it begins then where its channels go out at different times."""
    first = when(seen, zone)
    return _("from %(when)s", when=first) if len(seen.plan.groups()) > 1 else first


def _in_review(shown: Review, zone: str) -> StatusText:
    seen = shown.seen
    if shown.turn.stuck:
        way_out = _("Let somebody else in under People, or let it out without approval.")
        return StatusText(_("Nobody here can approve it."), way_out, stops=True)
    now = waits_for(shown)
    if shown.late:
        return StatusText(
            now, _("Its time has passed, so it cannot be approved. Choose another time below."), stops=True
        )
    if not shown.names:
        return StatusText(now, _("When it is accepted, %(own)s can approve it.", own=said_all(shown.own)))
    if seen.item.when_approved and not seen.item.publish_at:
        return StatusText(now, _("As soon as it is approved it goes out by itself."))
    if not seen.item.publish_at:
        return StatusText(now, _("When it is approved, somebody must choose a time."))
    if not seen.item.schedule_on_approval:
        return StatusText(now, _("When it is approved, somebody must schedule it."))
    if mail_status.mailed():
        return StatusText(
            now,
            _(
                "Once approved it goes out by itself %(when)s. If not, it is held and everyone is told.",
                when=_from(seen, zone),
            ),
        )
    return StatusText(
        now,
        _(
            "Once approved it goes out by itself %(when)s. If not, it is held, and stands on Today.",
            when=_from(seen, zone),
        ),
    )


def waits_for(shown: Review) -> str:
    """Whom an item in review waits for, and for what."""
    if shown.names:
        return _("Waits for %(names)s.", names=said_list(shown.names))
    if shown.others:
        return _(
            "Waits for %(names)s to accept what %(own)s wrote.", names=said_list(shown.others), own=said_all(shown.own)
        )
    return _("Waits for approval, but nobody can give it.")


def _sent_back(seen: ItemView, _names: list[str], _zone: str) -> StatusText:
    last = next((row for row in reversed(seen.decisions) if row.verdict in ("changes", "withdraw")), None)
    who = seen.people.get(last.person_id or 0, "") if last else ""
    now = _("%(who)s sent it back.", who=who) if who else _("It was sent back.")
    return StatusText(now, _("Change it and send it in again."), last.comment if last else "")


def _approved(seen: ItemView, _names: list[str], zone: str) -> StatusText:
    return StatusText(_approval(seen, zone), _("It does not go out before somebody schedules it."))


def _approval(seen: ItemView, zone: str) -> str:
    """Who approved it, and until when."""
    yes = [row for row in seen.standing if row.verdict in ("approve", "bypass", "release")]
    if not yes:
        return _("It is approved.")
    if yes[-1].verdict == "bypass":
        return _("%(who)s let it out without approval.", who=_name(seen, yes[-1]))
    if yes[-1].verdict == "release":
        return _("Nobody needs to approve it.")
    until = min((row.window_end for row in yes if row.window_end), default=None)
    who = said_list(list(dict.fromkeys(_name(seen, row) for row in yes)))
    if until is None:
        return _("Approved by %(who)s.", who=who)
    return _(
        "Approved by %(who)s, until %(until)s.",
        who=who,
        until=dates.when(until, zone, language(), installation().now()),
    )


def _name(seen: ItemView, row: Decision) -> str:
    name = seen.people.get(row.person_id or 0, _("somebody"))
    if row.in_place_of:
        return _("%(who)s for %(principal)s", who=name, principal=seen.people.get(row.in_place_of, ""))
    return name


def going(row: Delivery, now: datetime, paused: datetime | None) -> str:
    """A delivery's state as it is told: what is due this very moment is going out, though its call has not begun."""
    due = row.state == "waiting" and row.due_at <= now and (row.next_at is None or row.next_at <= now)
    return "sending" if due and paused is None else row.state


def delivery_state(row: Delivery, reach: Reach | None, now: datetime, paused: datetime | None) -> str:
    """As :func:`going`, of a delivery of several parts of which ``reach`` are out."""
    state = going(row, now, paused)
    if not reach or not reach.out:
        return state
    return "partly_published" if state in ("held", "failed", "cancelled") else "begun" if state == "waiting" else state


def _scheduled(seen: ItemView, _names: list[str], zone: str) -> StatusText:
    place = g.place
    if seen.deliveries and any(
        going(row, installation().now(), place.paused_at) == "sending" for row in seen.deliveries
    ):
        return StatusText(_("It is going out right now."), _("You need do nothing."))
    waiting = [row for row in seen.deliveries if row.state == "waiting"]
    if waiting and all(row.reason == _BY_HAND for row in waiting):
        return StatusText(_("It is time to post it by hand. It is out when somebody has confirmed it."))
    many = len(waiting)
    if len(seen.plan.groups()) > 1:
        words = _("Goes out by itself in %(n)s channels, the first %(when)s.", n=many, when=when(seen, zone))
        return StatusText(words, _approval(seen, zone))
    now = ngettext(
        "Goes out by itself %(when)s in %(n)s channel.",
        "Goes out by itself %(when)s in %(n)s channels.",
        many,
        when=when(seen, zone),
    )
    return StatusText(now, _approval(seen, zone))


def rest_waits(seen: ItemView) -> bool:
    """Whether some of it is out, and what is left waits for a time to come."""
    return seen.item.state == "publishing" and times.rest_waits(seen.deliveries, installation().now())


def _publishing(seen: ItemView, _names: list[str], zone: str) -> StatusText:
    if any(row.was and row.reason == "verify" for row in seen.deliveries):
        return StatusText(translated(Message(REASONS["restored"])), _("You need do nothing yet."))
    if any(row.state == "unknown" and row.reason == "ask" for row in seen.deliveries):
        return StatusText(_("We do not know whether all of it went out."), _("Look at the channel, and answer below."))
    if any(row.state == "unknown" for row in seen.deliveries):
        return StatusText(
            _("The answer was lost. We are reading back whether it went out."), _("You need do nothing yet.")
        )
    if any(row.stop and row.state == "sending" for row in seen.deliveries):
        return StatusText(_("It has been stopped. What is being sent at this moment cannot be recalled."))
    sending = any(row.state == "sending" for row in seen.deliveries)
    if seen.state == "begun" or (g.place.paused_at is not None and not sending):
        return _begun(seen, zone)
    return StatusText(_("It is going out right now."), _("You need do nothing."))


def _begun(seen: ItemView, zone: str) -> StatusText:
    """Some of it is out, and the rest waits for its time, or for somebody to resume."""
    live = [row for row in seen.deliveries if row.state != "cancelled"]
    out = sum(row.state == "published" for row in live)
    sentences = [_("It is out in %(out)s of %(all)s channels.", out=out, all=len(live))] if out else []
    sentences += [reached(seen.reach[row.id]) for row in live if row.state != "published" and _begun_here(seen, row)]
    now = " ".join(sentences) or _("Some of it is out.")
    if g.place.paused_at is not None:
        return StatusText(now, _("Everything is paused: the rest does not go out before somebody resumes."))
    waiting = [row for row in live if row.state == "waiting" and row.reason != _BY_HAND]
    if not waiting and any(row.reason == _BY_HAND for row in live):
        return StatusText(now, _("The rest is posted by hand: it is out when somebody has confirmed it."))
    goes_on = min((max(row.due_at, row.next_at or row.due_at) for row in waiting), default=None)
    at = dates.when(goes_on, zone, language(), installation().now()) if goes_on else when(seen, zone)
    return StatusText(now, _("The rest goes out by itself %(when)s.", when=at))


def _begun_here(seen: ItemView, row: Delivery) -> bool:
    return row.id in seen.reach and seen.reach[row.id].out > 0


def _published(seen: ItemView, zone: str, filed: Collection[int]) -> StatusText:
    files = [row for row in seen.deliveries if row.state == "published" and row.channel_id in filed]
    if files and len(files) == sum(row.state == "published" for row in seen.deliveries):
        return StatusText(_("It is saved as a file. Nobody has got it: this is a demo without a mail server."))
    moments = [row.published_at for row in seen.deliveries if row.published_at]
    at = dates.when(max(moments), zone, language(), installation().now()) if moments else ""
    then = _("The mails are saved as files: this is a demo without a mail server.") if files else ""
    stopped = sum(bool(row.stop) and row.state == "cancelled" for row in seen.deliveries)
    if stopped:
        now = _("It is out in %(out)s of %(all)s channels.", out=len(moments), all=len(moments) + stopped)
        others = _("In the others it was stopped, and does not go out.")
        return StatusText(now, f"{others} {then}".strip())
    now = _("It is out in every channel since %(when)s.", when=at) if at else _("It is out in every channel.")
    return StatusText(now, then)


def _partly(seen: ItemView, _names: list[str], _zone: str) -> StatusText:
    live = [row for row in seen.deliveries if row.state != "cancelled" or row.id in seen.reach]
    out = sum(row.state == "published" for row in live)
    now = [_("It is out in %(out)s of %(all)s channels.", out=out, all=len(live))] if len(live) > 1 else []
    now += [reached(seen.reach[row.id]) for row in live if row.state != "published" and row.id in seen.reach]
    if any(row.state in ("held", "failed") for row in live):
        return StatusText(" ".join(now), _("Decide below about those that stopped."))
    return StatusText(" ".join(now) or _("Some of it is out."), _("The rest was stopped and will not go out."))


def reached(reach: Reach) -> str:
    """How far a delivery of several parts came, and of how many nobody knows."""
    known = _out(reach) if reach.out or not reach.unknown else ""
    doubt = ngettext("Unclear for %(n)s.", "Unclear for %(n)s.", reach.unknown) if reach.unknown else ""
    return f"{known} {doubt}".strip()


def _out(reach: Reach) -> str:
    if reach.readers:
        return ngettext(
            "It has reached %(out)s of %(n)s recipient.",
            "It has reached %(out)s of %(n)s recipients.",
            reach.of,
            out=reach.out,
        )
    return ngettext("%(out)s of its %(n)s post is out.", "%(out)s of its %(n)s posts are out.", reach.of, out=reach.out)


def halfway(seen: ItemView) -> bool:
    """Whether what is partly out can go on at another time: nothing of it is all out in a channel, and some stopped."""
    states = {row.state for row in seen.deliveries if not row.stop}
    return "published" not in states and bool(states & {"held", "failed", "waiting"})


def stopped(left: list[Left]) -> str | None:
    """What had gone out when it was stopped; ``None`` where nothing had."""
    if not left:
        return None
    sentences = [_("It is stopped. What had gone out cannot be recalled.")]
    for stop in left:
        sentences.append(_("%(channel)s: %(out)s of %(of)s.", channel=stop.channel, out=stop.out, of=stop.of))
        if stop.under_way:
            sentences.append(_("%(n)s more may go out: the call is under way.", n=stop.under_way))
    return " ".join(sentences)


def _stopped(seen: ItemView, names: list[str], _zone: str) -> StatusText:
    reason = seen.item.reason or next((row.reason for row in seen.deliveries if row.reason), "")
    now = translated(Message(REASONS.get(reason, N_("It stopped, and has not gone out."))))
    if reason == "unapproved" and names:
        return StatusText(now, _("Choose a new time, and %(names)s is asked again.", names=said_list(names)))
    if seen.deliveries:
        return StatusText(now, _("Decide below: send it now, choose another time, or let it be."))
    return StatusText(now, _("Choose another time, or cancel it."))


def _cancelled(seen: ItemView, _names: list[str], _zone: str) -> StatusText:
    if seen.item.submitted_at is None and not seen.deliveries:
        return StatusText(_("It has been thrown away and will not go out."))
    return StatusText(_("It is cancelled and will not go out."))


_TELL: Final = {
    "draft": _draft,
    "changes_requested": _sent_back,
    "approved": _approved,
    "scheduled": _scheduled,
    "publishing": _publishing,
    "partly_published": _partly,
    "held": _stopped,
    "failed": _stopped,
    "cancelled": _cancelled,
}


VERDICTS: Final = {
    "approve": N_("%(who)s approved version %(number)s."),
    "changes": N_("%(who)s sent version %(number)s back."),
    "withdraw": N_("%(who)s took the approval of version %(number)s back."),
    "bypass": N_("%(who)s let version %(number)s out without approval."),
    "accept": N_("%(who)s accepted the words of version %(number)s."),
    "undo": N_("%(who)s took back at once what they had decided about version %(number)s."),
    "lapse": N_("The yes of %(who)s to version %(number)s does not cover the new time."),
    "release": N_("%(who)s made version %(number)s ready. No approval was asked for."),
}


def attempt(row: Attempt, filed: bool = False) -> str:
    """One try, as one would tell a colleague. ``filed``: what went out became a file, and reached nobody."""
    took = (row.finished_at - row.started_at).total_seconds() if row.finished_at else 0
    match row.outcome:
        case "":
            return _("Being sent right now.")
        case "published" if filed:
            return _("Saved as a file (demo).")
        case "published":
            return _("It went out, after %(seconds)s s.", seconds=decimal(took, 1))
        case "retry":
            return _("It did not get through, and nothing was sent.")
        case "rejected":
            return _("The platform refused it.")
        case "absent":
            return _("The answer was lost. Read back: it did not go out.")
    return _("The answer was lost: it may have gone out.")


def delivery(row: Delivery) -> str:
    """Why it stands where it does; empty where the state says it all."""
    return translated(Message(REASONS[row.reason])) if row.reason in REASONS and row.state != "published" else ""

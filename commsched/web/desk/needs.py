"""What somebody has to do, as lines of the first page: each a kind, a title, a why, a time and one button."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Final, Literal

import msgspec
from flask import url_for

from commsched.core.delivery.lifecycle import REASONS
from commsched.core.text.messages import N_
from commsched.services.approval import comments
from commsched.services.media.consent_expiry import Ending
from commsched.services.views.first_page import Now, Stopped
from commsched.store.models import Channel, Item
from commsched.web.http.i18n import _, day_in_words, ngettext, stored_answer, translated
from commsched.web.http.request_context import installation, may_here

Kind = Literal["stopped", "answer", "approve", "schedule"]

HEADINGS: Final[dict[Kind, str]] = {
    "stopped": N_("Stopped"),
    "answer": N_("Answer"),
    "approve": N_("Approve"),
    "schedule": N_("Schedule"),
}
"""The kinds in the order that they stand in, with the words above them."""

_STATUS: Final = re.compile(r"^\d{3}: ")


class Press(msgspec.Struct, frozen=True):
    """A button that acts at once: a form to ``url`` with ``fields``. ``icon`` alone is shown where there is one."""

    word: str
    url: str
    fields: dict[str, str] = {}
    icon: str = ""


class Need(msgspec.Struct, frozen=True):
    """One line. ``word`` and ``href`` are its button, where ``presses`` do not take its place; ``aside`` is a further
    act, shown as an icon. ``opens`` is where on the network to look before one answers."""

    kind: Kind
    tone: str
    icon: str
    title: str
    why: str
    href: str = ""
    word: str = ""
    at: datetime | None = None
    presses: tuple[Press, ...] = ()
    aside: Press | None = None
    opens: str = ""


def lines(shown: Now) -> list[Need]:
    """Everything that needs whoever looks, kind by kind."""
    order = list(HEADINGS)
    every = [need for build in BUILDERS for need in build(shown)]
    return sorted(every, key=lambda need: order.index(need.kind))


def grouped(needs: Iterable[Need]) -> list[tuple[str, list[Need]]]:
    """``needs``, sorted by kind, under the words of their kinds."""
    return [(translated(HEADINGS[kind]), list(some)) for kind, some in groupby(needs, key=lambda need: need.kind)]


def _of_item(item: Item, kind: Kind, tone: str, icon: str, why: str, word: str, **more: object) -> Need:
    page = str(more.pop("href", "")) or url_for("items.show", item_id=item.id)
    title = item.title or _("Untitled")
    if item.when_approved and item.publish_at is None and item.state in ("in_review", "changes_requested"):
        why = f"{_('As soon as it is approved')} · {why}"
    return Need(kind, tone, icon, title, why, page, word, item.publish_at, **more)  # type: ignore[arg-type]


# -- stopped ----------------------------------------------------------------------------------------------------------


def _clock(shown: Now) -> Iterator[Need]:
    if shown.wrong_time:
        words = translated(shown.wrong_time)
        yield Need("stopped", "red", "clock-alert", words, _("Tell whoever runs this installation."))


def _late(shown: Now) -> Iterator[Need]:
    for row in shown.late:
        why = _(
            "%(channel)s: should have gone out, and still waits. Tell whoever runs this installation.",
            channel=row.channel,
        )
        page = url_for("items.show", item_id=row.item)
        yield Need("stopped", "red", "clock-alert", row.title or _("Untitled"), why, page, _("Look"), row.due)


def _stuck(shown: Now) -> Iterator[Need]:
    why = _("Nobody here can approve it. Let somebody else in under People, or let it out without approval.")
    for item in shown.to_approve:
        if item.id in shown.stuck:
            yield _of_item(item, "stopped", "red", "user-x", why, _("Choose"))


def _stopped(shown: Now) -> Iterator[Need]:
    for row in shown.stopped:
        if row.state == "unknown" or row.by_pause:
            continue
        failed = row.state == "failed"
        tone, icon = ("red", "octagon-x") if failed else ("violet", "hand")
        page = url_for("items.show", item_id=row.item, _anchor=f"delivery-{row.id}")
        title = row.title or _("Untitled")
        yield Need("stopped", tone, "split" if row.out else icon, title, _why(row), page, _("Choose"), row.due)


def _why(row: Stopped) -> str:
    """Why it stopped, in a platform's own words where these say more than that it refused."""
    said = stored_answer(row.detail)
    own = _STATUS.sub("", said)[:160] if row.reason == "rejected" else ""
    why = own or (translated(REASONS[row.reason]) if row.reason in REASONS else said)
    if row.out:
        fields = {"channel": row.channel, "out": row.out, "of": row.parts, "why": why}
        return _("%(channel)s: %(out)s of %(of)s got it. %(why)s", **fields)
    return _("%(channel)s: %(why)s", channel=row.channel, why=why)


def _paused(shown: Now) -> Iterator[Need]:
    if shown.paused:
        title = ngettext(
            "One post fell due while everything was paused",
            "%(n)s posts fell due while everything was paused",
            len(shown.paused),
        )
        why = _("Send, move or drop: choose for each.")
        yield Need("stopped", "violet", "hand", title, why, url_for("pause.choices"), _("Choose"))


def _held(shown: Now) -> Iterator[Need]:
    for item in shown.held:
        why = translated(REASONS[item.reason]) if item.reason in REASONS else _("Held")
        yield _of_item(item, "stopped", "violet", "hand", why, _("Choose"), aside=_discard(item))


def _discard(item: Item) -> Press | None:
    """Throw it away in one press; the message that follows can undo it."""
    if not may_here("schedule"):
        return None
    fields = {"discard": "1", "back": url_for("today.index")}
    return Press(_("Throw away"), url_for("items.cancel", item_id=item.id), fields, "trash-2")


def _channels(shown: Now) -> Iterator[Need]:
    for channel in shown.channels:
        page = url_for("channels.show", channel_id=channel.id)
        broken = channel.state == "broken"
        kind: Kind = "stopped" if broken else "answer"
        tone = "red" if broken else "amber"
        at = channel.token_expires_at
        yield Need(kind, tone, "key-round", channel.name, _access(channel), page, _("Renew"), at)


def _access(channel: Channel) -> str:
    if channel.state == "broken":
        return _("Access has died: nothing goes out here")
    ends = channel.token_expires_at
    over = ends is not None and ends <= installation().now()
    return _("Access should have run out") if over else _("Access runs out")


def _relays(shown: Now) -> Iterator[Need]:
    why = _("Every list that sends through it waits, and goes on by itself when the sign-in is set right.")
    for relay in shown.relays:
        title = _("The mail server %(name)s does not let us in", name=relay.name) if relay.name else ""
        page = url_for("mail.index") if may_here("administer") else ""
        word = _("Set it right") if page else ""
        title = title or _("The mail server does not let us in")
        yield Need("stopped", "red", "mail-x", title, why, page, word, relay.since)


def _consents(shown: Now) -> Iterator[Need]:
    for row in shown.consents:
        page = url_for("picture.show", media_id=row.media.id)
        kind: Kind = "stopped" if row.over else "answer"
        tone = "red" if row.over else "amber"
        title = row.media.filename or _("Picture")
        yield Need(kind, tone, "shield-alert", title, _consent(row), page, _("Look"))


def _consent(row: Ending) -> str:
    names = ", ".join(str(person.get("name", "")) for person in row.persons)
    fields = {"names": names, "day": day_in_words(row.last) if row.last else "–"}
    if row.over:
        return _("The consent of %(names)s ended on %(day)s. What waits with the picture is stopped.", **fields)
    return _("The consent of %(names)s runs out on %(day)s.", **fields)


# -- answer -----------------------------------------------------------------------------------------------------------


def _unknown(shown: Now) -> Iterator[Need]:
    """Did it go out? Answered here, unless it must be said for whom."""
    for row in shown.stopped:
        if row.state != "unknown":
            continue
        page = url_for("items.show", item_id=row.item, _anchor=f"delivery-{row.id}")
        here = may_here("resolve") and not installation().platform(row.platform).independent_parts
        presses = _yes_or_no(row) if here else ()
        why = _("Did it go out on %(channel)s?", channel=row.channel)
        title = row.title or _("Untitled")
        opens = row.address if here else ""
        yield Need(
            "answer", "violet", "circle-question-mark", title, why, page, _("Answer"), row.due, presses, opens=opens
        )


def _yes_or_no(row: Stopped) -> tuple[Press, ...]:
    url, back = url_for("items.answer", item_id=row.item, delivery_id=row.id), url_for("today.index")
    return (
        Press(_("Yes"), url, {"answer": "published", "back": back}),
        Press(_("No"), url, {"answer": "not_published", "back": back}),
    )


def _by_hand(shown: Now) -> Iterator[Need]:
    for task in shown.by_hand:
        page = url_for("by_hand.show", delivery_id=task.delivery)
        why = _("Is to be posted by hand on %(channel)s", channel=task.channel)
        yield Need("answer", "amber", "hand", task.title or _("Untitled"), why, page, _("Post it"), task.latest)


def _mailboxes(shown: Now) -> Iterator[Need]:
    if shown.mailboxes:
        why = _("Answers and bounces do not come in. See what is wrong.")
        yield Need(
            "stopped", "amber", "mail-x", _("A mailbox cannot be read"), why, url_for("mailboxes.index"), _("Look")
        )


def _letters(shown: Now) -> Iterator[Need]:
    if shown.letters:
        title = ngettext("One message waits for an answer", "%(n)s messages wait for an answer", shown.letters)
        why = _("Somebody has written to the office.")
        yield Need("answer", "blue", "inbox", title, why, url_for("inbox.index"), _("Read"))


def _shifted(shown: Now) -> Iterator[Need]:
    if shown.shifted:
        title = ngettext("One planned time has shifted", "%(n)s planned times have shifted", shown.shifted)
        why = _("The time zone has other rules than when they were planned. Choose what was meant.")
        yield Need("answer", "amber", "clock-alert", title, why, url_for("walltimes.index"), _("Choose"))


def _to_accept(shown: Now) -> Iterator[Need]:
    why = _("Somebody else has written in it. Accept it, and it can be approved")
    for item in shown.to_approve:
        if item.id in shown.to_accept:
            yield _of_item(item, "answer", "amber", "stamp", why, _("Look"))


def _spoken(shown: Now) -> Iterator[Need]:
    for talk in shown.spoken:
        yield _remark(talk)


def _remark(talk: comments.UnreadTalk) -> Need:
    page = url_for("items.show", item_id=talk.item.id, _anchor="talk")
    why = _("%(who)s has said something about it", who=talk.by)
    return Need("answer", "blue", "message-square", talk.item.title or _("Untitled"), why, page, _("Answer"), talk.at)


def _released(shown: Now) -> Iterator[Need]:
    why = _("Let out without approval. Is it in order?")
    for item in shown.released:
        yield _of_item(item, "answer", "amber", "siren", why, _("Answer"))


def _proposed(shown: Now) -> Iterator[Need]:
    for item in shown.sent_back:
        if item.id in shown.proposed:
            why = _("%(who)s proposes other words", who=shown.proposed[item.id])
            yield _of_item(item, "answer", "amber", "message-square-diff", why, _("Look"))


def _sent_back(shown: Now) -> Iterator[Need]:
    for item in shown.sent_back:
        if item.id in shown.proposed:
            continue
        late = item.publish_at is not None and item.publish_at < installation().now()
        why = _("Sent back, and its time has passed") if late else _("Sent back: something should be changed")
        page = url_for("write.edit", item_id=item.id) if may_here("write") else ""
        tone = "red" if late else "amber"
        yield _of_item(item, "answer", tone, "undo-2", why, _("Change"), href=page, aside=_discard(item))


# -- approve and schedule ---------------------------------------------------------------------------------------------


def _mine(shown: Now) -> Iterator[Need]:
    for item in shown.to_approve:
        if item.id in shown.mine:
            page = url_for("approve.show", item_id=item.id)
            yield _of_item(item, "approve", "amber", "stamp", _("Waits for your yes"), _("Review"), href=page)


def _unscheduled(shown: Now) -> Iterator[Need]:
    for item in shown.unscheduled:
        why = _("Approved, but not scheduled")
        yield _of_item(item, "schedule", "blue", "circle-check", why, _("Schedule"))


BUILDERS: Final[tuple[Callable[[Now], Iterable[Need]], ...]] = (
    _clock,
    _late,
    _stuck,
    _stopped,
    _paused,
    _held,
    _channels,
    _relays,
    _consents,
    _unknown,
    _mailboxes,
    _by_hand,
    _letters,
    _shifted,
    _to_accept,
    _spoken,
    _released,
    _proposed,
    _sent_back,
    _mine,
    _unscheduled,
)
"""Each makes the lines of one thing that needs somebody. A further one is added here."""

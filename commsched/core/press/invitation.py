"""An invitation as a calendar's entry: what is taken from its content, in the mail and in the newsroom alike."""

from __future__ import annotations

from datetime import UTC, datetime

from commsched.core.content.model import Content
from commsched.core.press.calendar_file import Entry
from commsched.core.press.words import event_of, event_rows
from commsched.core.text.recipients import is_address


def entry_of(content: Content, uid: str, *, office: str, url: str, page: str, stamp: datetime) -> Entry | None:
    """The entry of ``content``, whose item is called ``uid``; ``None`` where it invites to nothing.

    ``url`` is where the invitation stands and ``page`` the office's own, for an organizer without an address.
    """
    event = event_of(content)
    if event is None or event.starts_at is None:
        return None
    typed = (event.reply_to, *(person.email for person in content.contacts))
    people = [address for address in typed if is_address(address)]  # a calendar refuses what is none
    words = [
        content.lead.strip(),
        *(f"{label}: {said}" for label, said in event_rows(content)[2 + event.called_off :]),
        url,
    ]
    return Entry(
        uid=f"{content.corrects or uid}-event",
        sequence=event.sequence,
        stamp=stamp.astimezone(UTC).replace(microsecond=0),
        starts=event.starts_at,
        ends=event.ends_at,
        zone=event.zone,
        summary=content.title.strip(),
        place=", ".join(part for part in (event.place, event.address) if part),
        about="\n\n".join(word for word in words if word),
        url=url,
        organizer=next(iter([*people, page])),
        organizer_name=office,
        called_off=event.called_off,
    )

"""What is wrong with a release before it goes anywhere: an invitation without a place, a contact that cannot be
reached, a headline that no subject line shows whole. Pure; every door asks it through ``services.content.check``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from commsched.core.content.model import Content
from commsched.core.content.release import GENRES, INVITATION, Event
from commsched.core.content.release_draft import event_field
from commsched.core.press.lengths import lengths, too_long
from commsched.core.text.messages import N_, Message, Problem, block, warn
from commsched.core.text.recipients import is_address

_IN_LANGUAGE: Final = N_("In another language (%(language)s): %(said)s")
ASIDE: Final = N_(
    "What is written of the event (when, where, who) is kept in the draft and sent to nobody, since the genre is "
    "“%(genre)s”. Choose “Press invitation” to invite to it."
)
PRINT_PIXELS: Final = 1181
"""Pixels of ten centimetres at 300 dots an inch: below it a newspaper cannot print a picture over two columns."""


def release_problems(
    content: Content, publish_at: datetime | None, notices: Mapping[str, str] | None = None
) -> list[Problem]:
    """What stops a release and what its writer should think of; nothing for another kind. ``notices``: what stands
    before the headline in the mail's subject by language, as for :func:`commsched.core.press.lengths.lengths`."""
    if content.kind != "release":
        return []
    problems = [*_lengths(content, notices or {}), *_contacts(content), *_pictures(content), *_versions(content)]
    if content.genre == INVITATION:
        problems += _event(content.event or Event(), publish_at)
    elif content.event_aside is not None:
        problems.append(warn("genre", ASIDE, genre=Message(GENRES[content.genre])))
    return problems


def _lengths(content: Content, notices: Mapping[str, str]) -> Iterator[Problem]:
    for length in lengths(content, notices):
        words, tag = too_long(length), length.language
        if words is not None and tag:
            yield warn("versions", _IN_LANGUAGE, language=tag, said=words)
        elif words is not None:
            yield warn(length.field, words.message, **words.params)


def _contacts(content: Content) -> Iterator[Problem]:
    for number, person in enumerate(content.contacts, 1):
        if person.email and not is_address(person.email):
            words = N_("“%(address)s” is no e-mail address (contact person %(number)s).")
            yield block("contacts", words, address=person.email[:80], number=number)
        elif not person.email and not person.phone:
            words = N_("%(name)s has neither a telephone number nor an e-mail address, so the press cannot ask.")
            yield warn("contacts", words, name=person.name or person.lines[0])


def _pictures(content: Content) -> Iterator[Problem]:
    for number, picture in enumerate(content.pictures, 1):
        if picture.width and max(picture.width, picture.height) < PRINT_PIXELS:
            words = N_(
                "Picture %(number)s is too small to print: %(size)s pixels, and ten centimetres take %(least)s. Send a "
                "larger one if there is one."
            )
            size = f"{picture.width} × {picture.height}"
            yield warn("media", words, number=number, size=size, least=PRINT_PIXELS)
        if not picture.credit:
            words = N_("Picture %(number)s names no photographer. Write who it is on the picture's own page.")
            yield warn("media", words, number=number)


def _versions(content: Content) -> Iterator[Problem]:
    for version in content.versions:
        if not version.title.strip() or not version.text.strip():
            words = N_("The version in another language (%(language)s) needs a headline and a text.")
            yield block("versions", words, language=version.language)


def _event(event: Event, publish_at: datetime | None) -> Iterator[Problem]:
    starts, ends, reply_by = event.starts_at, event.ends_at, event.reply_by_at
    if starts is None:
        yield block(event_field("starts"), N_("An invitation says when: choose the day and the time it begins."))
    if event.called_off:
        return
    if not event.place:
        yield block(event_field("place"), N_("An invitation says where: write the place."))
    if event.reply_to and not is_address(event.reply_to):
        words = N_("“%(address)s” is no e-mail address to answer to.")
        yield block(event_field("reply_to"), words, address=event.reply_to[:80])
    if starts is None:
        return
    if ends is not None and ends <= starts:
        yield block(event_field("ends"), N_("The event ends before it begins."))
    if reply_by is not None and reply_by > starts:
        yield block(event_field("reply_by"), N_("Answers are asked for after the event has begun."))
    if publish_at is not None and publish_at >= starts:
        yield block(event_field("starts"), N_("The event begins before the invitation goes out."))

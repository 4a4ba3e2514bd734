"""The parts of a release: read from what is handed in, kept in single lines, and told when something is missing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from commsched.core.content.changes import compare
from commsched.core.content.draft import ContactIn, DraftIn, EventIn, QuoteIn, VersionIn
from commsched.core.content.model import Attachment, Content
from commsched.core.content.release import ContactPerson, Event, LanguageVersion, Quote
from commsched.core.content.release_draft import (
    contacts_from,
    contacts_in_text,
    event_from,
    event_in,
    quotes_from,
    versions_from,
    versions_in,
)
from commsched.core.press.release_checks import PRINT_PIXELS, release_problems
from commsched.core.text.messages import Invalid
from commsched.core.timing.wall_time import Fold, Gap

ZONE = "Europe/Stockholm"
HEAD = "Elin\r\nBcc: alla@x.example"


def invitation(**event: str) -> DraftIn:
    return DraftIn(kind="release", genre="pressinbjudan", event=EventIn(**event))


def test_an_event_is_kept_in_utc_and_comes_back_as_it_was() -> None:
    event = event_from(invitation(starts="2026-12-03T10:00", ends="2026-12-03T11:00", place=" Torget "), ZONE)
    assert event == Event(starts="2026-12-03T09:00:00Z", ends="2026-12-03T10:00:00Z", zone=ZONE, place="Torget")
    again = DraftIn(kind="release", genre="pressinbjudan", event=event_in(Content(event=event)))
    assert event_from(again, "America/New_York") == event


@pytest.mark.parametrize("name", ["starts", "ends", "reply_by"])
def test_the_gap_and_the_fold_of_a_clock_change_are_asked_about(name: str) -> None:
    for clash, wall in ((Gap, "2026-03-29T02:30"), (Fold, "2026-10-25T02:30")):
        with pytest.raises(clash) as told:
            event_from(invitation(**{name: wall}), ZONE)
        assert told.value.field == f"event.{name}"


def test_only_an_invitation_has_an_event() -> None:
    with pytest.raises(Invalid) as told:
        event_from(DraftIn(kind="release", event=EventIn(place="Torget")), ZONE)
    assert told.value.field == "event"
    assert event_from(invitation(), ZONE) is None


def test_no_line_of_a_release_can_begin_another_header() -> None:
    draft = invitation(place=HEAD, address=HEAD, reply_to=HEAD)
    draft.contacts = [ContactIn(name=HEAD, role=HEAD, phone=HEAD, email=HEAD, hours=HEAD)]
    event = event_from(draft, ZONE)
    [person], [quote] = contacts_from(draft), quotes_from([QuoteIn(text="Ja", role=HEAD)])
    [version] = versions_from(DraftIn(versions=[VersionIn(language="en", title=HEAD)]))
    assert event is not None
    lines = [event.place, event.address, event.reply_to, *person.lines, quote.role, version.title]
    assert not any("\n" in line or "\r" in line for line in lines)


def test_emoji_and_text_from_right_to_left_stay_as_they_were_written() -> None:
    draft = DraftIn(
        versions=[VersionIn(language="ar", title="حافلات أكثر 🚌", text="تسير الحافلة", quotes=[QuoteIn(text="نعم")])]
    )
    [version] = versions_from(draft)
    assert (version.title, version.text, version.quotes[0].text) == ("حافلات أكثر 🚌", "تسير الحافلة", "نعم")
    assert versions_in(Content(versions=[version])) == draft.versions


def test_two_texts_in_one_language_are_refused() -> None:
    with pytest.raises(Invalid):
        versions_from(DraftIn(language="sv", versions=[VersionIn(language="sv")]))


@pytest.mark.parametrize(
    ("text", "people"),
    [
        (
            "Elin Berg, pressekreterare, 070-123 45 67, elin@x.example",
            [ContactPerson(name="Elin Berg", role="pressekreterare", phone="070-123 45 67", email="elin@x.example")],
        ),
        (
            "Elin Berg, pressekreterare\nTel. +46 (0)70-123 45 67\nE-post: elin@x.example",
            [
                ContactPerson(
                    name="Elin Berg", role="pressekreterare", phone="+46 (0)70-123 45 67", email="elin@x.example"
                )
            ],
        ),
        (
            "Elin Berg 070-123 45 67\nJonas Ek – gruppledare – jonas@x.example",
            [
                ContactPerson(name="Elin Berg", phone="070-123 45 67"),
                ContactPerson(name="Jonas Ek", role="gruppledare", email="jonas@x.example"),
            ],
        ),
        ("Ring oss.", []),
        ("", []),
    ],
)
def test_contacts_that_were_written_as_text_become_rows(text: str, people: list[ContactPerson]) -> None:
    assert contacts_in_text(text) == people


def test_what_an_invitation_lacks_is_told_by_its_field() -> None:
    at = datetime(2026, 12, 3, 9, tzinfo=UTC)
    bare = Content(kind="release", genre="pressinbjudan")
    assert {"event.starts", "event.place"} <= {
        problem.field for problem in release_problems(bare, at) if problem.blocks
    }
    event = Event(
        starts="2026-12-03T09:00:00Z",
        ends="2026-12-03T08:00:00Z",
        reply_by="2026-12-04T08:00:00Z",
        reply_to="press",
        place="Torget",
    )
    wrong = Content(kind="release", genre="pressinbjudan", event=event)
    stopped = [problem.field for problem in release_problems(wrong, at) if problem.blocks]
    assert stopped == ["event.reply_to", "event.ends", "event.reply_by", "event.starts"]


def test_a_headline_is_counted_with_what_stands_before_it_in_the_subject() -> None:
    content = Content(kind="release", title="x" * 60)
    assert not release_problems(content, None)
    [problem] = release_problems(content, None, {"sv": "Embargo till tisdag kl. 10.00: "})
    assert (problem.field, problem.words.params["count"]) == ("title", 91)


def test_a_picture_that_cannot_be_printed_is_told_and_stops_nothing() -> None:
    small = Attachment(sha256="a", width=PRINT_PIXELS - 1, height=800, credit="Eva")
    large = Attachment(sha256="b", width=PRINT_PIXELS, height=800, credit="Eva")
    [problem] = release_problems(Content(kind="release", attachments=[large, small]), None)
    assert (problem.field, problem.level, problem.words.params["number"]) == ("media", "warn", 2)


def test_each_part_that_differs_is_told_under_its_own_name() -> None:
    old = Content(
        contacts=[ContactPerson(name="Elin")],
        event=Event(starts="2026-12-03T09:00:00Z", place="Torget"),
        versions=[LanguageVersion(language="en", title="More buses")],
    )
    new = Content(
        contacts=[ContactPerson(name="Elin", phone="070")],
        event=Event(starts="2026-12-03T10:00:00Z", place="Torget"),
        versions=[LanguageVersion(language="en", title="More buses", quotes=[Quote(text="Yes", person="Karin")])],
    )
    changes = {change.field: (change.old, change.new) for change in compare(old, new, {})}
    assert changes == {
        "contacts": ("Elin", "Elin · 070"),
        "event.starts": ("2026-12-03 10:00", "2026-12-03 11:00"),
        "versions.en.quotes": ("", "– Yes (Karin)"),
    }

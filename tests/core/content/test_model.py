"""The hash an approval binds to: any change a reader would see changes it, no change of spelling does."""

from __future__ import annotations

import unicodedata
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commsched.core.content.model import (
    Attachment,
    Card,
    ChannelContent,
    Content,
    addresses_digest,
    canonical,
    digest,
    nfc,
    parse,
)
from commsched.core.content.release import ContactPerson, Event, LanguageVersion, Quote
from tests.core.kinds import same_each_time

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
pictures = st.builds(
    Attachment,
    sha256=words,
    alt=words,
    mime=st.sampled_from(("image/png", "image/jpeg")),
    width=st.integers(0, 9),
    height=st.integers(0, 9),
    credit=words,
)
channels = st.lists(
    st.builds(
        ChannelContent,
        channel=st.integers(1, 6),
        text=st.none() | words,
        options=st.dictionaries(words, words, max_size=2),
        recipients=words,
    ),
    max_size=3,
    unique_by=lambda one: one.channel,
)
cards = st.builds(Card, url=words, title=words, description=words, picture=words, width=st.integers(0, 9))
contents = st.builds(
    Content,
    kind=st.sampled_from(("post", "release", "letter")),
    title=words,
    text=words,
    lead=words,
    short=words,
    facts=words,
    contact=words,
    link=words,
    language=st.sampled_from(("sv", "en")),
    embargo=words,
    genre=st.sampled_from(("pressmeddelande", "debattartikel")),
    quotes=st.lists(st.builds(Quote, text=words, person=words), max_size=2),
    attachments=st.lists(pictures, max_size=2),
    channels=channels,
    card=st.none() | cards,
    contacts=st.lists(st.builds(ContactPerson, name=words, phone=words, hours=words), max_size=2),
    about=words,
    event=st.none() | st.builds(Event, starts=words, place=words, people=words, zone=words),
    versions=st.lists(st.builds(LanguageVersion, language=words, title=words, text=words), max_size=2),
)
SAMPLE = Content(
    kind="release",
    title="Fler turer",
    text="Bussen går.",
    lead="Från mars.",
    short="Kort.",
    facts="12 turer.",
    quotes=[Quote(text="Bra!", person="Karin", role="gruppledare")],
    contacts=[ContactPerson(name="Karin Ek", role="talesperson", phone="070", email="k@x.example", hours="8–17")],
    about="Vi är gruppen.",
    event_aside=Event(place="Torget"),
    event=Event(
        starts="2026-12-03T09:00:00Z",
        ends="2026-12-03T10:00:00Z",
        zone="Europe/Helsinki",
        place="Torget",
        address="Storgatan 1",
        people="Karin Ek",
        reply_by="2026-12-01T09:00:00Z",
        reply_to="press@x.example",
    ),
    versions=[
        LanguageVersion(
            language="en",
            title="More buses",
            lead="From March.",
            text="The bus runs.",
            short="Short.",
            facts="12 runs.",
            about="We are the group.",
            quotes=[Quote(text="Good!", person="Karin", role="leader")],
        )
    ],
    contact="Karin Ek",
    link="https://x.example",
    language="en",
    genre="insändare",
    attachments=[Attachment(sha256="aa", alt="Torget", width=3, height=2, credit="Olle")],
    embargo="2026-11-26T06:00:00Z",
    corrects="a1",
    correction="Siffran.",
    answers="12",
    card=Card(url="https://x.example", title="Tidtabell", description="Alla turer.", picture="cc", width=9, height=5),
    channels=[ChannelContent(channel=1, text="Kort", options={"cw": "val"}), ChannelContent(channel=2, recipients="x")],
)


def hashed(content: Content) -> str:
    return digest(canonical(content))


@given(contents)
@same_each_time
def test_what_is_stored_is_read_back_as_it_was(content: Content) -> None:
    data = canonical(content)
    assert canonical(parse(data)) == data


@given(contents, contents)
@same_each_time
def test_two_contents_have_one_hash_only_if_they_say_the_same(one: Content, other: Content) -> None:
    def said(content: Content) -> Any:
        ordered = msgspec.structs.replace(content, channels=sorted(content.channels, key=lambda c: c.channel))
        return nfc(msgspec.to_builtins(ordered))

    assert (hashed(one) == hashed(other)) == (said(one) == said(other))


@given(contents)
@same_each_time
def test_neither_order_of_keys_nor_of_channels_nor_unicode_form_changes_it(content: Content) -> None:
    plain = msgspec.to_builtins(content)
    turned = msgspec.convert(dict(reversed(plain.items())), Content)
    turned = msgspec.structs.replace(turned, channels=turned.channels[::-1])
    assert hashed(turned) == hashed(content)
    apart = msgspec.convert(_form(plain, "NFD"), Content)
    assert hashed(apart) == hashed(msgspec.convert(_form(plain, "NFC"), Content))


def _form(value: Any, form: str) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize(form, value)  # type: ignore[arg-type]
    if isinstance(value, dict):
        return {key: _form(item, form) for key, item in value.items()}
    return [_form(item, form) for item in value] if isinstance(value, list) else value


def _changed(value: Any) -> Any:
    return value + "x" if isinstance(value, str) else value + 1


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [place for key, item in value.items() for place in _places(item, (*path, key))]
    if isinstance(value, list):
        return [place for n, item in enumerate(value) for place in _places(item, (*path, n))]
    return [path]


@pytest.mark.parametrize("path", _places(msgspec.to_builtins(SAMPLE)), ids=lambda path: ".".join(map(str, path)))
def test_a_change_anywhere_changes_the_hash(path: tuple[Any, ...]) -> None:
    plain = msgspec.json.decode(canonical(SAMPLE))
    inner = plain
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = _changed(inner[path[-1]])
    assert digest(msgspec.json.encode(plain, order="deterministic")) != hashed(SAMPLE)


@pytest.mark.parametrize("name", Content.__struct_fields__)
def test_every_field_of_an_item_counts(name: str) -> None:
    assert hashed(msgspec.structs.replace(SAMPLE, **{name: getattr(Content(), name)})) != hashed(SAMPLE)


@given(contents)
@same_each_time
def test_what_says_nothing_of_a_release_is_in_no_bytes(content: Content) -> None:
    """So whatever was approved before these parts were thought of keeps its bytes and its hash."""
    silent = msgspec.structs.replace(content, contacts=[], about="", event=None, event_aside=None, versions=[])
    names = set(msgspec.json.decode(canonical(silent)))
    assert not names & {"contacts", "about", "event", "event_aside", "versions"}
    assert set(msgspec.json.decode(canonical(msgspec.convert(msgspec.to_builtins(silent), Content)))) == names


def test_a_reader_gets_the_release_in_their_language() -> None:
    swedish = msgspec.structs.replace(SAMPLE, language="sv")
    english = swedish.in_language("en-GB")
    assert (english.language, english.title, english.quotes[0].role) == ("en", "More buses", "leader")
    assert english.contacts == SAMPLE.contacts
    assert english.event == SAMPLE.event
    assert english.text_on(1) == "The bus runs."
    for other in ("sv", "fi", "", "sv-FI"):
        assert swedish.in_language(other) is swedish


@pytest.mark.parametrize("name", ["attachments", "quotes", "contacts"])
def test_the_order_that_a_reader_sees_counts(name: str) -> None:
    rows: dict[str, list[Any]] = {
        "attachments": [Attachment(sha256="a"), Attachment(sha256="b")],
        "quotes": [Quote(text="a"), Quote(text="b")],
        "contacts": [ContactPerson(name="a"), ContactPerson(name="b")],
    }
    two = rows[name]
    assert hashed(Content(**{name: two})) != hashed(Content(**{name: two[::-1]}))


def test_an_empty_text_of_a_channels_own_is_not_the_items_text() -> None:
    own, none = ChannelContent(channel=1, text=""), ChannelContent(channel=1)
    assert hashed(Content(text="a", channels=[own])) != hashed(Content(text="a", channels=[none]))
    assert Content(text="a", channels=[own]).text_on(1) == ""
    assert Content(text="a", channels=[none]).text_on(1) == "a"


@given(st.lists(st.emails(), max_size=5))
@same_each_time
def test_a_list_is_who_is_on_it_in_any_order_or_case(people: list[str]) -> None:
    assert addresses_digest(people) == addresses_digest([one.upper() + " " for one in people][::-1] + people)
    assert addresses_digest([*people, "ny@tidningen.se"]) != addresses_digest(people) or "ny@tidningen.se" in people

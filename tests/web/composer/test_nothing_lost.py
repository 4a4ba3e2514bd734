"""Nothing that was typed vanishes without a word: it is in the saved draft, or a message names it."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from commsched.core.content.draft import DraftIn, EventIn, QuoteIn, VersionIn
from commsched.core.content.release import GENRES
from commsched.core.text.messages import Invalid
from commsched.services.kernel.context import Installation
from commsched.services.workflow import editing
from tests import writing
from tests.conftest import Browser, Cast
from tests.web.composer.test_release_parts import newest
from tests.web.composer.test_writing import form

Browse = Callable[..., Browser]
EVENT = {
    "event-starts_day": "2027-01-14",
    "event-starts_time": "10.00",
    "event-place": "Stortorget",
    "event-people": "Karin Ek",
    "event-reply_to": "svar@x.example",
}

CALLED = {"mastodon": "Mastodon", "x": "X"}


@pytest.fixture
def to(installation: Installation, cast: Cast) -> dict[str, int]:
    return writing.channels(installation, cast)


@pytest.fixture
def writer(browse: Browse, cast: Cast) -> Browser:
    return browse(cast.writer)


def saved(writer: Browser, fields: dict[str, Any], to: str = "~/write") -> str:
    """The page that a press on Save leads to."""
    answer = writer.post(to, {**fields, "do": "save"}, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def test_an_event_survives_a_genre_chosen_by_mistake(writer: Browser, installation: Installation, cast: Cast) -> None:
    typed = {"kind": "release", "title": "Kom", "text": "Kom och fråga.", **EVENT}
    page = saved(writer, {**typed, "genre": "insändare"})
    said = newest(installation, cast)
    assert said.event is None, "nobody is invited by a letter to the editor"
    assert said.event_aside.place == "Stortorget"
    assert "sent to nobody" in page or "skickas inte" in page
    back = {**form(page), "genre": "pressinbjudan"}
    again = saved(writer, back, f"~/items/{back['item'][0]}/edit")
    said = newest(installation, cast)
    assert (said.event.place, said.event.starts, said.event_aside) == ("Stortorget", "2027-01-14T09:00:00Z", None)
    assert "skickas inte" not in again


def test_a_headline_that_was_pasted_on_two_lines_is_one_line(
    writer: Browser, installation: Installation, cast: Cast
) -> None:
    saved(writer, {"kind": "release", "title": "Sju nya\r\nvårdcentraler", "text": "Nu."})
    assert newest(installation, cast).title == "Sju nya vårdcentraler"


def test_the_api_says_what_is_put_by_and_still_refuses_an_event_of_another_genre(cast: Cast) -> None:
    aside = DraftIn(kind="release", title="Ja", text="Ja.", event_aside=EventIn(place="Torget"))
    number = editing.create(cast.installation, cast.actor("writer"), aside)
    assert number
    with pytest.raises(Invalid, match="Only a press invitation"):
        editing.create(cast.installation, cast.actor("writer"), DraftIn(kind="release", event=EventIn(place="Torget")))


CHANNEL = st.fixed_dictionaries({"chosen": st.booleans(), "own": st.booleans(), "time": st.booleans()})


@given(
    genre=st.sampled_from(sorted(GENRES)),
    channels=st.tuples(CHANNEL, CHANNEL),
    event=st.sets(st.sampled_from(sorted(EVENT))),
    timed=st.booleans(),
    latest=st.booleans(),
)
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_was_typed_is_in_the_draft_or_named(
    writer: Browser,
    to: dict[str, int],
    genre: str,
    channels: tuple[dict[str, bool], ...],
    event: set[str],
    timed: bool,
    latest: bool,
) -> None:
    numbers = dict(zip(list(to.items())[:2], channels, strict=True))
    typed: dict[str, Any] = {
        "kind": "release",
        "genre": genre,
        "title": "Rubriken-T",
        "lead": "Ingressen-T",
        "text": "Brödtexten-T",
        "short": "Notisen-T",
        "facts": "Faktan-T",
        "about": "Avsändaren-T",
        "quote-person": ["Sägaren-T"],
        "contact-hours": ["Tiderna-T"],
        "version": "en",
        "v-en-title": "English-T",
        "v-en-quote-role": ["Rollen-T"],
        "source-url": ["https://kallan.example/t"],
        **{name: said for name, said in EVENT.items() if name in event and not name.startswith("event-starts")},
        **({name: EVENT[name] for name in ("event-starts_day", "event-starts_time")} if event else {}),
        "channels": [str(number) for (_name, number), state in numbers.items() if state["chosen"]],
        "own": [str(number) for (_name, number), state in numbers.items() if state["own"]],
    }
    if timed:
        typed |= {"publish_day": "2027-01-20", "publish_time": "07:30"}
    if latest:
        typed |= {"latest_day": "2027-01-21", "latest_time": "09:45"}
    for (name, number), state in numbers.items():
        typed[f"own-{number}"] = f"Eget-{name}-T"
        if state["time"]:
            typed |= {f"at-{number}_day": "2027-01-20", f"at-{number}_time": f"08:{number % 60:02}"}
    page = saved(writer, typed)
    said = [value for name, value in typed.items() if isinstance(value, str) and name[:3] not in ("own", "at-", "lat")]
    said += [row for name in typed for row in typed[name] if isinstance(typed[name], list) and "-" in name]
    for words in said:
        assert words in page or words == "10.00", words
    assert not latest or "09:45" in page or "Den senaste tiden sparas inte" in page
    for (name, number), state in numbers.items():
        told = f"för {CALLED[name]} sparas inte i utkastet"
        assert f"Eget-{name}-T" in page or told in page, (name, state)
        if state["time"]:
            assert f'value="08:{number % 60:02}"' in page or f"tiden {told}" in page, (name, state)


def test_a_page_that_lacks_fields_leaves_them_as_they_were(
    writer: Browser, installation: Installation, cast: Cast
) -> None:
    """The form of a post has no lead; what the API gave it is not taken away by who opens and saves it here."""
    draft = DraftIn(
        text="Hej.",
        lead="Ingress.",
        facts="Rad 1\nRad 2",
        quotes=[QuoteIn(text="Ja!\nNej!", person="Karin Ek")],
        versions=[VersionIn(language="en", title="Hi", text="Hi.", quotes=[QuoteIn(text="Yes!")])],
    )
    number = editing.create(cast.installation, cast.actor("writer"), draft)
    before = newest(installation, cast)
    page = writer.get(f"~/items/{number}/edit").text
    saved(writer, {**form(page), "text": "Hej igen."}, f"~/items/{number}/edit")
    after = newest(installation, cast)
    assert after.text == "Hej igen."
    assert (after.lead, after.facts, after.quotes, after.versions) == (
        before.lead,
        before.facts,
        before.quotes,
        before.versions,
    )

"""How long a headline and a short version are: as a subject and as a newspaper reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commsched.core.content.model import Content
from commsched.core.content.release import LanguageVersion
from commsched.core.platform.contract import ChannelView
from commsched.core.press.lengths import SHORT, SUBJECT, headline_length, lengths, subject, too_long
from commsched.core.press.release_checks import release_problems
from commsched.core.timing import embargo
from commsched.platforms._presslist import messages

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
ENDS = "2026-12-01T09:00:00Z"


@pytest.mark.parametrize("corrected", ["", "Siffran var fel."])
@pytest.mark.parametrize("ends", ["", ENDS])
@pytest.mark.parametrize("title", ["Fler turer", "rättelse: Fler turer", "Ja 👩‍👩‍👧 å", ""])
def test_what_is_counted_is_the_subject_that_is_sent(title: str, ends: str, corrected: str) -> None:
    content = Content(
        kind="release", title=title, embargo=ends, correction=corrected, corrects="u" if corrected else ""
    )
    notices = embargo.notices(ends, "Europe/Stockholm", content.languages, NOW)
    notice = embargo.notice(ends, "Europe/Stockholm", "sv", NOW)
    view = ChannelView(content=content, text="", uid="u", pictures=[], options={}, recipients=())
    length = headline_length(content, notices.get("sv", ""))
    assert length.whole == (messages.subject(view, notice) if title else "")
    assert length.count == len(length.whole)


def test_each_limit_holds_at_its_sign() -> None:
    for room, field in ((SUBJECT, "title"), (SHORT, "short")):
        for count, state in (
            (room.good, "fits"),
            (room.good + 1, "long"),
            (room.most, "long"),
            (room.most + 1, "over"),
        ):
            content = Content(
                kind="release", title="x", text="x", **({} if field == "title" else {"short": "x" * count})
            )
            content = Content(kind="release", title="x" * count) if field == "title" else content
            [length] = [each for each in lengths(content, {}) if each.field == field]
            assert (length.count, length.state) == (count, state)
            told = [problem.field for problem in release_problems(content, None)]
            assert told == ([field] if state == "over" else []), "a soft warning, and only where it is cut"
            assert (too_long(length) is not None) == (state == "over")


def test_a_headline_in_another_language_is_counted_with_what_stands_before_it_there() -> None:
    english = LanguageVersion(language="en", title="More buses", text="Yes.", short="s" * 801)
    content = Content(kind="release", title="Fler turer", embargo=ENDS, versions=[english])
    notices = embargo.notices(ENDS, "Europe/Stockholm", content.languages, NOW)
    rows = {(each.field, each.language): each for each in lengths(content, notices)}
    assert rows["title", "en"].whole.startswith("Embargo until")
    assert rows["title", ""].whole.startswith("Embargo till")
    [problem] = release_problems(content, None, notices)
    assert problem.field == "versions"


@given(st.text(max_size=50), st.text(max_size=9), st.sampled_from(["", "Rättelse", "Correction"]))
def test_a_subject_ends_with_its_headline(headline: str, notice: str, word: str) -> None:
    assert subject(headline, notice, word).endswith(headline)
    assert subject(headline, notice, word).startswith(notice)


def test_the_browser_has_no_number_of_its_own() -> None:
    script = Path("commsched/web/static/js/editor/counter.js").read_text()
    assert not {"40", "60", "80", "600", "800"} & set(script.replace("(", " ").replace(")", " ").split())

"""A text that is too long is offered as a thread where it says so, divided by a press, and brought back by another."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from commsched.core.text.length import split_thread
from commsched.core.text.x_length import x_length
from commsched.services.kernel.context import Installation
from tests import writing
from tests.conftest import Browser, Cast
from tests.publications import channel
from tests.web.composer.test_writing import Browse, form, latest, post

LONG = "Bussen går var tionde minut från torget i Ljungby. " * 9
OFFER = "Dela upp i en tråd"


@pytest.fixture
def to(installation: Installation, cast: Cast) -> dict[str, int]:
    return writing.channels(installation, cast)


@pytest.fixture
def writer(browse: Browse, cast: Cast) -> Browser:
    return browse(cast.writer)


def long(channels: list[int], **more: Any) -> dict[str, Any]:
    return post(text=LONG.strip(), channels=channels, **more)


def test_it_is_offered_where_the_channel_has_threads_and_nowhere_else(writer: Browser, to: dict[str, int]) -> None:
    problems = writer.post("~/write/check", long([to["x"], to["facebook"], to["newsroom"]])).json["problems"]
    assert problems.count(OFFER) == 1
    assert f'value="thread:{to["x"]}"' in problems
    assert OFFER not in writer.post("~/write/check", long([to["facebook"]])).json["problems"]


def test_a_press_divides_the_text_and_the_form_has_both(writer: Browser, to: dict[str, int]) -> None:
    shown = writer.post("~/write", long([to["x"]]) | {"do": f"thread:{to['x']}"})
    assert shown.status_code == 200
    fields = form(shown.text)
    parts = split_thread(fields["text"][0].replace("\r\n", "\n"))
    assert len(parts) == 2
    assert all(x_length(part) <= 280 for part in parts)
    assert " ".join(parts) == LONG.strip()
    assert OFFER not in unescape(shown.text)
    assert "look-reply" in shown.text, "the preview shows each part"
    back = form(writer.post("~/write", fields | {"do": "whole:0"}).text)
    assert back["text"] == [LONG.strip()]
    assert "whole-0" not in back


def test_a_sentence_that_had_to_be_cut_is_told_until_it_is_whole_again(writer: Browser, to: dict[str, int]) -> None:
    breathless = "Kort början. " + "och sedan fler turer till byn " * 14 + "till slut. Bussen går."
    data = post(text=breathless, channels=[to["x"]])
    shown = writer.post("~/write", data | {"do": f"thread:{to['x']}"})
    assert "är delad där del 1 slutar" in unescape(shown.text)
    assert "är delad där" in writer.post("~/write/check", form(shown.text)).json["wholes"], "as long as it is so"
    mended = form(shown.text) | {"text": "Kort början.\n---\nOch mer.\n---\nBussen går."}
    assert "är delad där" not in writer.post("~/write/check", mended).json["wholes"]
    assert "är delad där" not in writer.post("~/write", long([to["x"]]) | {"do": f"thread:{to['x']}"}).text
    assert "är delad där" not in writer.post("~/write", form(shown.text) | {"do": "whole:0"}).text


def test_where_others_say_it_too_the_channel_gets_a_text_of_its_own_and_the_others_keep_theirs(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    fields = form(writer.post("~/write", long([to["x"], to["facebook"]]) | {"do": f"thread:{to['x']}"}).text)
    assert fields["text"] == [LONG.strip()]
    assert fields["own"] == [str(to["x"])]
    assert len(split_thread(fields[f"own-{to['x']}"][0])) == 2
    assert writer.post("~/write", fields | {"do": "save"}).status_code == 303
    content = latest(installation, cast)[1].parsed()
    assert content.text_on(to["facebook"]) == LONG.strip()
    assert len(split_thread(content.text_on(to["x"]))) == 2
    back = form(writer.post("~/write", fields | {"do": f"whole:{to['x']}"}).text)
    assert "own" not in back, "it follows the others again"


def test_without_a_page_of_its_own_the_script_gets_the_same_texts(writer: Browser, to: dict[str, int]) -> None:
    told = writer.post("~/write/check", long([to["x"]]) | {"do": f"thread:{to['x']}"}).json
    assert len(split_thread(told["texts"]["text"])) == 2
    assert told["texts"][f"own-{to['x']}"] is None
    assert 'name="whole-0"' in told["wholes"]
    assert writer.post("~/write/check", long([to["x"]])).json["texts"] is None


@pytest.mark.parametrize("press", ["thread:", "thread:x", "thread:99999", "thread:²", "whole:7", "whole:"])
def test_a_press_on_nothing_changes_nothing(writer: Browser, to: dict[str, int], press: str) -> None:
    shown = writer.post("~/write", long([to["facebook"]]) | {"do": press})
    assert shown.status_code == 200
    assert form(shown.text)["text"] == [LONG.strip()]


def test_numbers_are_chosen_and_stand_in_what_is_approved(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    wanted = post(text="Ett.\n---\nTvå.", channels=[to["x"]], **{f"opt-{to['x']}-numbered": "1"})
    assert "2/2" in writer.post("~/write/check", wanted).json["previews"]
    writer.post("~/write", wanted)
    assert latest(installation, cast)[1].parsed().on(to["x"]).options == {"numbered": "1"}


@pytest.mark.parametrize(("platform", "shown"), [("x", "look-reply"), ("bluesky", "")])
def test_a_card_stands_below_the_part_that_has_its_link_or_nowhere(
    writer: Browser, installation: Installation, cast: Cast, platform: str, shown: str
) -> None:
    """The network draws it there; ours to give is only that of the first post."""
    to = channel(installation, cast.place.id, platform=platform, account="1", account_name="Kansliet")
    text = "Nattbussen får gå vidare.\n---\nLäs mer: https://ljungpartiet.se/nattbussen"
    look = writer.post("~/write/check", post(text=text, channels=[to])).json["previews"]
    articles = re.findall(r"<article.*?</article>", look, re.S)
    with_card = [article for article in articles if "look-linkcard" in article or "look-page" in article]
    assert len(articles) == 2
    assert [shown in article for article in with_card] == ([True] if shown else [])

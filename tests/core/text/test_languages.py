"""A language is one folder: its plurals, its dates, its numbers and its name come without a line of code."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

import pytest

from commsched.core.text import languages, numbers
from commsched.core.text.catalogues import gettext, ngettext, preferred, translate
from commsched.core.timing import dates

SAMI = r"""
msgid ""
msgstr ""
"Language: se\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n==2 ? 1 : 2);\n"
"X-Fallback: sv\n"

msgid "Sign in"
msgstr "Čálit sisa"

msgid "%(n)s person"
msgid_plural "%(n)s people"
msgstr[0] "%(n)s olmmoš"
msgstr[1] "%(n)s olbmo"
msgstr[2] "%(n)s olbmot"
"""
FINNISH = r"""
msgid ""
msgstr ""
"Language: fi\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

msgid "%(weekday)s %(day)s %(month)s"
msgstr "%(weekday)s %(day)s. %(month)s"
"""


@pytest.fixture
def more(tmp_path: Path) -> Iterator[None]:
    """Northern Sámi and Finnish, as somebody would bring them."""
    for code, text in (("se", SAMI), ("fi", FINNISH)):
        folder = tmp_path / code / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "all.po").write_text(text, "utf-8")
    (tmp_path / "de").mkdir()  # nobody has translated anything yet
    languages.add(tmp_path)
    yield
    languages.remove(tmp_path)


def test_swedish_and_english_are_there_and_swedish_is_the_default() -> None:
    assert dict(languages.names()) == {"sv": "Svenska", "en": "English"}
    assert languages.known("de") == languages.DEFAULT == "sv"
    assert languages.known("en_GB.UTF-8") == languages.known("EN-us") == "en"


@pytest.mark.usefixtures("more")
def test_a_folder_is_a_language() -> None:
    assert dict(languages.names()) == {
        "sv": "Svenska",
        "en": "English",
        "fi": "Suomi",
        "se": "Davvisámegiella",
    }
    assert preferred("se-NO,sv;q=0.5") == "se"


@pytest.mark.usefixtures("more")
@pytest.mark.parametrize(
    ("n", "said"),
    [(0, "%(n)s olbmot"), (1, "%(n)s olmmoš"), (2, "%(n)s olbmo"), (3, "%(n)s olbmot"), (101, "%(n)s olbmot")],
)
def test_northern_sami_has_a_dual(n: int, said: str) -> None:
    assert ngettext("se", "%(n)s person", "%(n)s people", n) == said


@pytest.mark.usefixtures("more")
def test_what_a_language_lacks_is_said_in_what_it_names_and_then_in_english() -> None:
    assert languages.chain("se") == ("se", "sv", "en")
    assert languages.chain("fi") == ("fi", "en")
    assert gettext("se", "Sign in") == "Čálit sisa"
    assert translate("Everything was paused when it fell due.", "se") == "Allt var pausat när det skulle gå ut."
    assert gettext("fi", "Sign in") == "Sign in"
    assert languages.pick({"sv": "rubrik", "en": "headline"}, "se", "") == "rubrik"
    assert languages.pick({"sv": "rubrik", "en": "headline"}, "fi", "") == "headline"
    assert languages.pick({"sv": "rubrik"}, "en", "") == "rubrik"


@pytest.mark.usefixtures("more")
def test_dates_are_those_of_the_language() -> None:
    day = date(2026, 11, 26)
    assert dates.long_day(day, "se") == "duorasdat 26 skábmamánnu"
    assert dates.long_day(day, "fi") == "torstaina 26. marraskuuta"
    assert dates.names("fi").months_alone[10] == "marraskuu"
    assert dates.names("fi").days_alone[0] == "maanantai"
    moment = datetime(2026, 11, 26, 6, 30, tzinfo=UTC)
    assert dates.when(moment, "Europe/Helsinki", "fi") == "to 26. marras 08:30"


@pytest.mark.usefixtures("more")
@pytest.mark.parametrize(
    ("language", "text"),
    [("sv", "1\N{NO-BREAK SPACE}234,5"), ("en", "1,234.5"), ("fi", "1\N{NO-BREAK SPACE}234,5"), ("de", "1.234,5")],
)
def test_numbers_are_written_as_in_the_language(language: str, text: str) -> None:
    assert numbers.decimal(1234.5, 1, language) == text


def test_a_number_is_rounded_as_before() -> None:
    assert numbers.decimal(0.125, 2, "sv") == "0,12"
    assert numbers.decimal(0.2, 2, "sv") == "0,20"
    assert numbers.decimal(4.5, 1, "en") == "4.5"


def test_open_graph_is_told_the_country() -> None:
    assert [languages.with_country(tag) for tag in ("sv", "en", "fi", "pt-BR", "xx")] == [
        "sv_SE",
        "en_GB",
        "fi_FI",
        "pt_BR",
        "xx",
    ]


def test_babel_is_loaded_when_something_is_said() -> None:
    code = (
        "import sys; from commsched.core.text import catalogues, languages, numbers; from commsched.core.timing import "
        "dates; from commsched.api import schemas; languages.codes(); assert 'babel' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_api_takes_the_languages_there_are() -> None:
    from commsched.api import schemas

    assert get_args(schemas.Language) == ("", *languages.codes())

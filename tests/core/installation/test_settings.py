"""Settings are read and judged: what cannot be used is told with its place, and nothing is believed unread."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from commsched.core.installation.settings import (
    BadSettings,
    Origin,
    RawSetting,
    from_environment,
    judge,
    log_level,
    misspelt,
    read_file,
)

GOOD = """# ours
base_url = "https://plan.example.org/"
secure_cookies = true
trusted_proxies = 1
mail_name = "Göran"
"""


def told(data: bytes) -> list[str]:
    with pytest.raises(BadSettings) as refused:
        judge(read_file(data, "f"))
    return [str(words) for words in refused.value.problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_good_settings_are_read_with_and_without_a_mark(encoding: str) -> None:
    assert judge(read_file(GOOD.encode(encoding), "f")) == {
        "base_url": "https://plan.example.org",
        "secure_cookies": "1",
        "trusted_proxies": "1",
        "mail_name": "Göran",
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "\nbase_url = https://x.example\n",
            "f, line 2: This cannot be read (Invalid value). Values stand "
            'in quotes: base_url = "https://plan.example.org"',
        ),
        ("\n\nmail_name = 'G\udcf6ran'\n", "f, line 3: The file is not UTF-8. Save it anew as UTF-8."),
        ('base-url = "https://x.example"', "f, line 1: There is no setting called “base-url”. Did you mean base_url?"),
        (
            '\nBase_URL = "https://x.example"',
            "f, line 2: There is no setting called “Base_URL”. Did you mean base_url?",
        ),
        (
            '\n[commsched]\nbase_url = "https://x.example"',
            "f, line 2: Headings such as [commsched] are not used. Write the settings without one.",
        ),
        (
            'base_url = "plan.example.org"',
            "f, line 1: base_url is an address with its scheme, such as https://plan.example.org.",
        ),
        (
            'base_url = "https://x.example/plan/"',
            "f, line 1: base_url cannot have a path (/plan): give the "
            "office a name of its own, such as https://plan.example.org.",
        ),
        ("base_url = 5", "f, line 1: base_url is a text and stands in quotes."),
        ('smtp_url = ["a"]', "f, line 1: smtp_url is a text and stands in quotes."),
        (
            "trusted_proxies = true",
            "f, line 1: trusted_proxies is how many proxies stand before the program: a whole number from 0 to 10.",
        ),
        ('secure_cookies = "perhaps"', "f, line 1: secure_cookies is true or false."),
        ('mail_name = "a\\r\\nBcc: x@y.example"', "f, line 1: mail_name is one line, without control characters."),
    ],
)
def test_what_cannot_be_used_is_one_sentence_with_its_line(text: str, sentence: str) -> None:
    assert told(text.encode("utf-8", "surrogateescape")) == [sentence]


def test_a_name_like_nothing_gets_the_list() -> None:
    (sentence,) = told(b"colour = 'red'")
    assert "There are: base_url, ca_file, database_url, https_proxy, mail_from" in sentence


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert len(told(b"base_url = 1\ntrusted_proxies = 99\nx = 2\n")) == 3


@pytest.mark.parametrize(
    "bad", ["https://", "https://a:b@c.example", "ftp://x.example", "https://x:99999", "//x", "https://[::1"]
)
def test_an_address_that_leads_nowhere_is_refused(bad: str) -> None:
    with pytest.raises(BadSettings):
        judge({"base_url": RawSetting(bad, Origin("f"))})


@pytest.mark.parametrize("good", ["http://127.0.0.1:8080", "https://[::1]:8443", "https://plan.exämple.org"])
def test_an_address_of_any_machine_is_taken(good: str) -> None:
    assert judge({"base_url": RawSetting(good, Origin("f"))}) == {"base_url": good}


def test_an_empty_variable_says_nothing() -> None:
    assert from_environment({"COMMSCHED_BASE_URL": "", "COMMSCHED_MAIL_NAME": " "}) == {}
    assert judge(from_environment({"COMMSCHED_TRUSTED_PROXIES": "2"})) == {"trusted_proxies": "2"}


def test_a_variable_is_told_by_its_name() -> None:
    with pytest.raises(BadSettings, match=r"^COMMSCHED_BASE_URL: base_url is an address"):
        judge(from_environment({"COMMSCHED_BASE_URL": "x"}))


def test_a_variable_nearly_spelt_right_is_told_and_those_of_others_are_left_alone() -> None:
    misspelt({"COMMSCHED_PORT": "tcp://10.0.0.1:80", "COMMSCHED_SERVICE_HOST": "x"})
    with pytest.raises(BadSettings) as refused:
        misspelt({"COMMSCHED_BASEURL": "x", "COMMSCHED_PORT": "tcp://10.0.0.1:80", "COMMSCHED_SERVICE_HOST": "x"})
    (words,) = refused.value.problems
    assert "Did you mean COMMSCHED_BASE_URL?" in str(words)


@pytest.mark.parametrize(("wish", "level"), [("", "INFO"), (" ", "INFO"), ("debug", "DEBUG"), ("Warning", "WARNING")])
def test_how_much_is_logged(wish: str, level: str) -> None:
    assert log_level(wish) == level


@pytest.mark.parametrize("wish", ["verbose", "10", "x" * 500])
def test_a_level_that_is_none_is_told(wish: str) -> None:
    with pytest.raises(BadSettings, match=r"^COMMSCHED_LOG: “.{2,40}” is none of DEBUG, INFO, WARNING, ERROR"):
        log_level(wish)


@pytest.mark.parametrize("value", [None, 1.5, {}, [], True, 0, "x", "1", -1, "²"])
def test_no_value_ends_in_anything_but_a_sentence(value: Any) -> None:
    for name in ("base_url", "secure_cookies", "trusted_proxies", "mail_from", "metrics_token"):
        with suppress(BadSettings):
            judge({name: RawSetting(value, Origin("f", 1))})

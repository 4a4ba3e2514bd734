"""When an access is renewed, and what an answer may not overwrite."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from commsched.core.platform.access import Handshake, Tokens, renew_at

NOW = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)


def test_an_empty_answer_never_overwrites() -> None:
    kept = {"access_token": "a", "refresh_token": "r", "client_secret": "c"}
    assert Tokens({"access_token": "b", "refresh_token": ""}).merged(kept) == kept | {"access_token": "b"}
    assert kept["access_token"] == "a"


@pytest.mark.parametrize(
    ("life", "before"),
    [
        (timedelta(hours=2), timedelta(minutes=24)),
        (timedelta(minutes=10), timedelta(minutes=5)),
        (timedelta(minutes=1), timedelta(minutes=5)),
        (timedelta(days=60), timedelta(days=7)),
    ],
)
def test_an_access_is_renewed_in_the_last_fifth_of_its_life(life: timedelta, before: timedelta) -> None:
    assert renew_at(Tokens({}, NOW + life), NOW) == NOW + life - before


def test_what_does_not_end_is_not_renewed() -> None:
    assert renew_at(Tokens({"access_token": "a"}), NOW) is None


def test_no_secret_stands_in_what_is_logged() -> None:
    assert "secret" not in repr(Tokens({"access_token": "secret"}))
    assert "secret" not in repr(Handshake("https://office.example/back", "state", "secret"))

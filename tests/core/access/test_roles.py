"""Roles: a token never does more than it was made for, nor more than its person may."""

from __future__ import annotations

import pytest

from commsched.core.access.roles import GRANTS, ROLES, lesser


@pytest.mark.parametrize("person", ROLES)
@pytest.mark.parametrize("token", ROLES)
def test_a_token_does_exactly_what_both_it_and_its_person_may(token: str, person: str) -> None:
    assert GRANTS[lesser(token, person)] == GRANTS[token] & GRANTS[person]


def test_a_writers_token_in_an_approvers_hand_does_not_approve() -> None:
    assert "approve" not in GRANTS[lesser("writer", "approver")]
    assert lesser("nobody", "approver") == "nobody", "and what is unknown grants nothing"

"""An address with other letters: its domain by IDNA, by one rule; letters before the @ are said clearly."""

from __future__ import annotations

import pytest

from commsched.core.contacts.facts import ContactIn
from commsched.core.platform.contract import ConnectError
from commsched.core.text.messages import Invalid
from commsched.core.text.recipients import has_foreign_name, is_address
from commsched.mail.headers import CannotBuild, clean_address
from commsched.services.channels import list_editing
from commsched.services.contacts import book, imports
from tests.conftest import Cast
from tests.services.contacts.test_contacts import everybody
from tests.services.contacts.test_imports import whole

FOREIGN = "åsa@tidningen.example"


@pytest.mark.parametrize("address", ["a@å.example", "a@räksmörgås.example", "a@日本.example"])
def test_a_domain_is_written_by_the_rule_it_was_checked_by(address: str) -> None:
    assert is_address(address)
    assert clean_address(address).isascii()


@pytest.mark.parametrize(
    ("text", "foreign"), [(FOREIGN, True), ("åsa@räksmörgås.example", True), ("åsa", False), ("åsa@", False),
                          ("Åsa <a@x.example>", False), ("a b@x.example", False), ("å@å@x.example", False)],
)  # fmt: off
def test_letters_before_the_at_are_told_from_what_is_no_address(text: str, foreign: bool) -> None:
    assert has_foreign_name(text) == foreign


def test_every_door_says_which_letters_are_the_trouble(cast: Cast) -> None:
    installation, actor = cast.installation, cast.actor()
    with pytest.raises(Invalid, match="letters before the @"):
        book.add(installation, actor, "press", ContactIn(FOREIGN))
    with pytest.raises(CannotBuild, match="letters before the @"):
        clean_address(FOREIGN)
    with pytest.raises(ConnectError, match=r"before the @ .*: 2: åsa@tidningen\.example"):
        list_editing.make_list(installation, actor, "Ny", f"bo@x.example\n{FOREIGN}")
    row = whole(cast, f"E-post;Namn\n{FOREIGN};Åsa\nbo@räksmörgås.example;Bo\n")
    assert [(line, reason) for line, reason, _ in imports.remarks(installation, actor, row.id)] == [(2, "letters")]
    assert set(everybody(cast)) == {"bo@räksmörgås.example"}

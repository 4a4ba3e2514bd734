"""The address by which a recipient leaves a list: made for everybody without a row, and by nobody else."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from commsched.core.installation.redaction import discreet
from commsched.services.contacts import leave_links
from commsched.services.kernel.context import Installation
from commsched.store.vault import Vault


def test_an_address_names_a_list_and_a_person(installation: Installation) -> None:
    blind = installation.vault.blind("anna@tidning.example")
    address = leave_links.url(installation, "gruppen", 7, blind)
    before, _, token = address.rpartition("/")
    assert before == f"{installation.base_url}/n/gruppen/u"
    assert leave_links.read(installation, token) == (7, blind)
    assert len(token) == leave_links.LONGEST
    assert token not in discreet(f'"GET /n/gruppen/u/{token} HTTP/1.1" 200')


def test_what_is_altered_cut_or_guessed_opens_nothing(installation: Installation) -> None:
    token = leave_links.token(installation, 7, installation.vault.blind("anna@tidning.example"))
    for place in (0, 7, 9, 40, len(token) - 1):
        altered = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert leave_links.read(installation, altered) is None
    for wrong in (
        "",
        "å" * 72,
        token[:-1],
        token + "A",
        token + "=",
        "A" * len(token),
        " " + token[1:],
        token[:-1] + "=",
    ):
        assert leave_links.read(installation, wrong) is None


def test_a_token_of_another_installation_opens_nothing(installation: Installation, tmp_path: Path) -> None:
    other = msgspec.structs.replace(installation, vault=Vault.open(tmp_path / "other.key"))
    token = leave_links.token(other, 7, other.vault.blind("anna@tidning.example"))
    assert leave_links.read(installation, token) is None


def test_what_is_no_blind_index_makes_no_token(installation: Installation) -> None:
    for wrong in ("", "ab", "x" * 64):
        with pytest.raises(ValueError, match="hexa"):
            leave_links.token(installation, 7, wrong)

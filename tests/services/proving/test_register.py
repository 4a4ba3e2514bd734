"""The register says no more than the tests do."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from commsched.platforms import get, keys
from commsched.services.proving.kit import FORMATS
from commsched.services.proving.register import ASPECTS, Tested, as_table, known_to_tests
from commsched.web.channels.proof import WORDS

ROOT = Path(__file__).resolve().parents[3]
NAMED = [(platform, name, proof) for platform, formats in known_to_tests().items() for name, proof in formats.items()]


@pytest.mark.parametrize(("platform", "name", "proof"), NAMED, ids=[f"{p}-{n}" for p, n, _ in NAMED])
def test_every_test_that_is_named_is_there(platform: str, name: str, proof: Tested) -> None:
    assert platform in keys()
    assert name in ASPECTS
    assert proof.simulator or proof.server
    assert proof.since is not None
    for test in filter(None, (proof.simulator, proof.server)):
        file, _, function = test.partition("::")
        source = ast.parse((ROOT / file).read_text("utf-8"))
        assert function in {node.name for node in source.body if isinstance(node, ast.FunctionDef)}, test


@pytest.mark.parametrize(("platform", "name", "proof"), NAMED, ids=[f"{p}-{n}" for p, n, _ in NAMED])
def test_a_real_server_is_one(platform: str, name: str, proof: Tested) -> None:
    """What is called a real server is started from ``tests/peers``, and marked so that everybody knows."""
    if proof.server:
        source = (ROOT / proof.server.partition("::")[0]).read_text("utf-8")
        assert "tests.peers" in source
        assert "pytest.mark.peer" in source


def test_the_documents_have_the_same_table() -> None:
    assert as_table() in (ROOT / "docs/platforms.md").read_text("utf-8")


def test_everything_has_its_word_and_what_a_live_proof_tries_is_among_it() -> None:
    assert tuple(WORDS) == ASPECTS
    assert set(FORMATS) <= set(ASPECTS)


@pytest.mark.parametrize("platform", sorted(known_to_tests()))
def test_what_a_platform_says_that_it_can_is_proved(platform: str) -> None:
    """It has no line for what it cannot, and one for each call that it offers."""
    can = get(platform).can
    named = set(known_to_tests()[platform])
    calls = {"edit", "delete", "metrics", "replies", "hide", "report", "recent"}
    assert named & calls == can & calls
    assert ("signing_in" in named) == ("oauth" in get(platform).connects)

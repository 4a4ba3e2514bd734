"""A list means the same however it was pasted, on every Python; what cannot be read is pointed at."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commsched.core.text.recipients import BadEntry, Recipients, is_address, nameless, read


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("Redaktion@SVT <red@svt.example>", ["red@svt.example"]),
        ("anna@gammal.example <anna@ny.example>", ["anna@ny.example"]),
        ("anna@svt.example <anna@svt.example>", ["anna@svt.example"]),
        ("Anna Åberg [SVT] <anna@svt.example>", ["anna@svt.example"]),
        ("'anna@svt.example' <anna@svt.example>", ["anna@svt.example"]),
        ('"Andersson, Anna" <anna@svt.example>', ["anna@svt.example"]),
        ("Andersson, Anna <anna@svt.example>; Berg, Bo <bo@sr.example>", ["anna@svt.example", "bo@sr.example"]),
        (
            "Namn;E-postadress;Tidning\nAnna;anna@svt.example;SVT\nBo;bo@sr.example;SR",
            ["anna@svt.example", "bo@sr.example"],
        ),
        ("Namn,Mejl\nAnna,anna@svt.example", ["anna@svt.example"]),
        ("Anna\tanna@svt.example\tSVT\r\nBo\tbo@sr.example\tSR", ["anna@svt.example", "bo@sr.example"]),
        ("\ufeffanna@svt.example\nbo@sr.example", ["anna@svt.example", "bo@sr.example"]),
        ("anna@svt.example\u200b", ["anna@svt.example"]),
        ("anna@svt.example\u00a0", ["anna@svt.example"]),
        ("mailto:anna@svt.example", ["anna@svt.example"]),
        ("<mailto:anna@svt.example?subject=x>", ["anna@svt.example"]),
        (
            "a@x.example, b@x.example;c@x.example d@x.example",
            ["a@x.example", "b@x.example", "c@x.example", "d@x.example"],
        ),
        ("anna@svt.example (Anna Åberg)", ["anna@svt.example"]),
        ("<anna@svt.example>", ["anna@svt.example"]),
        ("Anna@SVT.example\nanna@svt.example", ["Anna@SVT.example"]),
        ('"anna@svt.example"', ["anna@svt.example"]),
        ("a@b.example RCPT TO:<x@y.example>", ["x@y.example"]),
        ("red@straße.example", ["red@straße.example"]),
        ("Anna <anna@svt.example>,\nBo <bo@sr.example>,", ["anna@svt.example", "bo@sr.example"]),
        ("", []),
        ("\n ,;\t\n", []),
        ("någon@localhost", []),
        ("me@localhost", ["me@localhost"]),
        ("Redaktionen red@svt.example", ["red@svt.example"]),
        ("P4 Jönköping mailto:p4@sr.example (lokalt)", ["p4@sr.example"]),
        ("Anna anna@svt.example; Bo Ek bo@sr.example", ["anna@svt.example", "bo@sr.example"]),
    ],
)
def test_a_list_is_read_as_it_was_meant(text: str, addresses: list[str]) -> None:
    assert list(read(text).addresses) == addresses
    assert not read(text).unread or "någon" in text


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("anna@svt.example\nRedaktion@SVT\n\nbo@sr", [(2, "Redaktion@SVT"), (4, "bo@sr")]),
        ("a@x.example, redaktionen, b@x.example", [(1, "redaktionen")]),
        ("Redaktionen", [(1, "Redaktionen")]),
        ("Anna <anna>", [(1, "Anna <anna>")]),
        ("Anna <anna at svt>", [(1, "Anna <anna at svt>")]),
        ("a@b.example RCPT TO:<x@y>", [(1, "x@y")]),
        ("skicka inte till anna@svt.example", [(1, "skicka inte till anna@svt.example")]),
        ("Anna anna@svt.example bo@svt.example", [(1, "Anna anna@svt.example bo@svt.example")]),
        ("Hej alla ni på redaktionen red@svt.example", [(1, "Hej alla ni på redaktionen red@svt.example")]),
        ("Anna anna@svt", [(1, "Anna anna@svt")]),
        ("a@x.example b", [(1, "a@x.example b")]),
        ("Anna Berg <>\nb@x.example", [(1, "Anna Berg <>")]),
        ("anna @svt.example", [(1, "anna @svt.example")]),
        ("a@x.example,b@x.example,redaktionen", [(1, "redaktionen")]),
        ("a..b@x.example", [(1, "a..b@x.example")]),
        ("a@-x.example", [(1, "a@-x.example")]),
    ],
)
def test_what_is_no_address_is_pointed_at_and_never_left_out(text: str, unread: list[tuple[int, str]]) -> None:
    assert read(text).unread == tuple(BadEntry(*one) for one in unread)


@given(
    st.lists(st.sampled_from(["a@x.example", "b@y.example", "c@z.example"]), min_size=1),
    st.sampled_from(["\n", ", ", ";", "\t", "\r\n", ";\n", " "]),
)
def test_no_separator_loses_an_address(people: list[str], between: str) -> None:
    assert set(read(between.join(people)).addresses) == set(people)
    named = between.join(f'"Efternamn, Förnamn @ X" <{one}>' for one in people)
    if between != " ":
        assert read(named) == Recipients(tuple(dict.fromkeys(people)))


@given(st.text(st.sampled_from("a@.<>,;\"' \t\n\u200b(å"), max_size=60))
def test_every_line_with_an_at_gives_an_address_or_a_complaint(text: str) -> None:
    found = read(text)
    told = {one.line for one in found.unread}
    for number, line in enumerate(text.split("\n"), 1):
        if "@" in line:
            assert number in told or any(
                one.casefold() in line.replace("\u200b", "").casefold() for one in found.addresses
            )


@pytest.mark.parametrize("unit", ["a@x.example, ", "<", '"', "a@", ",", "Anna <a@x.example>; ", "((", "a@b ", "<a@"])
def test_a_large_list_costs_its_length(unit: str) -> None:
    def cost(size: int) -> float:
        began = time.thread_time()
        read.__wrapped__(unit * (size // len(unit)))
        return time.thread_time() - began

    assert any(cost(400_000) < 3 * cost(200_000) + 0.1 for _ in range(5)), "else something else took the processor"


def test_thousands_of_named_newsrooms_are_read_at_once() -> None:
    whole = "\n".join(f'"Redaktion, {number}" <red{number}@tidning.example>' for number in range(20_000))
    assert len(read(whole).addresses) == 20_000


def test_an_address_is_bounded() -> None:
    assert not is_address("a" * 65 + "@x.example")
    assert not is_address(f"a@{'x' * 64}.example")
    assert is_address("red@xn--strae-oqa.example")


def test_a_servers_answer_is_kept_without_the_persons_in_it() -> None:
    said = "550 5.1.1 <red.anna@tidning.example>: no such user (rcpt=red.anna@tidning.example)"
    assert nameless(said) == "550 5.1.1 <…@tidning.example>: no such user (rcpt=…@tidning.example)"
    assert nameless("451 try @ again") == "451 try @ again"

"""A bounce's address tells whose it is, and nobody can make one up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from commsched.mail.headers import clean_address
from commsched.mail.verp import envelope, read

KEY = bytes(range(32))


@given(st.integers(1, 2**62))
def test_every_part_is_read_back_however_servers_write_the_address(part: int) -> None:
    address = envelope("press@gruppen.example", part, KEY)
    assert clean_address(address) == address
    assert read(address, KEY) == read(f"<{address.upper()}>", KEY) == part


def test_an_address_that_is_not_ours_is_nobodys() -> None:
    real = envelope("press@gruppen.example", 77, KEY)
    assert read(real, bytes(32)) is None
    assert read(real.replace("b25.", "b26."), KEY) is None
    for other in ("press@gruppen.example", "", "+@x", "press+b25.@gruppen.example", "b25", "a+b25.åäö@x", "b" * 9000):
        assert read(other, KEY) is None


def test_an_address_with_a_delimiter_of_its_own_keeps_it() -> None:
    address = envelope("press+norr@gruppen.example", 5, KEY)
    assert address.startswith("press+norr+b5.")
    assert read(address, KEY) == 5


def test_where_there_is_no_room_bounces_go_to_the_sender() -> None:
    long = f"{'a' * 50}@gruppen.example"
    assert envelope(long, 5, KEY) == long
    assert envelope("press@gruppen.example", 0, KEY) == "press@gruppen.example"

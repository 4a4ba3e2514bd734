"""Passwords: what is accepted, and how they are kept (argon2id, RFC 9106)."""

from __future__ import annotations

import threading
import unicodedata
from typing import TYPE_CHECKING, Final

import msgspec

from commsched.core.text.messages import N_, Invalid

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST: Final = 10
MOST: Final = 200
"""Characters. The upper bound keeps a megabyte of password from costing a megabyte of hashing."""


class Cost(msgspec.Struct, frozen=True):
    """What one guess costs: argon2id with these parameters, ``memory`` in KiB."""

    time: int = 3
    memory: int = 65536
    lanes: int = 4


cost = Cost()
"""RFC 9106's second recommendation."""

_turns = threading.BoundedSemaphore(2)
"""At most two hashings at once, so that many guesses cannot eat the machine's memory."""
_decoys: dict[Cost, str] = {}


def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=cost.time, memory_cost=cost.memory, parallelism=cost.lanes)


def check_strength(password: str, email: str = "") -> None:
    """Raise :class:`Invalid` for a password that is short, enormous, one repeated character or the address itself."""
    if len(password) < LEAST:
        raise Invalid(N_("The password needs at least %(least)s characters."), "password", least=LEAST)
    if len(password) > MOST:
        raise Invalid(N_("The password can have at most %(most)s characters."), "password", most=MOST)
    plain = password.casefold()
    if len(set(plain)) < 4 or plain in (email.casefold(), email.casefold().split("@")[0]):
        raise Invalid(N_("That password is too easy to guess. Choose another."), "password")


def hash_password(password: str) -> str:
    """The argon2id hash to keep."""
    with _turns:
        return str(_hasher().hash(composed(password)))


def composed(password: str) -> str:
    """The password in Unicode NFC, as it is hashed: a Mac may send å as two characters, and a telephone as one."""
    return password if password.isascii() else unicodedata.normalize("NFC", password[: 4 * MOST])


def new_hash(password: str, email: str) -> str:
    """The hash of a password that ``email``'s owner may have. Raises :class:`Invalid` for one they may not.

    It takes a tenth of a second on purpose, so callers compute it before the transaction that stores it.
    """
    check_strength(password, email)
    return hash_password(password)


def matches(kept: str, password: str) -> bool:
    """Whether ``password`` is the one that was hashed as ``kept``. An empty ``kept`` (no such person) takes the same
    time and returns false."""
    from argon2.exceptions import InvalidHashError, VerificationError

    if cost not in _decoys:
        _decoys[cost] = hash_password("a decoy, for those who do not exist")
    with _turns:
        try:
            return bool(_hasher().verify(kept or _decoys[cost], composed(password)[:MOST])) and bool(kept)
        except (VerificationError, InvalidHashError):
            return False

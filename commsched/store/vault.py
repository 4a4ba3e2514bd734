"""Secrets at rest: tokens and addresses, encrypted with a key that is not in the database."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets as random
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from commsched.core.text.messages import N_, OfficeError

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


class KeyMismatch(OfficeError):
    """The key file does not open what the database holds (a restored database without its key)."""

    status, code = 500, "key"


class Vault:
    """Encrypts with the first key in the file, one a line; decrypts with any of them, so keys can be rotated."""

    def __init__(self, keys: list[bytes]) -> None:
        self._keys = keys
        self._derived: dict[str, bytes] = {}

    @classmethod
    def open(cls, path: Path) -> Vault:
        """Read the keys, or make the first one. The file is readable by its owner only.

        Processes that start an office together all get the same key: it is there whole or not at all, and the first
        one there stays.
        """
        if not path.exists():
            _make_key(path)
        return cls([line.strip() for line in path.read_bytes().splitlines() if line.strip()])

    @cached_property
    def _fernet(self) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet

        return MultiFernet([Fernet(key) for key in self._keys])

    def seal(self, value: str) -> str:
        return str(self._fernet.encrypt(value.encode()).decode())

    def unseal(self, sealed: str) -> str:
        """Raises :class:`KeyMismatch` where no key fits."""
        from cryptography.fernet import InvalidToken

        if not sealed:
            return ""
        try:
            return str(self._fernet.decrypt(sealed.encode()).decode())
        except InvalidToken as error:
            message = N_("The key file does not fit this database. Restore secret.key too.")
            raise KeyMismatch(message) from error

    def seal_map(self, values: dict[str, str]) -> str:
        return self.seal(msgspec.json.encode(values).decode()) if values else ""

    def unseal_map(self, sealed: str) -> dict[str, str]:
        return msgspec.json.decode(self.unseal(sealed), type=dict[str, str]) if sealed else {}

    def blind(self, value: str) -> str:
        """A keyed hash by which ``value`` is found, and kept unique, without being decrypted: 64 hexadecimal digits,
        the same whatever its case. Whoever has the database but not the key cannot guess values by it."""
        return hmac.new(self._blind_key, value.strip().casefold().encode(), hashlib.sha256).hexdigest()

    @cached_property
    def _blind_key(self) -> bytes:
        return self.derive("blind index")

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for ``purpose``, derived from the oldest key, so that a new key does not end sessions."""
        if purpose not in self._derived:
            self._derived[purpose] = hmac.digest(self._keys[-1], purpose.encode(), hashlib.sha256)
        return self._derived[purpose]


def _make_key(path: Path) -> None:
    """Write a new key to a temporary file and link it into place, unless another process did so first."""
    import base64

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}-{random.token_hex(8)}")
    try:
        new = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(new, "wb") as file:
            file.write(base64.urlsafe_b64encode(random.token_bytes(32)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links: there one process must start first
            temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)


def new_token(size: int = 32) -> str:
    """A URL-safe secret with ``size`` bytes of randomness."""
    return random.token_urlsafe(size)


def token_hash(token: str) -> str:
    """What is kept of a random secret: SHA-256 is enough, since it cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()

"""Header fields as bytes, written by ourselves.

Python's own folding divides a long text into several encoded words and leaves the space between two of them outside,
where RFC 2047 (6.2) has readers drop it: what arrives is not what was approved. Here the spaces stand inside the words.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from functools import lru_cache
from typing import Final

from commsched.core.text.clean import clean
from commsched.core.text.messages import N_, Invalid
from commsched.core.text.recipients import HOSTS, why_none

LONGEST_WORD: Final = 75
"""Octets of an encoded word (RFC 2047, 2)."""
LINE: Final = 76
"""Octets of a line that holds one."""
MAX_HEADER: Final = 400
"""Characters of one header's text; a longer subject is cut rather than refused."""
_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_SAFE: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")


class CannotBuild(Invalid):
    """The message cannot become an e-mail: an address or an id that is none."""

    code = "mail"


def plain_line(value: str, limit: int = MAX_HEADER) -> str:
    """``value`` as one line, white space folded to single spaces. Only what could end a header goes: control
    characters and halves of pairs. Joiners, marks of direction and signs newer than this Python carry meaning."""
    return " ".join(clean(value).split())[:limit].rstrip(" \u200d")


@lru_cache(maxsize=256)  # the sender's is asked for with every message, a recipient's for the header and the envelope
def clean_address(value: str, field: str = "to") -> str:
    """A bare ``local@domain`` in ASCII, with an international domain in its form of IDNA 2008, by which it was checked.

    Raises :class:`CannotBuild` for anything else: nothing that is not one address may reach RCPT or a header.
    ``field`` says whose address it is, so that nobody blames the recipient for our own.
    """
    local, _, domain = value.strip().rpartition("@")
    whole = f"{local}@{ascii_domain(unicodedata.normalize('NFC', domain))}"
    if not _ADDRESS.fullmatch(whole):
        raise CannotBuild(why_none(value), field, address=plain_line(value, 100))
    return whole


def ascii_domain(domain: str) -> str:
    """``domain`` in its form of IDNA 2008; nothing where it has none."""
    if domain.isascii():
        return domain
    import idna  # tables that take a while to read, for the few domains that need them

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return ""


def text_field(name: str, value: str) -> bytes:
    """``name: value``, folded; ``value`` is one line (:func:`plain_line`)."""
    if value.isascii() and "=?" not in value:
        return f"{name}: {_folded(value, len(name) + 2)}\r\n".encode("ascii")
    return f"{name}: {_encoded(value, len(name) + 2)}\r\n".encode("ascii")


def mailbox_field(name: str, shown: str, address: str) -> bytes:
    """``name: shown <address>``, or the bare address where nothing is shown; ``address`` is :func:`clean_address`'s."""
    if not shown:
        return f"{name}: {address}\r\n".encode("ascii")
    if shown.isascii() and "=?" not in shown:
        escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
        phrase = shown if _ATOMS.fullmatch(shown) else f'"{escaped}"'
        phrase = _folded(phrase, len(name) + 2)
    else:
        phrase = _encoded(shown, len(name) + 2)
    last = len(phrase.rpartition("\r\n")[2]) + (0 if "\r\n" in phrase else len(name) + 2)
    between = " " if last + len(address) + 3 <= LINE else "\r\n "
    return f"{name}: {phrase}{between}<{address}>\r\n".encode("ascii")


def _folded(value: str, used: int) -> str:
    """ASCII with a line break before a word that would not fit; the space before it stays, and is all that is read."""
    lines, room = [""], LINE - used
    for word in value.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append(word)
            room = LINE - 1
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return "\r\n ".join(lines)


def _encoded(value: str, used: int) -> str:
    """Encoded words that begin each on a line of its own. No character is divided, and every space is in a word: at its
    end where that can be, since some readers put a space of their own between two."""
    data = value.encode("utf-8")
    letter = "Q" if sum(2 if byte not in _SAFE and byte != 32 else 0 for byte in data) <= len(data) // 3 else "B"
    words: list[str] = []
    piece, room = "", min(LONGEST_WORD, LINE - used)
    for character in value:
        longer = _word(piece + character, letter)
        if piece and len(longer) > room:
            cut = piece.rfind(" ") + 1 or len(piece)
            words.append(_word(piece[:cut], letter))
            piece, room = piece[cut:] + character, LONGEST_WORD
        else:
            piece += character
    return "\r\n ".join([*words, _word(piece, letter)])


def _word(piece: str, letter: str) -> str:
    data = piece.encode("utf-8")
    if letter == "B":
        return f"=?utf-8?b?{base64.b64encode(data).decode()}?="
    quoted = "".join("_" if byte == 32 else chr(byte) if byte in _SAFE else f"={byte:02X}" for byte in data)
    return f"=?utf-8?q?{quoted}?="


def parse_mailbox(value: str) -> tuple[str, str]:
    """The name and the address in ``Name <address>``, or just an address. Raises :class:`CannotBuild` for neither."""
    line = plain_line(value)
    name, _, rest = line.rpartition("<") if line.endswith(">") else ("", "", line)
    address = clean_address(rest.removesuffix(">"), "sender")
    domain = address.rpartition("@")[2]
    if "." not in domain and domain.lower() not in HOSTS:
        raise CannotBuild(N_("“%(address)s” is not an e-mail address."), "sender", address=plain_line(value, 100))
    return name.strip().strip("\"'").strip(), address

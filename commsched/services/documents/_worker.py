"""Looks through one document in a process that does nothing else and then ends: ``examine`` within walls.

It is started by :mod:`commsched.services.documents.looking`, which hands it the file as an open descriptor; its answer
is JSON on standard output, facts or the name of a designed error.
"""

from __future__ import annotations

import json
import os
import sys
from typing import BinaryIO

import msgspec

from commsched.core.text.json_values import JsonObject
from commsched.images.intake import confinement
from commsched.services.documents import errors

MEMORY = 1024 * 2**20
"""Bytes of address space."""
CPU_SECONDS = 15
_CODECS = ("ascii", "latin-1", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp437")


def prepare() -> None:
    """Load everything that looking needs: no file can be opened afterwards."""
    import codecs
    import zipfile
    from xml.parsers import expat

    import pikepdf

    from commsched.services.documents import _examine

    assert all((zipfile, expat, _examine))
    for name in _CODECS:
        codecs.lookup(name)
    pikepdf.new().close()


def confine() -> confinement.Held:
    """Limits that no document can lift again, and the walls that the system has."""
    return confinement.enter(
        {"AS": MEMORY, "CPU": CPU_SECONDS, "FSIZE": 0, "CORE": 0, "NPROC": 0, "NOFILE": 32},
    )


def answer(source: BinaryIO, length: int, ending: str) -> JsonObject:
    """What is found, or the name of a designed error, whatever happens."""
    from commsched.services.documents._examine import examine

    try:
        facts: JsonObject = msgspec.to_builtins(examine(source, length, ending))
        return facts
    except errors.BadDocument as error:
        return {"error": type(error).__name__, "params": error.params}
    except (MemoryError, RecursionError):
        return {"error": "TooHeavy", "params": {}}
    except Exception:  # readers of hostile files raise anything
        return {"error": "Damaged", "params": {}}


def main() -> None:
    """One document: its descriptor, its length and the ending of its name are the arguments."""
    descriptor, length, ending = sys.argv[2:5]
    prepare()
    source = os.fdopen(int(descriptor), "rb")
    confine()
    with source:
        said = json.dumps(answer(source, int(length), ending)).encode()
    while said:
        said = said[os.write(1, said) :]

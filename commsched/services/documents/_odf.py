"""Documents of LibreOffice and its kin (OpenDocument): what in them acts, fetches or hides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit
from zipfile import ZIP_STORED, ZipInfo

from commsched.core.media.documents import BY_MIME
from commsched.services.documents import _markup, errors
from commsched.services.documents._archive import Archive
from commsched.services.documents._magic import HEAD, is_file
from commsched.services.documents._traits import Traits

MIMETYPE: Final = "mimetype"
_KINDS: Final = ("odt", "ods", "odp")
_MACROS: Final = frozenset({"event-listener", "script", "applet", "plugin", "script-module", "library-embedded"})
_FETCHES: Final = frozenset(
    {"dde-source", "dde-connection", "dde-connection-decl", "database-source", "connection-resource"}
)
_NAMES: Final = frozenset({"initial-creator", "creator", "printed-by"})
_WEB: Final = ("http", "https", "mailto", "tel", "")


def examine(archive: Archive, traits: Traits) -> None:
    """As :func:`commsched.services.documents._ooxml.examine`."""
    first = archive.entries[0]
    if first.filename != MIMETYPE or first.compress_type != ZIP_STORED:
        raise errors.Damaged()
    form = BY_MIME.get(b"".join(archive.pieces(first))[:100].decode("latin-1").strip())
    if form is None or form.kind not in _KINDS:
        raise errors.OtherKind()
    traits.kind = form.kind
    for entry in archive.entries[1:]:
        if not entry.is_dir():
            _entry(archive, entry, traits)


def _entry(archive: Archive, entry: ZipInfo, traits: Traits) -> None:
    name = entry.filename
    if name.startswith(("Basic/", "Scripts/", "Dialogs/")):
        raise errors.Macros()
    if not name.endswith((".xml", ".rdf")):
        _file(archive, entry)
        return
    text = _markup.Text(_NAMES if name == "meta.xml" else frozenset())
    _markup.read(archive.pieces(entry), lambda local, has: _element(local, has, traits), text)
    for _local, words in text.words:
        traits.name(words)


def _element(local: str, has: Mapping[str, str], traits: Traits) -> None:
    if local == "encryption-data":
        raise errors.Locked()
    if local in _MACROS:
        raise errors.Macros()
    if local in _FETCHES:
        raise errors.Remote(what=local)
    if local == "changed-region":
        traits.changes = True
    elif local == "annotation":
        traits.comments = True
    if (target := has.get("href")) is not None:
        _leads(local, target, traits)


def _leads(local: str, target: str, traits: Traits) -> None:
    """Whether what ``target`` names lies in the document, or is a link that a reader presses."""
    try:
        scheme = urlsplit(target).scheme.lower()
    except ValueError:
        scheme = "?"
    if local == "a" and (scheme == "file" or len(scheme) == 1 or target.startswith("\\\\")):
        traits.link(target)
        return
    pressed = local == "a" and scheme in _WEB
    within = local != "a" and not scheme and not target.startswith(("/", "..", "\\\\"))
    if not (pressed or within):
        raise errors.Remote(what=target[:60])


def _file(archive: Archive, entry: ZipInfo) -> None:
    head = b""
    for piece in archive.pieces(entry):
        head = (head + piece[:HEAD])[:HEAD]
    if is_file(head):
        raise errors.Inside(what=entry.filename.rpartition("/")[2][:60])

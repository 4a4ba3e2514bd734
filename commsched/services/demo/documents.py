"""The documents of the demo's releases: a table of figures, and a memo in whose properties somebody is named."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Final

from commsched.services.documents import library
from commsched.services.kernel.context import Actor, Installation

_FIGURES: Final = (
    ("Område", "2026", "Majoriteten 2027", "Ljungpartiet 2027"),
    ("Primärvård", "1 912", "1 946", "2 031"),
    ("Specialistvård", "4 380", "4 455", "4 448"),
    ("Psykiatri", "871", "889", "903"),
    ("Kollektivtrafik", "642", "650", "672"),
    ("Hyrpersonal", "214", "209", "143"),
)
_MEMO: Final = (
    "Underlag: nattlinje 91",
    "Omkring 180 personer reser med linjen varje natt. Två av tre är på väg till eller från arbete inom vården.",
    "Med mindre fordon måndag till torsdag blir kostnaden 2,9 miljoner kronor om året, mot 5,8 miljoner i dag.",
)
_NAMESPACE: Final = "http://schemas.openxmlformats.org"


def _table() -> bytes:
    return ("\ufeff" + "\r\n".join(";".join(row) for row in _FIGURES) + "\r\n").encode()


def _memo() -> bytes:
    """A small document as Word writes it."""
    paragraphs = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in _MEMO)
    office, package = f"{_NAMESPACE}/officeDocument/2006", f"{_NAMESPACE}/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
        f'Type="{office}/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{_NAMESPACE}/wordprocessingml/2006/main"><w:body>{paragraphs}'
        "</w:body></w:document>",
        "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{package}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>Utredningsbyrån Tall &amp; Gran AB</dc:creator>'
        "</cp:coreProperties>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 2, 9, 0, 0)), f'<?xml version="1.0"?>{text}')
    return out.getvalue()


def furnish(installation: Installation, actor: Actor) -> Mapping[str, int]:
    """Hand them in; their ids by the key in the script."""
    files = {
        "figures": (_table(), "Budgetförslag 2027 i siffror.csv"),
        "memo": (_memo(), "Underlag om nattlinje 91.docx"),
    }
    return {
        key: library.add_from(installation, actor, io.BytesIO(data), name).document.id
        for key, (data, name) in files.items()
    }

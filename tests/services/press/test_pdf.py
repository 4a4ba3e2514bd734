"""The PDF of a release: what screen readers need is in it, and no text in it is ever more than a text."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdfminer.high_level import extract_text
from PIL import Image

from commsched.core.content.model import Content, Quote
from commsched.services.kernel.brand_kit import Kit
from commsched.services.kernel.context import Installation
from commsched.services.press import _typst_worker, pdf
from commsched.services.press.pdf import Material
from commsched.services.press.sheet import Origin, Shown, sheet
from tests.conftest import SetClock

NOW = datetime(2026, 11, 26, 6, 30, tzinfo=UTC)
ORIGIN = Origin("Regiongruppen", "Europe/Stockholm", NOW, NOW, "https://plan.example/n/gruppen/ja", "Om gruppen.")
CONTENT = Content(
    kind="release",
    title="Ja till fler turer på landet",
    lead="Ingressen säger det viktigaste.",
    text="Regionen säger **ja**.\n\n## Tjugo linjer\n\n- Linje 12\n- [Linje 40](https://a.example)\n\n1. Ett\n2. Två",
    quotes=[Quote(text="Äntligen!", person="Karin Lund")],
    facts="### Resor\n\n- 41 000 resor",
    short="Notisen.",
    contact="Eva Sandström, 070-000 00 00, eva@gruppen.example",
)
PICTURE = Shown("En buss i snö", "Anna Ek", 1600, 900, "Linje 9.")


def typeset(content: Content, tmp_path: Path, *, pictured: bool = False, origin: Origin = ORIGIN) -> bytes:
    if pictured:
        Image.new("RGB", (64, 36), "teal").save(tmp_path / "picture.jpg")
        Image.new("RGBA", (20, 20)).save(tmp_path / "logo.png")
    said = sheet(content, content.text, origin, PICTURE if pictured else None)
    names = {"picture": "picture.jpg" if pictured else "", "logo": "logo.png" if pictured else ""}
    data: dict[str, Any] = msgspec.to_builtins(said) | pdf.look(Kit()) | names
    return _typst_worker.typeset(
        {
            "template": pdf.template(),
            "root": str(tmp_path),
            "fonts": pdf.font_folders(),
            "data": data,
            "made": NOW.isoformat(),
        }
    )


def elements(node: Any, kind: str) -> list[Any]:
    """Every element of that kind in the tree of a document's structure."""
    if isinstance(node, pikepdf.Array):
        return [match for child in node for match in elements(child, kind)]
    if not isinstance(node, pikepdf.Dictionary) or "/S" not in node:
        return []
    below = elements(node["/K"], kind) if "/K" in node else []
    return [node, *below] if node["/S"] == f"/{kind}" else below


def test_it_has_what_a_screen_reader_needs(tmp_path: Path) -> None:
    with pikepdf.open(BytesIO(typeset(CONTENT, tmp_path, pictured=True))) as document:
        root = document.Root
        assert root.MarkInfo.Marked
        assert str(root.Lang) == "sv"
        assert root.ViewerPreferences.DisplayDocTitle
        xmp = document.open_metadata()
        assert xmp["pdfuaid:part"] == "1"
        assert xmp["dc:title"] == CONTENT.title
        tree = root.StructTreeRoot
        figures = elements(tree.K, "Figure")
        assert [str(figure.Alt) for figure in figures] == ["Logotyp för Regiongruppen", "En buss i snö"]
        assert len(elements(tree.K, "H1")) == 1
        assert len(elements(tree.K, "H2")) == 4, "the text's, facts, the short version, the contact"
        assert elements(tree.K, "LI")
        assert elements(tree.K, "Link")
        with document.open_outline() as outline:
            assert outline.root[0].title == CONTENT.title
            assert [each.title for each in outline.root[0].children][:2] == ["Tjugo linjer", "Fakta"]


def test_it_says_everything_in_reading_order(tmp_path: Path) -> None:
    under = msgspec.structs.replace(CONTENT, embargo="2026-11-27T05:00:00Z")
    text = extract_text(BytesIO(typeset(under, tmp_path, pictured=True)))
    wanted = (
        "Embargo till fredag 27 november",
        "PRESSMEDDELANDE",
        CONTENT.title,
        CONTENT.lead,
        "Linje 9. Foto: Anna Ek",
        "Regionen säger",
        "Tjugo linjer",
        "Äntligen!",
        "Karin Lund",
        "41 000 resor",
        "Notisen.",
        "070-000 00 00",
        "Om gruppen.",
    )
    places = [text.index(words) for words in wanted]
    assert places == sorted(places)


def test_what_nobody_has_approved_says_so_first(tmp_path: Path) -> None:
    draft = msgspec.structs.replace(ORIGIN, draft=True)
    assert extract_text(BytesIO(typeset(CONTENT, tmp_path, origin=draft))).startswith("Utkast, inte godkänt")


def test_a_table_has_its_heads(tmp_path: Path) -> None:
    data = sheet(CONTENT, "", ORIGIN)
    table = "<table><thead><tr><th>Linje</th><th>Turer</th></tr></thead><tbody><tr><td>12</td><td>40</td></tr>"
    from commsched.services.press._tree import tree

    whole = msgspec.structs.replace(data, body=tree(table + "<tr><td>13</td></tr></tbody></table>"))
    job = msgspec.to_builtins(whole) | pdf.look(Kit()) | {"picture": "", "logo": ""}
    made = _typst_worker.typeset(
        {
            "template": pdf.template(),
            "root": str(tmp_path),
            "fonts": pdf.font_folders(),
            "data": job,
            "made": NOW.isoformat(),
        }
    )
    with pikepdf.open(BytesIO(made)) as document:
        assert len(elements(document.Root.StructTreeRoot.K, "TH")) == 2
        assert len(elements(document.Root.StructTreeRoot.K, "TD")) == 4


HOSTILE = (
    '#read("/etc/passwd")',
    '#include "release.typ"',
    '#image("/etc/hostname")',
    "$x^2$ `raw` = Heading @label <label>",
    '"); #panic("x") //',
    "\\u{1F68C} 🚌 emoji 中文 \u202e bidi",
    "*a* _b_ ~ -- ... 'q' https://a.example/#b",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_text_is_never_more_than_a_text(tmp_path: Path, hostile: str) -> None:
    content = Content(kind="post", title=hostile, text=hostile, lead=hostile, contact=hostile, correction=hostile)
    text = extract_text(BytesIO(typeset(content, tmp_path)))
    shown = "".join(hostile.split())
    for unseen in "🚌中文\u202e":
        shown = shown.replace(unseen, "")
    assert shown[:12] in "".join(text.split()).replace("\u202e", "")
    assert "root:" not in text


@settings(max_examples=25, deadline=None)
@given(st.text(st.sampled_from('#$*_`=@<>"\\()[]{}/~-:. aå\n1\u200d🚌'), max_size=60))
def test_whatever_is_written_becomes_a_document(tmp_path_factory: Any, words: str) -> None:
    content = Content(kind="release", title=words, text=words, lead=words, facts=words, short=words, contact=words)
    assert typeset(content, tmp_path_factory.getbasetemp()).startswith(b"%PDF-")


def test_a_sheet_that_cannot_be_made_is_not_tried_for_everybody_who_asks(
    installation: Installation, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def fails(job: bytes) -> bytes:
        tries.append(job)
        raise pdf.CannotTypeset("It cannot.")

    monkeypatch.setattr(pdf, "_run", fails)
    said = sheet(CONTENT, CONTENT.text, ORIGIN)
    for _visitor in range(5):
        with pytest.raises(pdf.CannotTypeset):
            pdf.render(installation, said, Material(), Kit(), name="a 1")
    assert len(tries) == 1
    clock.forward(minutes=11)
    monkeypatch.setattr(pdf, "_run", lambda job: b"%PDF-1.7")
    assert pdf.render(installation, said, Material(), Kit(), name="a 1").exists()

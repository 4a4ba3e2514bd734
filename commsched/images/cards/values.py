"""What a person filled in, made ready: tidied, cut at the field's limit, rows read as figures."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cached_property

import msgspec

from commsched.core.text.messages import N_, Problem, block
from commsched.images.cards.designs import Design, Field
from commsched.images.text import line_breaking, runs


class Photo(msgspec.Struct, frozen=True, dict=True):
    """A picture for a design: a file that intake let through, and where crops are centred."""

    data: bytes
    focus: tuple[float, float] = (0.5, 0.4)
    alt: str = ""

    @cached_property
    def key(self) -> str:
        return hashlib.sha256(self.data).hexdigest() + repr(self.focus)


Value = str | bytes | Photo
"""Pictures may be given as bare bytes; then the focus is proposed by
:func:`commsched.images.intake.fingerprint.focus`."""


class ChartRow(msgspec.Struct, frozen=True):
    """One line of a chart: ``shown`` is the figure as the person wrote it."""

    label: str
    amount: float
    shown: str


class Filled(msgspec.Struct):
    """Values by field, with nothing left to doubt; ``photos`` the pictures among them."""

    texts: dict[str, str] = {}
    photos: dict[str, Photo] = {}
    problems: list[Problem] = []

    def has(self, name: str) -> bool:
        return bool(self.texts.get(name) or name in self.photos)


def fill(design: Design, values: Mapping[str, Value], language: str) -> Filled:
    """``values`` against the design's fields. Wrong and missing ones become problems, never exceptions."""
    filled = Filled()
    for name in values:
        if name not in design.fields:
            filled.problems.append(block(str(name)[:40], N_("This design has no field of that name.")))
    for name, spec in design.fields.items():
        value = values.get(name, "")
        if spec.kind == "picture":
            _picture(filled, name, value)
            continue
        text = value if isinstance(value, str) else ""
        default = "" if name in values else spec.default.get(language, spec.default.get("sv", ""))
        text = _counted(_tidy(text, spec) or default, spec, values)
        if spec.required and not text:
            filled.problems.append(block(name, N_("This is needed for the picture.")))
        filled.texts[name] = _limited(filled, name, spec, text)
    return filled


def _counted(text: str, spec: Field, values: Mapping[str, Value]) -> str:
    """The default in the singular where there is one of it, also when a form sends the default back as typed."""
    if str(values.get(spec.counts, "")).strip() != "1":
        return text
    return next((spec.single[tongue] for tongue, usual in spec.default.items() if usual == text), text)


def _picture(filled: Filled, name: str, value: Value) -> None:
    if isinstance(value, bytes) and value:
        from commsched.images.intake import fingerprint, sanitize

        with sanitize.opened(value) as image:
            image.draft("RGB", (200, 200))
            value = Photo(value, fingerprint.focus(image))
    if isinstance(value, Photo):
        filled.photos[name] = value


def _tidy(text: str, spec: Field) -> str:
    text = runs.settable(text[: 20 * spec.limit + 1000])
    if spec.kind in ("line", "number", "share"):
        return " ".join(text.split())
    lines = [" ".join(line.split()) for line in text.split("\n")]
    if spec.kind == "rows":
        lines = [line for line in lines if line]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _limited(filled: Filled, name: str, spec: Field, text: str) -> str:
    rows = text.split("\n")
    if spec.kind == "rows" and spec.rows and len(rows) > spec.rows:
        filled.problems.append(block(name, N_("There is room for %(count)s lines."), count=spec.rows))
        text = "\n".join(rows[: spec.rows])
    if len(text) <= spec.limit:
        return text
    signs = runs.clusters(text)
    if len(signs) <= spec.limit:
        return text
    sentence = N_("At most %(limit)s characters. Shorten it by %(count)s.")
    filled.problems.append(block(name, sentence, limit=spec.limit, count=len(signs) - spec.limit))
    return "".join(signs[: spec.limit]).rstrip() + "…"


_ROW = re.compile(r"(?P<label>.*?)\s*[:;=]?\s*(?P<shown>[-−]?\d[\d\s.,]*(?:\s*(?:%|[^\W\d]{1,12}\.?))?)\s*$")
_NUMBER = re.compile(r"[-−]?\d[\d\s]*(?:[.,]\d+)?")


def number(text: str) -> float | None:
    """The first figure in ``text``, written the Swedish way or the English; ``None`` where there is none."""
    match = _NUMBER.search(text)
    if not match:
        return None
    plain = re.sub(r"\s", "", match.group()).replace("−", "-").replace(",", ".")
    return float(plain) if len(plain) <= 15 else None


def share(text: str) -> float | None:
    """``62 %``, ``0,62`` with a percent sign, ``5 av 8`` or ``5/8`` as a share from 0 to 1."""
    parts = re.fullmatch(r"\s*(\d[\d\s,.]*?)\s*(?:av|of|/)\s*(\d[\d\s,.]*)\s*\D*", text)
    if parts:
        part, whole = number(parts.group(1)), number(parts.group(2))
        return min(1.0, part / whole) if part is not None and whole else None
    amount = number(text)
    return None if amount is None or not 0 <= amount <= 100 else amount / 100


def rows(filled: Filled, name: str) -> list[ChartRow]:
    """The rows of a chart's field. Lines without a figure are left out and reported as problems."""
    chart_rows = []
    for line in filled.texts.get(name, "").split("\n"):
        match = _ROW.fullmatch(line)
        amount = number(match.group("shown")) if match else None
        if match and amount is not None and amount >= 0:
            chart_rows.append(ChartRow(match.group("label"), amount, line_breaking.glued(match.group("shown").strip())))
        elif line:
            sentence = N_("Write each line as a name, a colon and a figure: “%(line)s” is not.")
            filled.problems.append(block(name, sentence, line=line[:40]))
    return chart_rows

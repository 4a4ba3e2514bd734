"""What differs between two versions of an item, field by field and word by word."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Final, Literal

import msgspec

from commsched.core.content.fields import TEXT_FIELDS
from commsched.core.content.model import Attachment, Card, ChannelContent, Content
from commsched.core.content.release_changes import part_changes, quoted
from commsched.core.text.messages import N_, Message
from commsched.core.timing import embargo
from commsched.core.timing.dates import local

_TOKEN: Final = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")
MOST_CHANGES: Final = 800
"""Words or lines gone and new that are told one by one; beyond, a reader sees more by reading both."""
MOST_STEPS: Final = 1_000_000
"""Comparisons of two words at most, so that no text can be written that takes longer."""

Kind = Literal["same", "gone", "new"]


class DiffPiece(msgspec.Struct, frozen=True):
    """A run of text that stands in both versions, only in the old (``gone``) or only in the new."""

    kind: Kind
    text: str


class Change(msgspec.Struct, frozen=True):
    """One field that differs. ``pieces`` for running text; else ``old`` and ``new`` as they read."""

    field: str
    label: Message
    old: str = ""
    new: str = ""
    pieces: list[DiffPiece] = msgspec.field(default_factory=list)
    notes: list[Message] = msgspec.field(default_factory=list)
    pictures: list[tuple[Literal["gone", "new", "same"], Attachment]] = msgspec.field(default_factory=list)


LABELS: Final = {field.name: field.label for field in TEXT_FIELDS} | {"kind": N_("Kind"), "embargo": N_("Embargo")}
"""Fields compared as text, in the order they are read."""


def diff_words(old: str, new: str) -> list[DiffPiece]:
    """``old`` and ``new`` as runs of what stayed, went and came, in reading order."""
    if old == new:
        return [DiffPiece("same", new)] if new else []
    for divided in (_TOKEN.findall, _lines):
        runs = _runs(divided(old), divided(new))
        if runs is not None:
            return _readable(runs)
    return [piece for piece in (DiffPiece("gone", old), DiffPiece("new", new)) if piece.text]


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _runs(a: Sequence[str], b: Sequence[str]) -> list[DiffPiece] | None:
    """The fewest pieces gone and new between ``a`` and ``b``; ``None`` where those are too many to find or to read."""
    start = _same_at_start(a, b)
    end = _same_at_start(a[start:][::-1], b[start:][::-1])
    old, new = a[start : len(a) - end], b[start : len(b) - end]
    steps = _script(old, new)
    if steps is None:
        return None
    whole: list[tuple[Kind, str]] = [("same", text) for text in a[:start]]
    whole += [*steps, *(("same", text) for text in a[len(a) - end :])]
    runs = groupby(whole, key=lambda step: step[0])
    return _merged([DiffPiece(kind, "".join(text for _kind, text in run)) for kind, run in runs])


def _same_at_start(a: Sequence[str], b: Sequence[str]) -> int:
    return next((n for n, (word, other) in enumerate(zip(a, b, strict=False)) if word != other), min(len(a), len(b)))


def _script(a: Sequence[str], b: Sequence[str]) -> list[tuple[Kind, str]] | None:
    """The shortest edit script from ``a`` to ``b`` (E. Myers, An O(ND) Difference Algorithm, 1986), within our bounds.

    ``reach[k]`` is how far into ``a`` diagonal ``k`` gets (index in ``a`` minus index in ``b``) with as many changes as
    there were rounds. What stood before each round is kept, to find the way back.
    """
    most = min(len(a) + len(b), MOST_CHANGES)
    reach, before, left = array("i", [0]) * (2 * most + 3), [], MOST_STEPS
    for changes in range(most + 1):
        before.append(reach[most - changes : most + changes + 3])
        for k in range(-changes, changes + 1, 2):
            place = k + most + 1
            x = start = reach[place + 1] if _is_new(reach, place, k, changes) else reach[place - 1] + 1
            while x < len(a) and x - k < len(b) and a[x] == b[x - k]:
                x += 1
            reach[place], left = x, left - (x - start) - 1
            if x >= len(a) and x - k >= len(b):
                return _way_back(a, b, before)
        if left < 0:
            return None
    return None


def _is_new(reach: Sequence[int], place: int, k: int, changes: int) -> bool:
    """Whether the way to diagonal ``k`` ends in a word that is new, not in one that is gone."""
    return k == -changes or (k != changes and reach[place - 1] < reach[place + 1])


def _way_back(a: Sequence[str], b: Sequence[str], before: Sequence[Sequence[int]]) -> list[tuple[Kind, str]]:
    steps: list[tuple[Kind, str]] = []
    x, y = len(a), len(b)
    for changes in range(len(before) - 1, -1, -1):
        k = x - y
        place = k + changes + 1
        is_new = _is_new(before[changes], place, k, changes)
        last_x = before[changes][place + 1 if is_new else place - 1]
        last_y = last_x - (k + 1 if is_new else k - 1)
        while x > last_x and y > last_y:
            x, y = x - 1, y - 1
            steps.append(("same", a[x]))
        if changes:
            steps.append(("new", b[last_y]) if is_new else ("gone", a[last_x]))
        x, y = last_x, last_y
    return steps[::-1]


def _readable(pieces: list[DiffPiece]) -> list[DiffPiece]:
    """Let a lone space between two changes belong to them: three words replaced read as one replacement."""
    joined: list[DiffPiece] = []
    for number, piece in enumerate(pieces):
        inside = 0 < number < len(pieces) - 1
        if piece.kind == "same" and inside and piece.text.isspace() and "\n" not in piece.text:
            joined += [DiffPiece("gone", piece.text), DiffPiece("new", piece.text)]
        else:
            joined.append(piece)
    return _merged(joined)


def _merged(pieces: list[DiffPiece]) -> list[DiffPiece]:
    merged: list[DiffPiece] = []
    gone = new = ""
    for piece in [*pieces, DiffPiece("same", "")]:
        if piece.kind == "gone":
            gone += piece.text
        elif piece.kind == "new":
            new += piece.text
        else:
            merged += [run for run in (DiffPiece("gone", gone), DiffPiece("new", new), piece) if run.text]
            gone = new = ""
    return merged


Teller = Callable[[int, Mapping[str, str]], str]
"""Spells a channel's choices for a reader."""


def compare(
    old: Content, new: Content, names: Mapping[int, str], tell: Teller | None = None, zone: str = "UTC"
) -> list[Change]:
    """Every field that differs; ``names`` are the channels' names by id, and times are those of ``zone``."""
    changes = []
    for name, label in LABELS.items():
        was, now = (_read(content, name, zone) for content in (old, new))
        if was != now:
            changes.append(Change(name, Message(label), was, now, diff_words(was, now)))
    changes += _quotes(old, new) + _parts(old, new)
    changes += _pictures(old.pictures, new.pictures) + _others(old, new)
    changes += _cards(old, new) + _renditions(old, new, names)
    return changes + _channels(old, new, names, tell or (lambda _channel, options: _options(options)))


def _read(content: Content, name: str, zone: str) -> str:
    """A field as a person reads it."""
    written = str(getattr(content, name))
    with suppress(ValueError):  # nobody knows when that ends, so it stands as it was written
        until = embargo.end_of(written) if name == "embargo" else None
        return f"{local(until, zone):%Y-%m-%d %H:%M}" if until else written
    return written


def _quotes(old: Content, new: Content) -> list[Change]:
    was, now = (quoted(content.quotes) for content in (old, new))
    return [] if was == now else [Change("quotes", Message(N_("Quotes")), was, now, diff_words(was, now))]


def _parts(old: Content, new: Content) -> list[Change]:
    """The rows of a release: people to call, the event, other languages."""
    parts = part_changes(old, new)
    return [Change(part.field, part.label, part.was, part.now, diff_words(part.was, part.now)) for part in parts]


def _pictures(old: Sequence[Attachment], new: Sequence[Attachment]) -> list[Change]:
    if list(old) == list(new):
        return []
    before, after = {p.sha256: p for p in old}, {p.sha256: p for p in new}
    shown: list[tuple[Literal["gone", "new", "same"], Attachment]] = []
    shown += [("new" if p.sha256 not in before else "same", p) for p in new]
    shown += [("gone", p) for p in old if p.sha256 not in after]
    notes = [
        Message(
            N_("Alt text of picture %(number)s: “%(old)s” became “%(new)s”."),
            {"number": number, "old": before[p.sha256].alt, "new": p.alt},
        )
        for number, p in enumerate(new, 1)
        if p.sha256 in before and before[p.sha256].alt != p.alt
    ]
    notes += [
        Message(
            N_("Caption of picture %(number)s: “%(old)s” became “%(new)s”."),
            {"number": number, "old": before[p.sha256].title, "new": p.title},
        )
        for number, p in enumerate(new, 1)
        if p.sha256 in before and before[p.sha256].title != p.title
    ]
    stayed = [p.sha256 for p in old if p.sha256 in after], [p.sha256 for p in new if p.sha256 in before]
    if stayed[0] != stayed[1]:
        notes.append(Message(N_("The pictures come in another order.")))
    return [Change("pictures", Message(N_("Pictures")), notes=notes, pictures=shown)]


def _others(old: Content, new: Content) -> list[Change]:
    """Videos and documents, with the captions as they read."""
    was, now = _spelled(old), _spelled(new)
    return [] if was == now else [Change("attachments", Message(N_("Attachments")), was, now, diff_words(was, now))]


def _spelled(content: Content) -> str:
    lines: list[str] = []
    for attachment in content.attachments:
        if attachment.kind != "picture":
            lines.append(f"{attachment.title or attachment.alt or attachment.mime} ({attachment.sha256[:10]})")
            lines += [f"{captions.language}: {captions.text}" for captions in attachment.captions]
    return "\n".join(lines)


def _cards(old: Content, new: Content) -> list[Change]:
    """What the link's card says; a picture is told apart by the beginning of its hash."""
    was, now = (_of_card(content.card) for content in (old, new))
    return [] if was == now else [Change("card", Message(N_("Card of the link")), was, now, diff_words(was, now))]


def _of_card(card: Card | None) -> str:
    if card is None:
        return ""
    lines = [card.url, card.title, card.description, f"({card.picture[:10]})" if card.picture else ""]
    return "\n".join(line for line in lines if line)


def _renditions(old: Content, new: Content, names: Mapping[int, str]) -> list[Change]:
    """Channels on which the very same pictures go out in another crop or another size."""
    changes = []
    after = {channel.channel: channel for channel in new.channels}
    for channel in old.channels:
        now = after.get(channel.channel)
        if now is None or (now.crop, now.pictures) == (channel.crop, channel.pictures):
            continue
        was_shown, is_shown = old.pictures_on(channel.channel), new.pictures_on(channel.channel)
        stayed = {p.sha256 for p in was_shown} & {p.sha256 for p in is_shown}
        shown: list[tuple[Literal["gone", "new", "same"], Attachment]] = []
        shown += [("new", p) for p in is_shown if p.sha256 not in stayed]
        shown += [("gone", p) for p in was_shown if p.sha256 not in stayed]
        label = Message(N_("Pictures on %(name)s"), {"name": names.get(channel.channel, str(channel.channel))})
        notes = [Message(N_("Another crop."))] if now.crop != channel.crop else []
        changes.append(Change(f"pictures-{channel.channel}", label, notes=notes, pictures=shown))
    return changes


def _channels(old: Content, new: Content, names: Mapping[int, str], tell: Teller) -> list[Change]:
    before, after = ({c.channel: c for c in content.channels} for content in (old, new))
    changes = []
    gone, came = [n for n in before if n not in after], [n for n in after if n not in before]
    if gone or came:
        was, now = (", ".join(names.get(n, str(n)) for n in chosen) for chosen in (before, after))
        changes.append(Change("channels", Message(N_("Channels")), was, now, diff_words(was, now)))
    for number in after:
        if number in before:
            changes += _one_channel(before[number], after[number], (old, new), names.get(number, str(number)), tell)
        elif after[number].text is not None:
            changes.append(_own_text(number, names, "", new.text_on(number)))
    return changes


def _own_text(number: int, names: Mapping[int, str], was: str, now: str) -> Change:
    label = Message(N_("Text on %(name)s"), {"name": names.get(number, str(number))})
    return Change(f"text-{number}", label, was, now, diff_words(was, now))


def _one_channel(
    old: ChannelContent, new: ChannelContent, whole: tuple[Content, Content], name: str, tell: Teller
) -> list[Change]:
    changes = []
    if (old.text, new.text) != (None, None) and old.text != new.text:
        was, now = whole[0].text_on(old.channel), whole[1].text_on(new.channel)
        changes.append(_own_text(new.channel, {new.channel: name}, was, now))
    if old.options != new.options:
        was, now = (tell(variant.channel, variant.options) for variant in (old, new))
        label = Message(N_("Choices on %(name)s"), {"name": name})
        changes.append(Change(f"options-{new.channel}", label, was, now, diff_words(was, now)))
    if old.mentions != new.mentions:
        was, now = (", ".join(sorted(channel.mentions.values())) for channel in (old, new))
        label = Message(N_("Mentions on %(name)s"), {"name": name})
        changes.append(Change(f"mentions-{new.channel}", label, was, now, diff_words(was, now)))
    if old.recipients != new.recipients:
        note = Message(N_("The list of recipients of %(name)s has changed."), {"name": name})
        changes.append(Change(f"recipients-{new.channel}", Message(N_("Recipients")), notes=[note]))
    return changes


def _options(options: Mapping[str, object]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in sorted(options.items()))

"""Proves a channel on its network: posts each format that its platform takes, reads it back, compares, changes it and
takes it down. It says what it saw and what it could not see; what was not looked at is never called proved.

It goes past the outbox on purpose: what it posts belongs to no item, and is written down as a proof, not a publication.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from commsched.core.content.model import Attachment, Content
from commsched.core.delivery.outcome import CannotTell, Found, Handles, Outcome, Pending, Published, Retry
from commsched.core.platform.contract import AttachmentFile, ChannelContext, ChannelView, Limits, Part, Platform
from commsched.core.platform.figures import Seen
from commsched.core.text.messages import N_, Message

Format = Literal["text", "picture", "thread", "video", "link", "edit", "delete"]
FORMATS: Final[tuple[Format, ...]] = ("text", "picture", "thread", "video", "link", "edit", "delete")
State = Literal["passed", "failed", "skipped"]
TRIES: Final = 30
"""How often a platform that is still working, or not ready, is asked again."""
MOST_WAIT: Final = 30.0
"""Seconds between two of them, at most."""
ALT: Final = "En grön yta utan annat innehåll: ett prov"
LINK: Final = "https://example.org/"


class Step(msgspec.Struct, frozen=True):
    """What became of one format."""

    format: Format
    state: State
    words: Message
    notes: tuple[Message, ...] = ()
    """What could not be seen."""


class Posted(msgspec.Struct, frozen=True):
    """One part that is out."""

    part: Part
    id: str
    url: str


class Kit(msgspec.Struct):
    """The proof of one channel. ``wait`` is told seconds; ``mark`` makes every text another than the last run's."""

    platform: Platform
    context: ChannelContext
    mark: str
    wait: Callable[[float], None]
    video: AttachmentFile | None = None
    picture: AttachmentFile | None = None
    posted: list[Posted] = msgspec.field(default_factory=list)

    @property
    def limits(self) -> Limits:
        return self.platform.limits(self.context.facts)

    def prove(self, wanted: Sequence[Format], keep: bool = False) -> Iterator[Step]:
        """Each of ``wanted`` in order. What was posted is taken down at the end, unless it is to be kept."""
        for name in FORMATS:
            if name in wanted and name != "delete":
                yield self._step(name)
        if "delete" in wanted or not keep:
            step = self._delete(keep)
            if step is not None:
                yield step

    def _step(self, name: Format) -> Step:
        missing = self._missing(name)
        if missing is not None:
            return Step(name, "skipped", missing)
        try:
            return self._edit() if name == "edit" else self._post(name)
        except Exception as error:  # an adapter that raises is a fault, and the proof says so
            words = Message(N_("the adapter broke: %(error)s"), {"error": type(error).__name__})
            return Step(name, "failed", words)

    def _missing(self, name: Format) -> Message | None:
        """Why a format is not tried."""
        limits = self.limits
        match name:
            case "picture" if not limits.pictures:
                return Message(N_("the platform takes no pictures"))
            case "video" if not limits.videos:
                return Message(N_("the platform takes no videos"))
            case "video" if self.video is None:
                return Message(N_("no video was given: name one with --video"))
            case "thread" if len(self.platform.parts(self._view("thread"))) < 2:
                return Message(N_("the platform has no threads"))
            case "text" if limits.needs_picture:
                return Message(N_("the platform takes no text alone"))
            case "edit" if "edit" not in self.platform.can:
                return Message(N_("the platform changes nothing that is out"))
            case "edit" if not self.posted:
                return Message(N_("nothing was posted that could be changed"))
        return None

    def _view(self, name: Format, words: str = "") -> ChannelView:
        text = words or f"Prov {self.mark} {name} – å, ä & ö"
        if name == "thread":
            text = f"{text}\n---\n{text}, andra delen"
        files = []
        if name == "picture" or (self.limits.needs_picture and name != "video"):
            files = [self.picture or green_picture()]
        elif name == "video" and self.video is not None:
            files = [self.video]
        attachments = [
            Attachment(sha256=file.sha256, alt=file.alt, mime=file.mime, width=file.width, height=file.height)
            for file in files
            if file.kind == "picture"
        ]
        title = f"Prov {self.mark} {name}"
        link = LINK if name == "link" else ""
        return ChannelView(
            content=Content(title=title, text=text, link=link, attachments=attachments),
            text=text,
            pictures=tuple(file for file in files if file.kind == "picture"),
            other_files=tuple(file for file in files if file.kind != "picture"),
            uid=hashlib.sha256(f"{self.mark}{name}".encode()).hexdigest()[:32],
        )

    def _post(self, name: Format) -> Step:
        view = self._view(name)
        blocking = [problem for problem in self.platform.check(view, self.context.facts) if problem.blocks]
        if blocking:
            return Step(name, "skipped", blocking[0].words)
        first = parent = ""
        out: list[Posted] = []
        for part in self.platform.parts(view):
            keyed = replace(part, key=f"{view.uid}-{part.number}", parent=parent if part.number else "", root=first)
            start = self.context.now()
            outcome, handles = self.publish(keyed)
            if not isinstance(outcome, Published):
                return Step(name, "failed", _refusal(outcome))
            posted = Posted(keyed, outcome.id, outcome.url)
            self.posted.append(posted)
            out.append(posted)
            first, parent = first or outcome.id, outcome.id
            unread = self._found(posted, handles, start)
            if unread is not None:
                return Step(name, "failed", unread)
        return self._compared(name, out)

    def publish(self, part: Part) -> tuple[Outcome, Handles]:
        """Post ``part`` as the publisher does: prepare, then one call. What is proved not sent is tried again."""
        handles = Handles()
        for _try in range(TRIES):
            if self.platform.needs_prepare(part) or part.view.other_files or part.pictures:
                prepared = self.platform.prepare(part, self.context)
                if isinstance(prepared, Pending):
                    self._rest(prepared.until)
                    continue
                if not isinstance(prepared, Handles):
                    if isinstance(prepared, Retry):
                        self._rest(prepared.after)
                        continue
                    return prepared, handles
                handles = prepared
            outcome = self.platform.publish(part, handles, self.context)
            if not isinstance(outcome, Retry):
                return outcome, handles
            self._rest(outcome.after)
        return Retry(N_("it was never ready")), handles

    def _rest(self, until: datetime | None) -> None:
        seconds = (until - self.context.now()).total_seconds() if until else 2.0
        self.wait(min(max(seconds, 0.5), MOST_WAIT))

    def _found(self, posted: Posted, handles: Handles, start: datetime) -> Message | None:
        """What is wrong with reading back that it went out, the way that a lost answer is read back."""
        for _try in range(3):
            self.wait(self.platform.settle)
            finding = self.platform.find(posted.part, handles, start - timedelta(seconds=5), self.context)
            if isinstance(finding, Found):
                same = finding.id == posted.id
                return None if same else Message(N_("another post was taken for it when it was read back"))
            if isinstance(finding, CannotTell) and finding.final:
                return None  # the platform cannot be read back, and says so
        words = N_("it went out and is not found when it is read back: %(detail)s")
        return Message(words, {"detail": getattr(finding, "detail", "")})

    def _compared(self, name: Format, out: Sequence[Posted]) -> Step:
        """Whether what stands there says what was sent."""
        notes: list[Message] = []
        for posted in out:
            seen = self.platform.seen(posted.id, self.context)
            if not isinstance(seen, Seen):
                notes.append(Message(N_("what stands there could not be compared: look at it yourself")))
                break
            wrong = difference(posted.part, seen)
            if wrong is not None:
                return Step(name, "failed", wrong)
        return Step(name, "passed", Message(N_("it is out: %(url)s"), {"url": out[0].url or out[0].id}), tuple(notes))

    def _edit(self) -> Step:
        posted = self.posted[0]
        changed = self._view("text", f"Prov {self.mark} ändrat – å, ä & ö")
        part = replace(self.platform.parts(changed)[0], key=posted.part.key)
        outcome = self.platform.edit(part, posted.id, self.context)
        if not isinstance(outcome, Published):
            return Step("edit", "failed", _refusal(outcome))
        seen = self.platform.seen(posted.id, self.context)
        if not isinstance(seen, Seen):
            words = Message(N_("what stands there could not be compared: look at it yourself"))
            return Step("edit", "passed", Message(N_("the platform says that it is changed")), (words,))
        wrong = difference(part, seen)
        return Step("edit", "failed", wrong) if wrong else Step("edit", "passed", Message(N_("it is changed there")))

    def _delete(self, keep: bool) -> Step | None:
        """Take down what was posted, the last first; of what is to be kept only the last, to prove that it can be."""
        if not self.posted:
            return None
        if "delete" not in self.platform.can:
            return Step("delete", "skipped", Message(N_("the platform takes nothing down: do it there by hand")))
        for posted in reversed(self.posted[-1:] if keep else self.posted):
            outcome = self.platform.delete(posted.id, self.context)
            if not isinstance(outcome, Published):
                where = {"url": posted.url or posted.id, "detail": outcome.detail}
                words = N_("%(url)s still stands, take it down there by hand: %(detail)s")
                return Step("delete", "failed", Message(words, where))
            self.posted.remove(posted)
        return Step("delete", "passed", Message(N_("it is taken down")))


def difference(part: Part, seen: Seen) -> Message | None:
    """In what ``seen`` is not what was sent; ``None`` where it is. Space and what networks do to links is no matter."""
    sent, shown = _bare(part.text), _bare(seen.text)
    if sent not in shown and shown not in sent:
        return Message(N_("other words stand there: %(text)s"), {"text": seen.text[:200]})
    if seen.pictures is not None and seen.pictures != len(part.pictures):
        counts = {"sent": len(part.pictures), "seen": seen.pictures}
        return Message(N_("%(seen)s pictures stand there, and %(sent)s were sent"), counts)
    if seen.alts is not None and [alt.strip() for alt in seen.alts] != [file.alt.strip() for file in part.pictures]:
        return Message(N_("the alt texts are not those that were sent"))
    return None


def _bare(text: str) -> str:
    return "".join(text.split())


def _refusal(outcome: Outcome) -> Message:
    kind = type(outcome).__name__.lower()
    return Message(N_("it did not go out (%(kind)s): %(detail)s"), {"kind": kind, "detail": outcome.detail[:300]})


def green_picture(width: int = 640, height: int = 360) -> AttachmentFile:
    """A picture of one colour, as a PNG: enough for every network, and nobody's."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x2e\x7d\x32" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n"
    png = start + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return AttachmentFile(
        sha256=hashlib.sha256(png).hexdigest(),
        mime="image/png",
        alt=ALT,
        width=width,
        height=height,
        size=len(png),
        open=lambda: BytesIO(png),
    )

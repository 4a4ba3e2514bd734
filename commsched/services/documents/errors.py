"""What can be wrong with a document that is handed in, each with the sentence that the person gets."""

from __future__ import annotations

from typing import Final

from commsched.core.media.documents import DOCUMENT_BYTES
from commsched.core.media.sizes import MB
from commsched.core.text.messages import N_, Invalid, Message

_WHAT: Final = {
    "attachedTemplate": N_("a template"),
    "image": N_("a picture"),
    "oleObject": N_("a part of another file"),
    "subDocument": N_("a part of another file"),
    "DDE": N_("a part of another file"),
    "DDEAUTO": N_("a part of another file"),
    "INCLUDETEXT": N_("a part of another file"),
    "INCLUDEPICTURE": N_("a picture"),
    "JavaScript": N_("it has a script"),
    "Launch": N_("it starts a program"),
    "SubmitForm": N_("it sends what is filled in"),
    "OpenAction": N_("it leads somewhere when it is opened"),
    "AA": N_("it leads somewhere when it is opened"),
}
"""What the formats call it, in words; the rest is told as it is called there."""


class BadDocument(Invalid):
    """A file that we will not send on to others. Subclasses say why; ``code`` goes into the problem document."""

    code = "document"
    sentence = N_("The document could not be read. Save it again, or as a PDF, and try once more.")

    def __init__(self, **params: object) -> None:
        shown = {name: Message(_WHAT[str(value)]) if str(value) in _WHAT else value for name, value in params.items()}
        super().__init__(self.sentence, "file", **shown)
        self.params = params


class EmptyDocument(BadDocument):
    code = "document-empty"
    sentence = N_("The file is empty. It was probably not fully copied: choose it again.")


class TooLarge(BadDocument):
    code = "document-bytes"
    sentence = N_("The file is %(size)s MB, and a document may be at most %(limit)s MB.")

    @classmethod
    def of(cls, length: int) -> TooLarge:
        """The error for a file of ``length`` bytes."""
        return cls(size=-(-length // MB), limit=DOCUMENT_BYTES // MB)


class BadName(BadDocument):
    code = "document-name"
    sentence = N_("The file’s name has signs in it that hide what it is. Give it another name and try again.")


class OtherKind(BadDocument):
    """What it is, its bytes say; its name is not asked."""

    code = "document-kind"
    sentence = N_(
        "This is no document that can be attached. PDF, Word, Excel, PowerPoint, OpenDocument, CSV and plain text can."
    )


class IsPage(OtherKind):
    code = "document-page"
    sentence = N_(
        "The file is a web page or a drawing, whatever its name says, and such can carry programs. Save it as a PDF."
    )


class IsProgram(OtherKind):
    code = "document-program"
    sentence = N_("The file is a program, whatever its name says, and is not taken.")


class IsOld(OtherKind):
    code = "document-old"
    sentence = N_(
        "The file is in an older format of Word, Excel or PowerPoint, which can carry macros. Save it as .docx, .xlsx, "
        ".pptx or PDF."
    )


class OtherName(OtherKind):
    code = "document-other-name"
    sentence = N_("The name says that it is .%(ending)s, and the file is plain text. It was probably saved wrongly.")


class Two(BadDocument):
    """Two kinds of file in one: what one program shows is not what another sees."""

    code = "document-two"
    sentence = N_("There is something more in the file than the document. Open it, save it again, and try once more.")


class Macros(BadDocument):
    code = "document-macros"
    sentence = N_("The document has macros or other programs in it. Save it without them, or as a PDF.")


class Locked(BadDocument):
    code = "document-locked"
    sentence = N_("The document is encrypted or locked with a password. Save it without that.")


class Bomb(BadDocument):
    code = "document-bomb"
    sentence = N_("The document becomes far too large when it is opened. Save it again, or as a PDF.")


class Remote(BadDocument):
    """It fetches something when it is opened: whoever opens it is then known to somebody."""

    code = "document-remote"
    sentence = N_(
        "The document fetches something from elsewhere when it is opened (%(what)s). Put it into the document, or save "
        "it as a PDF."
    )


class Inside(BadDocument):
    code = "document-inside"
    sentence = N_(
        "Another file lies within the document (%(what)s). Take it out and attach it by itself, or save as a PDF."
    )


class Acts(BadDocument):
    """A PDF that does something by itself."""

    code = "document-acts"
    sentence = N_(
        "The PDF does something by itself (%(what)s). Print it to a new PDF, or export it again without forms and "
        "scripts."
    )


class Damaged(BadDocument):
    code = "document-damaged"
    sentence = N_("The document is damaged or was not fully copied. Fetch it from where it came and try again.")


class TooHeavy(BadDocument):
    code = "document-heavy"
    sentence = N_("The document took too long to look through and was stopped. Save it again, or as a PDF.")


class Busy(BadDocument):
    """Others are being looked through (423)."""

    status, code = 423, "document-busy"
    sentence = N_("Other documents are being looked through just now. Try again in a moment.")


BY_NAME: Final[dict[str, type[BadDocument]]] = {
    kind.__name__: kind
    for kind in (
        BadDocument,
        EmptyDocument,
        BadName,
        OtherKind,
        IsPage,
        IsProgram,
        IsOld,
        OtherName,
        Two,
        Macros,
        Locked,
        Bomb,
        Remote,
        Inside,
        Acts,
        Damaged,
        TooHeavy,
    )
}
"""How the process that looks names an error to its parent: only these can come back."""

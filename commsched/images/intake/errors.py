"""What can be wrong with an uploaded file, each with the sentence that the person gets."""

from __future__ import annotations

from commsched.core.text.messages import N_, Invalid


class BadPicture(Invalid):
    """A file that we will not take. Subclasses say why; ``code`` goes into the problem document."""

    code = "picture"
    sentence = N_("The picture could not be read. Save it again from another program and try once more.")

    def __init__(self, **params: object) -> None:
        super().__init__(self.sentence, "file", **params)
        self.params = params


class EmptyFile(BadPicture):
    code = "picture-empty"
    sentence = N_("The file is empty. It was probably not fully copied: choose it again.")


class FileTooLarge(BadPicture):
    """More bytes than :data:`commsched.images.intake.sanitize.MAX_BYTES`."""

    code = "picture-bytes"
    sentence = N_("The file is %(size)s MB, and a picture may be at most %(limit)s MB.")


class TooManyPixels(BadPicture):
    """More pixels than :data:`commsched.images.intake.sanitize.MAX_PIXELS`: a decompression bomb, or a poster scan."""

    code = "picture-pixels"
    sentence = N_("The picture has more than %(limit)s megapixels. Make it smaller and try again.")


class NotAPicture(BadPicture):
    """The content is of another format than PNG, JPEG, WebP or GIF, whatever the name says."""

    code = "picture-format"
    sentence = N_("This is not a picture that we can use. Save it as JPEG or PNG and try again.")


class Vector(NotAPicture):
    sentence = N_("SVG pictures can carry programs and are not taken. Export it as PNG and try again.")


class PhonePhoto(NotAPicture):
    sentence = N_(
        "This photo is in the format HEIC. Send it from the phone as JPEG "
        "(on an iPhone: Settings, Camera, Formats, Most Compatible) and try again."
    )


class Document(NotAPicture):
    sentence = N_("This is a document, not a picture. Save the page as JPEG or PNG and try again.")


class Film(NotAPicture):
    sentence = N_("This is a video, and only pictures can be added here.")


class OtherPicture(NotAPicture):
    sentence = N_("The format %(format)s cannot be used. Save the picture as JPEG or PNG and try again.")


class Damaged(BadPicture):
    """The format is right and the content is not: truncated, or with a broken checksum."""

    code = "picture-damaged"
    sentence = N_("The file is damaged or was not fully copied. Fetch the picture from where it came and try again.")


class TooHeavy(BadPicture):
    """Reading it took more time or memory than a picture of its size ever should."""

    code = "picture-heavy"
    sentence = N_("The picture took too long to read and was stopped. Save it again as JPEG and try again.")


class PictureBusy(BadPicture):
    """Another file of the same office is being read, and it takes its time (423)."""

    status, code = 423, "picture-busy"
    sentence = N_("Another picture is being read just now. Try again in a moment.")


class CannotFit(BadPicture):
    """No encoding of the picture is within what the channel takes."""

    code = "picture-fit"
    sentence = N_("The picture cannot be made small enough for the channel, which takes %(limit)s kB.")


class FilmTooLarge(BadPicture):
    """More bytes than :data:`commsched.core.media.sizes.VIDEO_BYTES`."""

    code = "video-bytes"
    sentence = N_("The video is %(size)s MB, and may be at most %(limit)s MB.")


class FilmTooLong(BadPicture):
    code = "video-length"
    sentence = N_("The video is longer than %(minutes)s minutes. Cut it and try again.")


class FilmTooWide(BadPicture):
    code = "video-pixels"
    sentence = N_("The video is %(width)s × %(height)s, and may be at most 4K. Save it smaller and try again.")


class OtherFilm(BadPicture):
    """The container is right, and what is in it is of a kind that networks do not take either."""

    code = "video-format"
    sentence = N_("The video is of a kind that cannot be used (%(format)s). Save it as MP4 with H.264 and AAC.")


class NoPictures(BadPicture):
    code = "video-no-pictures"
    sentence = N_("There are no moving pictures in the file, only sound or text.")


class FilmDamaged(BadPicture):
    """Truncated, or not what it says that it is."""

    code = "video-damaged"
    sentence = N_("The video is damaged or was not fully copied. Fetch it from where it came and try again.")


class FilmTooHeavy(BadPicture):
    """Reading it took more time or memory than a video of its size ever should."""

    code = "video-heavy"
    sentence = N_("The video took too long to read and was stopped. Save it as MP4 with H.264 and try again.")


class FilmBusy(BadPicture):
    """Another video is being read, and one is read at a time (423)."""

    status, code = 423, "video-busy"
    sentence = N_("Another video is being read just now. Try again in a moment.")


class BadCardFont(BadPicture):
    """A font that was let through, and that a card cannot be set in after all."""

    code = "card-font"
    sentence = N_("The card could not be set in the office's own font. Choose another one under “The office's look”.")


class NoSuchDesign(BadPicture):
    code = "card-design"
    sentence = N_("There is no design with the name “%(name)s”.")


BY_NAME: dict[str, type[BadPicture]] = {
    kind.__name__: kind
    for kind in (
        BadPicture,
        EmptyFile,
        FileTooLarge,
        TooManyPixels,
        NotAPicture,
        Vector,
        PhonePhoto,
        Document,
        Film,
        OtherPicture,
        Damaged,
        TooHeavy,
        CannotFit,
        FilmTooLarge,
        FilmTooLong,
        FilmTooWide,
        OtherFilm,
        NoPictures,
        FilmDamaged,
        FilmTooHeavy,
        BadCardFont,
        NoSuchDesign,
    )
}
"""How the worker process names an error to its parent: only these can come back."""

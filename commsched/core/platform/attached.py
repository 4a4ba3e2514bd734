"""Whether a channel takes what goes with the words beside pictures: videos and documents, how many, of what kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from commsched.core.platform.contract import AttachmentFile, ChannelView, Limits
from commsched.core.platform.parts import AltRule
from commsched.core.text.messages import N_, Message, Problem, block, warn

_FIELD = "attachments"
_DOCUMENTS = "documents"


_NO_ALT: Final = {
    ("pictures", "stop"): N_("Picture %(number)d has no alt text, and cannot be scheduled before it has one."),
    ("pictures", "warn"): N_("Picture %(number)d has no alt text: who does not see it misses what it shows."),
    (_FIELD, "stop"): N_("Video %(number)d has no alt text, and cannot be scheduled before it has one."),
    (_FIELD, "warn"): N_("Video %(number)d has no alt text: who does not see it misses what it shows."),
}
"""By the field, and by what the office wants."""


def missing_alt(field: str, number: int, rule: AltRule) -> Problem:
    """What is said where the picture (in ``pictures``) or the video (in ``attachments``) ``number`` has no words for
    those who do not see it: the one rule, for every platform and every door."""
    level: Literal["block", "warn"] = "block" if rule == "stop" else "warn"
    return Problem(level, field, Message(_NO_ALT[field, rule], {"number": number}))


def check_attached(view: ChannelView, limits: Limits, name: str) -> list[Problem]:
    """What is wrong with the videos and documents of ``view`` on a platform called ``name``. It is asked for every
    platform, so that nothing is left out in silence where nobody thought of it."""
    videos = [file for file in view.other_files if file.kind == "video"]
    documents = [file for file in view.other_files if file.kind == "document"]
    return [*_videos(view, videos, limits, name), *_documents(documents, limits, name)]


def _videos(view: ChannelView, videos: list[AttachmentFile], limits: Limits, name: str) -> Iterator[Problem]:
    if videos and not limits.videos:
        yield block(_FIELD, N_("%(platform)s takes no videos from here. Take the video out."), platform=Message(name))
        return
    if len(videos) > limits.videos:
        words = N_("%(platform)s takes at most %(limit)d videos; there are %(count)d.")
        yield block(_FIELD, words, platform=Message(name), limit=limits.videos, count=len(videos))
    if videos and view.pictures and not limits.mixes:
        yield block(_FIELD, N_("%(platform)s takes pictures or a video, not both."), platform=Message(name))
    for number, video in enumerate(videos, 1):
        yield from _video(view, number, video, limits, name)


def _video(view: ChannelView, number: int, video: AttachmentFile, limits: Limits, name: str) -> Iterator[Problem]:
    if video.mime not in limits.video_types:
        words = N_("Video %(number)d is of a type that %(platform)s does not take (%(type)s).")
        yield block(_FIELD, words, number=number, platform=Message(name), type=video.mime)
    elif video.codec and video.codec not in limits.video_codecs:
        words = N_("Video %(number)d is coded in a way that %(platform)s does not take (%(codec)s).")
        yield block(_FIELD, words, number=number, platform=Message(name), codec=video.codec)
    if limits.video_side is not None and max(video.width, video.height) > limits.video_side:
        words = N_("Video %(number)d is too large for %(platform)s: %(size)s, at most %(most)d pixels a side.")
        size, most = f"{video.width} × {video.height}", limits.video_side
        yield block(_FIELD, words, number=number, platform=Message(name), size=size, most=most)
    if limits.video_bytes is not None and video.size > limits.video_bytes:
        words = N_("Video %(number)d is too large for %(platform)s: %(size)d MB, at most %(limit)d MB.")
        sizes = {"size": -(-video.size // 1_000_000), "limit": limits.video_bytes // 1_000_000}
        yield block(_FIELD, words, number=number, platform=Message(name), **sizes)
    seconds = video.duration / 1000
    if limits.video_seconds is not None and not limits.video_seconds[0] <= seconds <= limits.video_seconds[1]:
        words = N_("Video %(number)d lasts %(seconds)d seconds; %(platform)s takes %(least)d to %(most)d.")
        least, most = map(round, limits.video_seconds)
        yield block(
            _FIELD, words, number=number, platform=Message(name), seconds=round(seconds), least=least, most=most
        )
    ratio = video.width / max(1, video.height)
    if limits.video_ratio is not None and not limits.video_ratio[0] <= ratio <= limits.video_ratio[1]:
        words = N_("Video %(number)d has a shape that %(platform)s does not take (%(size)s).")
        yield block(_FIELD, words, number=number, platform=Message(name), size=f"{video.width} × {video.height}")
    if not video.alt.strip():
        yield missing_alt(_FIELD, number, view.alt_rule)
    if not video.captions and not video.burnt:
        words = N_("Video %(number)d has no captions: who does not hear it misses what is said.")
        yield warn(_FIELD, words, number=number)


def _documents(documents: list[AttachmentFile], limits: Limits, name: str) -> Iterator[Problem]:
    if documents and not limits.documents:
        yield block(_DOCUMENTS, N_("%(platform)s takes no documents. Take the document out."), platform=Message(name))
        return
    if len(documents) > limits.documents:
        words = N_("%(platform)s takes at most %(limit)d documents; there are %(count)d.")
        yield block(_DOCUMENTS, words, platform=Message(name), limit=limits.documents, count=len(documents))
    for number, document in enumerate(documents, 1):
        if document.mime not in limits.document_types:
            words = N_("Document %(number)d is of a type that %(platform)s does not take (%(type)s).")
            yield block(_DOCUMENTS, words, number=number, platform=Message(name), type=document.mime)
        if limits.document_bytes is not None and document.size > limits.document_bytes:
            words = N_("Document %(number)d is too large for %(platform)s: %(size)d MB, at most %(limit)d MB.")
            sizes = {"size": -(-document.size // 1_000_000), "limit": limits.document_bytes // 1_000_000}
            yield block(_DOCUMENTS, words, number=number, platform=Message(name), **sizes)
        if not document.title.strip():
            yield block(_DOCUMENTS, N_("Document %(number)d has no name that readers see."), number=number)

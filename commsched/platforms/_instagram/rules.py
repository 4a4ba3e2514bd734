"""What Instagram takes of an item, and how it says it. Source: Meta's documentation of content publishing."""

from __future__ import annotations

import re
from typing import Final

from commsched.core.media.crops import NAMES
from commsched.core.platform.contract import ChannelView, Limits
from commsched.core.platform.threads import TEXT_TOO_LONG
from commsched.core.text.length import split_thread
from commsched.core.text.messages import N_, Message, Problem, block, warn
from commsched.platforms._shared.checks import check_pictures
from commsched.platforms._shared.comments import check_comment

MOST_FILES: Final = 10
MOST_TAGS, MANY_TAGS = 30, 5
MOST_NAMES: Final = 20
MOST_COLLABORATORS: Final = 3
MOST_COMMENT: Final = 2_200
_CAROUSEL_SECONDS: Final = 60
RATIOS: Final = (0.8, 1.91)
"""The narrowest and the widest picture, width/height: 4:5 and 1.91:1."""
LIMITS = Limits(
    characters=2_200,
    pictures=MOST_FILES,
    picture_bytes=8_000_000,
    picture_types=("image/jpeg",),
    picture_ratio=RATIOS,
    alt_characters=1_000,
    videos=MOST_FILES,
    video_bytes=300_000_000,
    video_types=("video/mp4", "video/quicktime"),
    video_codecs=("h264", "hevc"),
    video_side=1920,
    video_seconds=(3, 900),
    video_ratio=(0.01, 10),
    mixes=True,
)
_HASHTAG = re.compile(r"(?<![\w&])#\w+")
_NAME = re.compile(r"(?<![\w.@])@[\w.]+")
_HANDLE = re.compile(r"[A-Za-z0-9._]{1,30}")


def caption_of(view: ChannelView) -> str:
    """The text, and the item's link below it: no link can be pressed there, but it can be read.

    What is a thread elsewhere is one caption of several paragraphs here.
    """
    text = "\n\n".join(split_thread(view.text)).strip()
    link = view.content.link
    return f"{text}\n\n{link}".strip() if link and link not in text else text


def handles_of(text: str) -> list[str]:
    """The accounts that an option names, without their ``@``; each once, in order."""
    names = [name.lstrip("@") for name in re.split(r"[\s,;]+", text.strip()) if name]
    return list(dict.fromkeys(names))


def check_item(view: ChannelView, name: str) -> list[Problem]:
    """All that stands in the way of saying ``view`` on Instagram, which is called ``name``."""
    problems = [*_check_files(view, name), *_check_caption(view, name), *_check_options(view, name)]
    return problems + check_pictures(view, LIMITS, name) + _check_shapes(view, name)


def _check_files(view: ChannelView, name: str) -> list[Problem]:
    videos = [file for file in view.other_files if file.kind == "video"]
    count = len(view.pictures) + len(videos)
    if not count:
        words = N_("%(platform)s takes no text alone: add a picture or a video.")
        return [block("pictures", words, platform=Message(name))]
    problems = []
    if videos and count > MOST_FILES:
        words = N_("%(platform)s takes at most %(limit)d pictures and videos together; there are %(count)d.")
        problems.append(block("pictures", words, platform=Message(name), limit=MOST_FILES, count=count))
    if count > 1 and any(video.duration > _CAROUSEL_SECONDS * 1000 for video in videos):
        words = N_("A video among several on %(platform)s lasts at most %(limit)d seconds.")
        problems.append(block("attachments", words, platform=Message(name), limit=_CAROUSEL_SECONDS))
    return problems


def _check_caption(view: ChannelView, name: str) -> list[Problem]:
    caption, problems = caption_of(view), []
    limit = LIMITS.characters or 0
    if len(caption) > limit:
        problems.append(block("text", TEXT_TOO_LONG, platform=Message(name), count=len(caption), limit=limit))
    tags, names = len(_HASHTAG.findall(caption)), len(_NAME.findall(caption))
    if tags > MOST_TAGS:
        words = N_("%(platform)s takes at most %(limit)d hashtags; there are %(count)d.")
        problems.append(block("text", words, platform=Message(name), limit=MOST_TAGS, count=tags))
    elif tags > MANY_TAGS:
        words = N_("%(platform)s may take no more than %(limit)d hashtags; there are %(count)d.")
        problems.append(warn("text", words, platform=Message(name), limit=MANY_TAGS, count=tags))
    if names > MOST_NAMES:
        words = N_("%(platform)s takes at most %(limit)d mentions with @; there are %(count)d.")
        problems.append(block("text", words, platform=Message(name), limit=MOST_NAMES, count=names))
    if view.content.link:
        words = N_("A link in a caption on %(platform)s can be read but not pressed.")
        problems.append(warn("link", words, platform=Message(name)))
    return problems


def _check_options(view: ChannelView, name: str) -> list[Problem]:
    problems = []
    for key, limit in (("collaborators", MOST_COLLABORATORS), ("tagged", MOST_NAMES)):
        handles = handles_of(view.options.get(key, ""))
        wrong = [handle for handle in handles if not _HANDLE.fullmatch(handle)]
        if wrong:
            words = N_("“%(name)s” is no account on %(platform)s.")
            problems.append(block(key, words, platform=Message(name), name=wrong[0][:60]))
        if len(handles) > limit:
            words = N_("At most %(limit)d accounts here; there are %(count)d.")
            problems.append(block(key, words, limit=limit, count=len(handles)))
    place = view.options.get("place", "").strip()
    if place and not re.fullmatch(r"\d{1,25}", place):
        words = N_("A place is named by its number, the id of its page on Facebook.")
        problems.append(block("place", words))
    return problems + check_comment(view, MOST_COMMENT, len)


def _check_shapes(view: ChannelView, name: str) -> list[Problem]:
    """Every picture of a carousel is cut to the shape of the first."""
    shapes = [picture.width / max(1, picture.height) for picture in view.pictures]
    if len(shapes) < 2 or all(abs(shape / shapes[0] - 1) < 0.02 for shape in shapes if shapes[0]):
        return []
    words = N_(
        "%(platform)s cuts every picture to the shape of the first. Choose one crop for all of them: %(crop)s, say."
    )
    return [warn("pictures", words, platform=Message(name), crop=Message(NAMES["4:5"]))]

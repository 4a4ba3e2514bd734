"""What a Facebook Page takes of an item, and how it says it."""

from __future__ import annotations

from commsched.core.platform.contract import ChannelView, Limits
from commsched.core.platform.threads import TEXT_TOO_LONG
from commsched.core.text.length import graphemes, split_thread, tidy
from commsched.core.text.messages import N_, Message, Problem, block
from commsched.platforms._shared.checks import check_pictures
from commsched.platforms._shared.comments import check_comment

LIMITS = Limits(
    characters=63_206,
    pictures=10,
    picture_bytes=4_000_000,
    picture_types=("image/jpeg", "image/png"),
    videos=1,
    video_bytes=1_500_000_000,
    video_types=("video/mp4", "video/quicktime"),
    video_seconds=(1, 45 * 60),
    captions=True,
)
_COMMENT_MAX = 8_000


def check_item(view: ChannelView, name: str) -> list[Problem]:
    """All that stands in the way of saying ``view`` on Facebook, which is called ``name``."""
    problems = []
    length, limit = graphemes(message_of(view)), LIMITS.characters or 0
    if not tidy(view.text).strip() and not view.pictures and not view.other_files and not view.content.link:
        problems.append(block("text", N_("There is no text to publish.")))
    if length > limit:
        problems.append(block("text", TEXT_TOO_LONG, platform=Message(name), count=length, limit=limit))
    problems += check_comment(view, _COMMENT_MAX, graphemes)
    return problems + check_pictures(view, LIMITS, name)


def message_of(view: ChannelView) -> str:
    """The text; with pictures or a video the link stands in it, because a post shows either them or a link's card.

    What is a thread elsewhere is one post of several paragraphs here.
    """
    text = "\n\n".join(split_thread(view.text))
    if (view.pictures or view.other_files) and view.content.link and view.content.link not in text:
        return f"{text}\n\n{view.content.link}".strip()
    return text

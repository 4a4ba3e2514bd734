"""The first comment: what the account itself writes under its post as soon as that is out. One choice of the writer's,
on every network that has it, in the same words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from commsched.core.platform.contract import ChannelView, Option, Part
from commsched.core.text.length import tidy
from commsched.core.text.messages import N_, Problem, block

FIRST_COMMENT: Final = Option(
    "first_comment",
    N_("First comment"),
    kind="long",
    help=N_("Written under the post by the account itself, as soon as the post is out."),
)


def first_comment_of(view: ChannelView) -> str:
    """What the writer wants there, as it is counted and sent; most often nothing."""
    return tidy(view.options.get(FIRST_COMMENT.key, "")).strip()


def with_comment(posts: list[Part], view: ChannelView) -> list[Part]:
    """``posts``, and the first comment after the last of them where there is one."""
    comment = first_comment_of(view)
    return [*posts, Part(number=len(posts), role="comment", text=comment, view=view)] if comment else posts


def check_comment(view: ChannelView, limit: int, count: Callable[[str], int]) -> list[Problem]:
    """Whether it fits."""
    length = count(first_comment_of(view))
    if length <= limit:
        return []
    words = N_("The first comment is too long: %(count)d characters, at most %(limit)d.")
    return [block(FIRST_COMMENT.key, words, count=length, limit=limit)]

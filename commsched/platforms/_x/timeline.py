"""What an X account has published, and what X makes of a text: for reading back."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from commsched.core.platform.contract import Part
from commsched.core.text.length import tidy
from commsched.platforms._shared.answers import ident, read
from commsched.platforms._shared.readback import Entry, Page

if TYPE_CHECKING:
    from commsched.platforms._x.client import Client

_PAGE: Final = 100
"""Posts to a page, as many as X gives."""


class _Reference(msgspec.Struct):
    id: object
    type: object = None


class _Attachments(msgspec.Struct):
    media_keys: list[object] | None = None


class _Link(msgspec.Struct):
    url: object = ""
    """As it stands in the text, shortened."""
    expanded_url: object = ""
    display_url: object = ""
    media_key: object = msgspec.UNSET
    """Only where it leads to a picture of the post's own."""


class _Entities(msgspec.Struct):
    urls: list[_Link] | None = None


class Tweet(msgspec.Struct):
    """A post, as far as reading back compares it; a value of another type than it should be makes it another post."""

    text: object = ""
    referenced_tweets: list[_Reference] | None = None
    referenced_posts: list[_Reference] | None = None
    """The same by its newer name."""
    attachments: _Attachments | None = None
    entities: _Entities | None = None


class _Meta(msgspec.Struct):
    next_token: object = None


class _Timeline(msgspec.Struct):
    """A page of an account's posts."""

    meta: _Meta
    data: list[dict[str, object]] | None = None


def post_url(post: str) -> str:
    """Where a person can see a post."""
    return f"https://x.com/i/status/{post}"


def pages(client: Client, account: str, part: Part, start: datetime) -> Iterator[Page]:
    """The account's own posts since ``start``, newest first."""
    token = None
    while True:
        answer = client.get_users_tweets(
            account,
            start_time=start.astimezone(UTC),
            max_results=_PAGE,
            pagination_token=token,
            tweet_fields=["created_at", "entities", "referenced_tweets", "attachments"],
            user_auth=True,
        )
        timeline = read(answer, _Timeline)
        token = timeline.meta.next_token
        yield Page([_entry(tweet, part) for tweet in timeline.data or ()], more=bool(token))


def _entry(tweet: Mapping[str, object], part: Part) -> Entry:
    return Entry(ident(tweet), post_url(ident(tweet)), _is_it(read(tweet, Tweet), part))


def _is_it(tweet: Tweet, part: Part) -> bool:
    if (answered(tweet) or "") != part.parent:
        return False
    media = (tweet.attachments or _Attachments()).media_keys or ()
    return len(media) == len(part.pictures) + len(part.other_files) and _bare(expanded(tweet)) == _bare(part.text)


def answered(tweet: Tweet) -> str | None:
    """The id of the post that it answers."""
    references = (*(tweet.referenced_tweets or ()), *(tweet.referenced_posts or ()))
    return next((str(each.id) for each in references if each.type == "replied_to"), None)


def expanded(tweet: Tweet) -> str:
    """A post's text as it was written: t.co links expanded, the link to its own pictures left out."""
    text = html.unescape(str(tweet.text))
    for link in (tweet.entities or _Entities()).urls or ():
        own = link.media_key is not msgspec.UNSET or str(link.display_url).startswith(("pic.twitter.", "pic.x."))
        text = text.replace(str(link.url) or "\0", "" if own else str(link.expanded_url))
    return text


def _bare(text: str) -> str:
    """``text`` without what X changes: white space, and the scheme and closing slash of a link."""
    return re.sub(r"https?://", "", re.sub(r"/(?=\s|$)", "", tidy(text))).translate(_NO_SPACE)


_NO_SPACE = {ord(space): None for space in " \n\t\u00a0\u2028"}

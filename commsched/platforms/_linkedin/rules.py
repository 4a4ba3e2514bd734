"""What a LinkedIn page takes of an item, and how it says it."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from commsched.core.platform.contract import ChannelView, Limits, Part
from commsched.core.text.length import split_thread
from commsched.core.text.messages import N_, Message, Problem, block
from commsched.platforms._linkedin.little_text import escaped, length
from commsched.platforms._shared.checks import check_pictures
from commsched.platforms._shared.comments import check_comment, with_comment

LIMITS = Limits(
    characters=3000,
    pictures=20,
    picture_bytes=8_000_000,
    picture_pixels=36_152_320,
    picture_types=("image/jpeg", "image/png", "image/gif"),
    frames=250,
    alt_characters=4086,
    videos=1,
    video_bytes=500_000_000,
    video_seconds=(3.0, 1800.0),
    video_ratio=(1 / 2.4, 2.4),
    captions=True,
)
_COMMENT_MAX: Final = 1250
_TITLE_MAX: Final = 400
_DESCRIPTION_MAX: Final = 4000


def text_of(view: ChannelView) -> str:
    """The text; with pictures or a video the link stands in it, since a post shows either those or a link's card. What
    is a thread elsewhere is one post of several paragraphs here."""
    text, link = "\n\n".join(split_thread(view.text)), view.content.link
    if link and (view.pictures or view.other_files) and link not in text:
        return f"{text}\n\n{link}".strip()
    return text


def divide(view: ChannelView) -> list[Part]:
    """The post, and the page's own first comment under it."""
    post = Part(
        number=0,
        role="post",
        text=text_of(view),
        view=view,
        pictures=view.pictures,
        other_files=view.other_files,
    )
    return with_comment([post], view)


def link_of(view: ChannelView) -> str:
    """The link that is the post's article: the item's, or one in the text whose card was approved with it."""
    card = view.content.card
    return view.content.link or (card.url if card is not None and card.url in view.text else "")


def has_article(part: Part) -> bool:
    """Whether the post shows a link as a card."""
    return bool(part.role == "post" and link_of(part.view) and not part.pictures and not part.other_files)


def check_item(view: ChannelView, name: str) -> list[Problem]:
    """All that stands in the way of saying ``view`` on a page."""
    problems, limit = [], LIMITS.characters or 0
    text = text_of(view)
    if not text and not (view.pictures or view.other_files or view.content.link):
        problems.append(block("text", N_("There is no text to publish.")))
    if length(text) > limit:
        words = N_("The text is too long for %(platform)s: %(count)d characters, at most %(limit)d.")
        problems.append(block("text", words, platform=Message(name), count=length(text), limit=limit))
    problems += check_comment(view, _COMMENT_MAX, len)
    return problems + check_pictures(view, LIMITS, name)


def post_body(part: Part, author: str, images: list[str], video: str) -> dict[str, object]:
    """The call that makes it visible."""
    body: dict[str, object] = {
        "author": author,
        "commentary": escaped(part.text),
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    content = _content(part, images, video)
    return body | ({"content": content} if content else {})


def _content(part: Part, images: list[str], video: str) -> dict[str, object]:
    if video:
        title = next((file.title for file in part.other_files if file.title), "") or part.view.content.title
        return {"media": {"id": video} | ({"title": title[:_TITLE_MAX]} if title else {})}
    if has_article(part):
        return {"article": _article(part, images)}
    shown = [_picture(image, picture.alt) for image, picture in zip(images, part.pictures, strict=False)]
    if len(shown) == 1:
        return {"media": shown[0]}
    return {"multiImage": {"images": shown}} if shown else {}


def _picture(image: str, alt: str) -> dict[str, object]:
    picture: dict[str, object] = {"id": image}
    return picture | {"altText": alt} if alt.strip() else picture


def _article(part: Part, images: list[str]) -> dict[str, object]:
    """A link's card as it was approved. LinkedIn reads no page by itself: without a title it is called by its host."""
    link, card = link_of(part.view), part.view.content.card
    known = card if card is not None and card.url == link else None
    title = (known.title if known else "") or part.view.content.title or urlsplit(link).hostname or link
    article: dict[str, object] = {"source": link, "title": title[:_TITLE_MAX]}
    if known and known.description:
        article["description"] = known.description[:_DESCRIPTION_MAX]
    return article | ({"thumbnail": images[0]} if images else {})

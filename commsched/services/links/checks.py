"""What is to be said of the links in what a channel would say. Nobody is asked: a link's own address is looked at, and
what was read of its page while the item was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from commsched.core.installation.inner_links import leads_inside, links_of
from commsched.core.platform.contract import ChannelView
from commsched.core.text.messages import N_, Problem, block, warn

if TYPE_CHECKING:
    from commsched.services.links.pages import Page

CLOSED = frozenset({401, 403, 406, 429, 451, 503})
"""What a site answers that lets persons in, but perhaps no programs: that says nothing of whether readers see it."""
MOST_LINKS = 40
"""Links of one item that are looked at, the first ones: nobody follows more, and a text may hold tens of thousands."""
SHOWN = 80
"""Characters of a link that stand in a sentence."""


def link_problems(view: ChannelView, own: str, pages: Mapping[str, Page], shows_card: bool) -> Iterator[Problem]:
    """What is wrong with the links of ``view``. ``own`` is the address of this installation, which is no secret;
    ``pages`` is what was read of them, by the link; ``shows_card``: the network shows a card of the first."""
    content = view.content
    texts = [content.link, view.text, content.lead, content.facts, *view.options.values()]
    inside = N_("%(link)s leads into the office's own network, where no reader can follow.")
    for number, link in enumerate(islice(links_of(texts), MOST_LINKS)):
        field, page = "link" if link == content.link else "text", pages.get(link)
        if leads_inside(link) and not is_own(link, own):
            yield block(field, inside, link=shortened(link))
        elif page is not None:
            has_card = shows_card and number == 0 and not view.pictures and not view.other_files
            yield from _said_of(page, field, has_card)


def _said_of(page: Page, field: str, has_card: bool) -> Iterator[Problem]:
    link = shortened(page.link)
    if page.state == "error" and page.status in CLOSED:
        words = N_("The page of %(link)s refuses programs (%(status)d), so the networks may show no card of it.")
        yield warn(field, words, link=link, status=page.status)
    elif page.state == "error":
        words = N_("The page of %(link)s answers with an error (%(status)d).")
        yield warn(field, words, link=link, status=page.status)
    elif page.state == "silent":
        yield warn(field, N_("The page of %(link)s did not answer when it was looked at."), link=link)
    elif page.state == "inside":
        words = N_("%(link)s seems to lead on into a private network. Open it from a telephone to see whether it does.")
        yield warn(field, words, link=link)
    elif has_card and page.state == "ok" and not page.title:
        words = N_("The page of %(link)s has no title, so its card says nothing but the address.")
        yield warn(field, words, link=link)
    elif has_card and page.state == "ok" and not page.picture:
        words = N_("The page of %(link)s has no picture that can be shown, so its card has none.")
        yield warn(field, words, link=link)


def is_own(link: str, own: str) -> bool:
    """Whether ``link`` leads to a page of this installation."""
    return link == own or link.startswith(f"{own}/")


def shortened(link: str) -> str:
    return link if len(link) <= SHOWN else f"{link[: SHOWN - 1]}…"

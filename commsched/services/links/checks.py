"""What is to be said of the links in what a channel would say. Nobody is asked: a link's own address is looked at, and
what was read of its page while the item was written."""

from __future__ import annotations

from collections.abc import Iterator

from commsched.core.installation.inner_links import leads_inside, links_of
from commsched.core.platform.contract import ChannelView
from commsched.core.text.messages import N_, Problem, block

SHOWN = 80
"""Characters of a link that stand in a sentence."""


def link_problems(view: ChannelView, own: str) -> Iterator[Problem]:
    """What is wrong with the links of ``view``. ``own`` is the address of this installation, which is no secret."""
    content = view.content
    texts = [content.link, view.text, content.lead, content.facts, *view.options.values()]
    words = N_("%(link)s leads into the office's own network, where no reader can follow.")
    for link in links_of(texts):
        if leads_inside(link) and not is_own(link, own):
            yield block("link" if link == content.link else "text", words, link=shortened(link))


def is_own(link: str, own: str) -> bool:
    """Whether ``link`` leads to a page of this installation."""
    return link == own or link.startswith(f"{own}/")


def shortened(link: str) -> str:
    return link if len(link) <= SHOWN else f"{link[: SHOWN - 1]}…"

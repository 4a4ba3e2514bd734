"""The office's own newsroom. What makes an item public is the recorded outcome itself, so it cannot happen twice."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final

from commsched.core.delivery.outcome import Absent, Finding, Handles, Outcome, Published
from commsched.core.media.documents import DOCUMENT_BYTES, MOST, TYPES
from commsched.core.platform.contract import Account, ChannelContext, ChannelView, Facts, Limits, Part, Platform
from commsched.core.text.messages import N_, Problem, block, warn
from commsched.core.text.slug import address_of
from commsched.platforms._shared.checks import check_pictures, check_text

HEADLINE: Final = 120
"""Characters; above it search engines and link previews cut the headline."""


class Newsroom(Platform):
    key: ClassVar[str] = "newsroom"
    shape = "1.91:1"
    name: ClassVar[str] = N_("Newsroom")
    about: ClassVar[str] = N_("The office's own public page, with feeds. Nothing to fill in.")
    icon: ClassVar[str] = "lucide:newspaper"
    by_itself = ("release", "post")
    called: ClassVar[str] = N_("Newsroom")
    own: ClassVar[bool] = True
    can = frozenset({"delete"})
    own_page = "room"
    resend_if_absent: ClassVar[bool] = True
    instant: ClassVar[bool] = True
    settle: ClassVar[float] = 0.0

    def connect(self, context: ChannelContext) -> Account:
        url = f"{context.public_url}/n/{context.workspace}"
        return Account(id=f"newsroom:{context.workspace}", name=context.workspace, url=url)

    def limits(self, facts: Facts) -> Limits:
        return Limits(pictures=20, documents=MOST, document_types=TYPES, document_bytes=DOCUMENT_BYTES)

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        problems = check_text(view, None, len, self.name) + check_pictures(view, self.limits(facts), self.name)
        if view.content.kind == "release" and not view.content.title.strip():
            problems.append(block("title", N_("A press release needs a headline.")))
        if len(view.content.title) > HEADLINE:
            message = N_("The headline is %(count)d characters; search engines show about %(limit)d of them.")
            problems.append(warn("title", message, count=len(view.content.title), limit=HEADLINE))
        return problems

    def needs_prepare(self, part: Part) -> bool:
        return False

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        view = part.view
        address = address_of(view.content.title, view.text, view.uid)
        return Published(id=view.uid, url=f"{context.public_url}/n/{context.workspace}/{address}")

    def find(self, part: Part, handles: Handles, since: datetime, context: ChannelContext) -> Finding:
        """Without a recorded outcome it was never shown to anybody."""
        return Absent()

    def delete(self, remote_id: str, context: ChannelContext) -> Outcome:
        return Published(id=remote_id)


PLATFORM = Newsroom()

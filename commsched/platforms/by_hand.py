"""What has no way in for programs, or no approval yet: a person publishes it there, and says so.

At its time the text and the files become a task. Preparing is waiting: nothing counts as published before whoever did
it has confirmed, which ``services.hands`` puts in the part's handles. What is not done by the latest time is held.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from commsched.core.delivery.outcome import CannotTell, Finding, Found, Handles, Outcome, Pending, Published, Rejected
from commsched.core.platform.contract import (
    Account,
    ChannelContext,
    ChannelView,
    ConnectError,
    Facts,
    Limits,
    Part,
    Platform,
    Setting,
)
from commsched.core.text.length import graphemes, tidy
from commsched.core.text.messages import N_, Problem
from commsched.core.text.slug import slug
from commsched.platforms._shared.checks import check_pictures, check_text, full_text

LOOKS_AGAIN: Final = timedelta(seconds=20)
"""How often the gate is asked anew while a task is open. A task ends at most so long before its latest time."""
_PHOTO: Final = ("image/jpeg", "image/png")


class Place(msgspec.Struct, frozen=True):
    """A kind of place: what it takes, and what a person does there."""

    name: str
    limits: Limits
    steps: tuple[str, ...]
    """Sentences, in order."""
    mark: str = "lucide:hand"


_OPEN_APP: Final = N_("Open the app on the phone, signed in as the office's account.")
PLACES: Final[Mapping[str, Place]] = {
    "linkedin": Place(
        N_("A LinkedIn page"),
        Limits(characters=3000, pictures=9, picture_types=_PHOTO, picture_bytes=8_000_000, alt_characters=4086),
        (
            N_("Open the page on LinkedIn and choose “Start a post”. Check that the page is the sender, and not you."),
            N_("Paste the text. Add the pictures, and to each its alt text (the ALT button)."),
            N_("Post it, open the post's own page and copy its address."),
        ),
    ),
    "instagram_story": Place(
        N_("An Instagram story"),
        Limits(characters=2200, pictures=10, picture_types=_PHOTO, videos=1, video_seconds=(1, 60)),
        (
            _OPEN_APP,
            N_("Save the files to the phone, press + and choose “Story”, then the picture or the video."),
            N_("Write the text on the picture if it is not there, add the link as a sticker, and share."),
        ),
    ),
    "tiktok": Place(
        N_("TikTok"),
        Limits(characters=2200, pictures=10, picture_types=_PHOTO, videos=1, video_bytes=287_000_000),
        (
            _OPEN_APP,
            N_("Save the file to the phone, press + and choose it. Switch the captions on."),
            N_("Paste the text as the description, post it, and copy the link under “Share”."),
        ),
    ),
    "paper": Place(
        N_("A paper's form"),
        Limits(pictures=3, picture_types=_PHOTO, picture_bytes=8_000_000, documents=3),
        (
            N_("Open the paper's form for letters and articles."),
            N_("Paste the headline and the text, and fill in who has written it."),
            N_("Send it. If the paper answers with an address or a number, write it below."),
        ),
    ),
    "other": Place(
        N_("Something else"),
        Limits(pictures=20, videos=4, documents=5, mixes=True),
        (N_("Paste the text, add the files, and publish."), N_("Copy the address of what you published.")),
    ),
}
_PLACE = Setting(
    "network",
    N_("Where it is published"),
    kind="choice",
    default="linkedin",
    choices=tuple((key, place.name) for key, place in PLACES.items()),
    help=N_("Decides how much text and which files fit, and which steps are shown."),
    aliases=("place",),
)
_NAME = Setting("name", N_("What it is called"), help=N_("Such as “Our LinkedIn page” or “Letters, Dagbladet”."))
_ADDRESS = Setting(
    "address",
    N_("Where to open it"),
    kind="url",
    required=False,
    help=N_("The page or the form itself, which the task then has a button to."),
    aliases=("url",),
)
RESPONSIBLE: Final = Setting(
    "responsible",
    N_("Who does it"),
    required=False,
    kind="person",
    help=N_("Only they are told when it is time. Where they have left the office, everybody who may publish is."),
)


def place_of(settings: Mapping[str, object]) -> Place:
    """The kind of place that a channel with these settings is."""
    return PLACES.get(str(settings.get(_PLACE.key) or ""), PLACES["other"])


class ByHand(Platform):
    key = "by_hand"
    name = N_("By hand")
    about = N_("For what takes no posts from here: at its time somebody gets the text and the files, and confirms.")
    icon = "lucide:hand"
    settings = (_PLACE, _NAME, _ADDRESS, RESPONSIBLE)
    kinds = ("post", "release", "letter")
    by_person = True

    def connect(self, context: ChannelContext) -> Account:
        settings = context.settings
        place, name = settings.get(_PLACE.key) or _PLACE.default, (settings.get(_NAME.key) or "").strip()
        if place not in PLACES:
            raise ConnectError(N_("Choose one of them."), _PLACE.key)
        if not name:
            raise ConnectError(N_("This is needed."), _NAME.key)
        address = (settings.get(_ADDRESS.key) or "").strip()
        if address and not address.startswith(("https://", "http://")):
            raise ConnectError(N_("The address must begin with https://."), _ADDRESS.key)
        whom = (settings.get(RESPONSIBLE.key) or "").strip()
        if whom and "@" not in whom:
            raise ConnectError(N_("Write an e-mail address, or leave it empty."), RESPONSIBLE.key)
        return Account(f"{place}:{slug(name) or name.casefold()[:60]}", name, address, facts={"place": place})

    def limits(self, facts: Facts) -> Limits:
        return place_of({_PLACE.key: facts.get("place")}).limits

    def count(self, text: str, facts: Facts) -> int:
        return graphemes(tidy(text))

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        limits, name = self.limits(facts), place_of({_PLACE.key: facts.get("place")}).name
        return check_text(view, limits.characters, graphemes, name) + check_pictures(view, limits, name)

    def parts(self, view: ChannelView) -> list[Part]:
        """All of it is one task, also a thread: whoever posts it sees where it is divided."""
        text = full_text(view)
        return [Part(number=0, role="post", text=text, view=view, pictures=view.pictures, other_files=view.other_files)]

    def needs_prepare(self, part: Part) -> bool:
        return True

    def prepare(self, part: Part, context: ChannelContext) -> Handles | Pending:
        values = part.progress.handles.values
        if values.get("by"):
            return Handles(dict(values))
        return Pending(context.now() + LOOKS_AGAIN, N_("it waits for whoever posts it"))

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        """Write down what a person has confirmed. Nobody else can say that it is out."""
        if not handles.values.get("by"):
            return Rejected(N_("nobody has confirmed it"), "config")
        link = handles.values.get("link", "")
        return Published(part.key or link or part.view.uid, link, handles.values["by"])

    def find(self, part: Part, handles: Handles, since: datetime, context: ChannelContext) -> Finding:
        if handles.values.get("by"):
            return Found(part.key or part.view.uid, handles.values.get("link", ""))
        return CannotTell(N_("only whoever posts it knows"), final=True)


PLATFORM = ByHand()

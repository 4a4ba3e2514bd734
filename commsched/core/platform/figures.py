"""What readers made of something published: figures and answers, as a platform tells of them."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Figures(msgspec.Struct, frozen=True):
    """Counts for one publication. ``None``: the platform does not tell."""

    views: int | None = None
    likes: int | None = None
    shares: int | None = None
    comments: int | None = None
    clicks: int | None = None


class Reply(msgspec.Struct, frozen=True):
    """What somebody answered to one of our publications."""

    id: str
    answers: str
    """The id of ours that it answers."""
    author: str
    text: str
    at: datetime
    url: str = ""
    hidden: bool = False
    """Whether the network shows it to nobody but us and its writer."""
    handle: str = ""
    """What the network needs beside the id to answer it."""


class Publication(msgspec.Struct, frozen=True):
    """What an account of ours has published, by whatever way."""

    id: str
    url: str
    text: str
    at: datetime


class Seen(msgspec.Struct, frozen=True):
    """What stands at one of our publications, as its network tells of it: for a proof that it is what was sent.
    ``None``: not known."""

    text: str
    pictures: int | None = None
    alts: tuple[str, ...] | None = None
    """The pictures' alt texts, in order."""

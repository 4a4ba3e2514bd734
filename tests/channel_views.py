"""Views of content on one channel, for tests of what a platform makes of them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from commsched.core.content.model import Content
from commsched.core.platform.contract import ChannelView

_OWN = {"options", "pictures", "other_files", "recipients", "uid", "preview_url"}


def channel_view(text: str = "", **values: Any) -> ChannelView:
    """A channel's view of an item that says ``text``; ``values`` are fields of the view or of its content."""
    own = {name: value for name, value in values.items() if name in _OWN}
    content = Content(text=text, **{name: value for name, value in values.items() if name not in _OWN})
    return ChannelView(content=content, text=text, **own)


def changed(view: ChannelView, **values: Any) -> ChannelView:
    """``view`` with other values in fields of its own or of its content; ``text`` in both."""
    own = {name: value for name, value in values.items() if name in {*_OWN, "text"}}
    content = replace(view.content, **{name: value for name, value in values.items() if name not in _OWN})
    return replace(view, content=content, **own)

"""A Telegram channel: the setting that names it, what Telegram tells of it, and where it is read."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from commsched.core.platform.contract import ChannelContext, ConnectError, Setting
from commsched.core.text.messages import N_
from commsched.platforms._shared.answers import value

CHAT = Setting(
    "chat",
    N_("Channel"),
    help=N_("Its @name or its link; of a private channel its number, which begins with -100."),
    aliases=("chat_id", "channel"),
)
_NAME: Final = re.compile(r"(?:https?://)?(?:t(?:elegram)?\.me/)?@?([A-Za-z]\w{3,31})/?")
_PRIVATE: Final = re.compile(r"(?:https?://)?t(?:elegram)?\.me/c/(\d{5,20})(?:/\d+)*/?")
_NUMBER: Final = re.compile(r"-\d{5,20}")


class User(msgspec.Struct):
    """The bot itself."""

    id: int


class Chat(msgspec.Struct):
    """A channel, as Telegram tells of it."""

    id: int
    type: str = ""
    title: str = ""
    username: str = ""


class Member(msgspec.Struct):
    """What the bot is in a channel."""

    status: str
    can_post_messages: bool = False


def chat_of(context: ChannelContext) -> str:
    """The channel as the Bot API names it; once it is known, by its number, which outlives its name."""
    if _NUMBER.fullmatch(context.account):
        return context.account
    raw = value(context, CHAT)
    private, name = _PRIVATE.fullmatch(raw), _NAME.fullmatch(raw)
    if private:
        return f"-100{private[1]}"
    if name:
        return f"@{name[1]}"
    if not _NUMBER.fullmatch(raw):
        raise ConnectError(N_("“%(chat)s” is not a channel's name, link or number."), CHAT.key, chat=raw[:80])
    return raw


def address_of(chat: Chat) -> str:
    """Where a channel is read; a private one only by its members."""
    return f"https://t.me/{chat.username}" if chat.username else f"https://t.me/c/{str(chat.id).removeprefix('-100')}"

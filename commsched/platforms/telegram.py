"""A Telegram channel, through a bot that is one of its administrators.

Telegram has neither a key that makes a repeat harmless nor a way to read a channel back: a message whose answer is lost
is never sent again, and a person looks.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING

from commsched.core.delivery.outcome import CannotTell, Finding, Handles, Outcome, Published, Rejected, Retry
from commsched.core.platform.contract import (
    Account,
    ChannelContext,
    ChannelView,
    ConnectError,
    DeadToken,
    Facts,
    Limits,
    Option,
    Part,
    Setting,
)
from commsched.core.platform.settings import YES
from commsched.core.text.messages import N_, Problem
from commsched.platforms._shared.adapter import Blame, NetworkPlatform, known_server
from commsched.platforms._shared.answers import base_url, detail, outcome_of, read, value
from commsched.platforms._telegram.channel import CHAT, Chat, Member, User, address_of, chat_of
from commsched.platforms._telegram.guide import GUIDE
from commsched.platforms._telegram.messages import card_of, described, messages, sent
from commsched.platforms._telegram.rules import LIMITS, check_item, count, divide, media_of

if TYPE_CHECKING:
    from commsched.platforms._telegram.bot import Bot

_TOKEN = Setting(
    "token",
    N_("The bot's token"),
    kind="password",
    secret=True,
    help=N_("Numbers, a colon, and letters, as @BotFather wrote it."),
    aliases=("bot_token", "access_token"),
)
_BASE_URL = known_server("https://api.telegram.org")


class Telegram(NetworkPlatform["Bot"]):
    key = "telegram"
    name = "Telegram"
    about = N_("A channel: text, pictures and videos. Needs a bot that is an administrator of the channel.")
    icon = "telegram"
    guide = GUIDE
    link_card = "network"
    settings = (CHAT, _TOKEN, _BASE_URL)
    options = (
        Option("silent", N_("Without a sound"), kind="bool", help=N_("Followers get it, but no phone makes a noise.")),
    )
    can = frozenset({"edit", "delete"})

    def client(self, context: ChannelContext) -> Bot:
        from commsched.platforms._telegram.bot import Bot

        token = value(context, _TOKEN)
        if not re.fullmatch(r"[\w:-]{5,200}", token):
            raise ConnectError(N_("That is not a bot's token: numbers, a colon, and letters."), _TOKEN.key)
        return Bot(base_url(context, _BASE_URL), token, context.http, context.timeout)

    def outcome(self, error: Exception, context: ChannelContext, client: Bot | None = None) -> Outcome:
        from commsched.platforms._telegram import bot

        return outcome_of(error, context, bot.TelegramError, lambda refusal: bot.outcome(refusal, context))

    def blame(self, context: ChannelContext) -> Blame:
        return Blame(_TOKEN.key, refused=CHAT.key)

    def account(self, client: Bot, context: ChannelContext) -> Account:
        me = read(client.ask("getMe"), User)
        chat = read(client.ask("getChat", {"chat_id": chat_of(context)}), Chat)
        if chat.type != "channel":
            raise ConnectError(N_("That is not a channel, but a chat or a group."), CHAT.key)
        member = read(client.ask("getChatMember", {"chat_id": str(chat.id), "user_id": me.id}), Member)
        if not (member.status == "administrator" and member.can_post_messages):
            words = N_("The bot is not an administrator who may post there. In the channel: Administrators → Add.")
            raise DeadToken(words, CHAT.key)
        name = f"@{chat.username}" if chat.username else chat.title or str(chat.id)
        return Account(str(chat.id), name, address_of(chat))

    def limits(self, facts: Facts) -> Limits:
        return LIMITS

    def count(self, text: str, facts: Facts) -> int:
        return count(text)

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        return check_item(view, self.name)

    def parts(self, view: ChannelView) -> list[Part]:
        return divide(view)

    def needs_prepare(self, part: Part) -> bool:
        return False

    def post(self, client: Bot, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        fields: dict[str, object] = {"chat_id": chat_of(context), "disable_notification": _silent(part) or None}
        media = media_of(part)
        if not media:
            words = {"text": part.text, "link_preview_options": card_of(part)}
            return sent(client.ask("sendMessage", fields | words))
        with ExitStack() as stack:
            try:
                files = {
                    f"file{number}": (f"file{number}", stack.enter_context(file.open()), file.mime)
                    for number, file in enumerate(media)
                }
            except OSError as error:
                return Retry(detail(error, context))  # no call was begun
            if len(media) > 1:
                album = [described(file, number, part.text) for number, file in enumerate(media)]
                return sent(client.ask("sendMediaGroup", fields | {"media": album}, files))
            shown = described(media[0], 0, part.text)
            kind = str(shown.pop("type"))
            method = "sendVideo" if kind == "video" else "sendPhoto"
            return sent(client.ask(method, fields | shown | {kind: shown["media"], "media": None}, files))

    def look(self, client: Bot, part: Part, handles: Handles, start: datetime, context: ChannelContext) -> Finding:
        return CannotTell(N_("Telegram lets no bot read a channel back; a person must look"), final=True)

    def edit(self, part: Part, remote_id: str, context: ChannelContext) -> Outcome:
        """The words alone; pictures stay as they are."""

        def change(client: Bot) -> Outcome:
            from commsched.platforms._telegram.bot import TelegramError

            first: dict[str, object] = {"chat_id": chat_of(context), "message_id": messages(remote_id)[0]}
            try:
                if media_of(part):
                    client.ask("editMessageCaption", first | {"caption": part.text})
                else:
                    words = {"text": part.text, "link_preview_options": card_of(part)}
                    client.ask("editMessageText", first | words)
            except TelegramError as error:
                if not error.says("message is not modified"):
                    raise
            return Published(remote_id, detail="changed")

        return self._ask(context, change)

    def remove(self, client: Bot, remote_id: str, context: ChannelContext) -> Outcome | None:
        """Every message of an album; what is gone already is passed over. Each may be repeated."""
        from commsched.platforms._telegram.bot import TelegramError

        for message in messages(remote_id):
            try:
                client.ask("deleteMessage", {"chat_id": chat_of(context), "message_id": message})
            except TelegramError as error:
                if error.says("can't be deleted"):
                    words = N_("Telegram takes nothing down that is older than two days. Do it in the app.")
                    return Rejected(words, "permission")
                if not error.says("message to delete not found|message_id_invalid"):
                    raise
        return None


def _silent(part: Part) -> bool:
    return part.view.options.get("silent", "").lower() in YES


PLATFORM = Telegram()

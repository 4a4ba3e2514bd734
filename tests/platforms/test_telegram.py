"""A Telegram channel against a simulator of the Bot API, which another maker's library drives as well."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from commsched.core.delivery.outcome import CannotTell, Handles, Published, Rejected, Retry, Unknown
from commsched.core.platform.contract import AttachmentFile, ChannelContext, ConnectError, DeadToken
from commsched.platforms import get
from tests.platforms._office import NOW, PNG, context, hurried, just_now, part, picture, send, view
from tests.sims.telegram import CHAT, TOKEN, TelegramSimulator

telegram = get("telegram")
LONG = "Ja till fler turer. " * 60


@pytest.fixture
def sim() -> Iterator[TelegramSimulator]:
    with TelegramSimulator() as simulator:
        yield simulator


@pytest.fixture
def on(sim: TelegramSimulator) -> ChannelContext:
    return context({"base_url": sim.url, "chat": "@oppnalistan"}, {"token": TOKEN}, now=lambda: NOW)


def video(**changes: object) -> AttachmentFile:
    return replace(picture(mime="video/mp4", shape=(1080, 1920)), kind="video", duration=12_400, **changes)


def test_a_bot_that_may_post_connects_the_channel(on: ChannelContext) -> None:
    account = telegram.connect(on)
    assert (account.id, account.name, account.url) == ("-1001234567890", "@oppnalistan", "https://t.me/oppnalistan")


@pytest.mark.parametrize(
    "spelled",
    [
        "@oppnalistan",
        "oppnalistan",
        "https://t.me/oppnalistan",
        "t.me/oppnalistan/",
        "-1001234567890",
        "t.me/c/1234567890/7",
    ],
)
def test_a_channel_is_known_by_its_name_its_link_or_its_number(on: ChannelContext, spelled: str) -> None:
    on.settings["chat"] = spelled
    assert telegram.connect(on).id == "-1001234567890"


@pytest.mark.parametrize("spelled", ["", "a b", "@a", "https://example.com/oppnalistan", "123", "../getMe"])
def test_what_is_no_channel_is_refused_and_nothing_is_asked_of_it(
    sim: TelegramSimulator, on: ChannelContext, spelled: str
) -> None:
    on.settings["chat"] = spelled
    with pytest.raises(ConnectError) as refused:
        telegram.connect(on)
    assert refused.value.field == "chat"
    assert [call.path.rpartition("/")[2] for call in sim.calls] in ([], ["getMe"])


@pytest.mark.parametrize(
    "member",
    [
        {"status": "left"},
        {"status": "member"},
        {"status": "administrator", "can_post_messages": False},
        {"status": "administrator"},
    ],
)
def test_a_bot_that_may_not_post_is_told_so(
    sim: TelegramSimulator, on: ChannelContext, member: dict[str, object]
) -> None:
    sim.member = member
    with pytest.raises(DeadToken, match="not an administrator"):
        telegram.connect(on)


def test_a_group_is_no_channel_and_a_wrong_name_is_blamed(sim: TelegramSimulator, on: ChannelContext) -> None:
    sim.chat["type"] = "supergroup"
    with pytest.raises(ConnectError, match="not a channel"):
        telegram.connect(on)
    on.settings["chat"] = "@someone_else"
    with pytest.raises(ConnectError, match="chat not found") as refused:
        telegram.connect(on)
    assert refused.value.field == "chat"


@pytest.mark.parametrize("token", ["123456789:AAH-wrong-token-02", "", "with space", "a/b/c/d"])
def test_a_wrong_token_is_refused_without_being_repeated(on: ChannelContext, token: str) -> None:
    on.secrets["token"] = token
    with pytest.raises(ConnectError) as refused:
        telegram.connect(on)
    assert refused.value.field == "token"
    assert not token or token not in str(refused.value)


def test_a_text_goes_as_it_was_written_with_its_links_card(sim: TelegramSimulator, on: ChannelContext) -> None:
    """Nothing in it is markup: less-than signs, underscores and stars stand as they are."""
    words = "2 < 3 & _viktigt_ *nu* <b>inte</b> [x](y)"
    outcome = send(telegram, part(telegram, words, link="https://example.se/a"), on)
    assert outcome == Published("101", "https://t.me/oppnalistan/101")
    assert sim.messages[0]["text"] == f"{words}\n\nhttps://example.se/a"
    assert sim.messages[0]["card"] == "https://example.se/a"
    assert sim.messages[0]["silent"] is False


def test_a_thread_elsewhere_is_one_message_here(sim: TelegramSimulator, on: ChannelContext) -> None:
    [whole] = telegram.parts(view("Ett\n---\nTvå", link="https://example.se/a"))
    assert isinstance(send(telegram, whole, on), Published)
    assert sim.messages[0]["text"] == "Ett\n\nTvå\n\nhttps://example.se/a"


def test_without_a_sound_is_a_choice(sim: TelegramSimulator, on: ChannelContext) -> None:
    send(telegram, part(telegram, "Natt", options={"silent": "1"}), on)
    assert sim.messages[0]["silent"] is True


def test_a_picture_has_its_words_below_it(sim: TelegramSimulator, on: ChannelContext) -> None:
    assert isinstance(send(telegram, part(telegram, "Torget", picture()), on), Published)
    assert (sim.messages[0]["caption"], sim.messages[0]["media"]) == ("Torget", [("photo", PNG)])


def test_an_album_is_one_call_and_known_by_all_its_messages(sim: TelegramSimulator, on: ChannelContext) -> None:
    post = part(telegram, "Torget", picture(), picture())
    outcome = send(telegram, replace(post, other_files=(video(),)), on)
    assert outcome == Published("101,102,103", "https://t.me/oppnalistan/101")
    assert [message["caption"] for message in sim.messages] == ["Torget", "", ""]
    assert [message["media"][0][0] for message in sim.messages] == ["photo", "photo", "video"]
    assert len(sim.calls) == 1


def test_a_video_says_how_long_and_how_large_it_is(sim: TelegramSimulator, on: ChannelContext) -> None:
    post = replace(part(telegram, "Film"), other_files=(video(),))
    assert isinstance(send(telegram, post, on), Published)
    more = sim.messages[0]["more"]
    assert [more[key] for key in ("width", "height", "duration", "supports_streaming")] == [
        "1080",
        "1920",
        "12",
        "true",
    ]


def test_words_too_long_for_a_caption_follow_the_pictures(sim: TelegramSimulator, on: ChannelContext) -> None:
    long = view(LONG, picture(), picture())
    first, words = telegram.parts(long)
    assert (first.text, len(first.pictures), words.role, words.pictures) == ("", 2, "reply", ())
    out = send(telegram, first, on)
    assert isinstance(out, Published)
    assert isinstance(send(telegram, replace(words, parent=out.id), on), Published)
    assert [message.get("text", "picture") for message in sim.messages] == ["picture", "picture", LONG.strip()]
    [told] = telegram.check(long, {})
    assert not told.blocks
    assert telegram.check(view(LONG), {}) == []


@pytest.mark.parametrize(
    ("text", "pictures", "field"),
    [
        ("", (), "text"),
        ("å" * 4097, (), "text"),
        ("😀" * 2049, (), "text"),
        ("Hej", (picture(),) * 11, "pictures"),
        ("Hej", (picture(mime="image/gif"),), "pictures"),
        ("Hej", (picture(shape=(2100, 100)),), "pictures"),
        ("Hej", (picture(shape=(5001, 5001)),), "pictures"),
        ("Hej", (picture(size=10_000_001),), "pictures"),
    ],
    ids=["empty", "long", "emoji", "many", "gif", "narrow", "wide", "heavy"],
)
def test_what_a_channel_does_not_take_is_said_before(
    text: str, pictures: tuple[AttachmentFile, ...], field: str
) -> None:
    assert [problem.field for problem in telegram.check(view(text, *pictures), {}) if problem.blocks] == [field]


def test_pictures_and_videos_share_an_album() -> None:
    full = replace(view("Hej", *(picture(),) * 9), other_files=(video(), video()))
    assert [problem.field for problem in telegram.check(full, {})] == ["pictures"]


ANSWERS = [
    ("bot:429/7", Retry("")),
    ("bot:401", Rejected("", "token")),
    ("bot:404:Not Found", Rejected("", "token")),
    ("bot:403", Rejected("", "permission")),
    ("bot:400:Bad Request: chat not found", Rejected("", "config")),
    ("bot:400:Bad Request: need administrator rights in the channel chat", Rejected("", "permission")),
    ("bot:400:Bad Request: not enough rights to send photos to the chat", Rejected("", "permission")),
    ("bot:400:Bad Request: PHOTO_INVALID_DIMENSIONS", Rejected("", "content")),
    ("bot:413:Request Entity Too Large", Rejected("", "content")),
    ('bot:400:Bad Request: failed to send message #2 with the error message "IMAGE_PROCESS_FAILED"', Unknown("")),
    ("bot:400:Bad Request: group send failed", Unknown("")),
    ("bot:409:Conflict", Unknown("")),
    ("bot:500", Unknown("")),
    ("bot:502:Bad Gateway", Unknown("")),
]


@pytest.mark.parametrize(("fault", "expected"), ANSWERS)
def test_every_answer_has_its_outcome(sim: TelegramSimulator, on: ChannelContext, fault: str, expected: object) -> None:
    sim.faults.append(fault)
    outcome = telegram.publish(part(telegram, "Hej"), Handles(), on)
    assert type(outcome) is type(expected)
    assert getattr(outcome, "why", None) == getattr(expected, "why", None)
    assert outcome.detail
    assert TOKEN not in outcome.detail
    assert len(sim.calls) == 1


def test_it_comes_back_when_telegram_says(sim: TelegramSimulator, on: ChannelContext) -> None:
    sim.faults.append("bot:429/37")
    outcome = telegram.publish(part(telegram, "Hej"), Handles(), on)
    assert isinstance(outcome, Retry)
    assert (outcome.after, outcome.whole_channel) == (NOW + timedelta(seconds=37), True)


@pytest.mark.parametrize("fault", ["timeout_after_accept", "timeout_before_accept", "reset_after_accept"])
def test_what_nobody_knows_is_never_sent_again(sim: TelegramSimulator, on: ChannelContext, fault: str) -> None:
    """There is no reading back, and no key: only a person can tell, at once and for good."""
    post = part(telegram, "Hej")
    sim.faults.append(fault)
    with hurried(on, fault):
        assert isinstance(telegram.publish(post, Handles(), on), Unknown)
    finding = telegram.find(post, Handles(), just_now(), on)
    assert isinstance(finding, CannotTell)
    assert finding.final
    assert not telegram.resends({})
    assert len(sim.calls) == 1, "and nobody is asked"


def test_a_picture_that_cannot_be_read_was_not_sent(sim: TelegramSimulator, on: ChannelContext) -> None:
    def gone() -> object:
        raise OSError("the bytes are not the approved ones")

    broken = replace(picture(), open=gone)
    assert isinstance(send(telegram, part(telegram, "Hej", picture(), broken), on), Retry)
    assert sim.calls == []


def test_words_are_changed_where_they_stand(sim: TelegramSimulator, on: ChannelContext) -> None:
    out, after = send(telegram, part(telegram, "Fel"), on), part(telegram, "Rätt")
    assert isinstance(out, Published)
    assert isinstance(telegram.edit(after, out.id, on), Published)
    assert isinstance(telegram.edit(after, out.id, on), Published), "it says so already"
    assert sim.messages[0]["text"] == "Rätt"
    album = send(telegram, part(telegram, "Fel", picture(), picture()), on)
    assert isinstance(album, Published)
    assert isinstance(telegram.edit(part(telegram, "Rätt", picture(), picture()), album.id, on), Published)
    assert [message["caption"] for message in sim.messages[1:]] == ["Rätt", ""]


@pytest.mark.parametrize("remote", ["999", "x", "", "1,,2", "1/2"])
def test_what_is_not_there_cannot_be_changed(on: ChannelContext, remote: str) -> None:
    assert isinstance(telegram.edit(part(telegram, "Nytt"), remote, on), Rejected)


def test_every_message_of_an_album_is_taken_down(sim: TelegramSimulator, on: ChannelContext) -> None:
    album = send(telegram, part(telegram, "Torget", picture(), picture(), picture()), on)
    assert isinstance(album, Published)
    sim.messages.pop(1)  # one of them is gone already
    assert isinstance(telegram.delete(album.id, on), Published)
    assert sim.messages == []
    assert isinstance(telegram.delete(album.id, on), Published), "gone already is a success"


def test_what_is_older_than_two_days_is_left_to_a_person(sim: TelegramSimulator, on: ChannelContext) -> None:
    out = send(telegram, part(telegram, "Gammalt"), on)
    assert isinstance(out, Published)
    sim.too_old.add(int(out.id))
    outcome = telegram.delete(out.id, on)
    assert isinstance(outcome, Rejected)
    assert "two days" in outcome.detail


def test_a_private_channel_is_read_by_its_number(sim: TelegramSimulator, on: ChannelContext) -> None:
    del sim.chat["username"]
    on.settings["chat"] = str(CHAT["id"])
    account = telegram.connect(on)
    assert (account.name, account.url) == ("Öppna listan", "https://t.me/c/1234567890")
    outcome = send(telegram, part(telegram, "Hej"), on)
    assert outcome == Published("101", "https://t.me/c/1234567890/101")


ANOTHERS = """
import sys
import telebot
from telebot import apihelper, types

url, token, picture = sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3])
apihelper.API_URL = url + "/bot{0}/{1}"
bot = telebot.TeleBot(token, threaded=False)
assert bot.get_me().id == 42
assert bot.get_chat("@oppnalistan").title == "Öppna listan"
assert bot.send_message("@oppnalistan", "Hej").message_id == 101
assert bot.send_photo("@oppnalistan", picture, caption="Torget").message_id == 102
album = [types.InputMediaPhoto(picture, caption="Ett"), types.InputMediaPhoto(picture)]
assert [message.message_id for message in bot.send_media_group("@oppnalistan", album)] == [103, 104]
bot.edit_message_text("Hej då", "@oppnalistan", 101)
assert bot.delete_message("@oppnalistan", 104) is True
try:
    bot.delete_message("@oppnalistan", 104)
except apihelper.ApiTelegramException as refused:
    assert "message to delete not found" in str(refused)
else:
    raise AssertionError("a message was deleted twice")
"""
"""In a process of its own: the library changes how every form of the process that imports it is spelled."""


def test_the_simulator_is_one_to_another_makers_library(sim: TelegramSimulator) -> None:
    command = [sys.executable, "-c", ANOTHERS, sim.url, TOKEN, PNG.hex()]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert [each.get("text") or each["caption"] for each in sim.messages] == ["Hej då", "Torget", "Ett"]

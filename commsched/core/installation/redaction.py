"""Log lines that give no secret away: no address that opens something, nothing that stood behind a question mark."""

from __future__ import annotations

import logging
import re
from typing import Final

SECRET_PATHS: Final = ("a", "accounts", "calendar", "e", "f", "ics", "m", "password", "plan", "r", "u", "yes")
"""Parts of addresses after which comes a part that opens something."""
_SECRET: Final = re.compile(rf"(/(?:{'|'.join(SECRET_PATHS)})/|/bot(?=[^/\s]*(?::|%3A)))[\w.~:%-]++")
"""Also a network's: Telegram has the bot's token in the address of every call."""
_QUERY: Final = re.compile(r"((?:https?://|/)[^\s\"'<>?]*+\?)[^\s\"'<>]++")
TALKATIVE: Final = ("authlib", "mastodon", "oauthlib", "requests_oauthlib", "tweepy")
"""Libraries that write what they sign with, and whom they sign for, into a log that keeps everything."""
FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
MOMENT: Final = "%Y-%m-%d %H:%M:%S%z"


def discreet(text: str) -> str:
    """``text`` with every secret and address replaced by ``…``."""
    return _QUERY.sub(r"\1…", _SECRET.sub(r"\1…", text))


class DiscreetFormatter(logging.Formatter):
    """Redacts the whole line, also what libraries log and the end of a traceback."""

    def __init__(self) -> None:
        super().__init__(FORMAT, MOMENT)

    def format(self, record: logging.LogRecord) -> str:
        return discreet(super().format(record))


def quieten() -> None:
    """Keep the libraries that would tell secrets from doing so, however much the log is to say."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.getLogger("flufl.bounce").setLevel(logging.WARNING)  # it names every form that a bounce might have

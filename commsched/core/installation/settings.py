"""The installation's settings: which there are, what each may be, and one sentence for each that cannot be used."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

import msgspec

from commsched.core.text.decoding import marked
from commsched.core.text.messages import N_, Invalid, Message, OfficeError

PREFIX: Final = "COMMSCHED_"
OTHER_VARIABLES: Final = ("HOME", "LOG")
"""What is read from the environment only."""
LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
MOST_PROXIES: Final = 10
_APP: Final = re.compile(r"app_[a-z0-9]+_[a-z0-9_]+")
"""What names one setting of the installation's app at a network: the network's key, and the setting's."""
_APP_VARIABLE: Final = re.compile(r"COMMSCHED_APP_[A-Z0-9]+_[A-Z0-9_]+")
_NEAR: Final = 0.75
"""How alike two names must be for the one to be meant by the other."""


class BadSettings(OfficeError):
    """Settings that cannot be used. ``problems`` are whole sentences; nothing was opened."""

    code = "settings"
    exit_code = 2

    def __init__(self, problems: Iterable[Message]) -> None:
        self.problems = list(problems)
        super().__init__(self.problems[0].message, "", **self.problems[0].params)


class Origin(msgspec.Struct, frozen=True):
    """Where something is set, as a person finds it again: a file with a line, or a variable."""

    source: str
    line: int = 0

    @property
    def words(self) -> Message:
        if not self.line:
            return Message("%(source)s", {"source": self.source})
        return Message(N_("%(source)s, line %(line)s"), {"source": self.source, "line": self.line})


class RawSetting(msgspec.Struct, frozen=True):
    """One value as it was written, and where."""

    value: object
    place: Origin


def _problem(place: Origin, message: str, **params: object) -> Message:
    return Message(N_("%(place)s: %(what)s"), {"place": place.words, "what": Message(message, params)})


# -- reading ----------------------------------------------------------------------------------------------------


def read_file(data: bytes, source: str) -> dict[str, RawSetting]:
    """What ``commsched.toml`` says. Raises :class:`BadSettings` where it is not TOML."""
    import tomllib

    try:
        text = marked(data)
        text = data.decode("utf-8") if text is None else text
    except UnicodeDecodeError as error:
        place = Origin(source, data[: error.start].count(b"\n") + 1)
        raise BadSettings([_problem(place, N_("The file is not UTF-8. Save it anew as UTF-8."))]) from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"\(at line (\d+)", str(error))
        place = Origin(source, int(match[1]) if match else text.count("\n") + 1)
        detail = str(error).partition(" (at ")[0]
        words = _problem(
            place,
            N_("This cannot be read (%(detail)s). Values stand in quotes: %(example)s"),
            detail=detail,
            example='base_url = "https://plan.example.org"',
        )
        raise BadSettings([words]) from error
    return {name: RawSetting(value, Origin(source, _line(text, name))) for name, value in values.items()}


def _line(text: str, name: str) -> int:
    """The line where ``name`` is set, or is a heading; 0 if it cannot be seen."""
    wanted = re.compile(rf"\s*\[*\s*[\"']?{re.escape(name)}[\"']?\s*(?:[].=]|$)")
    return next((number for number, line in enumerate(text.splitlines(), 1) if wanted.match(line)), 0)


def from_environment(environment: Mapping[str, str]) -> dict[str, RawSetting]:
    """The settings in ``COMMSCHED_…`` variables. Empty ones are ignored, since compose files pass variables that are
    not set as empty."""
    return {
        name: RawSetting(environment[PREFIX + name.upper()], Origin(PREFIX + name.upper()))
        for name in (*RULES, *(key.removeprefix(PREFIX).lower() for key in environment if _APP_VARIABLE.fullmatch(key)))
        if environment.get(PREFIX + name.upper(), "").strip()
    }


def misspelt(environment: Mapping[str, str]) -> None:
    """Raises :class:`BadSettings` for variables of ours that nothing reads but whose names are nearly those of
    others."""
    known = [PREFIX + name for name in (*(name.upper() for name in RULES), *OTHER_VARIABLES)]
    unknown_names = []
    for name in environment:
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.85)
            unknown_names += [_unknown(Origin(name), name, near)] if near else []
    if unknown_names:
        raise BadSettings(unknown_names)


def log_level(wish: str) -> str:
    """The level that ``COMMSCHED_LOG`` names; ``INFO`` where it is empty. Raises :class:`BadSettings`."""
    level = wish.strip().upper() or "INFO"
    if level not in LEVELS:
        raise BadSettings(
            [
                _problem(
                    Origin(PREFIX + "LOG"),
                    N_("“%(value)s” is none of %(known)s."),
                    value=wish[:40],
                    known=", ".join(LEVELS),
                )
            ]
        )
    return level


# -- judging ----------------------------------------------------------------------------------------------------


def judge(
    settings: Mapping[str, RawSetting], users: Mapping[str, Callable[[str], object]] | None = None
) -> dict[str, str]:
    """Check ``settings`` and return them as text, in the form that the program uses.

    ``users`` are the functions that read a setting later; they are called now, to hear whether they can. Raises
    :class:`BadSettings` with everything that is wrong.
    """
    values: dict[str, str] = {}
    problems: list[Message] = []
    for name, written in settings.items():
        if isinstance(written.value, dict):
            problems.append(
                _problem(
                    written.place,
                    N_("Headings such as [%(name)s] are not used. Write the settings without one."),
                    name=name[:60],
                )
            )
        elif name not in RULES and not _APP.fullmatch(name):
            problems.append(_unknown(written.place, name, _nearest(name)))
        else:
            try:
                values[name] = RULES.get(name, _text(name))(written.value)
                if values[name] and users and name in users:
                    users[name](values[name])
            except Invalid as error:
                problems.append(_problem(written.place, "%(what)s", what=error.words))
    if problems:
        raise BadSettings(problems)
    return {name: value for name, value in values.items() if value}


@contextmanager
def gathering(problems: list[Message]) -> Iterator[None]:
    """Collect the errors raised inside in ``problems``, so that the remaining settings are checked too."""
    try:
        yield
    except BadSettings as error:
        problems += error.problems


def _nearest(name: str) -> list[str]:
    return difflib.get_close_matches(name.lower().replace("-", "_"), list(RULES), 1, _NEAR)


def _unknown(place: Origin, name: str, near: list[str]) -> Message:
    if near:
        return _problem(
            place, N_("There is no setting called “%(name)s”. Did you mean %(near)s?"), name=name[:60], near=near[0]
        )
    return _problem(
        place,
        N_("There is no setting called “%(name)s”. There are: %(known)s."),
        name=name[:60],
        known=", ".join(sorted(RULES)),
    )


def _text(name: str) -> Callable[[object], str]:
    def rule(value: object) -> str:
        if not isinstance(value, str):
            raise Invalid(N_("%(name)s is a text and stands in quotes."), name, name=name)
        if any(ord(letter) < 32 for letter in value):
            raise Invalid(N_("%(name)s is one line, without control characters."), name, name=name)
        return value.strip()

    return rule


def _base_url(value: object) -> str:
    """``https://host``, without anything behind it: every page, feed and mail links from the root."""
    text = _text("base_url")(value).rstrip("/")
    try:
        parts = urlsplit(text)
        known = bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if text and (not known or parts.scheme not in ("http", "https") or "@" in parts.netloc):
        raise Invalid(N_("base_url is an address with its scheme, such as https://plan.example.org."), "base_url")
    if text and (parts.path or parts.query or parts.fragment):
        raise Invalid(
            N_(
                "base_url cannot have a path (%(path)s): give the office a name of its own, such as "
                "https://plan.example.org."
            ),
            "base_url",
            path=text.partition(parts.netloc)[2][:60],
        )
    return text


def _flag(value: object) -> str:
    said = str(value).strip().lower() if isinstance(value, bool | int | str) else "?"
    if said in ("1", "true", "yes", "on"):
        return "1"
    if said in ("0", "false", "no", "off", ""):
        return "0" if said else ""
    raise Invalid(N_("secure_cookies is true or false."), "secure_cookies")


def _proxies(value: object) -> str:
    said = "?" if isinstance(value, bool) or not isinstance(value, int | str) else str(value).strip()
    if not said:
        return ""
    if not re.fullmatch(r"[0-9]{1,2}", said) or int(said) > MOST_PROXIES:
        raise Invalid(
            N_("trusted_proxies is how many proxies stand before the program: a whole number from 0 to %(most)s."),
            "trusted_proxies",
            most=MOST_PROXIES,
        )
    return str(int(said))


RULES: Final[Mapping[str, Callable[[object], str]]] = {
    "base_url": _base_url,
    "smtp_url": _text("smtp_url"),
    "mail_from": _text("mail_from"),
    "mail_name": _text("mail_name"),
    "secure_cookies": _flag,
    "trusted_proxies": _proxies,
    "metrics_token": _text("metrics_token"),
    "https_proxy": _text("https_proxy"),
    "ca_file": _text("ca_file"),
    "database_url": _text("database_url"),
}
"""Each setting with what makes text of it, or raises :class:`Invalid`. What needs more than its own text to be judged
is judged in ``bootstrap``."""

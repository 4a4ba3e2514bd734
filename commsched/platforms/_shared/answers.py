"""What adapters share when they read their settings and say what happened."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from commsched.core.delivery.outcome import CannotTell, Outcome, Rejected, Retry, Unknown
from commsched.core.platform.contract import ChannelContext, ConnectError, DeadToken, Part, Setting
from commsched.core.platform.http import HttpAnswer
from commsched.core.text.messages import N_

Answer = TypeVar("Answer")
Failure = TypeVar("Failure", bound=Exception)
_DETAIL_MAX = 500
_LONGEST: Final = timedelta(days=1)
"""No word of a server's for when to come back is taken for longer than this."""
_MAYBE_DONE: Final = frozenset({408, 409, 425})
"""Refusals after which something may nevertheless have been done."""
_TITLE = re.compile(r"(?is)<title[^>]*>(.*?)</title>")
_TOKEN_IN_URL = re.compile(r"(?i)\b(access_token|input_token|oauth_token|token|client_secret|code)=[^&\s\"']+")
_BEARER = re.compile(r"(?i)\b(bearer|oauth|basic)\s+[\w.~+/=|-]{6,}")


def value(context: ChannelContext, setting: Setting) -> str:
    """What was set for ``setting``, under its key or one of its aliases; else its default."""
    for key in (setting.key, *setting.aliases):
        filled_in = (context.secrets.get(key) or context.settings.get(key) or "").strip()
        if filled_in:
            return filled_in
    return setting.default


def base_url(context: ChannelContext, setting: Setting) -> str:
    """The server's address as ``https://host[:port]``; raises :class:`ConnectError` on anything else.

    Plain http is for servers inside the house only, where ``allow_private`` says so: a token must not
    cross the internet in the clear.
    """
    raw = value(context, setting).rstrip("/")
    try:
        parts = urlsplit(raw if "://" in raw else f"https://{raw}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ConnectError(N_("“%(url)s” is not the address of a server."), setting.key, url=raw) from None
    if parts.scheme not in ("http", "https") or not host or parts.username or re.search(r"[\s\\]", raw):
        raise ConnectError(N_("“%(url)s” is not the address of a server."), setting.key, url=raw)
    if parts.scheme == "http" and context.settings.get("allow_private") != "1":
        raise ConnectError(N_("The address must begin with https://, so that the token stays secret."), setting.key)
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def host_of(settings: Mapping[str, str], setting: Setting) -> str:
    """The ``https://host[:port]`` in ``settings``, before a channel is connected; empty where none can be read."""
    raw = next((settings[key].strip() for key in (setting.key, *setting.aliases) if settings.get(key)), "")
    try:
        parts = urlsplit(raw if "://" in raw else f"https://{raw}")
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[\w.-]+", parts.hostname or ""):
        return ""
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")


def redact(text: str, secrets: Iterable[str]) -> str:
    """``text`` on one line, at most 500 characters, with nothing in it that opens a door."""
    for secret in sorted((s for s in secrets if len(s) >= 4), key=len, reverse=True):
        for spelling in {secret, quote(secret, safe="")}:
            text = text.replace(spelling, "***")
    text = _BEARER.sub(r"\1 ***", _TOKEN_IN_URL.sub(r"\1=***", text))
    return " ".join(text.split())[:_DETAIL_MAX]


def detail(error: BaseException | str, context: ChannelContext) -> str:
    """What went wrong, in the words it came with, safe to store and show."""
    words = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    return redact(words, context.secrets.values())


def read(answer: object, kind: type[Answer]) -> Answer:
    """``answer`` as a ``kind``, which names what is read of it and passes over the rest. Raises
    ``msgspec.ValidationError`` for an answer of another shape: what it means is then not known."""
    return msgspec.convert(answer, kind)


def ident(answer: object) -> str:
    """The id in ``answer``; raises :class:`ValueError` where there is none. "None" is no post's name, and a thing
    without a name can be neither shown, found again nor taken down."""
    name = answer.get("id") if isinstance(answer, Mapping) else None
    if name is None or isinstance(name, bool | list | dict) or not str(name).strip():
        raise ValueError("the answer has no id")
    return str(name)


def without_error(answer: object) -> object:
    """``answer``; raises :class:`ValueError` where it names an error in spite of its status: what came of the call is
    then not known."""
    if isinstance(answer, Mapping) and (answer.get("error") or answer.get("errors")):
        raise ValueError(f"an error inside a success: {str(answer)[:200]}")
    return answer


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When the server lets us come back, by its ``Retry-After`` in seconds or as a date (RFC 9110, 10.2.3)."""
    said = str(headers.get("Retry-After") or "").strip()
    try:
        at = now + timedelta(seconds=int(said)) if said.isdigit() else parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError, OverflowError):
        return now + _LONGEST if said.isdigit() else None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(at, now + _LONGEST) if at > now else None


def is_api(response: HttpAnswer) -> bool:
    """Whether ``response`` is the platform's own: JSON, not the page of something that stands before it."""
    try:
        return isinstance(response.json(), dict | list)
    except (ValueError, RecursionError):
        return False


def walled(response: HttpAnswer, context: ChannelContext) -> Outcome | None:
    """The outcome of a refusal that is not the platform's own word, else None.

    A firewall, a proxy or a "checking your browser" page that refuses has kept the call from the platform, which
    has then said nothing about the token or the text: it could not be reached.
    """
    status = response.status_code
    if not 400 <= status < 500 or status in _MAYBE_DONE or is_api(response):
        return None
    title = _TITLE.search(response.text[:10_000])
    said = f": {title[1].strip()}" if title else ""
    words = detail(f"an answer that is not the platform's own: HTTP {status}{said}", context)
    return Retry(words, retry_after(response.headers, context.now()), whole_channel=True)


def from_failure(error: BaseException, context: ChannelContext) -> Outcome:
    """The outcome of a call that ended in no readable answer.

    Only what happened before the first byte left is proof of "not sent". Everything after, and everything
    that cannot be explained, is unknown.
    """
    from commsched.platforms._http.failures import in_words
    from commsched.platforms._http.network import AddressBlocked, Malformed, Moved, network_error, was_sent

    cause = network_error(error)
    if cause is None:
        return Unknown(detail(error, context))
    words = detail(str(in_words(cause)), context)
    if isinstance(cause, Moved):
        status = cause.response.status_code if cause.response is not None else 0
        return Unknown(words) if status in (0, 303) else Rejected(words, "config")
    if isinstance(cause, AddressBlocked | Malformed):
        return Rejected(words, "config")
    if was_sent(cause):
        return Unknown(words)
    return Retry(words, whole_channel=True)


def outcome_of(
    error: Exception, context: ChannelContext, kind: type[Failure], mean: Callable[[Failure], Outcome]
) -> Outcome:
    """The outcome of a call that ended in ``error``: our own refusal, an answer that the SDK raises as ``kind`` and the
    platform's table knows the meaning of (``mean``), or no readable answer at all."""
    if isinstance(error, ConnectError):
        return Rejected(detail(error, context), "config")
    return mean(error) if isinstance(error, kind) else from_failure(error, context)


def invisible(outcome: Outcome) -> Outcome:
    """``outcome`` of a call nobody can see the result of: not to know is no harm there, it may be repeated."""
    return Retry(outcome.detail, outcome.after, whole_channel=True) if isinstance(outcome, Unknown) else outcome


def unread(outcome: Outcome) -> CannotTell:
    """The finding where reading back ended in ``outcome``, whatever that would say of a post."""
    return CannotTell(outcome.detail, after=getattr(outcome, "after", None))


def orphan(part: Part) -> Outcome | None:
    """Refuse a part that belongs under another which is not known to be out: it would stand alone for all to see."""
    if part.role in ("reply", "comment") and not part.parent:
        return Rejected(N_("the part before it is not known to be out"), "config")
    return None


def refusal(
    error: Exception,
    outcome: Outcome,
    name: str,
    *,
    token: str,
    server: str,
    refused: str = "",
    secrets: Iterable[str] = (),
) -> ConnectError:
    """The sentence for a connection that ended in ``error``, which as an outcome is ``outcome``.

    ``token``, ``server`` and ``refused`` are the fields to blame for a token that does not do, a server that does
    not answer, and anything else the platform said no to (``server``, unless given). ``secrets`` are kept out of it:
    there are networks that have them in their addresses.
    """
    from commsched.platforms._http.failures import in_words
    from commsched.platforms._http.network import network_error

    cause, kept = network_error(error), tuple(secrets)
    if cause is not None:
        words = in_words(cause)
        said = {key: redact(str(word), kept) for key, word in words.params.items()}
        return ConnectError(words.message, server, **said)
    if isinstance(outcome, Rejected):
        return _refused(outcome, name, token, refused or server)
    sentence = N_("%(platform)s could not be reached, or gave no answer we can read. Try again. (%(detail)s)")
    return ConnectError(sentence, server, platform=name, detail=outcome.detail)


def _refused(outcome: Rejected, name: str, token: str, refused: str) -> ConnectError:
    match outcome.why:
        case "token":
            words = N_("%(platform)s does not accept the token. Paste it again, or make a new one. (%(detail)s)")
            return DeadToken(words, token, platform=name, detail=outcome.detail)
        case "permission":
            words = N_("The token lacks a right that %(platform)s asks for. (%(detail)s)")
            return DeadToken(words, token, platform=name, detail=outcome.detail)
        case "money":
            words = N_("The account at %(platform)s has no credits left. (%(detail)s)")
            return ConnectError(words, token, platform=name, detail=outcome.detail)
    words = N_("%(platform)s refused the settings. (%(detail)s)")
    return ConnectError(words, refused, platform=name, detail=outcome.detail)

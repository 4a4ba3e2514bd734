"""What went wrong with a call, in a sentence for whoever must do something about it; never the library's own words."""

from __future__ import annotations

import errno
import socket
import ssl
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError, ProxyError

from commsched.core.text.messages import N_, Message
from commsched.platforms._http.network import AddressBlocked, AnswerTooLarge, Malformed, Moved

_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


def in_words(cause: requests.RequestException) -> Message:
    """The sentence. Host names are in it, no path, parameter or token."""
    host = {"host": _host(cause)}
    match cause:
        case Moved():
            return Message(
                N_("%(url)s points elsewhere, to %(target)s. Write that address instead."),
                {"url": cause.url, "target": cause.target},
            )
        case AddressBlocked():
            return Message(N_("“%(host)s” is an address inside this network, and not allowed."), host)
        case Malformed():
            return Message(N_("“%(host)s” is not the address of a server."), host)
        case AnswerTooLarge():
            return Message(N_("“%(host)s” gave an answer larger than any we can read."), host)
        case requests.exceptions.SSLError():
            return _tls(cause, host)
        case requests.ConnectTimeout():
            return Message(N_("“%(host)s” does not answer."), host)
        case requests.Timeout():
            return Message(N_("“%(host)s” was reached, but did not answer in time."), host)
    return _unconnected(_reason(cause), host)


def _unconnected(reason: object, host: dict[str, str]) -> Message:
    match reason:
        case ProxyError():
            answer = str(reason.original_error)[:200]
            return Message(
                N_("The proxy does not let the call to “%(host)s” through: %(answer)s"), host | {"answer": answer}
            )
        case NameResolutionError() if reason._reason.errno in _NO_SUCH_NAME:
            return Message(N_("There is no server called “%(host)s”."), host)
        case NameResolutionError():
            return Message(N_("The name “%(host)s” could not be looked up: the network here does not answer."), host)
        case NewConnectionError() if _errno(reason) == errno.ECONNREFUSED:
            return Message(N_("“%(host)s” refuses the connection."), host)
        case NewConnectionError():
            return Message(N_("“%(host)s” cannot be connected to from here."), host)
    return Message(N_("The connection to “%(host)s” was lost."), host)


def _tls(cause: requests.RequestException, host: dict[str, str]) -> Message:
    reason = _reason(cause)
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in (reason, *getattr(reason, "args", ()))):
        return Message(N_("The certificate of “%(host)s” is not trusted here."), host)
    return Message(N_("No secure connection (TLS) could be made to “%(host)s”."), host)


def _reason(cause: requests.RequestException) -> object:
    """What urllib3 said, inside what requests made of it."""
    first = cause.args[0] if cause.args else None
    return getattr(first, "reason", first)


def _errno(reason: BaseException) -> int | None:
    return getattr(reason.__cause__ or reason.__context__, "errno", None)


def _host(cause: requests.RequestException) -> str:
    url = getattr(cause.request, "url", "") or getattr(cause.response, "url", "") or ""
    try:
        return urlsplit(str(url)).hostname or "?"
    except ValueError:
        return "?"

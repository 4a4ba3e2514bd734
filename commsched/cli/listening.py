"""The sockets that the pages are served on: bound before anything else is done, so that a port which is taken spoils
nothing, and the address is known to all that is started after."""

from __future__ import annotations

import contextlib
import socket
from typing import Final

import click

BACKLOG: Final = 1024


def listen(host: str, port: int) -> list[socket.socket]:
    """Bind ``port`` (0: a free one) on every address that ``host`` means, and let visitors queue.

    Raises :class:`click.ClickException` with a sentence where that cannot be done.
    """
    listeners: list[socket.socket] = []
    try:
        for family, kind, protocol, _name, where in socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            listener = socket.socket(family, kind, protocol)
            listeners.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind((where[0], port or bound(listeners), *where[2:]))
            listener.listen(BACKLOG)
    except OSError as error:
        close(listeners)
        hint = " Another program has it, or another commsched; “--port 0” takes a free one." if port else ""
        said = f"Cannot listen on {host}:{port}: {error.strerror or error}.{hint}"
        raise click.ClickException(said) from error
    return listeners


def bound(sockets: list[socket.socket]) -> int:
    """The port, once one socket has it."""
    with contextlib.suppress(OSError, IndexError):
        return int(sockets[0].getsockname()[1])
    return 0


def close(sockets: list[socket.socket]) -> None:
    for listener in sockets:
        listener.close()


def address(host: str, port: int) -> str:
    """What to tell a person to open."""
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"

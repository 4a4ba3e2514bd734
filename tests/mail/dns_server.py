"""A DNS server within the test: it answers what it is told to, over UDP on this machine."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[tuple[str, str], list[str]]
"""Records by name and kind, as a zone file writes them."""


@contextlib.contextmanager
def serving(zone: Zone) -> Iterator[tuple[str, int]]:
    """The address and port of a server that answers from ``zone``."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(0.2)
        over = threading.Event()
        thread = threading.Thread(target=_serve, args=(sock, zone, over), daemon=True)
        thread.start()
        try:
            yield sock.getsockname()
        finally:
            over.set()
            thread.join(3)


def _serve(sock: socket.socket, zone: Zone, over: threading.Event) -> None:
    while not over.is_set():
        try:
            data, whence = sock.recvfrom(4096)
        except TimeoutError:
            continue
        except OSError:
            return
        sock.sendto(_answer(dns.message.from_wire(data), zone).to_wire(max_size=4096), whence)


def _answer(question: dns.message.Message, zone: Zone) -> dns.message.Message:
    answer = dns.message.make_response(question)
    answer.flags |= dns.flags.RA
    (asked,) = question.question
    name, kind = asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)
    values = zone.get((name, kind), [])
    if values:
        answer.answer.append(dns.rrset.from_text_list(asked.name, 60, "IN", kind, values))
    elif not any(known == name for known, _ in zone):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer

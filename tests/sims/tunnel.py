"""A company's proxy: lets through by CONNECT, to one place whatever was asked for, or refuses."""

from __future__ import annotations

import socket
import threading
from typing import Self


class Tunnel:
    """``asked`` are the places that were asked for; ``refuses`` is the status it answers with instead."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target, self.refuses = target, ""
        self.asked: list[str] = []
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(8)
        self.url = f"http://user:proxy-password@127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(peer,), daemon=True).start()

    def _carry(self, peer: socket.socket) -> None:
        with peer:
            self._let(peer)

    def _let(self, peer: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += peer.recv(4096)
        self.asked.append(head.split(b" ")[1].decode())
        if self.refuses:
            peer.sendall(f"HTTP/1.1 {self.refuses}\r\n\r\n".encode())
            return
        with socket.create_connection(self.target) as far:
            peer.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pour, args=(far, peer), daemon=True)
            back.start()
            _pour(peer, far)
            back.join(5)


def _pour(source: socket.socket, drain: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            drain.sendall(data)
        drain.shutdown(socket.SHUT_WR)
    except OSError:
        return
